"""Exported from nbs/behind/near_duplicates.ipynb and nbs/proofs/near_duplicates.ipynb: change it there, then export."""

from collections import Counter
from unittest import mock

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.corpus import load_corpus
from spam_rnn.near_duplicates import (
    _gram_table,
    _least_shared,
    _prefix_size,
    canonical_text,
    five_grams,
    near_duplicate_groups,
)


def test_case_digits_punctuation_and_blanks_do_not_count():
    assert canonical_text("Call 0808 NOW!!") == canonical_text("call  1919 now.") == "call 0000 now"
    assert canonical_text(" it's_ON:\n№ ٣\t") == "itson 0"  # an apostrophe, a line under, a digit of another script
    assert canonical_text("?!") == canonical_text("") == canonical_text("❤\ufe0f") == ""


def test_one_text_has_one_canonical_form_and_marks_on_letters_stay():
    assert canonical_text("Caf\u00e9!") == canonical_text("CAFE\u0301") == "caf\u00e9"
    assert canonical_text("नमस्ते, दुनिया!") == "नमस्ते दुनिया"


def test_five_grams_are_all_runs_of_five():
    assert five_grams("see you") == {"see y", "ee yo", "e you"}
    assert five_grams("hello") == {"hello"} and five_grams("hell") == {"hell"} and five_grams("") == {""}


def test_groups_are_numbered_as_they_come():
    texts = ["See you at six", "ok", "see YOU at six!", "ok?", "no"]
    assert near_duplicate_groups(texts).tolist() == [0, 1, 0, 1, 2]
    assert near_duplicate_groups([]).tolist() == [] and near_duplicate_groups(["a", "A!"]).tolist() == [0, 0]


def groups_by_definition(texts, similarity=0.8):
    "Near-duplicates straight from the definition."
    canonical = [canonical_text(text) for text in texts]
    grams = [{text[i : i + 5] for i in range(len(text) - 4)} or {text} for text in canonical]
    group = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            if canonical[i] == canonical[j] or len(grams[i] & grams[j]) >= similarity * len(grams[i] | grams[j]):
                old, new = group[i], group[j]
                group = [new if g == old else g for g in group]
    return np.array(group)


def same_partition(a, b):
    return len(set(zip(a, b))) == len(set(a)) == len(set(b))


def test_groups_are_those_of_the_definition():
    sample = load_corpus("sample")
    copies = pd.concat([sample[sample.label == "spam"], sample.iloc[:250]]).text.tolist()
    assert same_partition(near_duplicate_groups(copies), groups_by_definition(copies))
    for similarity in (0.3, 0.6):
        found = near_duplicate_groups(copies[:200], similarity)
        assert same_partition(found, groups_by_definition(copies[:200], similarity))


@needs_corpus("uci")
def test_groups_of_the_real_corpus_are_those_of_all_pairs():
    texts = load_corpus("uci").text.tolist()
    codes, distinct = pd.factorize(pd.Series([canonical_text(text) for text in texts]))
    grams = _gram_table(distinct)
    shared, sizes = sparse.triu(grams @ grams.T, k=1).tocoo(), grams.getnnz(axis=1)
    alike = 10 * shared.data >= 8 * (sizes[shared.row] + sizes[shared.col] - shared.data)  # in whole numbers: exact
    links = sparse.coo_matrix((shared.data[alike], (shared.row[alike], shared.col[alike])), shape=shared.shape)
    groups = near_duplicate_groups(texts)
    assert same_partition(groups, connected_components(links, directed=False)[1][codes])
    sizes = Counter(groups.tolist())
    assert (len(sizes), max(sizes.values())) == (4996, 30)


def _alphabet(n, seed=0):
    "Letters whose 5-grams are all different."
    return "".join(np.random.default_rng(seed).choice(list("abcdefghijklmnopqrstuvwxyz"), size=n))


