"""Exported from nbs/behind/plots_numbers.ipynb: change it there, then export."""

import numpy as np
from matplotlib.figure import Figure

from spam_rnn.plots.numbers import tables_as_html, tables_of


def test_the_numbers_are_those_that_are_drawn():
    figure = Figure()
    curves, bars, dots, cells = figure.subplots(4, 1)
    curves.plot([1, 2, 3], [0.5, np.nan, 0.125], label="tea")
    curves.plot([2, 3, 4], [1, 2, 3])
    curves.axhline(0.3)
    curves.set(xlabel="hour", ylabel="cups", title="Left")
    for label, heights in (("warm", [1, 2]), ("cold", [3, 4])):
        bars.barh(["a", "b"], heights, label=label)
    dots.plot(1, 0, "o")
    dots.scatter([2.5], [1])
    dots.fill_between([0, 3], [0, 0], [1, 1])
    dots.set_yticks([0, 1], ["red", "blue"])
    cells.imshow([[1, 2], [3, 4]])
    cells.text(1, 0, "two\nhams")
    cells.set_xticks([0, 1], ["called ham", "called spam"])
    figure.colorbar(cells.images[0], ax=cells)
    assert [one["text"].split("\n") for one in tables_of(figure)] == [
        ["hour\ttea\tcups", "1\t0.5\t", "2\t\t1", "3\t0.125\t2", "4\t\t3"],
        ["y\twarm\tcold", "a\t1\t3", "b\t2\t4"],
        ["x\ty", "1\tred", "2.5\tblue"],
        ["\tcalled ham\tcalled spam", "0\t1\ttwo hams", "1\t3\t4"],
    ]
    assert [(one["title"], one["step"]) for one in tables_of(figure)] == [("Left", 1), ("", 1), ("", 1), ("", 1)]


def test_one_axis_speaks_for_all_that_share_it():
    figure = Figure()
    above, below = figure.subplots(2, 1, sharex=True)
    above.bar([0, 1], [3, 4])
    above.errorbar([0, 1], [5, 6], [1, 1], fmt="o", ls="none")
    below.set_xticks([0, 1], ["tea", "tea"])
    below.set_xlabel("drink")
    figure.supylabel("cups")
    assert [one["text"].split("\n") for one in tables_of(figure)] == [["drink\tcups", "tea\t3", "tea\t4"], ["drink\tcups", "tea\t5", "tea\t6"]]


def test_long_tables_are_thinned_and_large_maps_have_none():
    figure = Figure()
    line, cells = figure.subplots(2, 1)
    line.plot(range(201), range(201))
    cells.imshow(np.zeros((7, 9)))
    [table] = tables_of(figure)
    assert table["step"] == 3 and table["text"].split("\n")[:3] == ["x\ty", "0\t0", "3\t3"] and table["text"].count("\n") == 67
    assert "<caption> (row 1, 4, …)</caption>" in tables_as_html([table])


def test_a_table_is_written_for_a_page():
    page = tables_as_html([{"title": "a < b", "step": 1, "text": "\t<x>\n1\t2"}])
    assert "<caption>a &lt; b</caption><thead><tr><td></td><th scope=\"col\">&lt;x&gt;</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr>" in page
    assert tables_as_html([]) == ""
