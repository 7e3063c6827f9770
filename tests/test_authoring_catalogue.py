"""Exported from nbs/behind/authoring_catalogue.ipynb and nbs/proofs/authoring_catalogue.ipynb: change it there, then export."""

import ast
import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
import types
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pandas as pd
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from matplotlib.text import Text

import spam_rnn
from spam_rnn import plots
from spam_rnn.authoring import book, catalogue
from spam_rnn.authoring.catalogue import (
    _drawing,
    _exercises,
    _has_letters,
    _modules,
    _places,
    find_texts,
    untranslated_in_exercises,
    untranslated_in_pictures,
    write_template,
)
from spam_rnn.authoring.notebooks import write_notebook
from spam_rnn.exercises.checking import (
    COMMON,
    Mistake,
    Unfinished,
    check,
    exercise,
    forget_outcomes,
    hint,
    how_far,
    predict,
)
from spam_rnn.exercises.predictions import keep_predictions
from spam_rnn.exercises.sheets import edition, read_sheet, rubric, solved_sheets
from spam_rnn.plots.benchmark import plot_benchmark
from spam_rnn.plots.diagrams import draw_ensemble, draw_lstm, draw_pipeline
from spam_rnn.plots.explanation import plot_explanation, plot_explanation_still
from spam_rnn.plots.forest import plot_forest
from spam_rnn.plots.lengths import plot_lengths, plot_lengths_still
from spam_rnn.plots.memory import plot_memory
from spam_rnn.plots.numbers import tables_as_html
from spam_rnn.plots.scores import plot_calibration, plot_confusion, plot_history, plot_precision_recall
from spam_rnn.plots.still import Still
from spam_rnn.plots.style import stamp
from spam_rnn.plots.tables import SortableTable
from spam_rnn.translation import fill, translate


BAD = '''
TITLES = {"one": "Ready", "two": "Steady"}
def _box(fill, text): ...
def _shown(ax, words, fine, n):
    ax.text(0, 0, words, ha="left")
    return fill(fine, n=n)
def plot_bad(x, title="A title", axis="an axis", colour="#123456", note="{n} of many", unit="$m$", size=3):
    axis = translate(axis)
    ax.set(xlabel=axis, title=title, ylabel="metres", xscale="log")
    ax.annotate(f"{x:.3g} kg", xy=(0, 0))
    ax.plot(x, label=translate("a line"), color="red")
    figure.add_bar(name={"text": "bars"}, hovertemplate="<b>%{x}</b> $x$", legend={"orientation": "h"})
    ax.set_title(translate(TITLES[x] if x else "Go"))
    _box("white", "in a box")
    return _shown(ax, "words", note, n=3)
'''


def _module(source):
    "A module of the wing `plots` that does not stay."
    name = "spam_rnn.plots.bad"
    made = types.ModuleType(name)
    exec(compile(source, name, "exec"), made.__dict__)
    return mock.patch.dict(sys.modules, {name: made}), mock.patch.object(catalogue, "_parsed", lambda module: ast.parse(source))


def test_a_text_that_cannot_be_translated_is_named():
    loaded, parsed = _module(BAD)
    with loaded, parsed:
        found = catalogue.untranslated_in_pictures("spam_rnn.plots.bad")
        texts = catalogue.texts_of_code("spam_rnn.plots.bad")
    assert [line.partition(": ")[2] for line in found if line.startswith("line")] == [
        "'metres' is written without translate", "' kg' is written without translate", "'bars' is written without translate", "'in a box' is written without translate",
    ]  # fmt: skip
    assert [line for line in found if not line.startswith("line")] == [f"plot_bad: the default of {name} reaches no translate" for name in ("title",)]
    assert sorted(texts) == sorted(["an axis", "an axis", "a line", "Ready", "Steady", "Go", "{n} of many"])


def test_facts_of_a_check_are_whole_texts():
    source = 'raise Mistake("x", a=", ".join(names) or "none", b=f"a {kind}", c=f"{n:g}", d=f"{n} rows", e=str(error).partition(": ")[2])'
    with mock.patch.object(catalogue, "_modules", lambda package: ["made.up"]), mock.patch.object(catalogue, "_parsed", lambda module: ast.parse(source)):
        with mock.patch.object(catalogue, "_exercises", lambda: []):
            assert catalogue.texts_of_exercises() == [("made.up", "none")]
        assert catalogue.untranslated_in_exercises() == ["made.up, line 1: '{} rows' is put together"]


