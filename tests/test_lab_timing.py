"""Exported from nbs/behind/lab_timing.ipynb: change it there, then export."""

from spam_rnn.lab.timing import interleaved_timing, machine, matrix_peak, medians, memory_peak, operations_per_token


import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import torch
from torch import nn


def test_turns_alternate_and_the_first_does_not_count():
    log = []
    seconds = interleaved_timing({"a": lambda: log.append("a"), "b": lambda: log.append("b")}, repeats=2)
    assert log == ["a", "b"] * 3 and [len(s) for s in seconds.values()] == [2, 2]
    log.clear()
    assert len(interleaved_timing({"a": lambda: log.append("a")}, repeats=2, warm_up=False)["a"]) == len(log) == 2


def test_the_clock_waits_for_the_device():
    ticks, waited = iter(range(100)), []
    with (
        mock.patch("time.perf_counter", lambda: float(next(ticks))),
        mock.patch.dict(interleaved_timing.__globals__, {"wait_for": lambda device: waited.append(device)}),
    ):
        found = interleaved_timing({"a": lambda: next(ticks), "b": lambda: None}, repeats=1, device=torch.device("meta"))
    assert found == {"a": [2.0], "b": [1.0]} and waited == [torch.device("meta")] * 8
    assert medians({"a": [1, 9, 2], "b": [4, 2]}) == {"a": 2.0, "b": 3.0}


def test_work_of_a_token_by_hand():
    lstm = nn.LSTM(48, 40, bidirectional=True)
    assert operations_per_token(nn.Sequential(nn.Embedding(9, 48), lstm)) == 2 * 2 * 4 * 40 * (48 + 40)
    with mock.patch.dict(matrix_peak.__globals__, {"interleaved_timing": lambda *given: {"product": [2.0, 1.0, 4.0]}}):
        assert matrix_peak(torch.device("cpu"), sizes=(4, 8, 2)) == 2 * 8**3 / 2
    assert matrix_peak(torch.device("cpu"), sizes=(64,), repeats=1) > 0


def test_a_peak_is_seen_and_forgotten():
    if not Path("/proc/self/clear_refs").exists():
        assert memory_peak(start=True) is None  # no Linux
        return
    program = (
        "from spam_rnn.lab.timing import memory_peak\n"
        "peaks = [memory_peak(start=True)]\n"
        "block = bytearray(50_000_000); peaks.append(memory_peak())\n"
        "del block; peaks += [memory_peak(), memory_peak(start=True)]\n"
        "print(*peaks)"
    )  # in a process of its own, where nobody else takes and gives back memory
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    before, peak, kept, after = map(int, told.split())
    assert 40e6 < peak - before < 400e6
    assert kept > peak - 10e6  # a peak stays, until it is told not to
    assert after < peak - 40e6
    with mock.patch.object(Path, "read_text", side_effect=OSError):
        assert memory_peak() is None


def test_a_machine_is_described():
    found = machine(torch.device("cpu"))
    assert found["device"] == "cpu" and found["cores"] == os.cpu_count() and found["threads"] == torch.get_num_threads() and found["cpu"]
    for info, cpu in (("processor: 0\nmodel name\t: A Chip\n", "A Chip"), ("nothing", "a fallback")):
        with (
            mock.patch.object(Path, "exists", return_value=True), mock.patch.object(Path, "read_text", return_value=info),
            mock.patch("platform.processor", return_value="a fallback"),
        ):  # fmt: skip
            assert machine(torch.device("cpu"))["cpu"] == cpu
    with mock.patch.object(Path, "exists", return_value=False), mock.patch("platform.processor", return_value="a fallback"):
        assert machine(torch.device("cpu"))["cpu"] == "a fallback"
