"""Exported from nbs/behind/learn.ipynb: change it there, then export."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from spam_rnn.authoring.testing import raises
from spam_rnn.learn import INSTALL, find_contents, lab_command, learn, wait_for_server


def test_the_contents_are_found_and_who_has_none_is_told_how_to_get_them():
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name, patch.dict(find_contents.__globals__, _home=lambda: Path(name) / "site-packages"):
        root = Path(name).resolve()
        for page in ("copy/nbs/index.ipynb", "copy/spam_rnn/__init__.py", "copy/nbs/behind/x.ipynb", "sheets/01_text.ipynb", "empty/a.txt", "other/nbs/index.ipynb"):
            (root / page).parent.mkdir(parents=True, exist_ok=True)
            (root / page).touch()
        try:
            for inside in ("copy", "copy/nbs", "copy/nbs/behind"):  # wherever somebody stands in a copy
                os.chdir(root / inside)
                assert find_contents() == root / "copy/nbs/index.ipynb"
            for outside in ("empty", "other"):  # not every folder nbs is ours
                os.chdir(root / outside)
                error = str(raises(FileNotFoundError, find_contents))
                assert "repository" in error and "nbs" in error and INSTALL in error and "--dir" in error
        finally:
            os.chdir(before)
        assert find_contents(root / "copy") == find_contents(root / "copy/nbs") == root / "copy/nbs/index.ipynb"
        assert find_contents(root / "sheets") == root / "sheets"
        assert str(root / "empty") in str(raises(FileNotFoundError, find_contents, root / "empty"))


def test_what_is_started_is_the_lab_of_this_python():
    with tempfile.TemporaryDirectory() as name, patch("importlib.util.find_spec", return_value=object()):
        page = Path(name) / "my notes.ipynb"
        page.touch()
        start = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={name}"]
        assert lab_command(page) == [*start, "--LabApp.default_url=/lab/tree/my%20notes.ipynb"]
        assert lab_command(Path(name), browser=False) == [*start, "--LabApp.default_url=/lab", "--no-browser"]
    with patch("importlib.util.find_spec", return_value=None):
        error = str(raises(ValueError, lab_command, Path("index.ipynb")))
        assert "JupyterLab is not installed" in error and INSTALL in error


def test_a_server_is_waited_for_and_ended_when_nobody_can_be_asked():
    class Server:
        def __init__(self, interrupts):
            self.interrupts, self.ended = interrupts, 0

        def wait(self):
            if self.interrupts:
                self.interrupts -= 1
                raise KeyboardInterrupt
            return 5

        def terminate(self):
            self.ended += 1

    for terminal, interrupts, ended in ((True, 0, 0), (True, 1, 0), (True, 2, 1), (False, 1, 1)):
        server = Server(interrupts)
        with patch("sys.stdin", **{"isatty.return_value": terminal}):
            assert wait_for_server(server) == 5 and server.ended == ended, (terminal, interrupts)
    assert wait_for_server(subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])) == 3


def test_learn_starts_the_lab_and_gives_its_status_on():
    import typer

    with tempfile.TemporaryDirectory() as name, patch("importlib.util.find_spec", return_value=object()):
        (Path(name) / "index.ipynb").touch()
        started = []

        def start(command):
            started.append(command)
            return subprocess_of([sys.executable, "-c", f"raise SystemExit({len(started) - 1})"])

        subprocess_of = subprocess.Popen
        with patch("subprocess.Popen", start), contextlib.redirect_stderr(io.StringIO()):
            learn(Path(name))
            assert raises(typer.Exit, learn, Path(name), no_open=True).exit_code == 1
        page = Path(name).resolve() / "index.ipynb"
        assert started == [lab_command(page), lab_command(page, browser=False)]
