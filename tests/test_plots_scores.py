"""Exported from nbs/behind/plots_scores.ipynb and nbs/proofs/plots_scores.ipynb: change it there, then export."""

import pandas as pd

from spam_rnn.plots.scores import plot_calibration, plot_confusion, plot_history, plot_precision_recall


def test_counts_and_shares_are_written():
    left, right = plot_confusion({"tn": 90, "fp": 10, "fn": 1, "tp": 3}).axes
    assert [t.get_text() for t in left.texts] == ["90", "10", "1", "3"]
    assert [t.get_text() for t in right.texts] == ["90.00 %", "10.00 %", "25.00 %", "75.00 %"]


def test_the_mark_stands_where_the_threshold_leads():
    ax = plot_precision_recall([1, 0, 1, 1, 0], [0.9, 0.8, 0.7, 0.2, 0.1], 0.7).axes[0]
    curve, everything, mark = ax.lines
    assert [mark.get_xdata()[0], mark.get_ydata()[0]] == [2 / 3, 2 / 3]  # three alarms: two of three spams, one ham
    assert everything.get_ydata()[0] == 0.6 and mark.get_label() == "threshold 0.70"


def test_the_line_stands_at_the_epoch_that_was_kept():
    history = pd.DataFrame({"train_loss": [0.5, 0.2, 0.1]}, index=[1, 2, 3])
    for best, place in ((2, 2), (None, 3)):
        assert [ax.lines[-1].get_xdata() for ax in plot_history(history, best).axes] == [[place, place]] * 2


import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from sklearn.metrics import precision_recall_curve

from spam_rnn.plots.scores import plot_calibration, plot_confusion, plot_history, plot_precision_recall
from spam_rnn.plots.style import describe


def _answers(messages=300):
    rng = np.random.default_rng(0)
    targets = rng.random(messages) < 0.3
    return targets, np.clip(rng.normal(np.where(targets, 0.7, 0.2), 0.2), 0, 1).round(2)


def test_the_confusion_matrix_is_drawn_as_it_is():
    scores = {"tn": 1200, "fp": 300, "fn": 0, "tp": 0}
    figure = plot_confusion(scores, ("$no$", "$yes$"), ("is", "says"), "T", ("n", "share"), "nobody")
    for ax, texts, title in zip(figure.axes, (["1,200", "300", "0", "0"], ["80.00 %", "20.00 %", "nobody", "nobody"]), ("n", "share")):
        assert [t.get_text() for t in ax.texts] == texts
        assert [t.get_position() for t in ax.texts] == [(0.5, 0.5), (1.5, 0.5), (0.5, 1.5), (1.5, 1.5)] and ax.yaxis_inverted()
        mesh = ax.collections[0]
        assert mesh.get_array().ravel().tolist() == [80, 20, 0, 0] and mesh.get_clim() == (0, 100) and mesh.cmap.name == "Blues"
        assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(), ax.get_aspect()) == ("says", "is", title, 1)
        for ticks in (ax.get_xticklabels(), ax.get_yticklabels()):
            assert [(t.get_text(), t.get_parse_math()) for t in ticks] == [("$no$", False), ("$yes$", False)]
    assert len(figure.axes) == 2 and figure.get_suptitle() == "T" and [*figure.get_size_inches()] == [7.6, 3.4]
    figure.draw_without_rendering()


def test_the_confusion_matrix_in_words():
    scores = {"tn": 8, "fp": 2, "fn": 1, "tp": 3}
    assert describe(plot_confusion(scores)) == (
        "Confusion matrix. the message is ham, the answer is ham: 8 (80.00 %); the message is ham, the answer is spam: 2 (20.00 %); "
        "the message is spam, the answer is ham: 1 (25.00 %); the message is spam, the answer is spam: 3 (75.00 %)"
    )


