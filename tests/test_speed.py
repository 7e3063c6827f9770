"""Exported from nbs/13_speed.ipynb and nbs/proofs/13_speed.ipynb: change it there, then export."""

import json
import tempfile
from pathlib import Path

import numpy as np

from spam_rnn.authoring.testing import needs_cuda
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus
from spam_rnn.lab.benchmark import write_benchmark
from spam_rnn.speed import TimedOriginal, measure_speed, parts_of, scoring_ways, training_ways


import json
import warnings

import numpy as np

from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus

warnings.filterwarnings("ignore", message=".*(luck decides|is caught)")  # few messages are meant here


def test_all_ways_give_the_same_answers():
    predictor = SpamClassifier.pretrained("cpu").predictor_
    answers = [way() for way in scoring_ways(predictor, load_corpus("sample").text.tolist()[:300]).values()]
    for answer in answers:
        np.testing.assert_allclose(answer, answers[0], rtol=0, atol=1e-4)


def test_an_idea_that_is_taken_away_changes_one_thing():
    sample = load_corpus("sample").head(300)
    tiny = SpamClassifier(hidden_size=8, embedding_size=8, device="cpu")
    trained = {n: way() for n, way in training_ways(tiny, sample.text.tolist(), sample.label.tolist()).items()}
    loss = {name: float(one.history_.train_loss.iloc[0]) for name, one in trained.items()}
    assert abs(loss["as it is"] - loss["optimizer, one tensor after the other"]) < 1e-3
    assert loss["as it is"] != loss["batches as they come"]


def test_the_benchmark_has_its_numbers():
    tiny = SpamClassifier(epochs=1, hidden_size=8, embedding_size=8)
    options = {"repeats": 1, "batch": 60, "singles": 3, "sizes": (20, 40), "lengths": (3, 6), "original_steps": 2}
    found = measure_speed("sample", "cpu", classifier=tiny, parts=parts_of((1,), compiler=False), **options)
    found = json.loads(json.dumps(found))  # nothing in it that JSON does not know
    wanted = (
        "schema_version corpus sha256 command versions machine settings seconds median ratios tokens_per_second operations_per_token "
        "matrix_peak share_of_peak stages scoring_ways training_ways threads compiler by_messages by_length"
    )
    assert set(wanted.split()) == set(found)
    assert found["machine"]["threads"] == 1 and found["corpus"] == "sample" and 0 < found["settings"]["original_share"] < 1
    names = {"ours", "character SVM", "word SVM", "original"}
    assert found["median"]["training"].keys() == found["median"]["single"].keys() == names
    for part in ("stages", "scoring_ways", "training_ways", "threads", "ratios"):
        assert found[part] and all(value > 0 for value in found[part].values())
    assert [row["messages"] for row in found["by_messages"]] == [20, 40]
    assert [row["tokens"] for row in found["by_length"]] == [3, 6]
    with tempfile.TemporaryDirectory() as folder:
        plot = write_benchmark(found, Path(folder) / "deep" / "benchmark.json")
        assert json.loads(plot.with_suffix(".json").read_text(encoding="utf-8")) == found and plot.stat().st_size > 1000


def test_a_share_of_the_original_is_that_share():
    some, other = TimedOriginal("sample", 5), TimedOriginal("sample", 10)
    assert abs(other.share - 2 * some.share) < 1e-12
    some.fit()
    assert some.predict(["win a prize", "see you"]).shape == (2,)


@needs_cuda
def test_gpu_answers_as_the_cpu_does():
    texts = load_corpus("sample").text.tolist()[:300]
    answers = [SpamClassifier.pretrained(device).spam_probability(texts) for device in ("cpu", "cuda")]
    np.testing.assert_allclose(*answers, rtol=0, atol=1e-2)
