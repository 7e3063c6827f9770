"""Exported from nbs/07_training.ipynb: change it there, then export."""

import contextlib
import math
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as save_tensors

from spam_rnn.exporting import raises
from spam_rnn.models import Committee, SpamRNN
from spam_rnn.padding import pad_sequences

from spam_rnn.training import (
    Checkpoint,
    Examples,
    TrainingError,
    cpu_threads,
    mean_loss,
    predict_logits,
    seeded,
    train,
)


def _toy(n=96, seed=0):
    "Messages of random tokens; spam holds token 5."
    dice = np.random.default_rng(seed)
    targets = (np.arange(n) % 3 == 0).astype(float)
    sequences = [[*dice.integers(6, 30, size=dice.integers(2, 9)).tolist(), 5 if target else 6] for target in targets]
    return Examples([dice.permutation(s).tolist() for s in sequences], targets)


def _network(seed=0):
    torch.manual_seed(seed)
    return SpamRNN(30, embedding_size=8, hidden_size=8, embedding_dropout=0.0, dropout=0.0, word_dropout=0.0)


def _learn(model, examples=None, valid=None, **options):
    options = {"epochs": 3, "batch_size": 16, "learning_rate": 0.02, "progress": False, **options}
    return train(model, examples or _toy(), valid, **options)


def test_it_learns():
    model, fresh = _network(), _toy(seed=1)
    history = _learn(model, valid=fresh, epochs=10)
    assert history.train_loss.iloc[-1] < 0.1 < history.train_loss.iloc[0]
    assert ((predict_logits(model, fresh.sequences) > 0) == (fresh.targets > 0.5)).mean() > 0.95
    assert not model.training  # dropout is off for whoever asks it next
    assert history.index.tolist() == list(range(1, len(history) + 1))


def test_every_message_is_used_in_every_epoch():
    seen, examples = [], _toy(37)

    def pad(sequences):
        seen.extend(tuple(s) for s in sequences)
        return pad_sequences(sequences)

    _learn(_network(), examples, epochs=2, batch_size=10, pad=pad)
    assert sorted(seen) == sorted([tuple(s) for s in examples.sequences] * 2)  # 37 is no multiple of 10


def test_readers_learn_from_batches_and_mistakes_of_their_own():
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
    _learn(Committee(members), examples, epochs=1, batch_size=8)
    for member in members:
        assert sorted(sum(member.seen, [])) == sorted(tuple(s) for s in examples.sequences)
    assert members[0].seen != members[1].seen
    # where a batch holds everything, the first has learned what it would have learned alone, whatever the other says
    alone, beside = _network().double(), Committee([_network(), _network(5)]).double()
    for model in (alone, beside):
        _learn(model, _toy(16), epochs=10, batch_size=16, clip_norm=None)
    answers = [predict_logits(model, _toy(16).sequences) for model in (alone, beside.members[0])]
    np.testing.assert_allclose(*answers, rtol=0, atol=1e-2)


def test_few_messages_get_small_batches():
    for messages, batch_size, steps in ((96, None, 24), (96, 96, 1), (96, 5, 20), (600, None, 60)):
        seen = []
        _learn(_network(), _toy(messages), epochs=1, batch_size=batch_size, on_step=lambda step, loss: seen.append(step))
        assert len(seen) == steps, (messages, batch_size)


def test_predictions_keep_their_order_and_ignore_batches():
    model, examples = _network().double(), _toy(50)
    alone = np.array([predict_logits(model, [s])[0] for s in examples.sequences])
    for batch_size in (1, 7, 50):
        np.testing.assert_allclose(
            predict_logits(model, examples.sequences, batch_size=batch_size), alone, rtol=0, atol=1e-12
        )
    assert predict_logits(model, []).shape == (0,)


def test_dropout_is_off_in_prediction_and_on_again_afterwards():
    torch.manual_seed(0)
    model = SpamRNN(30, embedding_size=8, hidden_size=8, dropout=0.5).train()
    first, again = (predict_logits(model, _toy().sequences) for _ in range(2))
    assert (first == again).all() and model.training


def test_same_seed_same_weights():
    weights = []
    for seed in (1, 1, 2):
        model = _network()
        with seeded(7):
            _learn(model, random_state=seed)
        weights.append(torch.cat([p.flatten() for p in model.parameters()]))
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_threads_are_as_they_were_afterwards():
    before = torch.get_num_threads()
    for count in (1, 2, None):
        with contextlib.suppress(KeyError), cpu_threads(count):
            assert torch.get_num_threads() == (count or before)
            raise KeyError
        assert torch.get_num_threads() == before


def test_seeded_puts_the_dice_back():
    before = torch.get_rng_state()
    with seeded(3):
        first = torch.rand(2)
    assert torch.equal(torch.get_rng_state(), before)
    with seeded(3):
        assert torch.equal(torch.rand(2), first)


