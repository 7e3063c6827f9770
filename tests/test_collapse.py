"""Exported from nbs/behind/collapse.ipynb: change it there, then export."""

from spam_rnn.collapse import (
    AveragingClassifier,
    AveragingRNN,
    COLLAPSE,
    LOOKED_AT,
    build_original,
    describe_watch,
    explained,
    one_look,
    watch,
)


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
        self.network_, self.vocabulary_ = None, {word: n for n, word in enumerate(["message", *map(str, range(300))], start=1)}
        for step in range(1, 10_000):
            self.on_step(self, step, float(step))


def _watched(**options):
    part = pd.DataFrame({"text": [f"message {n}" for n in range(300)], "label": ["spam"] + ["ham"] * 299})
    asked = []

    def look(original, ids, targets):
        asked.append((len(ids), targets.sum()))
        return dict.fromkeys(("spread", "message", "state", "carried", "fresh"), 0.5)

    with mock.patch.object(collapse, "one_look", look):
        return collapse.watch(_Steps(**options.pop("classifier", {})), Split(part, part, part), **options), asked


def test_a_training_is_watched_until_it_is_enough():
    log, asked = _watched(steps=60)
    half = dict.fromkeys(("spread", "message", "state", "carried", "fresh"), [0.5, 0.5])
    assert log == {"step": [25, 50], "gradient": [25.0, 50.0], "typical": [13.0, 38.0]} | half and asked == [(200, 1)] * 2


def test_a_smaller_rate_is_watched_until_it_has_come_as_far():
    assert _watched()[0]["step"][-1] == 1125 and _watched(classifier={"learning_rate": 3e-4})[0]["step"][-1] == 3750


class _Simple(torch.nn.Module):
    "Its logit is a weighted sum of the last id and the state; it hands on the last id."

    def __init__(self, of_id, of_state):
        super().__init__()
        self.of_id, self.of_state = of_id, of_state

    def forward(self, ids, states=None):
        last = ids[:, -1].float()
        hidden = torch.zeros(1, len(ids), 1) if states is None else states[0]
        assert not self.training
        return torch.sigmoid(self.of_id * last + self.of_state * hidden[0, :, 0]), (last.view(1, -1, 1), last.view(1, -1, 1))


def test_what_an_answer_depends_on_is_told_apart():
    ids = torch.zeros(200, 44, dtype=torch.long)
    ids[:, -1] = torch.arange(200) % 7
    last, left = ids[:50, -1].double(), ids[[10 * n + n % 10 for n in range(20)], -1].double()
    for of_id, of_state in ((0.5, 0.0), (0.0, 0.5), (0.25, 0.5)):
        network = _Simple(of_id, of_state).train()
        found = explained(network, ids)
        assert abs(found["message"] - of_id**2 * last.var()) < 1e-4 and abs(found["state"] - of_state**2 * left.var()) < 1e-4, found
        assert network.training


def test_a_look_compares_a_carried_with_a_fresh_state():
    ids = torch.zeros(200, 44, dtype=torch.long)
    ids[::2, -1] = 1
    targets = np.arange(200) % 2 == 0
    network = _Forgetful()
    original = OriginalClassifier(carry_state=True)
    original.network_ = network
    found = one_look(original, ids, targets)
    assert found["fresh"] == 1.0 and found["carried"] == 105 / 200  # spam of the first batch, and all ham
    assert found["spread"] < one_look(original.set_params(carry_state=False), ids, targets)["spread"]


class _Forgetful(_Simple):
    "Knows spam by a 1 at the end, but only if the message before, in its place, had none."

    def __init__(self):
        super().__init__(0.0, 0.0)

    def forward(self, ids, states=None):
        last = ids[:, -1].float()
        before = torch.zeros_like(last) if states is None else states[0][0, :, 0]
        return torch.sigmoid(8 * last - 16 * before * last - 4), (last.view(1, -1, 1), last.view(1, -1, 1))


def test_changes_describe_an_original():
    assert [type(build_original(changes)).__name__ for changes in COLLAPSE.values()] == ["OriginalClassifier"] * 4 + ["AveragingClassifier"]
    assert build_original({"clip_norm": 0.5}).clip_norm == 0.5 and build_original({"carry_state": False}).carry_state is False


def test_the_lowest_spread_is_that_of_the_settled_network():
    log = {"step": [25, 300, 325, 1000], "spread": [0.01, 0.1, 0.2, 0.3]}
    fitted = mock.Mock(classifier=OriginalClassifier(vocabulary=["win"]), split="the split")
    seen = []
    with (
        mock.patch.object(collapse, "fit_recipe", lambda recipe, seed: seen.append((recipe, seed)) or fitted),
        mock.patch.object(collapse, "watch", lambda original, split: seen.append((original, split)) or log),
    ):
        found = collapse.watch_original("any", {"clip_norm": 0.5}, 7)
        slower = collapse.watch_original("any", {"learning_rate": 3e-4}, 7)
    assert found == {"scores": {"lowest_spread": 0.1}, "history": log} and slower["scores"] == {"lowest_spread": 0.3}
    (recipe, seed), (original, split) = seen[:2]
    assert recipe.classifier.epochs == 0 and recipe.corpus == ASSIGNMENT.corpus and recipe.split == ASSIGNMENT.split and seed == 7
    assert (original.random_state, original.vocabulary, original.clip_norm, original.epochs) == (7, ["win"], 0.5, 10) and split == "the split"


@needs_corpus("assignment")
def test_the_first_look_is_the_one_that_is_committed():
    from pathlib import Path

    import spam_rnn

    rows = read_runs(Path(spam_rnn.__file__).parent.parent / "results" / "collapse.jsonl")
    today = describe_watch("as it was", {})[0]
    kept = [row for row in rows if (row["name"], row["seed"], row["parameters"]) == ("as it was", 0, today)]
    with mock.patch.object(collapse, "SETTLED", 0), mock.patch.object(collapse, "watch", lambda original, parts: watch(original, parts, 25)):
        new = collapse.watch_original("as it was", {}, 0)["history"]
    assert list(new) == list(LOOKED_AT) and new["step"] == [25]
    for row in kept:  # none, until the runs have been made with today's parameters
        assert new == {name: values[:1] for name, values in row["history"].items()}
