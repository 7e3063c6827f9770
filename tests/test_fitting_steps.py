"""Exported from nbs/behind/fitting_steps.ipynb: change it there, then export."""

import warnings

import numpy as np
import torch

from spam_rnn.authoring.testing import raises
from spam_rnn.fitting.settings import Settings
from spam_rnn.fitting.steps import fit_encoder, fit_network, label_texts, set_aside
from spam_rnn.training import Examples


def test_two_threads_that_train_at_once_give_the_bits_of_one():
    from concurrent.futures import ThreadPoolExecutor

    settings = Settings(epochs=2, device="cpu", embedding_size=8, hidden_size=8)
    encoder, tokens = fit_encoder(settings, ["win a prize", "see you at six"] * 9)
    examples = Examples(encoder.encode(tokens), np.array([1.0, 0.0] * 9))

    def trained(seed):
        network, _ = fit_network(settings, encoder, examples, None, seed, torch.device("cpu"), None)
        return torch.cat([p.flatten() for p in network.parameters()])

    alone = [trained(seed) for seed in (1, 2, 1)]
    with ThreadPoolExecutor(3) as pool, torch.no_grad():
        together = [*pool.map(trained, (1, 2, 1))]
    assert all(map(torch.equal, alone, together)) and not torch.equal(alone[0], alone[1])


def test_a_step_names_what_is_wrong_with_what_it_is_given():
    texts, labels = ["win", "see you"] * 9, ["spam", "ham"] * 9
    assert "pos_label" in str(raises(ValueError, label_texts, Settings(pos_label="eggs"), texts, labels))
    labelled, classes, pos = label_texts(Settings(), texts, labels, [0.0, 0.0] + [1.0] * 16)
    assert len(labelled.texts) == 16 and pos == "spam"
    for validation, word in ((([], []), "no texts"), ((["a"], ["eggs"]), "eggs")):
        assert word in str(raises(ValueError, set_aside, Settings(), labelled, classes, pos, validation, 0))


def test_nothing_is_held_out_unless_a_setting_needs_it():
    texts, labels = [f"{word} of the sea" for word in "abcdefghij"] * 4, ["spam", "ham"] * 20
    labelled, classes, pos = label_texts(Settings(), texts, labels)
    for settings, needed in ((Settings(), False), (Settings(patience=3), True), (Settings(threshold="validation"), True)):
        training, valid = set_aside(settings, labelled, classes, pos, None, 0)
        assert bool(valid.texts) == needed and len(training.texts) + len(valid.texts) == 40


def test_tokens_that_no_text_can_give_are_told():
    assert "'WIN'" in str(raises(ValueError, fit_encoder, Settings(vocabulary=["WIN"]), ["win"]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit_encoder(Settings(vocabulary=["WIN", "call"]), ["win"])
        assert len(caught) == 1 and "1 of the 2" in str(caught[0].message)
        fit_encoder(Settings(vocabulary=["WIN"], lowercase=False), ["WIN"])
        fit_encoder(Settings(vocabulary=["win"]), ["WIN"])
    assert len(caught) == 1
