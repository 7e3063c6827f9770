"""Exported from nbs/behind/storage_folders.ipynb: change it there, then export."""

import json
import tempfile
from pathlib import Path
from unittest import mock

import torch

from spam_rnn.authoring.testing import raises
from spam_rnn.storage.checkpoints import Checkpoint
from spam_rnn.storage.folders import (
    CHECKPOINT,
    FolderError,
    MODEL_FORMAT,
    check_benchmark_file,
    check_model_folder,
    check_replaced,
    check_report_folder,
)


def test_only_an_empty_folder_or_our_own_is_written_to():
    with tempfile.TemporaryDirectory() as scratch:
        new, strange, ours, file = (Path(scratch) / name for name in ("new/folder", "strange", "ours", "file"))
        for folder in (strange, ours):
            folder.mkdir()
        file.write_bytes(b"")
        for check in (check_model_folder, check_report_folder):
            check(new)
            assert not new.parent.exists()  # nothing is left of the trial
            assert "is a file" in str(raises(FolderError, check, file))
            for name in ("notes.txt", "weights-old.bin", "model_card.md", "classifier.json", "metrics.json", "index.html", CHECKPOINT):
                (strange / name).write_text('{"format": "theirs"}', encoding="utf-8")
                error = str(raises(FolderError, check, strange))
                assert str(strange) in error and name in error and "--out" in error
                (strange / name).unlink()
            (strange / "weights-old").mkdir(exist_ok=True)
            raises(FolderError, check, strange)
        Checkpoint(ours / CHECKPOINT, {}).write({"step": torch.zeros(1)})
        check_model_folder(ours)
        (ours / "notes.txt").write_text("mine", encoding="utf-8")
        check_model_folder(ours)  # a note in our own folder is no reason to refuse it
        with mock.patch("tempfile.TemporaryFile", side_effect=OSError(30, "Read-only file system")):
            for check in (check_model_folder, check_report_folder):
                assert "Read-only" in str(raises(FolderError, check, new))


def test_another_corpus_is_not_replaced_unasked():
    with tempfile.TemporaryDirectory() as folder:
        check_replaced(folder, "uci")
        for name, record in (
            ("classifier.json", {"format": MODEL_FORMAT, "provenance": {"corpus": {"name": "own.csv"}}}),
            ("metrics.json", {"schema_version": 2, "corpus": "elsewhere/own.csv", "recipe": {}, "test": {}}),
        ):
            (Path(folder) / name).write_text(json.dumps(record), encoding="utf-8")
            check_replaced(folder, "here/own.csv")
            error = str(raises(FolderError, check_replaced, folder, "uci"))
            assert "of own.csv" in error and "of uci" in error and "--force" in error and folder in error
            (Path(folder) / name).unlink()
        (Path(folder) / "classifier.json").write_text(json.dumps({"format": MODEL_FORMAT}), encoding="utf-8")
        assert "unknown" in str(raises(FolderError, check_replaced, folder, "uci"))



def test_a_benchmark_replaces_a_benchmark():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.json"
        check_benchmark_file(path)
        for strange in (path, path.with_suffix(".png")):
            strange.write_text('{"mine": 1}', encoding="utf-8")
            assert str(strange) in str(raises(FolderError, check_benchmark_file, path))
            strange.unlink()
        path.write_text('{"schema_version": 1, "machine": {}, "seconds": {}}', encoding="utf-8")
        path.with_suffix(".png").write_bytes(b"the plot")
        check_benchmark_file(path)
