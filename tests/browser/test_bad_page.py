"""Exported from nbs/proofs/browser/bad_page.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

from spam_rnn.authoring.browsing import findings, needs_browser, opened, pictures, too_wide


_BAD = """<!doctype html><html lang="en"><title>Bad</title><style>@media (prefers-color-scheme: dark) { .night { color: #333; background: #222 } }</style>
<body><main><h1>Bad</h1><h3 style="color: #bbb">Grey on white</h3><p class="night">one</p><p class="night">two</p>
<img src="data:," alt="_images/1.png"><img src="data:," alt="two bars"><svg role="img" aria-labelledby="a b"></svg><b id="a">three</b><b id="b">bars</b>
<div role="group" aria-label="a plot"><div class="plotly-graph-div"></div></div><p style="width: 500px">wide</p></main>
<script>oops()</script><script src="https://example.invalid/a.js"></script></body></html>"""


@needs_browser
def test_what_fails_readers_is_found():
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "bad.html"
        page.write_text(_BAD, encoding="utf-8")
        with opened(page.as_uri()) as (window, wrong):
            assert any("oops" in one for one in wrong) and "asks https://example.invalid/a.js" in wrong
            assert too_wide(window) == ["at 390 pixels it needs 508"] and window.viewport_size["width"] == 1200
            assert list(pictures(window).values()) == ["", "two bars", "three bars", "a plot"]
            told = findings(window)
            assert [one.split(": ")[:2] for one in told] == [["light", "color-contrast"], ["light", "heading-order"], ["dark", "color-contrast"], ["dark", "color-contrast"]]
