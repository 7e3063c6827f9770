"""Exported from nbs/behind/authoring_sheets.ipynb and nbs/proofs/authoring_sheets.ipynb: change it there, then export."""

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


import contextlib
import html
import importlib.util
import io
import re
import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

import spam_rnn
from spam_rnn.authoring.book import build_book
from spam_rnn.authoring.notebooks import write_notebook
from spam_rnn.authoring.testing import skip_if
from spam_rnn.exercises.checking import find_exercise
from spam_rnn.exercises.sheets import read_sheet, solved_sheets

_ROOT = Path(spam_rnn.__file__).parent.parent


def _where_it_can_be_made(test):
    return skip_if(test, lambda: None if importlib.util.find_spec("myst_nb") else 'no Sphinx here: install ".[book]"')


def _page_letters(page):
    return re.sub(r"\W+", "", html.unescape(re.sub("<[^>]+>", "", page)))


def _source_letters(source):
    return re.sub(r"\W+", "", source)


def _pages():
    "Articles of a book of sheets alone, by name, and what Sphinx said."
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stderr(io.StringIO()) as told:
        root = Path(name)
        for part in ("book", "exercises"):
            shutil.copytree(_ROOT / "nbs" / part, root / "nbs" / part)
        (root / "nbs" / "book" / "glossary.md").write_text("# Glossary", encoding="utf-8")  # the real one leads to the chapters
        write_notebook(root / "nbs" / "index.ipynb", [{"cell_type": "markdown", "metadata": {}, "source": ["# Contents"]}])
        with patch("spam_rnn.authoring.book._modules", list):  # without the reference
            book = build_book(root / "out", root).parent
        pages = {path.stem: path.read_text(encoding="utf-8") for path in (book / "exercises").glob("*.html")}
    return {name: re.search(r"(?s)<article.*?</article>", page)[0] for name, page in pages.items()}, told.getvalue()


def page_complaints(sheet, article):
    "What is wrong with the page of a sheet."
    folded = re.findall(r'(?s)<details class="answer">.*?</details>', article)
    shown = re.sub(r'(?s)<details class="answer">.*?</details>', "", article)
    solutions = [_page_letters(one) for one in folded[2::3]]
    everything, seen = _page_letters(article), _page_letters(shown)
    if len(folded) != 3 * len(sheet.tasks):
        yield f"{len(folded)} folds for {len(sheet.tasks)} exercises, not three each"
    for task, solution in zip(sheet.tasks.values(), solutions):
        lines = [_source_letters(line) for line in task.solution.splitlines()]
        if not all(line in solution for line in lines):
            yield f"{task.id}: the solution is not in its fold"
        if find_exercise(task.id).kind != "find the mistake" and (open_lines := [line for line in lines if len(line) > 12 and line in seen]):
            yield f"{task.id}: can be seen without unfolding: {open_lines[0]}"
    yield from (f"{id}: a typical mistake is shown, {mistake}" for id, mistake, source in sheet.wrong if _source_letters(source) in everything)
    yield from (f"{mark} is shown" for mark in ("#|", "SOLUTION", "test_sheet_of") if mark in html.unescape(re.sub("<[^>]+>", "", article)))


@_where_it_can_be_made
def test_each_sheet_is_a_page_whose_answers_are_folded():
    pages, told = _pages()
    sheets = [read_sheet(path) for path in solved_sheets()]
    assert "WARNING" not in told and "ERROR" not in told, told[:2000]
    assert set(pages) == {sheet.path.stem for sheet in sheets} and len(pages) >= 17
    for sheet in sheets:
        page = pages[sheet.path.stem]
        assert list(page_complaints(sheet, page)) == [], sheet.path.name
        assert _source_letters(sheet.title) in _page_letters(page)
    open_page = pages["02_split"].replace('<details class="answer">', "<div>")
    assert [said.partition(":")[0] for said in page_complaints(sheets[2], open_page)] == ["0 folds for 4 exercises, not three each"]
    swapped = pages["02_split"].replace("The solution", "#| wrong", 1)
    assert list(page_complaints(sheets[2], swapped)) == ["#| is shown"]
