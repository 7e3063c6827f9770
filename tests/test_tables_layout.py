"""Exported from nbs/behind/tables_layout.ipynb: change it there, then export."""

from spam_rnn.authoring.testing import raises
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.layout import Layout, find_layout
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


def test_a_first_row_that_may_be_a_header_is_shown_and_not_taken_without_a_word():
    def found(text, **wanted):
        return find_layout(list(split_rows(iter(text.splitlines(True)), Style(";"))), Style(";"), "mine.csv", **wanted)

    doubtful = "Wer;Nachricht (SMS)\nAna;see you at the lake\nTom;win a boat today\n"
    error = str(raises(TableError, found, doubtful))
    assert "--text-column 'Nachricht (SMS)'" in error and "'Wer', 'Nachricht (SMS)'" in error
    error = str(raises(TableError, found, doubtful, text_column="nachricht"))
    assert "0 'Wer', 1 'Nachricht (SMS)'" in error and "first row" in error
    for number in (1, "1"):
        layout = found(doubtful, text_column=number)
        assert layout.header is None and layout.text_at == 1 and "--text-column 'Nachricht (SMS)'" in layout.note
    assert found(doubtful, text_column="Nachricht (SMS)").header == 1 and not found(doubtful, text_column="Nachricht (SMS)").note
    for sure in ("Ana;see you\nTom;win a boat\nAna;ok then\n", "7;see you\n9;win a boat\n", "ham;see you\nspam;win a boat\n"):
        assert not found(sure, text_column=1).note, sure  # a header holds no numbers, no labels, and nothing that comes again
    signs = "Datum;Wer;Inhalt;Urteil\n03.04.2024;Ana;see you;ham\n04.04.2024;Tom;win a boat;spam\n"
    layout = found(signs, text_column=2)  # a word above dates and another one above labels
    assert layout.header == 1 and layout.columns[2] == "Inhalt" and not layout.note
