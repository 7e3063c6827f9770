"""Exported from nbs/behind/lab_benchmark.ipynb: change it there, then export."""

from spam_rnn.lab.benchmark import Rivals, benchmark, growth_with_length, growth_with_messages, ratios, write_benchmark


import json
import tempfile
from pathlib import Path

import numpy as np
import torch

from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus, read_corpus


class _AlwaysHam:
    share, calls = 0.25, 0

    def fit(self):
        self.calls += 1

    def predict(self, texts):
        return np.zeros(len(texts), dtype=bool)


def test_benchmark_has_its_numbers():
    small, original = SpamClassifier(epochs=1, hidden_size=8, embedding_size=8), _AlwaysHam()
    found = benchmark(
        original, read_corpus("sample"), device="cpu", classifier=small, repeats=2, batch=60, singles=3, sizes=(20, 40), lengths=(3, 6),
        parts={"threads_seen": lambda trained: (torch.get_num_threads(), len(trained.few), trained.repeats)},
    )  # fmt: skip
    found = json.loads(json.dumps(found))  # nothing in it that JSON does not know
    assert set(
        "schema_version corpus sha256 command versions machine settings seconds median ratios tokens_per_second operations_per_token "
        "matrix_peak share_of_peak by_messages by_length threads_seen".split()
    ) == set(found)
    assert found["threads_seen"] == [1, 60, 2] and found["machine"]["threads"] == 1 and found["corpus"] == "sample"
    names = {"ours", "character SVM", "word SVM", "original"}
    assert found["median"]["training"].keys() == found["median"]["single"].keys() == names == {*found["median"]["batch"], "original"}
    assert all(value > 0 for table in (*found["median"].values(), found["ratios"]) for value in table.values())
    assert [row["messages"] for row in found["by_messages"]] == [20, 40] and [row["tokens"] for row in found["by_length"]] == [3, 6]
    assert original.calls == 2 == len(found["seconds"]["training"]["ours"]) and len(found["seconds"]["single"]["original"]) == 3
    assert found["settings"]["original_share"] == 0.25 and found["settings"]["epochs_run"] == 1
    assert found["share_of_peak"] == found["tokens_per_second"] * found["operations_per_token"] / found["matrix_peak"] > 0
    with tempfile.TemporaryDirectory() as folder:
        plot = write_benchmark(found, Path(folder) / "deep" / "benchmark.json")
        assert json.loads(plot.with_suffix(".json").read_text(encoding="utf-8")) == found and plot.stat().st_size > 1000


def test_a_share_of_the_original_stands_for_all_of_it():
    rivals = Rivals(SpamClassifier(epochs=1, hidden_size=4, embedding_size=4), _AlwaysHam(), read_corpus("sample"), torch.device("cpu"), 1)
    kept = Rivals.training.__globals__["interleaved_timing"]
    Rivals.training.__globals__["interleaved_timing"] = lambda work, *given, **named: {name: [2.0] for name in work}
    try:
        seconds, fitted = rivals.training()
    finally:
        Rivals.training.__globals__["interleaved_timing"] = kept
    assert seconds["original"] == [8.0] and seconds["ours"] == [2.0] and list(fitted) == ["ours", "character SVM", "word SVM"]


def test_ratios_by_hand():
    middle = {
        "training": {"original": 30.0, "ours": 3.0}, "batch": {"character SVM": 8.0, "ours": 2.0},
        "single": {"original": 0.5, "ours": 0.1, "character SVM": 0.4},
    }  # fmt: skip
    assert list(ratios(middle, 100).values()) == [10.0, 4.0, 25.0, 0.25]


def test_growth_is_of_the_sizes_that_were_asked_for():
    sample = load_corpus("sample")
    small = SpamClassifier(epochs=1, hidden_size=8, embedding_size=8, random_state=0).fit(sample.text, sample.label)
    asked = []

    class Watched(SpamClassifier):
        def predict(self, X):
            asked.append(X)
            return super().predict(X)

    watched = Watched(**small.get_params())
    watched.trained_ = small.trained_
    rows = growth_with_messages(watched, sample.text.tolist(), (3, 5), repeats=2)
    assert [len(texts) for texts in asked] == [3, 5] * 3 and [len(row["seconds"]) for row in rows] == [2, 2]
    asked.clear()
    rows = growth_with_length(watched, (4, 8), total=16, repeats=1)
    assert [(len(texts), len(texts[0].split())) for texts in asked[:4]] == [(4, 4), (2, 8)] * 2
    assert [len(texts) for texts in asked[4:]] == [1, 1] * 5 and [len(row["single"]) for row in rows] == [4, 4]
    assert all(word in small.vocabulary_ for word in asked[0][0].split())
