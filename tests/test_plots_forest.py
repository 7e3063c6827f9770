"""Exported from nbs/behind/plots_forest.ipynb: change it there, then export."""

import pandas as pd

from spam_rnn.authoring.testing import raises
from spam_rnn.plots.forest import plot_forest


def test_a_forest_has_a_line_for_each_row_and_arrows_for_those_outside():
    names = ["a: b", "c: d", "e: f"]
    table = pd.DataFrame({"difference": [-0.03, 0.0, -0.5], "low": [-0.04, -0.01, -0.6], "high": [-0.02, 0.01, -0.4], "verdict": ["matters", "no difference", "only 3 pairs"]}, index=names)
    figure = plot_forest(table)
    ax = figure.axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == names
    assert [text.get_text().strip() for text in ax.texts] == ["◂ -0.50"]
    dots = [line for line in ax.lines if len(line.get_xdata()) == 1 and line.get_marker() not in ("None", None)]
    assert [tuple(map(float, (line.get_xdata()[0], line.get_ydata()[0]))) for line in dots] == [(-0.03, 0.0), (0.0, 1.0)]
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"matters", "no difference", "cannot tell"}
    assert "a: b -0.030 (matters)" in figure.get_label()
    assert "no row" in str(raises(ValueError, plot_forest, table[:0]))
