"""Exported from nbs/behind/lab_variations.ipynb: change it there, then export."""

from spam_rnn.lab.variations import careful_part, describe_variation, judge_variation, score_answers


import warnings

import numpy as np
import pandas as pd

from spam_rnn.authoring.testing import raises
from spam_rnn.split import Split

warnings.filterwarnings("ignore", message=".*(luck decides|is caught)")  # few messages are meant here


def test_near_copies_and_copies_of_what_was_met_are_not_in_the_careful_part():
    test = pd.DataFrame({"text": ["win a prize, call 0800", "see you at six o'clock", "lunch?"], "label": ["spam", "ham", "ham"]}, index=[5, 8, 9])
    assert careful_part(test, pd.Series(["Win a prize, call 0900!", "LUNCH"])).index.tolist() == [8]
    assert careful_part(test, pd.Series(["something else"])).index.tolist() == [5, 8, 9]


def test_scores_are_those_of_the_answers_and_the_loss_that_of_the_probabilities():
    targets, answers = np.array([True, True, False, False, False]), np.array([True, False, True, False, False])
    found = score_answers(targets, answers, np.array([0.5] * 5))
    assert (found["tp"], found["fn"], found["fp"], found["tn"]) == (1, 1, 1, 2) and found["log_loss"] == 0.69315
    assert score_answers(targets, answers)["log_loss"] is None and score_answers(targets, targets | True)["mcc"] == 0
    assert found["spam_caught"] == 0.5 and abs(found["blocked_ham"] - 1 / 3) < 1e-9


def test_each_kind_of_change_reaches_what_it_changes():
    quick = {"epochs": 1, "embedding_size": 4, "hidden_size": 4}
    plain = judge_variation("plain", quick, 3, "sample")
    assert plain == judge_variation("again", quick, 3, "sample") | {"seconds": plain["seconds"]} and "careful" not in plain
    sizes = judge_variation("sizes", quick | {"split": {"sizes": [0.7, 0.15, 0.15]}}, 3, "sample")
    assert sizes["sizes"][1] > 1.3 * plain["sizes"][1] and sizes["careful"]["messages"] > 0
    dropped = judge_variation("dropped", quick | {"batch_dropped": 64}, 3, "sample")
    assert dropped["sizes"][2] % 64 == 0 and dropped["sizes"][2] < plain["sizes"][2]
    everything = judge_variation("all", quick | {"vocabulary_of": "all rows"}, 3, "sample")
    assert everything["scores"]["log_loss"] != plain["scores"]["log_loss"] and everything["sizes"] == plain["sizes"]
    damaged = judge_variation("damaged", quick | {"corpus": "sample", "split": {"stratify": False}}, 3, "sample")
    assert damaged["careful"]["reference"].keys() == damaged["scores"].keys()
    assert "log_loss" in judge_variation("SVM", {"classifier": "word SVM"}, 3, "sample")["scores"]


def test_what_a_run_is_told_is_described():
    told, sha256 = describe_variation("a", {"split": {"group": None}, "dropout": 0.5}, "sample")
    assert told["split"] == {"group": None} and told["dropout"] == 0.5 and len(sha256) == 64
    assert describe_variation("b", {"batch_dropped": 10}, "sample")[0]["batch_dropped"] == 10
    assert describe_variation("c", {"vocabulary_of": "all rows"}, "sample")[0] != describe_variation("d", {}, "sample")[0]
    assert "no_such" in str(raises(ValueError, describe_variation, "e", {"no_such": 1}, "sample"))
