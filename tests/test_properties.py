"""What must hold for every input: hypothesis looks for one that breaks it. 2,000 examples of each with `--slow`. What must hold for every text stands in `test_text.py`."""

import functools
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from spam_rnn import SpamClassifier
from spam_rnn.near_duplicates import canonical_text, five_grams, near_duplicate_groups
from spam_rnn.padding import SIDES, bucket_batches, pad_sequences, prediction_batches
from spam_rnn.split import split_corpus
from spam_rnn.tables.decoding import TableError
from spam_rnn.tables.messages import read_messages
from spam_rnn.text import tokenize, tokenize_all
from spam_rnn.vocab import UNK, build_vocabulary

PIECES = ["&amp;", "&lt;#&gt;", "&#65;", "win", "WIN", "it's", "’", "'", "!!!!", "...", "0800", "٣", " ", "\n", "\u0307", "İ", "ς", "_"]
CHARACTERS = st.text(st.characters(exclude_categories=()), max_size=40)  # half surrogate pairs included
TEXTS = CHARACTERS | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
TOKENS = st.lists(TEXTS.map(tokenize), max_size=6)


@given(TOKENS, TOKENS, st.integers(1, 3), st.none() | st.integers(1, 5))
def test_what_was_encoded_can_be_decoded(learned, others, min_count, max_size):
    vocabulary = build_vocabulary(learned, min_count, max_size)
    assert max_size is None or len(vocabulary) - 2 <= max_size
    for tokens in learned + others:
        ids = vocabulary.encode(tokens)
        assert all(UNK <= i < len(vocabulary) for i in ids)
        assert vocabulary.decode(ids) == [token if token in vocabulary else "<unk>" for token in tokens]
    counts = [sum(tokens.count(token) for tokens in learned) for token in vocabulary.tokens[2:]]
    assert counts == sorted(counts, reverse=True) and min(counts, default=min_count) >= min_count


@given(
    st.lists(st.lists(st.integers(1, 99), max_size=9), max_size=6),
    st.none() | st.integers(1, 7),
    st.sampled_from(SIDES),
    st.sampled_from(SIDES),
)
def test_the_mask_gives_the_messages_back(sequences, max_length, padding_side, truncation_side):
    ids, mask = pad_sequences(sequences, max_length, padding_side, truncation_side)
    limit = 9 if max_length is None else max_length
    cut = [s[:limit] if truncation_side == "right" else s[max(0, len(s) - limit) :] for s in sequences]
    assert [row[real].tolist() for row, real in zip(ids, mask)] == cut
    assert (ids[~mask] == 0).all() and ids.shape == mask.shape == (len(cut), max([1, *map(len, cut)]))
    ordered = mask if padding_side == "left" else ~mask
    assert (np.diff(ordered.numpy().astype(int), axis=1) >= 0).all()  # padding on one side, without a hole


@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 9), st.integers(1, 4), st.none() | st.integers(0, 9))
def test_every_message_is_in_one_batch(lengths, batch_size, pool, seed):
    if seed is None:
        batches = prediction_batches(lengths, batch_size)
    else:
        batches = bucket_batches(lengths, batch_size, np.random.default_rng(seed), pool)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= batch_size for batch in batches)


WORDS = st.lists(st.sampled_from(["win", "a", "prize", "today", "WIN!", "call", "7", "see", "you"]), max_size=5).map(" ".join)


@given(
    st.lists(st.tuples(st.sampled_from(["ham", "ham", "spam"]), WORDS | st.text(max_size=40)), min_size=10, max_size=40),  # a table's text has no half surrogate pairs
    st.sampled_from([(0.7, 0.1, 0.2), (0.34, 0.33, 0.33), (0.98, 0.01, 0.01)]),
    st.booleans(),
    st.sampled_from([None, "near-duplicates"]),
    st.integers(0, 99),
)
def test_a_split_is_a_partition(rows, sizes, stratify, group, seed):
    messages = pd.DataFrame(rows, columns=["label", "text"], index=range(100, 100 + len(rows)))
    parts = list(vars(split_corpus(messages, sizes, stratify, group, seed)).values())
    assert sorted(row for part in parts for row in part.index) == messages.index.tolist()
    assert all(part.equals(messages.loc[part.index]) for part in parts)
    groups = near_duplicate_groups(messages.text.tolist()) if group else np.arange(len(rows))
    part_of = pd.concat([pd.Series(i, index=part.index) for i, part in enumerate(parts)])[messages.index]
    assert part_of.groupby(groups).nunique().max() == 1
    largest, strata = np.bincount(groups).max(), messages.label.nunique() if stratify else 1
    for part, size in zip(parts, sizes):
        assert abs(len(part) - size * len(rows)) <= strata * (2 * (largest - 1) + 1)