def test_the_curve_is_that_of_scikit_learn():
    targets, probability = _answers()
    threshold = float(np.sort(probability)[-80])  # a probability that occurs
    figure = plot_precision_recall(targets.tolist(), probability.tolist(), threshold, "T", ("r", "p"), "at {threshold:.1f}", "all")
    [ax] = figure.axes
    curve, everything, mark = ax.lines
    precision, recall, _ = precision_recall_curve(targets, probability)
    assert curve.get_xdata().tolist() == recall.tolist() and curve.get_ydata().tolist() == precision.tolist()
    assert (curve.get_drawstyle(), curve.get_color()) == ("steps-post", "#D55E00")
    alarms = probability >= threshold
    assert mark.get_xdata()[0] == (alarms & targets).sum() / targets.sum()
    assert mark.get_ydata()[0] == (alarms & targets).sum() / alarms.sum()
    assert (mark.get_color(), mark.get_marker(), mark.get_linestyle()) == ("black", "o", "None")
    assert [*everything.get_ydata()] == [targets.mean()] * 2 and everything.get_linestyle() == ":"
    words, name = ax.texts
    assert (words.get_text(), words.get_position()) == ("all", (0.01, targets.mean() + 0.015))
    assert (name.get_text(), name.xy) == (f"at {threshold:.1f}", (mark.get_xdata()[0], mark.get_ydata()[0])) and ax.get_legend() is None
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(), ax.get_xlim(), ax.get_ylim()) == ("r", "p", "T", (0, 1.02), (0, 1.03))
    assert describe(figure) == f"T. at {threshold:.1f}: r {mark.get_xdata()[0]:.3f}, p {mark.get_ydata()[0]:.3f}"


def test_odd_curves_are_drawn():
    for targets, threshold, lines in (([True, False], None, 2), ([True, False], 0.95, 2), ([True, False], 0.9, 3), ([False, False], 0.5, 0)):
        figure = plot_precision_recall(targets, [0.9, 0.2], threshold)
        figure.draw_without_rendering()
        assert len(figure.axes[0].lines) == lines and len(figure.axes[0].texts) == max(0, lines - 1)
    assert plot_precision_recall([True], [0.9]).axes[0].get_xlabel() == "spam caught (recall)"


def test_every_epoch_is_a_point():
    history = pd.DataFrame({"train_loss": [0.5, 0.2], "valid_loss": [0.6, 0.3], "valid_mcc": [0.1, 0.9]}, index=[1, 2])
    figure = plot_history(history, 1, "T", ("tr", "va"), ("e", "l", "m"), "S")
    left, right = figure.axes
    drawn = [(line.get_xdata().tolist(), line.get_ydata().tolist(), line.get_color(), line.get_marker()) for line in (*left.lines[:2], right.lines[0])]
    assert drawn == [([1, 2], [0.5, 0.2], "#666666", "o"), ([1, 2], [0.6, 0.3], "#009E73", "o"), ([1, 2], [0.1, 0.9], "#009E73", "o")]
    assert [t.get_text() for t in left.get_legend().get_texts()] == ["tr", "va"] and left.get_ylim()[0] == 0
    assert [ax.get_xlabel() for ax in (left, right)] == ["e", "e"] and [ax.get_ylabel() for ax in (left, right)] == ["l", "m"]
    assert (left.get_title(), right.get_title(), len(left.lines), len(right.lines)) == ("T", "S", 3, 2)
    assert describe(figure) == "T. e 1: l, tr 0.5000; l, va 0.6000; S 0.1000"
    figure.draw_without_rendering()
    assert all(tick == int(tick) for ax in (left, right) for tick in ax.get_xticks())
    alone = plot_history(history[["train_loss"]].iloc[:1])
    alone.draw_without_rendering()
    assert describe(alone) == "Training. epoch 1: loss, nats, training 0.5000"
    assert [len(ax.lines) for ax in alone.axes] == [2, 1] and alone.axes[0].lines[-1].get_linestyle() == ":"


def test_every_bin_is_a_point_and_a_bar():
    figure = plot_calibration([True, False, True, False], [0.1, 0.2, 1.0, 0.2], 4, "T", ("x", "y", "n"))
    above, below = figure.axes
    diagonal, points = above.lines
    assert [*diagonal.get_xdata()] == [*diagonal.get_ydata()] == [0, 1] and diagonal.get_linestyle() == ":"
    assert np.allclose(points.get_xdata(), [0.5 / 3, 1]) and np.allclose(points.get_ydata(), [1 / 3, 1])
    assert (points.get_color(), points.get_marker(), points.get_linestyle()) == ("#D55E00", "o", "None")
    assert [b.get_height() for b in below.patches] == [3, 1] and {to_hex(b.get_facecolor()) for b in below.patches} == {"#666666"}
    assert np.allclose([b.get_x() + b.get_width() / 2 for b in below.patches], [0.125, 0.875]) and np.isclose(below.patches[0].get_width(), 0.225)
    assert (below.get_xlabel(), above.get_ylabel(), below.get_ylabel(), above.get_title()) == ("x", "y", "n", "T")
    assert (below.get_yscale(), below.get_ylim()[0], above.get_ylim(), below.get_xlim()) == ("log", 0.5, (-0.03, 1.03), (-0.03, 1.03))
    bars = [segment[:, 1] for segment in above.collections[0].get_segments()]
    assert np.allclose(bars, [[0.061492, 0.792340], [0.206549, 1]], atol=1e-6)  # Wilson's intervals of 1 in 3 and of 1 in 1
    assert describe(figure) == "T. x, y, n: 0.17, 0.33, 3; 1.00, 1.00, 1"
    figure.draw_without_rendering()


