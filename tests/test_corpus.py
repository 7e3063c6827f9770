"""Exported from nbs/00_corpus.ipynb and nbs/proofs/00_corpus.ipynb: change it there, then export."""

import contextlib
import functools
import hashlib
import http.server
import io
import os
import tempfile
import threading
import warnings
import zipfile
import zlib
from pathlib import Path
from unittest import mock

import pandas as pd
import pooch

from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.corpus import (
    CORPORA,
    CorpusError,
    FILES,
    SAMPLE,
    SampleWarning,
    align,
    as_pandas_reads,
    cache_folder,
    damaged_sample,
    download,
    export_with_semicolons,
    find_corpus,
    is_whole,
    load_corpus,
    read_corpus,
    repair,
)
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.messages import read_messages


def test_align_walks_through_both_files():
    whole = pd.DataFrame({"text": ["Hello", "£5 for you", "Lost on the way", "Tea & toast?", "Tea & cake"]})
    broken = pd.DataFrame({"text": ["HELLO", "Â£5 for you", None, "Tea ", "Something else"]})
    assert align(broken, whole) == [0, 1, 2, 3, None]
    assert align(whole.iloc[:0], whole) == [] and align(broken.iloc[:2], whole.iloc[:0]) == [None, None]


def test_only_bare_semicolons_cut():
    texts = ["a;b;c", "a, b; c", 'a "b"; c', "; a", "a;", "plain"]
    cut = export_with_semicolons(pd.DataFrame({"text": texts, "label": "ham"}))
    assert cut.text.fillna("-").tolist() == ["a", "a, b; c", 'a "b"; c', "-", "a", "plain"]
    assert cut.label.fillna("-").tolist() == ["b", "ham", "ham", " a", "-", "ham"]


def test_repair_gives_back_what_it_finds_and_says_what_it_does_not():
    intact = pd.DataFrame({"text": ["a;b", "cd", "ef"], "label": ["ham", "spam", "ham"]})
    repaired = repair(pd.DataFrame({"text": ["a", "ef", "zz"], "label": ["b", "ham", "ham"]}), intact)
    assert repaired.messages.to_numpy().tolist() == [["a;b", "ham"], ["ef", "ham"]] and repaired.messages.index.tolist() == [0, 1]
    assert repaired.rejected.raw.to_dict() == {2: "zz"} and "no such message" in repaired.rejected.reason[2]
    assert repaired.source == "repaired" and len(repaired.sha256) == 64 and repaired.rows_read == 3


def test_pandas_swallows_two_messages_of_the_sample():
    table, whole = as_pandas_reads(SAMPLE), read_messages(SAMPLE).messages
    assert table.columns.tolist() == ["text", "label"] and len(table) == len(whole) - 2
    places = align(table, whole)
    assert all(text.count("\n") == whole.text.index[b] - whole.text.index[a] - 1 for text, a, b in zip(table.text, places, places[1:]))


def test_a_file_with_the_right_name_and_other_content_is_an_error():
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, SPAM_RNN_DATA=folder):
        (Path(folder) / "SMSSpamCollection").write_bytes(SAMPLE.read_bytes())
        error = str(raises(CorpusError, find_corpus, "uci"))
        assert folder in error and "'uci'" in error and "remove it" in error


def test_the_file_itself_may_be_named_and_columns_are_passed_on():
    with tempfile.TemporaryDirectory() as folder:
        table, renamed = (Path(folder) / name for name in ("own.csv", "renamed.txt"))
        table.write_text("a,b,c\nspam,see you,junk\n" + "ham,bye now,ok\n" * 9, encoding="utf-8")
        own = read_corpus(table, "junk", text_column="b", label_column=2).messages
        assert own.label.tolist() == ["junk", *["ok"] * 9] and own.text.iloc[0] == "see you"
        renamed.write_bytes(b"the corpus under another name")
        known = {"file": "toy.tsv", "sha256": hashlib.sha256(renamed.read_bytes()).hexdigest(), "addresses": ()}
        with mock.patch.dict(FILES, toy=known), mock.patch.dict(os.environ, SPAM_RNN_DATA=str(renamed)):
            assert find_corpus("toy") == renamed


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


