"""Exported from nbs/behind/tables_reading.ipynb and nbs/proofs/tables_reading.ipynb: change it there, then export."""

import contextlib
import importlib.util
import io
import json
import sys
import tempfile
from pathlib import Path
from unittest import mock

import pandas as pd

from spam_rnn.authoring.testing import raises, skip_if
from spam_rnn.tables.decoding import HEAD_BYTES, TableError, decode_head, find_encoding
from spam_rnn.tables.messages import read_messages
from spam_rnn.tables.reading import open_table
from spam_rnn.tables.rows import Wanted, gather


def _bytes(content, encoding="utf-8"):
    return content if isinstance(content, bytes) else content.encode(encoding)


def _opened(content, name="in.csv", text_column=None):
    "Kind, columns and rows of a file with this content."
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(_bytes(content))
        with open_table(path, text_column) as table:
            rows = [row for chunk in table.chunks for row in chunk.rows]
            return table, rows


def _texts(content, name="in.csv", text_column=None):
    "What stands in the text's column, or the reason why it can't be read."
    table, rows = _opened(content, name, text_column)
    return [row.reason or row.values[table.text_at] for row in rows]


def _refused(content, name="in.csv", text_column=None):
    error = str(raises(TableError, _opened, content, name, text_column))
    assert name in error and "\n" not in error, error
    return error


def _needs_pyarrow(test):
    found = importlib.util.find_spec("pyarrow")
    return skip_if(test, lambda: None if found else "pyarrow is not installed")


def test_the_content_tells_the_kind():
    for content, name, kind, texts in (
        ("id,text\n1,see you\n", "in.csv", "csv", ["see you"]),
        ("id\ttext\n1\tsee you, dear\n", "in.tsv", "csv", ["see you, dear"]),
        ("ham\tsee you\nspam\twin\n", "in", "csv", ["see you", "win"]),
        ("ham,see you\nspam,win\n", "in.dat", "csv", ["see you", "win"]),
        ("7,see you\n8,win, now\n", "in.csv", "csv", ["see you", "win, now"]),
        ("see you, dear\nwin\n", "in.txt", "lines", ["see you, dear", "win"]),
        ("see you\n\nwin\n", "in", "lines", ["see you", "", "win"]),
        ("text\nsee you\n", "in.txt", "lines", ["text", "see you"]),
        ("see you\rwin\r", "in.txt", "lines", ["see you", "win"]),
        ('{"text": "see you"}\n', "in.csv", "jsonl", ["see you"]),
        ('\ufeff{"text": "see you"}\n', "in.jsonl", "jsonl", ["see you"]),
        ("{see you},1\n{win},2\n", "in.csv", "csv", ["{see you}", "{win}"]),
        ("[{see}] you\t1\nwin\t2\n", "in.csv", "csv", ["[{see}] you", "win"]),
        ('[\n{"text": "see you"}\n]\n', "in.json", "json", ["see you"]),
        ('[{"text": "see you"}]', "in.csv", "json", ["see you"]),
        ('{"text": ["see you"], "label": ["ham"]}\n', "in.jsonl", "json", ["see you"]),
        ('{"text": ["see you"]}\n{"text": "win"}\n', "in.jsonl", "jsonl", [["see you"], "win"]),
        ("__label__ham see you, at six\n__label__spam\twin\n", "in.csv", "fasttext", ["see you, at six", "win"]),
        ("__label__ham see you\n", "in.txt", "fasttext", ["see you"]),
        ("__label__ is a mark\nsee you\nwin\n", "in.txt", "lines", ["__label__ is a mark", "see you", "win"]),
        ("<b>see you</b>\n<b>win</b>\n", "in.txt", "lines", ["<b>see you</b>", "<b>win</b>"]),
        ("<b>see you</b>,1\nwin,2\n", "in.csv", "csv", ["<b>see you</b>", "win"]),
        ("", "in.txt", "lines", []),
        ("id,text\n", "in.csv", "csv", []),
        ("text\nLunch, then home\nwin\n", "in.csv", "csv", ["Lunch, then home", "win"]),
    ):
        table, rows = _opened(content, name)
        assert (table.kind, [row.values[table.text_at] for row in rows]) == (kind, texts), (content, name)


