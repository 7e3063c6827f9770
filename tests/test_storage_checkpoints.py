"""Exported from nbs/behind/storage_checkpoints.ipynb and nbs/proofs/storage_checkpoints.ipynb: change it there, then export."""

import math
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from safetensors.torch import save as save_tensors

from spam_rnn.authoring.testing import raises
from spam_rnn.storage.checkpoints import Checkpoint, CheckpointError, removed_at_the_end
from spam_rnn.storage.records import pack


def test_a_damaged_checkpoint_is_refused():
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "checkpoint", {"seed": 1})
        state = {"weights": {"a": torch.randn(20), "b": torch.tensor(3)}, "numbers": [math.inf, 0.1, None], "step": 7}
        checkpoint.write(state)
        whole = checkpoint.path.read_bytes()
        back = checkpoint.read()
        assert back["numbers"] == state["numbers"] and torch.equal(back["weights"]["a"], state["weights"]["a"])
        refused = 0
        for _ in range(200):
            content, at = bytearray(whole), rng.integers(len(whole))
            if rng.random() < 0.3:
                content = content[:at]
            else:
                content[at] ^= 1 << rng.integers(8)
            checkpoint.path.write_bytes(content)
            try:
                found = checkpoint.read()
            except CheckpointError as error:
                assert str(checkpoint.path) in str(error)
                refused += 1
            else:  # a blank in the header, say
                assert str(found) == str(back)
        assert refused > 150
        for foreign in (b"", b"spam", save_tensors({"a": torch.zeros(2)})):
            checkpoint.path.write_bytes(foreign)
            assert "not a checkpoint" in str(raises(CheckpointError, checkpoint.read))


def test_a_checkpoint_of_another_format_or_configuration_is_refused_and_names_it():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        Checkpoint(path, {"rate": 0.1}).write({"step": 1})
        for other in ({"rate": 0.2}, {}, {"rate": 0.1, "more": 1}):
            error = str(raises(CheckpointError, Checkpoint(path, other).read))
            assert str(path) in error and ("rate" in error or "more" in error) and "remove it" in error
        assert Checkpoint(path, {"rate": 0.1}).read() == {"step": 1}
        path.write_bytes(pack({"format": "spam_rnn checkpoint 1", "configuration": {}, "state": {}}))
        assert "format" in str(raises(CheckpointError, Checkpoint(path, {}).read))
        (Path(folder) / "checkpoint.123.part").write_bytes(b"half")
        Checkpoint(path, {}).remove()
        assert not any(Path(folder).iterdir()) and Checkpoint(path, {}).read() is None


def test_a_checkpoint_stays_until_what_follows_is_done():
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "checkpoint", {"rate": 0.1})

        def train_and_save(saves):
            with removed_at_the_end():
                checkpoint.write({"step": 1})
                checkpoint.remove()
                assert checkpoint.path.exists()
                saves()

        raises(KeyboardInterrupt, train_and_save, mock.Mock(side_effect=KeyboardInterrupt))
        assert checkpoint.read() == {"step": 1}
        train_and_save(mock.Mock())
        assert not checkpoint.path.exists()
        checkpoint.write({"step": 1})
        checkpoint.remove()  # outside of such a block it goes at once
        assert not checkpoint.path.exists()
