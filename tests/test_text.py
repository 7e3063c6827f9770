"""Exported from nbs/01_text.ipynb and nbs/proofs/01_text.ipynb: change it there, then export."""

import html
import re
import string
import unicodedata

from hypothesis import assume, given, settings, strategies as st

from spam_rnn.authoring.testing import raises
from spam_rnn.text import DIGITS, PUNCTUATION, normalize, tokenize, tokenize_all, undo_entities


def test_normalize_keeps_what_it_should():
    assert normalize("Call 0808 &lt;#&gt; NOW") == "call 0000 <#> now"
    assert normalize("Call 08", lowercase=False, digits="keep") == "Call 08"
    assert normalize("Call 08!", digits="delete", punctuation="delete") == "call "
    assert normalize("", unescape=False) == ""


def test_entities_are_decoded_before_case_is_folded():
    assert normalize("&#70;REE &#x41;") == "free a" and normalize("&#70;REE", lowercase=False) == "FREE"
    assert normalize("&AMP; &#49;&#33;", punctuation="delete") == " 0"  # and before digits and punctuation, too


def test_no_number_is_too_long_to_read():
    for text in ("&#" + "9" * 5000 + ";", "&#" + "0" * 5000 + "70;", "a &#" + "1" * 4301):
        assert len(normalize(text)) < 5
    assert undo_entities("&#" + "0" * 5000 + "70;REE") == "FREE" and undo_entities("&#99999999999;") == html.unescape("&#99999999999;")
    for text in ("&#70;", "&#070", "&#0;", "&#00;", "&#x46;", "&#xZ", "&#", "&#;", "&#1114111;", "&#1114112;", "&amp;#70;", "&#9\u0663;"):
        assert undo_entities(text) == html.unescape(text), text


def test_one_word_has_one_canonical_form():
    for way in ("Caf\u00e9", "Cafe\u0301", "Caf&eacute;", "Cafe&#769;"):
        assert normalize(way) == "caf\u00e9"
    for text in ("\u0130", "e\u0301\u0323", "\u1100\u1161"):
        assert unicodedata.is_normalized("NFC", normalize(text)) and normalize(normalize(text)) == normalize(text)


def test_tokens_are_words_and_marks():
    assert tokenize("don't go!!!! £900, ok :)") == ["don't", "go", "!!!", "£", "900", ",", "ok", ":", ")"]
    assert tokenize("") == tokenize("  \n ") == []
    assert tokenize("dont go", punctuation="delete") == ["dont", "go"]
    assert tokenize("😀😀 سلام") == ["😀😀", "سلام"]


def test_no_character_is_lost_but_blanks_and_repeats():
    for text in ("a-b_c d'e", "x!?y", "«ok» …", "e\u0301te\u0301"):
        assert "".join(tokenize(text)) == text.replace(" ", "")


def test_combining_marks_belong_to_their_words():
    assert tokenize("नमस्ते दुनिया!") == ["नमस्ते", "दुनिया", "!"]
    assert tokenize("e\u0301te\u0301 it’s\u0301") == ["e\u0301te\u0301", "it’s\u0301"]
    assert tokenize("سَلام می\u200cخواهم") == ["سَلام", "می\u200cخواهم"]
    assert tokenize("\u0301 a") == ["\u0301", "a"]  # one without a letter stands for itself


def test_tokenize_all_refuses_unknown_names():
    assert tokenize_all(["Hi 5", ""]) == [["hi", "0"], []]
    for keyword in ("digits", "punctuation"):
        error = str(raises(ValueError, tokenize_all, ["a"], **{keyword: "squeeze"}))
        assert keyword in error and "squeeze" in error


MESSAGE = "FREE &amp; easy: Call 0808-157!! Don't"
NOTHING = {"lowercase": False, "unescape": False, "digits": "keep", "punctuation": "keep"}


def test_each_option_changes_one_thing():
    assert normalize(MESSAGE, **NOTHING) == MESSAGE
    for option, expected in (
        ({"lowercase": True}, "free &amp; easy: call 0808-157!! don't"),
        ({"unescape": True}, "FREE & easy: Call 0808-157!! Don't"),
        ({"digits": "shape"}, "FREE &amp; easy: Call 0000-000!! Don't"),
        ({"digits": "delete"}, "FREE &amp; easy: Call -!! Don't"),
        ({"punctuation": "delete"}, "FREE amp easy Call 0808157 Dont"),
    ):
        assert normalize(MESSAGE, **NOTHING | option) == expected
    assert normalize(MESSAGE) == "free & easy: call 0000-000!! don't"  # the defaults
    assert normalize("GROẞE Straße") == "große straße"  # lower case, letter by letter; nothing is spelled out


def test_all_marks_of_ascii_and_no_others_are_deleted():
    for code in range(128):
        kept = normalize(chr(code), punctuation="delete", digits="keep", lowercase=False)
        assert kept == ("" if chr(code) in string.punctuation else chr(code))
    assert normalize("£’…«", punctuation="delete") == "£’…«"
    assert normalize("a\\b^c]d-e", punctuation="delete") == "abcde"  # the original kept the backslash


