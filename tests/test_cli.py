"""Exported from nbs/proofs/cli.ipynb: change it there, then export."""

import contextlib
import errno
import io
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import pandas as pd

from spam_rnn.classifier import SpamClassifier
from spam_rnn.cli import main
from spam_rnn.corpus import load_corpus


KEYS = set(
    "schema_version corpus sha256 rows_read rows_kept rows_rejected sizes seed device threshold pos_label recipe versions interval_level valid test".split()
)
SCORE_KEYS = set("accuracy precision f1 mcc spam_caught blocked_ham pr_auc tn fp fn tp interval".split())


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
        assert "| | validation | test |" in (out / "model" / "model_card.md").read_text(encoding="utf-8")
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


def test_predict_needs_no_model_and_no_corpus():
    with tempfile.TemporaryDirectory() as empty:
        before = {name: os.environ.get(name) for name in ("SPAM_RNN_DATA", "XDG_CACHE_HOME")}
        os.environ.update({name: empty for name in before})
        try:
            printed = _run("predict", "--explain", "WIN a holiday!!! Text SUN to 80081 now")
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                os.environ.update({name: value} if value is not None else {})
    first, *table = printed.splitlines()
    assert first.split("\t")[0] == "spam" and len(table) == 10 and "SUN" in table[6]


_KILLED = """
import os, signal
from spam_rnn import cli
from spam_rnn.storage import checkpoints

epochs, write = [], checkpoints.write_atomically

def write_and_die(path, content):
    epochs.append(path)
    if len(epochs) == 3:
        os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    write(path, content)

checkpoints.write_atomically = write_and_die
cli.main()
"""


def _main_quietly(*arguments):
    "Run the program in this process, so that a test can break things under it; its exit status and what it says to stderr."
    before, said = sys.argv, io.StringIO()
    sys.argv = ["spam-rnn", *map(str, arguments)]
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            main()
    except SystemExit as end:
        return end.code, said.getvalue()
    finally:
        sys.argv = before
    return 0, said.getvalue()


def test_a_killed_training_resumes_to_the_same_bits():
    with tempfile.TemporaryDirectory() as folder:
        own, whole, killed = _own_file(folder), Path(folder) / "whole", Path(folder) / "killed"
        options = ["train", "--corpus", own, "--pos-label", "junk", "--device", "cpu", "--seed", 3, "--out"]
        assert _main_quietly(*options, whole)[0] == 0
        command = [sys.executable, "-c", _KILLED, *map(str, options), str(killed)]
        assert subprocess.run(command, capture_output=True).returncode not in (0, 1, 2)
        assert [path.name for path in killed.iterdir()] == ["checkpoint.safetensors"]
        status, words = _main_quietly(*options, killed, "--resume", "--seed", 4)
        assert status == 1 and "random_state was 3" in words and str(killed) in words
        assert _main_quietly(*options, killed, "--resume")[0] == 0
        names = sorted(path.name for path in whole.iterdir())
        assert names == sorted(path.name for path in killed.iterdir())  # the weights' name is their fingerprint
        assert len(names) == 3 and names[2].startswith("weights-")


def test_without_resume_a_training_starts_at_the_beginning():
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        options = ["train", "--corpus", _own_file(folder), "--pos-label", "junk", "--device", "cpu", "--out", out]
        out.mkdir()
        (out / "checkpoint.safetensors").write_bytes(b"of another training")
        assert "not a checkpoint" in _main_quietly(*options, "--resume")[1]
        assert _main_quietly(*options)[0] == 0
        first = sorted(path.name for path in out.iterdir())
        status, words = _main_quietly(*options, "--resume")
        assert status == 0 and "starts at the beginning" in words
        assert sorted(path.name for path in out.iterdir()) == first


def test_what_stops_a_training_is_told_in_one_line():
    full, locked = OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EROFS, "Read-only file system")
    faults = (
        ("spam_rnn.training.matthews_corrcoef", KeyboardInterrupt, 130, ["stopped", "--resume"]),  # Ctrl-C
        ("os.fsync", full, 1, ["No space left", "checkpoint.safetensors", "not written"]),
        ("os.mkdir", locked, 1, ["Read-only", "checkpoint.safetensors", "not written"]),
        ("os.replace", locked, 1, ["Read-only", "checkpoint.safetensors", "not written"]),
        ("spam_rnn.training.binary_cross_entropy_with_logits", None, 1, ["loss became nan", "learning rate"]),
    )
    with tempfile.TemporaryDirectory() as folder:
        own = _own_file(folder)
        for case, (place, error, expected, words) in enumerate(faults):
            out = Path(folder) / str(case)
            with mock.patch(place, side_effect=error or (lambda logits, *_, **__: logits * math.nan)):
                status, said = _main_quietly("train", "--corpus", own, "--pos-label", "junk", "--device", "cpu", "--out", out)
            last = said.replace("\r", "\n").strip().split("\n")[-1]
            assert status == expected and last.startswith("spam-rnn: "), (place, status, said)
            assert all(word in last for word in words), (place, last)
            assert not out.exists() or not any(out.iterdir()), place
