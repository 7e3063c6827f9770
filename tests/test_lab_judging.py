"""Exported from nbs/proofs/lab_judging.ipynb: change it there, then export."""

import os
import pickle
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.baselines import ShuffledWords, ladder
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus
from spam_rnn.lab import judging
from spam_rnn.lab.judging import (
    answers_of,
    build,
    describe,
    judge_on_folds,
    judge_on_test,
    judge_on_validation,
    named_classifiers,
    pooled_scores,
    reading_of,
)
from spam_rnn.near_duplicates import near_duplicate_groups
from spam_rnn.split import split_corpus, stratified_group_split


def test_changes_describe_a_classifier():
    gru = build({"cell": "gru", "train_share": 0.5, "folds": 3})
    assert type(gru) is SpamClassifier and gru.cell == "gru" and gru.get_params() == SpamClassifier(cell="gru").get_params()
    assert set(named_classifiers()) == {*ladder(), "calibrated SVM", "SpamClassifier", "BagOfEmbeddings", "BesideNgrams", "OpenForgetGate", "CarriedState", "PretrainedReader"}
    for name, estimator in named_classifiers().items():
        assert str(build({"classifier": name})) == str(estimator) and type(build({"classifier": name})) is type(estimator)
    shuffled = build({"classifier": "BesideNgrams", "threshold": 0.4, "shuffled": True})
    assert type(shuffled) is ShuffledWords and shuffled.estimator.threshold == 0.4 and type(shuffled.estimator).__name__ == "BesideNgrams"
    assert type(build({"shuffled": False})) is SpamClassifier
    error = str(raises(ValueError, build, {"classifier": "oracle"}))
    assert "'oracle'" in error and "word SVM" in error
    assert "cells" in str(raises(ValueError, build, {"cells": "gru"}))


def test_a_run_is_described_before_it_is_made():
    told, sha256 = describe("any", {"classifier": "BagOfEmbeddings", "epochs": 2, "train_share": 0.5}, corpus="sample", split_seed=7)
    assert (told["estimator"], told["epochs"], told["train_share"], told["split_seed"]) == ("BagOfEmbeddings", 2, 0.5, 7)
    assert "folds" not in told and describe("any", {"folds": 3}, "sample")[0]["folds"] == 3
    assert sha256 == reading_of("sample").sha256 and len(sha256) == 64
    for work in (judge_on_test, judge_on_validation, judge_on_folds):
        assert pickle.loads(pickle.dumps(work)) is work  # by its name, as another process needs it


def test_a_corpus_is_read_again_only_if_it_has_changed():
    sample = load_corpus("sample")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.csv"
        sample[["label", "text"]].head(60).to_csv(path, index=False, encoding="utf-8")
        first = reading_of(path)
        assert reading_of(path) is first
        sample[["label", "text"]].head(70).to_csv(path, index=False, encoding="utf-8")
        os.utime(path, ns=(1, 1))
        assert len(reading_of(path).messages) == 70 and reading_of(path).sha256 != first.sha256


_QUICK = {"epochs": 3, "hidden_size": 8, "embedding_size": 8, "patience": 1}


def test_the_kept_epoch_is_judged_on_validation():
    split = split_corpus(reading_of("sample").messages, random_state=4)
    fitted = SpamClassifier(**_QUICK, random_state=4).fit(
        split.train.text, split.train.label, validation=(split.valid.text, split.valid.label)
    )
    kept = fitted.history_.loc[fitted.best_epoch_]
    found = judge_on_validation("quick", _QUICK, 4, corpus="sample")
    assert found["scores"] == {"valid_loss": round(kept.valid_loss, 5), "valid_mcc": round(kept.valid_mcc, 4)}
    assert found["sizes"] == [len(split.train), len(split.valid)] and found["seconds"] > 0


def test_a_share_is_learned_from_and_the_test_part_judged():
    found = {share: judge_on_test("any", {"classifier": "naive Bayes", "train_share": share}, 4, corpus="sample") for share in (0.5, 1.0)}
    assert found[0.5]["train_share"] == 0.5 and found[0.5]["sizes"][2] == found[1.0]["sizes"][2]
    assert found[0.5]["sizes"][0] < 0.6 * found[1.0]["sizes"][0]
    assert found[1.0] | {"seconds": 0} == judge_on_test("any", {"classifier": "naive Bayes"}, 4, "sample") | {"seconds": 0}


