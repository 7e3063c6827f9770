"""Exported from nbs/behind/fitting_labels.ipynb: change it there, then export."""

import numpy as np

from spam_rnn.authoring.testing import raises
from spam_rnn.fitting.labels import check_weights, find_pos_label, hold_out


def test_spam_is_the_label_that_says_so_and_otherwise_is_asked_for():
    for labels, spam in ((["junk", "ok"], "junk"), (["Ham", "SPAM"], "SPAM"), ([-1, 1], 1), ([False, True], True), ([0.0, 1.0], 1.0)):
        assert find_pos_label(np.array(labels)) == spam
    assert find_pos_label(np.array(["ham", "spam"]), "SPAM") == "spam" and find_pos_label(np.array(["ham", "spam"]), "ham") == "ham"
    for labels in (["blue", "yellow"], ["junk", "spam"], [2, 3]):
        error = str(raises(ValueError, find_pos_label, np.array(labels)))
        assert "pos_label" in error and repr(labels[0]) in error
    assert "eggs" in str(raises(ValueError, find_pos_label, np.array(["ham", "spam"]), "eggs"))


def test_a_tenth_is_held_out_class_by_class_and_none_of_very_few():
    texts, targets = [f"{word} {i} of {i * 7}" for i in range(100) for word in ("alpha", "omega")], np.arange(200) % 2
    held = hold_out([text.translate(str.maketrans("0123456789", "abcdefghij")) for text in texts], targets, 3)
    assert abs(held.sum() - 20) <= 4 and 6 <= targets[held].sum() <= 14
    assert not hold_out(["win", "see you"], np.array([1, 0]), 0).any()


def test_weights_are_those_of_both_kinds_multiplied():
    labels = np.array(["ham", "ham", "ham", "spam"])
    np.testing.assert_allclose(check_weights(labels, [1, 2, 0, 1], {"ham": 2.0, "spam": 3.0}), [2, 4, 0, 3])
    np.testing.assert_allclose(check_weights(labels, None, "balanced"), [2 / 3, 2 / 3, 2 / 3, 2])
    for bad in ([1, 2], [-1, 1, 1, 1], [np.inf, 1, 1, 1], [np.nan, 1, 1, 1], [1e39, 1, 1, 1], [0, 0, 0, 0]):
        assert "sample_weight" in str(raises(ValueError, check_weights, labels, bad, None))
