"""Exported from nbs/behind/play.ipynb and nbs/proofs/play.ipynb: change it there, then export."""

import base64
import contextlib
import io
import json
import random
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from functools import cache
from html.entities import html5
from importlib.resources import files
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from spam_rnn.authoring.browsing import needs_browser, opened
from spam_rnn.authoring.testing import raises, skip_if, slow
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import read_corpus
from spam_rnn.exam import load_trained
from spam_rnn.explain import explain_text
from spam_rnn.padding import pad_sequences
from spam_rnn.play import alphabet, page_model, play, runs, write_play_page
from spam_rnn.storage.folders import FolderError
from spam_rnn.text import normalize


def test_runs_say_which_characters_are_meant():
    assert runs([]) == [] and runs([(0, 2), (2, 3), (5, 6)]) == [0, 3, 2, 1]
    digits, inside = alphabet()["digit"], set()
    for turn, length in enumerate(digits):
        start = sum(digits[:turn])
        inside |= {*range(start, start + length)} if turn % 2 else set()
    assert inside == {i for i in range(0x110000) if re.match(r"\d", chr(i))}


def test_the_alphabet_knows_what_is_odd():
    told = alphabet()
    assert "İi̇" in told["lower"] and "Σσ" in told["lower"] and told["named"]["amp"] == "&"
    assert told["numbered"][0x80] == "€" and told["numbered"][1] == "" and 0x41 not in told["numbered"]


def test_networks_that_the_page_cannot_read_are_named():
    trained = load_trained(None, "cpu")
    for name, value in (("cell", "gru"), ("layers", 2), ("bidirectional", True), ("pooling", "mean"), ("subwords", "all")):
        strange = replace(trained, network=trained.network | {name: value})
        assert f"{name}={value!r}" in str(raises(ValueError, page_model, strange))
    for name, value in (("token_unit", "character"), ("truncation_side", "left")):
        encoder = replace(trained.predictor.encoder, **{name: value})
        strange = replace(trained, predictor=replace(trained.predictor, encoder=encoder))
        assert f"{name}={value!r}" in str(raises(ValueError, page_model, strange))


@cache
def _page():
    "A page of the model that ships, with the sample to judge by."
    with tempfile.TemporaryDirectory() as folder:
        return write_play_page(Path(folder) / "play.html", corpus="sample").read_text(encoding="utf-8")


def _data(page):
    return json.loads(re.search('(?s)<script type="application/json" id="data">(.*?)</script>', page)[1])


def test_the_page_is_one_small_file():
    page = _page()
    assert len(page.encode()) < 3_000_000
    words = re.sub("(?s)<script.*?</script>", "", page)
    assert not re.search(r"https?://", words) and re.findall(r'(?:src|href)="([^"]*)"', words) == ["data:,"]
    assert "default-src 'none'" in words and page.count("<script") == page.count("</script>") == 3
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|sendBeacon|innerHTML|eval)\b", re.sub("(?s)<script type.*?</script>", "", page))
    assert _data(page)["test"]["is_sample"] and "They say nothing about real messages" in page
    for text in read_corpus("sample").messages.text:
        assert len(text) < 30 or text not in page


def test_a_vocabulary_is_no_program():
    trained = load_trained(None, "cpu")
    words = ["</script><script>alert(1)</script>", *trained.predictor.encoder.vocabulary.tokens[3:]]
    wild = page_model(trained) | {"vocabulary": words, "spam": "<b>junk</b>"}
    with mock.patch("spam_rnn.play.page_model", return_value=wild), tempfile.TemporaryDirectory() as folder:
        page = write_play_page(Path(folder) / "play.html", corpus="sample").read_text(encoding="utf-8")
    assert page.count("<script") == 3 and "<b>junk" not in page and _data(page)["model"]["vocabulary"][0] == words[0]


