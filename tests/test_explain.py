"""Exported from nbs/10_explain.ipynb and nbs/proofs/10_explain.ipynb: change it there, then export."""

import tempfile
from dataclasses import replace

import numpy as np
import torch

from spam_rnn import BEST, SpamClassifier
from spam_rnn.authoring.testing import raises
from spam_rnn.encoding import TextEncoder
from spam_rnn.explain import as_written, explain_text, occlude, read_memory, readings
from spam_rnn.models import SpamRNN
from spam_rnn.predictor import predict_logits


def test_each_token_is_found_in_the_text():
    encoder = SpamClassifier.pretrained("cpu").encoder_
    for text, words in (
        ("FREE!!!!!! ok", ["FREE", "!!!!!!", "ok"]),
        ("a&lt;b", ["a", "&lt;", "b"]),
        ("Cafe\u0301! नमस्ते", ["Cafe\u0301", "!", "नमस्ते"]),
    ):
        assert as_written(encoder, text, encoder.tokenize([text])[0]) == words


def test_a_message_without_tokens_has_nothing_to_explain():
    nothing = SpamClassifier.pretrained("cpu").explain("  \n")
    assert len(nothing.table) == 0 and nothing.start == nothing.probability


def test_the_memory_is_what_the_network_answers_from():
    ready = SpamClassifier.pretrained("cpu")
    [ids] = ready.encoder_.encode(ready.encoder_.tokenize(["Dad, the garage called. Please call 01632960123"]))
    for network in ready.network_.members:
        memory = read_memory(network, ids)
        weights = np.sort(network.output.weight[0].detach().numpy())[::-1]
        answer = memory[5].max(axis=1) @ weights + network.output.bias.item()
        np.testing.assert_allclose(answer, predict_logits(network, [ids])[0], atol=1e-5)
    assert "no token" in str(raises(ValueError, read_memory, network, []))
    for other in ({"cell": "gru"}, {"layers": 2}, {"bidirectional": True}, {"cell": "transformer"}):
        assert "one layer of LSTM" in str(raises(ValueError, read_memory, SpamRNN(9, **other), [2]))


def _texts():
    "Two hundred messages of five words that tell, and two that do not."
    rng = np.random.default_rng(0)
    words = {0: ["lunch", "home", "see", "you", "later"], 1: ["win", "prize", "call", "08081570000", "!!!"]}
    y = np.arange(200) % 2
    texts = [" ".join([*rng.choice(words[i], 5), *rng.choice(words[0] + words[1], 2)]) for i in y]
    return texts, np.array(["ham", "spam"])[y]


def _small(**options):
    return SpamClassifier(**{"embedding_size": 8, "hidden_size": 8, "random_state": 0, "device": "cpu", **options})


class _Bag(torch.nn.Module):
    "A network whose log-odds are a sum over its words, so that every contribution is known beforehand."

    def __init__(self, weights):
        super().__init__()
        self.weights = torch.nn.Parameter(torch.tensor(weights))
        self.calls = []

    def forward(self, ids, mask):
        self.calls.append(ids.shape)
        return (self.weights[ids] * mask).sum(dim=1)


def _bag(**encoder):
    "A predictor around such a network, with some of its encoder's options changed."
    predictor = _small(epochs=1).fit(*_texts()).predictor_
    size = len(predictor.encoder.vocabulary)
    network = _Bag(np.random.default_rng(0).normal(size=size).astype("float32"))
    return replace(predictor, network=network, encoder=replace(predictor.encoder, **encoder))


def test_contributions_and_prefixes_of_a_sum_are_its_parts():
    predictor = _bag()
    explanation = explain_text(predictor, "win lunch neverseen prize you!!!")
    table, encoder = explanation.table, predictor.encoder
    weights = predictor.network.weights.detach().double().numpy()
    own = weights[encoder.encode([table.token.tolist()])[0]]
    np.testing.assert_allclose(table.contribution, own - weights[1], atol=1e-6)
    np.testing.assert_allclose(np.log(table.probability / (1 - table.probability)), own.cumsum(), atol=1e-5)
    assert table.known.tolist() == [True, True, False, True, True, True]
    assert table.contribution[2] == 0 and explanation.start == 0.5
    assert len(predictor.network.calls) == 1  # all prefixes and all covered messages in one batch


def test_an_explanation_agrees_with_the_classifier():
    classifier = _small(epochs=4, learning_rate=0.02).fit(*_texts())
    for text in ("win", "see you later", "call 08081570000 you win", "unknownword"):
        explanation, words = classifier.explain(text), text.split()
        table = explanation.table
        assert table.equals(classifier.explain(text).table) and len(table) == len(words)
        prefixes = [" ".join(words[:end]) for end in range(len(words) + 1)]
        covered = [" ".join([*words[:i], "neverseen", *words[i + 1 :]]) for i in range(len(words))]
        path, without = classifier.spam_probability(prefixes), classifier.spam_probability(covered)
        np.testing.assert_allclose([explanation.start, *table.probability], path, atol=1e-6)
        expected = np.log(path[-1] / (1 - path[-1])) - np.log(without / (1 - without))
        np.testing.assert_allclose(table.contribution, expected, atol=1e-4)
        assert explanation.answer == classifier.predict([text])[0]
        assert explanation.probability == table.probability.iloc[-1] and explanation.threshold == classifier.threshold_


