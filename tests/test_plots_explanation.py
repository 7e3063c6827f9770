"""Exported from nbs/behind/plots_explanation.ipynb and nbs/proofs/plots_explanation.ipynb: change it there, then export."""

import html
from types import SimpleNamespace

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex, to_rgba
from rich.cells import cell_len

from spam_rnn.plots.explanation import plot_explanation, plot_explanation_still
from spam_rnn.plots.style import COLOURS, as_png, describe


def explained(words, contribution, probability, unknown=(), unread=0, threshold=0.5, answer="spam"):
    "An explanation as `spam_rnn.explain` makes it, of numbers that we choose."
    table = pd.DataFrame({"word": words, "token": [word.lower() for word in words], "contribution": contribution, "probability": probability})
    table["known"] = [word not in unknown for word in words]
    table["read"] = [i < len(words) - unread for i in range(len(words))]
    last = probability[-1] if probability else 0.1
    return SimpleNamespace(table=table, start=0.1, probability=last, threshold=threshold, answer=answer)


def test_the_picture_shows_what_each_word_did():
    figure = plot_explanation(explained(["Hi", "<b>", "cash"], [-1.0, 0.5, 2.0], [0.1, 0.2, 0.8], unknown=["<b>"]))
    against, for_spam, fields, words, percent = figure.data
    assert [against.y.tolist(), for_spam.y.tolist()] == [[-0.5], [0.25, 1]]  # shares of the largest, 2
    assert (words.text, percent.text) == (("Hi", "&lt;b&gt;", "cash"), ("10 %", "20 %", "80 %"))
    assert fields.customdata.tolist()[1] == ["&lt;b&gt;", "&lt;b&gt; (unknown)", "+0.50", "0.200"]


def test_the_still_picture_shows_the_same():
    ax = plot_explanation_still(explained(["Hi", "$5", "$9"], [-1.0, 0.5, 2.0], [0.1, 0.2, 0.8])).axes[0]
    assert [[b.get_height() for b in side] for side in ax.containers] == [[-0.5], [0.25, 1]]
    assert [t.get_text() for t in ax.texts] == ["Hi", "$5", "$9", "10 %", "20 %", "80 %"]


def made_up(words, seed=0, scale=2.0, unread=0, threshold=0.4):
    "An explanation of these words, with numbers drawn by chance; every third word is unknown."
    rng, n = np.random.default_rng(seed), len(words)
    table = pd.DataFrame(
        {
            "word": words, "token": [w.lower() for w in words], "known": np.arange(n) % 3 != 2,
            "read": np.arange(n) < n - unread, "probability": rng.random(n), "contribution": rng.normal(0, scale, n),
        }
    )  # fmt: skip
    return SimpleNamespace(table=table, start=0.1, probability=0.75, threshold=threshold, answer="spam")


MESSAGES = [[], ["win"], "Lunch , or win <b> $5 $6 & more ?".split() * 9, ["wonderful" * 30, "you"], "日本語の長い言葉 win".split() * 20]


def test_every_word_is_shown_once_and_none_over_another():
    for message in MESSAGES:
        figure = plot_explanation(made_up(message))
        words = figure.data[3]
        assert [html.unescape(w) for w in words.text] == [w if len(w) <= 20 else w[:19] + "…" for w in message]
        assert not any("<" in word for word in words.text)
        bars = [(y, x) for trace in figure.data[:2] for x, y in zip(trace.x, trace.base)]
        assert len(bars) == len(message) == len(set(bars))
        for line in set(words.y):
            spans = [
                (x - max(5, cell_len(html.unescape(w))) / 2, x + max(5, cell_len(html.unescape(w))) / 2)
                for x, y, w in zip(words.x, words.y, words.text)
                if y == line
            ]
            assert all(end < start for (_, end), (start, _) in zip(spans, spans[1:]))
            assert spans[0][0] == 0.5 and spans[-1][1] <= 72


