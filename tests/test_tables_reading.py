"""Exported from nbs/behind/tables_reading.ipynb: change it there, then export."""

import io
import tempfile
from pathlib import Path

from spam_rnn.authoring.testing import raises
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.rows import Wanted
