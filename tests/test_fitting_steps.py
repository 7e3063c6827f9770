"""Exported from nbs/behind/fitting_steps.ipynb: change it there, then export."""

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
