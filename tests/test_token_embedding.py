"""Exported from nbs/behind/token_embedding.ipynb and nbs/proofs/token_embedding.ipynb: change it there, then export."""

import math

import torch

from spam_rnn.token_embedding import TokenEmbedding
from spam_rnn.vocab import PAD, UNK


def test_ngrams_are_added_by_the_root_of_their_number():
    torch.manual_seed(0)
    embedding = TokenEmbedding(9, 4, std=1.0, word_dropout=0.0, ngrams=6)
    words, ngrams = embedding.words.weight, embedding.ngrams.weight
    found = embedding(torch.tensor([[[2, 5, 1, 3, 4], [1, 6, 0, 0, 0], [7, 0, 0, 0, 0]]]))[0]
    expected = [words[2] + ngrams[[5, 1, 3, 4]].sum(dim=0) / 2, words[1] + ngrams[6], words[7]]
    torch.testing.assert_close(found, torch.stack(expected))


def test_rows_begin_with_the_standard_deviation_asked_for():
    torch.manual_seed(0)
    embedding = TokenEmbedding(2000, 40, std=0.3, word_dropout=0.0, ngrams=1000)
    for weight in (embedding.words.weight, embedding.ngrams.weight):
        assert abs(weight[1:].std().item() - 0.3) < 0.01 and weight[PAD].abs().sum() == 0
    assert embedding.ngrams.weight.shape == (1001, 40) and TokenEmbedding(9, 4, 0.1, 0.0).ngrams is None


def test_dropped_words_are_unknown_in_the_share_asked_for():
    torch.manual_seed(0)
    embedding = TokenEmbedding(30, 4, std=1.0, word_dropout=0.2)
    read = embedding(torch.tensor([[2] * 5000 + [PAD] * 100]))[0]
    unknown = (read == embedding.words.weight[UNK]).all(dim=1)
    assert abs(unknown[:5000].float().mean().item() - 0.2) < 0.02 and (read[:5000][~unknown[:5000]] == embedding.words.weight[2]).all()
    assert (read[5000:] == 0).all()


def test_nothing_is_dropped_outside_of_training():
    embedding, ids = TokenEmbedding(30, 4, std=1.0, word_dropout=0.9).eval(), torch.arange(30)[None]
    assert torch.equal(embedding(ids)[0], embedding.words.weight)


def test_ids_may_have_ngrams_that_nobody_looks_at_and_may_lack_them():
    torch.manual_seed(0)
    ids = torch.tensor([[[2, 5, 1], [3, 0, 0]]])
    without, with_ngrams = TokenEmbedding(9, 4, 1.0, 0.0), TokenEmbedding(9, 4, 1.0, 0.0, ngrams=6)
    assert torch.equal(without(ids), without(ids[..., 0])) and torch.equal(with_ngrams(ids[..., 0]), with_ngrams.words(ids[..., 0]))
    assert with_ngrams.ngrams.weight.shape == (7, 4)


def test_a_dropped_word_keeps_its_ngrams():
    torch.manual_seed(0)
    embedding = TokenEmbedding(30, 4, std=1.0, word_dropout=0.9999, ngrams=6)
    found, (words, ngrams) = embedding(torch.tensor([[[2, 5, 0]]]))[0, 0], embedding.parameters()
    torch.testing.assert_close(found, words[UNK] + ngrams[5])


def test_ngrams_are_scaled_whatever_their_number():
    torch.manual_seed(0)
    embedding = TokenEmbedding(9, 4, std=1.0, word_dropout=0.0, ngrams=50).double()
    words, ngrams = (weight.detach() for weight in embedding.parameters())
    for n in range(25):
        chosen = torch.randint(1, 51, (n,))
        ids = torch.cat([torch.tensor([2]), chosen, torch.zeros(24 - n, dtype=torch.int64)])
        expected = words[2] + ngrams[chosen].sum(dim=0) / math.sqrt(max(1, n))
        torch.testing.assert_close(embedding(ids[None, None])[0, 0], expected, rtol=0, atol=1e-6)
