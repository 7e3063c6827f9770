"""Exported from nbs/behind/encoding.ipynb and nbs/proofs/encoding.ipynb: change it there, then export."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from spam_rnn.authoring.testing import raises
from spam_rnn.encoding import TOKEN_UNITS, TextEncoder, check_texts, ngram_rows
from spam_rnn.storage.records import RecordError, pack
from spam_rnn.text import tokenize_all
from spam_rnn.vocab import UNK, Vocabulary, character_ngrams


def test_whoever_decides_otherwise_reads_otherwise():
    ids, mask = TextEncoder.fit(["aab b"], token_unit="character", padding_side="left", max_length=3)[0](["abc d", "a"])
    assert ids.tolist() == [[2, 3, 1], [0, 0, 2]] and mask.tolist() == [[True] * 3, [False, False, True]]


def test_an_encoder_cannot_be_changed():
    for name in ("lowercase", "vocabulary", "anything"):
        raises(AttributeError, setattr, TextEncoder(), name, False)


def test_what_is_no_list_of_texts_is_refused():
    for texts, word in (
        ("one text", "[text]"), (b"one text", "[text]"), (pd.DataFrame({"text": ["a"]}), "table['text']"), ({"a": 1}, "dict"),
        ({"a"}, "not set; order matters"), (frozenset("a"), "frozenset"), (5, "int"), (None, "NoneType"), (np.array("a"), "ndarray"),
        (["fine", None], "row 1 is not a text but NoneType None"), ([b"bytes"], "row 0 is not a text but bytes"), ([["a"]], "row 0"),
        (["a", "b", 3.5, None], "row 2 is not a text but float 3.5"), (pd.Series(["a", float("nan")]), "row 1 is not a text but float nan"),
    ):  # fmt: skip
        assert word in str(raises(ValueError, check_texts, texts))


def test_a_long_row_is_named_in_one_short_line():
    for row in (["a\n" * 500], b"\n" * 500, list(range(500)), np.zeros((9, 2)), pd.Series([1, 2])):
        error = str(raises(ValueError, check_texts, ["fine", row]))
        assert "\n" not in error and len(error) < 140 and error.endswith("; every row must be a string")


def test_every_kind_of_list_of_texts_is_taken():
    for texts in (["a", ""], pd.Series(["a", ""], index=[7, 3]), np.array(["a", ""]), np.array(["a", ""], object), ("a", ""), iter(["a", ""])):
        found = check_texts(texts)
        assert type(found) is list and found == ["a", ""]
    for nothing in ([], (), pd.Series([], dtype=object), np.array([], str)):
        assert check_texts(nothing) == []


_TEXT = "It's &amp; OK:  call 0800"


def test_each_option_reaches_the_tokens():
    for options, tokens in (
        ({}, ["it's", "&", "ok", ":", "call", "0000"]),
        ({"lowercase": False}, ["It's", "&", "OK", ":", "call", "0000"]),
        ({"unescape": False}, ["it's", "&", "amp", ";", "ok", ":", "call", "0000"]),
        ({"digits": "keep"}, ["it's", "&", "ok", ":", "call", "0800"]),
        ({"digits": "delete"}, ["it's", "&", "ok", ":", "call"]),
        ({"punctuation": "delete"}, ["its", "ok", "call", "0000"]),
        ({"token_unit": "character"}, list("it's & ok: call 0000")),  # one blank between words
        ({"token_unit": "character", "lowercase": False, "digits": "keep"}, list("It's & OK: call 0800")),
        ({"token_unit": "character", "unescape": False, "punctuation": "delete"}, list("its amp ok call 0000")),
    ):
        encoder, learned = TextEncoder.fit([_TEXT], **options)
        assert learned == encoder.tokenize([_TEXT]) == [tokens], options
        assert {**options} == {name: getattr(encoder, name) for name in options}
        assert sorted(encoder.vocabulary.tokens[2:]) == sorted(set(tokens))
        assert encoder.vocabulary.decode(encoder.encode([tokens])[0]) == tokens
    assert TOKEN_UNITS == ("word", "character") and tokenize_all([_TEXT]) == TextEncoder().tokenize([_TEXT])


def test_wrong_options_are_named():
    for options in ({"digits": "none"}, {"punctuation": "none"}):
        assert next(iter(options)) in str(raises(ValueError, TextEncoder.fit, ["a"], **options))
    assert "min_count" in str(raises(ValueError, TextEncoder.fit, ["a"], min_count=0))
    raises(TypeError, TextEncoder.fit, ["a"], colour="blue")
    for side in ("padding_side", "truncation_side"):
        assert side in str(raises(ValueError, TextEncoder(**{side: "top"}), ["a"]))


def test_fit_learns_what_it_is_told_to():
    texts = ["b b b a a c", "a b dd"]
    for options, known in (
        ({}, ["b", "a", "c", "dd"]), ({"min_count": 2}, ["b", "a"]), ({"max_vocabulary": 1}, ["b"]), ({"max_vocabulary": None}, ["b", "a", "c", "dd"]),
        ({"vocabulary": ["z", "a"]}, ["z", "a"]), ({"vocabulary": iter(["z"]), "min_count": 3}, ["z"]),
    ):  # fmt: skip
        encoder, tokens = TextEncoder.fit(texts, **options)
        assert encoder.vocabulary.tokens[2:] == known and encoder.ngrams is None
        assert tokens == [["b", "b", "b", "a", "a", "c"], ["a", "b", "dd"]]
    encoder, _ = TextEncoder.fit(["sunny sunny sun rain"], ngrams=True)
    assert set(encoder.ngrams.tokens[2:]) == set(character_ngrams("sunny")) & set(character_ngrams("sun"))
    alone, _ = TextEncoder.fit(["pad unk rain"], ngrams=True)  # `<pad>` and `<unk>` are no words to share n-grams with
    assert alone.ngrams.tokens[2:] == []
    given, _ = TextEncoder.fit(["sunny sun"], ngrams=True, vocabulary=["rain", "rainy"])  # n-grams of what is known
    assert set(given.ngrams.tokens[2:]) == set(character_ngrams("rain")) & set(character_ngrams("rainy"))
    assert TextEncoder().vocabulary.tokens == ["<pad>", "<unk>"] and TextEncoder().encode([["a"]]) == [[UNK]]


def test_the_table_is_padded_and_cut_as_it_says():
    texts = ["a b c d", "e", ""]
    for options, ids in (
        ({}, [[2, 3, 4, 5], [6, 0, 0, 0], [0, 0, 0, 0]]),
        ({"padding_side": "left"}, [[2, 3, 4, 5], [0, 0, 0, 6], [0, 0, 0, 0]]),
        ({"max_length": 2}, [[2, 3], [6, 0], [0, 0]]),
        ({"max_length": 2, "truncation_side": "left"}, [[4, 5], [6, 0], [0, 0]]),
        ({"max_length": None}, [[2, 3, 4, 5], [6, 0, 0, 0], [0, 0, 0, 0]]),
    ):
        encoder, tokens = TextEncoder.fit(texts, **options)
        table, mask = encoder(texts)
        assert table.tolist() == ids and torch.equal(mask, table > 0), options
        assert all(torch.equal(here, there) for here, there in zip(encoder.pad(encoder.encode(tokens)), (table, mask)))
    assert TextEncoder()(["a " * 300])[0].shape == (1, 200) and TextEncoder(max_length=None)(["a " * 300])[0].shape == (1, 300)
    assert TextEncoder()([])[0].shape == (0, 1)


def test_a_row_is_the_token_and_its_known_ngrams():
    vocabulary, ngrams = Vocabulary(["sun"]), Vocabulary(["un>", "<su", "moo"])
    rows = ngram_rows([["sun", "moon"], [], ["su", "sun"]], vocabulary, ngrams)
    assert rows == [
        [[2, 3, 2, *[0] * 22], [UNK, 4, *[0] * 23]],
        [],
        [[UNK, 3, *[0] * 23], [2, 3, 2, *[0] * 22]],
    ]


def test_a_row_has_25_numbers_however_long_the_token():
    word = "abcdefghijklmnopqrst"
    ngrams = Vocabulary(character_ngrams(word))
    for n, known in ((1, 1), (6, 15), (9, 24), (10, 24), (20, 24)):
        (row,) = ngram_rows([[word[:n]]], Vocabulary([word[:n]]), ngrams)[0]
        in_order = [i for i in ngrams.encode(character_ngrams(word[:n])) if i != UNK]
        assert len(row) == 25 and row[0] == 2 and row[1:] == [*in_order, *[0] * 24][:24], n


def test_encoders_with_ngrams_tell_unknown_words_apart():
    encoder, _ = TextEncoder.fit(["win winner winning sun sunny sunday"], ngrams=True, max_length=2)
    plain, _ = TextEncoder.fit(["win winner winning sun sunny sunday"])
    unseen = [["winnings", "sunning", "xyz"]]
    assert plain.encode(unseen) == [[plain.unknown] * 3] == [[UNK] * 3]
    a, b, c = encoder.encode(unseen)[0]
    assert a != b and a[0] == b[0] == UNK and c == encoder.unknown == [UNK, *[0] * 24]
    assert encoder.encode(unseen) == ngram_rows(unseen, encoder.vocabulary, encoder.ngrams)
    ids, mask = encoder(["win sun winner", "xyz"])
    assert ids.shape == (2, 2, 25) and mask.tolist() == [[True, True], [True, False]]
    assert ids[1].tolist() == [[UNK, *[0] * 24], [0] * 25] and ids[0].tolist() == encoder.encode([["win", "sun"]])[0]


_KINDS = (
    {}, {"ngrams": True, "min_count": 2}, {"token_unit": "character", "max_length": 4}, {"vocabulary": ["see"], "lowercase": False},
    {"unescape": False, "digits": "keep", "punctuation": "delete", "padding_side": "left", "truncation_side": "left", "max_length": None},
)  # fmt: skip


def test_an_encoder_comes_back_as_it_was():
    texts = ["Win £500 now!", "see you at six, see?", "&amp; ok", ""]
    for options in _KINDS:
        encoder, tokens = TextEncoder.fit(texts, **options)
        assert tokens == encoder.tokenize(texts)
        with tempfile.TemporaryDirectory() as folder:
            encoder.save(Path(folder) / "encoder")
            again = TextEncoder.load(str(Path(folder) / "encoder"))
        through_json = TextEncoder.from_record(json.loads(json.dumps(encoder.record())))
        for other in (again, through_json):
            assert type(other) is TextEncoder and other.record() == encoder.record()
            assert all(torch.equal(here, there) for here, there in zip(other(texts), encoder(texts)))
            assert other.vocabulary.tokens == encoder.vocabulary.tokens and (other.ngrams is None) == (encoder.ngrams is None)


def test_a_record_holds_all_that_was_decided():
    encoder, _ = TextEncoder.fit(["sun sunny"], ngrams=True, digits="keep", max_length=None)
    names = "lowercase unescape digits punctuation token_unit max_length padding_side truncation_side vocabulary ngrams"
    record = encoder.record()
    assert record.keys() == set(names.split()) and record["digits"] == "keep" and record["max_length"] is None
    assert record["vocabulary"] == ["sun", "sunny"] and record["ngrams"] == encoder.ngrams.tokens[2:] != []
    assert TextEncoder().record()["vocabulary"] == [] and TextEncoder().record()["ngrams"] is None


def test_what_is_no_encoder_is_refused():
    good = TextEncoder.fit(["a b"])[0].record()
    without = {name: value for name, value in good.items() if name != "ngrams"}
    records = (without, {**good, "colour": "blue"}, {**good, "vocabulary": ["a", "a"]}, {**good, "vocabulary": [1]}, {**good, "vocabulary": None}, [good], "a", None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder"
        for content in (*map(pack, records), b"", b"no record", pack(good)[:-1], pack(good)[:-9] + b"x" + pack(good)[-8:]):
            path.write_bytes(content)
            error = raises(RecordError, TextEncoder.load, path)
            assert f"{path} is not an encoder (" in str(error) and error.__cause__ is None
        path.write_bytes(pack(good))
        assert TextEncoder.load(path).record() == good
        raises(FileNotFoundError, TextEncoder.load, Path(folder) / "elsewhere")
