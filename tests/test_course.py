"""Exported from nbs/behind/course.ipynb: change it there, then export."""

import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from unittest.mock import patch

from spam_rnn.authoring.testing import raises, skip_if
from spam_rnn.course import RECORD, book_command, course_command, course_files, write_files
from spam_rnn.exercises.sheets import read_sheet, solved_sheets


def test_what_somebody_has_touched_is_never_overwritten():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        old, new = {f"s/{letter}": b"old" for letter in "abc"}, {f"s/{letter}": b"new" for letter in "abcd"}
        assert write_files(folder, old).written == ["s/a", "s/b", "s/c"] and write_files(folder, old).same == ["s/a", "s/b", "s/c"]
        (folder / "s" / "a").write_bytes(b"my work")
        (folder / "s" / "b").unlink()
        (folder / "s" / "d").write_bytes(b"mine, and never yours")
        said = write_files(folder, new)
        assert (said.written, said.same, said.kept) == (["s/b", "s/c"], [], ["s/a", "s/d"])
        assert (folder / "s" / "a").read_bytes() == b"my work" and (folder / "s" / "d").read_bytes() == b"mine, and never yours"
        assert write_files(folder, old).kept == ["s/a"]  # once touched, always touched
        for damage in ("", "[]", '{"files": 1}'):
            (folder / RECORD).write_text(damage, encoding="utf-8")
            assert write_files(folder, new).kept == ["s/a", "s/b", "s/c", "s/d"], damage  # without a record, nothing is ours
        assert not list(folder.rglob("*.part"))


def test_a_course_is_written_twice_without_a_difference_and_keeps_what_a_student_did():
    files = course_files()
    names = {path.name for path in solved_sheets()}
    assert {f"{who}/{name}" for who in ("student", "teacher") for name in names} <= files.keys()
    assert {f"{n:02}" for n in range(14)} == {name[:2] for name in names} and {"04_table.ipynb", "08_score.ipynb", "13_verdict.ipynb"} <= names
    students = b"".join(content for name, content in files.items() if name.startswith("student/"))
    assert b"SOLUTION" not in students and b"HIDDEN" not in students and b"#|" not in students
    with tempfile.TemporaryDirectory() as folder:
        assert len(write_files(folder, files).written) == len(files) and len(write_files(folder, course_files()).same) == len(files)
        sheet = Path(folder) / "student" / sorted(names)[0]
        sheet.write_text(sheet.read_text(encoding="utf-8").replace("= ...", "= 1", 1), encoding="utf-8", newline="\n")
        mine = sheet.read_bytes()
        assert write_files(folder, files | {f"student/{sheet.name}": b"a new edition"}).kept == [f"student/{sheet.name}"]
        assert sheet.read_bytes() == mine


def test_an_archive_is_asked_for_with_all_its_wishes_and_they_belong_to_it():
    from spam_rnn.archive import Wish

    asked = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "course.zip"

        def write(*arguments):
            asked.append(arguments)
            path.write_bytes(b"archive")
            return {"book": (2, 1_500_000)}

        with patch("spam_rnn.archive.write_archive", write), patch("typer.echo") as said:
            course_command(archive=path, teacher=True, with_corpus=True, wheels=Path(folder), force=True)
            course_command(archive=path, no_wheels=True)
        assert asked == [(path, Wish(True, True, Path(folder), False, True)), (path, Wish(False, False, None, True, False))]
        assert said.call_args_list[0].args == ("  book: 2 files, 1.5 MB",) and str(path.resolve()) in said.call_args.args[0]
        for name in ("teacher", "with_corpus", "no_wheels", "force"):
            assert "--archive" in str(raises(ValueError, course_command, Path(folder) / "new", **{name: True})), name
        assert "--archive" in str(raises(ValueError, course_command, Path(folder) / "new", wheels=Path(folder))) and not (Path(folder) / "new").exists()


def needs_nbgrader(test):
    return skip_if(test, lambda: None if importlib.util.find_spec("nbgrader") else "nbgrader is not installed")


def _hand_in(folder, student, notebook, answers):
    "Write what a student hands in: `answers` maps an exercise to the code of its cell."
    cells = [cell | {"source": answers.get(cell["id"], cell["source"])} for cell in notebook["cells"]]
    path = folder / "submitted" / student / "exercises" / "02_split.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook | {"cells": cells}), encoding="utf-8")


@needs_nbgrader
def test_nbgrader_gives_the_points_of_the_rubric():
    files, task = course_files(), next(path for path in solved_sheets() if path.name == "02_split.ipynb")
    tasks = read_sheet(task).tasks
    first = next(iter(tasks))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "source" / "exercises").mkdir(parents=True)
        (folder / "source" / "exercises" / "02_split.ipynb").write_bytes(files["teacher/02_split.ipynb"])
        (folder / "nbgrader_config.py").write_bytes(files["teacher/nbgrader_config.py"])
        student = json.loads(files["student/02_split.ipynb"])
        _hand_in(folder, "ada", student, {id: one.solved for id, one in tasks.items()})
        _hand_in(folder, "bob", student, {})
        _hand_in(folder, "eve", student, {id: one.solved if id == first else "" for id, one in tasks.items()})
        outside = {key: value for key, value in os.environ.items() if not key.startswith(("JPY_", "JUPYTER_", "IPYTHON"))}
        home = {"HOME": name, "JUPYTER_CONFIG_DIR": name, "JUPYTER_DATA_DIR": name, "IPYTHONDIR": name}
        for command in ("generate_assignment", "autograde"):
            program = "import sys; from nbgrader.apps.nbgraderapp import main; sys.exit(main())"
            line = [sys.executable, "-c", program, command, "exercises", "--CourseDirectory.root=" + name]
            done = subprocess.run(line, cwd=folder, env=outside | home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
            assert done.returncode == 0, done.stderr[-3000:]
        with patch.dict(os.environ, {"SETUPTOOLS_USE_DISTUTILS": "stdlib"}), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # setuptools minds who came before it in this process
            from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
            scores = {who: gradebook.find_submission("exercises", who).score for who in ("ada", "bob", "eve")}
        assert scores == {"ada": sum(one.points for one in tasks.values()), "bob": 0, "eve": tasks[first].points}, scores


def test_a_book_is_made_where_it_was_asked_for_and_opened_if_that_was_wanted():
    with patch("spam_rnn.authoring.book.build_book", lambda out: Path(out) / "html" / "index.html"), patch("webbrowser.open") as opened, patch("typer.echo") as said:
        book_command(Path("here"), show=False)
        assert not opened.called and said.call_args.args[0].endswith("index.html")
        book_command(Path("here"), show=True)
        assert opened.call_args.args[0].startswith("file://") and opened.call_args.args[0].endswith("here/html/index.html")


def test_what_is_refused_is_not_said_to_be_made():
    with patch("spam_rnn.exercises.sheets.solved_sheets", list), patch.dict(book_command.__globals__, {"say": print}), tempfile.TemporaryDirectory() as folder:
        refuse = ValueError("not from an installed package")
        for command in (lambda: course_command(Path(folder) / "new"), lambda: book_command(Path(folder) / "book", show=False)):
            said = io.StringIO()
            with contextlib.redirect_stdout(said), patch("spam_rnn.authoring.book.build_book", side_effect=refuse):
                raises(ValueError, command)
            assert said.getvalue().startswith("looking for") and "ing the sheets to" not in said.getvalue() and "making" not in said.getvalue()
