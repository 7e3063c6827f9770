"""Exported from nbs/12_command_line.ipynb: change it there, then export."""

import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
from rich.cells import cell_len
from rich.console import Console

from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus

from spam_rnn.cli import print_explanation


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


def _printed(text, width=80, encoding="utf-8", model=None):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=stream, width=width, highlight=False)
    print_explanation((model or SpamClassifier.pretrained("cpu")).explain(text), console)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def test_an_explanation_fits_a_terminal():
    nasty = "FREE!!! [red]x\x1b[2J[/red] &amp; 日本語 " + "verylongword" * 9
    for encoding in ("utf-8", "ascii", "cp1252"):
        printed = _printed(nasty, encoding=encoding)
        lines = printed.splitlines()
        assert len(lines) == 1 + len(SpamClassifier.pretrained("cpu").explain(nasty))
        assert all(cell_len(line) <= 80 for line in lines) and "\x1b" not in printed
        assert lines[1].startswith("FREE ") and " free " in lines[1] and "<unk>" in printed and "[" in printed
    bars = {line.split()[0]: line for line in _printed("win later").splitlines()[1:]}
    assert "│█" in bars["win"] and "█│" in bars["later"] and "+" in bars["win"] and "-" in bars["later"]
    short = SpamClassifier.pretrained("cpu").set_params(max_length=2)
    assert "3 more tokens" in _printed("win a prize now !", model=short)
    assert len(_printed("").splitlines()) == 1


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
