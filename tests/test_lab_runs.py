"""Exported from nbs/behind/lab_runs.ipynb and nbs/proofs/lab_runs.ipynb: change it there, then export."""

import json
import math
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from unittest import mock

import pandas as pd

from spam_rnn.authoring.testing import raises
from spam_rnn.lab.runs import KEYS, RunLog, RunLogError, TornLine, as_line, identity, read_runs, runs_table


_ROW = {
    "name": "a", "changes": {}, "seed": 0, "parameters": {"x": 1}, "scores": {"mcc": 0.5},
    "sha256": "0", "versions": {}, "command": "none",
}  # fmt: skip


def test_half_a_line_is_set_aside_only_at_the_end():
    line = as_line(_ROW)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.jsonl"
        for cut in range(1, len(line) - 1):
            path.write_bytes(line + line[:cut])
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                assert read_runs(path) == [_ROW]
            assert [w.category for w in said] == [TornLine] and f"{cut} bytes" in str(said[0].message)
            path.write_bytes(line[:cut] + b"\n" + line)
            assert "line 1" in str(raises(RunLogError, read_runs, path))
        path.write_bytes(line[:-1])  # somebody's editor ends files without a line end
        assert read_runs(path) == [_ROW]


_RUN = {
    "name": "a", "changes": {}, "seed": 0, "parameters": {"x": 1}, "scores": {"mcc": 0.5},
    "sha256": "0", "versions": {}, "command": "none",
}  # fmt: skip


def _log(folder, *rows):
    log = RunLog(Path(folder) / "deep" / "runs.jsonl")
    with log.writing() as append:
        for row in rows:
            append(row)
    return log


def test_a_line_needs_every_key():
    assert json.loads(as_line(_RUN)) == _RUN and as_line(_RUN).count(b"\n") == 1
    assert "£500".encode() in as_line(_RUN | {"name": "£500"})  # to be read with any editor
    for key in KEYS:
        lacks = {k: v for k, v in _RUN.items() if k != key}
        assert key in str(raises(ValueError, as_line, lacks))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "runs.jsonl"
            path.write_text(json.dumps(_RUN) + "\n" + json.dumps(lacks) + "\n" + json.dumps(_RUN) + "\n", encoding="utf-8")
            error = str(raises(RunLogError, read_runs, path))
            assert "line 2" in error and key in error and str(path) in error and "delete the line" in error


def test_a_line_that_is_damaged_is_named():
    line = as_line(_RUN)
    for damaged in (b"[]", b"7", b"{}", b"\xff\xfe", line.replace(b"0.5", b"NaN")[:-1], line.replace(b"0.5", b"Infinity")[:-1], b""):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "runs.jsonl"
            path.write_bytes(line + damaged + b"\n" + line)
            assert "line 2" in str(raises(RunLogError, read_runs, path)), damaged
            path.write_bytes(line + damaged + b"\n")  # it has its line end, so it was not torn
            assert "line 2" in str(raises(RunLogError, read_runs, path)), damaged


def test_what_cannot_be_read_is_said():
    with tempfile.TemporaryDirectory() as folder:
        assert folder in str(raises(RunLogError, read_runs, folder))
        missing = Path(folder) / "missing.jsonl"
        assert str(missing) in str(raises(RunLogError, read_runs, missing))
        assert RunLog(missing).read() == []  # a log may begin


def test_the_newer_row_counts_in_the_older_ones_place():
    newer = _RUN | {"scores": {"mcc": 0.7}}
    others = [_RUN | change for change in ({"name": "b"}, {"seed": 1}, {"sha256": "1"})]
    same = [_RUN | change for change in ({"changes": {"x": 1}}, {"versions": {"torch": "2"}}, {"parameters": {}})]
    assert len({identity(row) for row in [_RUN, *others]}) == 4 and {identity(row) for row in same} == {identity(_RUN)}
    with tempfile.TemporaryDirectory() as folder:
        log = _log(folder, _RUN, *others, newer)
        assert log.read() == [newer, *others] == read_runs(log.path)
        assert log.path.read_bytes().count(b"\n") == 5


def test_a_table_has_a_column_for_each_score():
    table = runs_table([_RUN, _RUN | {"scores": {"f1": 1.0}, "sizes": [3, 1]}])
    assert table.mcc[0] == 0.5 and pd.isna(table.mcc[1]) and table.f1[1] == 1 and table.sizes[1] == [3, 1]
    assert "scores" not in table and runs_table([]).empty
    assert table.columns.tolist()[:4] == ["name", "changes", "seed", "parameters"]


def test_what_is_no_json_leaves_the_file_alone():
    with tempfile.TemporaryDirectory() as folder:
        log = _log(folder, _RUN)
        before = log.path.read_bytes()
        with log.writing() as append:
            raises(ValueError, append, _RUN | {"scores": {"mcc": math.nan}})
            raises(TypeError, append, _RUN | {"scores": {"mcc": object()}})
            assert log.path.read_bytes() == before


