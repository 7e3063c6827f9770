"""Exported from nbs/behind/exercises_sheets.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

from spam_rnn.authoring.notebooks import code_cell, write_notebook
from spam_rnn.authoring.testing import raises
from spam_rnn.exercises.checking import exercise
from spam_rnn.exercises.sheets import edition, read_sheet, read_task, rubric


def _double_sheet(folder):
    judge = exercise(
        "own-double", kind="build it", hints=("one", "two"), mistakes={"half": "that is half."}, right="Good.",
        claim="it is so", came_true=lambda answer: True,
    )  # fmt: skip
    judge(lambda double: "half" if double(4) == 2 else None)
    words = {"cell_type": "markdown", "metadata": {}}
    return write_notebook(
        folder / "03_own.ipynb",
        [
            words | {"source": ["# 3. Own\n", "\n", "> Promise.\n", "\n", "[← contents](../index.ipynb)"]},
            "#| default_exp exercises.own",
            words | {"source": ["<!-- authors -->\n", "secret"]},
            "#| export\nsecret = 1",
            "#| authors\nsecret = 1",
            "given = 1",
            "#| authors\nsecret",
            words | {"source": ["## 1. Double\n", "\n", "Write it."]},
            '#| prediction own-double\npredict("own-double", 0.25)',
            '#| exercise own-double easy 2 3\ndef double(x):\n    "Twice."\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n\n\ncheck("own-double", double)',
            '#| wrong own-double half\nassert check("own-double", lambda x: x / 2).because == "half"',
        ],
    )


def test_a_sheet_has_two_editions_and_a_rubric():
    with tempfile.TemporaryDirectory() as folder:
        sheet = read_sheet(_double_sheet(Path(folder)))
    assert sheet.title == "3. Own" and sheet.wrong[0][:2] == ("own-double", "half")
    student, teacher = (["".join(cell["source"]) for cell in edition(sheet, solved)["cells"]] for solved in (False, True))
    assert len(student) == len(teacher) == 8
    assert "secret" not in "".join(student + teacher) and "#|" not in "".join(student + teacher) and "[←" not in student[0]
    assert student[1].endswith("\n\ndouble = ...  # your answers: nothing yet") and student[2] == "given = 1"
    assert "build it · easy · about 2 minutes · 3 points" in student[3] and 'hint("own-double")' in student[3]
    assert student[4:] == ['predict("own-double", ...)', 'def double(x):\n    "Twice."\n    ...', 'check("own-double", double)', 'how_far("own-double")']
    assert teacher[4] == 'predict("own-double", 0.25)' and "    return 2 * x" in teacher[5] and "HIDDEN" in teacher[6]
    marks = [cell["metadata"].get("nbgrader", {}) for cell in edition(sheet, False)["cells"]]
    assert marks[5]["solution"] and not marks[5]["locked"] and marks[6]["points"] == 3 and marks[6]["locked"] and marks[6]["grade"]
    assert "1 exercises, 3 points" in rubric([sheet]) and "*half*: wrong, because that is half." in rubric([sheet])


def test_a_sheet_that_is_not_whole_says_what_is_missing():
    good = "#| exercise own-a easy 2 1\n### BEGIN SOLUTION\na = 1\n### END SOLUTION\ncheck('own-a', a)"
    for change, words in {
        ("easy", "simple"): "level one of",
        ("2 1", "2"): "write #| exercise ID level minutes points",
        ("check('own-a', a)", "a"): "the cell ends in check",
        ("check('own-a'", "check('own-b'"): "the cell ends in check",
        ("### BEGIN SOLUTION\n", ""): "the solution stands between",
    }.items():
        assert words in str(raises(ValueError, read_task, code_cell(good.replace(*change)))), words
    assert read_task(code_cell(good)).stub == "a = ..." and read_task(code_cell(good)).solution == "a = 1\n"
    with tempfile.TemporaryDirectory() as folder:
        path = write_notebook(Path(folder) / "01_a.ipynb", [good, good.replace("own-a", "own-b")])
        assert "01_a.ipynb: each exercise has its own name; twice: a" in str(raises(ValueError, read_sheet, path))
        path = write_notebook(Path(folder) / "01_a.ipynb", [good, "#| wrong own-a\nx"])
        assert "write #| wrong ID mistake, not own-a" in str(raises(ValueError, read_sheet, path))
