"""Exported from nbs/behind/plots_still.ipynb: change it there, then export."""

from base64 import b64decode

import matplotlib.pyplot as plt
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure

from spam_rnn.plots.still import Still, described
from spam_rnn.plots.style import stamp


def test_a_still_picture_shows_itself():
    for figure, alt, plain in ((Still(figsize=(2, 1), label="Nothing."), "Nothing.", "Nothing."), (Still(figsize=(2, 1)), "", "<Still")):
        formats, remarks = DisplayFormatter().format(stamp(figure, "uci") if alt else figure)
        assert set(formats) == {"image/png", "text/plain"} and remarks["image/png"] == {"alt": alt}
        assert int.from_bytes(b64decode(formats["image/png"])[16:20]) == 200 and formats["text/plain"].startswith(plain)
    assert "image/png" not in DisplayFormatter().format(Figure())[0]  # should that change one day, this class can go


def test_a_picture_of_pyplot_is_shown_once_and_described():
    figure, ax = plt.subplots()
    ax.bar(["tea"], [3])
    formats, remarks = DisplayFormatter().format(described(figure))
    assert remarks["image/png"] == {"alt": "tea: 3", "tables": [{"title": "", "step": 1, "text": "x\ty\ntea\t3"}]} and formats["text/plain"] == "tea: 3" and b64decode(formats["image/png"])[:4] == b"\x89PNG"
    assert figure.number not in plt.get_fignums()
