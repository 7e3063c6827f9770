"""Exported from nbs/behind/tables_messages.ipynb and nbs/proofs/tables_messages.ipynb: change it there, then export."""

import bz2
import contextlib
import csv
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pandas as pd
from hypothesis import assume, given, settings, strategies as st

from spam_rnn.authoring.testing import each, needs_corpus, raises
from spam_rnn.cli import main
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.messages import GuessedEncoding, read_messages
from spam_rnn.tables.reading import open_table


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
    Case("header only", b"label,text\n", None, says="holds a header and no messages"),
    Case("header and blank lines", b"label,text\n\n \n", None, says="holds a header and no messages"),
    Case("ham only", _tsv(HAM).encode(), None, says="pos_label"),
    Case("spam only", _tsv([(a, f"{t} {i}") for i in (1, 2) for a, t in SPAM]).encode(), 16),
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
    Case("a web page", b"<!doctype html>\n<html><body>Not found</body></html>\n", None, says="perhaps a page that came instead of the file"),
    Case("JSON Lines", "".join(json.dumps({"label": a, "text": t}) + "\n" for a, t in ROWS).encode()),
    Case("JSON, all in one", json.dumps([{"label": a, "text": t} for a, t in ROWS]).encode()),
    Case("JSON that breaks off", json.dumps([{"label": a, "text": t} for a, t in ROWS]).encode()[:-9], None, says="is not whole"),
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
    Case("nine rows", _tsv([*HAM[:5], *SPAM[:4]]).encode(), 9),
    Case("one row", b"spam\twin\n", 1),
    Case("no row is whole", b"spam\t\nham\t\n", None, says="the text is missing"),
]


def _says(error, path, *words):
    "Whether an error is one sentence that names the file and holds these words."
    named = str(path) in error or repr(str(path)) in error
    return named and len(error.strip().splitlines()) == 1 and all(word in error for word in words)


def _put(case, folder):
    path = Path(folder) / case.path
    if case.content is not None:
        path.write_bytes(case.content)
    return path


def _scored(path, text_column=None):
    "Line → text, of all rows that can be scored."
    with open_table(path, text_column) as table:
        return {
            row.number: row.values[table.text_at] for chunk in table.chunks for row in chunk.rows if row.reason is None
        }


@each(FILES)
def test_a_bad_file_is_read_or_refused(case):
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
        assert reading.messages.text.to_dict().items() <= _scored(path).items()


def _main(*arguments):
    "Run the program in this process: its exit status, and what it wrote to standard output and standard error."
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    code = 0
    with mock.patch.object(sys, "argv", ["spam-rnn", *map(str, arguments)]):
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            try:
                main()
            except SystemExit as stop:
                code = stop.code or 0
    for stream in streams:
        stream.flush()
    return code, *(stream.buffer.getvalue().decode("utf-8") for stream in streams)


TOO_LITTLE = {"spam only": "two classes", "nine rows": "too few", "one row": "too few"}  # read well, but nothing to learn from


@each(FILES)
def test_a_bad_file_is_read_or_refused_on_the_command_line(case):
    with tempfile.TemporaryDirectory() as folder:
        path, out = _put(case, folder), Path(folder) / "out"
        options = ("--corpus", path, "--pos-label", case.pos_label, "--device", "cpu")
        code, printed, error = _main("train", *options, "--out", out)
        if case.kept is None or case.name in TOO_LITTLE:
            last = error.strip().splitlines()[-1]
            assert code == 1 and _says(last, path, TOO_LITTLE.get(case.name, case.says)), error
            assert bool(printed) == (case.name in TOO_LITTLE) and not out.exists()  # its rows are counted; nothing is half-done
            assert _main("report", *options, "--out", out)[2].strip().splitlines()[-1] == last and not out.exists()
        else:
            rows = f"{case.kept + case.rejected:,} rows read, {case.kept:,} kept, {case.rejected:,} rejected"
            assert code == 0 and rows in printed and case.says in printed and (out / "classifier.json").is_file(), error
            assert "Traceback" not in error and "Warning" not in error, error


SEEN = [("ham", "see you at six"), ("spam", "win a boat")]


class Right(NamedTuple):
    "A file, and what must come out: labels and texts."

    name: str
    content: str | bytes
    messages: list = SEEN
    rejected: int = 0
    options: dict = {}
    path: str = "messages.csv"


