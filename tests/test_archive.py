"""Exported from nbs/behind/archive.ipynb: change it there, then export."""

import contextlib
import importlib.util
import io
import json
import os
import runpy
import sys
import tempfile
import zipfile
from pathlib import Path
from unittest.mock import patch

import spam_rnn
from spam_rnn.archive import Wish, _START, collect_wheels, readme, write_archive
from spam_rnn.authoring.testing import raises, skip_if
from spam_rnn.exercises.sheets import read_sheet, solved_sheets


def needs_pip_and_setuptools(test):
    missing = [name for name in ("pip", "setuptools", "wheel") if importlib.util.find_spec(name) is None]
    return skip_if(test, lambda: f"{' and '.join(missing)} not installed" if missing else None)


def _wheel(folder, name, requires=()):
    "The wheel of a library that holds nothing."
    folder.mkdir(parents=True, exist_ok=True)
    about = f"{name}-1.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{needs}")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


@needs_pip_and_setuptools
def test_wheels_that_lie_in_a_folder_need_no_network_and_what_is_missing_is_named():
    setup = "from setuptools import setup\nsetup(name='spam_rnn', version='1', packages=['spam_rnn'], extras_require={'course': ['leaf-a']})\n"
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    with tempfile.TemporaryDirectory() as name, patch.dict(os.environ, offline), contextlib.redirect_stderr(io.StringIO()):
        root, given = Path(name) / "root", Path(name) / "given"
        (root / "spam_rnn").mkdir(parents=True)
        for file, text in (("setup.py", setup), ("settings.ini", ""), ("README.md", ""), ("constraints.txt", "leaf-b==1\n"), ("spam_rnn/__init__.py", "")):
            (root / file).write_text(text, encoding="utf-8")
        _wheel(given, "leaf_a", ["leaf-b"])
        error = str(raises(ValueError, collect_wheels, root, Path(name) / "some" / "wheels", given))
        assert "leaf-b" in error and "--wheels" in error and "PIP_EXTRA_INDEX_URL" in error
        _wheel(given, "leaf_b")
        found = collect_wheels(root, Path(name) / "all" / "wheels", given)
        assert [path.name.split("-")[0] for path in found] == ["leaf_a", "leaf_b", "spam_rnn"]
        assert sorted(path.name for path in root.iterdir()) == ["README.md", "constraints.txt", "settings.ini", "setup.py", "spam_rnn"]


ROOT = Path(spam_rnn.__file__).parent.parent


def needs_notebooks(test):
    return skip_if(test, lambda: None if (ROOT / "nbs" / "index.ipynb").is_file() else "no notebooks beside the package")


@contextlib.contextmanager
def small(fails=None):
    "Book and wheels of one file each, quickly; `fails` is raised in place of the book."

    def book(out, root, solved):
        if fails:
            raise fails
        (out / "html" / "_static").mkdir(parents=True)
        (out / "html" / "_static" / "page.js").write_bytes(b"js")
        (out / "html" / "index.html").write_bytes(b"the book, solved" if solved else b"the book")
        return out / "html" / "index.html"

    def collect(root, target, given, extras):
        asked.append((given, extras))
        _wheel(target, "leaf")
        return list(target.glob("*.whl"))

    asked = []
    found = {"collect_wheels": collect, "_is_there": lambda library: True, "_corpus": lambda: Path(spam_rnn.__file__)}  # any file
    with (
        patch.dict(write_archive.__globals__, found), patch("spam_rnn.authoring.book.build_book", book),
        contextlib.redirect_stderr(io.StringIO()),
    ):  # fmt: skip
        yield asked


def _read(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name.removeprefix("spam_rnn_course/"): archive.read(name) for name in archive.namelist()}


@needs_notebooks
def test_a_student_s_archive_holds_what_a_class_needs_and_no_solution():
    with tempfile.TemporaryDirectory() as name, small() as asked:
        path = Path(name) / "new" / "course.zip"
        sizes = write_archive(path, Wish())
        held = _read(path)
        assert {part: sizes[part][0] for part in ("wheels", "book", "data")} == {"wheels": 1, "book": 2, "data": 2} and asked == [(None, "course")]
    chapters = {path.name for path in (ROOT / "nbs").glob("*.ipynb")}
    assert held["book/index.html"] == b"the book"  # without solutions
    assert {f"nbs/{name}" for name in chapters} | {"book/index.html", "book/_static/page.js", "wheels/leaf-1-py3-none-any.whl", "LICENSE"} <= held.keys()
    assert {f"results/{path.name}" for path in (ROOT / "results").glob("*.jsonl")} <= held.keys()
    assert not [name for name in held if name.startswith(("teacher/", "nbs/proofs", "tests")) or name.endswith(".lock") or ".ipynb_checkpoints" in name]
    assert {Path(name).name for name in held if name.startswith("nbs/exercises/")} == {path.name for path in solved_sheets()} | {"README.md"}
    for sheet in map(read_sheet, solved_sheets()):
        handed_out = held[f"nbs/exercises/{sheet.path.name}"].decode()
        cells = {cell["id"]: "".join(cell["source"]) for cell in json.loads(handed_out)["cells"]}
        assert "SOLUTION" not in handed_out and "#| " not in handed_out
        assert all(cells[task.id] == task.stub for task in sheet.tasks.values()), sheet.path.name
    assert b"Apache" in held["data/README.txt"] and b"CC BY" not in held["data/README.txt"] and "data/SMSSpamCollection" not in held


