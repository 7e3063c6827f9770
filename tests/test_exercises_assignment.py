"""Exported from nbs/exercises/11_assignment.ipynb: change it there, then export."""

from spam_rnn.authoring.sheets import sheet_complaints
from spam_rnn.exercises.sheets import solved_sheets


def test_sheet_of_assignment_is_proved():
    assert sheet_complaints(next(path for path in solved_sheets() if path.name == "11_assignment.ipynb")) == []
