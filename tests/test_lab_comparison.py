"""Exported from nbs/proofs/lab_comparison.ipynb: change it there, then export."""

import json
import tempfile
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.baselines import character_svm, one_rule
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus, read_corpus
from spam_rnn.evaluation import SCORES, calibration_error, evaluate
from spam_rnn.lab.comparison import (
    compare,
    draw_share,
    fit_timed,
    judge_on_split,
    parameters,
    scores_on,
    seeded_clone,
    split_once,
)
from spam_rnn.lab.experiment import StaleRuns
from spam_rnn.lab.runs import read_runs
from spam_rnn.split import split_corpus
from spam_rnn.tables.messages import Reading


class _Watched(ClassifierMixin, BaseEstimator):
    "Says always the same, writes down what it was given, and breaks if told to."

    given: list = []

    def __init__(self, answer="ham", breaks_at=None, random_state=None):
        self.answer, self.breaks_at, self.random_state = answer, breaks_at, random_state

    def fit(self, X, y, *, validation=None):
        if self.random_state == self.breaks_at:
            raise RuntimeError("broken on purpose")
        self.given.append((self.random_state, len(X), len(y), len(validation[0])))
        return self

    def predict(self, X):
        return np.array([self.answer] * len(X))


def _made_up_corpus(sha256="0" * 64):
    sample = load_corpus("sample")
    return Reading(pd.concat([sample[sample.label == label].iloc[:50] for label in ("ham", "spam")]), None, "", sha256)