def test_what_is_no_play_page_is_not_replaced():
    with tempfile.TemporaryDirectory() as folder:
        mine = Path(folder) / "mine.html"
        mine.write_text("my own", encoding="utf-8")
        assert "not replaced" in str(raises(FolderError, write_play_page, mine)) and mine.read_text(encoding="utf-8") == "my own"
        assert "is a folder" in str(raises(FolderError, write_play_page, Path(folder)))
        page = Path(folder) / "new" / "play.html"
        with contextlib.redirect_stdout(io.StringIO()) as printed, mock.patch("webbrowser.open", return_value=True) as opened:
            play(out=page, corpus="sample", no_open=True)
            assert str(page.resolve()) in printed.getvalue() and not opened.called
            play(out=page, corpus="sample", no_open=False)  # its own page is replaced
            opened.assert_called_once_with(page.resolve().as_uri())


def test_weights_and_answers_are_the_models():
    trained, data = load_trained(None, "cpu"), _data(_page())
    for kept, member in zip(data["model"]["readers"], trained.predictor.network.members, strict=True):
        weights = {name: np.frombuffer(base64.b64decode(text), dtype="<f2") for name, text in kept["weights"].items()}
        assert kept["bits"] == 16 and kept["backwards"] == member.backwards
        assert torch.equal(torch.tensor(weights["embedding"]).float(), member.embedding.words.weight.flatten())
        assert torch.equal(torch.tensor(weights["weight_hh"]).float(), member.layers[0]["from_start"].weight_hh_l0.flatten())
    messages = read_corpus("sample").messages
    for label in ("spam", "ham"):
        found = trained.predictor.spam_probability(messages.text[messages.label == label].tolist())
        np.testing.assert_allclose(data["test"][label], np.sort(found), atol=1e-6)


def _parts(rng, words):
    "A function for each kind of thing that a message may hold."

    def some(count, *spans):
        return "".join(chr(rng.randint(*rng.choice(spans))) for _ in range(rng.randint(1, count)))

    def one(options):
        return lambda: rng.choice(options)

    return [
        one(words), lambda: rng.choice(words).upper(), lambda: some(9, (97, 122)), lambda: some(12, (48, 57), (0x660, 0x669), (0x966, 0x96F)),
        lambda: "&" + rng.choice([*html5]), lambda: "&" + rng.choice([*html5]).rstrip(";") + rng.choice(["", "x", ";;"]),
        lambda: f"&#{rng.choice([rng.randint(0, 300), rng.randint(0, 0x11FFFF), 10**30])}{rng.choice([';', ''])}",
        lambda: f"&#{rng.choice('xX')}{rng.randint(0, 0x11FFFF):x}{rng.choice([';', ''])}",
        lambda: some(3, (0x1F300, 0x1FAFF)) + rng.choice(["", "\u200d\u2640\ufe0f", "\ufe0f", "\U0001f3fd"]),
        lambda: rng.choice("aeioucnAEIOUŚ") + some(3, (0x300, 0x36F)), lambda: some(6, (0x900, 0x97F)), lambda: some(8, (0x590, 0x5FF), (0x600, 0x6FF)),
        lambda: "".join(rng.choices("ΑΣΟΔΥΣς'’.\u0301ʰ", k=rng.randint(1, 7))), lambda: some(5, (0x1100, 0x11FF), (0xAC00, 0xD7A3)),
        lambda: f"http{rng.choice(['', 's'])}://{rng.choice(words)}.co.uk/{rng.randint(0, 9999)}?a=b&copy=1#x",
        lambda: some(3, (33, 47), (58, 64)) * rng.randint(1, 4), lambda: some(1, (0, 0xD7FF), (0xE000, 0x10FFFF), (0xE000, 0x3FFFF), (0, 0x2FFF)),
        one([" ", "\n", "\t", "\u00a0", "\u2003", "\u200b", "\x1c", "\x85", "\ufeff"]), lambda: rng.choice(words) + rng.choice(["'s", "’t", "’", "'\u0301"]),
        one(["İ", "ß", "ŉ", "ﬁ", "Å", "Ω", "K", "①", "Ⅷ", "²", "ǅ", "ᾼ", "Ꭰ", "Ა", "\u0345", "&amp;amp;", "&Eacute;", "e&#769;", "&#x1F600;"]),
    ]  # fmt: skip


