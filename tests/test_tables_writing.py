"""Exported from nbs/behind/tables_writing.ipynb and nbs/proofs/tables_writing.ipynb: change it there, then export."""

import csv
import importlib.util
import io
import json
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np

from spam_rnn.authoring.testing import raises, skip_if
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.reading import open_table
from spam_rnn.tables.rows import gather
from spam_rnn.tables.writing import added_columns, check_target, open_writer


def test_only_answers_are_replaced():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.csv"
        for content in (None, b"", b"text,spam_probability,label\n", b"PAR1" + bytes(200_000) + b"spam_probability"):
            if content is not None:
                path.write_bytes(content)
            check_target(path)
        for content in (b"text,label\nsee you,ham\n", b"mine"):
            path.write_bytes(content)
            error = str(raises(TableError, check_target, path))
            assert str(path) in error and "--force" in error


def _rewritten(content, name="in.csv", out="out.csv", column=None, classes=("ham", "spam")):
    "What is written for a file with this content, where a row's answer is its number; rows with a reason have none."
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(gather.__globals__, CHUNK_ROWS=3):
        source, target = Path(folder) / name, Path(folder) / out
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        with open_table(source, column) as table:
            with open_writer(target, table, added_columns(table.columns, name), np.array(classes)) as write:
                for chunk in table.chunks:
                    numbers = [np.nan if row.reason else row.number / 8 for row in chunk.rows]
                    write(chunk, np.array(numbers), [None if row.reason else classes[1] for row in chunk.rows])
                    assert not target.exists()
        assert sorted(path.name for path in Path(folder).iterdir()) == sorted([name, out])
        return target.read_bytes()


def _needs_pyarrow(test):
    found = importlib.util.find_spec("pyarrow")
    return skip_if(test, lambda: None if found else "pyarrow is not installed")


TEXTS = ["007", 'say "hi"', "a,b", "c;d", "tab\there", "new\nline", "see\r\nyou", "x\ry", "ñandú 🙂", "NA", " blanks ", "'"]


def test_a_table_comes_back_to_the_letter():
    rows = [[text, TEXTS[-i], "1.10"] for i, text in enumerate(TEXTS)]
    for delimiter, suffix, newline, encoding in (
        (",", ".csv", "\n", "utf-8"),
        (",", ".csv", "\r\n", "utf-8-sig"),
        (";", ".csv", "\n", "utf-8"),
        ("\t", ".tsv", "\r\n", "utf-8"),
    ):
        file = io.StringIO(newline="")
        options = {"delimiter": delimiter, "lineterminator": newline}
        csv.writer(file, quoting=csv.QUOTE_ALL, **options).writerows([["id", "text", "note"], *rows])
        written = _rewritten(file.getvalue().encode(encoding), f"in{suffix}", f"out{suffix}")
        found = [*csv.reader(io.StringIO(written.decode(encoding), newline=""), delimiter=delimiter, strict=True)]
        assert found[0] == ["id", "text", "note", "spam_probability", "label"]
        assert [row[:3] for row in found[1:]] == rows and {row[4] for row in found[1:]} == {"spam"}
        assert written.startswith("id".encode(encoding)) and written.endswith(newline.encode())
        assert [float(row[3]) for row in found[1:3]] == [0.25, 0.375]
    assert _rewritten("text,x,x\nsee you,1,2\n").startswith(b"text,x,x,spam_probability,label\nsee you,1,2,0.25,spam\n")


def test_what_cannot_be_read_keeps_its_place_without_an_answer():
    content = b'id,text\n1,"a, b"\n2,"open\n3,caf\xe9\n4,"c, d"\n\n6,win\n5,ma\xc3\xb1ana\n7,ni\xc3\xb1o\n'
    written = _rewritten(content).split(b"\n")
    assert written[2:4] == [b',"2,""open",,', b"3,caf\xe9,0.5,spam"]  # its bytes, though they are not UTF-8
    assert written[5:7] == [b",,,", b"6,win,0.875,spam"]
    assert json.loads(_rewritten(content, out="out.jsonl").split(b"\n")[2])["text"] == "caf?"


def test_json_lines_come_back_to_the_letter():
    lines = ['{"text": "see you", "n": 1.10, "big": 1e400, "deep": {"a": [1]}}', '{ "id": 1e2,  "text":"win \\ud83d prize" }']
    lines += ['{"text": "ñandú", "n": null}', '{"text": null}', "{}", "broken {", '["text"]', '  {"text": "win"}  ']
    found = _rewritten("\n".join(lines), "in.jsonl", "out.jsonl").decode().splitlines()
    assert len(found) == len(lines)
    for line, back in zip(lines, found):
        answer = json.loads(back)
        assert {"spam_probability", "label"} <= {*answer}
        if line.strip().startswith("{"):
            assert back.startswith(line.strip().rstrip(" }")) and answer["label"] == "spam"
        else:
            assert answer["text"] == line and answer["spam_probability"] is answer["label"] is None
    assert json.loads(found[4]) == {"spam_probability": 0.625, "label": "spam"}