RIGHT = [
    Right("a column called spam", "text,spam\nsee you at six,0\nwin a boat,1\nok then,0", [*SEEN, ("ham", "ok then")]),
    Right("a column called is_spam", "is_spam;text\nFALSE;see you at six\nTRUE;win a boat\n"),
    Right("a column called spam, headed by an id", "id,spam,text\n1,no,see you at six\n2,yes,win a boat\n"),
    Right("another column is called type", "id,type,text,verdict\n1,sms,see you at six,ham\n2,sms,win a boat,spam"),
    Right("another column is called category", "category,text,answer\nmobile,see you at six,ham\nmobile,win a boat,spam"),
    Right("unquoted separators, label last", "text,label\nHi, see you,ham\nOk, at six,ham\nWin, now,spam",
          [("ham", "Hi, see you"), ("ham", "Ok, at six"), ("spam", "Win, now")]),
    Right("unquoted separators, label first", "label;text\nham;Hi; see you\nspam;Win; now; or never",
          [("ham", "Hi; see you"), ("spam", "Win; now; or never")]),
    Right("unquoted separators between others", "id,type,text,label\n1,sms,Hi, see you,ham\n2,sms,Win, now,spam\n3,sms,ok,ham\n4,sms,no,ham\n",
          [("ham", "Hi, see you"), ("spam", "Win, now"), ("ham", "ok"), ("ham", "no")]),
    Right("a separator in a note or in a text", "text,label,note\nHi, you,ham,ok\nok,ham,so, so\nwin,spam,a\nno,ham,b\nyes,ham,c\n",
          [("ham", "Hi, you"), ("spam", "win"), ("ham", "no"), ("ham", "yes")], 1),
    Right("rows end in a separator", "text,label\nsee you at six,ham,\nwin a boat,spam,"),
    Right("rows and header end in separators", "text;label;;\nsee you at six;ham;;\nwin a boat;spam;;"),
    Right("one row ends in a separator", "text,label\nsee you at six,ham,\nwin a boat,spam"),
    Right("a text that ends in a separator", "label,text\nham,see you at six,\nspam,win a boat", [("ham", "see you at six,"), SEEN[1]]),
    Right("texts that spilled into unnamed columns", 'v1,v2,,,\nham,see you at six,,,\nspam,"win, now",call,"a, b",\n',
          [SEEN[0], ("spam", "win, now,call,a, b")]),
    Right("no header, and rows end in a separator", "see you at six,ham,\nwin a boat,spam,"),
    Right("backslash quotes", '"he said \\"no\\", ok",ham\n"win, now",spam\n', [("ham", 'he said "no", ok'), ("spam", "win, now")]),
    Right("backslash quotes, with a header", 'text,label\n"he said \\"no\\", ok",ham\nwin,spam\n', [("ham", 'he said "no", ok'), ("spam", "win")]),
    Right("a backslash that somebody typed", 'text,label\n"look, c:\\new",ham\nwin :-\\ now,spam\n', [("ham", "look, c:\\new"), ("spam", "win :-\\ now")]),
    Right("a backslash that may mean two things", "text,label\nlook at \\\\server,ham\nwin a boat,spam\n", SEEN[1:], 1),
    Right("a blank behind a quote", 'text,label\n"no, thanks" ,ham\n"win, now",spam\n', [("ham", "no, thanks"), ("spam", "win, now")]),
    Right("a blank before a quote", 'label, text\nham, "no, thanks"\nspam, "win, now"\n', [("ham", "no, thanks"), ("spam", "win, now")]),
    Right("a blank before a text", "label,text\nham, no thanks\nspam,win a boat\n", [("ham", " no thanks"), SEEN[1]]),
    Right("single quotes protect", "text,label\n'it''s six, ok',ham\n'win, now',spam\n", [("ham", "it's six, ok"), ("spam", "win, now")]),
    Right("single quotes protect a text that looks quoted itself", "label,text\nham,'\n\",\"\n'\nspam,win a boat\n", [("ham", '\n","\n'), SEEN[1]]),
    Right("single quotes are apostrophes", "text,label\n'tis six, ok,ham\nit's 'now', or never,spam\n",
          [("ham", "'tis six, ok"), ("spam", "it's 'now', or never")]),
    Right("quotes or apostrophes, nobody can know", "text,label\n'it''s six',ham\nwin a boat,spam\n", SEEN[1:], 1),
    Right("single quotes around everything", "'text','label'\n'it''s six','ham'\n'win a boat','spam'\n", [("ham", "it's six"), SEEN[1]]),
    Right("everything in quotes, none needed", '"label"\t"text"\n"ham"\t"see you at six"\n"spam"\t"win a boat"\n'),
    Right("a lone CR in a text", "text,label\nsee you\rat six,ham\nwin a boat,spam", [("ham", "see you\rat six"), SEEN[1]]),
    Right("a lone CR in a text behind its label", "ham\tsee you\rat six\nspam\twin a boat\n", [("ham", "see you\rat six"), SEEN[1]]),
    Right("a lone CR in quotes", 'label,text\nham,"see you,\rat six"\nspam,win a boat', [("ham", "see you,\rat six"), SEEN[1]]),
    Right("CR alone ends lines", "label,text\rham,see you at six\rspam,win a boat\r"),
    Right("CRLF ends lines, LF stands in a text", 'label,text\r\nham,"see\nyou"\r\nspam,win a boat\r\n', [("ham", "see\nyou"), SEEN[1]]),
    Right("CP1252 with semicolons", "text;label\nSeñor, £5;ham\n“win” €;spam\n".encode("cp1252"), [("ham", "Señor, £5"), ("spam", "“win” €")]),
    Right("UTF-16 without a mark", "ham\tsee you at six\nspam\twin a boat\n".encode("utf-16-be")),
    Right("UTF-16 without a mark, in Hindi", "ham\tआप कैसे हैं\nspam\tनाव जीतो\n".encode("utf-16-le"), [("ham", "आप कैसे हैं"), ("spam", "नाव जीतो")]),
    Right("no header, no suffix", "ham\tsee you at six\nspam\twin a boat\n", path="messages"),
    Right("no header, in a .txt file", "ham\tsee you at six\nspam\twin a boat\n", path="messages.txt"),
    Right("JSON Lines", '{"text": "see you at six", "label": "ham"}\n\n{"label": "spam", "text": "win a boat"}\n[1]\n{"label": "ham", "text": 7}\n', SEEN, 3, {}, "m.jsonl"),
    Right("JSON Lines with other labels", '{"text": "see you at six", "spam": false}\n{"spam": true, "text": "win a boat"}\n', path="m.json"),
    Right("names for the columns", "a,b,c\nx,see you at six,ham\ny,win a boat,spam\n", SEEN, 0, {"text_column": "b", "label_column": "C"}),
    Right("numbers for the columns", "x,see you at six,ham\ny,win a boat,spam\n", SEEN, 0, {"text_column": 1, "label_column": "2"}),
    Right("a label column that is not the usual one", "text,label,gold\nsee you at six,spam,ham\nwin a boat,spam,spam\n", SEEN, 0, {"label_column": "gold"}),
    Right("capitals and blanks in pos_label", "text,label\nsee you at six,OK\nwin a boat, Junk\n", [("OK", SEEN[0][1]), (" jUNK ", SEEN[1][1])], 0, {"pos_label": " jUNK "}),
    Right("a header in another language", "Nr;Inhalt;Urteil\n1;see you at six;ham\n2;win a boat;spam\n"),
]  # fmt: skip


