"""Exported from nbs/proofs/report.ipynb: change it there, then export."""

import base64
import html
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from matplotlib.text import Text

from spam_rnn.authoring.testing import raises
from spam_rnn.baselines import character_svm
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import read_corpus
from spam_rnn.evaluation import SCORES, evaluate, score_table
from spam_rnn.mistakes import Misled, explain_mistakes
from spam_rnn.near_duplicates import near_duplicate_groups
from spam_rnn.recipe import Recipe, follow
from spam_rnn.report import baseline_line, figures, interactive_lengths, judge_baseline, metrics, write_report
from spam_rnn.storage.folders import FolderError


@cache
def _outcome():
    classifier = SpamClassifier(epochs=1, hidden_size=8, device="cpu")
    return follow(Recipe(corpus={"name": "sample"}, classifier=classifier, evaluation={"resamples": 20, "level": 0.8}), 3)


@cache
def _told():
    return metrics(_outcome(), 3)


def test_metrics_are_those_of_the_outcome():
    outcome, reading, told = _outcome(), read_corpus("sample"), _told()
    assert json.loads(json.dumps(told, allow_nan=False)) == json.loads(json.dumps(told)) and told["schema_version"] == 2
    assert told["test"] is outcome.final.test and told["valid"] is outcome.final.valid and told["test"] != told["valid"]
    assert (told["corpus"], told["sha256"], told["rows_kept"]) == ("sample", reading.sha256, len(reading.messages))
    assert told["rows_read"] == told["rows_kept"] + told["rows_rejected"] and told["seed"] == 3
    assert told["sizes"] == {name: len(part) for name, part in vars(outcome.split).items()}
    assert sum(told["sizes"].values()) == told["rows_kept"] and told["interval_level"] == 0.8
    assert told["threshold"] == outcome.classifier.threshold_ and told["pos_label"] == "spam" and told["device"] == "cpu"
    settings = told["recipe"]["classifier"]
    assert settings["hidden_size"] == 8 and not {"progress", "random_state"} & set(settings)
    assert told["resamples"] == 20 and told["epochs"] == {"run": 1, "kept": 1}


def test_rows_that_were_rejected_are_counted_by_reason():
    rejected = pd.DataFrame({"raw": ["a", "b", "c"], "reason": ["no text", "no label", "no text"]}, index=[1, 2, 3])
    outcome = replace(_outcome(), reading=replace(_outcome().reading, rejected=rejected))
    with mock.patch("spam_rnn.report.judge_baseline", return_value=_told()["baseline"]["test"]):
        told = metrics(outcome, 3)
    assert told["rejected_reasons"] == {"no text": 2, "no label": 1} and told["rows_rejected"] == 3 and _told()["rejected_reasons"] == {}
    assert "rejected, because no text 2 rejected, because no label 1" in _words(told)


def test_the_baseline_learned_and_was_judged_on_the_same_parts():
    split, scores = _outcome().split, _told()["baseline"]["test"]
    answers = character_svm().fit(split.train.text.tolist(), split.train.label).predict(split.test.text.tolist())
    told = [int(((split.test.label == is_it) & (answers == said)).sum()) for is_it in ("ham", "spam") for said in ("ham", "spam")]
    assert [scores[name] for name in ("tn", "fp", "fn", "tp")] == told and scores != _told()["test"]
    numbers = "MCC {mcc:.4f}, spam caught {spam_caught:.4f}, blocked ham {blocked_ham:.4f}".format(**scores)
    assert baseline_line(_told()) == f"baseline (character SVM), same training and test part: {numbers}"
    nothing = {**_told(), "baseline": {"name": "x", "test": scores | {"mcc": None}}}
    assert "MCC undefined, spam" in baseline_line(nothing)
    low, high = scores["interval"]["mcc"]
    assert f"MCC {_told()['test']['mcc'] or 0:.4f}" in _words(_told()).replace("undefined none", "0.0000")
    assert f"{scores['mcc']:.4f} {low:.4f} to {high:.4f}" in _words(_told())


