"""Exported from nbs/behind/authoring_book.ipynb: change it there, then export."""

import contextlib
import importlib.util
import io
import re
import shutil
import tempfile
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np

import spam_rnn
from spam_rnn.authoring.book import (
    _PARTS,
    _code_for_the_web,
    _for_the_web,
    _frame,
    _is_for_readers,
    _mend,
    _modules,
    _parts,
    _read_by_pointing,
    _write_play,
    build_book,
    prose_for_the_web,
)
from spam_rnn.authoring.notebooks import code_cell, write_notebook
from spam_rnn.authoring.testing import raises, skip_if


def _where_sphinx_is(test):
    return skip_if(test, lambda: None if importlib.util.find_spec("myst_nb") else 'no Sphinx here: install ".[book]"')


def test_tests_imports_and_marks_are_not_for_readers():
    folded = {"metadata": {"jupyter": {"source_hidden": True}}}
    cells = ["#| default_exp a", "import re\nfrom os import path", "#| exporttest\ndef test_a():\n    pass", "assert 1 < 2", "#| export\ndef f():\n    pass", "%time 1"]
    assert [_is_for_readers(code_cell(source)) for source in cells] == [False] * 4 + [True] * 2
    assert not any(_is_for_readers(code_cell(source), tests=True) for source in (cells[0], "#| exporttest\nimport re", *cells[3:4]))
    made = _code_for_the_web(code_cell("#| export\ndef f():\n    pass") | folded)
    assert made["source"] == "def f():\n    pass" and made["metadata"] == {"tags": ["hide-cell"]}


def test_a_test_of_a_chapter_is_folded_under_words_of_its_own():
    cell = code_cell("#| exporttest\ndef test_a():\n    pass")
    made = _code_for_the_web(cell)
    assert _is_for_readers(cell, tests=True) and made["source"] == "def test_a():\n    pass"
    assert made["metadata"]["tags"] == ["hide-cell"] and made["metadata"]["mystnb"]["code_prompt_show"] == "The test that holds this"


def test_words_of_frames_and_folds_can_be_translated():
    with patch.dict(_frame.__globals__, {"translate": lambda text: f"«{text}»"}):
        frame, cell = _frame("line")["data"]["text/html"], _code_for_the_web(code_cell("#| exporttest\ntest_a()"))
    assert 'title="«Play: sliders' in frame and ">«The whole page»<" in frame
    assert cell["metadata"]["mystnb"]["code_prompt_hide"] == "«The test that holds this»"


def test_the_reference_has_public_modules_only():
    assert "spam_rnn.split" in _modules() and not [name for name in _modules() if "._" in name]


def test_pictures_keep_their_words_and_plotly_needs_no_network():
    figure = {"data": [{"type": "bar", "y": [1, 2]}], "layout": {}}
    output = {"output_type": "display_data", "metadata": {}, "data": {"application/vnd.plotly.v1+json": figure, "image/png": "AAAA"}}
    made = _code_for_the_web(code_cell("draw()", [output]) | {"id": "bars"})["outputs"][0]["data"]
    assert list(made) == ["text/html"] and 'id="bars-0"' in made["text/html"] and "https://cdn" not in made["text/html"]
    assert made["text/html"].startswith('<div role="group" aria-label="">') and "<details" not in made["text/html"]
    alt = {"output_type": "display_data", "data": {"image/png": "AAAA"}, "metadata": {"image/png": {"alt": "two bars"}}}
    assert _code_for_the_web(code_cell("draw()", [alt]))["metadata"]["mystnb"] == {"image": {"alt": "two bars"}}


def test_the_table_behind_a_picture_stands_below_it():
    remarks = {"image/png": {"alt": "two bars", "tables": [{"title": "", "step": 1, "text": "tea\tcups\nmint\t3"}]}}
    output = {"output_type": "display_data", "data": {"image/png": "AAAA"}, "metadata": remarks}
    picture, table = _code_for_the_web(code_cell("draw()", [output]))["outputs"]
    assert picture == output and "<td>mint</td><td>3</td>" in table["data"]["text/html"]


def test_what_a_pointer_reads_can_be_read_without_one():
    bits = {"dtype": "f8", "bdata": b64encode(np.array([3.0, 1.0]).tobytes()).decode()}
    bars = {"type": "bar", "x": ["a", "<b>"], "y": bits, "customdata": [["one"], ["two"]], "hovertemplate": "<b>%{x}</b>: %{y:.1f}<br>%{customdata[0]}<extra></extra>"}
    assert _read_by_pointing({"data": [bars, bars, {"type": "box", "x": [1]}]}) == ["a: 3.0, one", "<b>: 1.0, two"]
    output = {"output_type": "display_data", "metadata": {"image/png": {"alt": 'a "b"'}}, "data": {"application/vnd.plotly.v1+json": {"data": [bars], "layout": {}}}}
    page = _for_the_web(output, "bars")["data"]["text/html"]
    assert 'aria-label="a &quot;b&quot;"' in page and "<li>&lt;b&gt;: 1.0, two</li>" in page


def test_a_cell_to_play_with_shows_the_page_in_its_place():
    picture = {"output_type": "display_data", "data": {"image/png": "AAAA"}, "metadata": {"image/png": {"alt": "two bars"}}}
    made = _code_for_the_web(code_cell("#| play zeros\npanel(draw)", [picture]) | {"metadata": {"jupyter": {"source_hidden": True}}})
    [output] = made["outputs"]
    assert 'src="play.html#only-zeros" title="Play: a slider' in output["data"]["text/html"] and made["source"] == "panel(draw)"
    assert made["metadata"] == {"tags": ["remove-input"]}
    page = (Path(spam_rnn.__file__).parent / "data" / "play" / "page.html").read_text(encoding="utf-8")
    assert all(f'main > :not([data-in~="{part}"])' in page for part in _PARTS)
    assert "zeros, line, words" in str(raises(ValueError, _frame, "zero"))


