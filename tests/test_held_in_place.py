"""Answers that a move of code must not change, to the bit: splits, the shipped model, and a training of the default.

`python tests/test_held_in_place.py` writes `tests/held_in_place.json` anew: only for a change that is meant, and named in the changelog.
"""
import hashlib
import json
import platform
from pathlib import Path

import numpy as np
import torch

from spam_rnn import SpamClassifier
from spam_rnn.corpus import load_corpus
from spam_rnn.authoring.testing import needs_corpus
from spam_rnn.split import split_corpus

HELD = Path(__file__).with_name("held_in_place.json")
TEXTS = [
    "WIN a holiday! Text SUN to 80081 now, only £1.50 a msg",
    "Shall we meet at six? I'll bring the books &amp; some cake :-)",
    "URGENT!!!! Your account wants a 12-digit code, call 09061000000",
    "ok",
    "",
]


def digest(values):
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def computer():
    "What the last bits of a training depend on."
    return f"torch {torch.__version__.split('+')[0]}, {platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"


def splits():
    found = {}
    for corpus in ("uci", "sample"):
        messages = load_corpus(corpus)
        for options in ({}, {"group": None}, {"stratify": False, "random_state": 7}):
            split = split_corpus(messages, **options)
            parts = {name: digest(np.array(part.index, dtype=np.int64)) for name, part in vars(split).items()}
            found[f"{corpus} {json.dumps(options)}"] = parts
    return found


def shipped():
    model = SpamClassifier.pretrained("cpu")
    return {
        "probability": model.predict_proba(TEXTS)[:, 1].tolist(),
        "contribution": [model.explain(text).table.contribution.tolist() for text in TEXTS],
        "so far": [model.explain(text).table.probability.tolist() for text in TEXTS],
    }


def trained():
    found = {}
    for name, corpus, options in (
        ("default", "uci", {}),
        ("n-grams", "sample", {"ensemble_size": 4, "subwords": "half", "epochs": 2, "half_precision": True}),
        ("transformer", "sample", {"cell": "transformer", "bidirectional": True, "ensemble_size": 1, "epochs": 2, "patience": 1}),
        ("attention", "sample", {"pooling": "attention", "bidirectional": True, "layers": 2, "epochs": 2, "threshold": "validation"}),
        ("careless", "sample", {"masked": False, "padding_side": "left", "pooling": "last", "ensemble_size": 1, "epochs": 2}),
        ("characters", "sample", {"token_unit": "character", "cell": "gru", "ensemble_size": 1, "epochs": 1, "max_length": 60}),
    ):
        split = split_corpus(load_corpus(corpus))
        model = SpamClassifier(device="cpu", **options)
        model.fit(split.train.text, split.train.label, validation=(split.valid.text, split.valid.label))
        probability = model.predict_proba(split.test.text)[:, 1]
        found[name] = {"probability": digest(probability), "first": probability[:5].tolist(), "threshold": model.threshold_}
        found[name]["contribution"] = digest(model.explain(TEXTS[0]).table.contribution.to_numpy(dtype=float))
    return found


def held():
    return json.loads(HELD.read_text(encoding="utf-8"))


@needs_corpus("uci")
def test_splits_are_those_of_before():
    assert splits() == held()["splits"]


def test_answers_of_the_shipped_model_are_those_of_before():
    now, before = shipped(), held()["shipped"]
    for name in before:
        for here, there in zip(now[name], before[name], strict=True):
            np.testing.assert_allclose(here, there, rtol=0, atol=0 if computer() == held()["computer"] else 1e-5)


@needs_corpus("uci")
def test_trainings_give_the_bits_of_before():
    import pytest

    if computer() != held()["computer"]:
        pytest.skip(f"bits were written down on another kind of computer: {held()['computer']}")
    assert trained() == held()["trained"]


if __name__ == "__main__":
    record = {"computer": computer(), "splits": splits(), "shipped": shipped(), "trained": trained()}
    HELD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
