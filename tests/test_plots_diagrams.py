"""Exported from nbs/proofs/plots_diagrams.ipynb: change it there, then export."""

from spam_rnn.plots.diagrams import draw_ensemble, draw_lstm, draw_pipeline


import math
import re
from collections import Counter

import numpy as np
import torch
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from spam_rnn.models import lstm_step
from spam_rnn.padding import pad_sequences
from spam_rnn.plots.diagrams import draw_ensemble, draw_lstm, draw_pipeline
from spam_rnn.plots.style import as_png, describe
from spam_rnn.text import tokenize_all
from spam_rnn.vocab import PAD, UNK

DIAGRAMS = (draw_lstm, draw_ensemble, draw_pipeline)


def _things(figure):
    "Extents `(left, bottom, right, top)` of words and of boxes or marks, and the points of lines, in tenths of an inch."
    figure.draw_without_rendering()
    [ax] = figure.axes
    unit = figure.dpi / 10
    words = [(t.get_text(), np.array(t.get_window_extent().extents) / unit) for t in ax.texts]
    solid = [p for p in ax.patches if isinstance(p, (FancyBboxPatch, Circle, Rectangle)) and not _ground(p)]
    boxes = [np.array(p.get_path().transformed(p.get_patch_transform()).get_extents().extents) for p in solid]
    lines = [(p._path_original.vertices, p.get_arrowstyle().__class__.__name__ != "Curve") for p in ax.patches if isinstance(p, FancyArrowPatch)]
    return words, boxes, lines


def _ground(patch):
    return isinstance(patch, FancyBboxPatch) and patch.get_zorder() == 0


def _distance(point, extent):
    left, bottom, right, top = extent
    return math.hypot(max(left - point[0], 0, point[0] - right), max(bottom - point[1], 0, point[1] - top))


def _inside(small, large, room=0.0):
    return all(small[:2] >= large[:2] + room) and all(small[2:] <= large[2:] - room)


def test_every_word_can_be_read():
    for draw in DIAGRAMS:
        figure = draw()
        words, boxes, lines = _things(figure)
        sheet = np.array([0, 0, *(10 * figure.get_size_inches())])
        for i, (text, extent) in enumerate(words):
            assert _inside(extent, sheet, 0.5), (draw.__name__, text)
            for other, there in words[:i]:
                assert any(extent[:2] > there[2:]) or any(there[:2] > extent[2:]), (draw.__name__, text, other)
            middle = (extent[:2] + extent[2:]) / 2
            for box in boxes:
                if _distance(middle, box) == 0:
                    assert _inside(extent, box, 0.15) and abs(middle[0] - (box[0] + box[2]) / 2) < 0.4, (draw.__name__, text)
                else:
                    assert any(extent[:2] > box[2:]) or any(box[:2] > extent[2:]), (draw.__name__, text)
            if not any(_distance(middle, box) == 0 for box in boxes):  # what is in a box covers the lines
                for points, _ in lines:
                    places = np.concatenate([np.linspace(start, end, 60) for start, end in zip(points, points[1:])])
                    assert not ((places >= extent[:2]) & (places <= extent[2:])).all(axis=1).any(), (draw.__name__, text)


def test_every_line_leads_from_a_thing_to_a_thing():
    for draw in DIAGRAMS:
        words, boxes, lines = _things(draw())
        for points, arrow in lines:
            others = [p for p, _ in lines if p is not points]
            for end, reach in ((points[0], 1.7), (points[-1], 1.2)):
                things = min(_distance(end, extent) for extent in boxes + [e for _, e in words])
                crossed = min(_distance(end, np.concatenate([np.minimum(a, b), np.maximum(a, b)])) for p in others for a, b in zip(p, p[1:]))
                assert min(things, crossed) < reach or draw is draw_pipeline, (draw.__name__, points)
            assert all(min(abs(a - b)) < 1e-9 for a, b in zip(points, points[1:]))  # straight up, down or across


