"""Exported from nbs/behind/tables_typed.ipynb: change it there, then export."""

import io

from spam_rnn.authoring.testing import raises
from spam_rnn.tables.decoding import Decoding, TableError
