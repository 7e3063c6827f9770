"""Exported from nbs/behind/tables_splitting.ipynb: change it there, then export."""

import io
import random

from spam_rnn.tables.splitting import Style, split_rows


def test_no_line_is_lost():
    rng = random.Random(0)
    for delimiter, quote, escape in ((",", '"', ""), ("\t", "", ""), (";", "'", "\\"), (",", "", "\\")):
        style = Style(delimiter, quote, escape, frozenset(["ham"]))
        for _ in range(500):
            text = "".join(rng.choice(["ham", "a", delimiter, delimiter, '"', "'", "\\", " ", "\n"]) for _ in range(40))
            assert "".join(record.raw for record in split_rows(io.StringIO(text, newline="\n"), style)) == text
