"""Exported from nbs/11_assignment.ipynb and nbs/proofs/11_assignment.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from spam_rnn.assignment import ASSIGNMENT, OriginalClassifier, OriginalRNN, clean, original_count, write_lines
from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.corpus import load_corpus
from spam_rnn.evaluation import FinalEvaluation
from spam_rnn.padding import length_statistics
from spam_rnn.split import split_corpus
from spam_rnn.vocab import build_vocabulary


def test_cleaning_is_the_original_s():
    texts, labels = ["Hi, THERE\\n", "?!", None, "Win", "a\nb"], ["ham", "ham", "spam", " eggs", "spam"]
    assert clean(pd.DataFrame({"text": texts, "label": labels})).text.tolist() == ["hi there\\n", "a b"]


def test_the_original_counts_as_it_counted():
    targets = np.array([True] * 12 + [False] * 13)
    nothing = np.zeros(0)
    final = FinalEvaluation({}, {}, nothing, np.where(targets, 0.9, 0.1), nothing, targets)
    printed = original_count(final)
    assert printed["test_accuracy"] == 20 / 25 and abs(printed["test_loss"] + np.log(0.9)) < 1e-9


@needs_corpus("assignment")
def test_printed_data_numbers_to_the_last_digit():
    damaged = load_corpus("assignment")
    assert damaged.shape == (5572, 2)
    assert damaged.isna().sum().tolist() == [1, 1]
    assert damaged.index[damaged.isna().any(axis=1)].tolist() == [2115, 3035]
    cleaned = clean(damaged)
    assert cleaned.label.value_counts().to_dict() == {"ham": 4615, "spam": 746}
    words = cleaned.text.str.split()
    assert words.map(len).sum() == 81325
    assert len(build_vocabulary(words)) - 2 == 9328
    found = length_statistics(words.map(len))
    assert (found["mean"], found["median"], found["mode"], found["max"], found["min"]) == (
        15.16974445066219,
        12,
        6,
        171,
        1,
    )


def test_lines_match_or_are_refused():
    table = pd.DataFrame({"text": ["hello", "win now"], "label": ["ham", "spam"]})
    with tempfile.TemporaryDirectory() as folder:
        texts, labels = write_lines(table, folder)
        assert texts.read_bytes() == b"hello\nwin now\n" and labels.read_bytes() == b"ham\nspam\n"
        assert "[1]" in str(raises(ValueError, write_lines, table.assign(text=["a", "b\nc"]), folder))


@needs_corpus("assignment")
def test_original_split_sizes():
    split = split_corpus(clean(load_corpus("assignment")), random_state=1234, **ASSIGNMENT.split)
    assert [len(part) for part in vars(split).values()] == [3752, 804, 805]


def test_the_original_hands_its_state_on():
    texts, labels = (
        ["win a prize now", "see you at home", "call to win", "lunch later"] * 6,
        ["spam", "ham", "spam", "ham"] * 6,
    )
    for carry in (True, False):
        given = []

        class Watched(OriginalRNN):
            def forward(self, ids, states=None):
                given.append(states is not None)
                return super().forward(ids, states)

        class WatchedClassifier(OriginalClassifier):
            network = Watched

        original = WatchedClassifier(vocabulary=["win", "a", "prize", "see", "you"], epochs=1, carry_state=carry).fit(
            texts, labels, validation=(texts[:10], labels[:10])
        )
        assert given == [False, carry]  # two full batches in training; the last four messages are dropped
        given.clear()
        assert original.predict_proba(texts).shape == (24, 2)
        assert given == [False, carry, carry]
