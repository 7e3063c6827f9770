"""Exported from nbs/01_text.ipynb: change it there, then export."""

from spam_rnn.exporting import raises

from spam_rnn.text import normalize, tokenize, tokenize_all


def test_normalize_keeps_what_it_should():
    assert normalize("Call 0808 &lt;#&gt; NOW") == "call 0000 <#> now"
    assert normalize("Call 08", lowercase=False, digits="keep") == "Call 08"
    assert normalize("Call 08!", digits="delete", punctuation="delete") == "call "
    assert normalize("", unescape=False) == ""


def test_tokens_are_words_and_marks():
    assert tokenize("don't go!!!! £900, ok :)") == ["don't", "go", "!!!", "£", "900", ",", "ok", ":", ")"]
    assert tokenize("") == tokenize("  \n ") == []
    assert tokenize("dont go", punctuation="delete") == ["dont", "go"]
    assert tokenize("😀😀 سلام") == ["😀😀", "سلام"]


def test_no_character_is_lost_but_blanks_and_repeats():
    for text in ("a-b_c d'e", "x!?y", "«ok» …", "e\u0301te\u0301"):
        assert "".join(tokenize(text)) == text.replace(" ", "")


def test_tokenize_all_refuses_unknown_names():
    assert tokenize_all(["Hi 5", ""]) == [["hi", "0"], []]
    for keyword in ("digits", "punctuation"):
        error = str(raises(ValueError, tokenize_all, ["a"], **{keyword: "squeeze"}))
        assert keyword in error and "squeeze" in error
