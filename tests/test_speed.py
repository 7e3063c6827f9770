"""Exported from nbs/14_speed.ipynb: change it there, then export."""

import json
import tempfile
from pathlib import Path

import numpy as np
import torch

from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus
from spam_rnn.exporting import needs_cuda

from spam_rnn.speed import (
    benchmark,
    matrix_peak,
    operations_per_token,
    plot_benchmark,
    scoring_ways,
    take_turns,
    training_ways,
    write_benchmark,
)


def test_turns_alternate_and_the_first_does_not_count():
    log = []
    seconds = take_turns({"a": lambda: log.append("a"), "b": lambda: log.append("b")}, repeats=2)
    assert log == ["a", "b"] * 3 and [len(s) for s in seconds.values()] == [2, 2]
    log.clear()
    assert len(take_turns({"a": lambda: log.append("a")}, repeats=2, warm_up=False)["a"]) == len(log) == 2


def test_work_of_a_token_is_two_operations_for_each_weight():
    lstm = torch.nn.LSTM(3, 5, bidirectional=True)
    assert operations_per_token(lstm) == 2 * 2 * 4 * 5 * (3 + 5)
    assert matrix_peak(torch.device("cpu"), sizes=(16,), repeats=1) > 0


def _small():
    messages = load_corpus("sample").head(300)
    classifier = SpamClassifier(epochs=1, hidden_size=8, embedding_size=8, device="cpu")
    return classifier.fit(messages.text.tolist(), messages.label.tolist()), messages


def test_all_ways_give_the_same_answers():
    classifier, messages = _small()
    answers = [way() for way in scoring_ways(classifier, messages.text.tolist()).values()]
    for answer in answers:
        np.testing.assert_allclose(answer, answers[0], rtol=0, atol=1e-5)


def test_taking_turns_in_training_changes_one_thing():
    classifier, messages = _small()
    trained = {name: way() for name, way in training_ways(classifier, messages.text.tolist(), messages.label.tolist()).items()}
    losses = {name: float(one.history_.train_loss.iloc[0]) for name, one in trained.items()}
    assert abs(losses["as it is"] - losses["optimiser, one tensor after the other"]) < 1e-3
    assert losses["as it is"] != losses["batches as they come"]  # other batches


def test_benchmark_has_its_figures():
    tiny = SpamClassifier(epochs=1, hidden_size=8, embedding_size=8)
    found = benchmark(
        "sample", "cpu", classifier=tiny, repeats=1, batch=60, singles=3, threads=(1,), sizes=(20, 40), lengths=(3, 6),
        original_steps=2, compiler=False,
    )
    found = json.loads(json.dumps(found))  # nothing in it that JSON does not know
    assert set(
        "schema_version corpus sha256 command versions machine settings seconds median ratios tokens_per_second operations_per_token "
        "matrix_peak share_of_peak stages scoring_ways training_ways threads compiler by_messages by_length".split()
    ) == set(found)
    assert found["machine"]["threads"] == 1 and found["corpus"] == "sample" and 0 < found["settings"]["original_share"] < 1
    names = {"ours", "character SVM", "word SVM", "original"}
    assert found["median"]["training"].keys() == found["median"]["single"].keys() == names
    for table in (*found["median"].values(), *(found[k] for k in ("ratios", "stages", "scoring_ways", "training_ways", "threads"))):
        assert all(value > 0 for value in table.values())
    assert [row["messages"] for row in found["by_messages"]] == [20, 40]
    assert [row["tokens"] for row in found["by_length"]] == [3, 6]
    assert min(row["seconds"][0] for row in found["by_messages"] + found["by_length"]) > 0
    assert found["seconds"]["training"]["original"][0] > 0 and found["share_of_peak"] > 0
    assert len(plot_benchmark(found).axes) == 4
    with tempfile.TemporaryDirectory() as folder:
        plot = write_benchmark(found, Path(folder) / "deep" / "benchmark.json")
        assert json.loads(plot.with_suffix(".json").read_text(encoding="utf-8")) == found and plot.stat().st_size > 1000


@needs_cuda
def test_gpu_answers_as_the_cpu_does():
    classifier, messages = _small()
    texts = messages.text.tolist()
    on_cpu = classifier.predict_proba(texts)
    with tempfile.TemporaryDirectory() as folder:
        on_gpu = SpamClassifier.load(classifier.save(Path(folder)), "cuda").predict_proba(texts)
    np.testing.assert_allclose(on_gpu, on_cpu, rtol=0, atol=1e-5)
