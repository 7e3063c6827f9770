"""Exported from nbs/00_corpus.ipynb: change it there, then export."""

import http.server
import os
import tempfile
import threading
import warnings
import zipfile
from pathlib import Path

import pandas as pd

from spam_rnn.exporting import needs_corpus, raises

from spam_rnn.corpus import (
    CorpusError,
    SampleWarning,
    _SAMPLE,
    _as_pandas_reads,
    _download,
    _find_corpus,
    export_with_semicolons,
    load_corpus,
    read_corpus,
    read_messages,
    repair,
)


def _written(folder, content, name="messages.csv"):
    path = Path(folder) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_rows_read_are_kept_or_rejected():
    with tempfile.TemporaryDirectory() as folder:
        reading = read_messages(
            _written(folder, 'label,text\nham,"Hi, you"\nspam,Win\neggs,No\n\nham,\n Spam ,Yes, yes\n')
        )
    assert reading.messages.text.tolist() == ["Hi, you", "Win", "Yes, yes"]
    assert reading.messages.label.tolist() == ["ham", "spam", "spam"]
    assert reading.rejected.reason.tolist() == [
        "the label is neither 'spam' nor 'ham'",
        "the line is blank",
        "the text is missing",
    ]
    assert reading.rejected.index.tolist() == [4, 5, 6]  # as an editor counts lines
    assert reading.rows_read == 6


def test_header_delimiter_and_encoding_are_found_out():
    table = [("ham", "Señor, at 6; ok?"), ("spam", "Win £900 | now"), ("ham", "No")]
    with tempfile.TemporaryDirectory() as folder:
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"):
            for header in ("", "v1\tv2\n", "Category\tMessage\n"):
                for end in ("\n", "\r\n"):
                    text = (header + "".join(f"{label}\t{text}\n" for label, text in table)).replace("\n", end)
                    reading = read_messages(_written(folder, text.encode(encoding)))
                    assert list(zip(reading.messages.label, reading.messages.text)) == table, (encoding, header, end)
        for swapped in ("text,label\n", ""):
            reading = read_messages(_written(folder, swapped + "Hi there you,ham\nWin a prize,spam\n"))
            assert reading.messages.text.tolist() == ["Hi there you", "Win a prize"]


def test_quotes_protect_in_csv_and_are_text_elsewhere():
    with tempfile.TemporaryDirectory() as folder:
        plain = read_messages(
            _written(folder, 'ham\t"Never closed\nspam\tWin\nham\tsaid "yes"\nham\t"Both"\n', "quotes.tsv")
        )
        assert plain.messages.text.tolist() == ['"Never closed', "Win", 'said "yes"', '"Both"']
        quoted = read_messages(
            _written(folder, 'label,text\nham,"two\nlines"\nspam,"Say ""win"", now"\nham,"broken\nham,"a, b"\n')
        )
        assert quoted.messages.text.tolist() == ["two\nlines", 'Say "win", now', "a, b"]
        assert quoted.rejected.raw.tolist() == ['ham,"broken']


def test_unreadable_files_are_named():
    with tempfile.TemporaryDirectory() as folder:
        for content, word in [
            (b"", "empty"),
            (b"\x1f\x8b\x08abc", "gzip"),
            (b"\x00\x01\x02spam,\x07" * 50, "not a text file"),
            ("label,text\n", "no field"),
            ("a,b\nc,d\n", "pos_label"),
            ("text,message,label\nhi,ho,spam\n", "could all be the text"),
            ("text,colour\nhi,spam\n", "no column for the label"),
        ]:
            path = _written(folder, content)
            error = raises(CorpusError, read_messages, path)
            assert word in str(error) and str(path) in str(error), (content, error)
        for path in (Path(folder), Path(folder) / "none.csv"):
            assert str(path) in str(raises(CorpusError, read_messages, path))


@needs_corpus("uci")
def test_uci_corpus_is_whole():
    messages = load_corpus("uci")
    assert len(messages) == 5574
    assert messages.label.value_counts().to_dict() == {"ham": 4827, "spam": 747}
    assert len(read_corpus("uci").rejected) == 0


