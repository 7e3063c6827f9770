"""Exported from nbs/behind/hand_in.ipynb: change it there, then export."""

from spam_rnn.hand_in import match, read_hand_in


import math
import tempfile
from pathlib import Path

import pandas as pd

from spam_rnn.authoring.testing import raises
from spam_rnn.hand_in import match, read_hand_in
from spam_rnn.tables.decoding import TableError


def _hand_in(text, name="answers.csv", **options):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_text(text, encoding="utf-8")
        return read_hand_in(file, **options)


def test_the_answer_is_found_and_not_taken_for_the_truth():
    both = "text,label,prediction\nfree boats,spam,ham\nsee you,ham,spam\n"
    assert _hand_in(both).rows.is_spam.tolist() == [False, True]  # not the column label
    assert _hand_in(both, label_column="label").rows.is_spam.tolist() == [True, False]
    written = "text,label,predicted_label,spam_probability\nfree boats,spam,ham,0.4\nsee you,ham,spam,0.7\n"  # as `predict` does
    assert _hand_in(written).columns == ("predicted_label", "spam_probability")
    assert _hand_in(written, probability_column="spam_probability", threshold=0.3).rows.is_spam.tolist() == [True, True]
    by_row = _hand_in("id\tscore\n3\t0.5\n8\t0.25\n", "answers.tsv")
    assert by_row.by == "row" and by_row.rows.key.tolist() == [3, 8] and by_row.rows.is_spam.tolist() == [True, False]
    by_row = _hand_in("row,prediction\n" + "".join(f"{i},{'ham' if i % 3 else 'spam'}\n" for i in range(1, 40)))
    assert by_row.by == "row" and len(by_row.rows) == 39 and by_row.rows.reason.isna().all()
    both = _hand_in("row,text,prediction\n7,free boats,spam\n8,see you,ham\n")
    assert both.by == "text" and both.rows.key.tolist() == ["free boats", "see you"]
    lines = _hand_in('{"text": "free boats", "answer": true}\n{"text": "see you", "answer": 0}\n', "answers.jsonl")
    assert lines.rows.is_spam.tolist() == [True, False] and lines.rows.probability.isna().all()
    for text, missing in (("text,note\nfree boats,x\nsee you,y\n", "no column for the answers"), ("no,label\nx,ham\ny,spam\n", "a column row")):
        assert missing in str(raises(TableError, _hand_in, text))


def test_an_answer_that_cannot_be_used_says_why():
    rows = _hand_in("text,prediction\n" + "".join(f"message {i},{said}\n" for i, said in enumerate(["SPAM", "ham ", "1", "no", "hmm", ""]))).rows
    assert rows.is_spam.tolist() == [True, False, True, False, None, None] and rows.index.tolist() == [2, 3, 4, 5, 6, 7]
    assert rows.reason.tolist()[:4] == [None] * 4 and rows.reason[6] == "the label 'hmm' is unknown" and "''" in rows.reason[7]
    rows = _hand_in("text,probability\na b,0.5\nc d,0.49\ne f,1.5\ng h,nan\ni j,x\n").rows
    assert rows.is_spam.tolist() == [True, False, None, None, None] and "'1.5' is no probability" in rows.reason[4]
    assert "nan" in rows.reason[5] and "'x'" in rows.reason[6] and math.isnan(rows.probability[4])
    assert _hand_in("text,prediction\nfree boats,junk\nhello you,fine\n", labels=["junk", "fine"], pos_label="junk").rows.is_spam.tolist() == [True, False]


def test_every_row_of_a_hand_in_is_used_or_named():
    test = pd.DataFrame({"text": ["free boats", "see you", "free  boats", "lunch, then?"]}, index=[4, 6, 9, 11])
    text = 'text,prediction\nsee you,ham\nfree boats,spam\nfree boats,ham\nfree boats,spam\nnobody wrote this,ham\n" lunch, then?",hmm\n'
    found = match(_hand_in(text), test)
    assert found.answers.is_spam.to_dict() == {4: True, 6: False, 9: False}  # in the corpus's order, each copy with its own answer
    assert (found.missing, found.surplus, found.doubled, list(found.unusable)) == ([], [6], [5], [7])
    found = match(_hand_in("row,probability\n6,0.1\n11,0.9\n6,0.2\n7,0.3\n"), test)
    assert found.answers.is_spam.to_dict() == {6: False, 11: True} and found.answers.probability.tolist() == [0.1, 0.9]
    assert (found.missing, found.surplus, found.doubled, found.unusable) == ([4, 9], [5], [4], {})
    nothing = match(_hand_in("text,prediction\nwho is this,ham\nI do not know,spam\n"), test)
    assert nothing.missing == [4, 6, 9, 11] and nothing.answers.empty
