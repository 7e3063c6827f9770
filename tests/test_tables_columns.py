"""Exported from nbs/behind/tables_columns.ipynb: change it there, then export."""

from spam_rnn.authoring.testing import raises
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.separators import KNOWN_LABELS
from spam_rnn.tables.splitting import Style, split_rows
