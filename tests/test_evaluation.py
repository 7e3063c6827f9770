"""Exported from nbs/08_evaluation.ipynb and nbs/proofs/08_evaluation.ipynb: change it there, then export."""

import ast
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

import spam_rnn
from spam_rnn.authoring.testing import raises
from spam_rnn.evaluation import (
    SCORES,
    best_threshold,
    calibration_error,
    corrected_interval,
    evaluate,
    final_evaluation,
    random_test_message,
    reliability,
    score_table,
    scores_from_counts,
    wilson_interval,
)
from spam_rnn.split import Split


def test_what_reaches_the_threshold_is_spam():
    at = evaluate([True, False, True], [0.6, 0.6, 0.5], threshold=0.6, resamples=0)
    assert (at["tn"], at["fp"], at["fn"], at["tp"]) == (0, 1, 1, 1)


def test_the_middle_of_the_widest_range_is_taken():
    assert np.isclose(best_threshold([False, True, False, True], [0.1, 0.3, 0.5, 0.9]), 0.7)
    assert np.isclose(best_threshold([False, True], [0.2, 0.6]), 0.4)
    assert best_threshold([False, False], [0.2, 0.6]) == 0.5


def _answers(n=500, seed=0):
    rng = np.random.default_rng(seed)
    targets = rng.random(n) < 0.15
    return targets, np.clip(targets * 0.5 + rng.normal(0.25, 0.2, n), 0, 1)


def test_scores_are_those_of_scikit_learn():
    targets, probability = _answers()
    for threshold in (0.2, 0.5, 0.8):
        scores, predicted = evaluate(targets, probability, threshold, resamples=0), probability >= threshold
        for name, function in {
            "accuracy": sklearn_metrics.accuracy_score,
            "precision": sklearn_metrics.precision_score,
            "spam_caught": sklearn_metrics.recall_score,
            "f1": sklearn_metrics.f1_score,
            "mcc": sklearn_metrics.matthews_corrcoef,
        }.items():
            assert abs(scores[name] - function(targets, predicted)) < 1e-12, name
        assert abs(scores["blocked_ham"] - predicted[~targets].mean()) < 1e-12
        assert abs(scores["pr_auc"] - sklearn_metrics.average_precision_score(targets, probability)) < 1e-12
        assert scores["tn"] + scores["fp"] + scores["fn"] + scores["tp"] == 500
        counts = {name: scores[name] for name in ("tn", "fp", "fn", "tp")}
        assert scores_from_counts(**counts) == {name: scores[name] for name in SCORES if name != "pr_auc"}


def test_undefined_scores_are_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        never = evaluate([True, False, False], [0.1, 0.2, 0.3], resamples=20)
        assert never["precision"] is None and never["mcc"] is None and never["interval"]["precision"] is None
        assert never["spam_caught"] == 0 and never["accuracy"] == 2 / 3
        no_spam = evaluate([False, False], [0.1, 0.9], resamples=20)
        assert no_spam["spam_caught"] is None and no_spam["pr_auc"] is None and no_spam["blocked_ham"] == 0.5


def test_bad_input_is_named():
    assert "one length" in str(raises(ValueError, evaluate, [True], [0.1, 0.2]))
    assert "one length" in str(raises(ValueError, evaluate, np.array([], dtype=bool), []))
    assert "one length" in str(raises(ValueError, evaluate, [[True]], [[0.1]]))
    two_columns = np.array([[0.9, 0.1], [0.2, 0.8]])
    for judge in (evaluate, best_threshold, reliability, calibration_error):
        for row, probability in (
            (1, [0.1, 1.2]), (0, [-0.1, 0.2]), (1, [0.1, math.nan]), (1, [0.1, math.inf]), (0, ["0.1", "0.2"]), (1, [0.1, "0.2"]), (0, np.array(["0.1", "0.2"])),
            (1, np.array([0.1, "0.2"], dtype=object)), (1, [0.1, None]), (1, pd.array([0.1, None], dtype="Float64")), (0, [b"0.1", b"0.2"]), (0, [1j, 0.2]), (0, [{}, {}]),
            (0, np.array(["2026-01-01"] * 2, dtype="datetime64[D]")),
        ):  # fmt: skip
            error = str(raises(ValueError, judge, [True, False], probability))
            assert error.startswith("probability must hold numbers in [0, 1]; row ") and (f"row {row} is" in error or "row 0 is '0.1'" in error), error
        for probability in ([0.1], [0.1, 0.2, 0.3], [], two_columns, 0.5, None):
            error = str(raises(ValueError, judge, [True, False], probability))
            assert "must be of one length" in error and ("spam_probability" in error) == (probability is two_columns), error
        judge([True, False], [1, 0]), judge([True, False], pd.Series([0.9, 0.1], index=["a", "b"])), judge([1, 0], np.array([0.9, 0.1], dtype=np.float16))
    assert evaluate([True, False], [True, False], resamples=0) == evaluate([True, False], [1.0, 0.0], resamples=0)
    for resamples in (-1, 1.5, "3", None):
        assert "resamples must be a whole number" in str(raises(ValueError, evaluate, [True, False], [0.1, 0.2], resamples=resamples))
    for threshold in (60, -0.1, math.nan, "0.5", None):
        assert "threshold must be in [0, 1]" in str(raises(ValueError, evaluate, [True, False], [0.1, 0.2], threshold))
    for level in (95, 0, 1, "0.95", math.nan):
        assert "level" in str(raises(ValueError, evaluate, [True, False], [0.1, 0.2], level=level))


