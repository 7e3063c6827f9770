"""Exported from nbs/behind/exercises_checking.ipynb: change it there, then export."""

import math
from functools import partial

from spam_rnn.authoring.testing import raises
from spam_rnn.exercises.checking import (
    Mistake,
    attempt,
    check,
    compare,
    exercise,
    forget_outcomes,
    last_outcomes,
    number,
    predict,
)
from spam_rnn.exercises.predictions import keep_predictions, kept_predictions


def _own_exercise(judge, **more):
    options = {"kind": "build it", "hints": ("one", "two"), "mistakes": {"low": "{value} is too low."}, "right": "Good."}
    return exercise("own-test", **options | more)(judge)


def test_a_check_has_three_outcomes_and_never_raises():
    def judge(answer):
        if number(answer) < 1:
            raise Mistake("low", value=answer)
        return compare(answer, 2, {"low": 1.5})

    _own_exercise(judge)
    forget_outcomes()
    for nothing in (None, ..., (1, ...), [None]):
        assert check("own-test", nothing).verdict == "not yet"
    assert check("own-test").verdict == "not yet" and not check("own-test").is_right
    low, odd, text, table = (check("own-test", answer) for answer in (0, 17, "2", {}))
    assert repr(low) == "Wrong, because 0 is too low." and low.because == "low"
    assert odd.because == "other" and "another result than your answer" in odd.words and "2" in text.words and (text.because, table.because) == ("no-number", "no-number")
    assert last_outcomes()["own-test"].verdict == "wrong"
    assert check("own-test", 2).is_right and repr(check("own-test", 2.0000001)) == "Right. Good."
    assert check("own-test", math.nan).because == "other"
    _own_exercise(lambda answer: 1 / 0)
    assert check("own-test", 1).because == "raised" and "ZeroDivisionError" in check("own-test", 1).words
    for unknown in ("own-none", "../x", "checking-x"):
        assert f"there is no exercise {unknown!r}" in str(raises(ValueError, check, unknown, 1))
    assert "claim and came_true go together" in str(raises(ValueError, _own_exercise, judge, claim="x"))


def test_a_function_is_tried_and_its_failures_have_names():
    _own_exercise(lambda function: "low" if attempt(function, [3, 1], unchanged=True) != [1, 3] else None)
    said = partial(check, "own-test")
    assert said(lambda numbers: sorted(numbers)).is_right
    assert said(lambda numbers: None).verdict == said(lambda numbers: ...).verdict == "not yet"
    assert said(lambda numbers: numbers.sort() or numbers).because == "changed"
    assert "`return`" in said(lambda numbers: None).words
    assert said(lambda: 1).because == "raised" and said([1, 3]).because == "no-function"
    assert "[3, 1]" in said(lambda numbers: numbers[5]).words
    assert "this is an int." in said(3).words and "this is a list." in said([1, 3]).words


def test_a_prediction_is_kept_and_told_when_the_answer_is_right():
    keep_predictions(None)
    _own_exercise(lambda answer: compare(answer, 2), claim="it is more than 3", came_true=lambda answer: answer > 3)
    assert check("own-test", 2).words == "Good. It is not so. You predicted nothing."
    assert predict("own-test").verdict == "not yet" and "more than 3" in predict("own-test").words
    assert predict("own-test", 80).because == "no-probability" and "80 % is 0.8" in predict("own-test", 80).words
    assert predict("own-test", "yes").because == "no-number" and kept_predictions() == {}
    assert predict("own-test", 0.8).verdict == "kept" and check("own-test", 5).verdict == "wrong"
    assert kept_predictions()["own-test"]["came_true"] is None  # a wrong answer tells nothing
    assert "You were 80% sure that it is more than 3. It is not so." in check("own-test", 2).words
    assert "80%" in predict("own-test", 0.1).words and "it stands" in predict("own-test", 0.1).words
    keep_predictions(None)