def test_a_message_that_says_null_is_a_message():
    texts = ["null", "NA", "nan", "None", "", "señor £5 😀"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.tsv"
        path.write_text("".join(f"ham\t{text}\n" for text in texts), encoding="utf-8")
        assert as_pandas_reads(path).to_dict("list") == {"text": texts, "label": ["ham"] * len(texts)}


@needs_corpus("uci", "assignment")
def test_each_table_of_5572_rows_lacks_two_other_messages():
    intact = load_corpus("uci")
    for table, missing in ((as_pandas_reads(find_corpus("uci")), {5082, 5083}), (load_corpus("assignment"), {99, 2793})):
        assert len(table) == 5572 and set(range(5574)) - set(align(table, intact)) == missing
    reading = read_corpus("assignment")
    assert (reading.source, len(reading.messages), reading.rows_read) == ("assignment", 5363, 5572)
    assert sorted(reading.rejected.reason.value_counts()) == [1, 1, 207]


def test_sample_carries_the_defects_of_the_real_files():
    sample, damaged = load_corpus("sample"), damaged_sample()
    assert len(sample) >= 1000 and read_corpus("sample").source == "sample"
    assert 0.12 < (sample.label == "spam").mean() < 0.15
    assert len(damaged) == len(sample) - 2  # stray quotes
    assert damaged.text.isna().sum() == 1 and damaged.label.isna().sum() == 1
    assert (~damaged.label.isin(["ham", "spam"])).sum() >= 40  # semicolons
    assert sample.text.duplicated().sum() >= 40
    assert (~sample.text.str.contains("[A-Za-z]")).sum() == 3  # no letter at all


def test_the_sample_can_be_repaired_to_the_letter():
    sample, damaged = load_corpus("sample"), damaged_sample()
    assert damaged.equals(export_with_semicolons(as_pandas_reads(SAMPLE)))
    repaired = repair(damaged, sample)
    assert repaired.messages.index.tolist() == list(range(len(damaged))) and repaired.rejected.empty
    assert set(repaired.messages.text) <= set(sample.text)
    kept = damaged.label.isin(["ham", "spam"]) & ~damaged.text.str.contains("\n", na=False)
    assert damaged[kept].equals(repaired.messages[kept].rename_axis(None))
    for label, n in sample.label.value_counts().items():
        assert n - 2 <= (repaired.messages.label == label).sum() <= n


def _table(*texts, label="ham"):
    return pd.DataFrame({"text": list(texts), "label": label})


def test_align_looks_at_forty_letters_and_five_messages():
    forty, whole = "abcdefghij" * 4, _table("one", "two", "three", "four", "five", "six", "seven")
    assert align(_table(forty + "end"), _table(forty + "other")) == [0]
    assert align(_table(forty[:39] + "x"), _table(forty)) == [None]
    assert align(_table("F-I-V-E 12!"), whole) == [4] and align(_table("six"), whole) == [None]
    assert align(_table("two", "seven"), whole) == [1, 6]  # counted from the last that was found
    assert align(_table("nothing", "six"), whole) == [None, None]
    assert align(_table("win", "in"), _table("a win", "win", "win in", "in")) == [1, 3]  # the beginning counts
    assert align(_table("o", "o"), _table("one", "or")) == [0, 1] and align(_table("one", "one"), _table("one")) == [0, None]
    assert align(_table("é", None, 7.5), _table("two", "e", "three")) == [0, 1, 2]  # without a letter: whatever comes next


def test_align_never_goes_back():
    assert align(_table("two", "one"), _table("one", "two", "one again")) == [1, 2]
    assert align(_table("two", "one"), _table("one", "two")) == [1, None]


def test_repair_numbers_rows_as_the_damaged_file_does():
    intact = pd.DataFrame({"text": ["a; b", "c", "d"], "label": ["ham", "spam", "ham"]}, index=[10, 20, 30])
    damaged = pd.DataFrame({"text": ["a", "nobody", "d"], "label": [" b", "ham", "spam"]})
    repaired = repair(damaged, intact)
    assert repaired.messages.to_dict("index") == {0: {"text": "a; b", "label": "ham"}, 2: {"text": "d", "label": "ham"}}
    assert repaired.rejected.to_dict("index") == {1: {"raw": "nobody", "reason": "the intact file holds no such message here"}}
    assert repaired.messages.index.name == repaired.rejected.index.name == "row"
    assert repaired.sha256 == hashlib.sha256(repaired.messages.to_csv().encode()).hexdigest()
    assert repair(damaged, intact.iloc[:1]).sha256 != repaired.sha256


def _like_the_course_file(rows=5572, holes=((2115, "text"), (3035, "label")), columns=("text", "label"), **options):
    table = pd.DataFrame("x", index=range(rows), columns=list(columns))
    for row, column in holes:
        table.loc[row, column] = None
    return table.to_csv(index=False, **options).encode()


def test_the_course_file_is_known_by_shape_and_holes():
    assert is_whole("assignment", _like_the_course_file()) and is_whole("assignment", _like_the_course_file(lineterminator="\r\n"))
    for other in (
        _like_the_course_file(rows=5571),
        _like_the_course_file(columns=("text", "label", "more")),
        _like_the_course_file(holes=()),
        _like_the_course_file(holes=[(2115, "text")]),
        _like_the_course_file(holes=[(2116, "text"), (3035, "label")]),
        _like_the_course_file(holes=[(2115, "text"), (3035, "label"), (7, "text")]),
        b"", b"<html>moved</html>", b'a,b\n"never closed', b"\xff\xfe\x00", b"a,b\n1,2,3\n1,2,3,4\n",
    ):  # fmt: skip
        assert not is_whole("assignment", other)


@needs_corpus("uci")
def test_one_other_byte_is_another_file():
    content = find_corpus("uci").read_bytes()
    assert is_whole("uci", content)
    assert not is_whole("uci", content.replace(b"ham", b"Ham", 1)) and not is_whole("uci", content + b"\n")


TOY = b"ham\tSee you at six\nspam\tWin a boat!\n"
SPEAKING = ("SPAM_RNN_DATA", "SPAM_RNN_OFFLINE", "IN_TEST", "XDG_CACHE_HOME", "SPAM_RNN_CACHE")


@contextlib.contextmanager
def _bare_computer(content=TOY, addresses=(), **environment):
    "A computer that has never seen a corpus; the `toy` corpus has these bytes and these addresses. Gives a folder."
    entry = {"file": "toy.tsv", "sha256": hashlib.sha256(content).hexdigest(), "addresses": tuple(addresses)}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        kept = {name: value for name, value in os.environ.items() if name not in SPEAKING}
        stack.enter_context(mock.patch.dict(os.environ, kept | environment, clear=True))
        stack.enter_context(mock.patch.dict(load_corpus.__globals__, cache_folder=lambda: Path(folder) / "cache"))
        stack.enter_context(mock.patch.dict(FILES, toy=entry))
        yield Path(folder)


def _put(folder, content, name="toy.tsv"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def test_the_named_folder_comes_before_the_cache():
    with _bare_computer() as folder:
        given, cached = _put(folder / "given", TOY), _put(folder / "cache", TOY)
        assert find_corpus("toy", may_download=False) == cached
        with mock.patch.dict(os.environ, SPAM_RNN_DATA=str(given.parent)):
            assert find_corpus("toy") == given
        with mock.patch.dict(os.environ, SPAM_RNN_DATA=str(folder / "empty")):
            assert find_corpus("toy") == cached
        with mock.patch.dict(os.environ, SPAM_RNN_DATA=""):  # set, and empty: as if it were not set
            assert find_corpus("toy") == cached
        with contextlib.chdir(given.parent):  # nobody named the folder that we happen to stand in
            assert find_corpus("toy") == cached


def test_a_wrong_file_is_an_error_wherever_it_lies():
    with _bare_computer() as folder:
        for place, environment in (("cache", {}), ("given", {"SPAM_RNN_DATA": str(folder / "given")})):
            path = _put(folder / place, TOY + b"ham\tone more\n")
            with mock.patch.dict(os.environ, environment):
                error = str(raises(CorpusError, find_corpus, "toy"))
            assert str(path) in error and "'toy'" in error and "differs from the published file" in error and "remove it" in error
            path.unlink()
        (folder / "cache" / "toy.tsv").mkdir()  # a folder of that name is no file
        assert find_corpus("toy", may_download=False) is None


def test_nothing_is_downloaded_unasked():
    reached = []

    def fetch(name, folder):
        reached.append((name, folder))
        return Path("fetched")

    with _bare_computer() as folder, mock.patch.dict(load_corpus.__globals__, download=fetch):
        assert find_corpus("toy", may_download=False) is None
        for silent in ("SPAM_RNN_OFFLINE", "IN_TEST"):
            with mock.patch.dict(os.environ, {silent: "1"}):
                assert find_corpus("toy") is None and find_corpus("toy", may_download=True) is None
        assert reached == []
        assert find_corpus("toy") == Path("fetched") and reached == [("toy", folder / "cache")]
        _put(folder / "cache", TOY)
        assert find_corpus("toy") == folder / "cache" / "toy.tsv" and len(reached) == 1  # kept from now on


def test_the_cache_is_the_one_of_the_operating_system():
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, XDG_CACHE_HOME=folder):
        assert cache_folder() == Path(pooch.os_cache("spam_rnn")) and cache_folder().name == "spam_rnn"


@contextlib.contextmanager
def _web_server(**files):
    "Gives the address of a server that has these files."
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            _put(Path(folder), content, name)
        quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()


def _zipped(name, content, compression=zipfile.ZIP_STORED):
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(Path(folder) / "one.zip", "w", compression) as archive:
            archive.writestr("readme", "about the corpus")
            archive.writestr(name, content)
        return (Path(folder) / "one.zip").read_bytes()


def _spoiled():
    "A compressed archive whose compressed bytes make no sense."
    packed = _zipped("toy.tsv", TOY * 40, zipfile.ZIP_DEFLATED)
    start = packed.rindex(b"toy.tsv", 0, packed.index(b"PK\x01\x02")) + len("toy.tsv")
    return packed[:start] + b"\xff" * 8 + packed[start + 8 :]


def test_only_the_right_bytes_get_a_name():
    bad = {
        "altered": _zipped("toy.tsv", TOY.replace(b"ham", b"Ham")),
        "named": _zipped("another.tsv", TOY),
        "broken": _zipped("toy.tsv", TOY)[:-30],
        "squeezed": _spoiled(),
        "damaged": _zipped("toy.tsv", TOY).replace(b"boat", b"goat"),  # the archive notices it by itself
        "page": b"<html>moved</html>",
    }
    good = {"plain": TOY, "packed": _zipped("toy.tsv", TOY)}
    with _web_server(**bad, **good) as root:
        addresses = [f"{root}/{name}" for name in ("gone", *bad)]
        with _bare_computer(addresses=[*addresses, "http://127.0.0.1:9/refused"]) as folder:
            assert download("toy", folder / "cache") is None
            assert not (folder / "cache").exists()  # nothing half-written
        for name in good:
            with _bare_computer(addresses=[*addresses, f"{root}/{name}"]) as folder:
                assert download("toy", folder / "cache") == folder / "cache" / "toy.tsv"
                assert (folder / "cache" / "toy.tsv").read_bytes() == TOY
                assert [path.name for path in (folder / "cache").iterdir()] == ["toy.tsv"]


def test_whatever_goes_wrong_at_one_address_the_next_is_tried():
    broken = raises(Exception, zipfile.ZipFile(io.BytesIO(_spoiled())).read, "toy.tsv")
    assert isinstance(broken, zlib.error)  # neither an OSError nor a BadZipFile
    wrong = (OSError, TimeoutError, ValueError, UnicodeError, KeyError, zipfile.BadZipFile, zlib.error, EOFError)
    for error in (*wrong, NotImplementedError, RuntimeError):

        def fetch(address, path, **options):
            if address == "http://one":
                raise error("no")
            return _put(Path(path), TOY)

        with _bare_computer(addresses=["http://one", "http://two"]) as folder, mock.patch.object(pooch, "retrieve", fetch):
            assert download("toy", folder).read_bytes() == TOY, error


def test_the_first_good_address_is_the_last_that_is_asked():
    with _web_server(good=TOY) as root, _bare_computer(addresses=[f"{root}/good", f"{root}/good?again"]) as folder:
        with mock.patch.object(pooch, "retrieve", wraps=pooch.retrieve) as retrieve:
            assert find_corpus("toy") == folder / "cache" / "toy.tsv"
        assert [call.args[0] for call in retrieve.call_args_list] == [f"{root}/good"]


def test_download_says_nothing_and_does_not_wait_for_ever():
    given = {}

    def fetch(address, known_hash, path, downloader):
        given.update(hash=known_hash, timeout=downloader.kwargs["timeout"], level=pooch.get_logger().level)
        return _put(Path(path), TOY)

    with _bare_computer(addresses=["http://one"]) as folder, mock.patch.object(pooch, "retrieve", fetch):
        assert download("toy", folder).read_bytes() == TOY
    assert given == {"hash": None, "timeout": 20, "level": 30}  # 30: warnings and worse


@needs_corpus("uci")
def test_download_is_verified_and_tries_the_second_address():
    content = find_corpus("uci").read_bytes()
    served = {"altered": _zipped("SMSSpamCollection", content.replace(b"ham", b"Ham", 1)), "good": _zipped("SMSSpamCollection", content)}
    with _web_server(**served) as root, tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        with mock.patch.dict(FILES["uci"], addresses=(f"{root}/altered", f"{root}/gone")):
            assert download("uci", cache) is None
            assert not cache.exists()
        with mock.patch.dict(FILES["uci"], addresses=(f"{root}/gone", f"{root}/good")):
            assert download("uci", cache).read_bytes() == content
            assert [path.name for path in cache.iterdir()] == ["SMSSpamCollection"]


def test_absent_corpus_is_an_error_that_names_three_remedies():
    with _bare_computer(SPAM_RNN_OFFLINE="1") as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name, read in (("uci", load_corpus), ("uci", read_corpus), ("assignment", load_corpus), ("assignment", read_corpus)):
            error = str(raises(CorpusError, read, name))
            remedies = ("network", str(folder / "cache"), "SPAM_RNN_DATA", FILES[name]["file"], "'sample'", f"{name!r}")
            assert all(remedy in error for remedy in remedies)
        assert not caught
        _put(folder / "cache", b"ham\tnot the corpus\nspam\tno\n", "SMSSpamCollection")
        assert "differs from the published file" in str(raises(CorpusError, load_corpus, "uci", fallback="sample"))
        assert not caught


def test_the_sample_stands_in_with_a_warning():
    sample, twin = load_corpus("sample"), damaged_sample()
    for name, read in (("uci", load_corpus), ("uci", read_corpus), ("assignment", load_corpus), ("assignment", read_corpus)):
        with _bare_computer(SPAM_RNN_OFFLINE="1"), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = read(name, fallback="sample")
        assert [w.category for w in caught] == [SampleWarning]
        assert caught[0].filename == test_the_sample_stands_in_with_a_warning.__code__.co_filename  # it points to who asked, not into the library
        assert f"THE SAMPLE STANDS IN FOR THE CORPUS {name!r}" in str(caught[0].message) and "SPAM_RNN_DATA" in str(caught[0].message)
        if read is load_corpus:
            assert found.equals(sample if name == "uci" else twin)
        else:
            assert found.source == "sample" and found.rows_read == len(sample if name == "uci" else twin)
    assert found.rejected.reason.str.contains("missing").sum() == 2 and len(found.rejected) >= 40  # the twin's damage


def test_a_corpus_at_hand_needs_no_fallback():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with mock.patch.dict(load_corpus.__globals__, find_corpus=None):  # the sample is not looked for
            assert read_corpus("sample").source == read_corpus("sample", fallback="sample").source == "sample"
            assert load_corpus("sample").equals(read_messages(SAMPLE).messages)
        with _bare_computer() as folder, mock.patch.dict(FILES, uci=FILES["toy"]):
            _put(folder / "cache", TOY)
            for fallback in (None, "sample"):
                reading = read_corpus("uci", fallback=fallback)
                assert (reading.source, reading.sha256) == ("uci", hashlib.sha256(TOY).hexdigest())
                assert reading.messages.text.tolist() == load_corpus("uci", fallback=fallback).text.tolist() == ["See you at six", "Win a boat!"]


def test_a_file_of_your_own_is_read_under_its_path():
    with tempfile.TemporaryDirectory() as folder:
        path = _put(Path(folder), b"ok\tSee you at six\njunk\tWin a boat!\nok\tBring bread\n")
        for given in (path, str(path)):
            reading = read_corpus(given, "junk")
            assert reading.source == str(path) and reading.messages.label.tolist() == ["ok", "junk", "ok"]
        assert "'spam'" in str(raises(TableError, read_corpus, path))


def test_unknown_names_are_errors():
    assert CORPORA == ("uci", "assignment", "sample")
    error = str(raises(CorpusError, load_corpus, "uic"))
    assert all(word in error for word in ("'uic'", *CORPORA, "read_messages"))
    assert "did you mean 'uci'?" in str(raises(TableError, read_corpus, "uic"))
    assert "none.csv does not exist" in str(raises(TableError, read_corpus, "none.csv"))
    assert issubclass(CorpusError, TableError) and issubclass(CorpusError, ValueError) and issubclass(SampleWarning, UserWarning)
    for read in (read_corpus, load_corpus):
        for name in ("uci", "assignment", "sample"):
            assert "'smaple'" in str(raises(ValueError, read, name, fallback="smaple"))


def test_capitals_do_not_count_in_names_of_corpora():
    assert read_corpus("Sample").source == "sample" and load_corpus("SAMPLE").equals(load_corpus("sample"))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        _put(Path(folder), b"ham\tSee you at six\nspam\tWin a boat!\n").rename("UCI")
        assert read_corpus("UCI").source == "UCI"  # a file of one's own comes first
