"""Exported from nbs/15_bad_input.ipynb: change it there, then export."""

import bz2
import collections
import contextlib
import csv
import decimal
import functools
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted, validate_data

from spam_rnn.assignment import Recipe, fit_recipe
from spam_rnn.classifier import SpamClassifier
from spam_rnn.cli import main
from spam_rnn.corpus import CorpusError, read_messages
from spam_rnn.exporting import raises



PLACES = ["the café", "the station", "Señora Núñez", "the old bridge", "gate 9", "our aunt's", "the pool", "the market"]
THINGS = ["lunch", "the key", "a walk", "two tickets", "the blue coat", "some bread", "practice", "a quiet hour"]
PRIZES = ["a boat", "£500", "ringtones", "a week in Rome", "the jackpot", "free minutes", "a new phone", "vouchers"]
HAM = [("ham", f"meet me at {place}, bring {thing}") for place, thing in zip(PLACES, THINGS)]
HAM += [("ham", f"I forgot {thing} again; was it near {place}?") for place, thing in zip(PLACES[::-1], THINGS)]
SPAM = [("spam", f"WINNER of {prize}! Reply now, code {i}77") for i, prize in enumerate(PRIZES)]
ROWS = [*HAM[:8], *SPAM, *HAM[8:]]


class Case(NamedTuple):
    "A file that something is wrong with, and what must happen."

    name: str
    content: bytes | None  # of the file; `None`: there is none
    kept: int | None = 24  # rows to use; `None`: the file is refused
    rejected: int = 0  # rows set aside
    says: str = ""  # stands in the reason or the error
    training: str = ""  # where reading goes well and training cannot: stands in its error
    pos_label: str = "spam"
    path: str = "messages.csv"


def _tsv(rows=ROWS, head="", end="\n", delimiter="\t"):
    return head + "".join(f"{label}{delimiter}{text}{end}" for label, text in rows)


def _csv(rows=ROWS, head=("label", "text"), **options):
    written = io.StringIO()
    csv.writer(written, **{"lineterminator": "\n", **options}).writerows([head, *rows])
    return written.getvalue()


def _damaged(text, *changes):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode("utf-8", "surrogateescape")


