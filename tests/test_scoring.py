"""Exported from nbs/proofs/scoring.ipynb: change it there, then export."""

import contextlib
import csv
import functools
import importlib.util
import io
import json
import os
import re
import signal
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from spam_rnn.authoring.testing import raises, skip_if
from spam_rnn.classifier import SpamClassifier
from spam_rnn.compute import cpu_threads
from spam_rnn.scoring import PackedModel, predict_file, score_frame, score_texts
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.reading import open_table


@functools.lru_cache(typed=True)
def _fitted(ham="ham", spam="spam"):
    "A small network that has learned something."
    rng = np.random.default_rng(0)
    words = {0: ["lunch", "home", "see", "you", "later"], 1: ["win", "prize", "call", "08081570000", "!!!"]}
    y = np.arange(200) % 2
    texts = [" ".join([*rng.choice(words[i], 5), *rng.choice(words[0] + words[1], 2)]) for i in y]
    sizes = {"embedding_size": 8, "hidden_size": 8, "epochs": 4, "learning_rate": 0.02}
    return SpamClassifier(**sizes, random_state=0, device="cpu", pos_label=spam).fit(texts, np.array([ham, spam])[y])


def _messages(n=300, seed=1):
    "Messages with everything in them that a CSV file might trip over."
    rng = np.random.default_rng(seed)
    pieces = ["lunch", "win", "prize", 'say "hi"', "a,b", "c;d", "tab\there", "new\nline", "'", "ñandú", "🙂", "007", "NA"]
    return [" ".join(rng.choice(pieces, rng.integers(1, 30))) for _ in range(n)]


def _write(path, rows, columns=("id", "text", "note"), encoding="utf-8", delimiter=",", newline="\n"):
    with Path(path).open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
        writer.writerows([columns, *rows])


def _read(path, delimiter=",", encoding="utf-8"):
    with Path(path).open(encoding=encoding, newline="") as file:
        return [*csv.reader(file, delimiter=delimiter, strict=True)]


def _score(content, name="in.csv", out="out.csv", **options):
    "Judge a file with this content; the tally, and the bytes of the output."
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / name, Path(folder) / out
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        tally = predict_file(_fitted().predictor_, source, target, **options)
        assert tally.rows_read == tally.rows_scored + tally.rows_unreadable
        assert sorted(path.name for path in Path(folder).iterdir()) == sorted([name, out])
        return tally, target.read_bytes()


def _refused(content, name="in.csv", out="out.csv", **options):
    "The error for such a file; nothing may have been written."
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / name
        if content is not None:
            source.write_bytes(content if isinstance(content, bytes) else content.encode())
        error = str(raises(TableError, predict_file, _fitted().predictor_, source, Path(folder) / out, **options))
        assert [path.name for path in Path(folder).iterdir()] == ([] if content is None else [name])
        assert "\n" not in error
        return error


@contextlib.contextmanager
def _small_chunks(rows):
    "Let a chunk hold so many rows, wherever it is looked up."
    with mock.patch("spam_rnn.tables.rows.CHUNK_ROWS", rows), mock.patch("spam_rnn.tables.typed.CHUNK_ROWS", rows):
        yield


def test_chunks_give_the_answers_of_the_whole():
    texts = _messages(300)
    whole = _fitted().predict_proba(texts)[:, 1]
    with tempfile.TemporaryDirectory() as folder, _small_chunks(64):
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        _write(source, [[i, text, ""] for i, text in enumerate(texts)])
        tally = predict_file(_fitted().predictor_, source, target)
        rows = _read(target)
    assert tally.rows_read == tally.rows_scored == 300 and tally.spam == sum(row[4] == "spam" for row in rows)
    found = np.array([float(row[3]) for row in rows[1:]])
    assert np.abs(found - whole).max() < 1e-6  # other batches, other order of float32 sums
    assert [row[4] for row in rows[1:]] == _fitted().predict(texts).tolist()
    assert 0 < tally.spam < 300


