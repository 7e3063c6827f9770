"""Exported from nbs/03_vocab.ipynb: change it there, then export."""

from spam_rnn.corpus import load_corpus
from spam_rnn.exporting import needs_corpus, raises
from spam_rnn.split import split_corpus
from spam_rnn.text import tokenize_all

from spam_rnn.vocab import PAD, UNK, Vocabulary, build_vocabulary, coverage


def test_ids_are_by_frequency_after_pad_and_unk():
    vocabulary = build_vocabulary([["b", "a", "b"], ["c", "b", "a"], ["d"]])
    assert vocabulary.tokens == ["<pad>", "<unk>", "b", "a", "c", "d"]
    assert len(vocabulary) == 6 and "a" in vocabulary and "z" not in vocabulary and "<unk>" not in vocabulary


def test_unknown_tokens_are_no_error():
    vocabulary = build_vocabulary([["a", "b"]])
    assert vocabulary.encode(["a", "never seen", "b"]) == [2, UNK, 3]
    assert vocabulary.encode([]) == []
    assert vocabulary.decode([PAD, UNK, 2]) == ["<pad>", "<unk>", "a"]


def test_rare_tokens_have_no_number():
    lists = [["a", "b", "c"], ["a", "b"], ["a"]]
    assert build_vocabulary(lists, min_count=2).tokens[2:] == ["a", "b"]
    assert build_vocabulary(lists, max_size=1).tokens[2:] == ["a"]
    assert build_vocabulary([]).tokens == ["<pad>", "<unk>"]


def test_wrong_limits_are_named():
    assert "min_count" in str(raises(ValueError, build_vocabulary, [["a"]], min_count=0))
    assert "max_size" in str(raises(ValueError, build_vocabulary, [["a"]], max_size=0))
    assert "distinct" in str(raises(ValueError, Vocabulary, ["a", "a"]))
    assert "string" in str(raises(ValueError, Vocabulary, [7]))


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
    assert 0.92 < coverage(vocabulary, tokenize_all(split.valid.text)) < 0.95