def test_digits_of_every_script_have_a_shape():
    assert normalize("8 ٣ ३ ８") == "0 0 0 0" and normalize("x٣y", digits="delete") == "xy"
    assert normalize("½ ² Ⅷ", lowercase=False) == "½ ² Ⅷ"  # numbers, but no digits


def test_what_an_entity_stands_for_is_normalised_too():
    for code in range(33, 127):
        for escaped in (f"&#{code};", f"&#x{code:X};"):
            for digits in DIGITS:
                for punctuation in PUNCTUATION:
                    if chr(code) != "&":  # an ampersand may begin another entity
                        assert normalize(escaped, True, True, digits, punctuation) == normalize(chr(code), True, True, digits, punctuation)
    assert normalize("&Auml;&AMP;&LT;") == "ä&<" and normalize("&amp;lt;") == "&lt;"  # undone once, not twice


def test_an_entity_that_stays_is_text():
    assert normalize("&#70;REE", unescape=False) == "&#00;ree"
    assert tokenize(normalize("&lt;#&gt;", unescape=False)) == ["&", "lt", ";", "#", "&", "gt", ";"]
    assert tokenize(normalize("&lt;#&gt;")) == ["<", "#", ">"]


def test_an_apostrophe_stays_inside_a_word_only():
    assert tokenize("don't don’t rock'n'roll") == ["don't", "don’t", "rock'n'roll"]
    assert tokenize("'tis the dogs' 'a' o''clock") == ["'", "tis", "the", "dogs", "'", "'", "a", "'", "o", "''", "clock"]


def test_a_run_of_one_mark_is_one_token_of_at_most_three():
    for n in range(1, 9):
        assert tokenize("!" * n) == ["!" * min(n, 3)] and tokenize(f"so{'.' * n}?") == ["so", "." * min(n, 3), "?"]
    assert tokenize("?!?!") == ["?", "!", "?", "!"] and tokenize("! !") == ["!", "!"]
    assert tokenize("soooooo 00000 ____") == ["soooooo", "00000", "____"]  # words are never cut


def test_without_punctuation_blanks_alone_cut():
    assert tokenize("a!b  c\td\ne", punctuation="delete") == ["a!b", "c", "d", "e"]
    assert tokenize_all(["Call: 08-15, NOW!!", ":-)"], punctuation="delete") == [["call", "0000", "now"], []]


def test_tokenize_all_passes_every_option_on():
    texts = [MESSAGE, "", "£5 2nite :)"]
    for lowercase in (True, False):
        for unescape in (True, False):
            for digits in DIGITS:
                for punctuation in PUNCTUATION:
                    told = dict(lowercase=lowercase, unescape=unescape, digits=digits, punctuation=punctuation)
                    expected = [tokenize(normalize(text, **told), punctuation) for text in texts]
                    assert tokenize_all(iter(texts), **told) == expected
    assert tokenize_all(texts)[0] == ["free", "&", "easy", ":", "call", "0000", "-", "000", "!!", "don't"]  # the defaults
    assert "('shape', 'keep', 'delete')" in str(raises(ValueError, tokenize_all, [], digits="Shape"))
    assert "('keep', 'delete')" in str(raises(ValueError, tokenize_all, [], punctuation="Keep"))


PARTS = ["&amp;", "&lt;#&gt;", "&#65;", "win", "WIN", "it's", "’", "'", "!!!!", "...", "0800", "٣", " ", "\n", "\u0307", "İ", "ς", "_"]
CHARACTERS = st.text(st.characters(exclude_categories=()), max_size=40)  # half surrogate pairs included
TEXTS = CHARACTERS | st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


@settings(deadline=None)
@given(TEXTS, st.booleans(), st.sampled_from(DIGITS), st.sampled_from(PUNCTUATION), st.booleans())
def test_normalising_again_changes_nothing(text, lowercase, digits, punctuation, unescape):
    once = normalize(text, lowercase, unescape, digits, punctuation)
    assume(not unescape or "&" not in once)  # what was escaped twice is unescaped twice
    assert normalize(once, lowercase, unescape, digits, punctuation) == once


@settings(deadline=None)
@given(TEXTS)
def test_tokens_hold_all_that_is_not_blank(text):
    runs_of_three = re.sub(r"([^\w\s])\1{3,}", r"\1\1\1", text)
    assert "".join(tokenize(text)) == re.sub(r"\s", "", runs_of_three)
    assert "".join(tokenize(text, "delete")) == re.sub(r"\s", "", text)
    assert not any(token == "" or re.search(r"\s", token) for token in tokenize(text))


@settings(deadline=None)
@given(TEXTS)
def test_an_escaped_text_is_read_as_the_text(text):
    assume("&" not in text and "\r" not in text)
    assert normalize(html.escape(text)) == normalize(text)