def test_explaining_nothing_much_and_very_much():
    predictor = _bag()
    for empty in ("", "  \n"):
        explanation = explain_text(predictor, empty)
        assert len(explanation.table) == 0 and explanation.probability == explanation.start == 0.5
        assert explanation.table.dtypes.equals(explain_text(predictor, "win").table.dtypes)
    long = "lunch win " * 2500
    for side, seen in (("right", slice(0, 200)), ("left", slice(4800, 5000))):
        predictor = _bag(truncation_side=side)
        table = explain_text(predictor, long).table
        assert len(table) == 5000 and table.read.sum() == 200 and table.read[seen].all()
        assert (table.contribution[~table.read] == 0).all() and (table.contribution[seen] != 0).all()
        assert np.isclose(table.probability.iloc[-1], predictor.spam_probability([long])[0])
    assert explain_text(_bag(max_length=None), "lunch win " * 150).table.read.all()
    assert "row 0" in str(raises(ValueError, explain_text, predictor, None))


def test_readings_and_occlusions_are_those_of_the_definition():
    for limit, side, seen, prefixes in (
        (None, "right", [7, 8, 9], [[], [7], [7, 8], [7, 8, 9]]),
        (2, "right", [7, 8], [[], [7], [7, 8]]),
        (2, "left", [8, 9], [[], [7], [7, 8], [8, 9]]),
        (5, "left", [7, 8, 9], [[], [7], [7, 8], [7, 8, 9]]),
    ):
        found, read = readings(TextEncoder(max_length=limit, truncation_side=side), [7, 8, 9])
        assert [7, 8, 9][found] == seen and read == prefixes
    assert occlude([7, 1, 9], 1) == ([0, 2], [[1, 1, 9], [7, 1, 1]])
    assert occlude([[7, 3], [1, 0]], [1, 0]) == ([0], [[[1, 0], [1, 0]]])


def test_words_are_shown_as_they_were_written():
    def written(text, **options):
        encoder = TextEncoder(**options)
        [tokens] = encoder.tokenize([text])
        words = as_written(encoder, text, tokens)
        assert len(words) == len(tokens)
        return words

    assert written("FREE!!!!!! Call 0800, T&Cs") == ["FREE", "!!!!!!", "Call", "0800", ",", "T", "&", "Cs"]
    assert written("!!!!! ! x") == ["!!!!!", "!", "x"]
    assert written("a&lt;#&gt; b &amp b") == ["a", "&lt;", "#", "&gt;", "b", "&amp", "b"]
    assert written("ΟΔΟΣ Straße Ça") == ["ΟΔΟΣ", "Straße", "Ça"] and written("İx y")[-1] == "y"
    assert written("Don't  stop,now", punctuation="delete") == ["Don't", "stop,now"]
    assert written("win £5 a8b", digits="delete") == ["win", "£5", "a8b"]
    assert written("&amp;", unescape=False) == ["&", "amp", ";"]
    rng = np.random.default_rng(0)
    for _ in range(300):
        text = "".join(rng.choice([*"aBΣİ1!?&;# \t\u0301\x1b", "&amp;", "&lt", "😀", "’"], 12))
        for options in ({}, {"digits": "delete"}, {"punctuation": "delete"}, {"unescape": False, "lowercase": False}):
            assert all(word and word == word.strip() for word in written(text, **options))


def test_every_kind_of_network_is_trained_saved_and_explained():
    kinds = ({"subwords": "all"}, {"subwords": "half", "ensemble_size": 5}, {"token_unit": "character"}, {"cell": "transformer"}, {"ensemble_size": 3}, BEST)
    for decision in kinds:
        classifier = _small(epochs=1, **decision).fit(*_texts())
        with tempfile.TemporaryDirectory() as folder:
            again = SpamClassifier.load(classifier.save(folder), device="cpu")
        unseen = ["win zyxw", "", "lunch"]
        assert (again.predict_proba(unseen) == classifier.predict_proba(unseen)).all(), decision
        assert np.isfinite(again.explain("win zyxw lunch").table.contribution).all()


def test_an_unknown_token_with_known_ngrams_is_covered_whole():
    texts, labels = _texts()
    texts = [f"{text} winner lunchbox" for text in texts]  # an n-gram must be part of two tokens to be known
    classifier = _small(subwords="all", epochs=1).fit(texts, labels)
    table = classifier.explain("winning lunchtime").table
    assert not table.known.any() and (table.contribution != 0).all()