def test_lines_are_filled_and_no_more():
    words = plot_explanation(made_up(["abcd"] * 5), columns=12).data[3]
    assert words.x.tolist() == [3, 9, 3, 9, 3] and len(set(words.y)) == 3
    assert len(set(plot_explanation(made_up(["abcd"] * 5), columns=11).data[3].y)) == 5
    assert plot_explanation(made_up(["x" * 20, "y" * 21])).data[2].width.tolist() == [20.85, 20.85]


def test_the_interactive_picture_holds_these_numbers():
    explanation = made_up(["aaaa", "b<", "c"], unread=0)
    explanation.table["contribution"], explanation.table["probability"] = [4.0, -1.0, 0.0], [0.4, 0.0, 1.0]
    figure = plot_explanation(explanation, 12, ("h", "s"), "a", "{answer} {percent:.2f}", "{n}", ("r", "u", "c", "p"))
    ham, spam, fields, words, percent = figure.data
    assert [(t.name, t.marker.color, t.y.tolist(), t.base.tolist(), t.x.tolist(), t.width) for t in (ham, spam)] == [
        ("h", "#0072B2", [-0.25], [0], [9], 3.6), ("s", "#D55E00", [1, 0], [0, -2.6], [3, 3], 3.6),
    ]  # fmt: skip
    assert fields.marker.color == ("rgba(213,94,0,0.10)", "rgba(0,114,178,0.60)", "rgba(213,94,0,0.60)")
    assert np.allclose(fields.base, [-1.13, -1.13, -3.73]) and fields.y.tolist() == [0.38] * 3 and np.allclose(fields.width, 5.85)
    assert np.allclose(words.y, [-0.52, -0.52, -3.12]) and np.allclose(percent.y, [-0.94, -0.94, -3.54])
    assert (words.textfont.color, percent.textfont.color) == (("#222222", "#222222", "#767676"), ("#222222",) * 3)
    assert (words.textfont.size, percent.textfont.size, percent.text) == (13, 11, ("40 %", "0 %", "100 %"))
    assert [t.mode for t in (words, percent)] == ["text"] * 2 and [t.showlegend for t in (fields, words, percent)] == [False] * 3
    numbers = [["aaaa", "aaaa", "+4.00", "0.400"], ["b&lt;", "b&lt;", "-1.00", "0.000"], ["c", "c (u)", "+0.00", "1.000"]]
    assert [t.customdata.tolist() for t in (ham, spam, fields)] == [numbers[1:2], numbers[::2], numbers]
    assert ham.hovertemplate == spam.hovertemplate == fields.hovertemplate == "<b>%{customdata[0]}</b>, r %{customdata[1]}<br>c %{customdata[2]}<br>p %{customdata[3]}<extra></extra>"
    y = figure.layout.yaxis
    assert (y.tickvals, y.ticktext, y.title.text) == ((0, 0.5, -2.6, -2.1), ("0", "+2", "0", "+2"), "a")
    assert np.allclose(y.range, [-3.95, 1.1]) and figure.layout.xaxis.range == (-0.5, 12.5) and figure.layout.height == 115 + round(52 * 2 * 2.6)
    assert figure.layout.title.text == "spam 75.00" and figure.layout.barmode == "overlay"


def test_what_is_small_looks_small_and_still_has_a_scale():
    for scale, marks in (([0.5, -0.1], ("0", "+0.5")), ([0.03, 0.0], ("-0.2", "0", "+0.2")), ([0.0, 0.0], ("0",)), ([-7.0, 0.1], ("-5", "0")), ([3.0, -3.0], ("-2", "0", "+2"))):
        explanation = made_up(["a", "b"])
        explanation.table["contribution"] = scale
        figure = plot_explanation(explanation)
        assert figure.layout.yaxis.ticktext == marks
        assert sorted(np.concatenate([figure.data[0].y, figure.data[1].y])) == sorted(c / max(1, *map(abs, scale)) for c in scale)


