"""Exported from nbs/04_padding.ipynb and nbs/proofs/04_padding.ipynb: change it there, then export."""

import numpy as np
import torch

from spam_rnn.authoring.testing import raises
from spam_rnn.padding import SIDES, bucket_batches, length_statistics, pad_sequences, prediction_batches


def test_the_statistics_of_five_lengths():
    found = length_statistics([9, 2, 9, 2, 3])  # two lengths are equally frequent: the mode is the smaller one
    assert found == {"mean": 5.0, "median": 3.0, "mode": 2.0, "max": 9.0, "min": 2.0, "95 %": 9.0}


def test_a_real_zero_is_not_padding():
    ids, mask = pad_sequences([[0, 1], [2]])
    assert mask.tolist() == [[True, True], [True, False]]  # the mask knows lengths, not values


def test_every_message_is_in_exactly_one_batch():
    lengths = np.random.default_rng(0).integers(0, 50, size=107)
    for pool in (1, 3, 50):
        batches = bucket_batches(lengths, 10, np.random.default_rng(1), pool)
        assert sorted(np.concatenate(batches).tolist()) == list(range(107))
        assert sorted(len(rows) for rows in batches) == [7] + [10] * 10


def test_statistics_are_those_of_plain_python():
    found = length_statistics([1, 2, 2, 3, 4, 5, 5, 6, 7, 8, *range(9, 19), 40])
    assert found == {"mean": 218 / 21, "median": 9.0, "mode": 2.0, "max": 40.0, "min": 1.0, "95 %": 18.0}
    assert length_statistics([0, 10])["95 %"] == 9.5 and length_statistics([0, 10])["median"] == 5  # between two lengths
    lengths = np.random.default_rng(0).geometric(0.06, 1000).tolist()
    found, in_order = length_statistics(lengths), sorted(lengths)
    assert found["mean"] == sum(lengths) / 1000 and found["median"] == (in_order[499] + in_order[500]) / 2
    assert found["mode"] == max(range(1, 200), key=lambda n: (lengths.count(n), -n))
    assert (found["min"], found["max"]) == (in_order[0], in_order[-1]) and in_order[949] <= found["95 %"] <= in_order[950]
    assert all(type(value) is float for value in found.values())


def test_padding_goes_to_its_side():
    ids, mask = pad_sequences([[5, 6, 7], [8]])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]] and ids.dtype == torch.int64
    assert mask.tolist() == [[True, True, True], [True, False, False]] and mask.dtype == torch.bool
    ids, mask = pad_sequences([[5, 6, 7], [8]], padding_side="left", padding_value=9)
    assert ids.tolist() == [[5, 6, 7], [9, 9, 8]]
    assert mask.tolist() == [[True, True, True], [False, False, True]]


def test_truncation_drops_the_side_it_names():
    assert pad_sequences([[1, 2, 3, 4], [5]], 2)[0].tolist() == [[1, 2], [5, 0]]
    assert pad_sequences([[1, 2, 3, 4], [5]], 2, truncation_side="left")[0].tolist() == [[3, 4], [5, 0]]
    assert pad_sequences([[1, 2, 3, 4], [5]], 2, "left", "left")[0].tolist() == [[3, 4], [0, 5]]
    assert pad_sequences([[1, 2]], max_length=5)[0].shape == (1, 2)  # never longer than needed


def test_empty_input_is_padded_too():
    ids, mask = pad_sequences([[], []])
    assert ids.shape == mask.shape == (2, 1) and not mask.any() and not ids.any()
    assert pad_sequences([])[0].shape == pad_sequences([])[1].shape == (0, 1)


def test_wrong_sides_and_limits_are_named():
    for keyword in ("padding_side", "truncation_side"):
        for side in ("both", "Right", None):
            error = str(raises(ValueError, pad_sequences, [[1]], **{keyword: side}))
            assert keyword in error and repr(side) in error
    for limit in (0, -1):
        assert f"max_length must be at least 1, or None, not {limit}" in str(raises(ValueError, pad_sequences, [[1]], limit))
    assert pad_sequences([[1, 2]], 1)[0].tolist() == [[1]]


def test_ids_are_whole_numbers_and_nothing_is_rounded():
    for wrong in ([[0.9, 1.7]], [[1, 1.7]], [[1], ["2"]], [[2**63]], [[float("nan")]], [[[1, 2], [3]]], [[[1, 2], 3]]):
        assert "whole numbers" in str(raises(ValueError, pad_sequences, wrong)), wrong
    for right in ([np.array([3, 4])], [torch.tensor([3, 4])], [(3, 4)]):
        assert pad_sequences(right)[0].tolist() == [[3, 4]]
    assert pad_sequences([[[1, 2], [3, 4]], []])[0].tolist() == [[[1, 2], [3, 4]], [[0, 0], [0, 0]]]
    assert pad_sequences([[], []])[0].tolist() == [[0], [0]] and pad_sequences([])[0].shape == (0, 1)


