"""Exported from nbs/behind/tables_separators.ipynb: change it there, then export."""

import csv
import io

from spam_rnn.tables.separators import find_delimiter, find_style
from spam_rnn.tables.splitting import Style, split_rows


def test_what_csv_writes_is_recognised():
    texts = ["see you, at six", 'he said "no"', "it's", "two\nlines", "c:\\new", "plain", "; | \t"]
    for options in (
        {},
        {"quoting": csv.QUOTE_ALL},
        {"quotechar": "'"},
        {"escapechar": "\\", "doublequote": False},
        {"escapechar": "\\", "quoting": csv.QUOTE_NONE},
        {"delimiter": ";"},
        {"delimiter": "\t", "quoting": csv.QUOTE_NONNUMERIC},
        {"delimiter": "|", "quotechar": "'", "escapechar": "\\", "doublequote": False},
    ):
        file = io.StringIO()
        rows = [(text, "spam" if i % 3 else "ham") for i, text in enumerate(texts)]
        csv.writer(file, lineterminator="\n", **options).writerows([("text", "label"), *rows])
        delimiter = find_delimiter(file.getvalue().splitlines())
        style, rivals = find_style(file.getvalue(), delimiter)
        found = [tuple(r.fields) for r in split_rows(io.StringIO(file.getvalue(), newline="\n"), style)]
        assert found[1:] == rows and not rivals, (options, style, found)
