"""Exported from nbs/behind/classroom.ipynb: change it there, then export."""


import contextlib
import io
import tempfile
from pathlib import Path
from unittest.mock import patch

import pandas as pd

from spam_rnn import doctor, referee
from spam_rnn.cli import main
from spam_rnn.corpus import load_corpus
from spam_rnn.split import split_corpus


def _run(*arguments):
    "Exit status, and what is printed."
    with patch("sys.argv", ["spam-rnn", *map(str, arguments)]), contextlib.redirect_stdout(io.StringIO()) as out:
        with contextlib.redirect_stderr(io.StringIO()) as error:
            try:
                main()
                status = 0
            except SystemExit as end:
                status = end.code or 0
    return status, out.getvalue(), error.getvalue()


def test_referee_prints_scores_and_says_by_its_status_that_an_answer_is_missing():
    sample = load_corpus("sample")
    test = split_corpus(sample).test
    judge = referee.judge_hand_in
    with tempfile.TemporaryDirectory() as folder, patch("spam_rnn.referee.judge_hand_in", lambda *given: judge(*given, resamples=20)):
        whole, part, mine, train = (Path(folder) / f"{name}.csv" for name in ("whole", "part", "mine", "train"))
        answers = pd.DataFrame({"row": test.index, "prediction": test.label})
        answers.to_csv(whole, index=False)
        answers[1:].to_csv(part, index=False)
        status, out, _ = _run("referee", whole, "--corpus", "sample")
        assert status == 0 and f"{len(test)} rows, known by their row" in out and "judged by sample" in out
        assert "MCC" in out and "  missing rows: Each of the" in out and "! some mistakes: All" in out
        status, out, error = _run("referee", part, "--corpus", "sample")
        assert status == 3 and "! missing rows: 1 row of" in out and "exit status 3" in error
        assert _run("referee", whole, "--corpus", "sample", "--seed", "7")[0] == 3  # the test part is another one
        sample[100:].replace({"label": {"spam": "junk"}}).to_csv(train, index=False)
        sample[:100].assign(said=sample.label[:100], chance=0.5)[["text", "said", "chance"]].to_csv(mine, index=False)
        status, out, _ = _run("referee", mine, "--corpus", "sample", "--train", train, "--label-column", "said")
        assert status == 0 and "without near-copies:" in out and "column 'said'" in out and "Each of the 100 messages" in out
        status, out, _ = _run("referee", mine, "--corpus", "sample", "--train", train, "--probability-column", "chance", "--threshold", "0.6")
        assert status == 0 and "linear machine" in out and "cannot be compared" in out
        status, _, error = _run("referee", Path(folder) / "none.csv", "--corpus", "sample")
        assert status == 1 and "none.csv" in error


def test_doctor_says_its_verdict_and_asks_again_as_the_record_was_made():
    record = doctor.read_record()
    same = doctor.Trained(record["steps"], record["probability"], record["seeds"][str(record["seed"])])
    other = doctor.Trained(same.steps | {"weights": "other"}, same.probability, same.scores)
    worse = doctor.Trained(other.steps, other.probability, same.scores | {"log_loss": 9.0})
    asked = []

    def train(results):
        left = iter(results)
        return patch("spam_rnn.doctor.train_reference", lambda *given: asked.append(given) or next(left))

    with train([same]):
        status, out, _ = _run("doctor", "--device", "cpu")
        assert status == 0 and out.startswith("The same bits") and asked.pop() == (record["seed"], "cpu", 1)
    with train([other, same]):
        status, out, _ = _run("doctor", "--device", "cpu", "--threads", "2")
        assert status == 0 and out.startswith("Within") and "device or threads make the difference" in out
        assert asked == [(record["seed"], "cpu", 2), (record["seed"], "cpu", 1)]
    with train([other, other]):
        assert "not the reason" in _run("doctor", "--device", "cpu", "--threads", "0")[1] and asked[-2][2] is None
    with train([worse]):
        status, out, _ = _run("doctor", "--device", "cpu")
        assert status == 3 and out.startswith("Beyond")
    assert _run("doctor", "--device", "abacus")[0] == 1
