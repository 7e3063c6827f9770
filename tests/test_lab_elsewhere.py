"""Exported from nbs/behind/lab_elsewhere.ipynb: change it there, then export."""

from spam_rnn.lab.elsewhere import (
    COLLECTIONS,
    Collection,
    collections_folder,
    describe_elsewhere,
    elsewhere_table,
    interval_from_counts,
    judge_elsewhere,
    read_collection,
    threshold_scores,
    unmet_messages,
)


import hashlib
import os
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from sklearn.metrics import matthews_corrcoef

from spam_rnn.authoring.testing import raises
from spam_rnn.corpus import CorpusError
from spam_rnn.evaluation import wilson_interval

warnings.filterwarnings("ignore", message=".*(luck decides|is caught)")  # few messages are meant here


_FILE = "words,kind\nsee you at six,0\nsend your code now,1\nzwei for one today,2\nok then,0\nnobody knows,\n"


def _collection(folder, content=_FILE):
    path = Path(folder) / "a.csv"
    path.write_text(content, encoding="utf-8")
    return Collection("a.csv", hashlib.sha256(path.read_bytes()).hexdigest(), "English", "somebody", "words", "kind", ("1", "2"))


def test_each_label_of_spam_is_spam_and_every_other_row_is_ham_or_left_out():
    with tempfile.TemporaryDirectory() as folder:
        found = read_collection(_collection(folder), folder)
    assert found.label.tolist() == ["ham", "spam", "spam", "ham"] and found.index.tolist() == [2, 3, 4, 5]
    assert found.text.tolist()[1:3] == ["send your code now", "zwei for one today"]


def test_another_file_and_a_missing_one_are_refused_with_what_to_do():
    with tempfile.TemporaryDirectory() as folder:
        collection = _collection(folder)
        assert "another edition" in str(raises(CorpusError, read_collection, replace(collection, sha256="0" * 64), folder))
        assert "is not there; put" in str(raises(CorpusError, read_collection, replace(collection, file="b.csv"), folder))
        with patch.dict(os.environ, {"SPAM_RNN_DATA": folder}):
            assert collections_folder() == Path(folder) / "elsewhere"


def test_what_was_met_is_left_out_and_a_campaign_counts_once():
    texts = ["win a prize, call 0800", "see you at six o'clock", "Win a prize, call 0900!", "LUNCH"]
    messages = pd.DataFrame({"text": texts, "label": ["spam", "ham", "spam", "ham"]}, index=[4, 6, 7, 9])
    assert unmet_messages(messages, pd.Series(["lunch"])).index.tolist() == [4, 6]
    assert unmet_messages(messages, pd.Series(["win a prize, call 0700"])).index.tolist() == [6, 9]


def test_one_training_sits_every_exam():
    with tempfile.TemporaryDirectory() as folder, patch.dict(COLLECTIONS, {"a": _collection(folder)}, clear=True):
        quick = {"epochs": 1, "embedding_size": 4, "hidden_size": 4}
        found = judge_elsewhere("a", quick, 1, "sample", folder)
        again = judge_elsewhere("a", quick, 1, "sample", folder)
        told, fingerprint = describe_elsewhere("a", quick, "sample")
    there = found["elsewhere"]["a"]
    assert again | {"seconds": found["seconds"]} == found and there["spam"] == 2 and 0 < there["known"] < 1
    assert sum(there[count] for count in ("tn", "fp", "fn", "tp")) == 4 and 0 <= there["unsure"] <= 1
    assert told["epochs"] == 1 and list(told["collections"]) == ["a"] and len(fingerprint) == 64
    table = elsewhere_table([found | {"name": "n", "seed": 1}])
    assert table["messages of"].tolist() == ["our own test part", "a"] and table.log_loss[1] == there["log_loss"]


def test_the_best_threshold_is_the_best_of_all_and_the_moved_one_is_judged_on_the_others():
    rng = np.random.default_rng(3)
    targets = np.repeat([False, True], [40, 60])
    probability = np.round(np.where(targets, 0.3, 0.15) + rng.normal(0, 0.08, 100).clip(-0.15, 0.4), 2)
    found = threshold_scores(targets, probability)
    each = [matthews_corrcoef(targets, probability >= threshold) for threshold in np.unique(probability)]
    assert abs(found["best_mcc"] - max(each)) < 1e-9 and found["moved_mcc"] < found["best_mcc"]
    assert threshold_scores(targets, targets * 0.2) == {"best_mcc": 1.0, "moved_mcc": 1.0}
    by_half = [threshold_scores(targets, probability, labelled, 1)["moved_mcc"] for labelled in (50, 1000)]
    assert by_half[0] == by_half[1] != threshold_scores(targets, probability, 30, 1)["moved_mcc"]  # never more than half


def test_drawing_counts_is_drawing_messages():
    low, high = interval_from_counts({"tn": 50, "fp": 5, "fn": 5, "tp": 20}, resamples=4000)
    rng, targets = np.random.default_rng(1), np.repeat([0, 0, 1, 1], [50, 5, 5, 20])
    answers, found = np.repeat([0, 1, 0, 1], [50, 5, 5, 20]), []
    for _ in range(4000):
        drawn = rng.integers(80, size=80)
        found.append(np.corrcoef(targets[drawn], answers[drawn])[0, 1])  # of two classes it is the MCC
    np.testing.assert_allclose([low, high], np.percentile(found, [2.5, 97.5]), atol=0.02)


def test_a_share_has_the_interval_of_chapter_8_even_where_nothing_was_blocked():
    counts = {"tn": 50.0, "fp": 0.0, "fn": 5.0, "tp": 20.0}
    shares = {"accuracy": (70, 75), "precision": (20, 20), "spam_caught": (20, 25), "blocked_ham": (0, 50)}
    assert {score: interval_from_counts(counts, score) for score in shares} == {score: wilson_interval(*of) for score, of in shares.items()}
    assert interval_from_counts(counts, "blocked_ham")[1] > 0.05
