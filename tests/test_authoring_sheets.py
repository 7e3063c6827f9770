"""Exported from nbs/behind/authoring_sheets.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

from spam_rnn.authoring.notebooks import write_notebook
from spam_rnn.authoring.sheets import sheet_complaints
from spam_rnn.exercises.checking import compare, exercise


def test_a_sheet_is_proved_and_what_is_wrong_is_named():
    def judge(answer):
        return compare(answer, 3, {"low": 2, "high": 4})

    for id in ("own-good", "own-bad"):
        mistakes = {"low": "it is too low.", "high": "it is too high."}
        exercise(id, kind="build it", hints=("one", "two"), mistakes=mistakes, right="Good.")(judge)
    words = {"cell_type": "markdown", "metadata": {}, "source": ["# 1. Own"]}
    cell = '#| exercise own-good easy 2 1\n### BEGIN SOLUTION\nthree = 1 + 1 + 1  # long enough\n### END SOLUTION\ncheck("own-good", three)'
    wrong = [f'#| wrong own-good {name}\nassert check("own-good", {n}).because == "{name}"' for name, n in (("low", 2), ("high", 4))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "01_own.ipynb"
        assert sheet_complaints(write_notebook(path, [words, cell, *wrong])) == []
        assert "own-good: 1 wrong answers" in sheet_complaints(write_notebook(path, [words, cell, wrong[0]]))[0]
        bad = cell.replace("1 + 1 + 1", "1 + 2 + 1").replace("own-good", "own-bad")
        found = "\n".join(sheet_complaints(write_notebook(path, [words, bad, *(w.replace("own-good", "own-bad") for w in wrong)])))
        assert found == "own-bad: right was expected, and the check says: Wrong, because it is too high."
        odd = wrong[0].replace("good 2", "good 4").replace('because == "low"', "because")
        found = "\n".join(sheet_complaints(write_notebook(path, [words, cell, *wrong, odd.replace(", 2)", ", 4)")])))
        assert found == "own-good: low was expected, and the check says: Wrong, because it is too high."
        leak = "### BEGIN SOLUTION\nthree = 1 + 1 + 1  # long enough\n### END SOLUTION"
        found = "\n".join(sheet_complaints(write_notebook(path, [words, cell.replace(leak, f"three = 1 + 1 + 1  # long enough\n{leak}"), *wrong])))
        assert "holds a line of the solution: three = 1 + 1 + 1" in found
        always = cell.replace("three = 1", "three = 3 or 1").replace("### BEGIN", "other = 3\n### BEGIN").replace('", three)', '", other)')
        found = "\n".join(sheet_complaints(write_notebook(path, [words, always, *wrong])))
        assert "own-good: emptied" not in found  # it is bound to nothing at the top
