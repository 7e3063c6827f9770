"""Exported from nbs/behind/lab_scale.ipynb: change it there, then export."""

from spam_rnn.lab.scale import _turns, measure, measure_here, write_synthetic


import json
import tempfile
from pathlib import Path

import pandas as pd

from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus


def test_made_up_messages_are_like_the_samples():
    sample = load_corpus("sample")
    known, lengths = {word for text in sample.text for word in text.split()}, set(sample.text.str.split().str.len())
    with tempfile.TemporaryDirectory() as folder:
        kept = write_synthetic.__globals__["CHUNK_ROWS"]
        write_synthetic.__globals__["CHUNK_ROWS"] = 40
        try:
            path = write_synthetic(Path(folder) / "a.csv", 100)
            again, other = write_synthetic(Path(folder) / "b.csv", 100), write_synthetic(Path(folder) / "c.csv", 100, seed=1)
        finally:
            write_synthetic.__globals__["CHUNK_ROWS"] = kept
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert path.read_bytes() == again.read_bytes() != other.read_bytes()
    assert table.id.tolist() == [str(n) for n in range(100)] and {word for text in table.text for word in text.split()} <= known
    assert set(table.text.str.split(" ").str.len()) <= lengths and table.text.nunique() > 90


def test_turns_alternate_and_small_files_are_judged_often():
    turns = _turns((100, 200_000, 300_000), 2)
    pieces = [(100, "in pieces", 500), (200_000, "in pieces", 1)]
    at_once = [(100, "all at once", 1), (200_000, "all at once", 1), (300_000, "all at once", 1)]
    assert turns == [*pieces, (300_000, "in pieces", 1), *pieces, *at_once]


def test_sizes_are_measured_in_processes_of_their_own():
    sample = load_corpus("sample")
    with tempfile.TemporaryDirectory() as folder:
        model = SpamClassifier(epochs=1, hidden_size=8, embedding_size=8).fit(sample.text, sample.label).save(Path(folder) / "model")
        kept = measure.__globals__["_turns"]
        measure.__globals__["_turns"] = lambda sizes, rounds: [(sizes[0], "in pieces", 2), (sizes[1], "all at once", 1)]
        try:
            measured = measure(Path(folder) / "deep" / "scale.json", (1000, 2000), model=model)
        finally:
            measure.__globals__["_turns"] = kept
        record = json.loads((Path(folder) / "deep" / "scale.json").read_text(encoding="utf-8"))
    table = measured.table
    assert list(zip(table.rows, table.way)) == [(1000, "in pieces"), (2000, "all at once")] and (table.peak_bytes > 1e8).all()
    mean = sum(run["cpu"] for run in record["processes"][0]["runs"]) / 2
    assert abs(table.cpu_seconds[0] - mean) < 1e-12 and (table.wall_seconds > 0).all() and "runs" not in table
    assert list(measured.bytes) == [1000, 2000] and measured.bytes[1000] < measured.bytes[2000]
    assert "scale.json" in measured.command and "1 thread" in measured.machine


def test_ways_agree_on_the_rows():
    sample = load_corpus("sample")
    with tempfile.TemporaryDirectory() as folder:
        model = SpamClassifier(epochs=1, hidden_size=8, embedding_size=8).fit(sample.text, sample.label).save(Path(folder) / "model")
        path = str(write_synthetic(Path(folder) / "a.csv", 30))
        found = [measure_here(str(model), path, way, 1) for way in ("in pieces", "all at once")]
        assert [(way["way"], way["rows"]) for way in found] == [("in pieces", 30), ("all at once", 30)]
        assert sorted(p.name for p in Path(folder).iterdir()) == ["a.csv", "model"]  # what was judged is gone
