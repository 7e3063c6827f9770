"""Exported from nbs/exercises/08_score.ipynb: change it there, then export."""

from spam_rnn.authoring.sheets import sheet_complaints
from spam_rnn.exercises.score import _answers
from spam_rnn.exercises.sheets import solved_sheets


def test_sheet_of_score_is_proved():
    assert sheet_complaints(next(path for path in solved_sheets() if path.name == "08_score.ipynb")) == []


def test_each_mistake_of_the_score_has_a_number_of_its_own():
    right, wrong = _answers()
    assert len({round(value, 3) for value in (right, *wrong.values())}) == 1 + len(wrong), (right, wrong)