def _graph():
    "Which marks and gates an arrow leads from and to, in the LSTM's diagram: names of both."
    figure = draw_lstm()
    words, boxes, lines = _things(figure)
    names = {"$f$": "f", "$i$": "i", "$g$": "g", "$o$": "o", "×": "×", "+": "+", "$\\tanh$": "tanh", "$c$": "c", "$h$": "h", "$x$": "x", "$c^{\\prime}$": "c'", "$h^{\\prime}$": "h'"}
    nodes = []
    for text, extent in words:
        if text in names:
            around = [b for b in boxes if _inside(extent, b)]
            nodes.append((names[text], around[0] if around else extent))
    nodes = [(n, e) for n, e in nodes if n != "tanh" or e[1] > 27]  # the one that squashes the cell state, not the candidate's
    found = set()
    for points, arrow in lines:
        if arrow:
            start = min((_distance(points[0], e), n, e[0]) for n, e in nodes)
            end = min((_distance(points[-1], e), n, e[0]) for n, e in nodes)
            found.add((start[1] + (f" at {start[2]:.0f}" if start[1] == "×" else "") if start[0] < 1.7 else "line", end[1] + (f" at {end[2]:.0f}" if end[1] == "×" else "")))
    return found


def test_the_diagram_is_the_lstm():
    assert _graph() == {
        ("line", "f"), ("line", "i"), ("line", "g"), ("line", "o"), ("c", "c'"), ("f", "× at 23"), ("i", "× at 40"), ("g", "× at 40"),
        ("× at 40", "+"), ("line", "tanh"), ("tanh", "× at 68"), ("o", "× at 68"), ("× at 68", "h'"),
    }  # fmt: skip
    words, boxes, lines = _things(draw_lstm())
    [memory] = [points for points, _ in lines if np.allclose(points[:, 1], 39)]
    on_it = sorted((text, round(float(e[[0, 2]].mean()))) for text, e in words if text in "×+" and _distance((e[[0, 2]].mean(), 39), e) == 0)
    assert [sign for sign, _ in on_it] == ["+", "×"] and memory[0, 0] < 25 == on_it[1][1] < on_it[0][1] < memory[-1, 0]
    feeding = [points for points, arrow in lines if not arrow]
    assert sorted(p[-1].tolist() for p in feeding) == [[14, 13], [58, 13]]  # h, and from x on both, to the last gate


def test_its_equations_are_those_of_the_step():
    sums = {t[1]: t for t in (text.get_text() for text in draw_lstm().axes[0].texts) if t.startswith("$") and "= \\" in t and "W" in t}
    assert sums == {k: rf"$%s = \%s(W_%s x + U_%s h + b_%s)$" % (k, "tanh" if k == "g" else "sigma", k, k, k) for k in "figo"}
    generator = torch.Generator().manual_seed(0)
    x, h, c = (torch.randn(2, 3, generator=generator, dtype=torch.float64) for _ in range(3))
    weights = [torch.randn(12, 3, generator=generator, dtype=torch.float64) for _ in range(2)]
    bias = torch.randn(12, generator=generator, dtype=torch.float64)
    new_h, new_c = lstm_step(x, h, c, *weights, bias, torch.zeros_like(bias))
    (W, U), values = ({k: m[3 * n : 3 * n + 3] for n, k in enumerate("ifgo")} for m in weights), {"x": x, "h": h, "c": c}
    for gate in "figo":
        squash = torch.tanh if r"\tanh" in sums[gate] else torch.sigmoid
        values[gate] = squash(x @ W[gate].T + h @ U[gate].T + bias[3 * "ifgo".index(gate) :][:3])
    texts = {t.get_text() for t in draw_lstm().axes[0].texts}
    for sign, expected, code in ((r"$c^{\prime} = f \odot c + i \odot g$", new_c, "f * c + i * g"), (r"$h^{\prime} = o \odot \tanh(c^{\prime})$", new_h, "o * tanh(new)")):
        assert sign in texts
        torch.testing.assert_close(eval(code, {"tanh": torch.tanh, "new": new_c, **values}), expected)


