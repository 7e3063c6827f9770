"""Exported from nbs/behind/tables_rows.ipynb: change it there, then export."""

import io
from unittest import mock

from spam_rnn.tables.decoding import Decoding