def test_what_cannot_be_read_is_refused_in_one_sentence():
    for content, name, column, words in (
        ("", "in.csv", None, "is empty"),
        ("", "in.jsonl", None, "is empty"),
        ("[]\n", "in.jsonl", None, "no JSON object"),
        ('[\n{"text": "see you"}\n', "in.json", None, "is not whole"),
        ('{"text": {"0": "see you"', "in.json", None, "is not whole"),
        ('[["see you", "ham"]]', "in.json", None, "a list of objects, as JSON Lines or as CSV"),
        ("7", "in.json", None, "no table"),
        ('{"a": {"b": "see you"}}', "in.json", None, "--text-column"),
        ("[" * 100_000, "in.json", None, "is not whole"),
        ('<?xml version="1.0"?>\n<messages><m>see you</m></messages>', "in.csv", None, "in.csv is XML, and its messages do not stand in rows"),
        ("<messages>\n<m>see you</m>\n</messages>\n", "in.dat", None, "pandas.read_xml('"),
        ("<!DOCTYPE html>\n<p>see you</p>", "in.txt", None, "pandas.read_html('"),
        ("<table><tr><td>see you</td></tr></table>", "in.csv", None, "in.csv is HTML, perhaps a page that came instead of the file, and its messages do not stand in rows"),
        ("<p>see you</p>", "in.htm", None, "in.htm is HTML"),
        ("% of Weka\n\n@RELATION sms\n@attribute text string\n@data\n'see you'\n", "in.arff", None, "save it as CSV there"),
        ("id,comment\n1,see you\n", "in.csv", None, "--text-column"),
        ("see you,Ana\nwin,Tom\n", "in.csv", None, "no header"),
        ("id,text\n1,see you\n", "in.csv", "body", "no column 'body'"),
        ("id,text\n1,see you\n", "in.csv", 2, "no column 2"),
        ("sms,text\n1,see you\n", "in.csv", None, "could all be the text"),
        (b"\x1f\x8b\x08\0\0", "in.csv", None, "gzip"),
        (b"PK\x03\x04", "in.xlsx", None, "zip"),
        (bytes(range(256)) * 9, "in.txt", None, "not a text file"),
        ("text\nsee you\n", "in.parquet", None, "Parquet"),
    ):
        assert words in _refused(content, name, column), (content, name)
    with tempfile.TemporaryDirectory() as folder:
        for path, words in ((folder, "is a folder"), (Path(folder) / "none.csv", "does not exist"), ("", "no file is named"), (" ", "no file is named"), ("n" * 5000, "cannot be read")):
            assert words in str(raises(TableError, open_table, path))
        assert "cannot be read" in str(raises(TableError, open_table, "a\0b"))


def test_each_layout_in_which_pandas_writes_json_is_read():
    texts, labels = ["see you, at six", 'he said "win"', "ñandú\nand so on"], ["ham", "spam", "ham"]
    expected = [[text, label] for text, label in zip(texts, labels)]
    table = pd.DataFrame({"text": texts, "label": labels, "id": [7, 8, 9]})
    written = {orient: table.to_json(orient=orient) for orient in ("columns", "records", "split", "table", "index")}
    written |= {"lines": table.to_json(orient="records", lines=True), "indented": table.to_json(indent=2), "by name": table.set_index("id", drop=False).to_json()}
    written |= {"names": table.set_index(pd.Index([*"abc"])).to_json(), "rows": table.set_index(pd.Index([*"abc"])).to_json(orient="index")}
    written |= {"lists": json.dumps(table.to_dict(orient="list")), "tight": json.dumps(table.to_dict(orient="tight"))}
    written |= {"inside": json.dumps({"version": 1, "messages": table.to_dict(orient="records")})}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.json"
        for name, content in written.items():
            path.write_text(content, encoding="utf-8")
            reading = read_messages(path)
            assert reading.messages[["text", "label"]].values.tolist() == expected and reading.rejected.empty, name
            assert _texts(content, "in.json") == texts, name
        path.write_text(json.dumps([{"text": "see you", "label": "ham"}, 7, {"label": "ham"}, None, {"text": "win", "label": "SPAM"}]), encoding="utf-8")
        reading = read_messages(path)
        assert reading.messages.index.tolist() == [1, 5] and reading.rejected.reason.to_dict() == {
            2: "the entry is not a JSON object", 3: "the text is missing", 4: "the entry is not a JSON object",
        }  # fmt: skip
        with mock.patch("spam_rnn.tables.typed._WHOLE", 20):
            assert "save it as JSON Lines" in str(raises(TableError, read_messages, path))
        path.write_bytes(json.dumps([{"text": "ışık", "label": "ham"}, {"text": "win", "label": "spam"}], ensure_ascii=False).encode("cp1254"))
        assert read_messages(path, encoding="cp1254").messages.text.tolist() == ["ışık", "win"]
        path.write_text(json.dumps([{"a": "see you", "b": "x", "c": "ham"}, {"a": "win", "b": "y", "c": "spam"}]), encoding="utf-8")
        assert read_messages(path, text_column="a", label_column=2).messages.text.tolist() == ["see you", "win"]