def test_members_read_from_either_end():
    for words in (["win"], ["win", "cash"], ["win", "cash", "now", "!!!"]):
        figure = draw_ensemble(words)
        texts, boxes, lines = _things(figure)
        as_png(figure)
        n, at = len(words), [float(e[[0, 2]].mean()) for t, e in texts if t in words]
        assert np.allclose(at, [17 + 12 * i for i in range(n)], atol=0.2)
        carried = [(points, 1 if points[0, 1] > 25.5 else -1) for points, arrow in lines if arrow and abs(points[0, 1] - 25.5) == 12.5 and points[0, 1] == points[-1, 1]]
        for direction in (1, -1):
            mine = [points for points, side in carried if side == direction]
            assert len(mine) == n and all(np.sign(p[-1, 0] - p[0, 0]) == direction for p in mine)
            assert [p[-1, 0] + direction * 4.1 for p in mine] == [17 + 12 * i for i in range(n)][::direction]
            zero = [e for t, e in texts if t == "0" and np.sign(e[1] - 25.5) == direction]
            assert len(zero) == 1 and 0 < direction * (mine[0][0, 0] - zero[0][[0, 2]].mean()) < 1.5
        names = [t for t, _ in texts]
        assert names.count("embedding") == names.count("LSTM") == 2 * n and names.count("linear") == 2 and names.count("mean") == 1
        down = [p for p, arrow in lines if arrow and p[0, 0] == p[-1, 0] and p[0, 0] < 60]
        assert len(down) == 4 * n  # token to cell, and cell to pooling, in both


def test_both_logits_meet_in_the_mean():
    texts, boxes, lines = _things(draw_ensemble())
    mean = next(b for b in boxes if any(t == "mean" and _inside(e, b) for t, e in texts))
    linear = [b for b in boxes if any(t == "linear" and _inside(e, b) for t, e in texts)]
    into = [p for p, arrow in lines if arrow and _distance(p[-1], mean) < 0.2 and len(p) == 3]
    assert len(into) == len(linear) == 2 and sorted(min((_distance(p[0], b), i) for i, b in enumerate(linear)) for p in into) == [(0, 0), (0, 1)]
    assert [p[-1].tolist() for p, _ in lines if _distance(p[0], mean) == 0] == [[80.5, 25.5]]
    assert describe(draw_ensemble(["a", "b"])).startswith("An ensemble of two networks. Both get the same tokens: a, b.")


def _cells(figure):
    "Texts in the cells of each row, from left to right, and their colours."
    words = {(round(t.get_position()[0], 3), round(t.get_position()[1], 3)): t for t in figure.axes[0].texts}
    rows = {}
    for p in figure.axes[0].patches:
        if isinstance(p, Rectangle) and p.get_height() == 3.2:
            at = round(p.get_x() + p.get_width() / 2, 3), round(p.get_y() + p.get_height() / 2, 3)
            part = next(i for i, end in enumerate((45, 62, 76, 90)) if at[0] < end)
            rows.setdefault((part, at[1]), []).append((words[at].get_text(), words[at].get_color(), p.get_facecolor()[:3] == (1, 1, 1)))
    return [[rows[part, y] for y in (37, 31.5)] for part in range(4)]


def test_the_pipeline_is_the_library():
    figure = draw_pipeline()
    tokens, ids, table, mask = ([[text for text, *_ in row] for row in part] for part in _cells(figure))
    texts = [t.get_text() for t in figure.axes[0].texts]
    assert [tokens[0], tokens[1]] == tokenize_all(["Win CASH now!!!", "Hi Zoë"]) and {"Win CASH now!!!", "Hi Zoë"} < set(texts)
    sequences = [[int(i) for i in row] for row in ids]
    padded, real = pad_sequences(sequences)
    assert [[int(i) for i in row] for row in table] == padded.tolist() and [[int(i) for i in row] for row in mask] == real.int().tolist()
    assert sequences[1][1] == UNK and PAD == 0 and min(sequences[0]) > UNK
    for logit, answer in ((3.1, "0.96"), (-2.5, "0.08")):
        assert f"{1 / (1 + math.exp(-logit)):.2f}" == answer and answer in texts and f"{logit:+}".replace("-", "−") in texts
        assert f" {answer}" in describe(figure)


