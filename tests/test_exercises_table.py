"""Exported from nbs/exercises/04_table.ipynb: change it there, then export."""

from spam_rnn.authoring.sheets import sheet_complaints
from spam_rnn.exercises.sheets import solved_sheets
from spam_rnn.exercises.table import _answers


def test_sheet_of_table_is_proved():
    assert sheet_complaints(next(path for path in solved_sheets() if path.name == "04_table.ipynb")) == []


def test_each_mistake_of_the_table_has_a_number_of_its_own():
    right, wrong = _answers()
    assert len({right, *wrong.values()}) == 1 + len(wrong), wrong