def _strings(n):
    rng = random.Random(0)
    parts = _parts(rng, load_trained(None, "cpu").predictor.encoder.vocabulary.tokens[2:])
    sizes = [2000 if i % 100 == 99 else rng.choice([0, 1, 3, 8, 8, 20, 20, 40]) for i in range(n)]
    chosen = [rng.sample(parts, rng.randint(1, len(parts))) for _ in sizes]
    return ["".join(rng.choice(few)() + rng.choice([" ", " ", ""]) for _ in range(size)) for size, few in zip(sizes, chosen)]


def _largest_difference(texts, told):
    "Compare what JavaScript said with what Python says; tokens must be the same, numbers nearly so."
    predictor, largest = load_trained(None, "cpu").predictor, 0.0
    for text, (probability, start, rows) in zip(texts, told, strict=True):
        found = explain_text(predictor, text)
        columns = [list(column) for column in zip(*rows)] or [[] for _ in found.table]
        for name, column in zip(found.table, columns, strict=True):
            if name in ("probability", "contribution"):
                largest = max([largest, *np.abs(np.array(column) - found.table[name]).tolist()])
            else:
                assert column == found.table[name].tolist(), (name, ascii(text))
        largest = max(largest, abs(probability - found.probability), abs(start - found.start))
    return largest


_EXPLAIN = """(text) => {
    const told = spamRnn.model.explain(text);
    const rows = told.rows.map((row) => [row.word, row.token, row.known, row.read, row.probability, row.contribution]);
    return [told.probability, told.start, rows];
}"""


def _node_reads(texts):
    "What `network.js` says to these texts in Node.js."
    given = {"alphabet": alphabet(), "model": page_model(load_trained(None, "cpu")), "texts": texts}
    program = f"""
        require("vm").runInThisContext(require("fs").readFileSync({json.dumps(str(files("spam_rnn") / "data" / "play" / "network.js"))}, "utf8"));
        const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
        spamRnn.model = spamRnn.makeModel(spamRnn.makeAlphabet(given.alphabet), given.model);
        console.log(JSON.stringify(given.texts.map({_EXPLAIN})));"""
    ran = subprocess.run(["node", "-e", program], input=json.dumps(given), capture_output=True, text=True, encoding="utf-8", check=True)
    return json.loads(ran.stdout)


def needs_node(test):
    return skip_if(test, lambda: None if shutil.which("node") else "Node.js is not installed")


@needs_node
def test_javascript_says_what_python_says():
    texts = [*[text for text in _strings(60) if len(text) < 500], *read_corpus("sample").messages.text[:20]]
    assert _largest_difference(texts, _node_reads(texts)) < 1e-5


@needs_node
def test_a_probability_is_not_said_to_change_where_nobody_sees_a_change():
    network = json.dumps(str(files("spam_rnn") / "data" / "play" / "network.js"))
    asked = '[["0.997", "0.997"], ["0.412", "0.997"]].map((two) => spamRnn.ifUnknown(...two))'
    program = f'require("vm").runInThisContext(require("fs").readFileSync({network}, "utf8")); console.log(JSON.stringify({asked}))'
    same, other = json.loads(subprocess.run(["node", "-e", program], capture_output=True, text=True, encoding="utf-8", check=True).stdout)
    assert "hardly change" in same and "rather than" not in same and "0.412 rather than 0.997" in other


@contextlib.contextmanager
def _opened(width=1200, scheme="light"):
    "The page in a browser, and a list of what should not happen: errors, warnings, requests."
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "play.html"
        path.write_text(_page(), encoding="utf-8")
        with opened(path.as_uri(), width, scheme, asked=("file:", "data:")) as (page, wrong):
            page.wait_for_selector("#counts td")
            yield page, wrong


_ANSWER = "(text) => [spamRnn.model.encode(text).tokens.map(([token]) => token), spamRnn.model.probability(text)]"