def test_titles_that_somebody_gives_are_found():
    calls = 'plot_confusion(scores, ("a", "b"), title="Mine")\nscores.plot_forest(table, (0, 1), 0.1, "Yours")\nplot_history(history, title=title)'
    assert catalogue.texts_of_calls(calls) == ["Mine", "Yours"] and catalogue.texts_of_calls("%time 1") == []


def test_a_translation_with_other_places_is_named():
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    entry = '#, python-brace-format\nmsgid "{n} of {of}"\nmsgstr "%s"\n'
    for said, complaints in (("de {of}, {n:g}", 0), ("{n}", 1), ("", 0)):
        assert len(_complaints_of(head + entry % said)) == complaints
    assert "its places are ['n', 'of'], not ['n']" in "".join(_complaints_of(head + entry % "{n}"))


def _complaints_of(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.po"
        path.write_text(text, encoding="utf-8")
        return catalogue.catalogue_complaints(path)


_texts = cache(find_texts)
_PLACE = re.compile(r"\{\w+(![rs])?(:[^{}]*)?\}")


@contextlib.contextmanager
def marked(*left_out):
    "Speak the language of marks; a text that is left out has no translation."
    with tempfile.TemporaryDirectory() as folder:
        language = Catalog(locale="en")
        for text in _texts().keys() - set(left_out):
            language.add(text, "«" + _PLACE.sub(r"»\g<0>«", text) + "»")
        path = Path(folder) / "en" / "LC_MESSAGES" / "spam_rnn.mo"
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            write_mo(file, language)
        with mock.patch.dict(os.environ, {"SPAM_RNN_LANGUAGE": "en", "SPAM_RNN_LOCALE": folder}):
            yield


def bare(text):
    "What stands outside of all marks."
    return re.sub(r"«[^«»]*»", "", text)


def test_words_outside_of_marks_are_seen():
    assert bare("«a »2« b» 3") == "2 3" and _has_letters(bare("«a »b«»")) and not _has_letters(bare("«a» $x$ <b>%{y}</b> 3"))
    with marked():
        assert translate("epoch") == "«epoch»" and fill("{n} of many", n=3) == "3 of many" and fill("corpus: {corpus}", corpus="x") == "«corpus: »x«»"


def test_no_words_pass_by():
    found = {module: untranslated_in_pictures(module) for module in _modules(plots)}
    assert not any(found.values()), found
    assert untranslated_in_exercises() == []


def test_the_template_holds_every_text_of_every_exercise():
    with tempfile.TemporaryDirectory() as folder, write_template(folder).open("rb") as file:
        template = read_po(file)
    assert len(_exercises()) >= 54 and {one.id for one in template} >= set(COMMON.values())
    for one in _exercises():
        for text in (one.kind, *one.hints, *one.mistakes.values(), one.right, one.claim):
            assert not _has_letters(text) or template.get(text), text
    for text in ("MCC on validation", "Wrong, because {words}", "sort by this column", "Validation", "the tokens after them {bins}"):
        assert bool(template.get(text)) == ("after them" not in text), text
    assert "python-brace-format" in template.get("corpus: {corpus}").flags and not template.get("epoch").flags
    assert "split-leak" in [place for place, _ in template.get(next(one for one in _exercises() if one.id == "split-leak").right).locations]


def _explanation():
    numbers = {"word": ["12", "34", "56"], "token": ["12", "34", "56"], "known": [True, False, True], "read": [True, True, False]}
    table = pd.DataFrame(numbers | {"probability": [0.2, 0.8, 0.8], "contribution": [-1.0, 2.0, 0.0]})
    return SimpleNamespace(table=table, start=0.1, probability=0.75, threshold=0.4, answer="1")


def _benchmark():
    names = ("ours", "character SVM", "word SVM", "original")
    middle = {what: {name: 0.001 * (i + 1) for i, name in enumerate(names)} for what in ("training", "single", "batch")}
    growth = {"messages": [1, 2], "tokens": [3, 4], "seconds": [[0.1], [0.2]], "single": [[0.1], [0.2]]}
    return {"median": middle, "settings": {"batch": 2}, "by_messages": growth, "by_length": growth}


def _table():
    verdicts = ["matters", "no difference", "cannot tell", "matters"]
    return pd.DataFrame({"difference": [0.01, 0.0, -0.01, -1], "low": [0.0] * 4, "high": [0.02] * 4, "verdict": verdicts}, index=list("1234"))


def pictures():
    "Function that draws → pictures of it."
    history = pd.DataFrame({"train_loss": [0.5], "valid_loss": [0.6], "valid_mcc": [0.1]}, index=[1])
    lengths = [1, 2, 99], [0, 0, 1], 1
    return {
        "plot_confusion": [plot_confusion({"tn": 1, "fp": 2, "fn": 0, "tp": 0}, ("0", "1"))],
        "plot_precision_recall": [plot_precision_recall([1, 0], [0.9, 0.2], 0.5)],
        "plot_history": [plot_history(history), plot_history(history[["train_loss"]])],
        "plot_calibration": [plot_calibration([True, False], [0.95, 0.2])],
        "plot_lengths": [plot_lengths(*lengths)], "plot_lengths_still": [plot_lengths_still(*lengths)],
        "plot_explanation": [plot_explanation(_explanation())], "plot_explanation_still": [plot_explanation_still(_explanation())],
        "plot_forest": [plot_forest(_table())], "plot_memory": [plot_memory(_explanation(), np.zeros((6, 2, 2)))],
        "plot_benchmark": [plot_benchmark(_benchmark())],
        "draw_lstm": [draw_lstm()], "draw_ensemble": [draw_ensemble(("1", "2"))], "draw_pipeline": [draw_pipeline()],
        "stamp": [stamp(Still(), corpus) for corpus in ("sample", "0")] + [stamp(plot_lengths(*lengths), "sample")],
    }  # fmt: skip


EXAMPLES = {"Win CASH now!!!", "win", "cash", "now", "Hi Zoë", "hi", "zoë"}  # the two messages of the pipeline's picture


def written(picture):
    "All texts on a picture, and its description."
    if hasattr(picture, "findobj"):
        picture.draw_without_rendering()
        return {text.get_text() for text in picture.findobj(Text)} - EXAMPLES | {re.sub("“.*?”", "", picture.get_label())}

    def walk(node, key=""):
        if isinstance(node, dict):
            return [text for name, value in node.items() if name != "template" for text in walk(value, name if isinstance(value, (str, list, tuple, np.ndarray)) else "")]
        if isinstance(node, (list, tuple, np.ndarray)):
            return [text for value in node for text in walk(value, key)]
        return [node] if isinstance(node, str) and key in ("text", "name", "hovertemplate", "ticktext", "customdata") else []

    return set(walk(picture.to_plotly_json()))


def untranslated():
    return {(name, text) for name, drawn in pictures().items() for picture in drawn for text in written(picture) if _has_letters(bare(text))}


def test_every_word_on_a_picture_is_translated():
    with marked():
        assert untranslated() == set()
        page = SortableTable(pd.DataFrame({"0": [1]}).style, "a")._repr_html_()
        table = tables_as_html([{"title": "0", "step": 2, "text": "0\n1"}])
    assert 'button.title = "«sort by this column»"' in page and '"«name»"' in page
    drawing = {name for name, parameters in _drawing().items() if name.startswith(("plot_", "draw_")) or any(is_asked for _, is_asked in parameters)}
    assert 'aria-label="«Table of numbers»"' in table and not _has_letters(bare(re.sub("<[^>]*>", "", table))), table
    assert drawing == {*pictures(), "tables_as_html"}, "each function that draws has a picture here"


def test_a_word_that_no_catalogue_holds_is_noticed():
    missing = "MCC on validation", "hidden state", "read as", "cannot tell", "SAMPLE, not the real corpus", "word SVM"
    with marked(*missing):
        found = {name: text for name, text in sorted(untranslated())}
    assert found.keys() == {"plot_history", "draw_lstm", "plot_explanation", "plot_forest", "plot_memory", "stamp", "plot_benchmark"}, found


class Whatever:
    "Fits any place of an explanation."

    def __format__(self, form):
        return "0"

    def __repr__(self):
        return "0"


Odd = type("", (Exception,), {})  # an error without a name


def _said(one):
    "All that a student may read about an exercise."
    out = io.StringIO()

    def outcome(judge, answer=1):
        exercise("own-marked", kind=one.kind, hints=one.hints, mistakes=one.mistakes, right=one.right, claim=one.claim, came_true=one.came_true and bool)(judge)
        return repr(check("own-marked", answer))

    def fail(answer, error):
        raise error

    said = [outcome(lambda answer: None), outcome(lambda answer: None, ...), *(outcome(lambda answer: fail(answer, error)) for error in (Unfinished(), Odd("0")))]
    for name, words in one.mistakes.items():
        facts = {place.partition(".")[0]: Whatever() for _, place, _, _ in _places(words)}
        said += [outcome(lambda answer: fail(answer, Mistake(name, **facts)))]
    said += [outcome(lambda answer: fail(answer, Mistake("no-number", kind=kind))) for kind in ("a 1", "none")]
    with contextlib.redirect_stdout(out):
        hint("own-marked"), hint("own-marked", 2)
        how_far("own-marked", "own-other")
    if one.claim:
        said += [repr(predict("own-marked", sure)) for sure in (..., "x", 2, 0.5)] + [outcome(lambda answer: None), repr(predict("own-marked", 0.1))]
    return [*said, re.sub("own-[a-z]*", "", out.getvalue())]


def test_every_word_of_every_check_is_translated():
    keep_predictions(None)
    with marked():
        found = {(one.id, text) for one in _exercises() for text in _said(one) if _has_letters(bare(text))}
        assert not found, found
        assert any("this is »«a »1«»" in text for text in _said(_exercises()[0]))
    one = _exercises()[0]
    with marked(one.hints[0], one.right, "You predicted nothing.", "a {kind}"):
        found = [text for text in _said(one) if _has_letters(bare(text))]
        assert any(one.hints[0] in text for text in found) and any(one.right in text for text in found)
    forget_outcomes()
    keep_predictions(None)


def test_every_paragraph_of_a_sheet_is_translated():
    with marked():
        sheets = [read_sheet(path) for path in solved_sheets()]
        words = ["".join(cell["source"]) for sheet in sheets for cell in edition(sheet, False)["cells"] if cell["cell_type"] == "markdown"]
        assert not [text for text in words if _has_letters(bare(re.sub(r"(?<=hint\(\"»)[a-z0-9-]+", "", text)))]
        lines = [line for line in rubric(sheets).splitlines() if not line.startswith("### ")]
        assert not [line for line in lines if _has_letters(bare(re.sub(r"(?<=»)[a-z0-9-]+(?=«\*)", "", line)))]


def _prose(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def test_the_book_can_be_had_in_another_language():
    chapter = [_prose("# A small chapter\n\nThe *first* paragraph."), _prose("- one\n- two"), "1 + 1"]
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(book, "_modules", lambda: ["spam_rnn.translation"]):
        root, words = Path(folder) / "root", Path(folder) / "words" / "es" / "LC_MESSAGES"
        shutil.copytree(Path(spam_rnn.__file__).parent.parent / "nbs" / "book", root / "nbs" / "book")
        for name, cells in {"index": [_prose("# A course\n\nBegin here.")], "00_small": chapter, "behind/room": [_prose("# A room\n\nMachinery.")]}.items():
            write_notebook(root / "nbs" / f"{name}.ipynb", cells)
        words.mkdir(parents=True)
        with contextlib.redirect_stderr(io.StringIO()):
            written = book.write_messages(Path(folder) / "pot", root)
            assert [path.name for path in written] == ["00_small.pot", "behind.pot", "index.pot", "more.pot", "reference.pot"]
            assert sorted(path.name for path in (Path(folder) / "pot").iterdir()) == [path.name for path in written]
            for path in written:
                catalogue = read_po(io.BytesIO(path.read_bytes()))
                for one in catalogue:
                    one.string = f"«{one.id}»" if one.id else one.string
                with (words / path.with_suffix(".po").name).open("wb") as file:
                    write_po(file, catalogue)
            with mock.patch.dict(os.environ, {"SPAM_RNN_LANGUAGE": "es", "SPAM_RNN_LOCALE": str(words.parent.parent)}):
                pages = book.build_book(Path(folder) / "out", root).parent
        page = (pages / "00_small.html").read_text(encoding="utf-8")
        for words in ('<html lang="es"', "«A small chapter»", "<p>«The <em>first</em> paragraph.»</p>", "«two»"):
            assert words in page, words
        assert "«Machinery.»" in (pages / "behind" / "room.html").read_text(encoding="utf-8")
        assert "«what to put there»" in (pages / "reference" / "spam_rnn.translation.html").read_text(encoding="utf-8")