def test_what_is_not_read_is_counted():
    explanation = made_up(["a", "b", "c", "d"], unread=3)
    figure, still = plot_explanation(explanation), plot_explanation_still(explanation)
    assert figure.data[3].text == ("a",) and figure.layout.title.text.endswith("after it<br><sup>and 3 tokens that the network does not read</sup>")
    assert [t.get_text() for t in still.axes[0].texts][0] == "a" and len(still.axes[0].texts) == 2
    assert still.axes[0].get_title(loc="left") == (
        "The answer: spam (75.0 % spam). Below each word: the probability of spam after it\nand 3 tokens that the network does not read"
    )


def test_both_pictures_hold_the_same():
    for message in MESSAGES:
        explanation = made_up(message, seed=1, unread=min(1, len(message)))
        explanation.table.loc[explanation.table.index[2:4], "contribution"] = 0.0
        figure, still = plot_explanation(explanation), plot_explanation_still(explanation)
        [ax] = still.axes
        for trace, bars, colour in zip(figure.data[:2], ax.containers, COLOURS.values()):
            drawn = [(b.get_x() + b.get_width() / 2, b.get_y(), b.get_height(), b.get_width()) for b in bars]
            assert np.allclose(drawn, np.array([*zip(trace.x, trace.base, trace.y, [3.6] * len(trace.x))]).reshape(np.shape(drawn)))
            assert {to_hex(b.get_facecolor(), False).upper() for b in bars} <= {colour}
        fields = [p for p in ax.patches if p.get_alpha() is not None]
        tints = [f"rgba({','.join(str(round(255 * v)) for v in p.get_facecolor()[:3])},{p.get_alpha():.2f})" for p in fields]
        assert tints == list(figure.data[2].marker.color or ())
        drawn = [(p.get_x() + p.get_width() / 2, p.get_y(), p.get_width(), p.get_height()) for p in fields]
        places = np.array([*zip(*(figure.data[2][key] for key in ("x", "base", "width", "y")))], dtype=float)
        assert np.shape(drawn) == places.shape and np.allclose(drawn, places)
        texts = [(html.unescape(t), x, y, c) for trace in figure.data[3:] for t, x, y, c in zip(trace.text, trace.x, trace.y, trace.textfont.color)]
        assert [(t.get_text(), *t.get_position(), t.get_color()) for t in ax.texts] == texts and not any(t.get_parse_math() for t in ax.texts)
        assert ax.get_yticks().tolist() == list(figure.layout.yaxis.tickvals) and ax.get_ylim() == figure.layout.yaxis.range
        assert [t.get_text() for t in ax.get_yticklabels()] == list(figure.layout.yaxis.ticktext) and ax.get_xlim() == figure.layout.xaxis.range
        assert ax.get_ylabel() == (figure.layout.yaxis.title.text or "") and ax.get_title(loc="left") == figure.layout.title.text.replace("<br><sup>", "\n").replace("</sup>", "")
        assert still.get_size_inches().tolist() == [9, (figure.layout.height - 20) / 100]
        keys = [(t.get_text(), to_rgba(p.get_facecolor())) for t, p in zip(ax.get_legend().get_texts(), ax.get_legend().get_patches())]
        assert keys == [("speaks for ham", to_rgba("#0072B2")), ("speaks for spam", to_rgba("#D55E00"))]
        assert as_png(still)[:4] == b"\x89PNG"


def test_an_explanation_in_words():
    explanation = made_up(list("abcdefgh"), unread=1)
    explanation.table["contribution"] = [0.0, 0.5, -2.0, 0.5, 0.1, 0.2, 0.0, 9.0]
    assert describe(plot_explanation_still(explanation, title="{answer}", unread="{n} not read")) == "spam. 1 not read. c -2.00, b +0.50, d +0.50, f +0.20, e +0.10"
    explanation.table["contribution"] = np.arange(8) + 1.0
    assert describe(plot_explanation_still(explanation, title="T")).endswith("T. and 1 tokens that the network does not read. g +7.00, f +6.00, e +5.00, d +4.00, c +3.00, b +2.00")
    assert describe(plot_explanation_still(made_up([]), title="T")) == "T"


