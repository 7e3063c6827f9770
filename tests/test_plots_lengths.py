"""Exported from nbs/behind/plots_lengths.ipynb and nbs/proofs/plots_lengths.ipynb: change it there, then export."""

import numpy as np
import pandas as pd

from spam_rnn.plots.lengths import plot_lengths, plot_lengths_still
from spam_rnn.plots.style import describe


def test_each_bar_is_a_length():
    ham, spam, ham_box, spam_box = sorted(plot_lengths([3, 1, 3, 9, 5], ["ham", "ham", "ham", "spam", "spam"]).data, key=lambda t: t.type)
    assert (ham.name, ham.x, ham.y, ham.marker.color) == ("ham", (1, 3), (1, 2), "#0072B2")
    assert (spam.name, spam.x, spam.y, spam.marker.color) == ("spam", (5, 9), (1, 1), "#D55E00")
    assert (spam_box.lowerfence, spam_box.q1, spam_box.median, spam_box.q3, spam_box.upperfence) == ((5,), (6,), (7,), (8,), (9,))
    assert (ham_box.y, ham_box.orientation, ham_box.showlegend) == (("ham",), "h", False)


def test_the_last_bar_holds_the_rest():
    figure = plot_lengths_still([1, 2, 2, 7, 9], ["no", "yes", "no", "yes", "yes"], pos_label="yes", bins=4)
    bars = figure.axes[1].patches
    tops = [(round(b.get_x() + b.get_width() / 2), b.get_y(), b.get_height()) for b in bars if b.get_height()]
    assert tops == [(1, 0, 1), (2, 0, 1), (2, 1, 1), (4, 0, 2)]  # spam stands on ham; 7 and 9 are both "4 and more"
    assert figure.axes[1].get_xlabel() == "tokens a message (the last bar: 4 and more)"


def _made_up():
    rng = np.random.default_rng(0)
    labels = rng.choice(["ham", "spam"], 400, p=[0.8, 0.2])
    return np.where(labels == "spam", rng.integers(0, 50, 400), rng.geometric(0.06, 400)), labels


def test_the_interactive_picture_counts_every_message():
    lengths, labels = _made_up()
    figure = plot_lengths(pd.Series(lengths, index=range(7, 407)), pd.Series(labels), unit="words", count="texts", title="T")
    traces = {(t.type, t.name): t for t in figure.data}
    assert list(traces) == [("bar", "ham"), ("box", "ham"), ("bar", "spam"), ("box", "spam")]
    for name, colour in (("ham", "#0072B2"), ("spam", "#D55E00")):
        bar, box, mine = traces["bar", name], traces["box", name], lengths[labels == name]
        assert bar.x == tuple(sorted(set(mine.tolist()))) and bar.y == tuple((mine == x).sum() for x in bar.x)
        assert box.marker.color == bar.marker.color == colour and bar.hovertemplate == f"%{{y}} {name}, %{{x}} words<extra></extra>"
        assert [v[0] for v in (box.lowerfence, box.q1, box.median, box.q3, box.upperfence)] == np.quantile(mine, [0, 0.25, 0.5, 0.75, 1]).tolist()
        assert (bar.xaxis, bar.yaxis, box.xaxis, box.yaxis) == ("x2", "y2", "x", "y") and bar.showlegend is not False
    layout = figure.layout
    assert (layout.xaxis2.title.text, layout.yaxis2.title.text, layout.title.text) == ("words", "texts", "T")
    assert (layout.barmode, layout.height, layout.xaxis.matches) == ("stack", 420, "x2")


def test_the_still_picture_counts_every_message():
    lengths, labels = _made_up()
    figure = plot_lengths_still(lengths, labels.tolist(), bins=30, unit="words", count="texts", rest="last: {bins}+", title="T")
    box, bars = figure.axes
    drawn = [(side[0].get_facecolor(), [b.get_height() for b in side], [b.get_y() for b in side]) for side in bars.containers]
    ham, spam = (np.bincount(lengths[labels == name].clip(max=30), minlength=31).tolist() for name in ("ham", "spam"))
    assert [[round(255 * v) for v in colour[:3]] for colour, _, _ in drawn] == [[0, 114, 178], [213, 94, 0]]
    assert [heights for _, heights, _ in drawn] == [ham, spam] and drawn[1][2] == ham
    assert [b.get_x() + b.get_width() / 2 for b in bars.containers[0]] == list(range(31))
    assert (bars.get_xlabel(), bars.get_ylabel(), figure.get_suptitle(), bars.get_xlim()) == ("words (last: 30+)", "texts", "T", (-1, 31))
    assert [t.get_text() for t in box.get_yticklabels()] == ["ham", "spam"] and not any(ax.get_legend() for ax in figure.axes)
    for place, (name, patch) in enumerate(zip(("ham", "spam"), box.patches)):
        x, y = patch.get_path().vertices.T
        assert [x.min(), x.max()] == np.quantile(lengths[labels == name].clip(max=30), [0.25, 0.75]).tolist()
        assert y.min() < place < y.max() and patch.get_facecolor()[:3] == drawn[place][0][:3]
    medians = [line.get_xdata()[0] for line in box.lines[4::5]]  # after two whiskers and two caps
    assert medians == [np.median(lengths[labels == name].clip(max=30)) for name in ("ham", "spam")]


