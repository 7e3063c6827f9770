"""Exported from nbs/proofs/browser/jupyterlab.ipynb: change it there, then export."""


import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import spam_rnn
from spam_rnn.authoring.browsing import no_browser, opened
from spam_rnn.authoring.testing import skip_if

_NOTEBOOKS = Path(spam_rnn.__file__).parent.parent / "nbs"


CHAPTERS = ("00_corpus", "03_vocab", "10_explain")  # those that are run in a few seconds


def _no_lab():
    if importlib.util.find_spec("jupyterlab") is None or importlib.util.find_spec("ipykernel") is None:
        return 'no JupyterLab here: install ".[course]"'
    return no_browser() if _NOTEBOOKS.is_dir() else "no notebooks beside the package"


def _where_there_is_a_lab(test):
    return skip_if(test, _no_lab)


@contextlib.contextmanager
def _served(folder):
    "Address of a JupyterLab on this machine, for as long as the `with` block lasts."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"ip": "127.0.0.1", "port": port, "open_browser": False, "token": "", "password": "", "allow_root": True, "root_dir": str(folder / "nbs"), "allow_remote_access": False}
    given = [f"--ServerApp.{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "jupyterlab", *given, "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=", "--LabApp.collaborative=False"]
    homes = {name: str(folder / f".{name}") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")}
    server = subprocess.Popen(command, env=os.environ | homes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5)
                break
            assert server.poll() is None, "JupyterLab did not start"
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


_RUN = """async () => {
    const app = window.jupyterapp;
    const panel = app.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await app.commands.execute("notebook:run-all-cells");
    await panel.context.save();
    return panel.content.widgets.length;
}"""


def _copy(name, folder):
    notebook = json.loads((_NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    notebook["metadata"]["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (folder / "nbs").mkdir(exist_ok=True)
    (folder / "nbs" / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


_SHOW = """async () => {
    const cells = window.jupyterapp.shell.currentWidget.content;
    await cells.scrollToItem(cells.widgets.findIndex((one) => one.model.sharedModel.getSource().startsWith("#| play")), "start");
}"""


def _answers_to_what_is_typed(window):
    window.evaluate(_SHOW)
    window.locator(".widget-text input").first.fill("Win a pterodactyl")
    window.locator(".widget-html img[alt^='3 tokens']").first.wait_for()


@_where_there_is_a_lab
def test_three_chapters_run_in_jupyterlab():
    folder = Path(tempfile.mkdtemp())
    try:
        for name in CHAPTERS:
            _copy(name, folder)
        shutil.copytree(_NOTEBOOKS.parent / "results", folder / "results")
        with _served(folder) as address:
            for name in CHAPTERS:
                with opened(f"{address}/doc/tree/{name}.ipynb", 1280, asked=(address, address.replace("http", "ws"), "data:", "blob:")) as (window, wrong):
                    window.locator(".jp-Notebook .jp-Cell").first.wait_for()
                    count = window.evaluate(_RUN)
                    assert window.locator(".jp-OutputArea-output").count()  # what is out of sight is not drawn
                    if name == "10_explain":
                        _answers_to_what_is_typed(window)
                    assert not [one for one in wrong if one.startswith("asks ")], wrong
                cells = json.loads((folder / "nbs" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
                codes = [cell for cell in cells if cell["cell_type"] == "code"]
                errors = [output for cell in codes for output in cell["outputs"] if output["output_type"] == "error"]
                assert not errors, (name, errors[0]["ename"], errors[0]["evalue"])
                assert count == len(cells) and all(cell["execution_count"] for cell in codes), name
    finally:
        shutil.rmtree(folder, ignore_errors=True)