def _ask(page, texts, question):
    "The page's answers, a hundred texts at a time."
    return [one for i in range(0, len(texts), 100) for one in page.evaluate(f"(texts) => texts.map({question})", texts[i : i + 100])]


@needs_browser
def test_the_page_says_what_python_says():
    texts, predictor = [*_strings(2_000), *read_corpus("sample").messages.text], load_trained(None, "cpu").predictor
    some = [text for text in texts[::8] if len(text) < 500]  # of a long one, each word is a reading of its own
    with _opened() as (page, wrong):
        answers, explained = _ask(page, texts, _ANSWER), _ask(page, some, _EXPLAIN)
        assert not wrong
    tokens, probability = zip(*answers)
    for text, found, expected in zip(texts, tokens, predictor.encoder.tokenize(texts)):
        assert found == expected, ascii(text)
    largest = np.abs(np.array(probability) - predictor.spam_probability(texts)).max()
    contributions = _largest_difference(some, explained)
    print(f"largest difference over {len(texts):,} texts: {largest:.1e}; explaining {len(some)}: {contributions:.1e}")
    assert largest < 1e-5 and contributions < 1e-5


@needs_browser
def test_every_character_is_read_alike():
    characters = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000]
    ask = "([a, b]) => { const found = []; for (let i = a; i < b; i++) if (i < 0xd800 || i >= 0xe000) found.push(spamRnn.written(spamRnn.normalize(spamRnn.letters, {unescape: true, lowercase: true, digits: 'shape'}, 'a' + String.fromCodePoint(i) + '\\u0301Σ'))); return found; }"
    with _opened() as (page, _):
        read = [one for a in range(0, 0x110000, 0x8000) for one in page.evaluate(ask, [a, a + 0x8000])]
    assert len(read) == len(characters)
    assert not [hex(ord(c)) for c, found in zip(characters, read) if found != normalize(f"a{c}\u0301Σ")]


def _set(page, name, value):
    page.eval_on_selector(f"#{name}", "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", str(value))


@needs_browser
def test_what_is_typed_is_read_and_sliders_move():
    with _opened() as (page, wrong):
        page.fill("#message", "Win a pterodactyl! <b>now</b>")
        page.locator("#unknown", has_text="pterodactyl").wait_for()  # (no `wait_for_function`: the page's policy forbids `eval`)
        assert page.inner_text("#seen rt") == "pterodactyl" and page.query_selector("#seen b") is None
        assert page.inner_text("#place-said") == "12 of 12"
        page.focus("#place")
        page.keyboard.press("ArrowLeft")
        assert page.inner_text("#place-said") == "11 of 12" and not page.is_disabled("#on")
        page.click("text=bread")
        assert page.inner_text("#word") == "ham" and "0.0" in page.inner_text("#answer")
        page.click("#run")
        assert page.inner_text("#run") == "Stop" and page.inner_text("#place-said") != "10 of 10"
        page.locator("#run", has_text="Read").wait_for()  # half a second a word
        assert page.inner_text("#place-said") == "10 of 10"
        test = _data(_page())["test"]
        for threshold in (0.05, 0.6, 0.99):
            _set(page, "threshold", threshold)
            shown = [int(text.replace(",", "")) for text in page.locator("#counts td b").all_inner_texts()]
            spam, ham = np.array(test["spam"]), np.array(test["ham"])
            assert shown == [(ham < threshold).sum(), (ham >= threshold).sum(), (spam < threshold).sum(), (spam >= threshold).sum()]
            _set(page, "price", 7)
            assert page.locator("#figures b").all_inner_texts()[-1].replace(",", "") == str(shown[2] + 7 * shown[1])
        assert not wrong, wrong


