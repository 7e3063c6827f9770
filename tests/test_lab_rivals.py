"""Exported from nbs/behind/lab_rivals.ipynb: change it there, then export."""

from spam_rnn.lab.rivals import (
    Bag,
    BagOfEmbeddings,
    BesideNgrams,
    CarriedState,
    OpenForgetGate,
    PretrainedReader,
    VariantClassifier,
    _CarryingLSTM,
    calibrated_svm,
    guess_next_words,
)


import warnings

import numpy as np
import torch
from scipy.special import expit, logit

from spam_rnn.authoring.testing import raises
from spam_rnn.baselines import character_svm
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus
from spam_rnn.fitting.steps import fit_encoder
from spam_rnn.training import Examples

warnings.filterwarnings("ignore", message=".*(luck decides|is caught)")  # tests train on few messages, and know it


def test_a_bag_knows_no_order_and_no_padding():
    torch.manual_seed(0)
    bag = Bag(9, 4, 0.5).eval()
    ids = torch.tensor([[2, 3, 4, 0], [4, 2, 3, 0], [2, 3, 4, 8]])
    answers = bag(ids, ids.bool() & (ids != 8))
    torch.testing.assert_close(answers, answers[:1].expand(3))
    by_hand = bag.output(bag.embedding.weight[[2, 3, 4]].mean(dim=0))
    torch.testing.assert_close(answers[0], by_hand[0])
    assert bag(torch.zeros(1, 2, dtype=torch.long), torch.zeros(1, 2, dtype=torch.bool)).isfinite().all()  # no token at all
    bag.train()
    torch.manual_seed(0)
    assert len({round(bag(ids[:1], ids[:1].bool()).item(), 6) for _ in range(20)}) > 1  # words are dropped
    assert len(Bag(9, 4, 0.0).train()(ids, ids.bool())) == 3


def test_both_branches_have_half_the_say():
    sample = load_corpus("sample")
    both = BesideNgrams(epochs=1, threshold=0.5, random_state=0).fit(sample.text, sample.label)
    alone = SpamClassifier(epochs=1, threshold=0.5, random_state=0).fit(sample.text, sample.label)
    texts = ["win a prize", "see you", "call 0800"]
    expected = expit((logit(alone.spam_probability(texts)) + logit(both.branch_.predict_proba(texts)[:, 1])) / 2)
    np.testing.assert_allclose(both.predict_proba(texts)[:, 1], expected)
    assert both.predict(texts).tolist() == ["spam" if p >= 0.5 else "ham" for p in expected]
    assert both.spam_probability([]).shape == (0,)
    switched = BesideNgrams(epochs=1, threshold=0.5, random_state=0, pos_label="a spam").fit(sample.text, ["a " + s if s == "spam" else s for s in sample.label])
    np.testing.assert_allclose(switched.spam_probability(texts), expected)


def test_a_calibrated_machine_answers_as_it_did_and_its_probabilities_keep_the_order():
    sample = load_corpus("sample")
    plain, calibrated = character_svm().fit(sample.text, sample.label), calibrated_svm().fit(sample.text, sample.label)
    texts = [*sample.text[:60], "win a prize", "see you"]
    assert (plain.predict(texts) == calibrated.predict(texts)).all()
    distance, probability = plain.decision_function(texts), calibrated.predict_proba(texts)[:, 1]
    assert (np.argsort(distance) == np.argsort(probability)).all() and 0 < probability.min() < probability.max() < 1


def test_a_bag_is_trained_as_it_is_told():
    sample = load_corpus("sample")
    valid = sample.text[:20], sample.label[:20]
    bag = BagOfEmbeddings(epochs=2, embedding_size=8, random_state=0).fit(sample.text, sample.label, validation=valid)
    again = BagOfEmbeddings(epochs=2, embedding_size=8, random_state=0).fit(sample.text, sample.label, validation=valid)
    assert bag.history_.index.tolist() == [1, 2] and bag.threshold_ == 0.6 and "valid_loss" in bag.history_
    assert bag.network_.embedding.weight.shape[1] == 8 and bag.network_.word_dropout == 0.2
    assert (bag.predict_proba(sample.text) == again.predict_proba(sample.text)).all()
    for kind, options in (({"random_state": None}, {}), ({}, {"checkpoint": "a file"})):
        assert "checkpoint" in str(raises(ValueError, BagOfEmbeddings(**kind).fit, sample.text, sample.label, **options))
    ham = BagOfEmbeddings(epochs=2, embedding_size=8, random_state=0).fit(sample.text, sample.label, np.where(sample.label == "ham", 1, 0.01), validation=valid)
    assert ham.spam_probability(sample.text).mean() < bag.spam_probability(sample.text).mean()
    one = BagOfEmbeddings(epochs=2, embedding_size=8, random_state=1).fit(sample.text, sample.label, validation=valid)
    assert (bag.predict_proba(sample.text) != one.predict_proba(sample.text)).any()


