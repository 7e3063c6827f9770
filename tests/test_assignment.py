"""Exported from nbs/11_assignment.ipynb and nbs/proofs/11_assignment.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy

from spam_rnn.assignment import (
    ASSIGNMENT,
    OriginalClassifier,
    OriginalRNN,
    clean,
    original_answers,
    original_count,
    original_ids,
    write_lines,
)
from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.corpus import load_corpus
from spam_rnn.evaluation import FinalEvaluation
from spam_rnn.padding import length_statistics
from spam_rnn.split import split_corpus
from spam_rnn.vocab import Vocabulary, build_vocabulary


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


def test_the_first_44_words_with_zeros_in_front():
    vocabulary = Vocabulary([f"w{i}" for i in range(60)])
    short, long = original_ids(vocabulary, ["w0 w1", " ".join(f"w{i}" for i in range(60))]).tolist()
    assert short == [0] * 42 + [2, 3] and long == list(range(2, 46))


def test_the_last_place_answers_without_dropout():
    torch.manual_seed(0)
    network, ids = OriginalRNN(8), torch.full((3, 44), 2)
    ids[1, -1] = 3
    answers = original_answers(network, ids, False)
    assert answers[0] == answers[2] != answers[1]
    assert torch.equal(answers, original_answers(network, ids, False)) and network.training


class _Tiny(OriginalRNN):
    def __init__(self, vocabulary_size):
        super().__init__(4)
        self.embedding, self.lstm = nn.Embedding(vocabulary_size, 3), nn.LSTM(3, 4, 2, dropout=0.5, batch_first=True)
        self.linear = nn.Linear(4, 1)


class _TinyClassifier(OriginalClassifier):
    network = _Tiny


_WORDS = [f"w{i}" for i in range(20)]
_LABELS = ["spam"] * 5 + ["ham"] * 15


def test_batches_are_shuffled_in_each_epoch():
    seen = []

    class Watched(_Tiny):
        def forward(self, ids, states=None):
            seen.append(ids[:, -1].tolist())
            return super().forward(ids, states)

    class WatchedClassifier(OriginalClassifier):
        network = Watched

    WatchedClassifier(vocabulary=_WORDS, epochs=2).fit(_WORDS, _LABELS, validation=(_WORDS, _LABELS))
    first, second = sum(seen[:2], []), sum(seen[2:], [])
    assert sorted(first) == sorted(second) == list(range(2, 22))  # each message once an epoch
    assert first != sorted(first) and first != second


def test_gradients_are_clipped():
    before, after = [], []

    def look(classifier, step, norm):
        before.append(norm)
        after.append(sum(p.grad.pow(2).sum().item() for p in classifier.network_.parameters()) ** 0.5)

    clipped = _TinyClassifier(vocabulary=_WORDS, epochs=1, clip_norm=1e-3, on_step=look)
    clipped.fit(_WORDS, _LABELS, validation=(_WORDS, _LABELS))
    assert min(before) > 1e-2 and max(after) < 1.01e-3


def test_each_validation_answer_meets_its_own_label():
    tiny = _TinyClassifier(vocabulary=_WORDS, epochs=50, learning_rate=0.02, carry_state=False)
    tiny.fit(_WORDS, _LABELS, validation=(_WORDS, _LABELS))  # two steps an epoch: the one look is at the end
    answers = torch.tensor(tiny.predict_proba(_WORDS)[:, 1])
    wanted = binary_cross_entropy(answers, torch.tensor([1.0] * 5 + [0.0] * 15).double()).item()
    assert tiny.history_.step.tolist() == [100] and answers.std() > 0.05
    assert abs(tiny.history_.valid_loss[0] - wanted) < 1e-5
