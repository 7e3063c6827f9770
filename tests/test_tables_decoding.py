"""Exported from nbs/behind/tables_decoding.ipynb: change it there, then export."""

import io
import sys
import tempfile
from pathlib import Path
from unittest import mock

from spam_rnn.authoring.testing import raises
from spam_rnn.tables.decoding import HEAD_BYTES, take_head


def test_looking_at_the_beginning_loses_nothing():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    for stream in (io.BytesIO, Pipe):
        for content in (b"", b"win\n" * 3, bytes(range(256)) * 5000):
            head, binary = take_head(stream(content))
            assert head == content[:HEAD_BYTES] and binary.read() == content
