"""Exported from nbs/08_evaluation.ipynb: change it there, then export."""

import ast
import math
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn import metrics as sklearn_metrics
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import calibration_curve

import spam_rnn
from spam_rnn.corpus import Reading, load_corpus
from spam_rnn.exporting import raises
from spam_rnn.split import Split

from spam_rnn.evaluation import (
    SCORES,
    _draw_share,
    _reliability,
    _scores_on,
    _write_runs,
    best_threshold,
    calibration_error,
    compare,
    corrected_interval,
    evaluate,
    final_evaluation,
    plot_calibration,
    plot_confusion,
    plot_history,
    plot_precision_recall,
    read_runs,
)


def _answers(n=500, seed=0):
    dice = np.random.default_rng(seed)
    targets = dice.random(n) < 0.15
    return targets, np.clip(targets * 0.5 + dice.normal(0.25, 0.2, n), 0, 1)


def test_scores_are_those_of_scikit_learn():
    targets, probability = _answers()
    for threshold in (0.2, 0.5, 0.8):
        scores, predicted = evaluate(targets, probability, threshold, resamples=0), probability >= threshold
        for name, function in {
            "accuracy": sklearn_metrics.accuracy_score,
            "precision": sklearn_metrics.precision_score,
            "recall": sklearn_metrics.recall_score,
            "spam_caught": sklearn_metrics.recall_score,
            "f1": sklearn_metrics.f1_score,
            "mcc": sklearn_metrics.matthews_corrcoef,
        }.items():
            assert abs(scores[name] - function(targets, predicted)) < 1e-12, name
        assert abs(scores["blocked_ham"] - predicted[~targets].mean()) < 1e-12
        assert abs(scores["pr_auc"] - sklearn_metrics.average_precision_score(targets, probability)) < 1e-12
        assert scores["tn"] + scores["fp"] + scores["fn"] + scores["tp"] == 500


def test_undefined_scores_are_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        never = evaluate([True, False, False], [0.1, 0.2, 0.3], resamples=20)
        assert never["precision"] is None and never["mcc"] is None and never["interval"]["precision"] is None
        assert never["recall"] == 0 and never["accuracy"] == 2 / 3
        no_spam = evaluate([False, False], [0.1, 0.9], resamples=20)
        assert no_spam["recall"] is None and no_spam["pr_auc"] is None and no_spam["blocked_ham"] == 0.5


def test_intervals_hold_the_score_and_shrink_with_data():
    widths = []
    for n in (200, 3200):
        scores = evaluate(*_answers(n), resamples=300)
        for name, (low, high) in scores["interval"].items():
            assert low <= scores[name] <= high, name
        widths.append(np.diff(scores["interval"]["accuracy"])[0])
    assert 2.5 < widths[0] / widths[1] < 6.5  # 16 times the data, a quarter of the width
    narrow, wide = (
        np.diff(evaluate(*_answers(), level=level, resamples=300)["interval"]["f1"])[0] for level in (0.5, 0.99)
    )
    assert narrow < wide
    assert evaluate(*_answers(), resamples=50) == evaluate(*_answers(), resamples=50)


def test_bad_input_is_named():
    assert "one length" in str(raises(ValueError, evaluate, [True], [0.1, 0.2]))
    assert "one length" in str(raises(ValueError, evaluate, [], []))
    assert "[0, 1]" in str(raises(ValueError, evaluate, [True, False], [0.1, 1.2]))
    assert "[0, 1]" in str(raises(ValueError, evaluate, [True, False], [0.1, math.nan]))
    assert "level" in str(raises(ValueError, evaluate, [True, False], [0.1, 0.2], level=95))


def _resampled_differences(splits, seed, size=500):
    "Squared error of saying 0 minus that of saying the training mean, on random splits of one made-up corpus."
    dice = np.random.default_rng(seed)
    corpus = dice.normal(0.5, 1, size)
    shuffled = dice.permuted(np.tile(corpus, (splits, 1)), axis=1)
    train, test = shuffled[:, : int(0.7 * size)], shuffled[:, -int(0.2 * size) :]
    return (test**2).mean(axis=1) - ((test - train.mean(axis=1, keepdims=True)) ** 2).mean(axis=1)


def _coverage(splits, corrected, worlds=400, size=500):
    "How often the interval holds the truth."
    truth, held = 0.5**2 - 1 / (0.7 * size), 0
    for world in range(worlds):
        differences = _resampled_differences(splits, world, size)
        if corrected:
            _, low, high = corrected_interval(differences, 0.7, 0.2)
        else:
            low, high = stats.t.interval(0.95, splits - 1, differences.mean(), stats.sem(differences))
        held += low <= truth <= high
    return held / worlds


