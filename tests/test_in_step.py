"""Notebooks, module, tests and README say the same."""
from pathlib import Path

from spam_rnn.exporting import drift

ROOT = Path(__file__).parent.parent


def test_notebooks_and_exports_are_in_step(tmp_path):
    assert drift(ROOT, tmp_path) == []


def test_drift_is_noticed_in_either_direction(tmp_path):
    import shutil

    for case, (name, change) in enumerate(
        [
            ("spam_rnn/padding.py", lambda p: p.write_text(p.read_text(encoding="utf-8") + "\n# edited by hand\n", encoding="utf-8")),
            ("spam_rnn/stray.py", lambda p: p.write_text("# no notebook exports this\n", encoding="utf-8")),
            ("tests/test_padding.py", lambda p: p.unlink()),
        ]
    ):
        copy = tmp_path / str(case)
        for folder in ("nbs", "spam_rnn", "tests"):
            shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        for file in ("settings.ini", "README.md"):
            shutil.copy(ROOT / file, copy)
        change(copy / name)
        scratch = tmp_path / f"scratch{case}"
        scratch.mkdir()
        assert drift(copy, scratch) == [name]
