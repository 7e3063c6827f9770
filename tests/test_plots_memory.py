"""Exported from nbs/behind/plots_memory.ipynb: change it there, then export."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from spam_rnn.authoring.testing import raises
from spam_rnn.plots.memory import plot_memory


def test_each_token_has_its_column_and_the_words_are_told():
    table = pd.DataFrame({"word": ["a$", "b", "c"], "read": [True, True, False], "probability": [0.2, 0.9, 0.9], "contribution": [-1.0, 2.0, 0.0]})
    explanation, memory = SimpleNamespace(table=table, start=0.5, probability=0.9, threshold=0.6), np.arange(24.0).reshape(6, 2, 2) / 24
    figure = plot_memory(explanation, memory)
    line, bars, *maps = figure.axes[:8]
    assert line.lines[0].get_ydata().tolist() == [0.5, 0.2, 0.9] and [bar.get_height() for bar in bars.patches] == [-1, 2]
    assert all(np.array_equal(ax.images[0].get_array(), values) for ax, values in zip(maps, memory))
    assert [ax.images[0].get_clim() for ax in maps] == [(0, 1), (0, 1), (-1, 1), (-1, 1), (0, 1), (-1, 1)]
    assert [text.get_text() for text in maps[-1].get_xticklabels()] == ["a$", "b"]
    assert figure.get_label().startswith("2 tokens. probability of spam, so far: 0.500 before the first, 0.900 after the last. Means of the maps at the last: input gate 0.08")
    for wrong in (memory[:5], memory[:, :, :1]):
        assert "6 maps and 2 tokens" in str(raises(ValueError, plot_memory, explanation, wrong))