def test_mistakes_are_told_by_row():
    told, final, test = _told()["mistakes"], _outcome().final, _outcome().split.test
    wrong = test.index[(final.test_probability >= _told()["threshold"]) != final.test_targets]
    assert sorted(one["row"] for one in told) == sorted(wrong) and len(told) > 1
    assert all(one["label"] == test.label[one["row"]] != one["answer"] and set(one) == {"row", "label", "answer", "probability"} for one in told)
    kept = json.dumps(_told())
    assert not any(json.dumps(text)[1:-1] in kept for text in test.text if len(text) > 12)


def _page(told, explained=None, lengths=None, pictures=None):
    "What `write_report` makes of it, as text."
    with tempfile.TemporaryDirectory() as folder:
        return write_report(folder, told, pictures or {}, explained, lengths).read_text(encoding="utf-8")


def _words(told, *more):
    "What a reader sees, without marks."
    seen = re.sub(r"(?s)<(style|script|title).*?</\1>|<[^>]*>", " ", _page(told, *more))
    return " ".join(html.unescape(seen).replace("\xa0", " ").split())


def test_the_page_holds_everything_inside_itself():
    told, pictures = _told(), figures(_outcome())
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
    told = _told()
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
        raises(OSError, write_report, folder, _told(), {})
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


def test_every_picture_is_described_and_the_page_fits_a_phone():
    page = _page(_told(), explain_mistakes(_outcome(), 2), None, figures(_outcome()))
    alts = re.findall(r'<img [^>]*alt="([^"]+)"', page)
    assert len(alts) == page.count("<img ") == 5 and "the message is ham, the answer is ham: " in alts[0] and len({*alts}) == 5
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page and "img { max-width: 100%; height: auto; }" in page
    assert page.count("<table") == page.count("</table></div>") == len(re.findall(r'<div class="scroll"[^>]*><table', page)) > 2
    assert ".scroll { overflow-x: auto; }" in page and _words(_told()).lower().count("recall") == 1


def test_the_lengths_can_be_pointed_at_without_a_network():
    figure = interactive_lengths(_outcome())
    labels, counts = _outcome().split.train.label, {t.name: sum(t.y) for t in figure.data if t.type == "bar"}
    assert counts == labels.value_counts().to_dict() and "SAMPLE" in figure.layout.annotations[-1].text
    page = _page(_told(), None, figure, figures(_outcome()))
    assert len(page.encode()) < 6_000_000 and "Plotly.newPlot" in page and "plotly.js v" in page and '"typesetMath": false' in page
    assert page == _page(_told(), None, figure, figures(_outcome()))  # the same bytes each time
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=\"(?!data:)", page) and "Plotly.newPlot" not in _page(_told(), None, None, figures(_outcome()))


def test_messages_stand_in_the_page_as_they_are():
    text = "<script>alert(1)</script> &amp; $5 or $\\frac$, {{ 7 * 7 }}, \u202eabc"
    told = _told() | {"mistakes": [{"row": 7, "label": "$a$<b>", "answer": "x", "probability": 0.25}]}
    page, seen = (make(told, {7: Misled(text, [("$", 1.254), ("<i>", -0.5), ("abc", -0.001)])}) for make in (_page, _words))
    assert html.escape(text, quote=False) in page.replace("&#34;", '"').replace("&#39;", "'") and "<script" not in page and "<i>" not in page
    assert f"Row 7 is $a$<b> , the answer was x; probability of spam: 0.2500 {text} $ +1.25 <i> -0.50 abc 0.00" in seen
    assert '<li class="to-spam"><bdi>$</bdi>' in page and '<li class="to-ham"><bdi>&lt;i&gt;' in page and "These are messages of your corpus" in seen


