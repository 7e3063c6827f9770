"""Exported from nbs/behind/authoring_notebooks.ipynb: change it there, then export."""

import json
import tempfile
from pathlib import Path

from spam_rnn.authoring.notebooks import (
    Source,
    clean,
    clean_notebook,
    code,
    code_cell,
    directives,
    notebooks,
    read_cells,
    read_source,
    write_notebook,
)


def test_marks_stand_above_the_code():
    one = code_cell("#| export\n# | eval: false\n\n#|slow\nx = 1\n#| unsaved\n")
    assert directives(one) == {"export": "", "eval": "false", "slow": ""}
    assert code(one) == "x = 1\n#| unsaved"
    assert code(code_cell("#| export")) == "" and directives(code_cell("# a | b")) == {}
    assert directives({"cell_type": "markdown", "source": ["#| export"]}) == {}


ROOM = ["#| default_exp wing.room", "#| export\nx = 1", "y = 2", "#| exporttest\nz"]


def test_a_notebook_knows_its_module():
    with tempfile.TemporaryDirectory() as folder:
        path = write_notebook(Path(folder) / "04_padding.ipynb", ROOM)
        source = read_source(path)
        assert source == Source(path, "wing.room", ["x = 1"], ["z"]) and source.test_name == "test_wing_room"
        assert read_source(write_notebook(Path(folder) / "04_padding.ipynb", ["x"])).test_name == "test_padding"


def test_proofs_come_last():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        names = ["proofs/00_a", "exercises/00_a", "behind/b", "01_b", "00_a", "other/c"]
        for name in names:
            write_notebook(root / "nbs" / f"{name}.ipynb", [])
        found = [path.relative_to(root / "nbs").with_suffix("").as_posix() for path in notebooks(root)]
        assert found == ["00_a", "01_b", "behind/b", "exercises/00_a", "proofs/00_a"]


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": [text]}


def test_what_must_not_be_saved_is_dropped():
    bar = {"output_type": "display_data", "metadata": {}, "data": {"application/vnd.jupyter.widget-view+json": {}}}
    table = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "kept ü"}}
    panel = {"output_type": "display_data", "metadata": {}, "data": {"application/vnd.jupyter.widget-view+json": {}, "image/png": "AAAA"}}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "settings.ini").write_text("[DEFAULT]\nallowed_cell_metadata_keys = jupyter fold\n", encoding="utf-8")
        outputs = [bar, panel, table, printed("10 %\r20 %", "stderr"), printed("a warning", "stderr"), printed("a\rb")]
        folded = {"jupyter": {"source_hidden": True}, "fold": True, "scrolled": True}
        one = code_cell("x", outputs, metadata=folded, execution_count=3)
        secret = code_cell("#| unsaved\nx", [table])
        words = {"cell_type": "markdown", "id": "w", "metadata": {}, "source": ["#| unsaved"]}
        path = write_notebook(root / "nbs" / "proofs" / "a.ipynb", [one, secret, words], widgets={"s": 1}, kernelspec={"name": "k"})
        assert clean(root) == [path] and clean(root) == []
        text = path.read_text(encoding="utf-8")
        first, second, third = json.loads(text)["cells"]
        assert first["outputs"] == [panel | {"data": {"image/png": "AAAA"}}, table, printed("a warning", "stderr"), printed("a\rb")]
        assert first["execution_count"] is None and first["metadata"] == {"jupyter": {"source_hidden": True}, "fold": True}
        assert second["outputs"] == [] and third["source"] == ["#| unsaved"]
        assert "widgets" not in json.loads(text)["metadata"] and "kept ü" in text


def test_the_pieces_of_a_stream_are_one_text():
    outputs = [printed("a\n"), printed("b"), printed("c\nd"), printed("e", "stderr"), printed("f", "stderr"), printed("g")]
    notebook = {"cells": [code_cell("x", outputs)], "metadata": {}, "nbformat": 4}
    clean_notebook(notebook)
    joined = [("stdout", ["a\n", "bc\n", "d"]), ("stderr", ["ef"]), ("stdout", ["g"])]
    assert [(output["name"], output["text"]) for output in notebook["cells"][0]["outputs"]] == joined


def test_the_cell_that_names_the_module_is_folded_and_no_other():
    for kept, folded in ((["jupyter"], {"jupyter": {"source_hidden": True}}), ([], {})):
        notebook = {"cells": [code_cell("#| default_exp a"), code_cell("#| export\nx = 1"), code_cell("#| default_exp a\nx = 1")], "metadata": {}, "nbformat": 4}
        for _ in range(2):
            clean_notebook(notebook, kept)
            assert [cell["metadata"] for cell in notebook["cells"]] == [folded, {}, {}]


def test_a_written_notebook_is_clean():
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "settings.ini").write_text("[DEFAULT]", encoding="utf-8")
        path = write_notebook(Path(folder) / "nbs" / "a.ipynb", ["1", code_cell("2", id="two")], kernelspec={})
        assert clean(folder) == []
        text = path.read_text(encoding="utf-8")
        assert text.startswith('{\n "cells": [\n  {\n') and text.endswith(' "nbformat": 4,\n "nbformat_minor": 5\n}\n')
        assert [cell["id"] for cell in read_cells(path)] == ["cell0", "two"]
