"""Exported from nbs/behind/pooling.ipynb and nbs/proofs/pooling.ipynb: change it there, then export."""

from itertools import product

import torch

from spam_rnn.padding import pad_sequences
from spam_rnn.pooling import Pooling, largest, last_state, move_to_front, reverse


def test_messages_are_turned_around_without_their_padding():
    padded, mask = pad_sequences([[2, 3], [4, 5, 6], []], padding_side="left")
    ids, mask = move_to_front(torch.where(mask, padded, 9), mask)
    assert ids[mask].tolist() == [2, 3, 4, 5, 6] and mask.sum(dim=1).tolist() == [2, 3, 0] and mask[0, :2].all()
    back = reverse(ids, mask)
    assert back[mask].tolist() == [3, 2, 6, 5, 4] and torch.equal(reverse(back, mask), ids)
    assert torch.equal(reverse(torch.stack([ids, ids], dim=2), mask)[..., 1], back)


def test_pooling_on_a_toy_that_can_be_checked_by_eye():
    states = torch.tensor([[[1.0, 0.0], [3.0, -1.0], [2.0, 4.0], [9.0, 9.0]], [[8.0, 8.0]] * 4])
    mask = torch.tensor([[True, True, True, False], [False] * 4])
    for kind, both, expected in (("last", 0, [2, 4]), ("last", 1, [2, 0]), ("mean", 0, [2, 1]), ("max", 0, [3, 4])):
        found = Pooling(kind, 2, bool(both))(states, mask)
        torch.testing.assert_close(found, torch.tensor([expected, [0, 0]], dtype=torch.float32))


def test_real_tokens_come_first_in_their_order():
    ids = torch.tensor([[0, 7, 0, 8, 0], [0, 0, 9, 0, 0], [0, 0, 0, 0, 0]])
    mask = ids > 0
    found, found_mask = move_to_front(ids, mask)
    assert found.tolist() == [[7, 8], [9, 0], [0, 0]] and found_mask.tolist() == [[True, True], [True, False], [False, False]]
    rows, rows_mask = move_to_front(torch.stack([ids, 10 * ids], dim=2), mask)
    assert torch.equal(rows, torch.stack([found, 10 * found], dim=2)) and torch.equal(rows_mask, found_mask)
    assert move_to_front(ids[:0], mask[:0])[0].shape == (0, 5) and torch.equal(reverse(ids[:0], mask[:0]), ids[:0])
    nothing = move_to_front(torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 3, dtype=torch.bool))
    assert nothing[0].shape == nothing[1].shape == (2, 1)


def test_pooling_equals_that_of_each_message_alone():
    torch.manual_seed(0)
    states, lengths = torch.randn(4, 6, 8, dtype=torch.float64), [6, 3, 1, 0]
    mask = torch.arange(6) < torch.tensor(lengths)[:, None]
    states[:, :, 0] -= 5  # a number that is nowhere above 0
    for kind, bidirectional in product(("last", "mean", "max", "attention"), (False, True)):
        pooling = Pooling(kind, 8, bidirectional).double()
        found = pooling(states, mask)
        assert found.shape == (4, 8) and found[3].abs().sum() == 0
        for row, n in enumerate(lengths[:3]):
            alone = states[row, :n]
            last = torch.cat([alone[-1, :4], alone[0, 4:]]) if bidirectional else alone[-1]
            by_hand = {"last": last, "mean": alone.mean(dim=0), "max": alone.amax(dim=0)}
            if kind == "attention":
                by_hand[kind] = pooling.attention(alone).squeeze(-1).softmax(dim=0) @ alone
            torch.testing.assert_close(found[row], by_hand[kind], rtol=0, atol=1e-12)


def test_where_nothing_is_padded_nothing_else_comes_out():
    torch.manual_seed(0)
    states, mask = torch.randn(3, 4, 2), torch.ones(3, 4, dtype=torch.bool)
    longer, padded = torch.cat([states, torch.full((3, 1, 2), 9.0)], dim=1), torch.arange(5).expand(3, 5) < 4
    assert torch.equal(reverse(states, mask), reverse(longer, padded)[:, :4]) and torch.equal(reverse(states, mask)[:, 0], states[:, 3])
    assert torch.equal(largest(states, mask), largest(longer, padded)) and torch.equal(move_to_front(longer, padded)[0], states)
    assert torch.equal(last_state(states, mask, True), last_state(longer, padded, True))


def test_attention_weights_sum_to_one_and_differ():
    torch.manual_seed(0)
    states, mask = torch.randn(2, 5, 4), torch.tensor([[True] * 5, [True, True, False, False, False]])
    weights = Pooling("attention", 4, False).weights(states, mask)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))
    assert (weights[1, 2:] == 0).all() and weights[0].std() > 0
    torch.testing.assert_close(Pooling("mean", 4, False).weights(states, mask)[1], torch.tensor([0.5, 0.5, 0, 0, 0]))
