"""Exported from nbs/behind/fitting_doubts.ipynb: change it there, then export."""

import warnings

import numpy as np

from spam_rnn.fitting.doubts import DoubtfulFit, find_doubt, warn_of_doubt
from spam_rnn.fitting.labels import Labelled


def _messages(ham, spam):
    texts = [f"see you at {i} then" for i in range(ham)] + [f"win prize {i} now" for i in range(spam)]
    return Labelled(texts, np.array([0.0] * ham + [1.0] * spam), np.ones(ham + spam))


def test_few_messages_and_rare_spam_are_told_with_a_linear_machine_beside():
    nothing = Labelled([], np.zeros(0), np.zeros(0))
    assert find_doubt(_messages(60, 60), nothing, None, False) is None
    few, rare = find_doubt(_messages(30, 20), nothing, None, False), find_doubt(_messages(990, 10), nothing, None, False)
    assert "50 messages" in few and "20 of them spam" in few and "MCC of 1.00 in cross-validation" in few and "class_weight" not in few
    assert "class_weight='balanced'" in rare and "class_weight" not in find_doubt(_messages(990, 10), nothing, None, True)
    assert "49 of a kind" not in few and find_doubt(_messages(50, 49), nothing, None, False)  # fewer ham, or fewer spam
    assert find_doubt(_messages(49, 50), nothing, None, False) and "linear" not in find_doubt(_messages(5, 2), nothing, None, False)


def test_spam_that_is_never_caught_is_told():
    told = find_doubt(_messages(300, 60), _messages(30, 6), 0.0, False)
    assert "none of the 6 spam" in told and "on the validation part" in told
    assert find_doubt(_messages(300, 60), _messages(30, 6), 0.2, False) is None
    assert find_doubt(_messages(300, 60), _messages(30, 0), None, False) is None


def test_a_doubt_is_a_warning():
    nothing = Labelled([], np.zeros(0), np.zeros(0))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_doubt(_messages(9, 9), nothing, None, False)
        warn_of_doubt(_messages(90, 90), nothing, None, False)
    assert [one.category for one in caught] == [DoubtfulFit]