_B = _tsv().encode()
_LONG = "long " * 400_000
FILES = [
    # what people's files suffer from most
    Case("no label column", _tsv([("id", "text"), *((str(i), t) for i, (_, t) in enumerate(ROWS))]).encode(), None, says="pos_label"),
    Case("no text column", "".join(f"{label}\n" for label, _ in ROWS).encode(), None, says="separators tried"),
    Case("text column has another name", _tsv(head="label\tcolour\n").encode(), None, says="no column for the text"),
    Case("two text columns", _csv([(*r, "x") for r in ROWS], ("label", "text", "message")).encode(), None, says="could all be the text"),
    Case("two label columns", _csv([(*r, r[0]) for r in ROWS], ("label", "text", "class")).encode(), None, says="could all be the label"),
    Case("separated by ^", _tsv(delimiter="^").encode(), None, says="separators tried"),
    Case("separated by blanks", _tsv(delimiter=" ").encode(), None, says="separators tried"),
    Case("a quote is never closed", _damaged(_csv(), ("ham,\"meet", "ham,\"\"meet")), 23, 1, "quote"),
    Case("a quote swallows whole rows", (_csv() + 'ham,"never closed\nham,all is fine\nspam,"\n').encode(), 25, 2, "quote"),
    Case("byte-order mark", b"\xef\xbb\xbf" + _B),
    Case("UTF-16", _tsv().encode("utf-16")),
    Case("Latin-1", _tsv().encode("latin-1")),
    Case("NUL in a text", _damaged(_tsv(), ("the café", "the\0café")), 23, 1, "NUL"),
    Case("NUL in a label", _damaged(_tsv(), ("ham", "h\0am")), 23, 1, "neither"),
    Case("line ends of three kinds", _tsv(ROWS[:8]).encode() + _tsv(ROWS[8:16], end="\r\n").encode() + _tsv(ROWS[16:], end="\r").encode()),
    Case("empty", b"", None, says="empty"),
    Case("header only", b"label,text\n", None, says="no field"),
    Case("ham only", _tsv(HAM).encode(), None, says="pos_label"),
    Case("spam only", _tsv([(a, f"{t} {i}") for i in (1, 2) for a, t in SPAM]).encode(), 16, training="two classes"),
    Case("labels with blanks and capitals", _damaged(_tsv(), ("ham\t", " Ham \t"), ("spam\t", "SPAM\u00a0\t"), ("ham\t", "HAM\t"))),
    Case("unknown labels", (_tsv() + "eggs\twith bacon\nsmishing\tclick\n").encode(), 24, 2, "neither 'spam' nor 'ham'"),
    Case("a folder", None, None, says="is a folder", path="."),
    Case("a binary", bytes(range(256)) * 40, None, says="not a text file"),
    Case("a huge line", (_tsv() + f"ham\t{_LONG}\n").encode(), 25),
    Case("gzip", gzip.compress(_B), None, says="gzip"),
    # how it is encoded
    Case("UTF-16 without a mark", _tsv().encode("utf-16-le")),
    Case("UTF-16, the other byte first", b"\xfe\xff" + _tsv().encode("utf-16-be")),
    Case("UTF-16 that breaks off", _tsv().encode("utf-16")[:-1], None, says="breaks off"),
    Case("UTF-32", _tsv().encode("utf-32")),
    Case("Windows quotes", _tsv([*ROWS, ("ham", "don’t")]).encode("cp1252"), 25),
    Case("one row is not UTF-8", _B + b"ham\tna\xefve\n", 24, 1, "not UTF-8"),
    Case("one row is not UTF-8, under a mark", b"\xef\xbb\xbf" + _B + b"ham\tna\xefve\n", 24, 1, "not UTF-8"),
    Case("half a surrogate pair", _B + b"ham\thi \xed\xa0\xbd\n", 24, 1, "not UTF-8"),
    Case("nothing but blanks", b" \r\n\t\n" * 9, None, says="empty"),
    Case("nothing but NULs", bytes(4096), None, says="empty"),
    Case("an end-of-file mark from DOS", _B + b"\x1a", 24, 1, "missing"),
    # what it really is
    Case("zip, so also xlsx", b"PK\x03\x04" + _B, None, says="zip"),
    Case("bzip2", bz2.compress(_B), None, says="bzip2"),
    Case("xz", lzma.compress(_B * 50), None, says="xz"),
    Case("Parquet", b"PAR1" + _B, None, says="Parquet"),
    Case("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), None, says="not a text file"),
    Case("a web page", b"<!doctype html>\n<html><body>Not found</body></html>\n", None, says="separators tried"),
    Case("JSON Lines", "".join(f'{{"label": "{a}", "text": "x"}}\n' for a, _ in ROWS).encode(), None, says="JSON"),
    # where it is
    Case("no such file", None, None, says="does not exist", path="none.csv"),
    Case("a name too long", None, None, says="cannot be read", path="n" * 5000),
    Case("a name with a NUL", None, None, says="cannot be read", path="a\0b"),
    # how its columns stand
    Case("text before label", _csv([r[::-1] for r in ROWS], ("text", "label")).encode()),
    Case("no header", _csv(ROWS[1:], ROWS[0]).encode()),
    Case("header in Spanish capitals", _tsv(head=" ETIQUETA \tTEXTO\n").encode()),
    Case("empty columns at the end", _csv([(*r, "", "") for r in ROWS], ("v1", "v2", "", "")).encode()),
    Case("a column of numbers before", _csv([(i, *r) for i, r in enumerate(ROWS)], ("id", "label", "text")).encode()),
    Case("semicolons", _csv(delimiter=";").encode()),
    Case("vertical bars", _tsv(delimiter="|").encode()),
    Case("everything in quotes", _csv(quoting=csv.QUOTE_ALL).encode()),
    Case("the line sep=;", b"sep=;\n" + _csv(delimiter=";").encode(), 24, 2, "missing"),
    Case("blank lines before the header", b"\n\n" + _csv().encode(), 24, 2, "blank"),
    Case("the header comes again", (_csv() + "label,text\n").encode(), 24, 1, "neither"),
    Case("two files in one, each with a mark", b"\xef\xbb\xbf" + _B + b"\xef\xbb\xbf" + _B, 48),
    Case("too many fields", (_csv([r[::-1] + ("",) for r in ROWS], ("text", "label", "note")) + "a,b,c,d,e\n").encode(), 24, 1, "5 fields"),
    Case("too few fields", (_tsv() + "ham\nspam\n").encode(), 24, 2, "the text is missing"),
    Case("the label stands only inside a text", b'label,text\nham,"a,spam,b"\nham,"c, d"\n', None, says="no field"),
    Case("a thousand fields", (_tsv() + "ham" + "\tx" * 1000 + "\n").encode(), 25),
    # what stands in the rows
    Case("no line end at the end", _B.rstrip(b"\n")),
    Case("blank lines between", _B.replace(b"\n", b"\n\n"), 24, 23, "blank"),
    Case("a label is missing", (_tsv() + "\thello\n").encode(), 24, 1, "the label is missing"),
    Case("line ends in quotes", _csv([*ROWS, ("ham", "one\ntwo\n\nthree")]).encode(), 25),
    Case("doubled quotes", _csv([*ROWS, ("ham", 'he said "no", twice')]).encode(), 25),
    Case("150,000 characters in quotes", _csv([*ROWS, ("ham", "so, " * 40_000)]).encode(), 25),
    Case("line ends that only Unicode knows", _csv([*ROWS, ("ham", "a\u2028b\x0bc\x0cd\x85e")]).encode(), 25),
    Case("texts without letters", (_tsv() + "ham\t?!\nham\t☂️☂️\nham\t123\n").encode(), 27),
    Case("a text that is a label", (_tsv() + "ham\tspam\nspam\tham\n").encode(), 26),
    Case("the same text again and again", (_tsv() + "ham\tsee you\nspam\tsee you\n" * 12).encode(), 48),
    Case("labels 1 and 0", _tsv([("1" if a == "spam" else "0", t) for a, t in ROWS]).encode(), pos_label="1"),
    Case("another label for spam than said", _tsv([("junk" if a == "spam" else a, t) for a, t in ROWS]).encode(), None, says="'ham'"),
    Case("a blank for pos_label", _B, None, says="pos_label", pos_label=" "),
    Case("one spam message", _tsv([*HAM, SPAM[0]]).encode(), 17),
    Case("nine rows", _tsv([*HAM[:5], *SPAM[:4]]).encode(), 9, training="too few"),
    Case("one row", b"spam\twin\n", 1, training="too few"),
    Case("no row is whole", b"spam\t\nham\t\n", None, says="the text is missing"),
]


def _each(cases):
    "For pytest, a test of each case, under its name; in a notebook, all of them in one call."

    def decorate(test):
        if __name__ != "__main__":  # not a notebook
            import pytest

            return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)(test)

        @functools.wraps(test)
        def run():
            for case in cases:
                try:
                    test(case)
                except BaseException as error:
                    error.add_note(f"case: {case.name}")
                    raise

        return run

    return decorate