_TEXTS, _LABELS = ["win a prize now", "see you at six then", "call us", "lunch"] * 9, ["spam", "ham"] * 18
_QUICK = {"epochs": 2, "embedding_size": 8, "hidden_size": 4, "random_state": 3, "device": "cpu"}


def test_a_variant_that_changes_nothing_gives_the_bits_of_the_classifier():
    plain = SpamClassifier(**_QUICK).fit(_TEXTS, _LABELS, validation=(_TEXTS, _LABELS))
    same = VariantClassifier(**_QUICK).fit(_TEXTS, _LABELS, validation=(_TEXTS, _LABELS))
    assert (plain.predict_proba(_TEXTS) == same.predict_proba(_TEXTS)).all()


def test_forget_gates_begin_open():
    encoder, tokens = fit_encoder(SpamClassifier(**_QUICK), _TEXTS)
    networks = []
    for kind in (VariantClassifier, OpenForgetGate):
        torch.manual_seed(0)
        networks.append(kind(**_QUICK).make_network(encoder, Examples([], np.zeros(0))))
    for name, plain in networks[0].state_dict().items():
        shift = torch.zeros_like(plain)
        if name.endswith("bias_hh_l0"):
            shift[4:8] = 1
        torch.testing.assert_close(networks[1].state_dict()[name], plain + shift)


def test_a_carried_state_is_the_one_of_the_batch_before_and_answers_begin_fresh():
    torch.manual_seed(0)
    carrying, plain = _CarryingLSTM(3, 4, batch_first=True), torch.nn.LSTM(3, 4, batch_first=True)
    plain.load_state_dict(carrying.state_dict())
    first, second, third = torch.randn(5, 6, 3), torch.randn(3, 2, 3), torch.randn(5, 2, 3)
    state = plain(first)[1]
    torch.testing.assert_close(carrying(first)[0], plain(first)[0])
    found, state = plain(second, tuple(part[:, :3].contiguous() for part in state))
    torch.testing.assert_close(carrying(second)[0], found)
    grown = tuple(torch.cat([part, torch.zeros(1, 2, 4)], dim=1) for part in state)
    torch.testing.assert_close(carrying(third)[0], plain(third, grown)[0])
    torch.testing.assert_close(carrying.eval()(first)[0], plain(first)[0])
    carried, fresh = (kind(**_QUICK).fit(_TEXTS, _LABELS) for kind in (CarriedState, VariantClassifier))
    assert (carried.predict_proba(_TEXTS) != fresh.predict_proba(_TEXTS)).any()


def test_next_words_are_learned_and_from_the_side_that_a_member_reads():
    encoder, tokens = fit_encoder(SpamClassifier(**_QUICK), _TEXTS)
    examples = Examples(encoder.encode(tokens), np.zeros(len(_TEXTS)))
    torch.manual_seed(0)
    network = VariantClassifier(**_QUICK).make_network(encoder, examples)
    before = guess_next_words(network, examples, encoder, 1)
    assert guess_next_words(network, examples, encoder, 200) < 1.5 < before
    assert {member.backwards for member in network.members} == {False, True}
    assert guess_next_words(network, Examples([[2], [3]], np.zeros(2)), encoder, 1) == 0  # nothing follows one word
    first, again = (PretrainedReader(**_QUICK).fit(_TEXTS, _LABELS).predict_proba(_TEXTS) for _ in range(2))
    assert (first == again).all() and (first != VariantClassifier(**_QUICK).fit(_TEXTS, _LABELS).predict_proba(_TEXTS)).any()