def test_the_page_to_play_with_is_written_where_it_is_shown():
    with tempfile.TemporaryDirectory() as folder, patch("spam_rnn.play.write_play_page") as written, patch("spam_rnn.corpus.find_corpus", return_value=None):
        for name, shown in (("a", "words"), ("b", "<iframe src=\"play.html#only-line\">")):
            sources = Path(folder) / name
            write_notebook(sources / "08_a.ipynb", [shown])
            _write_play(sources)
        written.assert_called_once_with(sources / "extra" / "play.html", corpus="sample")


def test_gaps_of_the_theme_are_closed():
    added = []
    app = SimpleNamespace(add_js_file=added.append)
    for body, expected, scripts in [
        ("<th></th><th>a</th>", "<td></td><th>a</th>", []),
        ('<th class="blank" >&nbsp;</th>', '<td class="blank" ></td>', []),
        ('<a href="a/b.ipynb#c">, <a href="https://x.org/b.ipynb">', '<a href="a/b.html#c">, <a href="https://x.org/b.ipynb">', []),
        ('<div role="doc-biblioentry">', '<div role="listitem">', []),
        ('<div class="plotly-graph-div">', '<div class="plotly-graph-div">', ["plotly.min.js"]),
        ('<iframe class="play">', '<iframe class="play">', ["play.js"]),
    ]:
        context = {"body": body}
        _mend(app, "a", "page.html", context, None)
        assert context["body"] == expected and added == scripts
        added.clear()


def test_links_lead_to_pages_of_the_book_or_are_words():
    here, names = Path("nbs").resolve(), {"split_corpus": "spam_rnn.split.split_corpus"}
    assert prose_for_the_web("[`split_corpus`](a.ipynb)", here, {here / "a.ipynb"}, names) == "[`split_corpus`](a.ipynb)"
    text = "[← 1](a.ipynb) · [contents](index.ipynb)\n[on](a.ipynb#part), [off](proofs/a.ipynb), [out](https://example.org), `split_corpus`, `split`\n```\nsplit_corpus\n```"
    made = prose_for_the_web(text, here, {here / "a.ipynb"}, names)
    assert made.startswith("[on](a.ipynb#part), off, [out](https://example.org), {py:obj}`split_corpus <spam_rnn.split.split_corpus>`, `split`\n")
    assert made.endswith("```\nsplit_corpus\n```") and "←" not in made


def test_a_link_to_proofs_names_the_file_of_the_repository():
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        for name in ("04_padding", "browser/pages"):
            write_notebook(here / "proofs" / f"{name}.ipynb", ["#| exporttest\nx = 1"])
        made = prose_for_the_web("[Proofs](proofs/04_padding.ipynb), [more](proofs/browser/pages.ipynb), [none](proofs/05_none.ipynb)", here, set(), {})
    assert made == "Proofs (in the repository: `tests/test_padding.py`), more (in the repository: `tests/browser/test_pages.py`), none"


@_where_sphinx_is
def test_a_table_in_markdown_is_a_table_on_the_page():
    table = {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": "| tea | cups |\n|---|---|\n| mint | 3 |", "text/plain": "tea"}}
    with tempfile.TemporaryDirectory() as folder, patch.dict(build_book.__globals__, {"_modules": list}), contextlib.redirect_stderr(io.StringIO()):
        root = Path(folder)
        write_notebook(root / "nbs" / "index.ipynb", [{"cell_type": "markdown", "metadata": {}, "source": ["# Contents"]}, code_cell("show()", [table])])
        shutil.copytree(Path(spam_rnn.__file__).parent.parent / "nbs" / "book", root / "nbs" / "book")
        (root / "nbs" / "book" / "glossary.md").write_text("# Glossary", encoding="utf-8")  # the real one leads to the chapters
        page = build_book(root / "out", root).read_text(encoding="utf-8")
    cells = re.findall(r"<t[hd](?:\s[^>]*)?>\s*(?:<p>)?([^<]*)", page)
    assert cells == ["tea", "cups", "mint", "3"] and "|---|" not in page


def test_every_page_stands_in_one_part():
    names = ("nbs/00_a", "nbs/index", "nbs/behind/b", "nbs/behind/for_teachers", "nbs/exercises/00_a")
    parts = _parts([Path(f"{name}.ipynb") for name in names])
    assert [*parts] == ["Course", "Exercises", "For teachers", "Behind the scenes", "Reference"]
    assert [*parts.values()][:4] == [["00_a"], ["exercises/00_a"], ["behind/for_teachers"], ["behind/b"]]
    assert [*_parts([Path("nbs/00_a.ipynb")])] == ["Course", "Reference"]


def test_who_has_no_notebooks_or_no_sphinx_is_told():
    with tempfile.TemporaryDirectory() as folder:
        assert "copy of the repository" in str(raises(FileNotFoundError, build_book, folder, folder))
        write_notebook(Path(folder) / "nbs" / "index.ipynb", ["# Contents"])
        with patch("importlib.util.find_spec", lambda name: None):
            assert ".[book]" in str(raises(ValueError, build_book, folder, folder))
