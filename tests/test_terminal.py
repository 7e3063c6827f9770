"""Exported from nbs/proofs/terminal.ipynb: change it there, then export."""

import io
import re

from rich.cells import cell_len
from rich.console import Console

from spam_rnn import SpamClassifier
from spam_rnn.terminal import fit_word, print_explanation, printable


def _printed(text, width=80, encoding="utf-8", model=None):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=stream, width=width, highlight=False, force_jupyter=False, color_system=None)
    print_explanation((model or SpamClassifier.pretrained("cpu")).explain(text), console)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def test_an_explanation_fits_a_terminal():
    nasty = "FREE!!! [red]x\x1b[2J[/red] &amp; 日本語 " + "verylongword" * 9
    for encoding in ("utf-8", "ascii", "cp1252"):
        printed = _printed(nasty, encoding=encoding)
        lines = printed.splitlines()
        assert len(lines) == 1 + len(SpamClassifier.pretrained("cpu").explain(nasty).table)
        assert all(cell_len(line) <= 80 for line in lines) and "\x1b" not in printed
        assert lines[1].startswith("FREE ") and " free " in lines[1] and "<unk>" in printed and "[" in printed
        assert re.split(r"\s{2,}", lines[0].strip())[:3] == ["word", "read as", "spam so far"]
    bars = {line.split()[0]: line for line in _printed("win later").splitlines()[1:]}
    assert "│█" in bars["win"] and "█│" in bars["later"] and "+" in bars["win"] and "-" in bars["later"]
    texts, labels = ["win a prize now !", "see you at six , ok"] * 10, ["spam", "ham"] * 10
    short = SpamClassifier(max_length=2, epochs=1, device="cpu").fit(texts, labels)
    assert "3 more tokens" in _printed("win a prize now !", model=short)
    assert len(_printed("").splitlines()) == 1


def test_what_is_printed_is_one_line_of_printable_characters():
    for text in ("a\nb", "\x1b[2J", "\u202etxet", "tab\there", "é ☂ 日本"):
        shown = printable(text)
        assert shown.isprintable() and len(shown.splitlines()) == 1
    assert printable("plain é") == "plain é"
    for word in ("w" * 99, "日本語" * 9, "\x1b" * 9):
        assert fit_word(word, 10, "utf-8").cell_len <= 10
    assert fit_word("☂", 9, "ascii").plain == "\\u2602"
