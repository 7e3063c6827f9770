"""Exported from nbs/behind/recipe.ipynb and nbs/proofs/recipe.ipynb: change it there, then export."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus
from spam_rnn.near_duplicates import near_duplicate_groups
from spam_rnn.recipe import Recipe, fit_recipe, follow, shared_tokens
from spam_rnn.split import split_corpus
from spam_rnn.text import tokenize_all


def test_shared_tokens_stand_in_two_messages_that_are_no_copies():
    texts = ["Call Zoe 0800 now", "call Zoe 0900 NOW!", "lunch now now? ben ben", "is lunch ready", "0000"]
    assert shared_tokens(SpamClassifier(), texts) == ["now", "0000", "lunch"]
    assert shared_tokens(SpamClassifier(digits="keep"), texts) == ["now", "lunch"]
    recipe = Recipe({"name": "sample", "vocabulary": "shared"}, {}, SpamClassifier(epochs=1, embedding_size=4, hidden_size=4))
    fitted = fit_recipe(recipe, 3)
    alone = fit_recipe(Recipe({"name": "sample"}, {}, recipe.classifier), 3)
    assert len(fitted.classifier.vocabulary_) < 0.7 * len(alone.classifier.vocabulary_)
    assert set(fitted.classifier.vocabulary_.tokens) < set(alone.classifier.vocabulary_.tokens)


def _corpus_file(folder, n=120):
    "Messages of the sample under the labels that they have there, as a file of one's own."
    sample = load_corpus("sample")
    few = pd.concat([sample[sample.label == "ham"].head(n * 3 // 4), sample[sample.label == "spam"].head(n // 4)])
    path = Path(folder) / "own.csv"
    few[["label", "text"]].to_csv(path, index=False, encoding="utf-8")
    return path
_QUICK = {"embedding_size": 8, "hidden_size": 8, "epochs": 1}


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


@needs_corpus("uci")
def test_no_shipped_token_stands_in_fewer_than_two_messages():
    model = SpamClassifier.pretrained("cpu")
    training = split_corpus(load_corpus("uci"), random_state=model.random_state).train.text.tolist()
    groups, holders = near_duplicate_groups(training), {}
    for group, tokens in zip(groups, model.encoder_.tokenize(training)):
        for token in tokens:
            holders.setdefault(token, set()).add(int(group))
    assert len(model.vocabulary_) > 2000 and all(len(holders[token]) >= 2 for token in model.vocabulary_.tokens[2:])
    assert sum(len(found) >= 2 for found in holders.values()) == len(model.vocabulary_) - 2  # and none is missing
