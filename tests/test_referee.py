"""Exported from nbs/behind/referee.ipynb: change it there, then export."""

from spam_rnn.referee import distance_finding, judge_hand_in, linear_distance, parts_by_training, parts_of_split


import functools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from spam_rnn.authoring.testing import raises
from spam_rnn.corpus import load_corpus
from spam_rnn.hand_in import read_hand_in
from spam_rnn.referee import distance_finding, judge_hand_in, linear_distance, parts_by_training, parts_of_split
from spam_rnn.split import split_corpus


@functools.cache
def _parts():
    return parts_of_split(split_corpus(load_corpus("sample")), "spam")


def _linear():
    return _parts().linear.to_numpy()


def _honest():
    "A hand-in as it should be: what the linear machine answers."
    test = _parts().test
    return pd.DataFrame({"row": test.index, "text": test.text, "label": test.label, "prediction": np.where(_linear() >= 0.5, "spam", "ham")})


def _judged(table, parts=None, columns=("row", "prediction"), **options):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "predictions.csv"
        table[[*columns]].to_csv(file, index=False)
        judged = judge_hand_in(read_hand_in(file, **options), parts or _parts(), resamples=40)
    return judged, {finding.name: finding for finding in judged.findings}


def test_the_referee_finds_nothing_in_an_honest_hand_in():
    for columns in (("row", "prediction"), ("text", "label", "prediction")):
        judged, found = _judged(_honest(), columns=columns)
        assert judged.is_complete and all(finding.is_fine for finding in found.values()), [f for f in found.values() if not f.is_fine]
        assert "Each of the" in found["missing rows"].words and "cannot be told apart" in found["linear machine"].words
        assert judged.scores["pr_auc"] is None and judged.without_copies is None
        low, high = judged.scores["interval"]["mcc"]
        assert low < judged.scores["mcc"] < high
    judged, found = _judged(_honest().assign(probability=_linear()), columns=("row", "probability"))
    assert 0.5 < judged.scores["pr_auc"] < 1 and judged.scores["interval"]["pr_auc"] and found["equal texts"].is_fine


def test_the_referee_counts_rows():
    honest, n = _honest(), len(_parts().test)
    judged, found = _judged(honest[3:])
    assert not judged.is_complete and not found["missing rows"].is_fine and sum(judged.scores[k] for k in ("tn", "fp", "fn", "tp")) == n - 3
    assert f"3 rows of {n} missing: {', '.join(map(str, honest.row[:3]))}, as" in found["missing rows"].words
    stranger = honest[:1].assign(row=_parts().train.index[0])
    judged, found = _judged(pd.concat([honest, stranger]))
    assert judged.is_complete and not found["surplus rows"].is_fine and f"1 row of the hand-in (line {n + 2})" in found["surplus rows"].words
    assert "for no message of the test part" in found["surplus rows"].words and "1 of them is a message of the training part" in found["surplus rows"].words
    assert "--train" not in found["surplus rows"].words
    wrong_part = pd.concat([honest, honest[:4].assign(row=_parts().others["the validation part"].index[:4])])
    assert "4 of them are messages of the validation part" in _judged(wrong_part)[1]["surplus rows"].words
    judged, found = _judged(honest.assign(row=honest.row - 1))  # counted from 0
    assert not judged.is_complete and "count from 1" in found["surplus rows"].words and "--train" in found["surplus rows"].words
    judged, found = _judged(pd.concat([honest, honest[5:7]]))
    assert judged.is_complete and not found["doubled rows"].is_fine and f"(line {n + 2}, {n + 3})" in found["doubled rows"].words
    judged, found = _judged(honest.assign(prediction=["maybe", *honest.prediction[1:]]))
    assert not judged.is_complete and not found["unknown answers"].is_fine and "line 2: the label 'maybe'" in found["unknown answers"].words
    assert "1 row without an answer" in found["unknown answers"].words
    judged, found = _judged(honest.assign(row=honest.row + 10**6))
    assert judged.scores is None and not judged.is_complete and not found["missing rows"].is_fine


