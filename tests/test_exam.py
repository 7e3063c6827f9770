"""Exported from nbs/behind/exam.ipynb: change it there, then export."""

from spam_rnn.exam import load_trained, read_source, source_for, unseen_messages


import contextlib
import io
import tempfile
import warnings
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from spam_rnn.authoring.testing import raises
from spam_rnn.classifier import SpamClassifier
from spam_rnn.exam import load_trained, read_source, source_for, unseen_messages
from spam_rnn.seen import pack_fingerprints

warnings.filterwarnings("ignore", message=".*(luck decides|is caught)")  # few messages are meant here


def test_a_model_is_asked_what_it_has_not_learned():
    texts, labels = ["win a prize", "see you at home"] * 10, ["junk", "fine"] * 10
    small = SpamClassifier(embedding_size=4, hidden_size=4, epochs=1, pos_label="junk", device="cpu").fit(texts, labels)
    with tempfile.TemporaryDirectory() as scratch:
        folder, file = Path(scratch) / "model", Path(scratch) / "other.csv"
        small.save(folder, {"fingerprints": pack_fingerprints(texts)})
        trained = load_trained(folder, "cpu", "0.25")
        assert trained.predictor.threshold == 0.25 and load_trained(folder, "cpu").predictor.threshold == 0.6
        file.write_text("label,text\njunk,WIN a prize!\nfine,see you\nJunk,you have won\nfine,lunch at twelve\n" * 5, encoding="utf-8")
        source = source_for(trained, str(file), None, None, None)
        assert source.pos_label == "junk" and source_for(trained, "sample", None).pos_label == "spam"
        assert "spam is 'junk' to it" in str(raises(ValueError, source_for, trained, str(file), "Fine", None, None))
        reading = read_source(source)
        left = unseen_messages(trained, reading)
        assert set(left.text) == {"see you", "you have won", "lunch at twelve"} and len(reading.messages) - len(left) == 5
        file.write_text("label,text\njunk,win a prize\nfine,see you at home\n" * 5, encoding="utf-8")
        error = str(raises(ValueError, unseen_messages, trained, read_source(source)))
        assert str(file) in error and "all of these 10" in error



def test_a_model_that_does_not_know_what_it_learned_from_is_doubted():
    messages = pd.DataFrame({"text": ["win a prize", "see you at home"], "label": ["spam", "ham"]})
    said = []
    for provenance in ({}, {"fingerprints": pack_fingerprints(["win a prize"])}):
        with contextlib.redirect_stderr(io.StringIO()) as words:
            left = unseen_messages(SimpleNamespace(provenance=provenance), SimpleNamespace(messages=messages, source="mine.csv"))
        said.append((len(left), words.getvalue()))
    assert said[0][0] == 2 and "does not know which messages it has learned from" in said[0][1] and said[1] == (1, "")