def test_corrected_interval_by_hand():
    mean, low, high = corrected_interval([0.01, 0.02, 0.03], 70, 20)  # variance 0.0001; t is 4.302653 for 2 degrees
    reach = 4.302653 * math.sqrt((1 / 3 + 2 / 7) * 0.0001)
    assert abs(mean - 0.02) < 1e-12 and abs(low - (0.02 - reach)) < 1e-8 and abs(high - (0.02 + reach)) < 1e-8
    naive = stats.t.interval(0.9, 2, 0.02, stats.sem([0.01, 0.02, 0.03]))
    nearly_all = corrected_interval([0.01, 0.02, 0.03], 1, 1e-12, level=0.9)  # almost nothing to test on: no correction
    assert np.allclose(nearly_all[1:], naive)
    assert corrected_interval([0.5, 0.5], 0.7, 0.2) == (0.5, 0.5, 0.5)


def test_corrected_interval_holds_the_truth_and_the_naive_one_does_not():
    assert 0.92 < _coverage(20, corrected=True) < 0.99
    assert _coverage(20, corrected=False) < 0.75


def test_corrected_interval_names_what_is_wrong():
    for differences in ([], [0.1], [0.1, math.nan], [[0.1, 0.2]]):
        assert "differences" in str(raises(ValueError, corrected_interval, differences, 0.7, 0.2))
    assert "test_size" in str(raises(ValueError, corrected_interval, [0.1, 0.2], 0.7, 0))
    assert "level" in str(raises(ValueError, corrected_interval, [0.1, 0.2], 0.7, 0.2, level=95))


def test_best_threshold_is_best():
    targets, probability = _answers()
    chosen = best_threshold(targets, probability)
    best = evaluate(targets, probability, chosen, resamples=0)["mcc"]
    assert all(
        best >= (evaluate(targets, probability, t, resamples=0)["mcc"] or 0) for t in np.linspace(0.01, 0.99, 99)
    )
    assert abs(best_threshold([False, True], [0.2, 0.6]) - 0.4) < 1e-12
    assert best_threshold([False, False], [0.2, 0.6]) == 0.5


def test_plots_are_drawn_even_in_odd_cases():
    for targets in ([True, False, False], [False, False, False]):
        probability = [0.9, 0.2, 0.1]
        plot_confusion(evaluate(targets, probability, resamples=0)).canvas.draw()
        plot_precision_recall(targets, probability, 0.5).canvas.draw()
    plot_history(pd.DataFrame({"train_loss": [1.0]}, index=[1])).canvas.draw()
    texts = [t.get_text() for ax in plot_confusion({"tn": 90, "fp": 10, "fn": 1, "tp": 3}).axes for t in ax.texts]
    assert texts == ["90", "10", "1", "3", "90.00 %", "10.00 %", "25.00 %", "75.00 %"]


def test_calibration_error_by_hand():
    assert calibration_error([True, True, False, False], [1.0, 1.0, 0.0, 0.0]) == 0
    assert calibration_error([True, False, False, False], [0.75] * 4) == 0.5  # a quarter came true, three were promised
    found = calibration_error([True, False, True], [0.9, 0.92, 0.1], bins=2)  # two drawers: |0.91 - 0.5| and |0.1 - 1|
    assert abs(found - (2 * 0.41 + 0.9) / 3) < 1e-12


def test_calibration_agrees_with_scikit_learn():
    targets, probability = _answers(2000)
    true_share, mean_said = calibration_curve(targets, probability, n_bins=10)
    table = _reliability(targets, probability, 10)
    assert np.allclose(table.came_true, true_share) and np.allclose(table.said, mean_said)
    assert table.messages.sum() == 2000


def test_calibrated_answers_have_a_small_error():
    dice = np.random.default_rng(0)
    probability = dice.random(20_000)
    targets = dice.random(20_000) < probability
    assert calibration_error(targets, probability) < 0.02 < calibration_error(targets, probability**3)
    assert "bins" in str(raises(ValueError, calibration_error, targets, probability, bins=0))
    plot_calibration([True, False], [1.0, 0.2]).canvas.draw()


def test_the_test_part_is_read_in_one_place_only():
    package, readers = Path(spam_rnn.__file__).parent, []
    for path in package.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if (
                        isinstance(node, ast.Attribute)
                        and node.attr == "test"
                        and getattr(node.value, "id", "") == "split"
                    ):
                        readers.append(function.name)
    assert set(readers) == {"final_evaluation", "random_test_message", "compare"}, readers
    assert readers.count("final_evaluation") == 1


