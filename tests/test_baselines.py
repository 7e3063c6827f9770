"""Exported from nbs/05_baselines.ipynb and nbs/proofs/05_baselines.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

import spam_rnn
from spam_rnn.authoring.testing import needs_corpus
from spam_rnn.baselines import (
    ShuffledWords,
    character_svm,
    ladder,
    longest_digit_run,
    one_rule,
    shuffle_words,
    text_length,
)
from spam_rnn.corpus import read_corpus
from spam_rnn.lab.comparison import compare, parameters
from spam_rnn.lab.runs import read_runs
from spam_rnn.text import tokenize, tokenize_all


def test_one_rule_asks_for_the_longest_run_of_digits():
    assert longest_digit_run(["call 08 or 12345", "no", ""]).ravel().tolist() == [5, 0, 0]
    assert text_length(["four", ""]).ravel().tolist() == [4, 0]


def test_shuffling_keeps_every_token_and_is_repeatable():
    text = "Call me when you get home!"
    shuffled = [shuffle_words(text, seed) for seed in range(5)]
    assert all(sorted(tokenize(s)) == sorted(tokenize(text)) for s in shuffled) and len(set(shuffled)) > 1
    assert shuffle_words(text, 3) == shuffled[3]


def test_measures_see_what_they_say():
    assert text_length(["", "four", "a b"]).tolist() == [[0], [4], [3]]
    assert longest_digit_run(["", "none", "7", "08 157 22", "a12345b678"]).tolist() == [[0], [0], [1], [3], [5]]


def test_one_rule_catches_digit_runs():
    spam, ham = ["call 08081570999 now", "text WIN to 80081"], ["see you at 8", "room 12, 3rd floor", "ok", "by 10:30"]
    rule = one_rule().fit((spam + ham) * 3, (["spam"] * 2 + ["ham"] * 4) * 3)
    assert rule.predict(["prize! 0808 157", "lunch at 12?", ""]).tolist() == ["spam", "ham", "ham"]


_TEXTS = [f"win a prize number {n}, call 0808{n} now to claim" for n in range(10)] + [
    f"see you at {n} near the station, bring the book" for n in range(20)
]
_LABELS = ["spam"] * 10 + ["ham"] * 20


def test_every_rung_is_a_classifier_of_raw_texts():
    for name, estimator in ladder().items():
        for labels in (np.array(_LABELS), pd.Series(_LABELS), np.array(_LABELS) == "spam"):
            fitted = clone(estimator).fit(_TEXTS, labels)
            answers = fitted.predict(["claim your prize, call 08081570999", "see you at the station", ""])
            assert len(answers) == 3 and set(answers) <= set(labels), name
            if name not in ("everything ham", "length alone"):
                assert answers[:2].tolist() == [labels[0], labels[29]], name
        assert repr(clone(estimator)) == repr(estimator), name


def test_a_ladder_is_new_each_time():
    first, second = ladder(), ladder()
    assert list(first) == list(second) and all(first[name] is not second[name] for name in first)


@needs_corpus("uci")
def test_the_reference_has_the_numbers_that_are_committed():
    reading, name = read_corpus("uci"), "character SVM"
    committed = Path(spam_rnn.__file__).parent.parent / "results" / "ladder.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        new = compare({name: character_svm()}, Path(folder) / "runs.jsonl", reading, seeds=(0,)).iloc[0]
    (old,) = (run for run in read_runs(committed) if run["name"] == name and run["seed"] == 0)
    assert new.mcc == old["scores"]["mcc"] and new.sha256 == old["sha256"]


def test_shuffling_keeps_every_token():
    texts = ["Call 0808 157 NOW &amp; win!! don't wait", "ok :)", "", "one"]
    for seed in range(5):
        shuffled = [shuffle_words(text, seed) for text in texts]
        assert [sorted(t) for t in tokenize_all(shuffled)] == [sorted(t) for t in tokenize_all(texts)]
    assert shuffle_words(texts[0], 1) == shuffle_words(texts[0], 1) != shuffle_words(texts[0], 2)


def test_who_does_not_look_at_order_does_not_notice():
    def answers(estimator):
        return estimator.fit(_TEXTS, _LABELS).predict_proba(_TEXTS)

    class Shuffled(ShuffledWords):
        def predict_proba(self, X):
            return self.estimator_.predict_proba(self._shuffle(X))

    words, pairs = (make_pipeline(CountVectorizer(ngram_range=(n, n)), MultinomialNB()) for n in (1, 2))
    assert np.allclose(answers(words), answers(Shuffled(words)))
    assert not np.allclose(answers(pairs), answers(Shuffled(pairs)))


def test_shuffled_words_shuffle_validation_too():
    class Remembers(ClassifierMixin, BaseEstimator):
        def fit(self, X, y, *, validation=None):
            self.seen_, self.classes_ = (X, validation), np.unique(y)
            return self

    train, valid = "a b c d e f g", "h i j k l m"
    fitted = ShuffledWords(Remembers(), random_state=1).fit([train], ["ham"], validation=([valid], ["spam"]))
    assert fitted.estimator_.seen_ == ([shuffle_words(train, 1)], ([shuffle_words(valid, 1)], ["spam"]))
    without = ShuffledWords(one_rule()).fit(_TEXTS, _LABELS, validation=(_TEXTS, _LABELS))  # it takes no validation
    assert without.classes_.tolist() == ["ham", "spam"]


def test_every_rung_is_set_as_in_the_committed_results():
    committed = Path(spam_rnn.__file__).parent.parent / "results" / "ladder.jsonl"
    settings = {run["name"]: run["parameters"] for run in read_runs(committed)}
    for name, rung in ladder().items():
        for key, value in parameters(rung).items():
            assert settings[name].get(key) == value, (name, key, value, settings[name].get(key))


def test_length_alone_may_ask_three_times_and_one_rule_once():
    texts = ["x" * n for n in range(1, 81)]
    bands = [label for label in ("ham", "spam", "ham", "spam") for _ in range(20)]
    rungs = ladder()
    assert rungs["length alone"].fit(texts, bands).score(texts, bands) == 1
    digits = ["1" * n for n in range(1, 81)]
    assert 0.5 < rungs["one rule"].fit(digits, bands).score(digits, bands) < 1


def test_the_token_svm_reads_the_tokens_of_chapter_1():
    text = "CALL Now on 0808157 &amp; win £1!!"
    tokens = tokenize_all([text])[0]
    assert "call" in tokens and ladder()["token SVM"][0].build_tokenizer()(text) == tokens