def test_the_referee_sees_that_answers_do_not_fit_together():
    honest = _honest().assign(probability=_linear())
    columns = "row", "prediction", "probability"
    assert _judged(honest, columns=columns)[1]["labels and probabilities"].is_fine
    turned = honest.assign(probability=honest.probability.to_numpy()[::-1])
    judged, found = _judged(turned, columns=columns)
    assert not found["labels and probabilities"].is_fine and "contradict" in found["labels and probabilities"].words
    assert judged.scores["mcc"] == _judged(honest, columns=columns)[0].scores["mcc"]  # the labels count
    _, found = _judged(honest, columns=("row", "label"))
    assert not found["some mistakes"].is_fine and "the column 'label' the truth" in found["some mistakes"].words
    sample = load_corpus("sample")
    twice = sample[sample.text.duplicated(keep=False)]
    parts = type(_parts())(_parts().train, twice, "spam")
    same = twice.assign(row=twice.index, prediction="ham")
    assert _judged(same, parts)[1]["equal texts"].is_fine
    first = same.index[0]
    _, found = _judged(same.assign(prediction=["spam" if row == first else "ham" for row in same.row]), parts)
    assert not found["equal texts"].is_fine and "1 text has different answers" in found["equal texts"].words
    chance = same.assign(probability=[0.2 if row == first else 0.1 for row in same.row])
    assert not _judged(chance, parts, ("row", "probability"))[1]["equal texts"].is_fine


def test_the_referee_finds_near_copies_and_what_is_known_by_heart():
    parts = _parts()
    copied = pd.concat([parts.train, parts.test[:40].assign(text=parts.test.text[:40] + "!")])
    leaky = parts_by_training(pd.concat([copied, parts.test]).reset_index(drop=True), copied, "spam")
    assert len(leaky.test) == len(parts.test) and leaky.test.text.tolist() == parts.test.text.tolist()
    spam, copied = leaky.truth.to_numpy(), leaky.is_copied.to_numpy()
    n, fourth = copied.sum(), np.arange(len(spam)) % 4 == 0
    assert 40 <= n < 60 and copied[:40].all()
    table = leaky.test.assign(row=leaky.test.index)
    judged, found = _judged(table.assign(prediction=np.where(spam ^ (fourth & ~copied), "spam", "ham")), leaky)
    assert not found["near-copies"].is_fine and f"{n} answered messages have near-copies" in found["near-copies"].words
    assert not found["known by heart"].is_fine and f"{n} of {n} near-copies" in found["known by heart"].words
    assert judged.without_copies["mcc"] < judged.scores["mcc"]
    _, found = _judged(table.assign(prediction=np.where(spam ^ fourth, "spam", "ham")), leaky)
    assert not found["near-copies"].is_fine and found["known by heart"].is_fine
    assert "none is left" in str(raises(ValueError, parts_by_training, parts.test, parts.test, "spam"))


def test_the_referee_compares_with_the_linear_machine_on_the_same_messages():
    truth = (_parts().test.label == "spam").to_numpy()
    judged, found = _judged(_honest())
    d = linear_distance(truth, _linear() >= 0.5, _linear(), resamples=50)
    assert (d.mcc, d.low, d.high, d.only_right, d.only_linear, d.p_value) == (0, 0, 0, 0, 0, 1)
    assert d.linear == judged.scores["mcc"]
    _, found = _judged(_honest().assign(prediction=np.where(np.arange(len(truth)) % 5 > 0, _honest().label, "spam")))
    assert "It is worse, and not by bad luck." in found["linear machine"].words and found["linear machine"].is_fine
    weak = np.where(np.arange(len(truth)) % 5 > 0, truth, ~truth)  # a machine that is wrong about every fifth
    better = linear_distance(truth, truth, weak.astype(float), resamples=40)
    assert better.low > 0 and better.only_right == (weak != truth).sum() and better.only_linear == 0 and better.p_value < 0.001
    assert not distance_finding(better, 100).is_fine and "not by luck" in distance_finding(better, 100).words
    for low, high in ((0.01, 0.1), (-0.1, -0.01)):  # four messages may be luck
        few = distance_finding(replace(better, low=low, high=high, only_right=4, only_linear=0, p_value=0.125), 100)
        assert few.is_fine and "cannot be told apart" in few.words
    _, found = _judged(_honest().assign(prediction="ham"))
    assert not found["linear machine"].is_fine and "cannot be compared" in found["linear machine"].words
    assert "undefined: only one class" in found["undefined scores"].words and "no column of probabilities" in found["undefined scores"].words
    only = distance_finding(replace(better, linear=np.nan, mcc=np.nan), 100).words
    assert "has no MCC here" in only and "only one class is asked" in only
