"""Exported from nbs/behind/combining.ipynb: change it there, then export."""

from spam_rnn.combining import combining_marks


def test_marks_of_many_scripts_are_known_and_no_letters():
    marks = combining_marks()
    assert all(mark in marks for mark in "\u0301\u093e\u094d\u064e\u05b0\u0e34\u3099\u200d")
    assert not any(letter in marks for letter in "aé\u0915\u0627, 1\n]\\^-")
    assert combining_marks() is marks