class _Remembers(ClassifierMixin, BaseEstimator):
    log: list = []

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen = list(X)
        return self

    def predict_proba(self, X):
        self.log.append((self.random_state, self.seen, list(X)))
        return np.tile([0.35, 0.65], (len(X), 1))


class _RemembersMore(_Remembers):
    def fit(self, X, y, *, validation):
        self.valid = list(validation[0])
        super().fit(X, y)
        self.seen = self.seen + self.valid
        assert len(self.valid) < len(X) / 4
        return self


def test_each_fold_is_judged_by_who_has_not_seen_it():
    split = split_corpus(reading_of("sample").messages, random_state=100)
    pool = pd.concat([split.train, split.valid])
    groups = near_duplicate_groups(pool.text)
    for kind in (_Remembers, _RemembersMore):
        _Remembers.log.clear()
        with mock.patch.object(judging, "named_classifiers", lambda: {"SpamClassifier": kind()}):
            found = judge_on_folds("any", {"folds": 3}, 6, corpus="sample")
        fold = stratified_group_split(pool.label, groups, (1 / 3,) * 3, 6)
        assert [seed for seed, _, _ in _Remembers.log] == [6, 6, 6]
        for here, (_, seen, asked) in enumerate(_Remembers.log):
            assert asked == pool.text[fold == here].tolist() and sorted(seen) == sorted(pool.text[fold != here])
        spam = (pool.label == "spam").to_numpy()
        assert found["sizes"] == [len(pool)] and found["scores"]["false_alarms"] == (~spam).sum() and found["scores"]["misses"] == 0
        assert abs(found["scores"]["valid_loss"] + np.log(np.where(spam, 0.65, 0.35)).mean()) < 1e-4


def test_five_folds_of_split_100_unless_told_otherwise():
    _Remembers.log.clear()
    with mock.patch.object(judging, "named_classifiers", lambda: {"SpamClassifier": _Remembers()}):
        default = judge_on_folds("any", {}, 6, corpus="sample")
        assert len(_Remembers.log) == 5
        others = [text for _, _, asked in _Remembers.log for text in asked]
        _Remembers.log.clear()
        judge_on_folds("any", {}, 6, corpus="sample", split_seed=101)
        assert sorted(others) != sorted(text for _, _, asked in _Remembers.log for text in asked)
    assert default["seconds"] >= 0


def test_pooled_scores_by_hand():
    targets = np.array([True, True, True, True, False, False, False, False])
    probability = np.array([0.9, 0.65, 0.55, 0.2, 0.55, 0.1, 0.1, 0.1])
    scores = pooled_scores(targets, probability, answers_only=False)
    assert (scores["false_alarms"], scores["misses"]) == (1, 1) and scores["valid_mcc"] == 0.5
    assert scores["valid_mcc_at_60"] == round(8 / np.sqrt(2 * 6 * 4 * 4), 4) and scores["valid_mcc_at_70"] == round(4 / np.sqrt(7 * 16), 4)
    assert scores["valid_loss"] == round(-np.log([0.9, 0.65, 0.55, 0.2, 0.45, 0.9, 0.9, 0.9]).mean(), 4)
    only = pooled_scores(targets, (probability > 0.5).astype(float), answers_only=True)
    assert only["valid_mcc"] == 0.5 and only["valid_loss"] is only["valid_mcc_at_60"] is only["valid_mcc_at_70"] is None
    assert pooled_scores(targets, np.full(8, 0.5), False)["false_alarms"] == 4  # at the threshold is above it


def test_answers_are_probabilities_if_there_are_any():
    rule = build({"classifier": "word SVM"}).fit(["win", "see you"] * 9, ["spam", "ham"] * 9)
    assert answers_of(rule, ["win", "see you"]).tolist() == [1.0, 0.0]
    bayes = build({"classifier": "naive Bayes"}).fit(["win", "see you"] * 9, ["a spam", "ham"] * 9)
    assert np.allclose(answers_of(bayes, ["win"], "a spam"), bayes.predict_proba(["win"])[:, 0])


@needs_corpus("uci")
def test_the_first_line_of_the_attempts_is_made_again():
    found = judge_on_folds("any", {"classifier": "character SVM", "folds": 3}, 100)
    assert found["sizes"] == [4460] and (found["scores"]["valid_mcc"], found["scores"]["false_alarms"], found["scores"]["misses"]) == (0.956, 6, 39)