def test_one_kind_becomes_another():
    lines = '{"text": "see you", "n": 1, "ok": true}\n{"text": "win", "list": ["é", 2], "n": 1e999}\n'
    rows = [*csv.reader(io.StringIO(_rewritten(lines, "in.jsonl").decode()))]
    assert rows[0] == ["text", "n", "ok", "list", "spam_probability", "label"]
    assert rows[1][:4] == ["see you", "1", "true", ""] and rows[2][:4] == ["win", "Infinity", "", '["é", 2]']
    first = json.loads(_rewritten("text;n\nsee you;007\n", out="out.jsonl"))
    assert first == {"text": "see you", "n": "007", "spam_probability": 0.25, "label": "spam"}
    assert _rewritten("text\tn\na\t1\n", "in.tsv") == b"text,n,spam_probability,label\na,1,0.25,spam\n"
    assert _rewritten("a;b\n", "in.txt", "out.tsv") == b"text\tspam_probability\tlabel\na;b\t0.125\tspam\n"
    assert _rewritten("7,win\n8,ok\n", classes=(False, True)).startswith(b"column 0,text,spam_probability,label\n7,win,0.125,True\n")


def test_names_that_are_taken_are_kept():
    assert added_columns(["label", "text"]) == ["spam_probability", "predicted_label"]
    assert _rewritten("label,text\nham,see you\n").startswith(b"label,text,spam_probability,predicted_label\nham,see you,")
    error = str(raises(TableError, added_columns, ["label", "predicted_label"], "in.csv"))
    assert "rename" in error and "in.csv" in error


def test_what_cannot_be_written_is_refused_in_one_sentence_and_leaves_nothing():
    for content, out, words in (
        ("text\nsee you\n", "out.txt", "can be written to"),
        ("text,x,x\nsee you,1,2\n", "out.jsonl", "stands there twice"),
    ):
        error = str(raises(TableError, _rewritten, content, out=out))
        assert words in error and "\n" not in error
    with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")):
        error = str(raises(TableError, _rewritten, "text\nsee you\n"))
    assert "out.csv was not written (No space left on device); what was there before is unchanged" in error
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        source.write_bytes(b"text\nsee you\n")
        target.write_bytes(b"before")
        with open_table(source) as table:

            def stop():
                with open_writer(target, table, ["p", "l"], ["ham", "spam"]):
                    raise KeyboardInterrupt

            raises(KeyboardInterrupt, stop)
        assert target.read_bytes() == b"before" and len([*Path(folder).iterdir()]) == 2


def test_answers_and_rows_must_be_as_many():
    for out in ("out.csv", "out.jsonl"):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "in.csv"
            source.write_bytes(b"text\nsee you\nwin\n")
            with open_table(source) as table, open_writer(Path(folder) / out, table, ["p", "l"], ["ham", "spam"]) as write:
                raises(ValueError, write, next(table.chunks), np.array([0.5]), ["ham"])


def test_standard_output_is_csv_and_stays_open():
    for name, content, first in (("in.tsv", "text\tn\na\t1\n", b"text\tn\tp\tl\n"), ("in.txt", "a\n", b"text,p,l\n")):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / name
            source.write_bytes(content.encode())
            with mock.patch("sys.stdout", io.TextIOWrapper(io.BytesIO())) as stream, open_table(source) as table:
                with open_writer("-", table, ["p", "l"], ["ham", "spam"]) as write:
                    for chunk in table.chunks:
                        write(chunk, np.full(len(chunk.rows), 0.5), ["ham"] * len(chunk.rows))
                assert stream.buffer.getvalue().startswith(first) and b"0.5" in stream.buffer.getvalue()


@_needs_pyarrow
def test_parquet_keeps_every_type():
    import pyarrow as pa
    import pyarrow.parquet as pq

    given = pa.table(
        {
            "when": pa.array(range(7), pa.timestamp("ns", tz="UTC")),
            "text": pa.array([*"abcde", None, "g"], pa.string_view()),
            "deep": pa.array([{"a": [i]} for i in range(7)]),
            "kind": pa.array([*"xyxyxyx"]).dictionary_encode(),
            "small": pa.array([None, *range(6)], pa.int8()),
        }
    ).replace_schema_metadata({"who": "me"})
    packed = io.BytesIO()
    pq.write_table(given, packed)
    with mock.patch("spam_rnn.tables.typed.CHUNK_ROWS", 3):
        found = pq.read_table(io.BytesIO(_rewritten(packed.getvalue(), "in.parquet", "out.parquet")))
    assert found.select(given.column_names).equals(given) and found.schema.metadata[b"who"] == b"me"
    assert found["spam_probability"].to_pylist() == [i / 8 for i in range(1, 8)] and found["label"].to_pylist() == ["spam"] * 7
    last = json.loads(_rewritten(packed.getvalue(), "in.parquet", "out.jsonl").splitlines()[-1])
    assert last["deep"] == {"a": [6]} and last["small"] == 5 and last["when"].startswith("1970-01-01")
    for classes, kind in (((0, 1), "int64"), ((False, True), "bool"), (("a", "b"), "string")):
        found = pq.read_table(io.BytesIO(_rewritten('id,text\n007,"a, b"\n8,"c, d"\n9,"x\n', out="out.parquet", classes=classes)))
        assert found["id"].to_pylist() == ["007", "8", ""] and str(found.schema.field("label").type) == kind
        assert found["label"].to_pylist() == [classes[1], classes[1], None] and found["spam_probability"].null_count == 1
