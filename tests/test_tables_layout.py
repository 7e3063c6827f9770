"""Exported from nbs/behind/tables_layout.ipynb: change it there, then export."""

from spam_rnn.authoring.testing import raises
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.layout import Layout
from spam_rnn.tables.separators import KNOWN_LABELS
from spam_rnn.tables.splitting import Style, split_rows


def test_a_text_is_put_together_only_where_there_is_one_way():
    last = Layout(("id", "text"), 1, None, Style(","))
    assert last.fit(["1", "Lunch", " then home", ""]) == ["1", "Lunch, then home,"]
    assert Layout(("id", "text"), 1, None, Style(","), length=3).fit(["1", "a", "b", ""]) == ["1", "a,b"]
    assert Layout(("name", "text"), 1, None, Style(","), doubtful=(0,)).fit(["Tom", "Ana", "ok"]) is None
    middle = Layout(("id", "text", "label"), 1, 2, Style(","), labels=KNOWN_LABELS)
    assert middle.fit(["1", "Hi", " you", "ham"]) == ["1", "Hi, you", "ham"]
    assert middle.fit(["1", "Hi", " you", "x"]) is None
    assert middle.fit(["1", "Hi", " you", "ham", ""]) == ["1", "Hi, you", "ham"]
    assert middle.fit(["1"]) == ["1", "", ""]
