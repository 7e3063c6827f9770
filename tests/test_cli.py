"""Exported from nbs/12_command_line.ipynb: change it there, then export."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from spam_rnn.corpus import load_corpus



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


_FAULTY = """
import errno, os, signal, sys
from spam_rnn import cli, corpus, training

fault, epoch, written = sys.argv.pop(1), 0, training.write_atomically

def fail(path, content):
    global epoch
    epoch += 1
    if epoch == 2 and fault == "killed":
        os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    if epoch == 2 and fault == "Ctrl-C":
        raise KeyboardInterrupt
    written(path, content)

def full(descriptor):
    raise OSError(errno.ENOSPC, "No space left on device")

def locked(*names):
    raise OSError(errno.EROFS, "Read-only file system")

training.write_atomically = fail
if fault == "disk full":
    os.fsync = full
if fault == "read-only":
    os.mkdir = os.replace = locked
if fault == "nan":
    training.binary_cross_entropy_with_logits = lambda *a, **k: real(*a, **k) * float("nan")
    real = __import__("torch").nn.functional.binary_cross_entropy_with_logits
cli.main()
"""


def _run_faulty(fault, *arguments):
    return subprocess.run(
        [sys.executable, "-c", _FAULTY, fault, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "SPAM_RNN_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"},
    )


def test_a_killed_training_resumes_to_the_same_bits():
    with tempfile.TemporaryDirectory() as folder:
        own, whole, killed = (Path(folder) / name for name in ("own.csv", "whole", "killed"))
        options = ("--corpus", _own_file(folder), "--pos-label", "junk", "--seed", 3, "--device", "cpu")
        assert own.exists()
        _run("train", *options, "--out", whole)
        assert _run_faulty("killed", "train", *options, "--out", killed).returncode not in (0, 1)
        assert [path.name for path in killed.iterdir()] == ["checkpoint.safetensors"]
        other = ("--corpus", own, "--pos-label", "junk", "--seed", 4, "--device", "cpu")
        assert "random_state was 3" in _run("train", *other, "--out", killed, "--resume", fails=True)
        _run("train", *options, "--out", killed, "--resume")
        names = sorted(path.name for path in whole.iterdir())
        assert names == sorted(path.name for path in killed.iterdir())  # the weights' name is their fingerprint
        assert names[0] == "classifier.json" and names[1].startswith("weights-")


def test_what_stops_a_training_is_told_in_one_line():
    with tempfile.TemporaryDirectory() as folder:
        options = ("train", "--corpus", _own_file(folder), "--pos-label", "junk", "--device", "cpu", "--out")
        for fault, status, words in (
            ("Ctrl-C", 130, ["stopped", "--resume"]),
            ("disk full", 1, ["No space left", "checkpoint.safetensors", "untouched"]),
            ("read-only", 1, ["Read-only", "checkpoint.safetensors"]),
            ("nan", 1, ["loss became nan", "learning rate"]),
        ):
            out = Path(folder) / fault
            done = _run_faulty(fault, *options, out)
            line = done.stderr.replace("\r", "\n").strip().split("\n")[-1]
            assert done.returncode == status and line.startswith("spam-rnn: "), (fault, done.stderr)
            assert all(word in line for word in words) and "Traceback" not in done.stderr, (fault, done.stderr)
            left = [path.name for path in out.iterdir()] if out.exists() else []
            assert left == (["checkpoint.safetensors"] if fault == "Ctrl-C" else []), (fault, left)
