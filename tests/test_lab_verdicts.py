"""Exported from nbs/behind/lab_verdicts.ipynb and nbs/proofs/lab_verdicts.ipynb: change it there, then export."""

from functools import cache
from unittest.mock import patch

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.corpus import load_corpus
from spam_rnn.evaluation import scores_from_counts
from spam_rnn.lab.verdicts import corrected_p_value, judge_pairs, paired_differences, spread_of, verdicts_on
from spam_rnn.near_duplicates import near_duplicate_groups
from spam_rnn.split import stratified_group_split


def _runs(shift, noise, seed=0, splits=20):
    rng = np.random.default_rng(seed)
    level = 0.95 + 0.01 * rng.standard_normal(splits)
    rows = []
    for i in range(splits):
        rows.append({"name": "reference", "seed": i, "scores": {"mcc": level[i]}, "sizes": [700, 100, 200], "seconds": 2.0})
        other = level[i] + shift + noise * rng.standard_normal()
        rows.append({"name": "other", "seed": i, "scores": {"mcc": other}, "sizes": [700, 100, 200], "seconds": 3.0})
    return rows


def test_verdicts_follow_the_rule():
    def verdict(shift, noise, **more):
        return judge_pairs(paired_differences(_runs(shift, noise, **more), "reference")).loc["other"]

    assert verdict(-0.05, 0.01).verdict == "matters" and verdict(0.05, 0.01).verdict == "matters"
    assert verdict(0.0, 0.002).verdict == "no difference" and verdict(0.0, 0.0).verdict == "no difference"
    assert verdict(0.0, 0.1).verdict == "cannot tell" and verdict(-0.05, 0.01, splits=19).verdict == "only 19 pairs"
    assert verdict(0.0, 0.0).time == 1.5 and verdict(0.0, 0.0).p == 1


def test_p_values_agree_with_the_interval_and_with_an_uncorrected_test():
    from scipy import stats
    from spam_rnn.evaluation import corrected_interval

    values = np.random.default_rng(1).normal(0.01, 0.02, 20)
    p = corrected_p_value(values, 0.7, 0.2)
    for level in (1 - p - 1e-6, 1 - p + 1e-6):  # the interval of level 1 - p ends at zero
        _, low, high = corrected_interval(values, 0.7, 0.2, level)
        assert (low > 0) == (level < 1 - p)
    assert abs(corrected_p_value(values, 1, 1e-12) - stats.ttest_1samp(values, 0).pvalue) < 1e-6


def test_many_questions_are_paid_for():
    rows = _runs(-0.012, 0.01)
    alone = judge_pairs(paired_differences(rows, "reference")).p["other"]
    crowd = [row | {"name": f"{row['name']} {i}"} for i in range(9) for row in rows if row["name"] == "other"]
    together = judge_pairs(paired_differences([*rows, *crowd], "reference")).p["other"]
    assert 0 < alone < 0.1 and abs(together - min(1, 10 * alone)) < 1e-12


def test_where_exams_differ_both_are_judged_on_the_careful_part():
    rows = _runs(-0.3, 0.0)
    for row in rows:
        if row["name"] == "other":
            row["careful"] = {"scores": {"mcc": 0.9}, "reference": {"mcc": 0.8}, "messages": 50, "spam": 9}
    pairs = paired_differences(rows, "reference")
    np.testing.assert_allclose(pairs.mcc, 0.1)
    assert (pairs.test == 50).all() and (pairs.train == 700).all() and pairs.log_loss.isna().all()


def test_the_spread_is_taken_apart():
    rng, rows = np.random.default_rng(0), []
    splits, names = 0.03 * rng.standard_normal(400), 0.02 * rng.standard_normal(60)
    for i, split in enumerate(splits):
        for j, name in enumerate(names):
            rows.append({"name": str(j), "seed": i, "scores": {"mcc": split + name + 0.01 * rng.standard_normal()}})
    found = spread_of(rows)
    assert abs(found.split - 0.03) < 0.003 and abs(found.decision - 0.02) < 0.005 and abs(found.rest - 0.01) < 0.001


def test_some_rows_are_cited_as_they_were_judged_among_all():
    scores = {"spam_caught": 0.9, "blocked_ham": 0.0, "log_loss": 0.1}
    rng, rows = np.random.default_rng(0), []
    for name, gain in (("the reference", 0.0), ("case: kept", 0.1), ("a, b: c", 0.0), ("case: all", -0.1)):
        rows += [{"name": name, "seed": seed, "scores": {"mcc": 0.8 + gain + rng.normal(0, 0.01)} | scores, "sizes": [70, 10, 20], "seconds": 1.0} for seed in range(20)]
    with patch(f"{verdicts_on.__module__}.read_runs", lambda path: rows):
        found, all_rows = verdicts_on("case"), judge_pairs(paired_differences(rows, "the reference"))
        assert found.index.tolist() == ["case: kept", "case: all"] and found.verdict.tolist() == ["matters", "matters"]
        assert found["from"].tolist() == all_rows.mcc_low[found.index].round(3).tolist() and found.MCC.iloc[0] > 0.09
        assert verdicts_on("a, b").verdict.tolist() == ["cannot tell"] or verdicts_on("a, b").verdict.tolist() == ["no difference"]
        assert "no run about colour" in str(raises(ValueError, verdicts_on, "colour", "case"))


def _mcc(targets, answers):
    count = [int(((targets == t) & (answers == a)).sum()) for t, a in ((0, 0), (0, 1), (1, 0), (1, 1))]
    return scores_from_counts(*count)["mcc"]


@cache
def _verdicts(experiments=20, splits=20):
    messages = load_corpus("uci")
    groups, targets = near_duplicate_groups(messages.text.tolist()), (messages.label == "spam").to_numpy()
    words = CountVectorizer(ngram_range=(1, 2), dtype=np.int32).fit_transform(messages.text)
    found = []
    for experiment in range(experiments):
        rows = []
        for seed in range(1000 + experiment * splits, 1000 + (experiment + 1) * splits):
            rng, part = np.random.default_rng(seed), stratified_group_split(messages.label, groups, (0.7, 0.1, 0.2), seed)
            train, test = np.flatnonzero(part == 0), part == 2
            answers = {}
            for name in ("reference", "placebo"):
                some = rng.permutation(train)[: len(train) * 9 // 10]
                answers[name] = MultinomialNB(alpha=0.1).fit(words[some], targets[some]).predict(words[test])
            answers["effect"] = answers["reference"] & (rng.random(test.sum()) > 1 / 12)
            for name, answer in answers.items():
                scores = {"mcc": _mcc(targets[test], answer)}
                rows.append({"name": name, "seed": seed, "scores": scores, "sizes": [len(train), 0, int(test.sum())], "seconds": 1.0})
        found.append(judge_pairs(paired_differences(rows, "reference")).verdict)
    return pd.DataFrame(found)


@needs_corpus("uci")
def test_a_planted_effect_is_found_and_a_placebo_is_not():
    verdicts = _verdicts()
    assert (verdicts.effect == "matters").sum() >= 19
    assert (verdicts.placebo != "matters").sum() >= 19
    assert (verdicts.placebo == "no difference").sum() >= 10  # and that is not for lack of sight