def test_targets_that_are_not_true_or_false_are_refused():
    for targets in (["ham", "spam"], np.array(["ham", "spam"], dtype=object), [0, 2], [-1, 1], [0.5, 1], [math.nan, 1], [None, True]):
        assert "targets must be true or false" in str(raises(ValueError, evaluate, targets, [0.1, 0.9], resamples=0))
    expected = evaluate([False, True], [0.1, 0.9], resamples=0)
    for targets in ([0, 1], [0.0, 1.0], np.array([False, True])):
        assert evaluate(targets, [0.1, 0.9], resamples=0) == expected


def test_intervals_hold_the_score_and_shrink_with_data():
    widths = []
    for n in (200, 3200):
        scores = evaluate(*_answers(n), resamples=300)
        for name, (low, high) in scores["interval"].items():
            assert low <= scores[name] <= high, name
        widths.append(np.diff(scores["interval"]["accuracy"])[0])
    assert 2.5 < widths[0] / widths[1] < 6.5  # 16 times the data, a quarter of the width
    narrow, wide = (np.diff(evaluate(*_answers(), level=level, resamples=300)["interval"]["f1"])[0] for level in (0.5, 0.99))
    assert narrow < wide
    assert evaluate(*_answers(), resamples=50) == evaluate(*_answers(), resamples=50)
    assert evaluate(*_answers(), resamples=50) != evaluate(*_answers(), resamples=50, random_state=1)
    assert set(evaluate(*_answers(), resamples=0)["interval"].values()) == {None}


def test_intervals_are_the_percentiles_of_their_level():
    targets, probability = _answers(200)
    said, rng = probability >= 0.5, np.random.default_rng(4)
    draws = [rng.integers(200, size=200) for _ in range(200)]
    drawn = [sklearn_metrics.matthews_corrcoef(targets[rows], said[rows]) for rows in draws]
    for level, ends in ((0.95, (2.5, 97.5)), (0.8, (10, 90)), (0.5, (25, 75))):
        found = evaluate(targets, probability, level=level, resamples=200, random_state=4)["interval"]["mcc"]
        assert np.allclose(found, np.percentile(drawn, ends), atol=1e-12)
    default = evaluate(targets, probability, resamples=200, random_state=4)["interval"]["mcc"]
    assert np.allclose(default, np.percentile(drawn, (2.5, 97.5)), atol=1e-12)


def test_the_table_holds_every_score():
    table = score_table(evaluate([True, False, False], [0.1, 0.2, 0.3], resamples=20))
    assert len(table) == len(SCORES) and table.score["precision"] == "undefined" and table.interval["MCC"] == "none"
    assert table.score["accuracy"] == "0.6667" and " to " in table.interval["accuracy"]
    kinds = score_table(evaluate(*_answers(), resamples=20)).method
    shares = ["accuracy", "precision", "spam caught (recall)", "blocked ham"]
    assert kinds.to_dict() == {name: "Wilson" if name in shares else "bootstrap" for name in table.index}
    assert table.method["MCC"] == "" and table.method["accuracy"] == "Wilson"


def _wilson_by_hand(count, total, level=0.95):
    share, z = count / total, stats.norm.ppf((1 + level) / 2)
    reach = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return [(share + z**2 / (2 * total) - reach) / (1 + z**2 / total), (share + z**2 / (2 * total) + reach) / (1 + z**2 / total)]


def test_a_share_has_wilson_s_interval():
    for level in (0.8, 0.95):
        found = evaluate(*_answers(), 0.5, level, resamples=20)
        tn, fp, fn, tp = (found[name] for name in ("tn", "fp", "fn", "tp"))
        for name, counts in {"accuracy": (tp + tn, 500), "precision": (tp, tp + fp), "spam_caught": (tp, tp + fn), "blocked_ham": (fp, fp + tn)}.items():
            assert np.isclose(found[name], counts[0] / counts[1]) and np.allclose(found["interval"][name], _wilson_by_hand(*counts, level)), name
            assert np.allclose(wilson_interval(*counts, level), _wilson_by_hand(*counts, level))


