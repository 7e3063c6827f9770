"""Exported from nbs/behind/plots_style.ipynb and nbs/proofs/plots_style.ipynb: change it there, then export."""

import base64
import dataclasses
import io
import json
import subprocess
import sys
import warnings
from unittest import mock

import numpy as np
import plotly.graph_objects as go
from PIL import Image
from matplotlib.figure import Figure

from spam_rnn.authoring.testing import raises
from spam_rnn.plots import style
from spam_rnn.plots.style import (
    COLOURS,
    GREEN,
    GREY,
    as_png,
    class_colours,
    describe,
    drawn_for_a_page,
    plotly_script,
    stamp,
    white_grid,
    with_still,
)


def test_spam_is_vermilion_whatever_it_is_called():
    assert class_colours(["spam", "ham", "ham"]) == COLOURS and list(class_colours("ba", "a")) == ["b", "a"]
    assert class_colours([1, 0, 1], 1) == {0: "#0072B2", 1: "#D55E00"}
    assert class_colours(["b", "?", "a"], "b") == {"?": COLOURS["ham"], "a": GREY, "b": COLOURS["spam"]}
    assert class_colours(["ham"]) == {"ham": COLOURS["ham"]} and class_colours([]) == {}


def test_the_grid_ends_with_the_block():
    import matplotlib

    with matplotlib.rc_context({"axes.grid": False}):
        with white_grid():
            assert matplotlib.rcParams["axes.grid"] and matplotlib.rcParams["axes.facecolor"] == "white"
        assert not matplotlib.rcParams["axes.grid"]


def test_a_picture_says_what_it_was_drawn_from():
    for corpus, text, colour in (("sample", "SAMPLE, not the real corpus", "#C00000"), ("a<$1$>.csv", "corpus: a<$1$>.csv", GREY)):
        still, figure = Figure(), go.Figure()
        assert stamp(still, corpus) is still and stamp(figure, corpus) is figure
        [written], [note] = still.texts, figure.layout.annotations
        assert (written.get_text(), written.get_color(), written.get_parse_math()) == (text, colour, False)
        assert written.get_position()[0] == 0.995 and written.get_ha() == "right"
        assert (note.text, note.font.color, note.showarrow) == (text.replace("<", "&lt;").replace(">", "&gt;"), colour, False)
        assert (note.x, note.y, note.xanchor, note.yanchor, note.yshift) == (1, 0, "right", "top", -42)
    assert stamp(Figure(), "uci", text="Korpus: {corpus}").texts[0].get_text() == "Korpus: uci"


def test_a_picture_is_described():
    still = Figure()
    still.suptitle("Two\nlines")
    left, right = stamp(still, "uci").subplots(1, 2)
    left.plot([1, 2], label="a line")
    left.legend()
    left.set(title="left", xlabel="x", ylabel="y")
    right.text(0, 0, "in the middle")
    assert describe(still) == "Two lines; left; x; y; a line; in the middle; corpus: uci"
    still.set_label("Everything at once.")
    assert describe(still) == "Everything at once." and describe(Figure()) == ""


def test_a_description_tells_the_numbers():
    still = Figure()
    bars, lying, dots, cloud, lines = still.subplots(5)
    bars.bar(["ham", "spam"], [4827, 747])
    lying.barh(["ham"], [0.5])
    dots.scatter([0.1, 0.3, 0.7], ["a", "a", "b"])
    cloud.scatter([1, 2], [3, 4])
    lines.plot([1, 5, 2], label="loss")
    lines.axhline(3)
    for i in range(13):
        lines.plot([i, 0, 0])
    told = describe(still)
    assert told.startswith("ham: 4.83e+03; spam: 747; ham: 0.5; a: 0.1 to 0.3; b: 0.7; 2 dots, across 1 to 2, upwards 3 to 4; loss from 1 to 2; a line from 0 to 0")
    assert told.endswith("and 2 more")


def test_one_output_holds_all_formats():
    figure, still = go.Figure(go.Bar(y=[1, 2])), Figure(figsize=(2, 1))
    still.suptitle("Two bars")
    formats, remarks = with_still(figure, still)._repr_mimebundle_()
    assert list(formats) == ["application/vnd.plotly.v1+json", "image/png", "text/plain"]
    assert formats["text/plain"] == "Two bars" and remarks == {"image/png": {"alt": "Two bars"}}
    assert go.Figure(formats["application/vnd.plotly.v1+json"]) == figure
    png = base64.b64decode(formats["image/png"])
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and int.from_bytes(png[16:20]) == 200 and b"Software" not in png
    assert json.loads(json.dumps(formats)) == formats == with_still(figure, still)._repr_mimebundle_()[0]
    formats, remarks = with_still(figure, still, alt="", dpi=50)._repr_mimebundle_()
    assert formats["text/plain"] == "" and int.from_bytes(base64.b64decode(formats["image/png"])[16:20]) == 100


def test_a_light_picture_looks_like_the_heavy_one():
    figure, heavy = Figure(figsize=(6, 3)), io.BytesIO()
    ax = figure.subplots()
    for i, colour in enumerate([*COLOURS.values(), GREEN, "gold", "indigo"]):
        ax.plot([0, 1], [0, i], color=colour, alpha=0.7, label=f"line {i}")
    ax.scatter([0.5], [3.5], s=4, color="red")  # few pixels of a colour of their own
    ax.legend()
    figure.savefig(heavy, format="png", dpi=100)
    light = as_png(figure)
    shown = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int) for png in (heavy.getvalue(), light)]
    assert len(light) < len(heavy.getvalue()) / 2 and shown[0].shape == shown[1].shape and abs(shown[0] - shown[1]).max() < 16


def test_colours_need_no_plotting_library():
    heavy = "{'matplotlib', 'seaborn', 'plotly', 'IPython', 'pandas', 'torch'}"
    code = f"import sys, {style.__name__}; print(*{heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_a_page_needs_nobody_else():
    page = drawn_for_a_page({"data": [{"type": "bar", "y": [3, 1]}], "layout": {"title": {"text": "Two"}}}, "bars")
    assert 'id="bars"' in page and "Two" in page and "<script src" not in page and len(page) < 20_000
    assert "Plotly" in plotly_script()


def test_colours_are_those_of_okabe_and_ito():
    assert (COLOURS, GREY, GREEN) == ({"ham": "#0072B2", "spam": "#D55E00"}, "#666666", "#009E73")


def test_the_stamp_is_small_and_at_the_edge():
    [note], [written] = stamp(go.Figure(), "it's").layout.annotations, stamp(Figure(), "uci").texts
    assert (note.xref, note.yref, note.font.size, note.text) == ("paper", "paper", 11, "corpus: it's") and written.get_fontsize() == 8


def test_a_sign_that_no_font_has_is_a_box():
    still = Figure(figsize=(1, 1))
    still.text(0.1, 0.1, "\u0f3a")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        png = as_png(still)
    assert not said and int.from_bytes(png[16:20]) == 100 and png != as_png(Figure(figsize=(1, 1)))

    def save(file, **kwargs):
        warnings.warn("something else")
        Figure(figsize=(1, 1)).savefig(file, format="png")

    with mock.patch.object(still, "savefig", save):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            as_png(still)
    assert len(said) == 1


def test_a_picture_stays_as_it_is():
    picture = with_still(go.Figure(), Figure(), "words")
    raises(dataclasses.FrozenInstanceError, setattr, picture, "alt", "others")
    assert style.Picture(picture.figure, picture.still, "words", 100) == picture