def test_validation_is_done_before_the_test_is_opened():
    class Oracle:
        classes_, threshold_, asked = np.array(["ham", "spam"]), 0.5, []

        def predict_proba(self, texts):
            self.asked.append(list(texts))
            return np.array([[0.1, 0.9] if "win" in text else [0.8, 0.2] for text in texts])

    def part(*texts):
        return pd.DataFrame({"text": texts, "label": ["spam" if "win" in text else "ham" for text in texts]})

    oracle = Oracle()
    final = final_evaluation(oracle, Split(part("a"), part("win", "b"), part("c", "win", "d")), resamples=0)
    assert oracle.asked == [["win", "b"], ["c", "win", "d"]]  # each part once, training never
    assert final.valid["accuracy"] == final.test["accuracy"] == 1 and final.test["tn"] == 2


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
        first = compare(watched, path, reading, seeds=(0, 1))
        assert [run[0] for run in _Watched.given] == [0, 1]  # the seed of the split is the classifier's, too
        assert _Watched.given[0][1:] == (first.sizes[0][0], first.sizes[0][0], first.sizes[0][1])
        again = compare(watched, path, reading, seeds=(1, 2))
        assert [run[0] for run in _Watched.given] == [0, 1, 2] and again.seed.tolist() == [1, 2]
        pd.testing.assert_series_equal(again.iloc[0], first.iloc[1], check_names=False)
        assert len(read_runs(path)) == 3


def test_compare_repeats_what_is_stale():
    with tempfile.TemporaryDirectory() as folder:
        path, reading = Path(folder) / "runs.jsonl", _made_up_corpus()
        compare({"watched": _Watched()}, path, reading, seeds=(0, 1))
        changed = compare({"watched": _Watched("spam")}, path, reading, seeds=(0,))
        assert changed.spam_caught.tolist() == [1] and [r["tp"] > 0 for r in read_runs(path)] == [True, False]
        compare({"watched": _Watched()}, path, reading, seeds=(0,), train_share=0.5)  # these two are others, not newer
        compare({"watched": _Watched()}, path, _made_up_corpus("1" * 64), seeds=(0,))
        assert len(read_runs(path)) == 4


def test_compare_writes_nothing_half():
    with tempfile.TemporaryDirectory() as folder:
        path, reading = Path(folder) / "runs.jsonl", _made_up_corpus()
        raises(RuntimeError, compare, {"watched": _Watched(breaks_at=1)}, path, reading, seeds=(0, 1))
        whole = path.read_bytes()
        assert [run["seed"] for run in read_runs(path)] == [0] and whole.endswith(b"}\n")  # what was done is kept
        raises(ValueError, _write_runs, path, [{"mcc": math.nan}, *read_runs(path)])
        assert path.read_bytes() == whole and [p.name for p in path.parent.iterdir()] == [path.name]
        path.write_bytes(whole + whole[:20])  # a line that somebody else broke
        assert "line 2" in str(raises(ValueError, compare, {"watched": _Watched()}, path, reading, seeds=(0,)))


def test_a_small_share_is_contained_in_a_larger():
    messages = _made_up_corpus().messages
    small, large = (_draw_share(messages, share, seed=3) for share in (0.1, 0.5))
    assert set(small.index) < set(large.index) and _draw_share(messages, 1.0, seed=3) is messages
    assert small.label.value_counts().to_dict() == {"ham": 5, "spam": 5} and len(large) == 50
    for share in (0, 1.5):
        assert "train_share" in str(raises(ValueError, _draw_share, messages, share, 3))


def test_compare_judges_answers_and_probabilities():
    dice = np.random.default_rng(0)
    targets, probability = dice.random(200) < 0.2, dice.random(200)

    class Fixed(BaseEstimator):
        classes_ = np.array(["ham", "spam"])

        def predict(self, X):
            return np.where(probability > 0.7, "spam", "ham")

    class Sure(Fixed):
        def predict_proba(self, X):
            return np.column_stack([1 - probability, probability])

    expected = evaluate(targets, probability, 0.7, resamples=0)
    for estimator in (Fixed(), Sure()):
        scores = _scores_on(estimator, [""] * 200, targets, "spam")
        assert all(scores[name] == expected[name] for name in (*SCORES, "tn", "fp", "fn", "tp") if name != "pr_auc")
    assert scores["pr_auc"] == expected["pr_auc"] and scores["calibration_error"] == calibration_error(targets, probability)
    none = _scores_on(Fixed(), [""] * 200, targets, "spam")
    assert none["pr_auc"] is None and none["calibration_error"] is None
