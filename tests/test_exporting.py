"""Exported from nbs/appendix_exporting.ipynb: change it there, then export."""

import os
import tempfile
import unittest
from pathlib import Path

from spam_rnn.exporting import _skippable, raises, test_module


def test_export_drops_calls_and_imports_what_is_used():
    text = test_module(
        ["def double(x):\n    return 2 * x\n\n\ndef _half(x):\n    return x / 2", "UNUSED = 1"],
        ["import math", "def test_double():\n    assert double(2) == _half(8)\n\n\ntest_double()"],
        "arithmetic",
        "00_arithmetic.ipynb",
    )
    assert "from spam_rnn.arithmetic import _half, double\n" in text
    assert text.rstrip().endswith("assert double(2) == _half(8)")
    compile(text, "test_arithmetic.py", "exec")


def test_tests_without_their_means_are_skipped_by_name():
    kept = {name: os.environ.pop(name, None) for name in ("SPAM_RNN_DATA", "PYTEST_CURRENT_TEST")}
    try:
        ran = []
        _skippable(lambda: ran.append(1), lambda: None)()
        assert ran == [1]
        _skippable(lambda: ran.append(2), lambda: "no means")()
        os.environ["PYTEST_CURRENT_TEST"] = "this one"
        assert str(raises(unittest.SkipTest, _skippable(lambda: ran.append(3), lambda: "no means"))) == "no means"
        assert ran == [1]
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
