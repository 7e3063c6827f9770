"""Exported from nbs/behind/authoring_minutes.ipynb: change it there, then export."""

import json
import tempfile
from pathlib import Path

import spam_rnn
from spam_rnn.authoring.minutes import (
    Measured,
    PATIENCE,
    grown_slow,
    measure_notebooks,
    read_minutes,
    reading_minutes,
    stated_minutes,
    to_be_measured,
)
from spam_rnn.authoring.notebooks import code_cell, write_notebook
from spam_rnn.authoring.testing import raises, skip_if


def test_what_must_be_read_is_counted_and_nothing_else():
    def minutes(*cells):
        with tempfile.TemporaryDirectory() as folder:
            return reading_minutes(write_notebook(Path(folder) / "01_a.ipynb", cells))

    def words(text):
        return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}

    assert minutes(words("one " * 400 + "– · [two](a-long/link.ipynb)")) == 401 / 200
    assert minutes("x = 1\n\n" * 20, "#| export\ny = 2\n" * 1) == 21 / 10
    assert minutes(words("```\nspam-rnn report\nspam-rnn play\n```")) == 2 / 10
    folded = code_cell("x = 1\n" * 50, metadata={"jupyter": {"source_hidden": True}})
    assert minutes(folded, "#| exporttest\nx = 1", "#| default_exp a") == 0


def test_chapters_and_sheets_are_measured_and_kept_one_by_one():
    ran = []

    def run(path, folder):
        if len(ran) == 2:
            raise RuntimeError("a cell failed")
        ran.append((path.name, folder == path.parent))
        return Measured(10.0, 4.0, 0.1)

    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder), Path(folder) / "results" / "minutes.json"
        for name in ("01_a", "02_b", "03_c", "index", "behind/d", "proofs/01_a"):
            write_notebook(root / "nbs" / f"{name}.ipynb", ["1"])
        raises(RuntimeError, measure_notebooks, root, out, run=run)
        assert ran == [("01_a.ipynb", True), ("02_b.ipynb", True)] and [*read_minutes(out)] == ["01_a", "02_b"]
        measure_notebooks(root, out, ("02_b",), lambda path, folder: Measured(7.0, 0.0, 0.0))
        assert [one.seconds for one in read_minutes(out).values()] == [4.0, 7.0]  # the less of both, if both are known
        for damage in ("", "[]", "{}", '{"seconds": {"a": {"wall": 1}}}'):
            out.write_text(damage, encoding="utf-8")
            assert "measure again" in str(raises(ValueError, read_minutes, out)), damage


def test_what_has_grown_slow_is_named():
    def times(seconds):
        return {name: Measured(one, 0.0, 0.0) for name, one in zip("abcd", seconds)}

    assert grown_slow(times([89, 91, 300, 400]), times([1, 80, 151, 199])) == ["d: 400 s, and 199 s are kept"]
    assert grown_slow({"new": Measured(500, 0, 0)}, {}) == []


def test_a_head_says_its_minutes_in_words():
    def head(text):
        words = {"cell_type": "markdown", "metadata": {}, "source": [text]}
        with tempfile.TemporaryDirectory() as folder:
            return stated_minutes(write_notebook(Path(folder) / "01_a.ipynb", [words]))

    cases = {
        "About 10 seconds to run.": 1 / 6, "takes about half a minute to run": 0.5, "About 1 minute to run": 1.0,
        "It takes about a minute and a half to run.": 1.5, "takes about a minute to run": 1.0, "Half a Minute to run": 0.5,
        "five minutes of doubt": None, "A minute of silence.\nAbout 20 seconds to run": 1 / 3,
    }  # fmt: skip
    assert {text: head(text) for text in cases} == cases


ROOT = Path(spam_rnn.__file__).parent.parent


def needs_notebooks(test):
    return skip_if(test, lambda: None if (ROOT / "nbs" / "index.ipynb").is_file() else "no notebooks beside the package")


@needs_notebooks
def test_all_are_measured_and_heads_promise_neither_less_nor_much_more():
    kept, paths = read_minutes(ROOT / "results" / "minutes.json"), to_be_measured(ROOT)
    chapters = [path for path in paths if path.parent.name == "nbs"]
    assert len(chapters) == len(list((ROOT / "nbs").glob("[0-9]*.ipynb"))) > 0
    missing = {path.stem if path in chapters else f"exercises/{path.stem}" for path in paths} - kept.keys()
    assert not missing, f"measure_notebooks('.', 'results/minutes.json', {(*sorted(missing),)})"
    for path in chapters:
        stated, seconds = stated_minutes(path), kept[path.stem].seconds
        assert stated is not None and seconds <= 60 * stated <= 6 * max(seconds, 5), f"{path.stem} says {stated} minutes and ran for {seconds} s"
    assert all(one.seconds <= PATIENCE for one in kept.values())