@each(RIGHT)
def test_what_people_hit_is_read_right(case):
    with tempfile.TemporaryDirectory() as folder:
        content = case.content if isinstance(case.content, bytes) else case.content.encode()
        path = _put(case._replace(content=content), folder)
        reading = read_messages(path, **case.options)
        assert list(zip(reading.messages.label, reading.messages.text)) == case.messages, reading.rejected
        assert len(reading.rejected) == case.rejected and reading.rejected.reason.map(bool).all()
        assert reading.messages.text.to_dict().items() <= _scored(path, case.options.get("text_column")).items()


def test_what_nobody_can_know_is_refused_with_the_remedy():
    for content, options, words in (
        ("text,label\nsee you,ok\nwin,junk\nok,ok\n", {}, ("'junk'", "'ok'", "pos_label")),
        ("see you,ok\nwin,junk\nok,ok\n", {}, ("'junk'", "'ok'", "pos_label")),
        ('{"text": "see you", "label": 0}\n{"text": "win", "label": 1}\n', {}, ("'0'", "'1'", "pos_label")),
        ("text,label\nsee you,0\nwin,1\n", {}, ("'0'", "'1'", "pos_label")),
        ("a,b\nsee you,ham\nwin,spam\n", {"text_column": "body"}, ("no column 'body'", "0 ", "--text-column")),
        ("text,label\nsee you,ham\nwin,spam\n", {"label_column": 7}, ("no column 7", "1 'label'", "--label-column")),
        ("text,text,label\nsee you,x,ham\nwin,y,spam\n", {"text_column": "text"}, ("2 columns", "number")),
        ("ham,Ana,see you\nspam,Tom,win\n", {}, ("no header", "--text-column")),
        ("text,label\nsee you,ham\nwin,spam\n", {"text_column": "label", "label_column": "label"}, ("both",)),
        ("text,label\n'it''s six',ham\n'win a ''boat''',spam\n", {}, ("none of the rows with the label 'spam'", "row 3: an apostrophe", "double quotes around")),
        ("label,text\nham,see you\nspam,'don''t wait'\nspam,'you''ve won'\n", {}, ("none of the rows with the label 'spam'", "row 3: an apostrophe")),
        ("label,text\nok,see you\njunk,'spam or ''spam'''\njunk,win\n", {}, ("'junk'", "'ok'", "pos_label")),
    ):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "messages.csv"
            path.write_text(content, encoding="utf-8")
            error = str(raises(TableError, read_messages, path, **options))
            assert _says(error, path, *words), error