def test_the_whiskers_of_both_pictures_end_alike():
    lengths, labels = [1, 10, 10, 11, 11, 12, 50], ["ham"] * 7
    caps = [line.get_xdata()[0] for line in plot_lengths_still(lengths, labels).axes[0].lines[2:4]]
    box = next(trace for trace in plot_lengths(lengths, labels).data if trace.type == "box")
    assert caps == [1, 50] == [box.lowerfence[0], box.upperfence[0]]


def test_odd_labels_are_drawn():
    for labels, pos_label, names in (([1, 0, 1], 0, ["1", "0"]), (["$a$", "$b$", "$b$"], "$a$", ["$b$", "$a$"]), (["x"] * 3, "y", ["x"])):
        figure, still = plot_lengths([1, 2, 3], labels, pos_label), plot_lengths_still([1, 2, 3], labels, pos_label)
        still.draw_without_rendering()
        assert not any(t.get_parse_math() for t in still.axes[0].get_yticklabels())
        assert [t.name for t in figure.data if t.type == "bar"] == names == [t.get_text() for t in still.axes[0].get_yticklabels()]
    assert [t.marker.color for t in plot_lengths([1, 2], ["1", "0"], "1").data] == ["#0072B2"] * 2 + ["#D55E00"] * 2


def test_labels_are_no_tags():
    names = {(t.name, t.hovertemplate.split(",")[0]) for t in plot_lengths([1, 2], ["a&b", "<b>x</b>"], "a&b").data if t.type == "bar"}
    assert names == {("a&amp;b", "%{y} a&amp;b"), ("&lt;b&gt;x&lt;/b&gt;", "%{y} &lt;b&gt;x&lt;/b&gt;")}
    assert {t.y[0] for t in plot_lengths([1, 2], ["a&b", "<b>x</b>"], "a&b").data if t.type == "box"} == {name for name, _ in names}


def test_the_histogram_in_words():
    still = plot_lengths_still([1, 2, 3, 80], ["ham", "ham", "ham", "spam"], title="Some", alt="{name} {n} {low:g} {middle:g} {high:g} {longest} {unit}", unit="u")
    assert describe(still) == "Some. ham 3 1.5 2 2.5 3 u. spam 1 80 80 80 80 u"
    assert "ham: 3 messages, half of them with 1.5 to 2.5" in describe(plot_lengths_still([1, 2, 3], ["ham"] * 3))


def test_the_look_of_both_pictures():
    layout = plot_lengths([1, 2], ["ham", "spam"]).layout
    assert (layout.xaxis2.title.text, layout.yaxis2.title.text, layout.title.text) == ("tokens a message", "messages", "Lengths")
    assert layout.xaxis.title.text is None and layout.yaxis.title.text is None  # the axes of the boxes
    assert (layout.bargap, layout.margin.t, layout.margin.b, layout.template.layout.plot_bgcolor) == (0.05, 50, 70, "white")
    assert np.allclose([*layout.yaxis2.domain, *layout.yaxis.domain], [0, 0.776, 0.806, 1])
    still = plot_lengths_still([1, 99, 2], ["ham", "spam", "$x$"])
    box, bars = still.axes
    assert (bars.get_xlabel(), bars.get_ylabel(), still.get_suptitle()) == ("tokens a message (the last bar: 60 and more)", "messages", "Lengths")
    assert [*still.get_size_inches()] == [8, 3.4] and type(still.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"
    assert box.get_gridspec().get_height_ratios() == [1, 4] and box.get_shared_x_axes().joined(box, bars)
    assert not any(t.get_parse_math() for t in box.get_yticklabels())
    assert [round(float(np.ptp(p.get_path().vertices[:, 1])), 6) for p in box.patches] == [0.7] * 3 and box.lines[4].get_color() == "black"
    assert describe(still).startswith("Lengths. $x$: 1 messages, half of them with 2 to 2, in the middle 2, at most 2 tokens a message. ham")