def _size(figure):
    return [*figure.get_size_inches()], type(figure.get_layout_engine()).__name__


def test_the_look_of_the_curves():
    constrained = "ConstrainedLayoutEngine"
    curve = plot_precision_recall([1, 0], [0.9, 0.2], 0.5)
    [ax], (line, everything, _) = curve.axes, curve.axes[0].lines
    assert _size(curve) == ([5, 4], constrained) and (line.get_lw(), everything.get_lw(), everything.get_color()) == (2, 1, "#666666")
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("Precision and recall", "spam caught (recall)", "alarms that are spam (precision)")
    assert [(t.get_text(), t.get_fontsize(), t.get_color()) for t in ax.texts[:1]] == [("everything spam", 9, "#666666")]
    for threshold, side in ((0.5, "right"), (0.95, "left")):  # the words beside a point go towards the middle
        name = plot_precision_recall([1, 1, 1, 0], [0.97, 0.9, 0.8, 0.2], threshold).axes[0].texts[1]
        assert (name.get_ha(), name.get_va(), np.sign(name.get_position()[0])) == (side, "top", -1 if side == "right" else 1)
    calibration = plot_calibration([True, False], [0.95, 0.2])
    above, below = calibration.axes
    assert _size(calibration) == ([5, 4.6], constrained) and above.get_gridspec().get_height_ratios() == [3, 1] and above.get_shared_x_axes().joined(above, below)
    assert (above.get_title(), below.get_xlabel(), above.get_ylabel(), below.get_ylabel()) == ("Calibration", "spam probability", "share that is spam", "messages")
    assert (above.lines[0].get_color(), above.lines[0].get_lw()) == ("#666666", 1) and np.isclose(below.patches[0].get_width(), 0.09)  # ten bins


def test_the_look_of_training_and_confusion():
    history = plot_history(pd.DataFrame({"train_loss": [0.5], "valid_loss": [0.6], "valid_mcc": [0.1]}, index=[1]))
    left, right = history.axes
    assert _size(history) == ([8, 3.2], "ConstrainedLayoutEngine") and not left.get_legend().get_frame_on()
    history.draw_without_rendering()
    assert left.get_legend().get_window_extent().y1 < left.get_window_extent().y0  # below the axes, where nobody takes it for data
    assert [t.get_text() for t in left.get_legend().get_texts()] == ["training", "validation"] and left.lines[0].get_ms() == right.lines[0].get_ms() == 4
    assert [(ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) for ax in (left, right)] == [("Training", "epoch", "loss, nats"), ("MCC on validation", "epoch", "MCC")]
    assert {(ax.lines[-1].get_color(), ax.lines[-1].get_lw()) for ax in (left, right)} == {("black", 1)}
    confusion = plot_confusion({"tn": 1, "fp": 2, "fn": 3, "tp": 4})
    assert _size(confusion) == ([7.6, 3.4], "ConstrainedLayoutEngine") and [ax.get_title() for ax in confusion.axes] == ["messages", "share of each true class"]
    assert {ax.collections[0].get_clim() for ax in confusion.axes} == {(0, 100)}  # on one scale, whatever is drawn
    with np.errstate(all="raise"):  # nothing is divided by nothing
        assert [t.get_text() for t in plot_confusion({"tn": 0, "fp": 0, "fn": 0, "tp": 1}).axes[1].texts] == ["none", "none", "0.00 %", "100.00 %"]
    assert {t.get_fontsize() for ax in confusion.axes for t in ax.texts} == {13} and confusion.axes[0].collections[0].get_linewidth() == [2]
