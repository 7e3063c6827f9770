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
    STEPS,
    clean,
    original_answers,
    original_count,
    original_ids,
    original_split,
    original_vocabulary,
    write_lines,
)
from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.corpus import load_corpus
from spam_rnn.evaluation import FinalEvaluation
from spam_rnn.padding import length_statistics
from spam_rnn.recipe import DEFAULT, fit_recipe
from spam_rnn.vocab import Vocabulary


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
    labels = ~damaged.dropna().label.isin(["ham", "spam"])
    assert labels.sum() == 207 and len(original_vocabulary(cleaned)) == 9328
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
        assert texts.read_bytes() == b"hello \nwin now" and labels.read_bytes() == b"ham \nspam"
        assert (texts.name, labels.name) == ("reviews.txt", "labels.txt")
        assert "[1]" in str(raises(ValueError, write_lines, table.assign(text=["a", "b\nc"]), folder))


@needs_corpus("assignment")
def test_each_line_but_the_last_ends_in_a_blank_and_a_line_end():
    cleaned = clean(load_corpus("assignment"))
    with tempfile.TemporaryDirectory() as folder:
        for path, column in zip(write_lines(cleaned, folder), (cleaned.text, cleaned.label)):
            lines = path.read_bytes().decode("utf-8").split("\n")
            assert len(lines) == 5361 and lines[-1] == column.iloc[-1]
            assert lines[:-1] == [f"{line} " for line in column.iloc[:-1]]


def _numbers(messages):
    return {word: number for number, word in enumerate(original_vocabulary(messages), start=1)}


def test_ties_stand_in_the_order_in_which_they_first_occur():
    messages = pd.DataFrame({"text": ["win zebra apple", "mango win apple zebra"], "label": "ham"})
    assert original_vocabulary(messages) == ["win", "zebra", "apple", "mango"]


@needs_corpus("assignment")
def test_words_have_the_numbers_that_the_original_gave():
    cleaned = clean(load_corpus("assignment"))
    numbers = _numbers(cleaned)
    ids = {row: [numbers[word] for word in cleaned.text[row].split()] for row in (0, 1, 3, 5569)}
    assert ids[0][:10] == [46, 436, 4264, 773, 728, 729, 64, 8, 1194, 88]
    assert ids[1] == [48, 301, 1356, 418, 6, 1782]
    assert ids[3][:10] == [6, 217, 143, 24, 353, 2828, 6, 156, 140, 58]
    assert ids[5569] == [9325, 59, 8, 1191, 12, 19, 9326, 224, 9327]
    assert original_ids(numbers, ["hi my bro win"])[0, -5:].tolist() == [0, 104, 11, 2744, 175]
    assert len(numbers) == 9328 and sorted(numbers.values()) == list(range(1, 9329))
    assert isinstance(raises(KeyError, original_ids, numbers, ["hi my brother-in-law"]), KeyError)


@needs_corpus("assignment")
def test_the_embedding_has_a_row_for_each_word_and_one_for_padding():
    nothing = fit_recipe(type(ASSIGNMENT)(**vars(ASSIGNMENT) | {"classifier": OriginalClassifier(epochs=0)}), 0)
    assert nothing.classifier.network_.embedding.weight.shape == (9329, 100)
    assert nothing.classifier.vocabulary_ == _numbers(clean(load_corpus("assignment")))
    ours = Vocabulary(nothing.classifier.vocabulary)  # with `<unk>`: one row more, and each number one higher
    assert len(ours) == 9330 and all(ours.encode([word]) == [n + 1] for word, n in nothing.classifier.vocabulary_.items())


