"""Exported from nbs/behind/storage_files.ipynb: change it there, then export."""

import os
import tempfile
from pathlib import Path
from unittest import mock

from spam_rnn.authoring.testing import raises
from spam_rnn.storage.files import open_atomically, write_atomically


def test_a_file_is_written_whole_or_not_at_all():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new folder" / "file"
        write_atomically(path, b"old")
        for broken in ("os.fsync", "os.replace"):
            with mock.patch(broken, side_effect=OSError(28, "No space left on device")):
                error = raises(OSError, write_atomically, path, b"new")
            assert str(path) in str(error) and "No space left" in str(error) and error.errno == 28
            assert path.read_bytes() == b"old" and [p.name for p in path.parent.iterdir()] == ["file"]


def test_an_error_inside_the_block_leaves_nothing():
    def write_half(path):
        with open_atomically(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as folder:
        raises(KeyboardInterrupt, write_half, Path(folder) / "file")
        assert not any(Path(folder).iterdir())