def _in_plain_python(sequences, max_length, padding_side, truncation_side, padding_value):
    if max_length is not None:
        sequences = [s[:max_length] if truncation_side == "right" else s[max(0, len(s) - max_length) :] for s in sequences]
    time = max([1, *map(len, sequences)])
    rows = [([*s, *[padding_value] * (time - len(s))], [True] * len(s) + [False] * (time - len(s))) for s in sequences]
    if padding_side == "left":
        rows = [([*[padding_value] * (time - len(s)), *s], mask[::-1]) for s, (_, mask) in zip(sequences, rows)]
    return [ids for ids, _ in rows], [mask for _, mask in rows]


def test_a_table_is_that_of_plain_python():
    rng = np.random.default_rng(0)
    for case in range(100):
        sequences = [rng.integers(0, 50, size=n).tolist() for n in rng.integers(0, 8, size=rng.integers(1, 6))]
        options = (rng.choice([1, 3, 7, None]), *rng.choice(SIDES, 2).tolist(), int(rng.integers(0, 9)))
        ids, mask = pad_sequences(sequences, *options)
        assert (ids.tolist(), mask.tolist()) == _in_plain_python(sequences, *options), (sequences, options)


def test_nothing_is_written_into_the_messages():
    sequences = [[1, 2, 3], [4]]
    pad_sequences(sequences, 2)[0].zero_()
    assert sequences == [[1, 2, 3], [4]]


def test_tokens_with_rows_are_padded_number_by_number():
    rng = np.random.default_rng(1)
    rows = [rng.integers(1, 50, size=(n, 3)).tolist() for n in (0, 4, 2, 7)]
    for side in SIDES:
        ids, mask = pad_sequences(rows, 5, side, "left", padding_value=9)
        assert ids.shape == (4, 5, 3) and mask.shape == (4, 5) and ids.dtype == torch.int64
        for i in range(3):
            alone = pad_sequences([[token[i] for token in message] for message in rows], 5, side, "left", padding_value=9)
            assert torch.equal(ids[..., i], alone[0]) and torch.equal(mask, alone[1])


def test_no_message_is_lost_or_shown_twice():
    lengths = np.random.default_rng(0).integers(0, 50, size=107)
    for batches in (prediction_batches(lengths, 10), prediction_batches(lengths.tolist(), 10)):
        assert sorted(np.concatenate(batches).tolist()) == list(range(107))
        assert sorted(len(rows) for rows in batches) == [7] + [10] * 10
    assert bucket_batches([], 10, np.random.default_rng(0)) == prediction_batches([], 10) == []
    for size in (0, -1):
        for ask in (lambda: prediction_batches([1], size), lambda: bucket_batches([1], size, np.random.default_rng(0))):
            assert f"batch_size must be at least 1, not {size}" in str(raises(ValueError, ask))
    assert [len(rows) for rows in bucket_batches([3, 4], 1, np.random.default_rng(0))] == [1, 1]
    assert [rows.tolist() for rows in prediction_batches([3, 4], 1)] == [[1], [0]]


def test_batches_are_of_like_length():
    lengths = np.random.default_rng(0).integers(1, 100, size=1000)
    spread = [np.ptp(lengths[rows]) for rows in bucket_batches(lengths, 10, np.random.default_rng(1))]
    loose = [np.ptp(lengths[rows]) for rows in bucket_batches(lengths, 10, np.random.default_rng(1), pool=1)]
    assert np.mean(spread) < np.mean(loose) / 10
    first, again, other = (bucket_batches(lengths, 10, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again))
    assert any((a != b).any() for a, b in zip(first, other))


def test_each_batch_comes_anywhere():
    lengths, rng, epochs = np.arange(1, 41), np.random.default_rng(0), 2000
    for pool in (5, 50):  # two pools; one
        places = np.zeros((8, 8))  # by length, and where it came
        for _ in range(epochs):
            means = [lengths[rows].mean() for rows in bucket_batches(lengths, 5, rng, pool)]
            places[np.argsort(np.argsort(means)), range(8)] += 1
        assert abs(places / epochs - 1 / 8).max() < 5 * np.sqrt(1 / 8 * 7 / 8 / epochs)


def test_each_message_meets_every_other():
    rng, epochs, together = np.random.default_rng(0), 2000, np.zeros((20, 20))
    for _ in range(epochs):
        for rows in bucket_batches([7] * 20, 5, rng):
            together[np.ix_(rows, rows)] += 1
    others = together[~np.eye(20, dtype=bool)] / epochs
    assert (np.diag(together) == epochs).all() and abs(others - 4 / 19).max() < 5 * np.sqrt(4 / 19 * 15 / 19 / epochs)


def test_a_pool_is_cut_from_random_messages():
    lengths = np.arange(40)
    for pool in (2, 4):
        kinds = set()
        for seed in range(20):
            batches = [sorted(lengths[rows].tolist()) for rows in bucket_batches(lengths, 5, np.random.default_rng(seed), pool)]
            order = np.random.default_rng(seed).permutation(40)
            pools = [sorted(lengths[order[i : i + 5 * pool]].tolist()) for i in range(0, 40, 5 * pool)]
            assert sorted(batches) == sorted(part[i : i + 5] for part in pools for i in range(0, 5 * pool, 5))
            kinds.add(str(sorted(batches)))
        assert len(kinds) == 20


