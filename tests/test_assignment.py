"""Exported from nbs/10_assignment.ipynb: change it there, then export."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus
from spam_rnn.evaluation import FinalEvaluation
from spam_rnn.exporting import needs_corpus, raises
from spam_rnn.padding import length_statistics
from spam_rnn.split import split_corpus
from spam_rnn.text import tokenize_all
from spam_rnn.vocab import build_vocabulary

from spam_rnn.assignment import (
    ASSIGNMENT,
    OriginalClassifier,
    OriginalRNN,
    Recipe,
    clean,
    fit_recipe,
    follow,
    full_batches,
    original_count,
    write_lines,
)


@needs_corpus("assignment")
def test_printed_data_figures_to_the_last_digit():
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


def test_cleaning_is_the_original_s():
    raw = pd.DataFrame(
        {"text": ["Hi, THERE\\n", "?!", None, "Win", "a\nb"], "label": ["ham", "ham", "spam", " eggs", "spam"]}
    )
    assert clean(raw).text.tolist() == ["hi there\\n", "a b"]


def test_lines_match_or_are_refused():
    table = pd.DataFrame({"text": ["hello", "win now"], "label": ["ham", "spam"]})
    with tempfile.TemporaryDirectory() as folder:
        texts, labels = write_lines(table, folder)
        assert texts.read_bytes() == b"hello\nwin now\n" and labels.read_bytes() == b"ham\nspam\n"
        assert "[1]" in str(raises(ValueError, write_lines, table.assign(text=["a", "b\nc"]), folder))


def _corpus_file(folder, n=120):
    "Messages of the sample under the labels that they have there, as a file of one's own."
    sample = load_corpus("sample")
    few = pd.concat([sample[sample.label == "ham"].head(n * 3 // 4), sample[sample.label == "spam"].head(n // 4)])
    path = Path(folder) / "own.csv"
    few[["label", "text"]].to_csv(path, index=False, encoding="utf-8")
    return path


_QUICK = {"embedding_size": 8, "hidden_size": 8, "epochs": 1}


@needs_corpus("assignment")
def test_original_split_sizes():
    split = split_corpus(clean(load_corpus("assignment")), random_state=1234, **ASSIGNMENT.split)
    assert [len(part) for part in vars(split).values()] == [3752, 804, 805]


def test_a_recipe_is_followed():
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe(
            corpus={"name": _corpus_file(folder)},
            classifier=SpamClassifier(**_QUICK),
            evaluation={"resamples": 10, "level": 0.8},
        )
        outcome = follow(recipe, 5)
        assert outcome.reading.rows_read == 120 == sum(len(part) for part in vars(outcome.split).values())
        assert outcome.classifier.random_state == 5 and outcome.printed is None
        assert len(outcome.final.test_probability) == len(outcome.split.test)
        assert (follow(recipe, 5).final.test_probability == outcome.final.test_probability).all()
        assert recipe.classifier.random_state == 1234  # the recipe itself is not touched


def test_vocabulary_from_all_rows_only_where_the_recipe_says_so():
    with tempfile.TemporaryDirectory() as folder:
        path, sizes = _corpus_file(folder), {}
        for name, corpus in (("all", {"name": path, "vocabulary": "all rows"}), ("training", {"name": path})):
            fitted = fit_recipe(Recipe(corpus=corpus, classifier=SpamClassifier(**_QUICK)), 0)
            known = [
                t in fitted.classifier.vocabulary_
                for tokens in tokenize_all(vars(fitted.split)["test"].text)
                for t in tokens
            ]
            sizes[name] = np.mean(known)
        assert sizes["all"] == 1 > sizes["training"]


def test_training_does_not_open_the_test_part():
    class Opened(Exception):
        pass

    class Closed:
        def __getattr__(self, name):
            raise Opened(name)

    kept = fit_recipe.__globals__["split_corpus"]
    fit_recipe.__globals__["split_corpus"] = lambda messages, **options: replace(
        kept(messages, **options), test=Closed()
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            recipe = Recipe(
                corpus={"name": _corpus_file(folder)}, classifier=SpamClassifier(**_QUICK, threshold="validation")
            )
            fit_recipe(recipe, 0)  # trains, stops early, chooses a threshold
            raises(Opened, follow, recipe, 0)  # evaluates
    finally:
        fit_recipe.__globals__["split_corpus"] = kept


def test_the_original_counts_as_it_counted():
    targets = np.array([True] * 12 + [False] * 13)
    final = FinalEvaluation({}, {}, np.zeros(0), np.where(targets, 0.9, 0.1), np.zeros(0, dtype=bool), targets)
    printed = original_count(final)
    assert printed["test_accuracy"] == 20 / 25  # all right, five not counted
    assert abs(printed["test_loss"] + np.log(0.9)) < 1e-9
    assert [len(b) for b in full_batches(np.arange(25))] == [10, 10]


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
