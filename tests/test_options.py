"""Exported from nbs/behind/options.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

from spam_rnn.authoring.testing import raises
from spam_rnn.options import check_device, choose_source, find_model, read_threshold, spam_label


def test_what_was_typed_is_understood_or_told():
    assert [choose_source(name).name for name in ("uci", "UCI", "Sample")] == ["uci", "uci", "sample"]
    for typed, words in (
        ("uic", "did you mean 'uci'"), ("samples", "did you mean 'sample'"), ("none.csv", "none.csv does not exist"),
        ("https://example.org/a.csv", "download the file first"),
    ):  # fmt: skip
        assert words in str(raises(ValueError, choose_source, typed))
    assert choose_source("uci", "SPAM").pos_label == "spam" == choose_source("sample").pos_label
    error = str(raises(ValueError, choose_source, "uci", "1"))
    assert "'ham', 'spam'" in error and "'1'" in error and "--pos-label" in error
    assert "own" in str(raises(ValueError, choose_source, "uci", None, "v2"))
    for device in ("auto", "cpu", "mps", "cuda", "cuda:1"):
        check_device(device)
    assert str(raises(ValueError, check_device, "gpu")) == "device 'gpu' is unknown; use auto, cpu, cuda or mps"
    assert [read_threshold("0.5"), read_threshold(None), read_threshold("validation", ("validation",))] == [0.5, None, "validation"]
    for wrong in ("2", "-0.1", "nan", "half", "validation"):
        assert "[0, 1]" in str(raises(ValueError, read_threshold, wrong))


def test_the_label_of_spam_is_the_file_s_own():
    cases = (
        ("label,text", ["Spam", "ham"], {None: "Spam", "SPAM": "Spam", "spam": "Spam", "HAM": "ham"}),
        ("label,text", ["junk", "ok"], {None: "junk", "Junk": "junk", "ok": "ok"}),
        ("", ["junk", "ok"], {None: "junk"}),
        ("is_spam,text", ["1", "0"], {None: "spam", "SPAM": "spam", "1": "1"}),
        ("label,text", ["1", "0"], {None: "1"}),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.csv"
        for header, (spam, ham), expected in cases:
            path.write_text(f"{header}\n".lstrip("\n") + f"{spam},win a prize now\n{ham},see you at home\n{ham},bye for now\n" * 9, encoding="utf-8")
            assert {asked: spam_label(str(path), asked) for asked in expected} == expected, (header, spam)
        path.write_text("label,text\n" + "good,see you\nbad,win\n" * 9, encoding="utf-8")
        for asked, words in ((None, "is spam?"), ("spam", "no field equals the label 'spam'")):
            error = str(raises(ValueError, choose_source, str(path), asked))
            assert words in error and "['good', 'bad']" in error and "--pos-label" in error and str(path) in error
        path.write_text("label,text\n" + "ham,see you\n" * 9 + "spam,'you''ve won'\n", encoding="utf-8")
        assert [choose_source(str(path), asked).pos_label for asked in (None, "spam")] == ["spam", "spam"]  # the reader says why it cannot be had
        path.write_text("label,text\n" + "good,see you\nbad,win\n" * 9, encoding="utf-8")
        assert choose_source(str(path), "BAD", label_column="label").options == ["--corpus", str(path), "--pos-label", "bad", "--label-column", "label"]


def test_a_model_is_found_in_its_report():
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        assert find_model(folder) == folder
        (folder / "model").mkdir()
        record = folder / "model" / "classifier.json"
        record.write_text("{}", encoding="utf-8")
        assert find_model(folder) == folder / "model" == find_model(record)
        (folder / "classifier.json").write_text("{}", encoding="utf-8")
        assert find_model(folder) == folder and (find_model(None) / "classifier.json").exists()