def test_messages_stay_out_of_the_page_if_they_are_not_given():
    explained = explain_mistakes(_outcome())
    given, not_given = _words(_told(), explained), _words(_told())
    assert all(" ".join(one.text.split()) in given and " ".join(one.text.split()) not in not_given for one in explained.values())
    assert "were left out of this page" in not_given and "were left out" not in given and "messages of your corpus" not in not_given
    for one in _told()["mistakes"][:50]:
        assert f"{one['row']} {one['label']} {one['answer']} {one['probability']:.4f}" in not_given and f"Row {one['row']} is {one['label']} " in given


def test_fifty_mistakes_are_shown_and_the_others_counted():
    many = [{"row": row, "label": "ham", "answer": "spam", "probability": 0.9} for row in range(1_234)]
    seen, page = (make(_told() | {"mistakes": many}) for make in (_words, _page))
    assert "The 50 worst of 1,234 wrong answers on the test part; there are 1,184 more" in seen and page.count('class="wrong"') == 50
    two = {row: Misled("this", [("this", 1.0)]) for row in range(2)}
    assert "The 2 worst of 50 wrong answers" in _words(_told() | {"mistakes": many[:50]}, two)  # as many as were explained
    assert "All 50 wrong answers" in _words(_told() | {"mistakes": many[:50]}) and "none: every answer" in _words(_told() | {"mistakes": []})


def test_no_legend_looks_like_data():
    "Names stand beside what they name, or outside of what is drawn."
    for name, (_, figure) in figures(_outcome()).items():
        figure.draw_without_rendering()
        legends = [*figure.legends, *filter(None, (ax.get_legend() for ax in figure.axes))]
        assert not any(legend.get_window_extent().overlaps(ax.bbox) for legend in legends for ax in figure.axes), name
    layout = interactive_lengths(_outcome()).layout
    assert layout.legend.y > layout.yaxis.domain[1] and layout.legend.yanchor == "bottom"


def test_dollars_in_names_are_drawn():
    reading = replace(_outcome().reading, source="of/pay$$day.csv")
    rename = {"ham": "$h<b>$", "spam": "$s\\frac$"}
    parts = {name: part.assign(label=part.label.map(rename)) for name, part in vars(_outcome().split).items()}
    predictor = replace(_outcome().classifier.predictor_, classes=np.array([*rename.values()]), pos_label=rename["spam"])
    classifier = mock.Mock(
        wraps=_outcome().classifier, pos_label_=rename["spam"], classes_=predictor.classes, threshold_=0.5, predictor_=predictor,
        encoder_=predictor.encoder, history_=_outcome().classifier.history_, best_epoch_=1,
    )  # fmt: skip
    outcome = replace(_outcome(), reading=reading, split=replace(_outcome().split, **parts), classifier=classifier)
    for _, figure in figures(outcome).values():
        figure.draw_without_rendering()
        assert figure.get_supxlabel() == "corpus: pay$$day.csv"
        assert not any(text.get_parse_math() for text in figure.findobj(Text) if "$" in text.get_text())
    figure = interactive_lengths(outcome)
    assert {t.name for t in figure.data} == {"$h&lt;b&gt;$", "$s\\frac$"} and figure.layout.annotations[-1].text == "corpus: pay$$day.csv"
    assert "corpus: sample" not in str(figures(_outcome())["lengths"][1].get_supxlabel())
    far = figures(replace(outcome, reading=replace(reading, source="mine/sample")))
    assert far["lengths"][1].get_supxlabel() == "corpus: mine/sample"  # a file of that name is not the sample