FOREIGN = {
    "cp1251": "привет, как дела? встретимся в шесть", "koi8-r": "привет, как дела? встретимся в шесть", "cp1253": "γεια σου, τι κάνεις; κέρδισε ένα σκάφος",
    "cp1255": "שלום, מה שלומך? זכית בפרס", "cp1256": "مرحبا، كيف حالك؟ فزت بجائزة", "cp874": "สวัสดีครับ คุณได้รับรางวัล",
    "gbk": "六点见，记得带钥匙。恭喜您中奖了", "big5": "六點見，記得帶鑰匙。恭喜您中獎了，請撥打電話", "shift_jis": "六時に会いましょう、鍵を持ってきてね", "euc-kr": "여섯시에 만나자, 당첨되셨습니다",
}  # fmt: skip
WESTERN = [
    "J'ai été très déçu, à l'hôpital où l'été passé, «ça va?» — cœur, œuvre", "Grüße aus München, schöne Äpfel für über öfter", "¡Señor Núñez! ¿Qué pasó mañana? año, niño",
    "não é então coração, você está atenção, ações, irmã", "má jeg få æbler på øen, ærø", "það er góður dagur, þú ert æði; ég fór út í búð", "hyvää päivää, älä tee sitä, yötyö, öö",
    "£5 “win” €100 … don’t — ‘a’ ½ ® ™ £££", "été, été, à Noël",
]  # fmt: skip


def test_an_encoding_from_elsewhere_is_refused_rather_than_read_as_nonsense():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages.csv"
        for encoding, text in FOREIGN.items():
            content = f"text,label\n{text},ham\nwin a boat,spam\n"
            path.write_bytes(content.replace("،", ";").replace("，", ";").encode(encoding))
            assert _says(str(raises(TableError, read_messages, path)), path, "Windows-1252", "save it again as UTF-8", "--encoding"), encoding
            assert read_messages(path, encoding=encoding).messages.label.tolist() == ["ham", "spam"]
            path.write_text(content, encoding="utf-8")
            assert len(read_messages(path).messages) == 2
        for text in WESTERN:
            path.write_bytes(f"label\ttext\nham\t{text}\nspam\twin a boat\n".encode("cp1252"))
            with warnings.catch_warnings(action="ignore"):  # that it is a guess
                assert read_messages(path).messages.text.tolist() == [text, "win a boat"]


NEIGHBOURS = {  # in Windows-1252 these are words without a sense, and nothing in the bytes says so
    "cp1254": ("yarın görüşürüz, ışığı kapat", "ýðþ"), "iso8859-9": ("iyi günler, İstanbul'dayım, şimdi gel", "Ýþ"), "cp1250": ("dziękuję, źle się czuję, śpij dobrze, przyjdź później", "êŸœ"),
    "cp1257": ("ačiū, pasimatysime šeštadienį", "ðèû"),
}  # fmt: skip


