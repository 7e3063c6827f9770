"""Exported from nbs/behind/authoring_plan.ipynb: change it there, then export."""

import json
import re
import tempfile
from pathlib import Path

import spam_rnn
from spam_rnn.authoring.minutes import Measured
from spam_rnn.authoring.notebooks import read_cells, write_notebook
from spam_rnn.authoring.plan import Lesson, PLANS, how_measured, plan_complaints, plan_table, read_part, read_parts
from spam_rnn.authoring.testing import skip_if
from spam_rnn.exercises.sheets import read_sheet, solved_sheets


ROOT = Path(spam_rnn.__file__).parent.parent


def needs_notebooks(test):
    return skip_if(test, lambda: None if (ROOT / "nbs" / "index.ipynb").is_file() else "no notebooks beside the package")


def _cells(line):
    return [cell.strip(" *") for cell in line.strip("|").split("|")]


@needs_notebooks
def test_each_plan_holds_every_chapter_and_every_sheet_once_and_all_their_minutes():
    parts, minutes = read_parts(ROOT), sum(task.minutes for path in solved_sheets() for task in read_sheet(path).tasks.values())
    assert len(parts) == len(list((ROOT / "nbs").glob("[0-9]*.ipynb"))) and minutes > 300
    for name, plan in PLANS.items():
        assert plan_complaints(plan, ROOT) == [], name
        lines = plan_table(plan, parts).split("\n")
        assert _cells(lines[-1])[4] == str(minutes), name
        told = [int(_cells(line)[4].split(" ")[0]) for line in lines[2:-1] if "points" in line]
        assert sum(told) == minutes and len(told) == len({path.name[:2] for path in solved_sheets()}), name
        for path in (ROOT / "nbs").glob("[0-9]*.ipynb"):
            assert sum(f"](../{path.name})" in line for line in lines) == 1, (name, path.name)


@needs_notebooks
def test_no_day_is_too_long():
    parts = read_parts(ROOT)
    for name, most in (("one week", 300), ("four weeks", 180)):
        for lesson in PLANS[name]:
            minutes = sum(parts[number].together for number in lesson.chapters)
            assert minutes <= most, f"{name}, {lesson.when}: {minutes} minutes, at most {most}; move a chapter"


@needs_notebooks
def test_the_page_for_teachers_shows_these_plans():
    page = json.dumps(read_cells(ROOT / "nbs" / "behind" / "for_teachers.ipynb"), ensure_ascii=False)
    parts = read_parts(ROOT)
    shown = [_cells(line) for line in re.findall(r"\| \*\*all\*\*[^\\]*", page)]
    assert len(shown) == len(PLANS), "run nbs/behind/for_teachers.ipynb again"
    for (name, plan), line in zip(PLANS.items(), shown):
        now = _cells(plan_table(plan, parts).split("\n")[-1])
        assert line[1] == now[1] and line[4] == now[4], f"{name}: run nbs/behind/for_teachers.ipynb again"
        assert abs(int(line[5]) - int(now[5])) <= 0.1 * int(now[5]), f"{name}: run nbs/behind/for_teachers.ipynb again"


def test_what_is_missing_twice_or_without_a_place_is_named():
    def words(text):
        return {"cell_type": "markdown", "metadata": {}, "source": [text]}

    sheet = '#| exercise own-a easy 7 2\n### BEGIN SOLUTION\na = 1\n### END SOLUTION\ncheck("own-a", a)'
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for number, title in enumerate(("own", "two")):
            write_notebook(root / "nbs" / f"0{number}_{title}.ipynb", [words(f"# {number}. {title}\n\n" + "word " * 1200)])
        write_notebook(root / "nbs" / "exercises" / "00_own.ipynb", [words("# 0"), sheet])
        plan = (Lesson("today", "all", (0, 1)),)
        assert plan_complaints(plan, root) == []
        assert plan_complaints((Lesson("a", "b", (0, 0, 2)),), root) == [
            "0. own: 2 times in the plan, not once", "1. two: 0 times in the plan, not once", "there is no chapter 2",
            "the sheet 00_own.ipynb: 2 times in the plan, not once",
        ]  # fmt: skip
        assert plan_complaints((Lesson("a", "b", (1,)),), root)[-1] == "the sheet 00_own.ipynb: 0 times in the plan, not once"
        parts = read_parts(root)
        assert (parts[0].reading, parts[0].running, parts[0].exercises, parts[0].points, parts[0].together) == (10, None, 7, 2, 17)
        assert "| **all** | 2 chapters | **20** | **0** | **7** | **27** |" in plan_table(plan, parts)
        write_notebook(root / "nbs" / "exercises" / "07_stray.ipynb", [words("# 7"), sheet.replace("own-a", "own-b")])
        assert plan_complaints(plan, root) == ["the sheet 07_stray.ipynb: 0 times in the plan, not once"]
        write_notebook(root / "nbs" / "exercises" / "01_wrap.ipynb", [words("# W"), sheet.replace("own-a", "own-c")])
        assert [(part.exercises, len(part.sheets)) for part in read_parts(root).values()] == [(7, 1), (7, 1)]
        timed = read_part(parts[0].chapter, {"00_own": Measured(61.0, 70.0, 0.9), "exercises/00_own": Measured(9.0, 5.0, 0.9)})
        assert timed.running == 2
        assert "upper bounds" in how_measured({"a": Measured(1.0, 1.0, 0.9)}) and "upper" not in how_measured({"a": Measured(1.0, 1.0, 0.1)})
        assert "not measured" in how_measured({})
