"""Exported from nbs/proofs/plots_benchmark.ipynb: change it there, then export."""

import numpy as np
from matplotlib import rc_context
from matplotlib.colors import to_hex

from spam_rnn.plots.benchmark import PANELS, plot_benchmark
from spam_rnn.plots.style import describe


def _found():
    judges = {"ours": 2.0, "character SVM": 1.0, "word SVM": 0.5}
    return {
        "median": {"training": judges | {"original": 600.0}, "single": {n: s / 1000 for n, s in (judges | {"original": 0.25}).items()}, "batch": judges},
        "settings": {"batch": 500},
        "by_messages": [{"messages": 20, "seconds": [3.0, 1.0, 2.0]}, {"messages": 40, "seconds": [4.0]}],
        "by_length": [
            {"tokens": 3, "messages": 10, "seconds": [0.3, 0.6, 0.9], "single": [0.06]},
            {"tokens": 6, "messages": 5, "seconds": [0.9], "single": [0.03, 0.06]},
        ],
    }  # fmt: skip


def _bars(container):
    return [(round(b.get_width(), 9), round(b.get_y() + b.get_height() / 2), to_hex(b.get_facecolor())) for b in container]


def test_bars_are_seconds_and_milliseconds():
    figure = plot_benchmark(_found())
    training, scoring = figure.axes[:2]
    assert [t.get_text() for t in training.get_yticklabels()] == ["original", "ours", "character SVM", "word SVM"]
    colours = ["#666666", "#0072b2", "#e69f00", "#cc79a7"]
    assert _bars(training.containers[0]) == [(600, 0, colours[0]), (2, 1, colours[1]), (1, 2, colours[2]), (0.5, 3, colours[3])]
    alone, batch = (c for c in scoring.containers)
    assert _bars(alone) == [(2, 0, colours[1]), (1, 1, colours[2]), (0.5, 2, colours[3]), (0.25, 3, colours[0])]
    assert _bars(batch) == [(4, 0, colours[1]), (2, 1, colours[2]), (1, 2, colours[3])]
    assert {b.get_alpha() for b in alone} == {0.4} and {b.get_alpha() for b in training.containers[0]} == {1}
    assert {b.get_height() for b in batch} == {0.4} and {b.get_height() for b in alone} == {0.8}
    assert [t.get_text() for t in training.texts] == ["600", "2", "1", "0.5"]
    assert [t.get_text() for t in scoring.texts] == ["2", "1", "0.5", "0.25", "4", "2", "1"]
    figure.draw_without_rendering()


def test_growth_is_seconds_and_microseconds_a_token():
    messages, lengths = plot_benchmark(_found()).axes[2:]
    [line] = messages.lines
    assert [*line.get_xdata()] == [20, 40] and [*line.get_ydata()] == [2, 4]  # medians
    batches, alone = lengths.lines
    assert [*batches.get_xdata()] == [*alone.get_xdata()] == [3, 6]
    assert np.allclose(batches.get_ydata(), [0.6e6 / 30, 0.9e6 / 30]) and np.allclose(alone.get_ydata(), [0.06e6 / 3, 0.045e6 / 6])
    assert (batches.get_linestyle(), alone.get_linestyle()) == ("-", "--") and {l.get_color() for l in (line, batches, alone)} == {"#0072B2"}
    assert {l.get_marker() for l in (line, batches, alone)} == {"o"}
    assert [t.get_text() for t in lengths.get_legend().get_texts()] == ["in batches", "alone"]


def test_axes_are_logarithmic_and_named():
    named = [("A", "a", ""), ("B", "b", "x"), ("C", "c", "y"), ("D", "d", "z")]
    for figure, names in ((plot_benchmark(_found()), PANELS), (plot_benchmark(_found(), named, ("p", "q")), named)):
        assert [(ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes] == list(names)
        assert [ax.get_xscale() for ax in figure.axes] == ["log"] * 4 and [ax.get_yscale() for ax in figure.axes] == ["linear"] * 2 + ["log"] * 2
        assert {ax.margins()[0] for ax in figure.axes} == {0.2}
    assert [t.get_text() for t in figure.axes[3].get_legend().get_texts()] == ["p", "q"]


def test_a_benchmark_in_words():
    assert describe(plot_benchmark(_found())) == (
        "Training to the end, seconds: ours 2, character SVM 1, word SVM 0.5, original 600. "
        "A message alone, and in a batch (dark), milliseconds a message: ours 2, character SVM 1, word SVM 0.5, original 0.25; "
        "ours 4, character SVM 2, word SVM 1. Growth with messages: seconds, messages. Growth with length: microseconds a token, tokens a message"
    )


def test_the_look_of_a_benchmark():
    figure = plot_benchmark(_found())
    assert [*figure.get_size_inches()] == [10, 7] and type(figure.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"
    assert not figure.axes[3].get_legend().get_frame_on()
    assert {t.xyann for ax in figure.axes[:2] for t in ax.texts} == {(3, 0)}  # three points beside the end of its bar
    with rc_context({"axes.grid": True}):
        for ax in plot_benchmark(_found()).axes[:2]:
            assert ax.xaxis.get_tick_params()["gridOn"] and not ax.yaxis.get_tick_params()["gridOn"]