def test_a_full_disk_cuts_the_file_back():
    with tempfile.TemporaryDirectory() as folder:
        log = _log(folder, _RUN)
        before, path_open = log.path.read_bytes(), Path.open

        def nearly_full(self, *args, **kwargs):
            file = path_open(self, *args, **kwargs)
            return mock.Mock(
                wraps=file, __enter__=lambda s: s, __exit__=lambda s, *e: file.close(), write=lambda line: file.write(line[:20])
            )

        with log.writing() as append:
            with mock.patch.object(Path, "open", nearly_full):
                raises(OSError, append, _RUN | {"seed": 1})
            assert log.path.read_bytes() == before
            with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")):
                raises(OSError, append, _RUN | {"seed": 1})
            assert log.path.read_bytes() == before
            append(_RUN | {"seed": 2})
        assert [row["seed"] for row in log.read()] == [0, 2]


def test_each_line_is_on_the_disk_when_it_is_written():
    with tempfile.TemporaryDirectory() as folder:
        log = RunLog(Path(folder) / "runs.jsonl")
        with log.writing() as append, mock.patch("os.fsync", wraps=os.fsync) as fsync:
            for seed in range(3):
                append(_RUN | {"seed": seed})
                assert len(log.read()) == seed + 1 == fsync.call_count


def test_the_next_writer_cuts_off_what_is_torn():
    with tempfile.TemporaryDirectory() as folder:
        log, torn = _log(folder, _RUN), as_line(_RUN | {"seed": 7})[:30]
        log.path.write_bytes(log.path.read_bytes() + torn)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TornLine)
            assert log.read() == [_RUN]
        with log.writing() as append:
            append(_RUN | {"seed": 1})
        assert log.path.read_bytes() == as_line(_RUN) + as_line(_RUN | {"seed": 1})
        log.path.write_bytes(as_line(_RUN)[:-1])  # whole, but for its line end
        with log.writing() as append:
            append(_RUN | {"seed": 1})
        assert [row["seed"] for row in log.read()] == [0, 1]
        log.path.write_bytes(torn)
        with log.writing():
            pass
        assert log.path.read_bytes() == b"" and log.read() == []


def test_a_damaged_file_is_not_written_to():
    with tempfile.TemporaryDirectory() as folder:
        log = _log(folder, _RUN)
        log.path.write_bytes(b"scribble\n" + as_line(_RUN))
        before = log.path.read_bytes()
        assert "line 1" in str(raises(RunLogError, log.writing().__enter__))
        assert log.path.read_bytes() == before


def test_there_is_one_writer():
    with tempfile.TemporaryDirectory() as folder:
        log = RunLog(Path(folder) / "runs.jsonl")
        with log.writing():
            error = str(raises(RunLogError, RunLog(log.path).writing().__enter__))
            assert str(log.path) in error and "another" in error
        with log.writing() as append:  # the lock was given back
            append(_RUN)
        raises(KeyError, _break_while_writing, log)
        with log.writing() as append:  # even after an error
            append(_RUN | {"seed": 1})
        assert len(log.read()) == 2


def _break_while_writing(log):
    with log.writing():
        raise KeyError


def test_the_lock_of_a_killed_program_is_free():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.jsonl"
        holds = f"""
import sys
from pathlib import Path
from spam_rnn.lab.runs import RunLog
with RunLog(Path({str(path)!r})).writing():
    print("mine", flush=True)
    sys.stdin.read()
"""
        with subprocess.Popen([sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout.readline().strip() == b"mine"
            raises(RunLogError, RunLog(path).writing().__enter__)
            other.kill()
        with RunLog(path).writing() as append:
            append(_RUN)
        assert read_runs(path) == [_RUN]


def test_runs_are_put_in_order_and_others_keep_their_places():
    rows = [_RUN | {"name": name, "seed": seed} for name, seed in (("a", 2), ("other", 0), ("a", 0), ("other", 1), ("a", 1))]
    with tempfile.TemporaryDirectory() as folder:
        log = _log(folder, *rows, rows[2] | {"scores": {"mcc": 0.9}})
        log.settle([("a", seed, "0") for seed in (0, 1, 2, 3)])  # run 3 is not there yet
        found = [(row["name"], row["seed"], row["scores"]["mcc"]) for row in log.read()]
        assert found == [("a", 0, 0.9), ("other", 0, 0.5), ("a", 1, 0.5), ("other", 1, 0.5), ("a", 2, 0.5)]
        assert log.path.read_bytes().count(b"\n") == 5  # the older row is gone
        changed = log.path.stat().st_mtime_ns, log.path.stat().st_ino
        log.settle([("a", seed, "0") for seed in range(3)])
        assert (log.path.stat().st_mtime_ns, log.path.stat().st_ino) == changed  # nothing to do, nothing done
