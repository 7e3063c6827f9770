"""Exported from nbs/behind/authoring_answers.ipynb: change it there, then export."""

import html
import re
import tempfile
from pathlib import Path
from unittest.mock import patch

from spam_rnn.authoring.answers import sheet_to_read
from spam_rnn.authoring.notebooks import write_notebook
from spam_rnn.exercises.checking import exercise, find_exercise
from spam_rnn.exercises.sheets import read_sheet, solved_sheets


def _letters(text):
    return re.sub(r"\W+", "", html.unescape(text))


def test_every_solution_is_folded_and_no_typical_mistake_is_shown():
    for path in solved_sheets():
        sheet, cells = read_sheet(path), [_letters("".join(cell["source"])) for cell in sheet_to_read(path)]
        folded = [cell for cell in cells if cell.startswith("detailsclassanswer")]
        open_to_all = "".join(cell for cell in cells if cell not in folded)
        assert len(folded) == len(sheet.tasks) and "SOLUTION" not in "".join(cells), path.name
        for task, fold in zip(sheet.tasks.values(), folded):
            lines = [_letters(line) for line in task.solution.splitlines()]
            assert any(lines) and all(line in fold for line in lines) and _letters(task.check) not in "".join(cells), task.id
            shown = [line for line in lines if len(line) > 12 and line in open_to_all]
            assert not shown or find_exercise(task.id).kind == "find the mistake", (task.id, shown)  # what is to be mended shares lines
        assert not [wrong for wrong in sheet.wrong if _letters(wrong[2]) in "".join(cells)], path.name


def test_a_sheet_is_for_readers_and_its_answers_are_folded():
    judge = exercise("own-half", kind="build it", hints=("What is *a* half?", "x < 3"), mistakes={"low": "too low."}, right="Good & right.", claim="it is so", came_true=bool)
    judge(lambda half: None)
    words = {"cell_type": "markdown", "metadata": {}}
    solved = '#| exercise own-half easy 2 1\ndef half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION\n\n\ncheck("own-half", half)'
    cells = [
        words | {"source": ["# 3. Own\n", "\n", "[← the chapter](../03_own.ipynb)"]}, "#| default_exp exercises.own", words | {"source": ["<!-- authors -->\n", "secret"]},
        "#| export\nsecret = 1", "given = 1", words | {"source": ["## 1. Halve"]}, '#| prediction own-half\npredict("own-half", 0.25)', solved,
        '#| wrong own-half low\nassert check("own-half", 0).because == "low"', "#| exporttest\nsecret = 2",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        sheet = write_notebook(Path(folder) / "exercises" / "03_own.ipynb", cells)
        made, unsolved = sheet_to_read(sheet), sheet_to_read(sheet, solved=False)
    assert made[:-1] == unsolved[:-1] and unsolved[-1]["source"].count("<summary>") == 2 and "x / 2" not in unsolved[-1]["source"]
    sources = ["".join(cell["source"]) for cell in made]
    assert "secret" not in "".join(sources) and "check(" not in "".join(sources) and "SOLUTION" not in "".join(sources) and "low" not in "".join(sources)
    assert "[The chapter](../03_own.ipynb)" in sources[1] and sources[2:4] == ["given = 1", "## 1. Halve"]
    assert sources[4:7] == ["How sure are you, from 0 to 1, that it is so?", "*build it · easy · about 2 minutes*", "def half(x):\n    ..."]
    hint, second, solution = sources[7].split("\n\n", 2)
    assert hint == '<details class="answer"><summary>A hint</summary><p>What is *a* half?</p></details>' and "<p>x &lt; 3</p>" in second
    assert "```python\ndef half(x):\n    return x / 2\n```" in solution and solution.endswith("<p>Good &amp; right.</p>\n</details>")


def test_what_is_folded_can_be_translated():
    sheet = next(path for path in solved_sheets() if path.stem == "02_split")
    with patch.dict(sheet_to_read.__globals__, {"translate": lambda text: type(text)(map("«{}»".format, text)) if isinstance(text, tuple) else f"«{text}»"}):
        folded = [cell["source"] for cell in sheet_to_read(sheet) if cell["source"] and cell["source"][0] == "<"]
    assert folded and all(one.count("<p>«") == 3 and "<summary>«A second hint»" in one and "<summary>«The solution»" in one for one in folded)