def test_padding_is_pale_and_unknown_is_red():
    _, ids, table, mask = _cells(draw_pipeline())
    assert [c for row in ids for _, c, _ in row] == ["#222222"] * 5 + ["#C00000"]
    for part in (table, mask):
        assert [white for row in part for _, _, white in row] == [False] * 6 + [True] * 2
        assert [c for _, c, _ in part[1][2:]] == ["#767676"] * 2
    assert [c for _, c, _ in table[1][:2]] == ["#222222", "#C00000"] and {c for _, c, _ in mask[0] + mask[1][:2]} == {"#222222"}
    figure = draw_pipeline()
    states = [p for p in figure.axes[0].patches if isinstance(p, Rectangle) and p.get_height() == 1.2]
    assert len(states) == 4 * (4 + 4 + 2) and sum(p.get_facecolor()[:3] == (1, 1, 1) for p in states) == 4 * 2
    answers = [p for p in figure.axes[0].patches if isinstance(p, Rectangle) and p.get_alpha() == 0.35]
    assert [[round(255 * v) for v in p.get_facecolor()[:3]] for p in answers] == [[213, 94, 0], [0, 114, 178]]


def test_stages_stand_over_what_they_name():
    figure = draw_pipeline()
    at = {t.get_text(): t.get_position()[0] for t in figure.axes[0].texts if t.get_weight() == "bold"}
    assert list(at) == ["text", "tokens", "ids", "padded table", "mask", "a state for each token", "one vector", "logit", "spam probability"]
    middles = {}
    for p in figure.axes[0].patches:
        if isinstance(p, Rectangle):
            key = (p.get_height(), p.get_y() > 24)
            middles.setdefault(key, []).append((p.get_x(), p.get_x() + p.get_width()))
    for name, low, high, key in (("tokens", 20, 45, (3.2, True)), ("ids", 45, 62, (3.2, True)), ("padded table", 62, 76, (3.2, True)), ("mask", 76, 90, (3.2, True)), ("a state for each token", 20, 40, (1.2, False)), ("one vector", 40, 60, (1.2, False)), ("spam probability", 60, 90, (4, False))):
        sides = [side for side in middles[key] if low < side[0] < high]
        assert abs(at[name] - (min(s[0] for s in sides) + max(s[1] for s in sides)) / 2) < 0.3, name
    verbs = {t.get_text(): t.get_position() for t in figure.axes[0].texts if t.get_size() == 8}
    arrows = [p for p, arrow in _things(figure)[2] if len(p) == 2 and p[0, 0] > 14.5 and p[0, 0] != 16]
    for (text, place), points in zip(list(verbs.items()), sorted(arrows, key=lambda p: (-p[0, 1], p[0, 0]))):
        assert text in ("tokenize", "look up", "pad", "pooling", "linear", "sigmoid") and np.allclose(place, points.mean(0) + [0, 1.5])


def test_all_words_are_arguments():
    def words(figure):
        return {t.get_text() for t in figure.axes[0].texts if re.search("[a-zA-Z]{2}", t.get_text()) and "$" not in t.get_text()}

    lstm = draw_lstm(["F"] * 4, ["E"] * 5, "S", alt="A")
    ensemble = draw_ensemble(["w"], ("M", "M"), ["B"] * 4, ["E"] * 4, alt="{words}!")
    pipeline = draw_pipeline(["S"] * 9, ["V"] * 6, "N", "R", alt="{answers}!")
    assert [words(figure) for figure in (lstm, ensemble)] == [set(), set()]
    assert words(pipeline) == {"Win CASH now!!!", "Hi Zoë", "win", "cash", "now", "hi", "zoë"}
    assert [describe(figure) for figure in (lstm, ensemble, pipeline)] == ["A", "w!", "“Win CASH now!!!” 0.96, “Hi Zoë” 0.08!"]
    assert all(len(describe(draw())) > 200 for draw in DIAGRAMS)


def _drawn(figure):
    [ax] = figure.axes
    return Counter(t.get_text() for t in ax.texts), Counter(type(p).__name__ for p in ax.patches)