def _run(*arguments):
    "Run the program in this process: its exit code, and what it wrote to standard output and standard error."
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    before, code = sys.argv, 0
    sys.argv = ["spam-rnn", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            main()
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        sys.argv = before
    for stream in streams:
        stream.flush()
    return code, *(stream.buffer.getvalue().decode("utf-8") for stream in streams)


def _says(error, path, *words):
    "Whether an error is one sentence that names the file and holds these words."
    named = str(path) in error or repr(str(path)) in error
    return named and len(error.strip().splitlines()) == 1 and all(word in error for word in words)


@functools.cache
def _model():
    "A small classifier that has learned the twenty-four messages, and the folder that it is saved in."
    folder = tempfile.TemporaryDirectory()
    labels, texts = zip(*ROWS)
    classifier = SpamClassifier(embedding_size=8, hidden_size=8, epochs=20, learning_rate=0.02, word_dropout=0.0)
    classifier.fit(texts, labels, validation=(texts, labels)).save(Path(folder.name) / "model")
    return classifier, Path(folder.name) / "model", folder


@_each(FILES)
def test_a_bad_file_is_read_or_refused_from_python(case):
    with tempfile.TemporaryDirectory() as folder:
        path = _put(case, folder)
        if case.kept is None:
            error = str(raises(ValueError, read_messages, path, case.pos_label))
            assert _says(error, path, case.says), error
            return
        reading = read_messages(path, case.pos_label)
        counts = len(reading.messages), len(reading.rejected), reading.rows_read
        assert counts == (case.kept, case.rejected, case.kept + case.rejected), reading.rejected
        assert case.says in " ".join(reading.rejected.reason)
        if case.kept >= len(ROWS):
            assert {text for _, text in ROWS} <= set(reading.messages.text)  # to the letter
        if case.training:
            recipe = Recipe(corpus={"name": path}, classifier=SpamClassifier(pos_label=case.pos_label))
            assert case.training in str(raises(ValueError, fit_recipe, recipe, pos_label=case.pos_label))


@_each(FILES)
def test_a_bad_file_is_read_or_refused_on_the_command_line(case):
    with tempfile.TemporaryDirectory() as folder:
        path, out = _put(case, folder), Path(folder) / "out"
        options = ("--corpus", path, "--pos-label", case.pos_label, "--device", "cpu")
        code, printed, error = _run("train", *options, "--out", out)
        if case.kept is not None and not case.training:
            assert code == 0 and (out / "classifier.json").is_file(), error
        else:
            assert code == 1 and not printed and _says(error, path, case.training or case.says), error
            assert not out.exists()  # nothing half-done
            again = _run("report", *options, "--out", out)
            assert again == (code, printed, error) and not out.exists()
            code, printed, error = _run("evaluate", "--model", _model()[1], *options)
            if case.kept is None:
                assert code == 1 and not printed and _says(error, path, case.says), error
                return
        accounts = f"{case.kept + case.rejected:,} rows read, {case.kept:,} kept, {case.rejected:,} rejected"
        assert code == 0 and accounts in printed and case.says in printed, printed + error
        assert "Traceback" not in error and "Warning" not in error, error


def _put(case, folder):
    path = Path(folder) / case.path
    if case.content is not None:
        path.write_bytes(case.content)
    return path


class Message(NamedTuple):
    "What somebody passes to `predict`, and what must happen."

    name: str
    texts: Any
    says: str | None = None  # stands in the error; `None`: it is answered


TEXTS = {
    "empty": "",
    "blanks": " \t  ",
    "punctuation": "?!... --- ;)",
    "digits": "0800 123 4567",
    "emoji": "😀🎉👨‍👩‍👧 🏳️‍🌈",
    "right to left": "שלום, מה שלומך? مرحبا",
    "combining marks": "e\u0301 n\u0303 a\u0308 Z" + "\u0315\u033d" * 500,
    "100,000 words": "win a prize " * 33_334,
    # of our own
    "half a surrogate pair": "hi \ud83d there",
    "zero-width characters": "w\u200bi\u200cn\u2060 \ufeff",
    "a word of 100,000 letters": "w" * 100_000,
    "control characters": "a\x07b\x1b[2Jc\x7f\x9b31m",
    "NUL": "win\0prize",
    "line ends of all kinds": "a\nb\r\nc\rd\u2028e\x0bf",
    "tabs": "ham\t0.0\tnot a column",
    "entities in entities": "&amp;" * 20_000 + "lt;",
    "entities that are none": "&#xD800; &#0; &#99999999999; &bogus; &",
    "an option": "--help",
    "a minus": "-",
    "a path": "../../etc/passwd",
    "places to fill in": "%s %d {0} {} ${HOME}",
    "a script": "<script>alert('1')</script>; DROP TABLE sms;--",
    "right-to-left override": "\u202etxet\u202c",
    "blanks of other kinds": "\u00a0\u3000\u2003",
    "no blanks at all": "免费赢取大奖立即回复",
    "digits of other scripts": "٠١٢٣ ०१२३ 𝟘𝟙𝟚 ½ ²",
    "letters in disguise": "ＷＩＮ 𝐰𝐢𝐧 ⓦⓘⓝ wіn",
    "capitals that grow": "İSTANBUL ﬃ ŒUVRE",
    "names of our own tokens": "<pad> <unk> <pad>",
    "the word None": "None",
    "the word nan": "nan",
    "nobody's words": "qwrtz plmkn vbxcy",
    "noncharacters": "\uffff\ufffe\U0010ffff",
    "NumPy's text": np.str_("win a boat"),
}
NO_TEXTS = [
    None, float("nan"), 7, 3.5, b"bytes", True, pd.NA, pd.NaT, np.float64(1), np.bytes_(b"a"), np.datetime64("2026-01-01"),
    bytearray(b"a"), ["a"], ("a", "b"), {"text": "a"}, {"a"}, np.array("a"), np.array(["a"]), decimal.Decimal(1), Path("a"),
    object(), str, pd.Series(["a"]), (letter for letter in "a"),
]  # fmt: skip
TWO = ["win a boat", "see you at six"]
MESSAGES = [
    *(Message(name, [text]) for name, text in TEXTS.items()),
    *(Message(f"{type(x).__name__} for a text", ["hi", x], "row 1 ") for x in NO_TEXTS),
    # the collection itself
    Message("no message", []),
    Message("a tuple", tuple(TWO)),
    Message("a generator", functools.partial(iter, TWO)),
    Message("a deque", collections.deque(TWO)),
    Message("an array", np.array(TWO)),
    Message("an array of objects", np.array(TWO, dtype=object)),
    Message("an array of NumPy's texts", np.array(TWO, dtype=np.dtypes.StringDType())),
    Message("a Series with an index of its own", pd.Series(TWO, index=[7, 7])),
    Message("an Index", pd.Index(TWO)),
    Message("a column of categories", pd.Series(TWO, dtype="category")),
    Message("a Series with a hole", pd.Series([*TWO, None]), "row 2 "),
    Message("an empty Series", pd.Series([], dtype=object)),
    Message("a single text", "win a boat", "[text]"),
    Message("single bytes", b"win", "[text]"),
    Message("nothing", None, "not NoneType"),
    Message("a number", 7, "not int"),
    Message("a table", pd.DataFrame({"text": TWO}), "its column of texts"),
    Message("a dict", dict.fromkeys(TWO, 0), "not dict"),
    Message("a set", set(TWO), "not set"),
    Message("an array without a dimension", np.array("a"), "list of texts"),
    Message("a column vector", np.array(TWO)[:, None], "row 0 "),
    Message("a list of lists", [TWO], "row 0 "),
    Message("an array of numbers", np.zeros((2, 2)), "row 0 "),
    Message("a function", len, "not builtin_function_or_method"),
]


@_each(MESSAGES)
def test_a_bad_message_is_answered_or_refused_from_python(case):
    classifier = _model()[0]
    texts = case.texts() if callable(case.texts) and case.says is None else case.texts
    if case.says is not None:
        for method in (classifier.predict, classifier.predict_proba, classifier.encode):
            error = str(raises(ValueError, method, texts))
            assert case.says in error and len(error.splitlines()) == 1, error
        assert case.says in str(raises(ValueError, clone(classifier).fit, texts, ["ham", "spam"]))
        return
    texts = list(texts)
    probability = classifier.predict_proba(texts)
    assert probability.shape == (len(texts), 2) and np.isfinite(probability).all()
    assert np.allclose(probability.sum(axis=1), 1) and len(classifier.predict(texts)) == len(texts)
    others = [*TWO, "", "win " * 300]
    mixed = classifier.predict_proba([*others, *texts, *others])[len(others) : len(others) + len(texts)]
    assert np.allclose(mixed, probability, atol=1e-6)


@_each([m for m in MESSAGES if m.name in TEXTS])
def test_an_odd_message_is_one_line_on_the_command_line(case):
    classifier, folder, _ = _model()
    code, printed, error = _run("predict", "--model", folder, "--", *case.texts)
    assert code == 0 and not error, error
    lines = printed.split("\n")
    assert len(lines) == 2 and lines[1] == ""
    label, probability, text = lines[0].split("\t")
    assert label == classifier.predict(case.texts)[0] and text.isprintable()
    assert probability == f"{classifier.predict_proba(case.texts)[0, 1]:.4f}"


def test_every_odd_message_can_be_learned_and_kept():
    texts = [*TEXTS.values(), *(text for _, text in ROWS)]
    labels = ["spam" if i % 2 else "ham" for i in range(len(texts))]
    classifier = SpamClassifier(embedding_size=4, hidden_size=4, epochs=1, max_length=20).fit(texts, labels)
    with tempfile.TemporaryDirectory() as folder:
        loaded = SpamClassifier.load(classifier.save(folder), device="cpu")
    assert (loaded.predict_proba(texts) == classifier.predict_proba(texts)).all()


def test_a_process_of_its_own_tells_errors_in_one_sentence():
    "What only a real terminal can do: bytes that are no text as an argument, and letters that it cannot show."
    arguments = [b"predict", b"--model", os.fsencode(_model()[1]), b"--", b"caf\xe9 \xff", "naïve ☂".encode()]
    program = [sys.executable, "-c", "from spam_rnn.cli import main; main()"]
    if os.name == "nt":  # there, arguments are always texts
        arguments = [os.fsdecode(argument) for argument in arguments if b"\xff" not in argument]
    environment = {**os.environ, "SPAM_RNN_OFFLINE": "1", "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*program, *arguments], capture_output=True, env=environment)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert all(line.count(b"\t") == 2 for line in done.stdout.splitlines()) and b"\\u2602" in done.stdout


class Labels(NamedTuple):
    name: str
    y: Any
    says: str | None = None
    options: dict = {}


_Y = np.array([label for label, _ in ROWS])
_ONES = (_Y == "spam").astype(int)
LABELS = [
    Labels("a list", _Y.tolist()),
    Labels("a Series", pd.Series(_Y)),
    Labels("categories", pd.Series(_Y, dtype="category")),
    Labels("0 and 1", _ONES),
    Labels("0.0 and 1.0", _ONES.astype(float)),
    Labels("-1 and 1", 2 * _ONES - 1),
    Labels("false and true", _ONES.astype(bool)),
    Labels("whole numbers that may be missing", pd.Series(_ONES, dtype="Int64")),
    Labels("nothing", None, "y is None"),
    Labels("too few", _Y[:-1], "24 texts and 23 labels"),
    Labels("a table", np.stack([_Y, _Y], axis=1), "1d array"),
    Labels("a single label", "spam", "y should be a 1d array"),
    Labels("a hole", [None, *_Y[1:]], "row 0 has no label"),
    Labels("not a number", [*_ONES[:-1], float("nan")], "row 23 has no label"),
    Labels("one class", ["ham"] * 24, "two classes"),
    Labels("three classes", ["Spam", *_Y[1:], "Ham"][:24], "two classes"),
    Labels("quantities", np.linspace(0, 1, 24), "continuous"),
    Labels("weights: too few", _Y, "sample_weight", {"sample_weight": [1.0]}),
    Labels("weights: negative", _Y, "sample_weight", {"sample_weight": [-1.0] * 24}),
    Labels("weights: not finite", _Y, "sample_weight", {"sample_weight": [float("inf")] * 24}),
    Labels("weights: all zero", _Y, "sample_weight is zero", {"sample_weight": [0.0] * 24}),
    Labels("weights: one class left", _Y, "two classes", {"sample_weight": 1.0 - _ONES}),
    Labels("validation: none", _Y, "validation", {"validation": ([], [])}),
    Labels("validation: other labels", _Y, "validation", {"validation": (["hi"], ["Ham"])}),
    Labels("validation: too few", _Y, "2 texts and 1 labels", {"validation": (["hi", "ho"], ["ham"])}),
]


def _tiny(**options):
    return SpamClassifier(**{"embedding_size": 4, "hidden_size": 4, "epochs": 1, "random_state": 0, **options})


@_each(LABELS)
def test_bad_labels_and_weights_are_named(case):
    texts = [text for _, text in ROWS]
    if case.says:
        error = str(raises(ValueError, _tiny().fit, texts, case.y, **case.options))
        assert case.says in error, error
    else:
        classifier = _tiny().fit(texts, case.y)
        assert set(classifier.predict(texts)) <= set(classifier.classes_.tolist())
        assert classifier.classes_.tolist() == sorted(set(np.asarray(case.y).tolist()))


def test_a_column_vector_is_taken_with_a_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _tiny().fit([text for _, text in ROWS], _Y[:, None])
    assert [w.category for w in caught] == [DataConversionWarning]


def test_every_parameter_is_checked():
    "Whatever keywords there are: nonsense in any of them is an error in `fit`, not before, and names keyword and value."
    texts = [text for _, text in ROWS]
    for name in SpamClassifier().get_params():
        for value in (object(), float("nan"), -1, "no such value", [[]]):
            classifier = _tiny(**{name: value})
            error = str(raises(ValueError, classifier.fit, texts, _Y))
            assert name in error and repr(value) in error, (name, value, error)
    assert "class_weight" in str(raises(ValueError, _tiny(class_weight={"Spam": 10}).fit, texts, _Y))
    assert "class_weight" in str(raises(ValueError, _tiny(class_weight={"spam": -1}).fit, texts, _Y))
    assert "vocabulary" in str(raises(ValueError, _tiny(vocabulary=["win", "win"]).fit, texts, _Y))
    assert "meta" in str(raises(ValueError, _tiny(device="meta").fit, texts, _Y))


def test_a_weight_of_zero_leaves_a_message_out():
    texts = [text for _, text in ROWS] * 2
    labels, weight = np.concatenate([_Y, _Y[::-1]]), np.repeat([1.0, 0.0], 24)
    left_out, weighted = _tiny().fit(texts[:24], _Y), _tiny().fit(texts, labels, weight)
    assert (left_out.predict_proba(texts) == weighted.predict_proba(texts)).all()


def test_few_messages_or_copies_of_one_are_learned_all_the_same():
    for texts, labels in ((["win", "see you"], ["spam", "ham"]), (["win now"] * 30, _Y.tolist() + ["ham"] * 6)):
        assert _tiny().fit(texts, labels).predict_proba(texts).shape == (len(texts), 2)
    error = raises(ValueError, _tiny(threshold="validation").fit, ["win", "see you"], ["spam", "ham"])
    assert "validation" in str(error)
    for method in ("predict", "predict_proba", "encode"):
        raises(NotFittedError, getattr(_tiny(), method), ["hi"])


class Rows(SpamClassifier):
    "Reads a row of numbers as a text such as `a3 b9`: the column, and the tenth of the training values that it lies in."

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = False, False, True
        return tags

    def fit(self, X, y=None, sample_weight=None):
        X = validate_data(self, X)
        self.edges_ = np.quantile(X, np.arange(1, 10) / 10, axis=0)
        return super().fit(self._texts(X), y, sample_weight)

    def predict(self, X):
        return super().predict(self._checked(X))

    def predict_proba(self, X):
        return super().predict_proba(self._checked(X))

    def _checked(self, X):
        check_is_fitted(self)
        return self._texts(validate_data(self, X, reset=False))

    def _texts(self, X):
        tenths = [np.searchsorted(edges, column) for edges, column in zip(self.edges_.T, X.T)]
        return [" ".join(f"column{i}tenth{tenth}" for i, tenth in enumerate(row)) for row in np.array(tenths).T]


EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": "a message of weight two is not two messages: it takes one place in a "
    "shuffled batch and not two (a weight of zero is the same as no message: tested above)",
}
SKIPPED = {"check_array_api_input": "runs only where SCIPY_ARRAY_API is set, and texts are no arrays of numbers"}


@functools.cache
def _examined():
    classifier = Rows(
        digits="keep", cell="rnn", bidirectional=False, pooling="mean", embedding_size=8, hidden_size=4, epochs=10, learning_rate=0.03
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        checks = check_estimator(classifier, expected_failed_checks=EXPECTED_FAILURES, on_fail=None, on_skip=None)
    return pd.DataFrame(checks)[["check_name", "status", "exception"]]


def test_scikit_learn_examines_the_classifier():
    checks = _examined()
    failed = checks[checks.status == "failed"]
    assert failed.empty, failed.to_dict("records")
    assert set(checks.check_name[checks.status == "xfail"]) == set(EXPECTED_FAILURES)  # none is excused for nothing
    assert set(checks.check_name[checks.status == "skipped"]) <= set(SKIPPED)
    assert (checks.status == "passed").sum() >= 60


def test_tools_of_scikit_learn_take_the_classifier():
    labels, texts = map(np.array, zip(*(ROWS * 2)))
    for X, y in ((texts.tolist(), labels.tolist()), (pd.Series(texts), pd.Series(labels)), (texts, (labels == "spam") * 1)):
        assert cross_val_score(_tiny(), X, y, cv=2).shape == (2,)
        search = GridSearchCV(_tiny(), {"cell": ["gru", "rnn"]}, cv=2).fit(X, y)
        assert search.best_params_["cell"] in ("gru", "rnn") and len(search.predict(X)) == len(X)
        calibrated = CalibratedClassifierCV(_tiny(), cv=2).fit(X, y)
        assert calibrated.predict_proba(X).shape == (len(X), 2)
    shout = FunctionTransformer(lambda X: [text.upper() for text in X])
    pipeline = make_pipeline(shout, _tiny(lowercase=False)).fit(texts, labels, spamclassifier__sample_weight=np.ones(48))
    assert all(token == token.upper() for token in pipeline[-1].vocabulary_.tokens[2:])
    assert VotingClassifier([("a", _tiny()), ("b", _tiny(cell="gru"))], voting="soft").fit(texts, labels).predict(texts).shape == (48,)
    assert clone(_tiny(cell="gru")).set_params(layers=2).get_params()["layers"] == 2