def test_lines_that_begin_with_their_label_are_read():
    content = "__label__ham see you, at six\n\n__label__SPAM win\tnow\nno mark\n__label__ham __label__short ok\n__label__ham\n__label__eggs with bacon\n__label__ham\tok\r\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.txt"
        path.write_bytes(content.encode())
        reading = read_messages(path)
        assert reading.messages.to_dict("index") == {
            1: {"text": "see you, at six", "label": "ham"}, 3: {"text": "win\tnow", "label": "spam"}, 8: {"text": "ok", "label": "ham"},
        }  # fmt: skip
        assert reading.rejected.reason.to_dict() == {
            2: "the line is blank", 4: "the line does not begin with __label__", 5: "the line has more than one label", 6: "the text is missing",
            7: "the label is neither 'spam' nor 'ham'",
        }  # fmt: skip
        marked = read_messages(path, "__label__spam")
        assert marked.messages.label.tolist() == ["__label__ham", "__label__spam", "__label__ham"]
    assert _texts(content, "in.txt")[:4] == ["see you, at six", "the line is blank", "win\tnow", "the line does not begin with __label__"]


def test_files_are_closed_and_standard_input_is_not():
    opened, real = [], Path.open
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.csv"
        path.write_bytes(b"id,comment\n1,see you\n")
        with mock.patch.object(Path, "open", lambda *args: opened.append(real(*args)) or opened[-1]):
            raises(TableError, open_table, path)
            with open_table(path, "comment") as table:
                assert [len(chunk.rows) for chunk in table.chunks] == [1] and not table.file.closed
            with mock.patch("sys.unraisablehook") as complaint:
                with open_table(path, "comment") as table:
                    next(table.chunks)  # and no more
                del table
    assert len(opened) == 3 and all(file.closed for file in opened) and not complaint.called
    with mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(b"win\n"))):
        with open_table("-") as table:
            assert [row.values for chunk in table.chunks for row in chunk.rows] == [["win"]]
        assert not sys.stdin.buffer.closed


class _Pipe(io.BytesIO):
    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation


def test_standard_input_is_one_message_a_line_or_a_table():
    for content, column, kind, texts in (
        ('He said "hi, you"\n\nham,x\n', None, "lines", ['He said "hi, you"', "", "ham,x"]),
        ('{"text": "see you"}\n', None, "lines", ['{"text": "see you"}']),
        ('id;sms\n1;"He said ""hi"""\n', "sms", "csv", ['He said "hi"']),
        ('{"sms": "see you"}\n{"n": 1, "sms": "win"}\n', "sms", "jsonl", ["see you", "win"]),
        ("id,sms\n" + "7,see you\n" * 200_000, "sms", "csv", ["see you"] * 200_000),
        ("", None, "lines", []),
    ):
        for stream in (_Pipe, io.BytesIO):
            with mock.patch("sys.stdin", mock.Mock(buffer=stream(content.encode()))):
                with open_table("-", column) as table:
                    rows = [row for chunk in table.chunks for row in chunk.rows]
                    assert table.kind == kind and [row.values[table.text_at] for row in rows] == texts