@needs_notebooks
def test_teacher_s_sheets_corpus_and_wheels_come_when_they_are_asked_for():
    with tempfile.TemporaryDirectory() as name, small() as asked:
        given, path = Path(name) / "given", Path(name) / "course.zip"
        _wheel(given, "leaf")
        write_archive(path, Wish(teacher=True, with_corpus=True, wheels=given))
        held = _read(path)
        assert asked == [(given, "course,grading")] and b"spam_rnn[course,grading]" in held["README.txt"]
        assert held["book/index.html"] == b"the book, solved" and b"BEGIN SOLUTION" in held["teacher/02_split.ipynb"] and {"teacher/rubric.md", "teacher/nbgrader_config.py"} <= held.keys()
        assert held["data/SMSSpamCollection"] == Path(spam_rnn.__file__).read_bytes() and b"CC BY 4.0" in held["data/README.txt"]
        write_archive(path, Wish(no_wheels=True, force=True))
        held = _read(path)
        assert not [name for name in held if name.startswith("wheels")] and b"pip install" not in held["README.txt"] and len(asked) == 1


def test_the_commands_of_the_readme_install_and_start_what_is_there():
    commands = [line.strip() for line in readme(Wish()).splitlines() if line.startswith("    ")]
    python = commands[0].split()[-1] + ("\\Scripts\\python" if sys.platform == "win32" else "/bin/python")
    assert commands == ["python -m venv .venv", f'{python} -m pip install --no-index --find-links wheels "spam_rnn[course]"', f"{python} start.py"]
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]} on" in readme(Wish())
    with tempfile.TemporaryDirectory() as name, patch("subprocess.call", return_value=0) as called, patch.dict(os.environ):
        for variable in ("SPAM_RNN_DATA", "SPAM_RNN_OFFLINE"):
            os.environ.pop(variable, None)
        start = Path(name).resolve() / "start.py"
        start.write_text(_START, encoding="utf-8")
        assert raises(SystemExit, runpy.run_path, str(start)).code == 0
        assert called.call_args.args[0] == [sys.executable, "-m", "spam_rnn", "learn", "--dir", str(start.parent / "nbs"), *sys.argv[1:]]
        assert os.environ["SPAM_RNN_DATA"] == str(start.parent / "data") and os.environ["SPAM_RNN_OFFLINE"] == "1"


@needs_notebooks
def test_an_archive_is_whole_or_not_there_and_none_is_replaced_unasked():
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "course.zip"
        path.write_bytes(b"last year's")
        with small(OSError("no space left")):
            assert "--force" in str(raises(ValueError, write_archive, path, Wish()))
            assert "no space" in str(raises(OSError, write_archive, path, Wish(force=True)))
        for broken in ("os.fsync", "os.replace"):
            with small(), patch(broken, side_effect=OSError(28, "No space left on device")):
                raises(OSError, write_archive, path, Wish(force=True))
        assert path.read_bytes() == b"last year's" and [one.name for one in Path(name).iterdir()] == ["course.zip"]


def test_what_cannot_be_had_is_said_before_the_work():
    nothing, everything = (lambda library: False), (lambda library: True)
    with tempfile.TemporaryDirectory() as name, small(AssertionError("the work has begun")):
        folder = Path(name)
        (folder / "file").write_bytes(b"")
        (folder / "clone" / "nbs").mkdir(parents=True)
        (folder / "clone" / "nbs" / "index.ipynb").write_bytes(b"")
        clone, new = folder / "clone", folder / "a.zip"
        for path, wish, root, found, words in (
            (folder, Wish(), clone, everything, "is a folder"),
            (folder / "file", Wish(), clone, everything, "--force"),
            (folder / "file" / "a.zip", Wish(), clone, everything, "cannot be written to"),
            (new, Wish(), folder, everything, "in a clone"),
            (new, Wish(), clone, nothing, ".[book]"),
            (new, Wish(), clone, lambda library: library != "pip", "--no-wheels"),
            (new, Wish(wheels=clone), clone, everything, "holds no wheel"),
            (new, Wish(wheels=clone, no_wheels=True), clone, everything, "not both"),
            (new, Wish(with_corpus=True), clone, everything, "--with-corpus"),
        ):
            with patch.dict(write_archive.__globals__, _is_there=found, _corpus=lambda: None):
                error = str(raises(ValueError, write_archive, path, wish, root))
            assert words in error and "--out" not in error, (words, error)
        assert not new.exists() and (folder / "file").read_bytes() == b""