def test_a_pool_of_fifty_batches_is_the_default():
    lengths = np.random.default_rng(0).permutation(300)
    for default, said in zip(bucket_batches(lengths, 2, np.random.default_rng(3)), bucket_batches(lengths, 2, np.random.default_rng(3), 50)):
        assert (default == said).all()
    other = bucket_batches(lengths, 2, np.random.default_rng(3), 49)
    assert any((a != b).any() for a, b in zip(other, bucket_batches(lengths, 2, np.random.default_rng(3))))


def test_equal_lengths_stay_in_random_order():
    for seed in range(5):  # equal lengths: sorting changes nothing
        by_length, as_drawn = (bucket_batches([4] * 30, 3, np.random.default_rng(seed), pool) for pool in (50, 1))
        assert all((a == b).all() for a, b in zip(by_length, as_drawn))


def test_batches_are_those_of_plain_python():
    for seed in range(30):
        rng, again = np.random.default_rng(seed), np.random.default_rng(seed)
        lengths = np.random.default_rng(100 + seed).integers(0, 9, size=seed * 3).tolist()
        size, pool = seed % 7 + 1, seed % 5 + 1
        found, expected = bucket_batches(lengths, size, rng, pool), []
        order = again.permutation(len(lengths)).tolist()
        for start in range(0, len(order), size * pool):
            rows = order[start : start + size * pool]
            rows = rows if pool == 1 else sorted(rows, key=lambda row: lengths[row])  # shortest first
            expected += [rows[i : i + size] for i in range(0, len(rows), size)]
        assert [rows.tolist() for rows in found] == [expected[i] for i in again.permutation(len(expected))]


def test_prediction_computes_no_padding_where_messages_abound():
    lengths = np.repeat([3, 9, 4, 7], [600, 40, 1, 2])
    batches = prediction_batches(lengths, 256)
    assert sorted(np.concatenate(batches).tolist()) == list(range(643)) and max(map(len, batches)) == 256
    assert [np.unique(lengths[rows]).tolist() for rows in batches] == [[9], [3, 4, 7], [3], [3], [3]]


def test_thirty_two_of_a_length_are_many():
    for n, sizes in ((31, [32, 8]), (32, [32, 9]), (33, [33, 9])):
        lengths = np.repeat([9, 3], [n, 9])
        batches = prediction_batches(lengths, 100)
        assert [len(rows) for rows in batches] == sizes
        assert np.concatenate(batches).tolist() == list(range(n + 9))  # longest first, then as they came
    assert prediction_batches(lengths[::-1], 4)[0].tolist() == [9, 10, 11, 12]


def _scores_under_every_padding(dtype, **options):
    "Scores of eight messages of random tokens, padded in every way; one row a way."
    from spam_rnn.models import SpamRNN

    torch.manual_seed(0)
    network = SpamRNN(vocabulary_size=50, embedding_size=8, hidden_size=12, **options).to(dtype).eval()
    rng = np.random.default_rng(0)
    sequences = [rng.integers(2, 50, size=n).tolist() for n in (1, 2, 3, 5, 8, 13, 21, 0)]
    ways = []
    with torch.inference_mode():
        ways.append(torch.stack([network(*pad_sequences([s]))[0] for s in sequences]))
        for side in SIDES:
            ids, mask = pad_sequences(sequences, padding_side=side)
            ways.append(network(ids, mask))
            more = (0, 15) if side == "right" else (15, 0)
            ways.append(network(torch.nn.functional.pad(ids, more), torch.nn.functional.pad(mask, more)))
            ways.append(network(torch.where(mask, ids, torch.randint(2, 50, ids.shape)), mask))
            pairs = [network(*pad_sequences(sequences[i : i + 2], padding_side=side)) for i in range(0, 8, 2)]
            ways.append(torch.cat(pairs))
            back = torch.arange(7, -1, -1)
            ways.append(network(ids[back], mask[back])[back])
    return torch.stack(ways)


def test_scores_do_not_depend_on_padding():
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-6)):
        for cell in ("lstm", "gru", "rnn", "transformer"):
            for pooling in ("last", "mean", "max", "attention"):
                for options in ({}, {"bidirectional": True}, {"backwards": True}):
                    case = {"cell": cell, "pooling": pooling, "layers": 2, **options}
                    scores = _scores_under_every_padding(dtype, **case)
                    assert scores.shape == (11, 8) and torch.isfinite(scores).all()
                    assert (scores - scores[0]).abs().max() <= tolerance, (dtype, case)


def test_without_a_mask_scores_move():
    for pooling in ("last", "mean", "max", "attention"):
        scores = _scores_under_every_padding(torch.float64, masked=False, pooling=pooling)
        assert (scores - scores[0]).abs().max() > 1e-3  # so the test above can fail