def test_nothing_is_missing():
    words, shapes = _drawn(draw_lstm())
    assert shapes == {"FancyArrowPatch": 15, "FancyBboxPatch": 6, "Circle": 4} and len(words) == 33
    assert words["$\\sigma$"] == words["×"] == 3 and words["$\\tanh$"] == 2 and set(words.values()) == {1, 2, 3}
    beside = ["$f \\odot c$", "$i \\odot g$", "$f \\odot c + i \\odot g$", "$\\tanh(c^{\\prime})$"]
    named = ["forget gate", "input gate", "candidate", "output gate", "cell\nstate", "hidden\nstate", "new\ncell\nstate", "new\nhidden\nstate"]
    assert {*"+", *(f"${k}$" for k in "figochx"), *beside, *named, "the token's vector", "× and +: number by number"} < set(words)
    words, shapes = _drawn(draw_ensemble())
    assert shapes == {"FancyArrowPatch": 29, "FancyBboxPatch": 27}
    assert words == {"embedding": 8, "LSTM": 8} | dict.fromkeys(("0", "$c, h$", "$h$", "pooling: the largest of each number", "linear"), 2) | dict.fromkeys(
        ("win", "cash", "now", "!!!", "member 1\nreads from\nthe start", "member 2\nreads from\nthe end", "logit 1", "logit 2", "mean", "logit of\nthe message"), 1
    )
    words, shapes = _drawn(draw_pipeline())
    assert shapes == {"Rectangle": 70, "FancyArrowPatch": 8, "FancyBboxPatch": 1}
    assert [words[w] for w in ("tokenize", "look up", "pad", "pooling", "linear", "sigmoid", "embedding\nand LSTM", "0: padding; 1: unknown")] == [1] * 8


def test_labels_stand_beside_what_they_name():
    states = {(17, 42.1): "$h$", (53, 8.9): "$h$", (10.7, 38): "$c, h$", (59.3, 13): "$c, h$"}  # the middle of an arrow: its label
    labels = [(t.get_text(), *t.get_position()) for t in draw_ensemble().axes[0].texts if t.get_text() in states.values()]
    for (x, y), label in states.items():
        assert min(math.hypot(x - right, y - up) for text, right, up in labels if text == label) < 1.9
    at = {t.get_text(): t.get_position() for t in draw_lstm().axes[0].texts}
    assert at["$\\tanh(c^{\\prime})$"] == (71, 26.5) and at["$f \\odot c$"][0] < 41 < at["$i \\odot g$"][0] < at["$f \\odot c + i \\odot g$"][0] < 70


def _light(colour):
    return sum(w * (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for w, v in zip((0.2126, 0.7152, 0.0722), to_rgb(colour)))


def test_words_are_readable_on_their_ground():
    for draw in DIAGRAMS:
        words, _, _ = _things(figure := draw())
        [ax], extents = figure.axes, [extent for _, extent in words]
        for text, extent in zip(ax.texts, extents):
            middle, under = (extent[:2] + extent[2:]) / 2, ["white"]
            for p in ax.patches:
                if not isinstance(p, FancyArrowPatch) and _distance(middle, np.array(p.get_path().transformed(p.get_patch_transform()).get_extents().extents)) == 0:
                    under.append([1 - (p.get_alpha() or 1) * (1 - v) for v in p.get_facecolor()[:3]])
                    assert text.get_zorder() > p.get_zorder()
            dark, light = sorted((_light(text.get_color()), _light(under[-1])))
            assert (light + 0.05) / (dark + 0.05) > 4.5, (draw.__name__, text.get_text())
            assert text.get_fontsize() >= 7.5 and text.get_math_fontfamily() == "cm" and text.get_fontfamily() == ["DejaVu Sans"]


def test_boxes_cover_lines():
    colours = {}
    for draw in DIAGRAMS:
        for p in draw().axes[0].patches:
            if isinstance(p, FancyArrowPatch):
                assert p.get_zorder() == 2 and p.get_joinstyle() == "miter" and p.get_capstyle() == "butt" and p.get_lw() in (1.2, 2, 3)
            elif not isinstance(p, Rectangle):
                assert p.get_zorder() in (0, 3) and p.get_lw() == 1
            colours.setdefault(type(p).__name__, set()).add(to_hex(p.get_facecolor()))
    assert colours["FancyBboxPatch"] == {"#f2f2f2", "#cfe8f7", "#fbe3b0", "#c9ebdd", "#f3dbe8", "#ffffff"} and colours["Circle"] == {"#ffffff"}
    assert [[*draw().get_size_inches()] for draw in DIAGRAMS] == [[9, 4.8], [9, 5.1], [9, 4.5]]