@needs_corpus("assignment")
def test_the_split_is_the_original_s():
    cleaned = clean(load_corpus("assignment"))
    split, numbers = original_split(cleaned), _numbers(cleaned)
    assert [len(part) for part in vars(split).values()] == [3752, 804, 805]
    spam = (split.train.label == "spam").astype(int).tolist()
    assert spam[:3] == [0, 0, 0] and spam[-3:] == [0, 0, 1]
    shapes = [tuple(original_ids(numbers, part.text).shape) for part in vars(split).values()]
    assert shapes == [(3752, 44), (804, 44), (805, 44)]
    ids = split.test.text.map(lambda text: [numbers[word] for word in text.split()])
    (found,) = (row for row, message in ids.items() if message == [94, 4476, 1, 4477, 209, 2959, 8, 5, 4478])
    assert split.test.label[found] == "ham"
    rows = sorted(row for part in vars(split).values() for row in part.index)
    assert rows == cleaned.index.tolist()  # each message in one part


@needs_corpus("assignment")
def test_the_recipe_follows_the_split_whatever_the_seed():
    nothing = type(ASSIGNMENT)(**vars(ASSIGNMENT) | {"classifier": OriginalClassifier(epochs=0)})
    wanted = original_split(clean(load_corpus("assignment")))
    for seed in (0, 7):
        found = fit_recipe(nothing, seed, split_random_state=seed).split
        assert all(part.index.equals(other.index) for part, other in zip(vars(found).values(), vars(wanted).values()))


def _decisions(recipe):
    "Everything that a recipe says, flat; but not how answers are counted, which changes no score."
    classifier = recipe.classifier.get_params() | {"kind": type(recipe.classifier).__name__}
    return {(part, name): value for part in ("corpus", "split") for name, value in getattr(recipe, part).items()} | classifier


def test_steps_change_one_thing():
    together = {"our class, the same settings", "all rows", "unknown words", "marks and digits", "the default"}
    recipes = [*STEPS.items()]
    for (_, before), (name, after) in zip(recipes, recipes[1:]):
        old, new = _decisions(before), _decisions(after)
        changed = {key for key in old | new if old.get(key, "not said") != new.get(key, "not said")}
        assert name in together or len(changed) == 1, (name, changed)
    first, last = recipes[0], recipes[-1]
    assert first == ("the original", ASSIGNMENT) and last[0] == "the default" and vars(last[1]) == vars(DEFAULT)


def test_steps_say_what_they_change():
    changed = {name: STEPS[name].classifier.get_params() for name in ("unknown words", "mask", "whole messages", "zeros behind")}
    found = [(c["masked"], c["max_length"], c["padding_side"]) for c in changed.values()]
    assert found == [(False, 44, "left"), (True, 44, "left"), (True, 200, "left"), (True, 200, "right")]
    sizes = {"sizes": (0.7, 0.15, 0.15)}
    assert STEPS["one message, one state"].classifier.carry_state is False and STEPS["one message, one state"].split == ASSIGNMENT.split
    assert STEPS["all rows"].split == sizes | {"stratify": False, "group": None} and STEPS["copies apart"].split == sizes | {"stratify": False}
    assert STEPS["equal shares of spam"].split == sizes and STEPS["70/10/20"].split == {} and STEPS["70/10/20"].corpus["vocabulary"] == "all rows"


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

        vocabulary = sorted({word for text in texts for word in text.split()})
        original = WatchedClassifier(vocabulary=vocabulary, epochs=1, carry_state=carry).fit(
            texts, labels, validation=(texts[:10], labels[:10])
        )
        assert given == [False, carry]  # two full batches in training; the last four messages are dropped
        given.clear()
        assert original.predict_proba(texts).shape == (24, 2)
        assert given == [False, carry, carry]


def test_the_first_44_words_with_zeros_in_front():
    numbers = {f"w{i}": i for i in range(1, 61)}
    short, long = original_ids(numbers, ["w1 w2", " ".join(numbers)]).tolist()
    assert short == [0] * 42 + [1, 2] and long == list(range(1, 45))


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
    assert sorted(first) == sorted(second) == list(range(1, 21))  # each message once an epoch
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
    assert tiny.history_[["epoch", "step"]].to_numpy().tolist() == [[50, 100]] and answers.std() > 0.05
    assert abs(tiny.history_.valid_loss[0] - wanted) < 1e-5
