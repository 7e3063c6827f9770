"""Exported from nbs/behind/plots_panel.ipynb: change it there, then export."""

import importlib.util
import re
from unittest.mock import patch

from IPython.core.formatters import DisplayFormatter

from spam_rnn.authoring.testing import raises, skip_if
from spam_rnn.plots.panel import panel
from spam_rnn.plots.still import Still


def _bars(cups, tea):
    if not tea:
        raise ValueError("tea <needs> a name")
    figure = Still(figsize=(2, 1))
    figure.subplots().bar([tea, "coffee"], [cups, 1])
    return figure


def _with_widgets(test):
    return skip_if(test, lambda: None if importlib.util.find_spec("ipywidgets") else 'ipywidgets is not installed: python -m pip install -e ".[course]"')


@_with_widgets
def test_a_control_draws_the_picture_anew():
    made = panel(_bars, cups=(3, 0, 9), tea="mint")
    formats, remarks = DisplayFormatter().format(made)
    assert {"image/png", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(formats)
    assert remarks["image/png"] == {"alt": "mint: 3; coffee: 1"} and formats["text/plain"] == "mint: 3; coffee: 1"
    before = made.shown.value
    assert f'base64,{formats["image/png"]}"' in before and 'alt="mint: 3; coffee: 1"' in before
    made.controls["cups"].value = 7
    assert 'alt="mint: 7; coffee: 1"' in made.shown.value
    assert re.findall("base64,[^\"]*", made.shown.value) != re.findall("base64,[^\"]*", before)
    made.controls["tea"].value = "<b>"
    assert 'alt="&lt;b&gt;: 7; coffee: 1"' in made.shown.value
    made.controls["tea"].value = ""
    assert made.shown.value == '<p role="alert">tea &lt;needs&gt; a name</p>'


@_with_widgets
def test_numbers_with_a_point_have_small_steps():
    controls = panel(_bars, cups=(0.5, 0, 1), how_many=(2, 1, 4)).controls
    assert (controls["cups"].step, controls["how_many"].step, controls["how_many"].description) == (0.01, 1, "how many")
    for wrong in ((3, 0, 2), (1, 2)):
        assert "(first value, lowest, highest)" in str(raises(ValueError, panel, _bars, cups=wrong))


def test_without_widgets_there_is_a_still_picture():
    with patch("importlib.util.find_spec", return_value=None):
        made = panel(_bars, cups=(3, 0, 9), tea="mint")
    formats, remarks = DisplayFormatter().format(made)
    assert set(formats) == {"image/png", "text/plain"} and remarks["image/png"] == {"alt": "mint: 3; coffee: 1"}