def test_a_guess_at_an_encoding_is_told_and_it_can_be_named():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages.csv"
        for encoding, (text, wrong) in NEIGHBOURS.items():
            path.write_bytes(f"text;label\n{text};ham\nwin a boat;spam\n".encode(encoding))
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                assumed = read_messages(path)
                known = read_messages(path, encoding=encoding)
            assert [warning.category for warning in caught] == [GuessedEncoding] and str(caught[0].message) == assumed.note
            assert known.messages.text.tolist() == [text, "win a boat"] and known.note == ""
            assert "\n" not in assumed.note and _says(assumed.note, path, "cp1252", "a guess", "--encoding", *wrong), assumed.note
            if encoding.startswith("cp125") and encoding != "cp1257":
                assert _says(assumed.note, path, *(sign for sign in text if not sign.isascii())), "what they would be there"
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le"):  # these can be known
            path.write_bytes("text;label\nyarın görüşürüz;ham\nwin a boat;spam\n".encode(encoding))
            for named in (None, encoding):
                reading = read_messages(path, encoding=named)
                assert reading.messages.text.tolist()[0] == "yarın görüşürüz" and reading.note == ""
        path.write_bytes("text;label\nwin a boat;spam\nsee you;ham\n".encode("ascii"))
        assert read_messages(path).note == read_messages(path, encoding="windows-1254").note == ""


def test_encodings_that_are_not_so_are_refused():
    turkish = "text;label\nyarın görüşürüz, ışık;ham\nwin a boat;spam\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages.csv"
        for name in ("turkish", "", "rot13", "undefined", "hex", "cp1254\0", 1254, "€"):
            path.write_text(turkish, encoding="utf-8")
            assert _says(str(raises(ValueError, read_messages, path, encoding=name)), repr(name), "cp1254", "--encoding"), name
        for written, named, words in (
            ("utf-16", "cp1254", ("mark of utf-16", "cp1254", "name no encoding")),
            ("utf-8-sig", "utf-16", ("mark of utf-8-sig",)),
            ("cp1254", "gbk", ("gbk does not know", "--encoding")),
            ("cp1254", "ascii", ("ascii does not know",)),
            ("cp1254", "utf-16", ("utf-16", "breaks off")),
        ):
            path.write_bytes(turkish.encode(written))
            error = str(raises(TableError, read_messages, path, encoding=named))
            assert _says(error, path, *words), error
        path.write_bytes(turkish.encode("cp1254"))
        assert read_messages(path, encoding="utf-8").rejected.reason.tolist() == ["the row is not UTF-8, as others in the file are"]







def _hash(texts):
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _folder():
    return Path(os.environ.get("SPAM_RNN_DATA", "none"))


@needs_corpus("uci")
def test_the_corpus_is_whole():
    reading = read_messages(_folder() / "SMSSpamCollection")
    assert reading.messages.label.value_counts().to_dict() == {"ham": 4827, "spam": 747} and reading.rejected.empty
    assert reading.messages.index.tolist() == list(range(1, 5575)) and reading.messages.index.name == "row"
    assert _hash(reading.messages.text) == "cb1a21fa1f223a5e"
    assert reading.sha256 == "7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d"
    assert _scored(_folder() / "SMSSpamCollection") == reading.messages.text.to_dict()


@needs_corpus("assignment")
def test_the_damaged_file_is_as_damaged_as_before():
    reading = read_messages(_folder() / "spam.csv")
    assert (len(reading.messages), reading.messages.index[0], reading.messages.index[-1]) == (5363, 2, 5575)
    assert reading.rejected.reason.value_counts().to_dict() == {
        "the label is neither 'spam' nor 'ham'": 207, "the label is missing": 1, "the text is missing": 1,
    }  # fmt: skip
    assert reading.rejected.index[:5].tolist() == [46, 57, 80, 203, 205]
    assert _hash(reading.messages.text.str.replace("\r", "\n")) == "b9957d919408d8d0"
    assert _hash(reading.rejected.raw) == "d63105118378840f"


def test_the_sample_is_whole():
    from importlib.resources import files

    reading = read_messages(str(files("spam_rnn") / "data" / "sample.tsv"))
    assert (len(reading.messages), len(reading.rejected), reading.messages.index[-1]) == (1229, 0, 1229)
    assert _hash(reading.messages.text) == "a228e6a036628ee7"


