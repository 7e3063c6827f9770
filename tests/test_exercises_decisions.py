"""Exported from nbs/exercises/12_decisions.ipynb: change it there, then export."""

import ast

import numpy as np

from spam_rnn.authoring.sheets import sheet_complaints
from spam_rnn.exercises.sheets import read_sheet, solved_sheets
from spam_rnn.lab.runs import read_runs
from spam_rnn.lab.verdicts import judge_pairs, paired_differences


def _sheet():
    return next(path for path in solved_sheets() if path.name == "12_decisions.ipynb")


def test_sheet_of_decisions_is_proved():
    assert sheet_complaints(_sheet()) == []


def test_the_differences_of_the_sheet_are_rows_of_the_run_log():
    given = next("".join(cell["source"]) for cell in read_sheet(_sheet()).cells if cell.get("id") == "decisions-given-1")
    shown = next(ast.literal_eval(node.value) for node in ast.parse(given).body if isinstance(node, ast.Assign))
    all_pairs = paired_differences(read_runs(_sheet().parents[2] / "results" / "decisions.jsonl"), "the reference")
    pairs = all_pairs[all_pairs.name == "punctuation: deleted"].sort_values("seed")
    assert np.allclose(shown, pairs.mcc.round(4)) and {(row.train, row.test) for row in pairs.itertuples()} == {(3902, 1114)}
    verdicts = judge_pairs(all_pairs)
    assert dict(verdicts.verdict.value_counts()) == {"no difference": 51, "cannot tell": 16, "matters": 2}  # the messages tell these
    assert (verdicts.mcc_high[verdicts.verdict == "cannot tell"] < 0).sum() == 5
