"""Exported from nbs/proofs/browser/book_pages.ipynb: change it there, then export."""


import atexit
import contextlib
import html
import importlib.util
import io
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

import spam_rnn
from spam_rnn.authoring.book import build_book
from spam_rnn.authoring.browsing import findings, no_browser, opened, pictures, too_wide
from spam_rnn.authoring.notebooks import read_cells
from spam_rnn.authoring.testing import skip_if

_ROOT = Path(spam_rnn.__file__).parent.parent


def _no_book():
    if importlib.util.find_spec("myst_nb") is None:
        return 'no Sphinx here: install ".[book]"'
    return None if (_ROOT / "nbs" / "index.ipynb").is_file() else "no notebooks beside the package"


@cache
def _book():
    "Folder of the pages, and what Sphinx said while it made them."
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with contextlib.redirect_stderr(io.StringIO()) as told:
        return build_book(folder).parent, told.getvalue()


def letters(text):
    return re.sub(r"\W+", "", text)


def _where_it_can_be_made(test):
    return skip_if(test, _no_book)


@_where_it_can_be_made
def test_the_book_is_whole_and_asks_nobody():
    book, told = _book()
    pages = {path.relative_to(book).as_posix(): path.read_text(encoding="utf-8") for path in book.rglob("*.html")}
    assert "WARNING" not in told and "ERROR" not in told, told[:2000]
    for notebook in [*(_ROOT / "nbs").glob("*.ipynb"), *(_ROOT / "nbs" / "behind").glob("*.ipynb")]:
        page = pages[notebook.relative_to(_ROOT / "nbs").with_suffix(".html").as_posix()]
        title = "".join(read_cells(notebook)[0]["source"]).splitlines()[0].removeprefix("# ")
        assert letters(title) in letters(html.unescape(re.sub("<[^>]+>", "", page))), notebook.name
    for name, page in pages.items():
        asked = re.findall(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["'](?:https?:)?//[^"']+""", page)
        assert not [one for one in asked if 'rel="canonical"' not in one], (name, asked[:2])
    assert 'id="spam_rnn.split.split_corpus"' in pages["reference/spam_rnn.split.html"]
    assert "reference/spam_rnn.training.html#spam_rnn.training.train_epoch" in pages["07_training.html"]
    assert 'class="plotly-graph-div"' in pages["04_padding.html"] and "plotly.min.js" in pages["04_padding.html"]
    assert "plotly.min.js" not in pages["13_speed.html"]  # a long script, for pages with such pictures only
    raw = [name for name, page in pages.items() if re.search(r"\|:?(?:---|—)", re.sub(r"(?s)<pre.*?</pre>|<script.*?</script>", "", page))]
    assert not raw and not [name for name in pages if "._" in name], raw  # tables are tables, and the reference has no private module
    assert "The test that holds this" in pages["06_models.html"] and "(in the repository: <code" in pages["04_padding.html"]
    assert "Nadeau" in pages["more/sources.html"] and "accuracy" in pages["more/glossary.html"]


def _where_it_can_be_opened(test):
    return skip_if(test, lambda: _no_book() or no_browser())


def complaints(window, wrong):
    "All that is wrong with the page that is open."
    wordless = [f"{name} has no words" for name, words in pictures(window).items() if not words]
    return [*too_wide(window), *wordless, *findings(window), *wrong]


@_where_it_can_be_opened
def test_every_page_is_quiet_fits_and_shuts_nobody_out():
    book, found = _book()[0], []
    pages = [page for page in sorted(book.rglob("*.html")) if "_static" not in page.parts]  # there the theme keeps templates
    with opened((book / "index.html").as_uri(), 1280) as (window, wrong):
        for page in pages:
            window.goto(page.as_uri())
            found += [f"{page.relative_to(book).as_posix()}: {one}" for one in complaints(window, wrong)]
            wrong.clear()
    print(f"{len(pages)} pages, {len(found)} complaints")
    assert not found, "\n".join(found[:40])


def _words(page):
    text = re.search(r"(?s)<article.*?</article>", page.read_text(encoding="utf-8"))[0]
    return set(re.findall(r"\b[a-z]{8,}\b", re.sub(r"(?s)<(?:pre|script|details).*?</(?:pre|script|details)>|<[^>]+>", " ", text)))


_PUSHED = """() => [...document.querySelectorAll(".bd-article pre")].filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1).length"""
_FORMULAS = """() => [...document.querySelectorAll("mjx-container[display=true]")].map((one) => {
    const tops = [...one.querySelectorAll("mjx-c")].map((sign) => sign.getBoundingClientRect()).filter((box) => box.height).map((box) => box.top);
    return Math.min(...tops) - one.getBoundingClientRect().top;
})"""


@_where_it_can_be_opened
def test_code_and_formulas_are_seen_whole_and_the_contents_stay_at_hand():
    with opened((_book()[0] / "06_models.html").as_uri(), 1200) as (window, wrong):
        for width in (1000, 1200, 1479, 1480, 1920):
            window.set_viewport_size({"width": width, "height": 900})
            assert window.evaluate(_PUSHED) == 0, width
            contents, button = window.locator("#pst-secondary-sidebar"), window.locator("button.secondary-toggle").first
            assert contents.is_visible() if width >= 1480 else button.is_visible(), width
        window.set_viewport_size({"width": 1200, "height": 900})
        window.locator("mjx-container[display=true] mjx-c").first.wait_for(state="attached")
        assert min(window.evaluate(_FORMULAS)) > 3  # a bar above the letters has room
        window.locator("button.secondary-toggle").first.click()
        window.locator("dialog[open] a[href='#what-we-decided']").click()
        assert window.url.endswith("#what-we-decided") and not wrong, (window.url, wrong)


@_where_it_can_be_opened
def test_the_search_finds_a_word_of_the_last_chapter():
    book = _book()[0]
    *others, last = sorted(book.glob("[0-9]*.html"))
    word = min(_words(last) - set().union(*map(_words, others)))
    with opened((book / "index.html").as_uri(), 1280) as (window, wrong):
        window.keyboard.press("Control+K")
        window.locator("dialog input[type=search], .search-button__wrapper input[type=search]").first.fill(word)
        window.keyboard.press("Enter")
        window.locator(f"#search-results a[href*='{last.name}']").first.wait_for()
        assert not wrong, wrong


@_where_it_can_be_opened
def test_lengths_can_be_pointed_at_and_read():
    with opened((_book()[0] / "04_padding.html").as_uri(), 1280) as (window, wrong):
        window.locator(".plotly-graph-div").first.scroll_into_view_if_needed()
        areas = [area.bounding_box() for area in window.locator(".plotly-graph-div .nsewdrag").all()]
        bars = max(areas, key=lambda area: area["height"])  # the others hold the boxes
        for share in (0.1, 0.15, 0.2):
            window.mouse.move(bars["x"] + share * bars["width"], bars["y"] + 0.95 * bars["height"])
        window.locator(".plotly-graph-div .hovertext", has_text="tokens a message").first.wait_for()
        window.locator("details.numbers summary").first.click()
        numbers = window.locator("details.numbers").first.locator("li").all_inner_texts()
        assert len(numbers) > 50 and all(one.endswith(" tokens a message") for one in numbers)
        assert not wrong, wrong


@_where_it_can_be_opened
def test_a_table_is_sorted_by_a_click_on_its_heading():
    with opened((_book()[0] / "12_decisions.html").as_uri(), 1280) as (window, wrong):
        for column, heading in ((3, "MCC"), (7, "time")):
            window.locator("#T_verdicts thead button", has_text=heading).first.click()
            cells = window.locator("#T_verdicts tbody tr").evaluate_all("(rows, at) => rows.map(row => row.cells[at].textContent)", column)
            numbers = [float(cell.removeprefix("× ").split()[0]) for cell in cells]
            assert len(numbers) > 60 and numbers == sorted(numbers), heading
        window.locator("#T_verdicts thead button", has_text="alternative").click()
        names = window.locator("#T_verdicts tbody th").all_inner_texts()
        assert names[0].startswith("batch") and not wrong, (names[:3], wrong)


PLAYED = {"04_padding": ("#zeros", "7", "#padded"), "08_evaluation": ("#threshold", "0.9", "#counts"), "10_explain": ("#message", "Win a pterodactyl", "#seen")}


def _plays(window, control, value, shown):
    "Move what a chapter's frame holds; it must show something else, and be as high as what it holds, and no wider than its room."
    window.locator("iframe.play").scroll_into_view_if_needed()
    window.locator("iframe.play[data-told]").wait_for()
    inside = window.frame_locator("iframe.play")
    before, control = inside.locator(shown).inner_html(), inside.locator(control)
    control.evaluate("(one, value) => { one.value = value; one.dispatchEvent(new Event('input')); }", value)
    for _ in range(100):
        high = inside.locator("main").bounding_box()["height"]
        fits = 0 <= window.locator("iframe.play").bounding_box()["height"] - high < 4
        if fits and inside.locator(shown).inner_html() != before:
            break
        window.wait_for_timeout(50)
    assert inside.locator(shown).inner_html() != before and inside.locator(shown).is_visible() and fits, (control, high)
    assert inside.locator("html").evaluate("(one) => one.scrollWidth <= innerWidth")


@_where_it_can_be_opened
def test_chapters_can_be_played_with():
    book = _book()[0]
    for width in (1280, 390):
        with opened((book / "index.html").as_uri(), width) as (window, wrong):
            for name, moves in PLAYED.items():
                window.goto((book / f"{name}.html").as_uri())
                _plays(window, *moves)
                assert not wrong, (name, wrong)
            window.evaluate("document.documentElement.dataset.theme = 'dark'")  # what the button of the theme does
            window.frame_locator("iframe.play").locator("html[data-theme=dark]").wait_for()
    with opened((book / "index.html").as_uri(), 720) as (window, wrong):
        for part in ("zeros", "line", "words"):
            window.goto("about:blank")
            window.goto(f"{(book / 'play.html').as_uri()}#only-{part}")
            assert not (told := complaints(window, wrong)), (part, told)


@_where_it_can_be_opened
def test_by_night_the_ground_is_dark():
    with opened((_book()[0] / "index.html").as_uri(), 1280, "dark") as (window, wrong):
        ground = window.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", ground)[:3])) < 64 and not wrong, (ground, wrong)