@needs_corpus("uci", "assignment")
def test_semicolons_explain_the_broken_labels():
    damaged, intact = load_corpus("assignment"), load_corpus("uci")
    assert damaged.shape == (5572, 2)
    assert damaged.index[damaged.isna().any(axis=1)].tolist() == [2115, 3035]
    repaired = repair(damaged, intact)
    assert len(repaired.messages) == 5572 and len(repaired.rejected) == 0
    repeated = export_with_semicolons(repaired.messages)
    differ = [row for row, (a, b) in enumerate(zip(repeated.label.fillna(""), damaged.label.fillna(""))) if a != b]
    assert differ == [710, 2235, 2970, 5400]  # three texts cut short before, one broken letter
    lost = ~(damaged.label.isin(["ham", "spam"]) & damaged.text.notna())
    assert repaired.messages[lost.to_numpy()].label.value_counts().to_dict() == {"ham": 208, "spam": 1}


def test_sample_carries_the_defects_of_the_real_files():
    sample, damaged = load_corpus("sample"), export_with_semicolons(_as_pandas_reads(_SAMPLE))
    assert len(sample) >= 1000 and sample.attrs["corpus"] == "sample"
    assert 0.12 < (sample.label == "spam").mean() < 0.15
    assert len(damaged) == len(sample) - 2  # stray quotes
    assert damaged.text.isna().sum() == 1 and damaged.label.isna().sum() == 1
    assert (~damaged.label.isin(["ham", "spam"])).sum() >= 40  # semicolons
    assert sample.text.duplicated().sum() >= 40
    assert (~sample.text.str.contains("[A-Za-z]")).sum() == 3  # no letter at all


def test_absent_corpus_is_an_error_that_names_three_remedies():
    kept = {
        name: os.environ.pop(name, None)
        for name in ("SPAM_RNN_DATA", "SPAM_RNN_OFFLINE", "XDG_CACHE_HOME", "SPAM_RNN_CACHE")
    }
    _globals = load_corpus.__globals__
    cache = _globals["cache_folder"]
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            _globals["cache_folder"] = lambda: Path(folder)
            os.environ["SPAM_RNN_OFFLINE"] = "1"
            error = str(raises(CorpusError, load_corpus, "uci"))
            assert all(remedy in error for remedy in ("network", "SPAM_RNN_DATA", "'sample'"))
            assert not caught
            assert load_corpus("uci", fallback="sample").attrs["corpus"] == "sample"
            assert load_corpus("assignment", fallback="sample").label.isna().sum() == 1
            assert any(issubclass(w.category, SampleWarning) for w in caught)
            (Path(folder) / "SMSSpamCollection").write_text("ham\tnot the corpus\nspam\tno\n", encoding="utf-8")
            assert "differs from the published file" in str(raises(CorpusError, load_corpus, "uci"))
    finally:
        _globals["cache_folder"] = cache
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@needs_corpus("uci")
def test_download_is_verified_and_tries_the_second_address():
    content = _find_corpus("uci").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        served, cache = Path(folder) / "served", Path(folder) / "cache"
        served.mkdir()
        for name, member in (("good.zip", content), ("altered.zip", content.replace(b"ham", b"Ham", 1))):
            with zipfile.ZipFile(served / name, "w") as archive:
                archive.writestr("SMSSpamCollection", member)
        handler = type(
            "Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None, "directory": None}
        )
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: handler(*a, directory=str(served)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            root = f"http://127.0.0.1:{server.server_address[1]}"
            assert _download("uci", (f"{root}/altered.zip", f"{root}/gone.zip"), cache) is None
            assert not cache.exists()  # nothing half-written
            path = _download("uci", (f"{root}/gone.zip", f"{root}/good.zip"), cache)
            assert path.read_bytes() == content
            assert [p.name for p in cache.iterdir()] == ["SMSSpamCollection"]
        finally:
            server.shutdown()
            server.server_close()