@needs_browser
def test_nobody_is_asked_and_nobody_is_shut_out():
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        for width in (390, 1200):
            with _opened(width, scheme) as (page, wrong):
                levels = [int(tag[1]) for tag in page.eval_on_selector_all("h1, h2, h3, h4", "(all) => all.map((one) => one.tagName)")]
                assert levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:]))
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (scheme, width)
                page.eval_on_selector_all("details", "(all) => all.forEach((one) => { one.open = true; })")
                found = Axe().run(page)
                assert not found.violations_count, (scheme, width, found.generate_report())
                assert not wrong, wrong


def _as_the_original(sequences, *ignored):
    ids, mask = pad_sequences([*sequences, [0] * 44], 44, padding_side="left")
    return ids[:-1], mask[:-1]


def _train_twin(masked):
    sizes = {"embedding_size": 12, "hidden_size": 12, "min_count": 2, "ensemble_size": 1, "pooling": "last", "max_length": 44}
    learning = {"padding_side": "left", "epochs": 12, "learning_rate": 0.01, "half_precision": True, "device": "cpu", "random_state": 0}
    messages = read_corpus("sample").messages
    with mock.patch("spam_rnn.encoding.pad_sequences", _as_the_original):
        return SpamClassifier(**sizes, **learning, masked=masked).fit(messages.text, messages.label)


@cache
def _twin(name):
    return load_trained(Path(str(files("spam_rnn") / "data" / "play" / name)), "cpu").predictor


def _with_zeros(name, texts, front=0, behind=0):
    predictor = _twin(name)
    ids, mask = _as_the_original([sequence[:44] for sequence in predictor.encoder.encode(predictor.encoder.tokenize(texts))])
    ids, mask = (torch.nn.functional.pad(table, (front, behind)) for table in (ids, mask))
    with torch.inference_mode():
        return torch.sigmoid(predictor.network(ids, mask)).numpy()


OURS = [
    "Final notice: your parcel is held. Pay £1.99 at example.com/p today", "are you still coming to the choir on Monday? we start at 8",
    "Can you pick up some bread on your way home", "",
]  # fmt: skip


def test_the_careless_twin_swings_and_the_careful_one_stands_still():
    assert _twin("careless").encoder.vocabulary.tokens == _twin("careful").encoder.vocabulary.tokens
    calm = [_with_zeros("careful", OURS, **{side: n}) for side in ("front", "behind") for n in (0, 20, 80)]
    assert np.ptp(calm, axis=0).max() < 1e-6
    moved = np.array([_with_zeros("careless", OURS, behind=n) for n in range(0, 81, 10)])
    assert (np.ptp(moved, axis=0)[:3] > 0.5).all()


@needs_browser
def test_the_page_pads_as_python_does():
    ask = "([name, texts, n, side]) => texts.map((text) => { const m = spamRnn[name]; return m.probabilityOf(spamRnn.padded(m.encode(text).ids.slice(0, 44), 44, n, side)); })"
    with _opened() as (page, wrong):
        for side in ("front", "behind"):
            for n in (0, 1, 20, 80):
                np.testing.assert_allclose(page.evaluate(ask, ["careless", OURS, n, side]), _with_zeros("careless", OURS, **{side: n}), atol=1e-5)
        page.fill("#message", OURS[1])
        page.locator("#seen", has_text="monday").wait_for()
        _set(page, "zeros", 20)
        assert "It said ham, and now it says spam" in page.inner_text("#padded")
        page.click("text=in front of it")
        assert "it still says ham" in page.inner_text("#padded") and not wrong


@slow
def test_the_twins_can_be_trained_again():
    texts = read_corpus("sample").messages.text.tolist()
    for name, masked in (("careless", False), ("careful", True)):
        again = _train_twin(masked)
        assert again.encoder_.vocabulary.tokens == _twin(name).encoder.vocabulary.tokens
        ids, mask = _as_the_original([sequence[:44] for sequence in again.encoder_.encode(again.encoder_.tokenize(texts))])
        with torch.inference_mode():
            answers = torch.sigmoid(again.network_(ids, mask)).numpy() > 0.5
        assert (answers == (_with_zeros(name, texts) > 0.5)).mean() > 0.97, name  # another processor adds in another order
