"""Exported from nbs/behind/predictor.ipynb and nbs/proofs/predictor.ipynb: change it there, then export."""

import warnings
from unittest import mock

import numpy as np
import torch

from spam_rnn.encoding import TextEncoder
from spam_rnn.models import SpamRNN, build_network
from spam_rnn.padding import pad_sequences, prediction_batches
from spam_rnn.predictor import Predictor, predict_logits, spam_probability


def test_the_threshold_itself_is_spam():
    predictor = Predictor(TextEncoder(), SpamRNN(2), np.array(["ham", "spam"]), "spam", 0.5)
    assert predictor.labels(np.array([0.4999, 0.5, 0.5001])).tolist() == ["ham", "spam", "spam"]


def _made_up(messages=50, words=30):
    rng = np.random.default_rng(0)
    return [rng.integers(2, words, size=n).tolist() for n in rng.integers(0, 20, size=messages)]


def test_predictions_keep_their_order_and_ignore_batches():
    torch.manual_seed(0)
    network, sequences = SpamRNN(30, embedding_size=8, hidden_size=8).double(), _made_up()
    alone = np.array([predict_logits(network, [sequence])[0] for sequence in sequences])
    assert len(set(alone.round(9))) > 40 and alone.dtype == np.float64
    for batch_size in (1, 7, 50, 256):
        found = predict_logits(network, sequences, batch_size=batch_size)
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-12)
    network.eval()
    with torch.inference_mode():
        np.testing.assert_allclose(network(*pad_sequences(sequences)).numpy(), alone, rtol=0, atol=1e-12)
    assert predict_logits(network, []).shape == (0,)


def test_dropout_is_off_in_prediction_and_on_again_afterwards():
    torch.manual_seed(0)
    network = SpamRNN(30, embedding_size=8, hidden_size=8, dropout=0.5)
    for training in (True, False):
        network.train(training)
        first, again = (predict_logits(network, _made_up()) for _ in range(2))
        assert (first == again).all() and network.training == training
    assert all(p.grad is None for p in network.parameters())


def test_batches_are_those_of_chapter_4():
    network, sequences, seen = SpamRNN(30), [*_made_up(), *[[2, 3]] * 300], []

    def collate(batch):
        seen.append([len(sequence) for sequence in batch])
        return pad_sequences([sequence[:1] for sequence in batch])

    cut = predict_logits(network, sequences, collate)
    lengths = [len(sequence) for sequence in sequences]
    assert seen == [[lengths[i] for i in rows] for rows in prediction_batches(lengths, 256)]
    np.testing.assert_allclose(cut, predict_logits(network, [sequence[:1] for sequence in sequences]), rtol=0, atol=1e-6)


def test_the_logistic_function_is_silent_far_out():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert spam_probability(np.array([-1e4, -800.0, 0.0, 800.0, 1e4])).tolist() == [0, 0, 0.5, 1, 1]
    logits = np.linspace(-30, 30, 61)
    np.testing.assert_allclose(spam_probability(logits) + spam_probability(-logits), 1, rtol=0, atol=1e-15)
    np.testing.assert_allclose(np.log(spam_probability(logits) / spam_probability(-logits)), logits, rtol=0, atol=1e-9)
    assert spam_probability(np.array([])).shape == (0,)


_TEXTS = ["win now", "see you at six", "", "WIN £500!", "never seen before", "at six", "you win"]


def _predictor(threshold=0.5, classes=("ham", "spam"), pos_label="spam", ngrams=False, **options):
    encoder, _ = TextEncoder.fit(["win win now £500 !", "see you at six sixty"], ngrams=ngrams, max_length=3)
    torch.manual_seed(0)
    network = build_network(len(encoder.vocabulary), ngrams=len(encoder.ngrams) if ngrams else 0, embedding_std=1.0, **options)
    return Predictor(encoder, network, np.array(classes), pos_label, threshold)


def test_texts_get_the_answers_of_the_parts():
    for options in ({}, {"ensemble_size": 1}, {"ngrams": True, "subwords": "all"}):
        predictor = _predictor(**options)
        found = predictor.spam_probability(_TEXTS)
        sequences = predictor.encoder.encode(predictor.encoder.tokenize(_TEXTS))
        logits = predict_logits(predictor.network, sequences, predictor.encoder.pad)
        assert found.dtype == np.float64 and np.ptp(found) > 0.01
        assert (found == spam_probability(logits)).all()
        with mock.patch("spam_rnn.predictor._AT_ONCE", 3):
            np.testing.assert_allclose(predictor.spam_probability(_TEXTS), found, rtol=0, atol=1e-6)
        assert predictor.spam_probability([]).shape == (0,)


def test_a_message_is_cut_as_the_encoder_says():
    predictor = _predictor()
    short, long, other = predictor.spam_probability(["see you at", "see you at six", "see you six"])
    assert abs(short - long) < 1e-6 < abs(short - other)


def test_no_more_messages_than_16384_are_ids_at_the_same_time():
    asked = []

    def tokenize(texts):
        asked.append(len(texts))
        return [["win"]] * len(texts)

    predictor = _predictor(ensemble_size=1, embedding_size=2, hidden_size=2)
    with mock.patch.object(TextEncoder, "tokenize", lambda self, texts: tokenize(texts)):
        assert len(predictor.spam_probability(["win"] * 40_000)) == 40_000
    assert asked == [16384, 16384, 7232]


def test_labels_of_any_kind_and_either_order():
    probability = [0.1, 0.6, 0.5999, 0.9]
    for classes, pos_label, other in (
        (["ham", "spam"], "spam", "ham"), (["junk", "ok"], "junk", "ok"), ([0, 1], 1, 0), ([-1, 1], -1, 1), ([False, True], True, False), ([1.0, 2.0], 2, 1),
    ):  # fmt: skip
        found = _predictor(0.6, classes, pos_label).labels(probability)
        assert found.tolist() == [other, pos_label, other, pos_label] and found.dtype == np.array(classes).dtype
    assert _predictor(0.0).labels(np.array([0.0])).tolist() == ["spam"] and _predictor(1.0).labels(np.array([1.0, 0.9999])).tolist() == ["spam", "ham"]
    assert _predictor().labels(np.array([])).shape == (0,)


def test_it_answers_where_its_network_is():
    predictor = _predictor()
    assert predictor.device == torch.device("cpu")
    predictor.network.to("meta")
    assert predictor.device.type == "meta"
