"""Exported from nbs/exercises/13_verdict.ipynb: change it there, then export."""

from spam_rnn.authoring.sheets import sheet_complaints
from spam_rnn.exercises.sheets import solved_sheets
from spam_rnn.exercises.verdict import _answers


def test_sheet_of_verdict_is_proved():
    assert sheet_complaints(next(path for path in solved_sheets() if path.name == "13_verdict.ipynb")) == []


def test_each_mistake_of_the_verdict_has_a_number_of_its_own():
    right, wrong = _answers()
    assert len({round(value, 2) for value in (right, *wrong.values())}) == 1 + len(wrong), (right, wrong)
