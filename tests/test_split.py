"""Exported from nbs/02_split.ipynb and nbs/proofs/02_split.ipynb: change it there, then export."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd

from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.corpus import load_corpus
from spam_rnn.near_duplicates import canonical_text, near_duplicate_groups
from spam_rnn.split import _group_table, _whole_sizes, check_sizes, split_corpus, stratified_group_split


def test_sizes_hold_in_each_class_where_singles_can_fill_up():
    labels = ["a"] * 60 + ["b"] * 40
    groups = [n // 2 if n % 60 < 20 else 100 + n for n in range(100)]  # in each class, ten pairs, then singles
    part = stratified_group_split(labels, groups, (0.5, 0.3, 0.2), 0)
    assert pd.crosstab(labels, part).to_numpy().tolist() == [[30, 18, 12], [20, 12, 8]]
    assert pd.Series(part).groupby(groups).nunique().max() == 1


@needs_corpus("uci")
def test_real_split_is_70_10_20():
    split = split_corpus(load_corpus("uci"))
    assert [len(part) for part in (split.train, split.valid, split.test)] == [3902, 558, 1114]
    assert [(part.label == "spam").sum() for part in (split.train, split.valid, split.test)] == [523, 75, 149]


def corpus_with_copies(n=400, spam=0.13, seed=0):
    "Messages of random words; a quarter of them are copies, with other digits, of an eighth."
    rng = np.random.default_rng(seed)
    words = [f"{a}{b}{c}" for a in "bdfgklmn" for b in "aeiou" for c in "prstvz"]
    texts = [" ".join(rng.choice(words, size=12)) for _ in range(n)]
    for i in range(0, n // 4):
        texts[n - 1 - i] = texts[i // 2] + f" {rng.integers(10)}"
    labels = np.where(np.arange(n) % round(1 / spam) == 0, "spam", "ham")
    for i in range(0, n // 4):
        labels[n - 1 - i] = labels[i // 2]
    return pd.DataFrame({"text": texts, "label": labels}, index=pd.RangeIndex(1, n + 1, name="row"))


def test_sizes_and_strata_hold():
    messages = corpus_with_copies()
    for seed in range(5):
        split = split_corpus(messages, random_state=seed)
        for part, size in zip((split.train, split.valid, split.test), (0.7, 0.1, 0.2)):
            assert abs(len(part) - size * len(messages)) <= 2, (len(part), size)
            spam = (messages.label == "spam").sum()
            assert abs((part.label == "spam").sum() - size * spam) <= 2
    skewed = split_corpus(messages, sizes=(0.2, 0.3, 0.5))
    assert len(skewed.train) < len(skewed.valid) < len(skewed.test)


def test_without_strata_chance_decides_the_share_of_spam():
    messages = corpus_with_copies()
    spam = [(split_corpus(messages, stratify=False, random_state=seed).test.label == "spam").sum() for seed in range(12)]
    assert max(spam) - min(spam) > 4


def test_every_row_is_in_exactly_one_part():
    messages = corpus_with_copies()
    for options in ({}, {"stratify": False}, {"group": None}):
        split = split_corpus(messages, **options)
        rows = [*split.train.index, *split.valid.index, *split.test.index]
        assert sorted(rows) == messages.index.tolist()
        assert split.test.loc[split.test.index[0]].equals(messages.loc[split.test.index[0]])
        for part in (split.train, split.valid, split.test):
            assert part.equals(messages.loc[part.index]) and part.index.is_monotonic_increasing


def test_whole_sizes_sum_to_the_whole():
    assert _whole_sizes(747, (0.7, 0.1, 0.2)).tolist() == [523, 75, 149]
    assert _whole_sizes(10, (0.7, 0.1, 0.2)).tolist() == [7, 1, 2]  # 10 * (0.7 + 0.1) is not 8 in binary
    assert _whole_sizes(5, (0.7, 0.3)).tolist() == [4, 1]  # 5 * 0.7 is a half, and goes to the even number; in binary it is less
    assert _whole_sizes(10, (1 / 3, 1 / 3, 1 / 3)).tolist() == [3, 4, 3]
    assert _whole_sizes(0, (0.5, 0.5)).tolist() == [0, 0]
    for n in range(200):
        for sizes in ((0.7, 0.1, 0.2), (0.15, 0.15, 0.7), (0.9, 0.1), (1 / 7,) * 7):
            whole = _whole_sizes(n, sizes)
            assert whole.sum() == n and (np.abs(whole - n * np.array(sizes)) <= 1).all()


def test_near_duplicates_stay_on_one_side():
    messages = corpus_with_copies()
    crossing = {}
    for group in ("near-duplicates", None):
        split = split_corpus(messages, group=group)
        parts = pd.concat([part.text.map(canonical_text) for part in (split.train, split.valid, split.test)], keys=range(3))
        groups = near_duplicate_groups(parts.tolist())
        crossing[group] = pd.Series(parts.index.get_level_values(0)).groupby(groups).nunique().max()
    assert crossing["near-duplicates"] == 1
    assert crossing[None] > 1  # the check can fail


def test_a_group_has_the_label_of_most_of_its_rows():
    table = _group_table(["b", "a", "b", "a", "c", "c", "b"], [7, 7, 7, 5, 5, 5, 1])
    assert table.index.tolist() == [1, 5, 7] and table.rows.tolist() == [1, 3, 3]
    assert table.label.tolist() == ["b", "c", "b"]
    assert _group_table(["b", "a"], ["x", "x"]).label.tolist() == ["a"]  # equally frequent: the first by name
    assert _group_table([True, False, True], [0, 0, 0]).label.tolist() == [True]


def test_a_group_that_fits_nowhere_goes_where_there_is_room():
    for seed in range(20):
        part = stratified_group_split([0] * 12, [0] * 9 + [1, 2, 3], (0.4, 0.4, 0.2), seed)
        assert len(set(part[:9])) == 1
        assert sorted(np.bincount(part, minlength=3))[-1] == 9  # the singles fill the other two
    big = {stratified_group_split([0] * 12, [0] * 9 + [1, 2, 3], (0.4, 0.4, 0.2), seed)[0] for seed in range(40)}
    assert big == {0, 1, 2}
    for seed in range(20):  # five rows are too many for each part, and the second five find the first part overfull
        part = stratified_group_split([0] * 12, [0] * 5 + [1] * 5 + [2, 3], (1 / 3, 1 / 3, 1 / 3), seed)
        assert part[0] != part[5] and sorted(np.bincount(part)) == [2, 5, 5]


def test_a_group_goes_where_it_fits():
    for seed in range(30):
        part = stratified_group_split([0] * 10, [0] * 5 + [1, 2, 3, 4, 5], (0.6, 0.2, 0.2), seed)
        assert part[0] == 0 and np.bincount(part).tolist() == [6, 2, 2]


def test_the_seed_decides():
    messages = corpus_with_copies()
    first, again, other = (split_corpus(messages, random_state=seed).test.index.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_every_stratum_is_shuffled():
    labels, groups = np.repeat(list("abc"), 40), np.arange(120)
    last = sum(stratified_group_split(labels, groups, (0.75, 0.25), seed) for seed in range(60))
    for label in "abc":  # how often was each row of a class in the last part?
        times = last[labels == label]
        assert times.sum() == 60 * 10
        assert (times > 0).all() and times.max() < 30, (label, times)  # each of the 40 about 15 times of 60


def test_strata_are_not_shuffled_alike():
    labels, groups = np.repeat(list("ab"), 40), np.arange(80)
    part = stratified_group_split(labels, groups, (0.5, 0.5), 0)
    assert 8 < (part[:40] == part[40:]).sum() < 32


def test_groups_compete_in_random_order():
    groups = [0] * 4 + [1] * 4 + [2, 3]  # a group of four fits into the first part only, and only once
    parts = [stratified_group_split([0] * 10, groups, (0.4, 0.3, 0.3), seed) for seed in range(60)]
    assert all((part[0] == 0) != (part[4] == 0) for part in parts)
    assert 15 < sum(part[0] == 0 for part in parts) < 45


def test_groups_of_several_may_land_anywhere():
    messages = corpus_with_copies()
    several = pd.Series(near_duplicate_groups(messages.text.tolist()), index=messages.index)
    several = several[several.map(several.value_counts()) > 1]
    shares = [several.index.isin(split_corpus(messages, random_state=seed).test.index).mean() for seed in range(30)]
    assert 0.15 < np.mean(shares) < 0.25  # a fifth of them on average: neither always in training nor never


def test_odds_are_in_proportion_to_room():
    groups = [0, 0, *range(1, 19)]
    landed = [stratified_group_split([0] * 20, groups, (0.6, 0.3, 0.1), seed)[0] for seed in range(200)]
    assert (np.abs(np.bincount(landed, minlength=3) - [120, 60, 20]) < [25, 22, 15]).all()


def test_a_split_is_the_same_tomorrow():
    labels, groups = list("bbbbbbaaaaaaaaaa"), [9, 9, 9, 8, 8, 7, 0, 0, 1, 1, 2, 3, 4, 5, 6, 10]
    expected = [0, 0, 0, 2, 2, 1, 1, 1, 0, 0, 0, 2, 1, 2, 0, 0]
    assert stratified_group_split(labels, groups, (0.5, 0.25, 0.25), 3).tolist() == expected
    backwards = stratified_group_split(labels[::-1], groups[::-1], (0.5, 0.25, 0.25), 3)
    assert backwards.tolist() == expected[::-1]  # order of rows doesn't count
    named = stratified_group_split(labels, [f"g{group:02}" for group in groups], (0.5, 0.25, 0.25), 3)
    assert named.tolist() == expected
    apart = [group + (900 if label == "a" else 100) for label, group in zip(labels, groups)]  # b's groups come first now
    assert stratified_group_split(labels, apart, (0.5, 0.25, 0.25), 3).tolist() == expected
    numbers = np.where(np.array(labels) == "a", 10, 2)  # as names, 10 comes before 2, as a before b
    assert stratified_group_split(numbers, groups, (0.5, 0.25, 0.25), 3).tolist() == expected


def test_rows_are_told_by_place_and_classes_by_value():
    labels, groups = list("bbbbaaaa"), [0, 1, 2, 3, 4, 5, 6, 6]
    expected = stratified_group_split(labels, groups, (0.5, 0.5), 0).tolist()
    columns = pd.Series(labels, index=range(10, 18)), pd.Series(groups, index=range(17, 9, -1))
    assert stratified_group_split(*columns, (0.5, 0.5), 0).tolist() == expected  # whatever their row numbers are
    mixed = stratified_group_split(["1", 1] * 20, range(40), (0.5, 0.5), 0)  # a text and a number are two classes
    assert np.bincount(mixed[::2]).tolist() == np.bincount(mixed[1::2]).tolist() == [10, 10]


def test_the_default_seed_is_that_of_the_assignment():
    messages = corpus_with_copies(60)
    assert split_corpus(messages).test.equals(split_corpus(messages, random_state=1234).test)


def test_a_part_is_a_table_of_its_own():
    messages = corpus_with_copies(40)
    split = split_corpus(messages)
    split.train.loc[split.train.index[0], "text"] = "changed"
    assert not (messages.text == "changed").any()
    raises(FrozenInstanceError, setattr, split, "train", split.test)


def test_bad_arguments_are_named():
    messages = corpus_with_copies(40)
    for sizes in ((0.7, 0.3), (0.7, 0.2, 0.2), (0.6, 0.2, 0.1), (1, 0, 0), (1.1, -0.2, 0.1)):
        assert "sizes" in str(raises(ValueError, split_corpus, messages, sizes=sizes))
    assert "3 positive fractions" in str(raises(ValueError, check_sizes, (0.25,) * 4, 3))
    assert check_sizes((0.1,) * 10, 10) is None  # their sum is 0.9999999999999999
    for group in ("copies", "near-duplicate"):  # the remedy is not what was refused
        assert str(raises(ValueError, split_corpus, messages, group=group)) == f"group must be 'near-duplicates' or None, not {group!r}"
    assert "too few" in str(raises(ValueError, split_corpus, messages.head(9)))
    assert len(split_corpus(messages.head(10)).test) == 2


def test_rows_without_a_text_or_a_label_are_named():
    messages = corpus_with_copies(40).reset_index(drop=True).rename(index=lambda row: row + 100)
    messages = messages.assign(label=messages.label.astype(object), text=messages.text.astype(object))
    for missing in (None, math.nan, pd.NA, pd.NaT, "", " ", ["ham"]):
        for options in ({}, {"stratify": False}, {"group": None}, {"stratify": False, "group": None}):
            broken = messages.copy()
            broken.at[107, "label"] = missing
            assert str(raises(ValueError, split_corpus, broken, **options)) == f"row 107 has no label but {missing!r}; drop the row, or label it"
            if isinstance(missing, str):
                continue  # an empty text is a text
            broken = messages.copy()
            broken.at[103, "text"] = missing
            assert str(raises(ValueError, split_corpus, broken, **options)).startswith(f"row 103 has no text but {missing!r}; drop")
    for missing in (b"win", 7):
        broken = messages.copy()
        broken.at[103, "text"] = missing
        assert "row 103 has no text" in str(raises(ValueError, split_corpus, broken))
    assert "column 'text'; its columns are ['v2', 'label']" in str(raises(ValueError, split_corpus, messages.rename(columns={"text": "v2"})))
    assert "column 'label'" in str(raises(ValueError, split_corpus, messages[["text"]]))
    assert len(split_corpus(messages[["text"]], stratify=False).test) == 8
    for part in vars(split_corpus(messages.assign(label=(messages.label == "spam").astype(int)))).values():
        assert {*part.label} <= {0, 1}


@needs_corpus("uci")
def test_copies_of_the_real_corpus_are_mostly_ham():
    messages = load_corpus("uci")
    again = messages[messages.text.duplicated()]
    assert again.label.value_counts().to_dict() == {"ham": 309, "spam": 94}
    groups = pd.Series(near_duplicate_groups(messages.text.tolist()), index=messages.index)
    largest = messages[groups == groups.value_counts().index[0]]
    assert len(largest) == 30 and set(largest.label) == {"ham"} and largest.text.nunique() == 1
    assert messages.label.groupby(groups).nunique().max() == 1