_SENTENCES = [  # keys in `metrics`, what stands there instead → what the page says before and after
    ("recipe classifier threshold", "validation", "was fixed before the training", "was chosen on the 122 messages of the validation part"),
    ("recipe classifier threshold", "validation", "Nothing was chosen on the validation part", "the scores on it are a little too good"),
    ("recipe classifier patience", 3, "its last weights were kept", "it had the lowest loss on the validation part"),
    ("recipe classifier patience", 3, "Nothing was chosen on the validation part", "the scores on it are a little too good"),
    ("epochs run", 9, "ran for 1 epoch,", "ran for 9 epochs,"),
    ("threshold", 0.25, "The threshold, 0.600,", "The threshold, 0.250,"),
    ("threshold", 0.25, "from a probability of 0.600 on", "from a probability of 0.250 on"),
    ("pos_label", "junk", "called spam from", "called junk from"),
    ("corpus", "mine.csv", "figures of the SAMPLE", "Corpus: mine.csv"),
    ("recipe corpus name", "uci", "They say nothing about real messages. On", "stands in for the corpus uci, which was asked for"),
    ("resamples", 0, "it holds 80 % of 20 bootstrap samples", "No intervals were computed"),
    ("resamples", 7, "of 20 bootstrap samples", "of 7 bootstrap samples"),
    ("interval_level", 0.95, "it holds 80 %", "it holds 95 %"),
    ("interval_level", 0.95, "it is Wilson's, of 80 %", "it is Wilson's, of 95 %"),
    ("sizes test", 1_999, "On the 246 messages of the test part", "On the 1,999 messages of the test part"),
    ("sizes train", 1_999, "learned from the same 861 messages", "learned from the same 1,999 messages"),
    ("seconds", 71.6, "", "trained in 72 s on cpu"),
    ("device", "cuda", "s on cpu", "s on cuda"),
    ("seed", 4, "seed 3", "seed 4"),
    ("test spam_caught", None, "% of the spam", "no spam, for there was none"),
    ("test blocked_ham", None, "% of the ham", "no ham, for there was none"),
    ("test spam_caught", 0.1234, "", "the network caught 12.3 % of the spam"),
    ("test blocked_ham", 0.98765, "", "blocked 98.77 % of the ham"),
    ("test mcc", 0.4321, "", "of the ham (MCC 0.432). It gave"),
    ("recipe split", {"group": None}, "none of which it has learned from", "246 messages of the test part the network caught"),
    ("valid accuracy", 0.0123, "", "0.0123"),
    ("test interval accuracy", [0.0124, 0.0125], "", "0.0124 to 0.0125"),
    ("test fn", 1_000_000, "", "It gave 1,0"),
    ("test fp", 1_000_000, "", "It gave 1,0"),
    ("baseline test fp", 1_000_000, "", "the baseline gave 1,00"),
    ("baseline name", "oracle", "the character SVM of", "the oracle of"),
    ("rows_rejected", 12_345, "rejected 0", "rejected 12,345"),
    ("rows_read", 12_345, "", "rows read 12,345"),
    ("rows_kept", 12_345, "", "kept 12,345"),
    ("sizes valid", 12_345, "validation 122", "validation 12,345"),
    ("sha256", "ab12", "", "SHA-256 of the file ab12"),
    ("recipe classifier hidden_size", 12_345, "hidden_size 8", "hidden_size 12345"),
    ("versions torch", "99.9", "", "torch 99.9"),
    ("mistakes", [], "wrong answers on the test part.", "every answer on the test part was right"),
]


def _changed(told, keys, value):
    "The same with another value under these keys, one in the other."
    first, *rest = keys
    return {**told, first: _changed(told[first], rest, value) if rest else value}


def test_every_sentence_is_borne_out():
    told = json.loads(json.dumps(_told()))
    before = _words(told)
    for keys, value, old, new in _SENTENCES:
        after = _words(_changed(told, keys.split(), value))
        assert old in before and new not in before, (keys, old, new)
        assert new in after and (not old or old not in after), (keys, old, new)


def test_the_page_says_which_interval_is_which():
    named = re.search(r"For shares of the messages \((.*?)\) it is Wilson's, of 80 %; for (.*?) it holds", _words(_told()))
    shares, others = (re.split(", | and ", part) for part in named.groups())
    table = score_table(_told()["test"] | {"interval": dict.fromkeys(SCORES, [0.25, 0.5])})
    methods = {name.removesuffix(" (recall)"): method for name, method in table.method.items()}
    assert methods == dict.fromkeys(shares, "Wilson") | dict.fromkeys(others, "bootstrap")


