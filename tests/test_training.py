"""Exported from nbs/07_training.ipynb and nbs/proofs/07_training.ipynb: change it there, then export."""

import math
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from spam_rnn.authoring.testing import raises
from spam_rnn.compute import seeded
from spam_rnn.models import Ensemble, SpamRNN
from spam_rnn.padding import pad_sequences
from spam_rnn.predictor import predict_logits
from spam_rnn.storage.checkpoints import Checkpoint, CheckpointError
from spam_rnn.training import (
    Examples,
    SCHEDULES,
    TrainingError,
    TrainingState,
    default_batch_size,
    default_epochs,
    judge_epoch,
    mean_loss,
    train,
    weighted_loss,
)


def test_loss_is_exact_for_extreme_logits():
    assert mean_loss(np.array([1000.0, -1000.0]), np.array([0.0, 1.0])) == 1000
    assert abs(mean_loss(np.zeros(4), np.array([0, 0, 0, 1])) - math.log(2)) < 1e-12


def test_a_small_corpus_trains_for_as_many_steps():
    for messages in (1, 3, 50, 100, 239, 240, 1000, 3902, 100_000):
        batch = default_batch_size(messages)
        epochs = default_epochs(messages, batch)
        assert epochs >= 8 and epochs * math.ceil(messages / batch) >= 480
        assert epochs == 8 or (epochs - 1) * math.ceil(messages / batch) < 480  # and not one epoch more
    assert default_epochs(240, 4) == default_epochs(3902, 64) == 8 and default_epochs(50, 4) == 37


def test_a_loss_that_is_no_number_stops_training():
    examples = Examples([[2, 3]] * 4, np.array([0.0, 1, 0, 1]), np.array([math.nan] * 4))
    error = str(raises(TrainingError, train, SpamRNN(5), examples, None, progress=False))
    assert "nan" in error and "learning rate" in error and "step 1 (epoch 1)" in error


def _toy(n=96, seed=0):
    "Messages of random tokens; spam holds token 5."
    rng = np.random.default_rng(seed)
    targets = (np.arange(n) % 3 == 0).astype(float)
    sequences = [[*rng.integers(6, 30, size=rng.integers(2, 9)).tolist(), 5 if target else 6] for target in targets]
    return Examples([rng.permutation(s).tolist() for s in sequences], targets)


def _network(seed=0):
    torch.manual_seed(seed)
    sizes = {"embedding_size": 8, "hidden_size": 8, "bidirectional": True, "pooling": "attention"}
    return SpamRNN(30, **sizes, embedding_dropout=0.0, dropout=0.0, word_dropout=0.0)


def _learn(model, examples=None, valid=None, **options):
    options = {"epochs": 3, "batch_size": 16, "learning_rate": 0.02, "progress": False, **options}
    return train(model, examples or _toy(), valid, **options)


def test_it_learns():
    model, fresh = _network(), _toy(seed=1)
    history = _learn(model, valid=fresh, epochs=10)
    assert history.table.train_loss.iloc[-1] < 0.1 < history.table.train_loss.iloc[0]
    assert ((predict_logits(model, fresh.sequences) > 0) == (fresh.targets > 0.5)).mean() > 0.95
    assert not model.training  # dropout is off for whoever asks it next
    assert history.table.index.tolist() == list(range(1, len(history.table) + 1))


def test_every_message_is_used_in_every_epoch():
    seen, examples = [], _toy(37)

    def collate(sequences):
        seen.extend(tuple(s) for s in sequences)
        return pad_sequences(sequences)

    _learn(_network(), examples, epochs=2, batch_size=10, collate_fn=collate)
    assert sorted(seen) == sorted([tuple(s) for s in examples.sequences] * 2)  # 37 is no multiple of 10