def test_compare_does_not_repeat_what_is_there():
    reading, watched = _made_up_corpus(), {"watched": _Watched()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new" / "runs.jsonl"
        _Watched.given.clear()
        first = compare(watched, path, reading, seeds=(0, 1), progress=False)
        assert [run[0] for run in _Watched.given] == [0, 1]  # the seed of the split is the classifier's, too
        assert _Watched.given[0][1:] == (first.sizes[0][0], first.sizes[0][0], first.sizes[0][1])
        again = compare(watched, path, reading, seeds=(1, 2), progress=False)
        assert [run[0] for run in _Watched.given] == [0, 1, 2] and again.seed.tolist() == [1, 2]
        pd.testing.assert_series_equal(again.iloc[0], first.iloc[1], check_names=False)
        assert len(read_runs(path)) == 3


def test_compare_repeats_what_is_stale():
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        path, reading = Path(folder) / "runs.jsonl", _made_up_corpus()
        compare({"watched": _Watched()}, path, reading, seeds=(0, 1), progress=False)
        changed = compare({"watched": _Watched("spam")}, path, reading, seeds=(0,), progress=False)
        assert changed.spam_caught.tolist() == [1] and [r["scores"]["tp"] > 0 for r in read_runs(path)] == [True, False]
        assert [w.category for w in said if w.category is StaleRuns] == [StaleRuns]
        half = compare({"watched": _Watched()}, path, reading, seeds=(0,), train_share=0.5, progress=False)  # another, not newer
        compare({"watched": _Watched()}, path, _made_up_corpus("1" * 64), seeds=(0,), progress=False)
        assert len(read_runs(path)) == 4 and len([w for w in said if w.category is StaleRuns]) == 1
        assert half.name.tolist() == ["watched, 50 %"] and half.train_share.tolist() == [0.5]
        assert half.changes[0] == {"classifier": "watched", "train_share": 0.5} and half.parameters[0]["train_share"] == 0.5


def test_compare_writes_nothing_half():
    with tempfile.TemporaryDirectory() as folder:
        path, reading = Path(folder) / "runs.jsonl", _made_up_corpus()
        raises(RuntimeError, compare, {"watched": _Watched(breaks_at=1)}, path, reading, seeds=(0, 1), progress=False)
        assert [run["seed"] for run in read_runs(path)] == [0] and path.read_bytes().endswith(b"}\n")  # what was done is kept


def test_compare_goes_split_by_split_and_names_what_made_it():
    with tempfile.TemporaryDirectory() as folder:
        estimators = {"rule": one_rule(), "ham": _Watched(), "spam": _Watched("spam")}
        table = compare(estimators, Path(folder) / "runs.jsonl", _made_up_corpus(), seeds=(3, 1), progress=False, command="this test")
        assert list(zip(table.seed, table.name)) == [(seed, name) for seed in (3, 1) for name in estimators]
        assert set(table.command) == {"this test"} and set(table.sha256) == {"0" * 64}
        by_name = table.set_index("name")
        assert (by_name.spam_caught["ham"] == 0).all() and (by_name.spam_caught["spam"] == 1).all() and (by_name.mcc["ham"] == 0).all()


def test_processes_give_the_same_table():
    with tempfile.TemporaryDirectory() as folder:
        both = [
            compare({"rule": one_rule()}, Path(folder) / f"{n}.jsonl", _made_up_corpus(), seeds=range(3), n_jobs=n, progress=False)
            for n in (1, 2)
        ]
        pd.testing.assert_frame_equal(*(table.drop(columns="seconds") for table in both))


def test_parameters_are_everything_but_the_seed():
    told = parameters(SpamClassifier(epochs=3, random_state=7))
    assert set(told) == {"estimator", *SpamClassifier().get_params()} - {"random_state"} and told["epochs"] == 3
    assert told == json.loads(json.dumps(told)) and told["estimator"] == "SpamClassifier"
    assert parameters(SpamClassifier(random_state=1)) == parameters(SpamClassifier(random_state=2))
    inside = parameters(make_pipeline(FunctionTransformer(len), one_rule()))
    assert inside["functiontransformer__func"] == "len" and inside["pipeline"] == "Pipeline"
    assert not [name for name in inside if "random_state" in name]
    assert parameters(character_svm())["linearsvc__C"] == 5  # those of estimators inside, too


def test_every_seed_inside_is_set():
    seeded = seeded_clone(make_pipeline(one_rule(), _Watched(random_state=4)), 9).get_params()
    seeds = {value for name, value in seeded.items() if name.split("__")[-1] == "random_state"}
    assert seeds == {9}
    original = _Watched(random_state=4)
    assert seeded_clone(original, 9) is not original and original.random_state == 4


def test_a_split_is_made_once_and_is_the_right_one():
    messages, calls = _made_up_corpus().messages, []

    def counted(messages, random_state):
        calls.append(random_state)
        return split_corpus(messages, random_state=random_state)

    with mock.patch.dict(split_once.__globals__, {"split_corpus": counted, "_latest": {}}):
        first, again = split_once(messages, 1), split_once(messages.copy(), 1)
        assert calls == [1] and again is first
        other = split_once(messages, 2)
        swapped = messages.assign(label=messages.label.to_numpy()[::-1])
        split_once(swapped, 2)
        assert calls == [1, 2, 2] and not other.test.equals(first.test)
    pd.testing.assert_frame_equal(first.test, split_corpus(messages, random_state=1).test)


def test_a_small_share_is_contained_in_a_larger():
    messages = _made_up_corpus().messages
    small, large = (draw_share(messages, share, seed=3) for share in (0.1, 0.5))
    assert set(small.index) < set(large.index) and draw_share(messages, 1.0, seed=3) is messages
    assert small.label.value_counts().to_dict() == {"ham": 5, "spam": 5} and len(large) == 50
    assert set(small.index) != set(draw_share(messages, 0.1, seed=4).index)
    for share in (0, 1.5):
        assert "train_share" in str(raises(ValueError, draw_share, messages, share, 3))


def test_answers_and_probabilities_are_judged():
    rng = np.random.default_rng(0)
    targets, probability = rng.random(200) < 0.2, rng.random(200)

    class Fixed(BaseEstimator):
        classes_ = np.array(["ham", "spam"])

        def predict(self, X):
            return np.where(probability > 0.7, "spam", "ham")

    class Sure(Fixed):
        def predict_proba(self, X):
            return np.column_stack([1 - probability, probability])

    class Reversed(Sure):
        classes_ = np.array(["spam", "the other"])

        def predict_proba(self, X):
            return np.column_stack([probability, 1 - probability])

    expected = evaluate(targets, probability, 0.7, resamples=0)
    for estimator in (Fixed(), Sure(), Reversed()):
        scores = scores_on(estimator, [""] * 200, targets, "spam")
        assert all(scores[name] == expected[name] for name in (*SCORES, "tn", "fp", "fn", "tp") if name != "pr_auc")
        assert "interval" not in scores and "recall" not in scores
        if estimator.__class__ is not Fixed:
            assert scores["pr_auc"] == expected["pr_auc"] and scores["calibration_error"] == calibration_error(targets, probability)
    none = scores_on(Fixed(), [""] * 200, targets, "spam")
    assert none["pr_auc"] is None and none["calibration_error"] is None


def test_fitting_is_timed_and_validation_given_to_those_who_take_it():
    messages = _made_up_corpus().messages
    _Watched.given.clear()
    ticks = iter([1.0, 3.5])
    with mock.patch("time.perf_counter", lambda: next(ticks)):
        assert fit_timed(_Watched(random_state=5), messages[:60], messages[60:67]) == 2.5
    assert _Watched.given == [(5, 60, 60, 7)]
    fit_timed(one_rule(), messages, messages[:0])  # takes none


def test_who_is_judged_has_not_seen_the_test_part():
    class Remembers(_Watched):
        def fit(self, X, y, *, validation=None):
            Remembers.seen = set(X) | set(validation[0])
            return self

        def predict(self, X):
            Remembers.asked = list(X)
            return np.array(["spam"] * len(X))

    messages = _made_up_corpus().messages.iloc[20:]  # 30 ham, 50 spam
    judged = judge_on_split(Remembers(), messages, 2)
    split = split_corpus(messages, random_state=2)
    assert Remembers.asked == split.test.text.tolist() and Remembers.seen == set(split.train.text) | set(split.valid.text)
    assert judged["sizes"] == [len(part) for part in vars(split).values()] and judged["train_share"] == 1.0
    assert judged["scores"]["tp"] == (split.test.label == "spam").sum() and judged["scores"]["fn"] == 0
    few = judge_on_split(Remembers(), messages, 2, train_share=0.5)
    assert few["sizes"][2] == judged["sizes"][2] and 0.4 < few["sizes"][0] / judged["sizes"][0] < 0.6
    other = judge_on_split(Remembers("ham"), messages.assign(label=messages.label.replace("spam", "junk")), 2, pos_label="junk")
    assert other["scores"]["fn"] == (split.test.label == "spam").sum()


@needs_corpus("uci")
def test_the_reference_has_the_numbers_that_are_committed():
    import spam_rnn

    committed = Path(spam_rnn.__file__).parent.parent / "results" / "ladder.jsonl"
    (old,) = (run for run in read_runs(committed) if (run["name"], run["seed"]) == ("character SVM", 0))
    with tempfile.TemporaryDirectory() as folder:
        compare({"character SVM": character_svm()}, Path(folder) / "runs.jsonl", read_corpus("uci"), seeds=(0,), progress=False)
        (new,) = read_runs(Path(folder) / "runs.jsonl")
    assert {key: new[key] for key in ("scores", "parameters", "sizes", "sha256")} == {
        key: old[key] for key in ("scores", "parameters", "sizes", "sha256")
    }
