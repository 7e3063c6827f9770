"""Exported from nbs/04_padding.ipynb: change it there, then export."""

import numpy as np
import torch

from spam_rnn.exporting import raises

from spam_rnn.padding import SIDES, length_batches, pad_sequences


def test_padding_goes_to_its_side():
    ids, mask = pad_sequences([[5, 6, 7], [8]])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]] and ids.dtype == torch.int64
    assert mask.tolist() == [[True, True, True], [True, False, False]] and mask.dtype == torch.bool
    ids, mask = pad_sequences([[5, 6, 7], [8]], padding_side="left", padding_value=9)
    assert ids.tolist() == [[5, 6, 7], [9, 9, 8]]
    assert mask.tolist() == [[True, True, True], [False, False, True]]


def test_truncation_drops_the_side_it_names():
    assert pad_sequences([[1, 2, 3, 4], [5]], max_length=2)[0].tolist() == [[1, 2], [5, 0]]
    assert pad_sequences([[1, 2, 3, 4], [5]], max_length=2, truncation_side="left")[0].tolist() == [[3, 4], [5, 0]]
    assert pad_sequences([[1, 2, 3, 4], [5]], max_length=2, truncation_side="left", padding_side="left")[
        0
    ].tolist() == [[3, 4], [0, 5]]
    assert pad_sequences([[1, 2]], max_length=5)[0].shape == (1, 2)  # never longer than needed


def test_empty_input_is_padded_too():
    ids, mask = pad_sequences([[], []])
    assert ids.shape == mask.shape == (2, 1) and not mask.any()
    assert pad_sequences([])[0].shape == (0, 1)


def test_a_real_zero_is_not_padding():
    ids, mask = pad_sequences([[0, 1], [2]])
    assert mask.tolist() == [[True, True], [True, False]]  # the mask knows lengths, not values


def test_wrong_sides_and_limits_are_named():
    for keyword in ("padding_side", "truncation_side"):
        assert keyword in str(raises(ValueError, pad_sequences, [[1]], **{keyword: "both"}))
    assert "max_length" in str(raises(ValueError, pad_sequences, [[1]], max_length=0))


def test_every_message_is_in_exactly_one_batch():
    lengths = np.random.default_rng(0).integers(0, 50, size=107)
    for dice in (None, np.random.default_rng(1)):
        for pool in (1, 3, 50):
            batches = length_batches(lengths, 10, dice, pool)
            assert sorted(np.concatenate(batches).tolist()) == list(range(107))
            assert sorted(len(b) for b in batches) == [7] + [10] * 10
    assert length_batches([], 10) == []


def test_prediction_computes_no_padding_where_messages_abound():
    lengths = np.repeat([3, 9, 4, 7], [600, 40, 1, 2])
    batches = length_batches(lengths, 256)
    assert sorted(np.concatenate(batches).tolist()) == list(range(643)) and max(map(len, batches)) == 256
    assert [np.unique(lengths[b]).tolist() for b in batches] == [[9], [3, 4, 7], [3], [3], [3]]


def test_batches_are_of_like_length_and_shuffled():
    lengths = np.random.default_rng(0).integers(1, 100, size=1000)
    spread = [np.ptp(lengths[b]) for b in length_batches(lengths, 10, np.random.default_rng(1))]
    loose = [np.ptp(lengths[b]) for b in length_batches(lengths, 10, np.random.default_rng(1), pool=1)]
    assert np.mean(spread) < np.mean(loose) / 10
    first, again, other = (length_batches(lengths, 10, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again))
    assert any((a != b).any() for a, b in zip(first, other))
    means = [lengths[b].mean() for b in first]
    assert means != sorted(means)


def _scores_under_every_padding(dtype, **options):
    "Scores of eight messages of random tokens, padded in every way; one row a way."
    from spam_rnn.models import SpamRNN

    torch.manual_seed(0)
    model = SpamRNN(vocabulary_size=50, embedding_size=8, hidden_size=12, **options).to(dtype).eval()
    dice = np.random.default_rng(0)
    sequences = [dice.integers(2, 50, size=n).tolist() for n in (1, 2, 3, 5, 8, 13, 21, 0)]
    ways = []
    with torch.inference_mode():
        alone = torch.stack([model(*pad_sequences([s]))[0] for s in sequences])
        ways.append(alone)
        for side in SIDES:
            ids, mask = pad_sequences(sequences, padding_side=side)
            ways.append(model(ids, mask))
            more = torch.zeros(8, 15, dtype=torch.int64)
            join = (lambda a, b: torch.cat([a, b], 1)) if side == "right" else (lambda a, b: torch.cat([b, a], 1))
            ways.append(model(join(ids, more), join(mask, more.bool())))
            ways.append(
                model(torch.where(mask, ids, torch.randint(2, 50, ids.shape)), mask)
            )  # any value may stand there
            pairs = [model(*pad_sequences(sequences[i : i + 2], padding_side=side)) for i in range(0, 8, 2)]
            ways.append(torch.cat(pairs))
            back = torch.arange(7, -1, -1)
            ways.append(model(ids[back], mask[back])[back])
    return torch.stack(ways)


def test_scores_do_not_depend_on_padding():
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-6)):
        for cell in ("lstm", "gru", "rnn"):
            for pooling in ("last", "mean", "max", "attention"):
                for bidirectional in (False, True):
                    scores = _scores_under_every_padding(
                        dtype, cell=cell, pooling=pooling, bidirectional=bidirectional, layers=2
                    )
                    assert torch.isfinite(scores).all()
                    assert (scores - scores[0]).abs().max() <= tolerance, (dtype, cell, pooling, bidirectional)


def test_without_a_mask_scores_move():
    scores = _scores_under_every_padding(torch.float64, masked=False, pooling="last")
    assert (scores - scores[0]).abs().max() > 1e-3  # so the test above can fail