def test_nothing_of_many_is_no_certainty():
    all_right = evaluate([False] * 30 + [True] * 10, [0.1] * 30 + [0.9] * 10)
    low, high = all_right["interval"]["blocked_ham"]
    assert low == 0 and 0.11 < high < 0.12 and 0.7 < all_right["interval"]["spam_caught"][0] < 0.75
    assert score_table(all_right).interval["blocked ham"] == "0.0000 to 0.1135"
    no_spam = evaluate([False, False], [0.1, 0.9], resamples=20)["interval"]
    assert no_spam["spam_caught"] is None and no_spam["accuracy"] == no_spam["blocked_ham"] != [0.0, 1.0]


def _resampled_differences(splits, seed, size=500):
    "Squared error of saying 0 minus that of saying the training mean, on random splits of one made-up corpus."
    rng = np.random.default_rng(seed)
    corpus = rng.normal(0.5, 1, size)
    shuffled = rng.permuted(np.tile(corpus, (splits, 1)), axis=1)
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
    assert all(best >= (evaluate(targets, probability, t, resamples=0)["mcc"] or 0) for t in np.linspace(0.01, 0.99, 99))
    assert abs(best_threshold([False, True], [0.2, 0.6]) - 0.4) < 1e-12
    assert best_threshold([False, False], [0.2, 0.6]) == 0.5


def test_calibration_error_by_hand():
    assert calibration_error([True, True, False, False], [1.0, 1.0, 0.0, 0.0]) == 0
    assert calibration_error([True, False, False, False], [0.75] * 4) == 0.5  # a quarter came true, three were promised
    found = calibration_error([True, False, True], [0.9, 0.92, 0.1], bins=2)  # two bins: |0.91 - 0.5| and |0.1 - 1|
    assert abs(found - (2 * 0.41 + 0.9) / 3) < 1e-12


def test_calibration_agrees_with_scikit_learn():
    targets, probability = _answers(2000)
    prob_true, prob_pred = calibration_curve(targets, probability, n_bins=10)
    table = reliability(targets, probability)
    assert np.allclose(table.prob_true, prob_true) and np.allclose(table.prob_pred, prob_pred)
    assert table.messages.sum() == 2000 and list(table.index) == list(range(10))
    assert list(reliability([True, False], [1.0, 0.05]).index) == [0, 9]


def test_calibrated_answers_have_a_small_error():
    rng = np.random.default_rng(0)
    probability = rng.random(20_000)
    targets = rng.random(20_000) < probability
    assert calibration_error(targets, probability) < 0.02 < calibration_error(targets, probability**3)
    assert "bins" in str(raises(ValueError, calibration_error, targets, probability, bins=0))


def test_the_test_part_is_read_in_one_place_only():
    package, readers = Path(spam_rnn.__file__).parent, []
    for path in package.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Attribute) and node.attr == "test" and getattr(node.value, "id", "") == "split":
                        readers.append((path.relative_to(package).as_posix(), function.name))
    outside = {(path, name) for path, name in readers if not path.startswith(("lab/", "exercises/"))}
    asked = {("evaluation.py", "final_evaluation"), ("evaluation.py", "random_test_message")}
    judges = {("referee.py", "parts_of_split"), ("doctor.py", "train_reference")}  # of others' answers; of the sample, to compare computers
    assert outside == asked | judges, outside
    assert readers.count(("evaluation.py", "final_evaluation")) == 1
    assert {name for path, name in readers if path.startswith("lab/")} == {"judge_on_split", "judge_variation", "judge_elsewhere", "_fitted"}, readers


def test_validation_is_done_before_the_test_is_opened():
    class Oracle:
        classes_, threshold_, asked = np.array(["ham", "spam"]), 0.5, []

        def predict_proba(self, texts):
            self.asked.append(list(texts))
            return np.array([[0.1, 0.9] if "win" in text else [0.8, 0.2] for text in texts])

    def part(*texts):
        return pd.DataFrame({"text": texts, "label": ["spam" if "win" in text else "ham" for text in texts]})

    oracle, split = Oracle(), Split(part("a"), part("win", "b"), part("c", "win", "d"))
    final = final_evaluation(oracle, split, resamples=0)
    assert oracle.asked == [["win", "b"], ["c", "win", "d"]]  # each part once, training never
    assert final.valid["accuracy"] == final.test["accuracy"] == 1 and final.test["tn"] == 2
    assert final.test_targets.tolist() == [False, True, False] and final.valid_probability.tolist() == [0.9, 0.2]
    assert {random_test_message(split, seed).text for seed in range(30)} == {"c", "win", "d"}
