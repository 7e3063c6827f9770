"""Exported from nbs/behind/tables_writing.ipynb: change it there, then export."""

import io
import tempfile
from pathlib import Path

import numpy as np

from spam_rnn.authoring.testing import raises
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.reading import open_table