def test_groups_at_exactly_the_threshold():
    letters = _alphabet(110)
    for n in range(20, 80, 4):  # n - 4 of their 5-grams are shared; a fifth of the longer's are not
        assert len(set(near_duplicate_groups([letters[: n + n // 4 - 1], letters[:n]]))) == 1
        assert len(set(near_duplicate_groups([letters[: n + n // 4], letters[:n]]))) == 2
    for n in (7, 20, 100):
        for s in range(1, n, 1 if n < 100 else 9):
            pair = [letters[: n + 4], letters[: s + 4]]
            assert len(set(near_duplicate_groups(pair, s / n))) == 1, (s, n)
            assert len(set(near_duplicate_groups(pair, s / n + 1e-6))) == 2, (s, n)


def test_any_fifth_is_not_enough():
    letters = _alphabet(9)
    longer, shorter = five_grams(letters), five_grams(letters[:8])
    assert len(longer & shorter) / len(longer | shorter) == 0.8  # near-duplicates, just so,
    assert not (longer - shorter) & shorter and len(longer - shorter) == len(longer) / 5  # and this fifth shares nothing
    rows = [row.indices[: _prefix_size(row.nnz, 0.8)] for row in _gram_table([letters, letters[:8]])]
    assert [len(row) for row in rows] == [2, 1] and set(rows[0]) & set(rows[1])  # a fifth and one more does


def test_what_is_no_text_is_named():
    for text in (None, float("nan"), pd.NA, b"win", 7, ["win"]):
        assert str(raises(ValueError, near_duplicate_groups, ["see you", "", text])).startswith(f"row 2 is not a text but {type(text).__name__} {text!r};")
    assert "a list of texts" in str(raises(ValueError, near_duplicate_groups, "win a boat"))
    for similarity in (0, -1, 1.1, float("nan")):
        assert "(0, 1]" in str(raises(ValueError, near_duplicate_groups, ["a", "b"], similarity))
    assert near_duplicate_groups(iter(["see you", "win", "SEE YOU!"])).tolist() == [0, 1, 0]


class _Counting(set):
    "A set that counts how often it is compared."

    comparisons = 0

    def intersection(self, *others):
        _Counting.comparisons += 1
        return super().intersection(*others)


def _comparisons(texts):
    _Counting.comparisons = 0
    with mock.patch("spam_rnn.near_duplicates.set", _Counting, create=True):
        groups = near_duplicate_groups(texts)
    return _Counting.comparisons, groups


def test_columns_go_from_rare_to_frequent():
    texts = load_corpus("sample").text.map(canonical_text).unique()[:300]
    grams = _gram_table(texts)
    assert (np.diff(grams.getnnz(axis=0)) >= 0).all() and (grams.getnnz(axis=1) == [len(five_grams(text)) for text in texts]).all()
    assert all((np.diff(row.indices) > 0).all() for row in grams)
    assert [_prefix_size(n, 0.8) for n in (1, 5, 9, 100)] == [1, 2, 2, 21] and _least_shared(9, 4, 1 / 3) == 4


def test_few_pairs_are_compared():
    texts = load_corpus("sample").text.tolist()
    assert _comparisons(texts)[0] < 0.001 * len(texts) ** 2


def _from_template(n, letters, seed=0):
    rng = np.random.default_rng(seed)
    names = ["".join(rng.choice(list("abcdefghijklmnop"), letters)) for _ in range(n)]
    return [f"Dear {name}, your parcel is waiting at our depot. Pay the fee of 2.99 today or it goes back to the sender" for name in names]


def test_templates_are_grouped_as_defined_and_in_time():
    for letters in (3, 8, 14, 25):
        texts = _from_template(120, letters)
        assert same_partition(near_duplicate_groups(texts), groups_by_definition(texts)), letters
        work = [_comparisons(_from_template(n, letters))[0] for n in (1000, 4000)]
        assert work[1] < 6 * max(work[0], 1000), (letters, work)
    mixed = _from_template(100, 4) + _from_template(100, 12) + _from_template(60, 30)
    assert same_partition(near_duplicate_groups(mixed), groups_by_definition(mixed))


def test_chains_and_small_inputs():
    words = "one two three four five six seven eight nine ten".split()
    chain = [" ".join([*words[:i], "new", *words[i + 1 :]]) for i in (0, 9)] + [" ".join(words)]
    assert len(set(near_duplicate_groups(chain[:2]))) == 2
    assert len(set(near_duplicate_groups(chain))) == 1  # the first two meet through the third
    assert near_duplicate_groups([]).tolist() == []
    assert near_duplicate_groups(["a"]).tolist() == [0]
    assert len(set(near_duplicate_groups(["a", "b", "A!", "", "?"]))) == 3
    assert near_duplicate_groups(["a", "b"]).dtype == near_duplicate_groups(["a"]).dtype == np.int64