def test_pieces_are_bounded_in_rows_and_characters_and_say_how_far_they_are():
    content = "id,text\n" + "".join(f"{i},see you {i}\n" for i in range(70))
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(gather.__globals__, CHUNK_ROWS=32):
        path = Path(folder) / "in.csv"
        path.write_text(content, encoding="utf-8")
        with open_table(path) as table:
            chunks = list(table.chunks)
    assert [len(chunk.rows) for chunk in chunks] == [32, 32, 6] and table.total == len(content) == chunks[-1].done
    assert [row.number for chunk in chunks for row in chunk.rows] == list(range(2, 72))
    with mock.patch.dict(gather.__globals__, CHUNK_CHARACTERS=1000), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.txt"
        path.write_text("win a prize " * 100 + "\n" + "see you\n" * 3 + "word " * 100_000 + "\n", encoding="utf-8")
        with open_table(path) as table:
            assert [len(chunk.rows) for chunk in table.chunks] == [1, 4]


def test_rows_that_cannot_be_read_stay_in_their_place():
    content = 'id,text,note\n1,see you,a\n2,,b\n\n4,"  ",d\n5,"open,e\n6,"x"y,f\n7,one,two,three\n8,win\n9,a\0b,i\n'
    content += '10,"a, b","c, d"\n11,"two\nlines",e\n'  # else the quotes would be text
    table, rows = _opened(content)
    reasons = {row.number: row.reason for row in rows if row.reason}
    broken = "a quote is opened and not closed as CSV wants it"
    assert reasons == {4: "the line is blank", 6: broken, 7: broken, 8: "4 fields where there should be 3"}
    assert [row.number for row in rows] == [*range(2, 13)]
    assert [row.values[1] for row in rows] == ["see you", "", "", "  ", '5,"open,e', '6,"x"y,f', "7,one,two,three", "win", "a\0b", "a, b", "two\nlines"]
    assert {len(row.values) for row in rows} == {3} and "".join(row.raw for row in rows) == content[13:]


def test_a_quote_that_is_never_closed_costs_one_row():
    from spam_rnn.tables import splitting

    rest = "".join(f"{i},see you {i}\n" for i in range(2, 3_000))
    with mock.patch.object(splitting, "LONGEST_FIELD", 500):
        _, rows = _opened('id,text\n0,"a, b"\n0,"a, b"\n1,"open\n' + rest)
    assert [row.number for row in rows if row.reason] == [4] and len(rows) == 3_001
    _, rows = _opened("id,text\n" + '1,"' + "so, " * 400_000 + '"\n2,ok\n')
    assert [len(row.values[1]) for row in rows] == [1_600_000, 2]