def test_what_the_page_says_of_the_parts_is_so():
    "The test part was not learned from, and each of the two was judged on it once."
    seen = []

    def count(targets, *arguments, **options):
        seen.append(len(targets))
        return evaluate(targets, *arguments, **options)

    with mock.patch("spam_rnn.evaluation.evaluate", count), mock.patch("spam_rnn.report.evaluate", count):
        again = follow(_outcome().recipe, 3)
        assert seen == [_told()["sizes"]["valid"], _told()["sizes"]["test"]] == [122, 246]
        groups = near_duplicate_groups([*again.split.train.text, *again.split.test.text])
        assert not {*groups[: len(again.split.train)]} & {*groups[len(again.split.train) :]}
        judge_baseline(again)
        assert seen[2:] == [246]
    assert again.classifier.provenance_["training"]["messages"] == len(again.split.train) == _told()["sizes"]["train"]
    assert character_svm.__module__ == "spam_rnn.baselines" and _told()["baseline"]["name"] == "character SVM"


def test_captions_say_what_is_drawn():
    outcome, final = _outcome(), _outcome().final
    dot = figures(replace(outcome, final=replace(final, test=final.test | {"tp": 1})))["precision_recall"][0]
    none = figures(replace(outcome, final=replace(final, test=final.test | {"tp": 0, "fp": 0})))["precision_recall"][0]
    no_spam = figures(replace(outcome, final=replace(final, test_targets=np.zeros_like(final.test_targets))))["precision_recall"][0]
    assert "the dot is the one in use" in dot and "gives no alarm" in none and "no spam in the test part" in no_spam
    drawn = {name: figure for name, (_, figure) in figures(outcome).items()}
    for name, scores in (("confusion_test", final.test), ("confusion_valid", final.valid)):
        assert [text.get_text() for text in drawn[name].axes[0].texts] == [f"{scores[count]:,}" for count in ("tn", "fp", "fn", "tp")]
    later = mock.Mock(wraps=outcome.classifier, pos_label_="spam", classes_=outcome.classifier.classes_, threshold_=0.5, best_epoch_=1,
                      encoder_=outcome.classifier.encoder_, history_=pd.concat([outcome.classifier.history_] * 3).set_axis([1, 2, 3]))  # fmt: skip
    for kept in (1, 2):
        later.best_epoch_ = kept
        dotted = [line for ax in figures(replace(outcome, classifier=later))["training"][1].axes for line in ax.lines if line.get_linestyle() == ":"]
        assert len(dotted) == 2 and all({*line.get_xdata()} == {kept} for line in dotted)
    assert sum(bar.get_height() for bars in drawn["lengths"].axes[1].containers for bar in bars) == len(outcome.split.train)


def test_the_command_runs_as_it_stands():
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "pay$day of 'mine'"
        assert "spam-rnn predict" not in write_report(folder, _told(), {}).read_text(encoding="utf-8")  # no model is there
        _outcome().classifier.save(folder / "model", {"corpus": {"name": "other", "sha256": "0" * 64}})
        assert "spam-rnn predict" not in write_report(folder, _told(), {}).read_text(encoding="utf-8")  # of another corpus
        _outcome().classifier.save(folder / "model", {"corpus": {"name": "sample", "sha256": _told()["sha256"]}})
        page = write_report(folder, _told(), {}).read_text(encoding="utf-8")
        command = html.unescape(re.search("<pre><code>(.*?)</code></pre>", page)[1])
        if os.name != "nt":
            assert shlex.split(command) == ["spam-rnn", "predict", "--model", str((folder / "model").resolve()), "your message"]
            echo = subprocess.run(["sh", "-c", command.replace("spam-rnn", "printf '%s\\n'", 1)], capture_output=True, text=True, check=True)
            assert echo.stdout.splitlines()[2] == str((folder / "model").resolve())
        card = (folder / "model" / "model_card.md").read_text(encoding="utf-8")
        assert "## What it learned from" in card and "## What it is good for, and what not" in card
        assert all((folder / link).exists() for link in re.findall('<a href="([^"]+)"', page)) and page.count("<a href") == 2
