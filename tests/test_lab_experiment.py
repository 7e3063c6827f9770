"""Exported from nbs/behind/lab_experiment.ipynb and nbs/proofs/lab_experiment.ipynb: change it there, then export."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd
import psutil
import torch

from spam_rnn.authoring.testing import raises, skip_if
from spam_rnn.lab.experiment import Experiment, StaleRuns, Wanted, as_json, make_plan, make_runs, one_run
from spam_rnn.lab.runs import RunLogError, read_runs


def _square(name, changes, seed):
    return {"scores": {"square": (seed + changes.get("add", 0)) ** 2}, "sizes": [seed]}


def _told(name, changes):
    return {"add": 0} | changes, "0"


_TABLE = {"plain": {}, "more": {"add": 10}}
_SQUARES = Experiment("squares", "How large?", "plain", _TABLE, range(3), _square, _told, "squares.jsonl")


def test_a_run_is_made_once():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deep" / "squares.jsonl"
        some = make_runs(_SQUARES.wanted(["more"], [2]), path, _square, "test", progress=False)
        assert some.square.tolist() == [144] and len(read_runs(path)) == 1
        first = path.read_bytes()
        table = make_runs(_SQUARES.wanted(), path, _square, "test", progress=False)
        assert table.square.tolist() == [0, 100, 1, 121, 4, 144] and table.name.tolist() == ["plain", "more"] * 3
        assert first in path.read_bytes()  # not made again: its seconds are those of the first time
        again = make_runs(_SQUARES.wanted(), path, None, "test", progress=False)  # nothing to do for nobody
        pd.testing.assert_frame_equal(again, table)


def _sum(name, changes, seed):
    return {"scores": {"sum": seed + changes.get("add", 0)}, "sizes": (seed, 1)}


def _sum_told(name, changes):
    return {"add": 0, "kind": (1, 2)} | changes, "0"


_NAMES = {"plain": {}, "more": {"add": 10}, "most": {"add": 20}}
_SUMS = Experiment("sums", "How large?", "plain", _NAMES, range(2), _sum, _sum_told, "sums.jsonl")


def _made(run, seconds=1.0, **changed):
    return vars(run) | {"seconds": seconds} | changed


def test_an_experiment_asks_seed_by_seed():
    found = [(run.seed, run.name) for run in _SUMS.wanted()]
    assert found == [(seed, name) for seed in (0, 1) for name in _NAMES]
    assert [(run.seed, run.name) for run in _SUMS.wanted(["most", "plain"], [7])] == [(7, "most"), (7, "plain")]
    assert _SUMS.wanted(["more"])[0].parameters == {"add": 10, "kind": [1, 2]}  # as JSON has it
    error = str(raises(ValueError, _SUMS.wanted, ["plain", "least"]))
    assert "'least'" in error and "sums" in error and "most" in error


def test_a_plan_tells_done_from_stale_from_missing():
    wanted = _SUMS.wanted()
    rows = [_made(wanted[0]), _made(wanted[1], parameters={"add": 11, "kind": [1, 2]}), _made(wanted[2], sha256="another")]
    plan = make_plan(wanted, rows)
    assert list(plan.rows.values()) == rows[:1] and plan.left == wanted[1:] and plan.stale == [wanted[1]]
    assert "6 runs, 1 of them done, 5 left" in str(plan) and "1 stale" in str(plan) and "more (seed 0)" in str(plan)
    done = make_plan(wanted, [_made(run) for run in wanted])
    assert not done.left and not done.stale and done.seconds == 0 and str(done) == "6 runs, 6 of them done, 0 left"


def test_a_plan_names_three_stale_runs():
    for count, more in ((3, False), (4, True)):
        wanted = _SUMS.wanted(["plain"], range(count))
        said = str(make_plan(wanted, [_made(run, parameters={}) for run in wanted]))
        assert f"{count} stale" in said and "(seed 2)" in said and "(seed 3)" not in said and ("…" in said) == more


def test_a_time_is_told_in_the_unit_of_which_there_are_two():
    wanted = _SUMS.wanted(["plain"], [0])
    for seconds, said in ((7200.0, "2.0 hours"), (7199.0, "120.0 minutes"), (120.0, "2.0 minutes"), (119.0, "119.0 seconds")):
        assert said in str(make_plan(wanted, [_made(wanted[0], seconds, sha256="another")]))


def test_what_json_has_no_word_for():
    assert as_json({"a": (1, _sum)}) == {"a": [1, "_sum"]}
    raises(ValueError, as_json, [float("nan")])


def test_the_cost_is_that_of_like_rows():
    wanted = _SUMS.wanted()
    rows = [_made(wanted[0], 10.0), _made(wanted[1], 20.0), _made(wanted[1], 40.0, sha256="another")]
    plan = make_plan(wanted, rows)  # left: plain at 10, more at (20 + 40) / 2, most twice at the mean of all three
    assert abs(plan.seconds - (10 + 30 + 2 * 70 / 3)) < 1e-9 and "86.7 seconds" in str(plan)
    assert make_plan(wanted, []).seconds is None and "unknown" in str(make_plan(wanted, []))
    assert make_plan(wanted, [_made(wanted[0], None)]).seconds is None
    many = make_plan(wanted, [_made(run, 7200.0, sha256="another") for run in wanted])
    assert "12.0 hours" in str(many) and "3 stale" not in str(many)
    few = make_plan(wanted[:1], [_made(wanted[0], 0.5, sha256="another")])
    assert "0.5 seconds" in str(few)


def _threads(name, changes, seed):
    changes["touched"] = True
    return {"scores": {"threads": torch.get_num_threads()}, "seconds": changes.get("seconds", 5.0), "note": "kept"}


def test_a_run_has_its_row():
    run = Wanted("a", {"seconds": 3.0}, 4, {"p": 1}, "0")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    row = one_run(_threads, run, "the command")
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
    assert list(row)[:5] == ["name", "changes", "seed", "parameters", "scores"]
    assert (row["name"], row["seed"], row["parameters"], row["sha256"]) == ("a", 4, {"p": 1}, "0")
    assert row["scores"] == {"threads": 1} and row["threads"] == 1 and row["note"] == "kept" and row["command"] == "the command"
    assert row["seconds"] == 3.0 and "torch" in row["versions"]
    assert row["changes"] == {"seconds": 3.0} == run.changes  # what the work does to its changes stays with it


def _breaks(name, changes, seed):
    time.sleep(0.01)
    if seed == 1:
        raise KeyError("broken on purpose")
    return {"scores": {}}


def test_an_error_names_its_run_and_keeps_what_was_done():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.jsonl"
        for n_jobs in (1, 2):
            error = raises(KeyError, make_runs, _SUMS.wanted(["plain"], [0, 1]), path, _breaks, "test", n_jobs=n_jobs, progress=False)
            assert "'plain' with seed 1" in str(error.__notes__)
        assert [row["seed"] for row in read_runs(path)] == [0] and 0.01 <= read_runs(path)[0]["seconds"] < 1
    raises(ValueError, one_run, lambda *given: {"scores": {"mcc": float("nan")}}, _SUMS.wanted()[0], "test")


def test_stale_rows_are_told_of_and_made_again():
    def told_now(name, changes):
        return {"add": 0, "kind": "new"} | changes, "0"

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.jsonl"
        make_runs(_SUMS.wanted(), path, _sum, "first", progress=False)
        now = Experiment("sums", "?", "plain", _NAMES, range(2), _sum, told_now, "sums.jsonl")
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            table = make_runs(now.wanted(["more"]), path, _sum, "second", progress=False)
        (stale,) = [w for w in said if w.category is StaleRuns]
        assert "2 stale" in str(stale.message) and "more (seed 0)" in str(stale.message) and str(path) in str(stale.message)
        assert table.command.tolist() == ["second"] * 2
        rows = read_runs(path)
        assert [row["command"] for row in rows] == ["first", "second", "first"] * 2 and len(rows) == 6
        assert path.read_bytes().count(b"\n") == 6  # the old rows are gone


def test_another_corpus_makes_another_row():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.jsonl"
        other = [Wanted("plain", {}, 0, {}, sha256) for sha256 in ("0", "1", "0")]
        table = make_runs(other, path, _sum, "test", progress=False)
        assert len(read_runs(path)) == 2 and table.sha256.tolist() == ["0", "1", "0"]


_NOT_THE_SAME = ["seconds", "worker"]


def _slow_first(name, changes, seed):
    time.sleep(0.2 if seed == 0 else 0)
    return {"scores": {"sum": seed + changes.get("add", 0), "threads": torch.get_num_threads()}, "worker": os.getpid()}


def test_the_table_is_the_same_however_many_workers():
    with tempfile.TemporaryDirectory() as folder:
        paths = {n_jobs: Path(folder) / f"{n_jobs}.jsonl" for n_jobs in (1, 2)}
        tables = {n: make_runs(_SUMS.wanted(), path, _slow_first, "test", n_jobs=n, progress=False) for n, path in paths.items()}
        pd.testing.assert_frame_equal(tables[1].drop(columns=_NOT_THE_SAME), tables[2].drop(columns=_NOT_THE_SAME))
        assert tables[2].worker.nunique() == 2 and os.getpid() not in set(tables[2].worker) and set(tables[1].worker) == {os.getpid()}
        assert (tables[2].threads == 1).all()
        assert not any(map(psutil.pid_exists, tables[2].worker))  # nobody waits for idle processes
        names = [[(row["name"], row["seed"]) for row in read_runs(path)] for path in paths.values()]
        assert names[0] == names[1] == [(run.name, run.seed) for run in _SUMS.wanted()]


def test_a_table_in_another_order_is_in_that_order():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.jsonl"
        make_runs(_SUMS.wanted(), path, _sum, "test", progress=False)
        before = path.read_bytes()
        table = make_runs(_SUMS.wanted(["most", "plain"], [1, 0]), path, _sum, "test", progress=False)
        assert table.name.tolist() == ["most", "plain"] * 2 and table["sum"].tolist() == [21, 1, 20, 0]
        assert path.read_bytes() == before  # who only looks changes nothing


_WORK = '''
import sys, time
from spam_rnn.lab.experiment import Wanted, make_runs

def work(name, changes, seed):
    time.sleep(0.1)
    return {"scores": {"square": seed**2}}

if __name__ == "__main__":
    import slow_work
    wanted = [Wanted("squares", {}, seed, {}, "0") for seed in range(16)]
    make_runs(wanted, sys.argv[1], slow_work.work, "test", n_jobs=int(sys.argv[2]), progress=False)
'''


def _start(folder, path, processes):
    (Path(folder) / "slow_work.py").write_text(_WORK, encoding="utf-8")
    return subprocess.Popen([sys.executable, "slow_work.py", str(path), str(processes)], cwd=folder, start_new_session=True, stderr=subprocess.DEVNULL)


def _rows(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _needs_kill(test):
    return skip_if(test, lambda: None if hasattr(os, "killpg") else "no process groups here")


@_needs_kill
def test_killed_three_times_it_ends_in_the_same_table():
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}.jsonl" for name in ("killed", "whole")]
        stood = []
        for kills in range(3):
            program, before = _start(folder, paths[0], 2 if kills == 0 else 1), _rows(paths[0])
            while _rows(paths[0]) < before + 2:
                assert program.poll() is None
                time.sleep(0.01)
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
            stood.append(paths[0].read_bytes())
            paths[0].write_bytes(stood[-1] + b'{"name": "squ'[: 5 * kills])  # and the last line may be torn
        for path in paths:
            assert _start(folder, path, 1).wait() == 0
        rows = [[{k: v for k, v in row.items() if k != "seconds"} for row in read_runs(path)] for path in paths]
        assert rows[0] == rows[1] and [row["scores"]["square"] for row in rows[0]] == [n**2 for n in range(16)]
        final = set(paths[0].read_bytes().splitlines())
        assert all(set(content.splitlines()) <= final for content in stood)  # nothing was made twice
        assert 2 <= stood[0].count(b"\n") < stood[1].count(b"\n") < stood[2].count(b"\n") < 16


def _kills_once(name, changes, seed):
    "The first process that comes here dies, without a word."
    time.sleep(0.05)
    marker = Path(changes["marker"])
    if seed == 1 and not marker.exists():
        marker.write_text(str(os.getpid()), encoding="utf-8")
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return {"scores": {"square": seed**2}, "worker": os.getpid()}


def _without_dask():
    there = all(importlib.util.find_spec(name) for name in ("dask", "distributed"))
    return None if there else "dask and distributed are not installed"


def _needs_dask(test):
    return skip_if(test, _without_dask)


@_needs_dask
def test_dask_gives_the_same_table_even_if_a_worker_is_killed():
    from distributed import Client, LocalCluster

    with tempfile.TemporaryDirectory() as folder:
        marker = Path(folder) / "killed"
        wanted = [Wanted("squares", {"marker": str(marker)}, seed, {}, "0") for seed in range(12)]
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50) as cluster,
            Client(cluster),
        ):
            dask = make_runs(wanted, Path(folder) / "dask.jsonl", _kills_once, "test", backend="dask", progress=False)
        alone = make_runs(wanted, Path(folder) / "alone.jsonl", _kills_once, "test", progress=False)
        pd.testing.assert_frame_equal(dask.drop(columns=_NOT_THE_SAME), alone.drop(columns=_NOT_THE_SAME))
        assert int(marker.read_text(encoding="utf-8")) not in {os.getpid(), *dask.worker}
        assert os.getpid() not in set(dask.worker) and len(read_runs(Path(folder) / "dask.jsonl")) == 12


def test_a_bar_starts_where_the_file_is():
    from contextlib import redirect_stderr
    from functools import partial
    from io import StringIO
    from unittest import mock

    from tqdm import tqdm as plain_bar

    with tempfile.TemporaryDirectory() as folder, mock.patch("spam_rnn.lab.experiment.tqdm", partial(plain_bar, mininterval=0)):
        path, shown = Path(folder) / "runs.jsonl", StringIO()
        make_runs(_SUMS.wanted(seeds=[0]), path, _sum, "test", progress=False)
        with redirect_stderr(shown):
            make_runs(_SUMS.wanted(), path, _slow_first, "test", progress=True)
            first = shown.getvalue()
            make_runs(_SUMS.wanted(), path, _slow_first, "test", progress=True)
        assert " 3/6 " in first and " 6/6 " in first and shown.getvalue() == first  # nothing left: no bar
        with redirect_stderr(shown):
            make_runs(_SUMS.wanted(seeds=[5]), path, _slow_first, "test", progress=False)
        assert shown.getvalue() == first