def test_encodings_are_found_out():
    rows = "text;id\nSeñor, £5 – “hi”;1\nwin;2\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"):
        assert _texts(rows.encode(encoding)) == ["Señor, £5 – “hi”", "win"], encoding
    assert _texts("text\nna\x81ve\n".encode("latin-1")) == ["na\x81ve"]  # a hole of the code page
    plain = "id,text\n" + "1,see you at six\n" * (HEAD_BYTES // 10)
    assert _texts((plain + "2,mañana\n").encode("cp1252"))[-1] == "mañana"
    assert _texts((plain + "2,mañana\n").encode("utf-8"))[-1] == "mañana"
    mixed = "text\n" + "mañana\n" * 3
    assert _texts(mixed.encode() + b"ma\xf1ana\n")[-1] == "ma\udcf1ana"  # known by half a surrogate pair
    assert _texts(mixed.encode("cp1252") + "maña\n".encode())[-1] == "maÃ±a"
    assert _texts(b"text\nma\xf1ana\n" * 2 + "maña\nmaña\n".encode())[-1] == "maÃ±a"  # as many: not most


def test_the_vote_ends():
    telling = "mañana\n".encode() * (HEAD_BYTES // 8)

    class Counting(io.BytesIO):
        taken = 0

        def read(self, *size):
            found = super().read(*size)
            self.taken += len(found)
            return found

    stream = Counting(telling + b"see you\n" * HEAD_BYTES)
    assert find_encoding(telling[:HEAD_BYTES], stream) == "utf-8" and stream.taken <= 2 * HEAD_BYTES and stream.tell() == 0


def test_a_file_that_breaks_off_is_named():
    whole = ("text\n" + "see you at six\n" * 100_000).encode("utf-16")
    assert "breaks off" in _refused(whole[:-1])
    assert "breaks off" in _refused(whole[:-1], "in.txt")
    assert "breaks off" in _refused("text\nwin\n".encode("utf-16")[:-1])


def test_the_beginning_is_cut_behind_a_whole_line():
    content = ("win a boat ñ\r\n" * HEAD_BYTES).encode()[: 3 * HEAD_BYTES]
    for encoding in ("utf-8", "utf-16"):
        head = content.decode().encode(encoding)
        decoding, text = decode_head(head[:HEAD_BYTES], io.BytesIO(head), "in.csv")
        assert decoding.newline == "\r\n" and text.replace("win a boat ñ\n", "") == "" and len(text) > HEAD_BYTES / 3


def test_json_rows_may_differ_in_their_keys():
    content = '{"text": "see you", "n": 1.10}\n{"label": true, "text": "win"}\nbroken {\n["text"]\n\n{"text": null}\n{}\n'
    table, rows = _opened(content, "in.jsonl")
    assert table.columns == ["text", "n", "label"] and [row.number for row in rows] == [*range(1, 8)]
    assert [[*row.values] for row in rows[:2]] == [["see you", 1.1, None], ["win", None, True]]
    no_object = "the line is not a JSON object"
    assert [row.reason for row in rows] == [None, None, no_object, no_object, "the line is blank", None, None]
    assert [row.values[0] for row in rows[2:5]] == ["broken {", '["text"]', ""]


def _parquet(table):
    import pyarrow.parquet as pq

    packed = io.BytesIO()
    pq.write_table(table, packed)
    return packed.getvalue()


@_needs_pyarrow
def test_parquet_texts_may_be_kept_in_any_way():
    import pyarrow as pa

    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        given = pa.table({"text": pa.array(["see you", None, "win"]).cast(kind), "label": ["ham", "ham", "spam"]})
        table, rows = _opened(_parquet(given), "in.parquet")
        assert table.kind == "parquet" and table.total == 3 and table.columns == ["text", "label"] and table.label_at == 1
        assert [[*row.values] for row in rows] == [["see you", "ham"], [None, "ham"], ["win", "spam"]]
    numbers = _parquet(pa.table({"text": ["see you", "win"], "label": [0, 1], "n": [7, 8]}))
    assert "not texts" in _refused(numbers, "in.parquet", "n")
    assert "not a whole Parquet file" in _refused(numbers[: len(numbers) // 2], "in.parquet")
    assert _texts(numbers, "in.csv") == ["see you", "win"]  # the content tells
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.parquet"
        path.write_bytes(numbers)
        reading = read_messages(path, 1)
        assert reading.messages.label.tolist() == ["0", "1"] and reading.messages.index.tolist() == [1, 2]
        path.write_bytes(_parquet(given))
        reading = read_messages(path)
        assert reading.rejected.to_dict("list") == {"raw": ["; ham"], "reason": ["the text is missing"]}
        path.write_bytes(_parquet(pa.table({"text": ["win"], "spam": [True]})))
        assert read_messages(path).messages.label.tolist() == ["spam"]
        path.write_bytes(_parquet(pa.table({"text": pa.array([], pa.string())})))
        assert "a header and no messages" in str(raises(TableError, read_messages, path))


@_needs_pyarrow
def test_parquet_comes_in_pieces_and_through_a_pipe():
    import pyarrow as pa

    from spam_rnn.tables import typed

    content = _parquet(pa.table({"text": [f"see you {i}" for i in range(70)]}))
    with mock.patch.object(typed, "CHUNK_ROWS", 30), mock.patch("sys.stdin", mock.Mock(buffer=_Pipe(content))):
        with open_table("-", "text") as table:
            chunks = list(table.chunks)
    assert [(len(chunk.rows), chunk.done, chunk.batch.num_rows) for chunk in chunks] == [(30, 30, 30), (30, 60, 30), (10, 70, 10)]
    assert chunks[1].rows[0].number == 31


def test_without_pyarrow_the_remedy_is_named():
    with mock.patch.dict(sys.modules, {"pyarrow": None}):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "in.parquet"
            path.write_bytes(b"PAR1")
            assert "pip install" in str(raises(TableError, open_table, path))
