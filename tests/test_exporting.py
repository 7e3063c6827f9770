"""Exported from nbs/appendix_exporting.ipynb: change it there, then export."""

import contextlib
import io
import json
import os
import tempfile
import unittest
from pathlib import Path

from spam_rnn.exporting import _skippable, drop_widgets, export_readme, export_tests, raises, slow, test_module


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


def test_readme_keeps_outputs_and_turns_links_round():
    cells = [
        {
            "cell_type": "markdown",
            "id": "a",
            "metadata": {},
            "source": "[a](01_a.ipynb) [b](../B.md) [c](https://example.org)",
        },
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "execution_count": 1,
            "source": "hidden()",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "seen\n"}],
        },
    ]
    with tempfile.TemporaryDirectory() as folder:
        index, readme = Path(folder) / "nbs" / "index.ipynb", Path(folder) / "README.md"
        index.parent.mkdir()
        index.write_text(
            json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
        )
        export_readme(index, readme)
        text = readme.read_text(encoding="utf-8")
    assert "[a](nbs/01_a.ipynb) [b](B.md) [c](https://example.org)" in text
    assert "seen" in text and "hidden" not in text


def test_stored_progress_bars_are_dropped():
    bar = {"output_type": "display_data", "metadata": {}, "data": {"application/vnd.jupyter.widget-view+json": {}}}
    table = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "kept ü"}}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "", "outputs": [bar, table]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ipynb"
        path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}), encoding="utf-8")
        drop_widgets(Path(folder))
        assert json.loads(path.read_text(encoding="utf-8"))["cells"][0]["outputs"] == [table]


def test_tests_without_their_means_are_skipped_by_name():
    kept = {name: os.environ.pop(name, None) for name in ("SPAM_RNN_DATA", "PYTEST_CURRENT_TEST")}
    try:
        ran, printed = [], io.StringIO()
        _skippable(lambda: ran.append(1), lambda: None)()
        assert ran == [1]
        with contextlib.redirect_stdout(printed):
            _skippable(lambda: ran.append(2), lambda: "no means")()
        assert "no means" in printed.getvalue()
        os.environ["PYTEST_CURRENT_TEST"] = "this one"
        assert str(raises(unittest.SkipTest, _skippable(lambda: ran.append(3), lambda: "no means"))) == "no means"
        assert ran == [1]
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def test_a_chapter_may_hold_tests_only():
    cells = ["#| exporttest\nimport math", "#| exporttest\ndef test_tau():\n    assert math.tau > 6\n\n\ntest_tau()"]
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "execution_count": None, "source": source, "outputs": []}
        for i, source in enumerate(cells)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "16_round_things.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        (written,) = export_tests(Path(folder), Path(folder))
        assert written.name == "test_round_things.py"
        assert "import math\n\n\n\ndef test_tau" in written.read_text() and "spam_rnn" not in written.read_text()


def test_slow_tests_are_named_where_they_do_not_run():
    ran, printed, inside = [], io.StringIO(), os.environ.pop("PYTEST_CURRENT_TEST", None)

    @slow
    def long_test():
        ran.append(1)

    try:
        with contextlib.redirect_stdout(printed):
            long_test()
        os.environ["PYTEST_CURRENT_TEST"] = "here"
        long_test()
    finally:
        os.environ.pop("PYTEST_CURRENT_TEST")
        if inside is not None:
            os.environ["PYTEST_CURRENT_TEST"] = inside
    assert ran == [1] and "--slow" in printed.getvalue()
