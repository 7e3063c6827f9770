"""Exported from nbs/behind/translation.ipynb: change it there, then export."""

import gettext
import os
import tempfile
from pathlib import Path
from unittest import mock

from spam_rnn.translation import catalogues, fill, translate


GERMAN = {"epoch": "Epoche", "MCC": "MCC", "{n} of {of}": "von {of} sind es {n}", "{n:g} %": "{m:g} %", "": "head"}


def _speak(language, folder="nowhere"):
    return mock.patch.dict(os.environ, {"SPAM_RNN_LANGUAGE": language, "SPAM_RNN_LOCALE": str(folder)})


def _catalogue_file(folder, language, texts):
    "What msgfmt writes: numbers, tables of lengths and places, and the texts."
    path = Path(folder) / language / "LC_MESSAGES" / "spam_rnn.mo"
    path.parent.mkdir(parents=True)
    pairs = sorted((key.encode(), ("Content-Type: text/plain; charset=UTF-8\n" if not key else value).encode()) for key, value in texts.items())
    at, tables, body = 28 + 16 * len(pairs), [[], []], b""
    for which in (0, 1):
        for pair in pairs:
            tables[which] += [len(pair[which]), at + len(body)]
            body += pair[which] + b"\0"
    numbers = [0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0, *tables[0], *tables[1]]
    path.write_bytes(b"".join(number.to_bytes(4, "little") for number in numbers) + body)


def test_a_text_is_looked_up_and_an_unknown_one_stays():
    with tempfile.TemporaryDirectory() as folder:
        _catalogue_file(folder, "de", GERMAN)
        with _speak("de", folder):
            assert translate("epoch") == "Epoche" and translate("unknown") == "unknown" and translate("") == ""
            assert translate(("epoch", ["epoch", 3, None], "")) == ("Epoche", ["Epoche", 3, None], "")
            assert fill("{n} of {of}", n=1, of=2) == "von 2 sind es 1" and fill("{text}", text="epoch") == "epoch"
            assert fill("{n:g} %", n=5) == "5 %"  # the translation has a place that is not there
        for language in ("de_AT", "fr:de"):
            with _speak(language, folder):
                assert translate("epoch") == "Epoche"
        with _speak("fr", folder):
            assert translate("epoch") == "epoch"


def test_the_language_of_the_computer_counts_for_nothing():
    with tempfile.TemporaryDirectory() as folder:
        _catalogue_file(folder, "de", GERMAN)
        with _speak("", folder), mock.patch.dict(os.environ, {name: "de" for name in ("LANGUAGE", "LC_ALL", "LANG")}):
            assert translate("epoch") == "epoch" == gettext.NullTranslations().gettext("epoch")
            assert translate(("epoch",)) == ("epoch",) and fill("{n} of {of}", n=1, of=2) == "1 of 2"


def test_catalogues_lie_in_the_package_unless_somebody_says_where():
    with _speak("de", ""):
        assert catalogues().parts[-3:] == ("spam_rnn", "data", "locale")