def test_a_threshold_of_one_or_zero_has_tints():
    for threshold, tint in ((1.0, "rgba(213,94,0,0.10)"), (0.0, "rgba(213,94,0,0.60)")):
        explanation = made_up(["a"], threshold=threshold)
        explanation.table["probability"] = 1.0
        assert plot_explanation(explanation).data[2].marker.color == (tint,)


def test_the_look_of_the_interactive_picture():
    figure = plot_explanation(made_up(["x" * 20, "y" * 21]))
    layout, words, percent = figure.layout, figure.data[3], figure.data[4]
    assert words.text == ("x" * 20, "y" * 19 + "…") and [figure.data[i].name for i in (0, 1)] == ["speaks for ham", "speaks for spam"]
    assert (layout.xaxis.visible, layout.yaxis.zeroline, layout.width, layout.title.font.size) == (False, False, 900, 15)
    assert layout.margin.to_plotly_json() == {"t": 95, "b": 20, "l": 70, "r": 20} and layout.template.layout.plot_bgcolor == "white"
    assert layout.legend.to_plotly_json() == {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    assert {t.textfont.family for t in (words, percent)} == {"DejaVu Sans Mono, Consolas, Menlo, monospace"} and words.hoverinfo == "skip"
    assert figure.data[2].marker.line.width == 0
    assert figure.data[0].hovertemplate.replace("%", "") == (
        "<b>{customdata[0]}</b>, read as {customdata[1]}<br>contribution {customdata[2]}<br>probability so far {customdata[3]}<extra></extra>"
    )


def test_the_look_of_the_still_picture():
    still = plot_explanation_still(made_up(["ab", "c"]), title="$1$")
    [ax] = still.axes
    legend, fields = ax.get_legend(), [p for p in ax.patches if p.get_alpha() is not None]
    assert type(still.get_layout_engine()).__name__ == "ConstrainedLayoutEngine" and not ax.get_frame_on() and len(ax.get_xticks()) == 0
    assert {(t.get_fontsize(), t.get_ha(), t.get_va(), *t.get_fontfamily()) for t in ax.texts} == {
        (size, "center", "center", "DejaVu Sans Mono", "sans-serif") for size in (0.72 * 13, 0.72 * 11)
    }
    assert {p.get_lw() for p in [*fields, *ax.containers[0], *ax.containers[1]]} == {0} and {p.get_zorder() for side in ax.containers for p in side} == {2}
    assert ax.get_axisbelow() is True and ax.yaxis.get_tick_params()["grid_color"] == "#EBF0F8" and ax.yaxis.get_tick_params()["gridOn"]
    assert ax.yaxis.get_tick_params()["length"] == 0 and {t.get_fontsize() for t in ax.get_yticklabels()} == {8} and ax.yaxis.label.get_fontsize() == 9
    assert (legend.get_frame_on(), legend._ncols, legend.borderaxespad, legend.get_texts()[0].get_fontsize()) == (False, 2, 0, 8)
    title = ax._left_title
    assert (title.get_text(), title.get_parse_math(), title.get_fontsize()) == ("$1$", False, 10)
    still.draw_without_rendering()
    assert ax.bbox.y1 <= legend.get_window_extent().y0 < legend.get_window_extent().y1 < title.get_window_extent().y0  # one above the other


def test_large_contributions_have_round_marks():
    for largest, mark in ((0.2, "+0.2"), (999.0, "+500"), (1000.0, "+1000"), (4999.0, "+2000"), (7000.0, "+5000"), (1e6, "+5000")):
        explanation = made_up(["a"])
        explanation.table["contribution"] = largest
        assert plot_explanation(explanation).layout.yaxis.ticktext[-1] == mark
