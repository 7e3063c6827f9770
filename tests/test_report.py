"""Exported from nbs/proofs/report.ipynb: change it there, then export."""

import base64
import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from unittest import mock

from spam_rnn.authoring.testing import raises
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import read_corpus
from spam_rnn.recipe import Recipe, follow
from spam_rnn.report import figures, metrics, write_report
from spam_rnn.storage.folders import FolderError


@cache
def _outcome():
    classifier = SpamClassifier(epochs=1, hidden_size=8, device="cpu")
    return follow(Recipe(corpus={"name": "sample"}, classifier=classifier, evaluation={"resamples": 20, "level": 0.8}), 3)


def test_metrics_are_those_of_the_outcome():
    outcome, reading = _outcome(), read_corpus("sample")
    told = metrics(outcome, 3)
    assert json.loads(json.dumps(told, allow_nan=False)) == json.loads(json.dumps(told)) and told["schema_version"] == 2
    assert told["test"] is outcome.final.test and told["valid"] is outcome.final.valid and told["test"] != told["valid"]
    assert (told["corpus"], told["sha256"], told["rows_kept"]) == ("sample", reading.sha256, len(reading.messages))
    assert told["rows_read"] == told["rows_kept"] + told["rows_rejected"] and told["seed"] == 3
    assert told["sizes"] == {name: len(part) for name, part in vars(outcome.split).items()}
    assert sum(told["sizes"].values()) == told["rows_kept"] and told["interval_level"] == 0.8
    assert told["threshold"] == outcome.classifier.threshold_ and told["pos_label"] == "spam" and told["device"] == "cpu"
    settings = told["recipe"]["classifier"]
    assert settings["hidden_size"] == 8 and not {"progress", "random_state"} & set(settings)


def test_the_page_holds_everything_inside_itself():
    told, pictures = metrics(_outcome(), 3), figures(_outcome())
    with tempfile.TemporaryDirectory() as folder:
        page = write_report(Path(folder) / "new", told | {"corpus": "<b>&"}, pictures)
        text = page.read_text(encoding="utf-8")
        assert page.name == "index.html" and "<b>&<" not in text and "&lt;b&gt;&amp;" in text
        assert {path.name for path in page.parent.iterdir()} == {"index.html", "metrics.json", *(f"{n}.png" for n in pictures)}
        for name, (caption, _) in pictures.items():
            png = (page.parent / f"{name}.png").read_bytes()
            assert png[:8] == b"\x89PNG\r\n\x1a\n" and base64.b64encode(png).decode() in text and caption[:20] in text
        assert "http://" not in text and "https://" not in text and "src=\"data:image/png" in text
        assert json.loads((page.parent / "metrics.json").read_text(encoding="utf-8"))["corpus"] == "<b>&"
        assert f"{told['test']['mcc'] or 0:.4f}" in text or told["test"]["mcc"] is None


def test_a_report_replaces_a_report_and_nothing_else():
    told = metrics(_outcome(), 3)
    with tempfile.TemporaryDirectory() as folder:
        page, mine = Path(folder) / "index.html", Path(folder) / "notes.txt"
        for name in ("index.html", "metrics.json"):
            (Path(folder) / name).write_text("{}", encoding="utf-8")
            error = str(raises(FolderError, write_report, folder, told, {}))
            assert str(Path(folder) / name) in error and [path.name for path in Path(folder).iterdir()] == [name]
            (Path(folder) / name).unlink()
        mine.write_text("mine", encoding="utf-8")
        write_report(folder, told, {})
        write_report(folder, told | {"corpus": "another"}, {})
        assert "another" in page.read_text(encoding="utf-8") and mine.read_text(encoding="utf-8") == "mine"


def test_the_page_comes_last():
    with tempfile.TemporaryDirectory() as folder, mock.patch("json.dumps", side_effect=OSError("full")):
        raises(OSError, write_report, folder, metrics(_outcome(), 3), {})
        assert not list(Path(folder).iterdir())


def test_pictures_are_named_and_stamped():
    pictures = figures(_outcome())
    assert list(pictures) == ["confusion_test", "confusion_valid", "precision_recall", "training", "lengths"]
    for caption, figure in pictures.values():
        assert caption.endswith(".") and "SAMPLE" in figure.get_supxlabel()
    counts = [text.get_text() for text in pictures["confusion_test"][1].axes[0].texts]
    assert counts == [f"{_outcome().final.test[name]:,}" for name in ("tn", "fp", "fn", "tp")]


def test_the_report_brings_no_plotting_library():
    code = "import sys, spam_rnn.report; print(*{'matplotlib', 'seaborn', 'plotly'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []
