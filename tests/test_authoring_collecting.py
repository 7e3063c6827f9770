"""Exported from nbs/behind/authoring_collecting.ipynb: change it there, then export."""

import tempfile
from pathlib import Path
from textwrap import dedent

from spam_rnn.authoring.collecting import export_tests, merge_imports, test_module, test_sources
from spam_rnn.authoring.notebooks import Source, write_notebook
from spam_rnn.authoring.testing import raises


def test_export_drops_calls_and_imports_what_is_used():
    exported = ["def double(x):\n    return 2 * x\n\n\ndef _half(x):\n    return x / 2", "UNUSED = 1"]
    tests = ["import math", "def test_double():\n    assert double(2) == _half(8)\n\n\ntest_double()", "class A:\n    b = 1"]
    path = Path("/r/nbs/00_arithmetic.ipynb")
    text = test_module([Source(path, "wing.arithmetic", exported, tests)], Path("/r"))
    assert text == dedent(
        '''\
        """Exported from nbs/00_arithmetic.ipynb: change it there, then export."""

        import math

        from spam_rnn.wing.arithmetic import _half, double


        def test_double():
            assert double(2) == _half(8)


        class A:
            b = 1
        '''
    )


def test_proofs_come_after_and_share_imports():
    own = Source(Path("nbs/01_a.ipynb"), "a", ["def f(): ...\ng: int = 1"], ["import os", "def test_a():\n    f()"])
    proof = Source(Path("nbs/proofs/01_a.ipynb"), "", [], ["import os\nimport json", "def test_b():\n    g\n\n\ntest_b()"])
    text = test_module([own, proof], Path())
    silent = Source(Path("nbs/01_a.ipynb"), "a", ["g = 1"])
    assert test_module([silent, proof], Path()).startswith('"""Exported from nbs/proofs/01_a.ipynb: ')
    assert text.startswith('"""Exported from nbs/01_a.ipynb and nbs/proofs/01_a.ipynb: ')
    assert "import json\nimport os\n\nfrom spam_rnn.a import f, g\n\n\ndef test_a" in text
    assert text.index("test_a") < text.index("test_b") and text.endswith("    g\n")
    mixed = Source(Path("nbs/01_a.ipynb"), "a", [], ["import os\n\nx = os.sep"])
    assert test_module([mixed], Path()).count("import os") == 1
    helper = Source(Path("nbs/01_a.ipynb"), "a", ["def f(): ..."], ["def f():\n    return 1", "def test_a():\n    f()"])
    assert "import" not in test_module([helper], Path()), "what a test defines itself is not imported"


def test_names_that_would_shadow_each_other_are_an_error():
    def text(*tests):
        return test_module([Source(Path("a"), "a", [], list(tests))], Path())

    test = "def test_a():\n    return value"
    assert "defined twice" in str(raises(ValueError, text, "value = 1", test, "value = 2"))
    assert "test_a is defined twice in a: " in str(raises(ValueError, text, test, test))
    assert "use is defined" in str(raises(ValueError, text, "def use():\n    1", "class A:\n    use", "def use():\n    2"))
    assert text("value = 1", test, "value = 1").count("value = 1") == 2, "the same twice does no harm"
    assert text("other = 1", test, "other = 2")


def test_imports_are_merged():
    first = "from __future__ import annotations\nimport os, sys as system\nimport numpy as np\nfrom numpy import array as a, zeros"
    second = "from numpy import ones, zeros\nimport spam_rnn.text\nimport os.path\nimport os\nimport numpy as np\nfrom .here import x"
    assert merge_imports([first, second]) == dedent(
        """\
        from __future__ import annotations

        import os
        import os.path
        import sys as system

        import numpy as np
        from numpy import array as a, ones, zeros

        import spam_rnn.text
        from .here import x"""
    )
    long = "from somewhere import " + ", ".join(f"name_number_{i:02}" for i in range(20))
    assert merge_imports([long]).startswith("from somewhere import (\n    name_number_00,\n") and merge_imports([]) == ""


def test_tests_are_written_together_and_stale_ones_removed():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_notebook(root / "nbs" / "00_a.ipynb", ["#| default_exp a", "#| export\nx = 1", "#| exporttest\ndef test_a():\n    x"])
        write_notebook(root / "nbs" / "proofs" / "00_a.ipynb", ["#| exporttest\ndef test_b():\n    x"])
        write_notebook(root / "nbs" / "behind" / "w_b.ipynb", ["#| default_exp w.b", "#| exporttest\ndef test_c():\n    1"])
        write_notebook(root / "nbs" / "16_promises.ipynb", ["#| exporttest\nimport math", "#| exporttest\ndef test_tau():\n    math.tau"])
        write_notebook(root / "nbs" / "proofs" / "browser" / "a_page.ipynb", ["#| exporttest\ndef test_page():\n    1"])
        write_notebook(root / "nbs" / "01_silent.ipynb", ["#| default_exp silent", "#| export\ny = 1"])
        names = [path.name for path in export_tests(root, [root / "nbs" / "proofs" / "00_a.ipynb"])]
        assert names == ["test_a.py"]
        stale, own = root / "tests" / "browser" / "test_old.py", root / "tests" / "test_own.py"
        stale.parent.mkdir()
        stale.write_text('"""Exported from nbs/old.ipynb: change it there, then export."""', encoding="utf-8")
        own.write_text('"""Written by hand."""', encoding="utf-8")
        assert len(export_tests(root, [])) == 0 and stale.exists()
        names = [path.name for path in export_tests(root)]
        assert sorted(names) == ["test_a.py", "test_a_page.py", "test_promises.py", "test_w_b.py"]
        assert (root / "tests" / "browser" / "test_a_page.py").exists()
        assert own.exists() and not stale.exists()
        text = (root / "tests" / "test_a.py").read_text(encoding="utf-8")
        assert "from spam_rnn.a import x" in text and "def test_a" in text and "def test_b" in text
        assert "spam_rnn" not in (root / "tests" / "test_promises.py").read_text(encoding="utf-8")
        write_notebook(root / "nbs" / "behind" / "a.ipynb", ["#| default_exp a"])
        assert [path.name for path in export_tests(root, [root / "nbs" / "01_silent.ipynb"])] == []
        twin = root / "nbs" / "behind" / "a.ipynb"
        assert test_sources(root, [twin])["test_a"][0].path == twin
        assert test_sources(root, [root / "nbs" / "00_a.ipynb"])["test_a"][0].path != twin
        assert "both make a" in str(raises(ValueError, test_sources, root, [twin, root / "nbs" / "00_a.ipynb"]))
        assert "both make a" in str(raises(ValueError, test_sources, root))
