"""Exported from nbs/behind/lab_timing.ipynb: change it there, then export."""

from spam_rnn.lab.timing import interleaved_timing, machine, matrix_peak, medians, memory_peak, operations_per_token


import os
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


def test_a_peak_is_seen_and_forgotten():
    before = memory_peak(start=True)
    if before is None:
        return  # no Linux
    block = torch.ones(50_000_000, dtype=torch.uint8)
    assert memory_peak() - before > 40e6
    del block
    assert memory_peak() - before > 40e6  # a peak stays
    assert memory_peak(start=True) < memory_peak() + 1
    with mock.patch.object(Path, "read_text", side_effect=OSError):
        assert memory_peak() is None


def test_a_machine_is_described():
    found = machine(torch.device("cpu"))
    assert found["device"] == "cpu" and found["cores"] == os.cpu_count() and found["threads"] == torch.get_num_threads() and found["cpu"]
