"""Exported from nbs/proofs/browser/own_pages.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

from spam_rnn.authoring.browsing import findings, needs_browser, opened, pictures, too_wide
from spam_rnn.classifier import SpamClassifier
from spam_rnn.mistakes import explain_mistakes
from spam_rnn.play import write_play_page
from spam_rnn.recipe import Recipe, follow
from spam_rnn.report import figures, interactive_lengths, metrics, write_report


def _complaints(window, wrong):
    "All that is wrong with the page that is open, with everything unfolded."
    window.eval_on_selector_all("details", "(all) => all.forEach((one) => { one.open = true; })")
    wordless = [f"{name} has no words" for name, words in pictures(window).items() if len(words) < 10]
    return [*too_wide(window), *wordless, *findings(window), *wrong]


@needs_browser
def test_the_report_is_for_everybody():
    recipe = Recipe(corpus={"name": "sample"}, classifier=SpamClassifier(epochs=2, hidden_size=8, embedding_size=8))
    outcome = follow(recipe, 0)
    with tempfile.TemporaryDirectory() as folder:
        made = figures(outcome)
        page = write_report(folder, metrics(outcome, 0), made, explain_mistakes(outcome), interactive_lengths(outcome))
        with opened(page.as_uri()) as (window, wrong):
            assert not (told := _complaints(window, wrong)), told
            said = pictures(window)
            assert len(said) == len(made) + 1 and "the message is ham, the answer is ham" in next(iter(said.values()))
            bars = window.locator("#interactive .nsewdrag").first
            bars.scroll_into_view_if_needed()
            size = bars.bounding_box()
            for share in (0.1, 0.15, 0.2):
                window.mouse.move(size["x"] + share * size["width"], size["y"] + 0.9 * size["height"])
            window.locator("#interactive .hovertext").first.wait_for()
            assert not wrong, wrong
            window.set_viewport_size({"width": 390, "height": 900})  # a phone shows the scores whole
            assert window.eval_on_selector("[aria-label=Scores]", "(one) => one.scrollWidth <= one.clientWidth")


def _move(window, name, value):
    window.eval_on_selector(f"#{name}", "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", str(value))


@needs_browser
def test_the_page_to_play_with_is_for_everybody():
    with tempfile.TemporaryDirectory() as folder:
        page = write_play_page(Path(folder) / "play.html", corpus="sample")
        with opened(page.as_uri()) as (window, wrong):
            assert not (told := _complaints(window, wrong)), told
            before = pictures(window)
            assert len(before) > 10
            for slider, value, picture in [("threshold", 0.9, "cost"), ("zeros", 80, "places"), ("place", 2, "line")]:
                drawn = window.locator(f"#{picture}").inner_html()
                _move(window, slider, value)
                assert window.inner_text(f"#{slider}-said").startswith(str(value)) and window.locator(f"#{picture}").inner_html() != drawn
            after = pictures(window)
            changed = [name for name in before if before[name] != after[name]]
            assert any("cost" in name for name in changed) and len(changed) > 6, changed  # six maps of the memory, too
            assert not wrong, wrong
