"""Exported from nbs/behind/collapse.ipynb: change it there, then export."""

from spam_rnn.collapse import AveragingClassifier, AveragingRNN, COLLAPSE, build_original, watch


import numpy as np
import pandas as pd
import torch
from unittest import mock

from spam_rnn import collapse
from spam_rnn.assignment import ASSIGNMENT, OriginalClassifier, OriginalRNN
from spam_rnn.authoring.testing import needs_corpus
from spam_rnn.lab.runs import read_runs
from spam_rnn.split import Split


def test_the_mean_is_over_real_tokens():
    torch.manual_seed(0)
    network = AveragingRNN(9).eval()
    ids = torch.tensor([[0] * 3 + [2, 3], [0] * 5])
    states, _ = network.lstm(network.embedding(ids))
    by_hand = torch.sigmoid(network.linear(states[0, 3:].mean(dim=0)))
    answers, kept = network(ids)
    torch.testing.assert_close(answers[0], by_hand[0])
    assert answers.isfinite().all() and len(kept) == 2 and answers.shape == (2,)
    assert AveragingClassifier.network is AveragingRNN and issubclass(AveragingClassifier, OriginalClassifier)


class _Steps(OriginalClassifier):
    "Takes steps without learning."

    def fit(self, X, y, *, validation):
        for step in range(1, 10_000):
            self.on_step(self, step, float(step))

    def predict_proba(self, X):
        self.asked = len(X)
        return np.column_stack([np.zeros(len(X)), np.arange(len(X)) % 2])


def test_a_training_is_watched_until_it_is_enough():
    part = pd.DataFrame({"text": [f"message {n}" for n in range(300)], "label": "ham"})
    steps = _Steps()
    log = watch(steps, Split(part, part, part), steps=60)
    assert log == {"step": [25, 50], "spread": [0.5, 0.5], "gradient": [25.0, 50.0], "typical": [13.0, 38.0]} and steps.asked == 200


def test_changes_describe_an_original():
    assert [type(build_original(changes)).__name__ for changes in COLLAPSE.values()] == ["OriginalClassifier"] * 4 + ["AveragingClassifier"]
    assert build_original({"clip_norm": 0.5}).clip_norm == 0.5 and build_original({"carry_state": False}).carry_state is False


def test_the_lowest_spread_is_that_of_the_settled_network():
    log = {"step": [25, 300, 325], "spread": [0.01, 0.2, 0.1], "gradient": [1.0] * 3, "typical": [1.0] * 3}
    fitted = mock.Mock(classifier=OriginalClassifier(vocabulary=["win"]), split="the split")
    seen = []
    with (
        mock.patch.object(collapse, "fit_recipe", lambda recipe, seed, **named: seen.append((recipe, seed, named)) or fitted),
        mock.patch.object(collapse, "watch", lambda original, split: seen.append((original, split)) or log),
    ):
        found = collapse.watch_original("any", {"clip_norm": 0.5}, 7)
    assert found == {"scores": {"lowest_spread": 0.1}, "history": log}
    (recipe, seed, named), (original, split) = seen
    assert recipe.classifier.epochs == 0 and recipe.corpus == ASSIGNMENT.corpus and named == {"split_random_state": 1234}
    assert (original.random_state, original.vocabulary, original.clip_norm, original.epochs) == (7, ["win"], 0.5, 10) and split == "the split"


@needs_corpus("assignment")
def test_the_first_look_is_the_one_that_is_committed():
    from pathlib import Path

    import spam_rnn

    rows = read_runs(Path(spam_rnn.__file__).parent.parent / "results" / "collapse.jsonl")
    (old,) = (row for row in rows if (row["name"], row["seed"]) == ("as it was", 0))
    with mock.patch.object(collapse, "STEPS_WATCHED", 25), mock.patch.object(collapse, "SETTLED", 0):
        with mock.patch.object(collapse, "watch", lambda original, parts: watch(original, parts, 25)):
            new = collapse.watch_original("as it was", {}, 0)
    assert {name: values[0] for name, values in new["history"].items()} == {name: values[0] for name, values in old["history"].items()}