def test_members_learn_from_batches_and_mistakes_of_their_own():
    class Watched(torch.nn.Module):
        "Notes which messages it is shown, and passes them on."

        def __init__(self, seed):
            super().__init__()
            self.network, self.seen = _network(seed), []

        def forward(self, ids, mask):
            if self.training:
                self.seen.append([tuple(row[real].tolist()) for row, real in zip(ids, mask)])
            return self.network(ids, mask)

    members, examples = [Watched(seed) for seed in (0, 1)], _toy(40)
    _learn(Ensemble(members), examples, epochs=1, batch_size=8)
    for member in members:
        assert sorted(sum(member.seen, [])) == sorted(tuple(s) for s in examples.sequences)
    assert members[0].seen != members[1].seen
    # where a batch holds everything, the first has learned what it would have learned alone, whatever the other says
    alone, beside = _network().double(), Ensemble([_network(), _network(5)]).double()
    for model in (alone, beside):
        _learn(model, _toy(16), epochs=10, batch_size=16, clip_norm=None)
    answers = [predict_logits(model, _toy(16).sequences) for model in (alone, beside.members[0])]
    np.testing.assert_allclose(*answers, rtol=0, atol=1e-2)


def test_few_messages_get_small_batches():
    for messages, batch_size, steps in ((96, None, 24), (96, 96, 1), (96, 5, 20), (600, None, 60)):
        seen = []
        _learn(_network(), _toy(messages), epochs=1, batch_size=batch_size, on_step=lambda step, loss: seen.append(step))
        assert len(seen) == steps, (messages, batch_size)


def test_same_seed_same_weights():
    weights = []
    for seed in (1, 1, 2):
        model = _network()
        with seeded(7):
            _learn(model, random_state=seed)
        weights.append(torch.cat([p.flatten() for p in model.parameters()]))
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def copy_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_the_best_epoch_is_kept():
    kept, model, valid = [], _network(), _toy(seed=1)
    wrong = Examples(valid.sequences, 1 - valid.targets)  # the more it learns, the worse it looks
    history = _learn(model, valid=wrong, epochs=20, patience=2)
    best = history.best_epoch
    assert len(history.table) == best + 2 < 20
    again = _network()
    full = 20 * 6  # the schedule of the whole run
    _learn(
        again,
        valid=wrong,
        epochs=20,
        patience=2,
        on_step=lambda step, loss: kept.append(copy_of(again)) if step == best * 6 else None,
    )
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), kept[0].values())) and full == 120


def test_without_patience_the_last_epoch_is_kept():
    valid = _toy(seed=1)
    wrong = Examples(valid.sequences, 1 - valid.targets)
    history = _learn(_network(), valid=wrong, epochs=5, patience=None)
    assert len(history.table) == 5 and history.best_epoch == 5


def test_clipping_bounds_a_step():
    def first_gradient(clip_norm):
        model = _network()
        with torch.no_grad():
            model.output.weight.mul_(1000)  # steep
        norms = []
        optimizer_step = torch.optim.AdamW.step

        def watched(self, *args, **kwargs):
            norms.append(
                math.sqrt(sum(p.grad.pow(2).sum().item() for group in self.param_groups for p in group["params"]))
            )
            return optimizer_step(self, *args, **kwargs)

        torch.optim.AdamW.step = watched
        try:
            _learn(model, epochs=1, batch_size=96, clip_norm=clip_norm)
        finally:
            torch.optim.AdamW.step = optimizer_step
        return norms[0]

    assert first_gradient(None) > 10
    assert abs(first_gradient(1.0) - 1) < 1e-3


def test_weights_scale_the_loss():
    examples = _toy()
    ignored = Examples(
        examples.sequences,
        np.where(np.arange(96) < 48, examples.targets, 1 - examples.targets),
        (np.arange(96) < 48).astype(float),
    )
    half = Examples(examples.sequences[:48], examples.targets[:48])
    losses = []
    for given in (ignored, half):
        model = _network().double()
        with torch.no_grad():
            logits = model(*pad_sequences(given.sequences))
        weights = torch.ones(len(given)) if given.weights is None else torch.tensor(given.weights)
        expected = (
            torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(given.targets), reduction="none")
            * weights
        ).sum() / weights.sum()
        history = _learn(model, given, epochs=1, batch_size=96)
        losses.append(history.table.train_loss.iloc[0])
        assert abs(losses[-1] - expected.item()) < 1e-6
    assert abs(losses[0] - losses[1]) < 1e-6