@given(st.lists(WORDS | TEXTS, max_size=8), st.randoms(use_true_random=False), st.sampled_from([0.5, 0.8, 1.0]))
def test_near_duplicates_are_those_of_the_definition_in_any_order(texts, rng, similarity):
    grams = [five_grams(canonical_text(text)) for text in texts]
    links = np.eye(len(texts), dtype=int)
    for i, j in combinations(range(len(texts)), 2):
        links[i, j] = len(grams[i] & grams[j]) >= similarity * len(grams[i] | grams[j]) - 1e-9
    expected = connected_components(links, directed=False)[1] if texts else np.zeros(0)
    order = list(range(len(texts)))
    rng.shuffle(order)
    shuffled = near_duplicate_groups([texts[i] for i in order], similarity)
    for found in (near_duplicate_groups(texts, similarity), shuffled[np.argsort(order)] if texts else shuffled):
        assert len(found) == len(texts)
        assert ((found[:, None] == found) == (expected[:, None] == expected)).all()


@functools.cache
def _classifier():
    texts = ["win a prize", "call now and win", "see you at six", "lunch today?"] * 5
    return SpamClassifier(embedding_size=4, hidden_size=4, epochs=3, max_length=20).fit(texts, [1, 1, 0, 0] * 5)


@given(st.lists(WORDS | TEXTS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_an_answer_depends_on_its_message_alone(texts, rng):
    classifier = _classifier()
    together = classifier.predict_proba(texts)
    assert ((0 <= together) & (together <= 1)).all() and np.allclose(together.sum(axis=1), 1)
    order = list(range(len(texts)))
    rng.shuffle(order)
    assert np.allclose(classifier.predict_proba([texts[i] for i in order]), together[order], atol=1e-6)
    alone = rng.choice(order)
    assert np.allclose(classifier.predict_proba([texts[alone]]), together[alone], atol=1e-6)
    encoder = classifier.encoder_
    assert encoder.encode(encoder.tokenize(texts)) == [encoder.vocabulary.encode(tokens) for tokens in tokenize_all(texts)]


PARTS = ["ham", "spam", "Spam ", "label", "text", ",", "\t", ";", "|", '"', '""', "\n", "\n", "\r\n", "\r", " ", "hi", "win é", "\0", "\ufeff"]
FILES = st.lists(st.sampled_from(PARTS), max_size=40).map("".join)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]
ONE_ROW = "ham,hi\n" + "spam,win\n"


@given(
    st.binary(max_size=200)
    | st.tuples(FILES, st.sampled_from(ENCODINGS)).map(lambda pair: pair[0].encode(pair[1]))
    | FILES.map(lambda text: (ONE_ROW + text + "\nspam,é\n").encode())
    | st.tuples(FILES, st.binary(max_size=5)).map(lambda pair: (ONE_ROW + pair[0]).encode() + pair[1])
)
def test_any_bytes_are_read_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(content)
        try:
            reading = read_messages(path)
        except TableError as error:
            assert str(path) in str(error) and len(str(error).splitlines()) == 1
            return
    rows = [*reading.messages.index, *reading.rejected.index]
    assert len(set(rows)) == len(rows) == reading.rows_read
    assert set(reading.messages.label) <= {"spam", *reading.messages.label[reading.messages.label != "spam"].head(1)}
    assert all(text.strip() for text in reading.messages.text) and all(reading.rejected.reason)