def test_csv_comes_back_to_the_letter():
    rows = [["007", text, "1.10"] for text in _messages(100)] + [["NA", " see\r\nyou ", "x\ry"], ["", 'a "b"', "nan"]]
    for delimiter, suffix, newline, encoding in (
        (",", ".csv", "\n", "utf-8"),
        (",", ".csv", "\r\n", "utf-8-sig"),
        (";", ".csv", "\n", "utf-8"),
        ("\t", ".tsv", "\r\n", "utf-8"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / f"in{suffix}", Path(folder) / f"out{suffix}"
            _write(source, rows, encoding=encoding, delimiter=delimiter, newline=newline)
            predict_file(_fitted().predictor_, source, target)
            found = _read(target, delimiter, encoding)
            assert found[0] == ["id", "text", "note", "spam_probability", "label"]
            assert [row[:3] for row in found[1:]] == rows
            written = target.read_bytes()
            assert written.startswith("id".encode(encoding)) and written.endswith(newline.encode())
    assert _score("text,x,x\nsee you,1,2\n")[1].startswith(b"text,x,x,spam_probability,label\nsee you,1,2,0.")


def test_rows_that_cannot_be_read_stay_in_their_place_and_are_counted():
    content = 'id,text,note\n1,see you,a\n2,,b\n\n4,"  ",d\n5,"open,e\n6,"x"y,f\n7,one,two,three\n8,win\n9,a\0b,i\n10,"a, b",j\n11,"c, ""d""",k\n12,"e, f",l\n'
    tally, written = _score(content)
    assert (tally.rows_read, tally.rows_scored) == (12, 5)
    assert tally.unreadable == {
        "the text is missing": 2,
        "the line is blank": 1,
        "a quote is opened and not closed as CSV wants it": 2,
        "4 fields where there should be 3": 1,
        "the text holds a NUL character": 1,
    }
    assert tally.examples["the text is missing"] == [3, 5] and tally.examples["the line is blank"] == [4]
    assert tally.examples["a quote is opened and not closed as CSV wants it"] == [6, 7]
    rows = [*csv.reader(io.StringIO(written.decode()))]
    assert [row[0] for row in rows] == ["id", "1", "2", "", "4", "", "", "", "8", "9", "10", "11", "12"]
    assert {len(row) for row in rows} == {5}
    assert [bool(row[4]) for row in rows[1:]] == [True, False, False, False, False, False, False, True, False, True, True, True]
    assert [rows[i][1] for i in (5, 6, 7)] == ['5,"open,e', '6,"x"y,f', "7,one,two,three"]
    assert "2 × the text is missing (row 3, 5)" in str(tally)


def test_a_quote_that_is_never_closed_costs_one_row():
    with mock.patch("spam_rnn.tables.splitting.LONGEST_FIELD", 500):
        tally, written = _score("id,text\n" + '1,"open\n' + "".join(f"{i},see you {i}\n" for i in range(2, 200)))
    assert (tally.rows_read, tally.rows_scored, written.count(b"\n")) == (199, 199, 200)
    assert b'\n1,"""open",0.' in written  # where no quote protects anything, one more is a mark like others


def test_bytes_that_are_not_utf8_are_kept_and_counted():
    mostly = "text,id\ncafé,1\nñandú,2\nsee you,3\n".encode() + b"na\xefve,4\n"
    tally, written = _score(mostly)
    assert [*tally.unreadable.values()] == [1] and "UTF-8" in [*tally.unreadable][0] and b"na\xefve,4,,\n" in written
    tally, written = _score("text,id\ncaf\xe9,1\nsee you,2\n".encode("latin-1"))  # as a spreadsheet saves it
    assert tally.rows_scored == 2 and written.startswith("text,id,spam_probability,label\ncafé,1,0.".encode())
    assert "in.csv is not UTF-8 and is read as cp1252" in str(tally) and "--encoding" in str(tally).splitlines()[-1]


def test_a_first_row_that_may_be_a_header_is_not_scored_without_a_word():
    tally, _ = _score("Absender;Inhalt\nAna;see you at the lake\nTom;win a boat today\n".encode(), text_column="1")
    assert tally.rows_read == 3 and "--text-column 'Inhalt'" in str(tally).splitlines()[-1]
    tally, written = _score('{"text": {"0": "see you", "1": null}, "label": {"0": "ham", "1": "ham"}}', "in.json", "out.jsonl")
    assert tally.rows_scored == 1 and b'"text": "see you", "label": "ham", "spam_probability": 0.' in written and b'"predicted_label"' in written
    tally, written = _score("__label__ham see you, at six\nno mark\n__label__ham ok\n", "in.txt")
    assert tally.rows_scored == 2 and written.startswith(b'label,text,spam_probability,predicted_label\nham,"see you, at six",0.') and b",no mark,," in written
    tally, written = _score("text,id\nışık,1\nsee you,2\n".encode("cp1254"), encoding="cp1254")
    assert str(tally).startswith("2 rows read, 2 scored") and "guess" not in str(tally) and "\nışık,1,0.".encode() in written
    assert _score("text\nmañana\n".encode("utf-16"))[1].decode().startswith("text,spam_probability,label\nmañana,0.")


def test_text_that_holds_the_separator_is_put_together_where_there_is_no_doubt():
    tally, written = _score("id,text\n1,Lunch, then home\n")
    assert tally.rows_scored == 1 and b'\n1,"Lunch, then home",0.' in written


def test_json_lines_come_back_to_the_letter():
    lines = ['{"text": "see you", "n": 1.10, "big": 1e400, "deep": {"a": [1]}}', '{ "id": 1e2,  "text":"win \\ud83d prize" }']
    lines += ['{"text": "ñandú", "n": null}', '{"text": null}', "{}", "broken {", '{"text": 7}', '["text"]', ""]
    lines += ['{"text": "win"}']
    tally, written = _score("\n".join(lines), "in.jsonl", "out.jsonl")
    found = written.decode().splitlines()
    assert (tally.rows_read, tally.rows_scored, len(found)) == (10, 3, 10)
    for i in (0, 1, 2, 3, 6, 9):
        assert found[i].startswith(lines[i].rstrip(" }")) and set(json.loads(found[i])) >= {"spam_probability", "label"}
    assert json.loads(found[4]) == {"spam_probability": None, "label": None}
    assert json.loads(found[5])["text"] == "broken {" and json.loads(found[7])["text"] == '["text"]'
    assert tally.examples["the line is not a JSON object"] == [6, 8]


def test_one_kind_of_file_becomes_another():
    jsonl = '{"text": "see you", "n": 1, "ok": true}\n{"text": "win", "list": ["é", 2]}\n'
    rows = [*csv.reader(io.StringIO(_score(jsonl, "in.jsonl", "out.csv")[1].decode()))]
    assert rows[0] == ["text", "n", "ok", "list", "spam_probability", "label"]
    assert rows[1][:4] == ["see you", "1", "true", ""] and rows[2][:4] == ["win", "", "", '["é", 2]']
    first = json.loads(_score("text;n\nsee you;007\n", "in.csv", "out.jsonl")[1])
    assert first["n"] == "007" and first["label"] in ("ham", "spam") and list(first)[:2] == ["text", "n"]
    assert _score("text\tn\na\t1\n", "in.tsv", "out.csv")[1].startswith(b"text,n,spam_probability,label\na,1,")
    assert _score("see you\n\nwin\n", "in.txt", "out.tsv")[1].startswith(b"text\tspam_probability\tlabel\nsee you\t0.")


def test_names_that_are_taken_are_kept():
    tally, written = _score("label,text\nham,see you\n")
    assert written.startswith(b"label,text,spam_probability,predicted_label\nham,see you,0.")
    assert "'predicted_label'" in str(tally)
    assert "rename" in _refused("label,predicted_label,text\n1,2,see you\n")


def test_label_types():
    for labels, kind in (((0, 1), int), ((False, True), bool), (("fine", "junk"), str), (("z", "a"), str)):
        scores = score_texts(_fitted(*labels).predictor_, _messages(50))
        assert {type(label) for label in scores.label} == {kind}
        assert scores.label.tolist() == _fitted(*labels).predict(_messages(50)).tolist()
    empty = score_texts(_fitted().predictor_, [])
    assert len(empty) == 0 and [*empty] == ["spam_probability", "label", "reason"]


def test_what_cannot_be_read_at_all_is_refused_in_one_sentence():
    for content, name, options, words in (
        (None, "none.csv", {}, "does not exist"),
        ("", "in.csv", {}, "is empty"),
        ("", "in.jsonl", {}, "is empty"),
        ("id,comment\n1,see you\n", "in.csv", {}, "--text-column"),
        ("id,text\n1,see you\n", "in.csv", {"text_column": "body"}, "no column 'body'"),
        ("sms,text\n1,see you\n", "in.csv", {}, "could all be the text"),
        (b"\x1f\x8b\x08\0\0", "in.csv", {}, "gzip"),
        ("text\nsee you\n", "in.csv", {"out": "out.txt"}, "can be written to"),
        ("text,x,x\nsee you,1,2\n", "in.csv", {"out": "out.jsonl"}, "stands there twice"),
    ):  # fmt: skip
        error = _refused(content, name, **options)
        assert words in error and (name in error or "out" in error), error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.csv"
        path.write_text("text\nsee you\n", encoding="utf-8")
        assert "another" in str(raises(TableError, predict_file, _fitted().predictor_, path, path))
        target = Path(folder) / "mine.csv"
        target.write_text("of my own\n", encoding="utf-8")
        assert "no answers" in str(raises(TableError, predict_file, _fitted().predictor_, path, target))
        assert target.read_text(encoding="utf-8") == "of my own\n"
        predict_file(_fitted().predictor_, path, target, force=True)
        predict_file(_fitted().predictor_, path, target)  # its own answers it may replace
        (Path(folder) / "is.csv").mkdir()
        assert "is a folder" in str(raises(TableError, predict_file, _fitted().predictor_, Path(folder) / "is.csv", target))


def test_probabilities_in_files_have_six_digits():
    for name in ("out.csv", "out.jsonl"):
        written = _score("text\nsee you\nwin a prize\n", out=name)[1].decode()
        digits = re.findall(r"0\.(\d+)", written)
        assert len(digits) == 2 and all(4 <= len(found) <= 6 for found in digits), written


def test_header_only_and_given_columns():
    tally, written = _score("id,text\n")
    assert tally.rows_read == 0 and written == b"id,text,spam_probability,label\n"
    assert _score("", "in.txt")[1] == b"text,spam_probability,label\n"
    assert b"\n1,see you,0." in _score("id,Comment\n1,see you\n", text_column="comment")[1]
    assert b"\n1,see you,0." in _score("sms,text\n1,see you\n", text_column="text")[1]


def test_standard_input_is_one_message_a_line_or_csv():
    for content, column, first in (
        ('He said "hi, you"\n\nwin\n', None, b'text,spam_probability,label\n"He said ""hi, you""",0.'),
        ('id,sms\n1,"He said ""hi"""\n', "sms", b'id,sms,spam_probability,label\n1,"He said ""hi""",0.'),
    ):
        streams = [io.TextIOWrapper(io.BytesIO(content.encode())), io.TextIOWrapper(io.BytesIO())]
        with mock.patch("sys.stdin", streams[0]), mock.patch("sys.stdout", streams[1]):
            tally = predict_file(_fitted().predictor_, "-", "-", column)
        assert streams[1].buffer.getvalue().startswith(first), streams[1].buffer.getvalue()
        assert tally.rows_read == tally.rows_scored + tally.rows_unreadable


def test_long_messages_do_not_pile_up():
    with mock.patch("spam_rnn.tables.rows.CHUNK_CHARACTERS", 1000):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "in.txt"
            path.write_text("win a prize " * 100 + "\n" + "see you\n" * 3 + "word " * 100_000 + "\n", encoding="utf-8")
            with open_table(path) as table:
                assert [len(chunk.rows) for chunk in table.chunks] == [1, 4]
            assert predict_file(_fitted().predictor_, path, Path(folder) / "out.csv").rows_scored == 5


def _dying(die_at):
    "Everything that puts bytes under a name, with the power going at one of them; and how often each was called."
    calls, real_open = [], Path.open

    def step(what):
        calls.append(what)
        if len(calls) == die_at:
            raise KeyboardInterrupt("the power is gone")

    class Dying(io.FileIO):
        def write(self, content):
            step("write")
            return super().write(content)

    def opened(path, mode="r", *args, **kwargs):
        if mode == "wb":
            step("open")
            return io.BufferedWriter(Dying(path, "wb"))
        return real_open(path, mode, *args, **kwargs)

    def before(what, function):
        def run(*args):
            step(what)
            return function(*args)

        return run

    patches = mock.patch.multiple(os, fsync=before("fsync", os.fsync), replace=before("replace", os.replace))
    no_clean_up = mock.patch.object(Path, "unlink", lambda *args, **kwargs: None)
    return calls, patches, mock.patch.object(Path, "open", opened), no_clean_up


def _kill_everywhere(target_name):
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / target_name
        _write(source, [[i, text, ""] for i, text in enumerate(_messages(120))])
        with _small_chunks(30):
            calls, *patches = _dying(0)
            with patches[0], patches[1], patches[2]:
                predict_file(_fitted().predictor_, source, target)
            whole = target.read_bytes()
            for before in (b"what was there before", None):
                for die_at in range(1, len(calls) + 1):
                    target.unlink(missing_ok=True)
                    if before is not None:
                        target.write_bytes(before)
                    _, *patches = _dying(die_at)
                    with patches[0], patches[1], patches[2]:
                        raises(KeyboardInterrupt, predict_file, _fitted().predictor_, source, target, force=True)
                    found = target.read_bytes() if target.exists() else None
                    assert found == before, (target_name, calls[die_at - 1])
            predict_file(_fitted().predictor_, source, target)
            assert target.read_bytes() == whole
        return calls


def test_no_kill_leaves_half_a_file():
    for name in ("out.csv", "out.jsonl"):
        calls = _kill_everywhere(name)
        assert calls.count("write") >= 2 and calls[0] == "open" and calls[-2:] == ["fsync", "replace"]


def test_a_full_disk_is_one_sentence_and_leaves_nothing():
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.csv"
        _write(source, [["1", "see you", ""]])
        with mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            error = str(raises(TableError, predict_file, _fitted().predictor_, source, Path(folder) / "out.csv"))
        assert "No space left" in error and "out.csv" in error
        assert [path.name for path in Path(folder).iterdir()] == ["in.csv"]


def _needs(package):
    "A test that is skipped, by name, where a package is not installed."
    found = importlib.util.find_spec(package)
    return functools.partial(skip_if, why_not=lambda: None if found else f"{package} is not installed")


@_needs("pyarrow")
def test_parquet_keeps_every_type():
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [*_messages(70), None, "", "win"]
    given = pa.table(
        {
            "when": pa.array(range(73), pa.timestamp("ns", tz="UTC")),
            "text": pa.array(texts),
            "deep": pa.array([{"a": [i]} for i in range(73)]),
            "small": pa.array([None, *range(72)], pa.int8()),
        }
    ).replace_schema_metadata({"who": "me"})
    with tempfile.TemporaryDirectory() as folder, _small_chunks(30):
        source, target = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        pq.write_table(given, source)
        tally = predict_file(_fitted().predictor_, source, target)
        found = pq.read_table(target)
        assert found.select(given.column_names).equals(given) and found.schema.metadata[b"who"] == b"me"
        assert found.column_names[4:] == ["spam_probability", "label"]
        assert found["label"].to_pylist()[70:72] == [None, None] and found["spam_probability"].null_count == 2
        assert tally.unreadable == {"the text is missing": 2} and tally.examples["the text is missing"] == [71, 72]
        whole = _fitted().predict_proba([text for text in texts if text])[:, 1]
        assert np.abs(found["spam_probability"].drop_null().to_numpy() - whole).max() < 1e-6
        predict_file(_fitted().predictor_, source, Path(folder) / "out.jsonl")
        last = json.loads((Path(folder) / "out.jsonl").read_text(encoding="utf-8").splitlines()[-1])
        assert last["deep"] == {"a": [72]} and last["small"] == 71 and last["when"].startswith("1970-01-01")
        _write(Path(folder) / "in.csv", [["007", "see you", "NA"]])
        predict_file(_fitted(0, 1).predictor_, Path(folder) / "in.csv", target)
        assert pq.read_table(target).to_pylist()[0]["id"] == "007"
        assert str(pq.read_table(target).schema.field("label").type) == "int64"
        assert "not texts" in str(raises(TableError, predict_file, _fitted().predictor_, source, target, "small"))
        content = source.read_bytes()
        source.write_bytes(content[: len(content) // 2])
        assert "not a whole Parquet file" in str(raises(TableError, predict_file, _fitted().predictor_, source, target))


@_needs("pyarrow")
def test_no_kill_leaves_half_a_parquet_file():
    assert _kill_everywhere("out.parquet")[-1] == "replace"


def test_a_packed_model_is_whole_and_does_not_depend_on_its_folder():
    from spam_rnn import scoring

    with tempfile.TemporaryDirectory() as folder:
        packed = [scoring.PackedModel.pack(_fitted().save(Path(folder) / name)) for name in ("a", "b")]
        other = scoring.PackedModel.pack(_fitted(0, 1).save(Path(folder) / "c"))
    assert packed[0] == packed[1] != other and hash(packed[0]) == hash(packed[1])
    first, again = (scoring._load_once(model, "cpu") for model in packed)
    assert first is again and (first.spam_probability(["win a prize"]) == _fitted().spam_probability(["win a prize"])).all()


@_needs("distributed")
@_needs("dask")
def test_two_processes_answer_like_one_even_if_one_of_them_is_killed():
    import dask.dataframe as dd
    from distributed import Client, LocalCluster, as_completed

    from spam_rnn import scoring  # workers import what they run by its name

    texts = [*_messages(1500), None, ""]
    table = pd.DataFrame({"id": range(1502), "text": texts, "label": "?"}, index=range(10, 1512))
    with tempfile.TemporaryDirectory() as folder:
        model = _fitted().save(Path(folder) / "model")
        frame = dd.from_pandas(table, npartitions=30)
        scored = scoring.score_frame(frame, model)
        assert [*scored.columns] == ["id", "text", "label", "spam_probability", "predicted_label"]
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
            Client(cluster) as client,
        ):
            workers = client.run(os.getpid)
            parts = client.compute(scored.to_delayed())
            next(iter(as_completed(parts)))
            done = sum(part.done() for part in parts)
            os.kill([*workers.values()][0], getattr(signal, "SIGKILL", signal.SIGTERM))
            assert done < len(parts)
            found = pd.concat(client.gather(parts))
            left = client.run(lambda: (os.getpid(), room._load_once.cache_info().misses if (room := sys.modules.get("spam_rnn.scoring")) else 0))  # a new one may come too late for work
    assert [*workers.values()][0] not in [pid for pid, _ in left.values()]  # it is dead
    assert [misses for pid, misses in left.values() if pid in workers.values()] == [1]  # the other loaded it once
    assert found.index.tolist() == table.index.tolist() and found.text[:1500].tolist() == texts[:1500]
    for column in ("spam_probability", "predicted_label"):
        assert found[column].isna().tolist() == [False] * 1500 + [True] * 2
    with cpu_threads(1):
        given = [frame.partitions[i].compute(scheduler="sync").text.tolist() for i in range(frame.npartitions)]
        here = pd.concat([score_texts(_fitted().predictor_, part) for part in given]).spam_probability
    assert found.spam_probability[:1500].tolist() == here[:1500].tolist()  # to the bit
    assert np.abs(found.spam_probability[:1500] - _fitted().predict_proba(texts[:1500])[:, 1]).max() < 1e-6
    assert found.predicted_label[:1500].tolist() == _fitted().predict(texts[:1500]).tolist()