def test_only_the_ratio_of_weights_counts_and_none_at_all_is_no_loss():
    logits, targets, weights = torch.tensor([0.5, -1.0, 2.0]), torch.tensor([1.0, 0.0, 0.0]), torch.tensor([1.0, 2.0, 3.0])
    expected = weighted_loss(logits, targets, weights)
    for scale in (1e-6, 1e6):
        torch.testing.assert_close(weighted_loss(logits, targets, scale * weights), expected)
    assert weighted_loss(logits, targets, 0 * weights) == 0


class _Stopped(Exception):
    pass


def _learn_and_stop(path, at=None, configuration=None, **options):
    "Train with dropout and a checkpoint; stop after step `at`."

    def stop(step, loss):
        if step == at:
            raise _Stopped

    with seeded(5):
        model = SpamRNN(30, embedding_size=8, hidden_size=8)
        checkpoint = path and Checkpoint(path, configuration or {})
        history = _learn(model, valid=_toy(seed=1), on_step=stop, checkpoint=checkpoint, **options)
    return history.table.drop(columns="seconds"), history.best_epoch, torch.cat([p.flatten() for p in model.parameters()])


def test_a_stopped_training_goes_on_to_the_same_bits():
    history, best, weights = _learn_and_stop(None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        for first in (1, 6, 7, 12, 13, 18):  # the first and the last steps of three epochs of six
            for at in range(first, 19, 6):  # a run may be stopped more than once
                raises(_Stopped, _learn_and_stop, path, at)
                assert path.exists() == (at > 6)
            resumed, again_best, again = _learn_and_stop(path)
            assert torch.equal(again, weights) and resumed.equals(history) and again_best == best
            path.unlink()


def test_an_ended_training_is_not_trained_any_further():
    "Its checkpoint is still there, since it goes only when its caller has kept the result; with early stopping, too."
    for options in ({}, {"epochs": 20, "patience": 1, "learning_rate": 0.1}):
        history, _, weights = _learn_and_stop(None, **options)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint"
            _learn_and_stop(path, **options)
            resumed, _, again = _learn_and_stop(path, at=1, **options)
            assert torch.equal(again, weights) and resumed.equals(history)


def test_a_checkpoint_of_another_training_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        path, mine = Path(folder) / "checkpoint", {"rate": 0.1, "words": ["a", "b"]}
        raises(_Stopped, _learn_and_stop, path, 7, mine)
        for other in (mine | {"rate": 0.2}, {"words": ["a", "b"]}, mine | {"more": 1}):
            error = str(raises(CheckpointError, _learn_and_stop, path, None, other))
            assert str(path) in error and ("rate" in error or "more" in error) and "remove it" in error
        _learn_and_stop(path, None, {"words": ("a", "b"), "rate": 0.1})


def _by_hand(network, examples, rates, decay, clip=None, losses=lambda losses: torch.stack(losses).mean()):
    "Full batches, and AdamW as its paper writes it, with PyTorch's own constants."
    optimizer = torch.optim.AdamW(network.parameters(), lr=1.0, weight_decay=decay)
    members = list(network.members) if isinstance(network, Ensemble) else [network]
    ids, mask = pad_sequences(examples.sequences)
    targets = torch.tensor(examples.targets, dtype=next(network.parameters()).dtype)
    for rate in rates:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits
        losses([loss(member(ids, mask), targets) for member in members]).backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimizer.step()
    return torch.cat([p.flatten() for p in network.parameters()]).detach()


def _trained(network, examples, **options):
    train(network, examples, None, batch_size=len(examples), progress=False, **options)
    return torch.cat([p.flatten() for p in network.parameters()]).detach()


def test_the_rate_follows_its_schedule():
    examples = _toy(12)
    for schedule in ("cosine", "constant"):
        rates = [0.02 * SCHEDULES[schedule](5)(step) for step in range(5)]
        expected = _by_hand(_network().double(), examples, rates, 0.0)
        found = _trained(_network().double(), examples, epochs=5, learning_rate=0.02, schedule=schedule, weight_decay=0.0, clip_norm=None)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert [round(SCHEDULES["cosine"](4)(step), 3) for step in (0, 1, 2, 4, 9)] == [1, 0.854, 0.5, 0, 0]
    assert SCHEDULES["constant"](4)(3) == 1


def test_weights_decay_as_told():
    examples = _toy(12)
    for decay in (0.0, 1.0):
        expected = _by_hand(_network().double(), examples, [0.02] * 4, decay)
        found = _trained(_network().double(), examples, epochs=4, learning_rate=0.02, schedule="constant", weight_decay=decay, clip_norm=None)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_the_gradient_of_an_ensemble_is_divided_by_its_size():
    "AdamW does not feel a factor; clipping does."
    examples = _toy(12)
    norms = []
    clip = torch.nn.utils.clip_grad_norm_
    with mock.patch("torch.nn.utils.clip_grad_norm_", lambda p, bound: norms.append(clip(p, bound).item())):
        for network in (_network(3), Ensemble([_network(3), _network(3)]), Ensemble([_network(3)] * 1)):
            train(network, examples, None, epochs=1, batch_size=12, progress=False)
    assert abs(norms[1] - norms[0] / math.sqrt(2)) < 1e-5 and abs(norms[2] - norms[0]) < 1e-5


def test_batches_are_shuffled_anew_in_each_epoch():
    seen, examples = [], _toy(60)

    def collate(sequences):
        seen.append(tuple(map(tuple, sequences)))
        return pad_sequences(sequences)

    for seed in (0, 0, 1):
        _learn(_network(), examples, epochs=2, batch_size=6, collate_fn=collate, random_state=seed)
    runs = [seen[i : i + 10] for i in range(0, 60, 10)]  # two epochs each of three trainings
    assert runs[0] == runs[2] and runs[1] == runs[3] and runs[0] != runs[1] and runs[0] != runs[4]
    assert runs[0] != sorted(runs[0], key=lambda batch: len(batch[0])), "batches come in random order, not by length"


def test_the_loss_of_an_epoch_is_a_mean_over_messages():
    "Batches of 7 and one of 2: the small one must not count as much as a large one."
    examples, network = _toy(16), _network()
    expected = _learn(_network(), examples, epochs=1, batch_size=16, learning_rate=1e-9).table.train_loss[1]
    found = _learn(network, examples, epochs=1, batch_size=7, learning_rate=1e-9).table.train_loss[1]
    assert abs(found - expected) < 1e-6
    both = _learn(Ensemble([_network(), _network(4)]), examples, epochs=1, batch_size=7, learning_rate=1e-9)
    other = _learn(_network(4), examples, epochs=1, batch_size=7, learning_rate=1e-9).table.train_loss[1]
    assert abs(both.table.train_loss[1] - (expected + other) / 2) < 1e-6


class _Sides(torch.nn.Module):
    "Gives -0.3 to a message that begins with token 1, and +0.3 to one that begins with token 2."

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(0.6))

    def forward(self, ids, mask):
        return (ids[:, 0].float() - 1.5) * self.weight


def test_each_step_tells_its_own_loss():
    seen = []
    history = _learn(_network(), _toy(32), epochs=1, batch_size=8, on_step=lambda step, loss: seen.append(loss))
    assert len(seen) == 4 and abs(np.mean(seen) - history.table.train_loss[1]) < 1e-6


def test_validation_counts_at_even_odds():
    state = TrainingState(_Sides(), None, None, None, None, pad_sequences, "")
    row = judge_epoch(state, Examples([[1], [2], [1], [2]], np.array([0.0, 1.0, 0.0, 1.0])), keep_best=False)
    assert row["valid_mcc"] == 1 and state.best_weights is None