def test_the_best_epoch_is_kept():
    kept, model, valid = [], _network(), _toy(seed=1)
    wrong = Examples(valid.sequences, 1 - valid.targets)  # the more it learns, the worse it looks
    history = _learn(model, valid=wrong, epochs=20, patience=2)
    best = history.attrs["best_epoch"]
    assert len(history) == best + 2 < 20
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


def copy_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_without_patience_the_last_epoch_is_kept():
    valid = _toy(seed=1)
    wrong = Examples(valid.sequences, 1 - valid.targets)
    history = _learn(_network(), valid=wrong, epochs=5, patience=None)
    assert len(history) == 5 and history.attrs["best_epoch"] == 5


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
        losses.append(history.train_loss.iloc[0])
        assert abs(losses[-1] - expected.item()) < 1e-6
    assert abs(losses[0] - losses[1]) < 1e-6


def test_a_loss_that_is_no_number_stops_training():
    model = _network()
    with torch.no_grad():
        model.output.weight.fill_(math.nan)
    error = str(raises(TrainingError, _learn, model))
    assert "nan" in error and "learning rate" in error and "step 1" in error


def test_loss_is_exact_for_extreme_logits():
    assert mean_loss(np.array([1000.0, -1000.0]), np.array([0.0, 1.0])) == 1000
    assert abs(mean_loss(np.zeros(4), np.array([0, 0, 0, 1])) - math.log(2)) < 1e-12


class _Stopped(Exception):
    pass


def _learn_and_stop(path, at=None, circumstances=None, **options):
    "Train with dropout and a checkpoint; stop after step `at`."

    def stop(step, loss):
        if step == at:
            raise _Stopped

    with seeded(5):
        model = SpamRNN(30, embedding_size=8, hidden_size=8)
        checkpoint = path and Checkpoint(path, circumstances or {})
        history = _learn(model, valid=_toy(seed=1), on_step=stop, checkpoint=checkpoint, **options)
    return history.drop(columns="seconds"), torch.cat([p.flatten() for p in model.parameters()])


def test_a_stopped_training_goes_on_to_the_same_bits():
    history, weights = _learn_and_stop(None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        for first in (1, 6, 7, 12, 13, 18):  # the first and the last steps of three epochs of six
            for at in range(first, 19, 6):  # a run may be stopped more than once
                raises(_Stopped, _learn_and_stop, path, at)
                assert path.exists() == (at > 6)
            resumed, again = _learn_and_stop(path)
            assert torch.equal(again, weights) and resumed.equals(history) and resumed.attrs == history.attrs
            assert not any(Path(folder).iterdir())  # an ended training leaves nothing


def test_an_ended_training_is_not_trained_any_further():
    "Stopped between its last checkpoint and its end; with early stopping, too."
    for options in ({}, {"epochs": 20, "patience": 1, "learning_rate": 0.1}):
        history, weights = _learn_and_stop(None, **options)
        with tempfile.TemporaryDirectory() as folder:
            path, remove = Path(folder) / "checkpoint", Checkpoint.remove
            try:
                Checkpoint.remove = lambda self: None
                _learn_and_stop(path, **options)
            finally:
                Checkpoint.remove = remove
            resumed, again = _learn_and_stop(path, at=1, **options)
            assert torch.equal(again, weights) and resumed.equals(history)


def test_a_checkpoint_of_another_training_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        path, mine = Path(folder) / "checkpoint", {"rate": 0.1, "words": ["a", "b"]}
        raises(_Stopped, _learn_and_stop, path, 7, mine)
        for other in (mine | {"rate": 0.2}, {"words": ["a", "b"]}, mine | {"more": 1}):
            error = str(raises(TrainingError, _learn_and_stop, path, None, other))
            assert str(path) in error and ("rate" in error or "more" in error) and "remove it" in error
        _learn_and_stop(path, None, {"words": ("a", "b"), "rate": 0.1})


def test_a_damaged_checkpoint_is_refused():
    dice = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "checkpoint", {"seed": 1})
        state = {"weights": {"a": torch.randn(20), "b": torch.tensor(3)}, "numbers": [math.inf, 0.1, None], "step": 7}
        checkpoint.write(state)
        whole = checkpoint.path.read_bytes()
        back = checkpoint.read()
        assert back["numbers"] == state["numbers"] and torch.equal(back["weights"]["a"], state["weights"]["a"])
        refused = 0
        for _ in range(200):
            content, at = bytearray(whole), dice.integers(len(whole))
            if dice.random() < 0.3:
                content = content[:at]
            else:
                content[at] ^= 1 << dice.integers(8)
            checkpoint.path.write_bytes(content)
            try:
                found = checkpoint.read()
            except TrainingError as error:
                assert str(checkpoint.path) in str(error)
                refused += 1
            else:  # a blank in the header, say
                assert str(found) == str(back)
        assert refused > 150
        for foreign in (b"", b"spam", save_tensors({"a": torch.zeros(2)})):
            checkpoint.path.write_bytes(foreign)
            assert "not a checkpoint" in str(raises(TrainingError, checkpoint.read))
