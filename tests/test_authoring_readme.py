"""Exported from nbs/behind/authoring_readme.ipynb: change it there, then export."""

import base64
import shutil
import tempfile
from pathlib import Path

from spam_rnn.authoring.notebooks import code_cell, write_notebook
from spam_rnn.authoring.readme import export_readme


def test_readme_keeps_outputs_and_turns_links_round():
    links = "[a](01_a.ipynb) [b](../B.md) [c](https://example.org) [d](#here) ![e](behind/e.png)\n\n\n\n\nend"
    words = {"cell_type": "markdown", "metadata": {}, "source": [links]}
    seen = {"output_type": "stream", "name": "stdout", "text": ["seen\n"]}
    dot = base64.b64encode(b"a picture").decode()
    png = {"output_type": "display_data", "data": {"image/png": dot, "text/plain": "<x>"}, "metadata": {}}
    described = png | {"metadata": {"image/png": {"alt": "two bars"}}}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        index = write_notebook(root / "nbs" / "index.ipynb", [words, code_cell("hidden()", [seen, png]), code_cell("x", [described])])
        stale = root / "nbs" / "pictures" / "readme_9.png"
        stale.parent.mkdir()
        stale.write_bytes(b"")
        kept = stale.with_name("own.png")
        kept.write_bytes(b"")
        written = export_readme(index, root / "README.md")
        text = (root / "README.md").read_text(encoding="utf-8")
        assert [path.name for path in written] == ["readme_0.png", "readme_1.png"]
        assert [path.read_bytes() for path in written] == [b"a picture"] * 2
        assert not stale.exists() and kept.exists()
        shutil.rmtree(stale.parent)
        assert export_readme(index, root / "README.md") == written and all(path.exists() for path in written)
    assert "[a](nbs/01_a.ipynb) [b](B.md) [c](https://example.org) [d](#here) ![e](nbs/behind/e.png)\n\nend" in text
    assert "seen" in text and "hidden" not in text and text.endswith(")\n")
    assert "![](nbs/pictures/readme_0.png)" in text and "![two bars](nbs/pictures/readme_1.png)" in text
