"""Exported from nbs/02_split.ipynb: change it there, then export."""

from collections import Counter

import numpy as np
import pandas as pd

from spam_rnn.corpus import load_corpus
from spam_rnn.exporting import needs_corpus, raises

from spam_rnn.split import _five_grams, fold, near_duplicate_groups, split_corpus


def _groups_by_definition(texts, similarity=0.8):
    "Near-duplicates straight from the definition: all pairs, then chains."
    folded = [fold(text) for text in texts]
    pieces = [_five_grams(f) for f in folded]
    group = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            if folded[i] == folded[j] or len(pieces[i] & pieces[j]) >= similarity * len(pieces[i] | pieces[j]):
                old, new = group[i], group[j]
                group = [new if g == old else g for g in group]
    return np.array(group)


def _same_partition(a, b):
    return len(set(zip(a, b))) == len(set(a)) == len(set(b))


def test_fold_drops_case_digits_and_punctuation():
    assert fold("Call 0808 NOW!!") == fold("call  1919 now.") == "call 0000 now"
    assert fold("?!") == ""


def test_groups_are_those_of_the_definition():
    sample = load_corpus("sample")
    copies = pd.concat([sample[sample.label == "spam"], sample.iloc[:250]]).text.tolist()
    assert _same_partition(near_duplicate_groups(copies), _groups_by_definition(copies))


def test_groups_at_exactly_the_threshold():
    letters = "".join(np.random.default_rng(0).choice(list("abcdefghijklmnopqrstuvwxyz"), size=100))
    for n in range(20, 80, 4):  # a text and its beginning: n - 4 of their 5-grams are shared, a fifth of the longer's are not
        assert len(set(near_duplicate_groups([letters[: n + n // 4 - 1], letters[:n]]))) == 1
        assert len(set(near_duplicate_groups([letters[: n + n // 4], letters[:n]]))) == 2


def test_chains_and_small_inputs():
    words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen".split()
    chain = [" ".join([*words[:i], "changed", *words[i + 1 :]]) for i in (0, 16)] + [" ".join(words)]
    assert len(set(near_duplicate_groups(chain))) == 1  # the first two meet through the third
    assert near_duplicate_groups([]).tolist() == []
    assert near_duplicate_groups(["a"]).tolist() == [0]
    assert len(set(near_duplicate_groups(["a", "b", "A!", "", "?"]))) == 3


@needs_corpus("uci")
def test_groups_of_the_real_corpus():
    sizes = Counter(near_duplicate_groups(load_corpus("uci").text.tolist()).tolist())
    assert (len(sizes), max(sizes.values())) == (4996, 30)


def _corpus(n=400, spam=0.13, seed=0):
    "Messages of random words, some of them copied with other digits."
    dice = np.random.default_rng(seed)
    words = [f"{a}{b}{c}" for a in "bdfgklmn" for b in "aeiou" for c in "prstvz"]
    texts = [" ".join(dice.choice(words, size=12)) for _ in range(n)]
    for i in range(0, n // 4):
        texts[n - 1 - i] = texts[i // 2] + f" {dice.integers(10)}"
    labels = np.where(np.arange(n) % round(1 / spam) == 0, "spam", "ham")
    for i in range(0, n // 4):
        labels[n - 1 - i] = labels[i // 2]
    return pd.DataFrame({"text": texts, "label": labels}, index=pd.RangeIndex(1, n + 1, name="row"))


def test_sizes_and_strata_hold():
    messages = _corpus()
    for seed in range(5):
        split = split_corpus(messages, random_state=seed)
        for part, size in zip((split.train, split.valid, split.test), (0.7, 0.1, 0.2)):
            assert abs(len(part) - size * len(messages)) <= 2, (len(part), size)
            spam = (messages.label == "spam").sum()
            assert abs((part.label == "spam").sum() - size * spam) <= 2
    skewed = split_corpus(messages, sizes=(0.2, 0.3, 0.5))
    assert len(skewed.train) < len(skewed.valid) < len(skewed.test)


def test_every_row_is_in_exactly_one_part():
    messages = _corpus()
    for options in ({}, {"stratify": False}, {"group": None}):
        split = split_corpus(messages, **options)
        rows = [*split.train.index, *split.valid.index, *split.test.index]
        assert sorted(rows) == messages.index.tolist()
        assert split.test.loc[split.test.index[0]].equals(messages.loc[split.test.index[0]])


def test_near_duplicates_stay_on_one_side():
    messages = _corpus()
    crossing = {}
    for group in ("near-duplicates", None):
        split = split_corpus(messages, group=group)
        parts = pd.concat([part.text.map(fold) for part in (split.train, split.valid, split.test)], keys=range(3))
        groups = near_duplicate_groups(parts.tolist())
        crossing[group] = pd.Series(parts.index.get_level_values(0)).groupby(groups).nunique().max()
    assert crossing["near-duplicates"] == 1
    assert crossing[None] > 1  # the check can fail


def test_the_seed_decides():
    messages = _corpus()
    first, again, other = (split_corpus(messages, random_state=seed).test.index.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_groups_of_several_may_land_anywhere():
    messages = _corpus()
    several = pd.Series(near_duplicate_groups(messages.text.tolist()), index=messages.index)
    several = several[several.map(several.value_counts()) > 1]
    shares = [
        np.mean([several.index.isin(part.index).mean() for part in (split_corpus(messages, random_state=seed).test,)])
        for seed in range(30)
    ]
    assert 0.15 < np.mean(shares) < 0.25  # a fifth of them on average: neither always in training nor never


def test_bad_arguments_are_named():
    messages = _corpus(40)
    for sizes in ((0.7, 0.3), (0.7, 0.2, 0.2), (1, 0, 0), (1.1, -0.2, 0.1)):
        assert "sizes" in str(raises(ValueError, split_corpus, messages, sizes=sizes))
    assert "group" in str(raises(ValueError, split_corpus, messages, group="copies"))
    assert "too few" in str(raises(ValueError, split_corpus, messages.head(5)))


@needs_corpus("uci")
def test_real_split_is_70_10_20():
    messages = load_corpus("uci")
    split = split_corpus(messages)
    assert [len(part) for part in (split.train, split.valid, split.test)] == [3902, 558, 1114]
    assert [(part.label == "spam").sum() for part in (split.train, split.valid, split.test)] == [523, 75, 149]
