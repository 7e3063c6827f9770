"""Exported from nbs/03_vocab.ipynb and nbs/proofs/03_vocab.ipynb: change it there, then export."""

import random

from spam_rnn.authoring.testing import needs_corpus, raises
from spam_rnn.corpus import load_corpus
from spam_rnn.split import split_corpus
from spam_rnn.text import tokenize_all
from spam_rnn.vocab import PAD, UNK, Vocabulary, build_vocabulary, character_ngrams, coverage


def test_unknown_tokens_are_no_error():
    vocabulary = Vocabulary(["a", "b"])
    assert vocabulary.encode(["a", "never seen", "b"]) == [2, UNK, 3]
    assert vocabulary.encode([]) == [] and len(vocabulary) == 4
    assert vocabulary.decode([PAD, UNK, 2]) == ["<pad>", "<unk>", "a"]
    assert "a" in vocabulary and not any(token in vocabulary for token in ("z", "<pad>", "<unk>"))


def test_ids_are_by_frequency_and_ties_by_the_alphabet():
    lists = [["b", "d", "b"], ["c", "b", "a"], ["d"], ["e"]]  # b three times, d twice, the others once
    assert build_vocabulary(lists).tokens == ["<pad>", "<unk>", "b", "d", "a", "c", "e"]
    assert build_vocabulary(lists[::-1]).tokens == build_vocabulary(lists).tokens
    assert build_vocabulary(lists, max_size=3).tokens[2:] == ["b", "d", "a"]


def test_coverage_counts_running_words():
    assert coverage(Vocabulary(["a"]), [["a", "a", "b"], [], ["a"]]) == 3 / 4
    assert coverage(Vocabulary(["a"]), [[]]) != coverage(Vocabulary(["a"]), [])  # nan: nothing to cover


def test_character_ngrams_are_runs_of_the_marked_token():
    assert character_ngrams("win") == ["<wi", "win", "in>", "<win", "win>", "<win>"]
    assert character_ngrams("a") == ["<a>"] and character_ngrams("£") == ["<£>"]
    assert character_ngrams("ab", 2, 3) == ["<a", "ab", "b>", "<ab", "ab>"]
    assert character_ngrams("call")[-2:] == ["<call", "call>"] and len(character_ngrams("calling")) == 7 + 6 + 5


def test_ids_are_by_frequency_after_pad_and_unk():
    vocabulary = build_vocabulary([["b", "a", "b"], ["c", "b", "a"], ["d"]])
    assert vocabulary.tokens == ["<pad>", "<unk>", "b", "a", "c", "d"]
    assert len(vocabulary) == 6 and "a" in vocabulary and "z" not in vocabulary and "<unk>" not in vocabulary


def test_rare_tokens_have_no_number():
    lists = [["a", "b", "c"], ["a", "b"], ["a"]]
    assert build_vocabulary(lists, min_count=2).tokens[2:] == ["a", "b"]
    assert build_vocabulary(lists, max_size=1).tokens[2:] == ["a"]
    assert build_vocabulary(lists, min_count=3, max_size=2).tokens[2:] == ["a"]
    assert build_vocabulary([]).tokens == ["<pad>", "<unk>"]


def test_encoding_and_decoding_are_each_others_way_back():
    vocabulary = build_vocabulary(tokenize_all(load_corpus("sample").text))
    ids = list(range(len(vocabulary)))
    assert vocabulary.encode(vocabulary.decode(ids)) == ids
    assert all(token in vocabulary for token in vocabulary.tokens[2:]) and (PAD, UNK) == (0, 1)


def test_order_of_messages_and_tokens_does_not_matter():
    lists = tokenize_all(load_corpus("sample").text[:300])
    rng, expected = random.Random(0), build_vocabulary(lists).tokens
    for _ in range(3):
        rng.shuffle(lists)
        mixed = [rng.sample(tokens, len(tokens)) for tokens in lists]
        assert build_vocabulary(mixed).tokens == expected
        assert build_vocabulary(mixed, max_size=100).tokens == expected[:102]


def test_ties_are_in_alphabetical_order():
    lists = tokenize_all(load_corpus("sample").text[:300])
    counts = {token: sum(tokens.count(token) for tokens in lists) for token in {t for tokens in lists for t in tokens}}
    tokens = build_vocabulary(lists).tokens[2:]
    pairs = list(zip(tokens, tokens[1:]))
    assert all(counts[a] > counts[b] or (counts[a] == counts[b] and a < b) for a, b in pairs)
    assert sum(counts[a] == counts[b] for a, b in pairs) > 500  # there are many ties


def test_wrong_limits_are_named():
    assert "min_count" in str(raises(ValueError, build_vocabulary, [["a"]], min_count=0))
    assert "max_size" in str(raises(ValueError, build_vocabulary, [["a"]], max_size=0))
    assert "distinct; more than once: ['a']" in str(raises(ValueError, Vocabulary, ["a", "b", "a"]))
    assert "distinct" in str(raises(ValueError, Vocabulary, ["<pad>"]))
    assert "string" in str(raises(ValueError, Vocabulary, [7]))
    assert build_vocabulary([["a"]], min_count=1, max_size=1).tokens[2:] == ["a"]
    for limit in ({"min_count": 1.5}, {"min_count": "2"}, {"min_count": None}, {"max_size": 2.5}, {"max_size": "2"}):
        assert f"{[*limit][0]} must be a whole number" in str(raises(ValueError, build_vocabulary, [["a"]], **limit))
    for row in (None, float("nan"), 7, "see you", b"win", [None], ["a", 7], [b"a"], [["a"]]):
        error = str(raises(ValueError, build_vocabulary, [["a"], row]))
        assert error.startswith(f"row 1 is not a list of tokens but {row!r}") and "tokenize_all" in error, error
    assert "row 0" in str(raises(ValueError, build_vocabulary, ["see you", "win"]))


def test_vocabulary_is_from_training_only():
    messages = load_corpus("sample")
    split = split_corpus(messages)
    train, everything = tokenize_all(split.train.text), tokenize_all(messages.text)
    vocabulary = build_vocabulary(train)
    assert coverage(vocabulary, train) == 1
    assert coverage(vocabulary, tokenize_all(split.valid.text)) < 1
    assert len(vocabulary) < len(build_vocabulary(everything))
    assert coverage(vocabulary, [[]]) != coverage(vocabulary, [[]])  # nan: nothing to cover


@needs_corpus("uci")
def test_coverage_of_the_real_corpus():
    split = split_corpus(load_corpus("uci"))
    vocabulary = build_vocabulary(tokenize_all(split.train.text))
    assert len(vocabulary) == 6759
    assert 0.93 < coverage(vocabulary, tokenize_all(split.valid.text)) < 0.94


def test_character_ngrams_are_all_runs():
    for token in ("", "a", "to", "prize", "00000000000", "it's"):
        marked, found = f"<{token}>", character_ngrams(token)
        assert found == sorted(found, key=len)
        expected = [marked[i:j] for i in range(len(marked)) for j in range(i + 3, min(i + 5, len(marked)) + 1)]
        assert sorted(found) == sorted(expected)
    assert character_ngrams("000").count("000") == 1 and character_ngrams("0000").count("000") == 2
    assert character_ngrams("prize", 5, 5) == ["<priz", "prize", "rize>"]
