"""Exported from nbs/12_command_line.ipynb: change it there, then export."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import pandas as pd

from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus

from spam_rnn.cli import main


KEYS = set(
    "schema_version corpus sha256 rows_read rows_kept rows_rejected sizes seed device threshold pos_label recipe versions interval_level valid test".split()
)
SCORE_KEYS = set("accuracy precision recall f1 mcc spam_caught blocked_ham pr_auc tn fp fn tp interval".split())


def _run(*arguments, fails=False):
    "Run the program as a user does, in a process of its own."
    done = subprocess.run(
        [sys.executable, "-c", "from spam_rnn.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "SPAM_RNN_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"},
    )
    assert (done.returncode != 0) == fails, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr if fails else done.stdout


def _own_file(folder):
    "A hundred and twenty messages of the sample, under other labels, with a broken row."
    sample = load_corpus("sample")
    few = pd.concat([sample[sample.label == "ham"].head(90), sample[sample.label == "spam"].head(30)])
    path = Path(folder) / "own.csv"
    rows = few.assign(label=few.label.map({"ham": "fine", "spam": "junk"}))[["label", "text"]]
    path.write_text(rows.to_csv(index=False, lineterminator="\n") + "neither,some text\n", encoding="utf-8")
    return path


def test_report_on_a_file_of_ones_own():
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        printed = _run(
            "report", "--corpus", _own_file(folder), "--pos-label", "junk", "--out", out, "--seed", 3, "--device", "cpu"
        )
        assert "121 rows read, 120 kept, 1 rejected" in printed and str(out.resolve()) in printed
        found = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
        assert KEYS <= found.keys() and SCORE_KEYS == found["valid"].keys() == found["test"].keys()
        assert found["rows_read"] == found["rows_kept"] + found["rows_rejected"] == 121
        assert (
            sum(found["sizes"].values()) == found["rows_kept"] and found["seed"] == 3 and found["pos_label"] == "junk"
        )
        assert sum(found["test"][k] for k in ("tn", "fp", "fn", "tp")) == found["sizes"]["test"]
        page = (out / "index.html").read_text(encoding="utf-8")
        assert page.count('<img src="data:image/png;base64,') == len(list(out.glob("*.png"))) == 5
        assert "http" not in page.replace("http-equiv", "")  # self-contained
        for text in load_corpus("sample").text[load_corpus("sample").text.str.len() > 30].head(50):
            assert text not in page
        answer = _run("predict", "--model", out / "model", "You won! Call 08081570000 now", "see you")
        assert [line.split("\t")[0] in ("fine", "junk") for line in answer.splitlines()] == [True, True]
        assert "MCC" in _run("evaluate", "--model", out / "model", "--corpus", _own_file(folder), "--pos-label", "junk")


def test_train_then_test_one_on_the_sample():
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        assert "validation" in _run("train", "--corpus", "sample", "--out", model, "--device", "cpu")
        first, again = (_run("test-one", "--model", model, "--corpus", "sample", "--pick", 5) for _ in range(2))
        assert first == again and "label: " in first and "answer: " in first


def test_errors_are_one_sentence():
    with tempfile.TemporaryDirectory() as folder:
        for arguments, word in (
            (("report", "--corpus", Path(folder) / "none.csv"), "none.csv does not exist"),
            (("predict", "--model", folder, "hello"), "classifier.json"),
            (("report", "--corpus", "sample", "--device", "abacus"), "abacus"),
        ):
            error = _run(*arguments, fails=True)
            assert word in error and len(error.strip().splitlines()) == 1, error


def _main(*arguments):
    "Run the program in this process; its exit status and what it tells people."
    told = io.StringIO()
    with mock.patch.object(sys, "argv", ["spam-rnn", *map(str, arguments)]), contextlib.redirect_stderr(told):
        try:
            main()
        except SystemExit as end:
            return end.code or 0, told.getvalue()


def test_predict_takes_a_file_or_standard_input():
    messages = ["see you at home", "win a prize, call 08081570000"] * 20
    with tempfile.TemporaryDirectory() as folder:
        model, source, target = (Path(folder) / name for name in ("model", "in.csv", "out.jsonl"))
        small = SpamClassifier(embedding_size=8, hidden_size=8, epochs=2, random_state=0, device="cpu")
        small.fit(messages, ["ham", "spam"] * 20).save(model)
        source.write_text('id,note\n007,"win, ""you"" "\n008,\n', encoding="utf-8")
        status, told = _main(
            "predict", "--model", model, "--input", source, "--output", target, "--text-column", "note"
        )
        assert status == 0 and "2 rows read, 1 scored" in told and "1 × the text is missing (row 3)" in told, told
        rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
        assert [*rows[0]] == ["id", "note", "spam_probability", "label"] and rows[0]["id"] == "007"
        assert rows[0]["spam_probability"] == small.predict_proba(['win, "you" '])[0, 1] and rows[1]["label"] is None
        done = subprocess.run(
            [sys.executable, "-c", "from spam_rnn.cli import main; main()", "predict", "--model", model, "--input", "-"],
            input="see you\n\nwin ñ\n".encode(), capture_output=True, check=True,
        )  # fmt: skip
        lines = done.stdout.decode("utf-8").splitlines()
        assert lines[0] == "text,spam_probability,label" and lines[2] == ",," and lines[3].startswith("win ñ,0.")
        assert "3 rows read, 2 scored" in done.stderr.decode("utf-8")
        for arguments, word in (
            ((), "give either"),
            (("hello", "--input", source), "give either"),
            (("hello", "--output", target), "belong to a file"),
            (("--input", Path(folder) / "none.csv"), "none.csv does not exist"),
            (("--input", source), "--text-column"),
            (("--input", source, "--text-column", "note", "--output", Path(folder) / "out.xls"), "out.xls"),
        ):
            status, told = _main("predict", "--model", model, *arguments)
            assert status == 1 and word in told and len(told.strip().splitlines()) == 1, told