_SIGNS = "abw1 ,;\t|\"'\\\n\ré£’"
_TEXTS = st.text(st.sampled_from(_SIGNS), min_size=1, max_size=12).filter(lambda text: not text.endswith("\r"))
_TABLES = st.lists(st.tuples(st.sampled_from(["ham", "spam"]), _TEXTS), min_size=1, max_size=8)
_WRITERS = st.fixed_dictionaries(
    {
        "by": st.sampled_from(["csv", "pandas"]),
        "delimiter": st.sampled_from(",;\t|"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC, csv.QUOTE_NONE]),
        "quotechar": st.sampled_from("\"\"\"'"),
        "escapechar": st.sampled_from([None, None, "\\"]),
        "doublequote": st.booleans(),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)
_SHAPES = st.fixed_dictionaries(
    {
        "text_first": st.booleans(),
        "header": st.booleans(),
        "id": st.booleans(),
        "channel": st.booleans(),
        "note": st.booleans(),
        "trailing": st.sampled_from([0, 0, 1, 2]),
    }
)


def _columns(rows, text_first, header, id, channel, note, trailing):
    "The table as somebody may have it: a header, or not, and columns besides text and label."
    names = ["text", "label"] if text_first else ["label", "text"]
    body = [[text, label] if text_first else [label, text] for label, text in rows]
    for wanted, name, value in ((id, "id", lambda i: i + 100), (channel, "channel", lambda i: "sms")):
        if wanted:
            names, body = [name, *names], [[value(i), *row] for i, row in enumerate(body)]
    if note:
        names, body = [*names, "note"], [[*row, "to do" * (i % 2)] for i, row in enumerate(body)]
    names, body = [*names, *[""] * trailing], [[*row, *[""] * trailing] for row in body]
    return [names, *body] if header else body


def _written(table, encoding, by, **options):
    "The bytes that `csv` or pandas make of a table; `None` where they can't write it in this way."
    file = io.StringIO(newline="")
    try:
        if by == "csv":
            csv.writer(file, **options).writerows(table)
        else:
            pandas_options = {"sep": options.pop("delimiter"), **options}
            pd.DataFrame(table).to_csv(file, index=False, header=False, **pandas_options)
        return file.getvalue().encode(encoding)
    except (csv.Error, UnicodeEncodeError):
        return None


def _utf8(content):
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@settings(deadline=None)
@given(_TABLES, _WRITERS, _SHAPES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]))
def test_any_table_is_read_back_whole_or_rows_are_rejected_with_a_reason(rows, writer, shape, encoding):
    content = _written(_columns(rows, **shape), encoding, **writer)
    assume(content is not None)
    assume(writer["quotechar"] == '"' or not any(re.fullmatch(r'\s*"([^"\\]|""|\\.)*"\s*', text, re.DOTALL) for _, text in rows))
    if encoding in ("cp1252", "latin-1"):
        lines = [line for line in content.splitlines() if not line.isascii()]
        assume(not any(map(_utf8, lines)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages.csv"
        path.write_bytes(content)
        try:
            reading = read_messages(path)
        except TableError as error:
            assert _says(str(error), path), error
            return
    kept = list(zip(reading.messages.label, reading.messages.text))
    remaining = iter(rows)
    assert all(message in remaining for message in kept), (content, kept)  # in order, nothing made up
    assert len(kept) == len(rows) or len(reading.rejected) > 0, (content, kept)
    assert reading.rejected.reason.map(bool).all()


_PLAIN_TEXTS = st.text(st.sampled_from(_SIGNS.replace("\\", "")), min_size=1, max_size=12).filter(
    lambda text: text.strip() and not text.endswith("\r")
)
_PLAIN_TABLES = st.lists(st.tuples(st.sampled_from(["ham", "spam"]), _PLAIN_TEXTS), min_size=2, max_size=8)


@settings(deadline=None)
@given(_PLAIN_TABLES, _WRITERS, _SHAPES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]))
def test_a_usual_table_comes_back_whole(rows, writer, shape, encoding):
    assume(any(label == "spam" for label, _ in rows))
    usual = {"quoting": writer["quoting"] % 3, "quotechar": '"', "escapechar": None, "doublequote": True}
    content = _written(_columns(rows, **shape | {"header": True}), encoding, **writer | usual)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages.csv"
        path.write_bytes(content)
        try:
            reading = read_messages(path)
        except TableError as error:
            raise AssertionError(f"refused: {content!r}") from error
        assert list(zip(reading.messages.label, reading.messages.text)) == rows, (content, reading.rejected)
        assert reading.rejected.empty
        assert [*_scored(path).values()] == [text for _, text in rows]
