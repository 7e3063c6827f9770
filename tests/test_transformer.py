"""Exported from nbs/proofs/transformer.ipynb: change it there, then export."""

import math

import torch
from torch import nn

from spam_rnn.models import SpamRNN
from spam_rnn.padding import pad_sequences
from spam_rnn.transformer import PositionalEncoding, TransformerLayer, sinusoidal_encoding


def test_positions_are_those_of_the_paper():
    for size in (1, 4, 7):
        found = sinusoidal_encoding(9, size)
        assert found.shape == (9, size) and found.dtype == torch.float64
        for t in range(9):
            for k in range(size):
                wave = math.cos if k % 2 else math.sin
                assert abs(found[t, k].item() - wave(t / 10_000 ** ((k - k % 2) / size))) < 1e-6


def test_no_two_positions_are_alike():
    distance = torch.cdist(sinusoidal_encoding(200, 40), sinusoidal_encoding(200, 40))
    assert distance.fill_diagonal_(1.0).min() > 0.1


def test_positions_are_added_to_the_widened_vectors():
    torch.manual_seed(0)
    places, states = PositionalEncoding(3, 6), torch.randn(2, 5, 3)
    found = places(states, torch.ones(2, 5, dtype=torch.bool))
    torch.testing.assert_close(found - places.widen(states), sinusoidal_encoding(5, 6).float().expand(2, 5, 6))
    assert found.dtype == torch.float32 and places.bfloat16()(states.bfloat16(), None).dtype == torch.bfloat16
    places, states = places.double(), states.double()
    torch.testing.assert_close(places(states, None), places.widen(states) + sinusoidal_encoding(5, 6), rtol=0, atol=1e-12)


def _pair(size=8, heads=2):
    torch.manual_seed(0)
    layer = TransformerLayer(size, heads, True, 0.0).double()
    for norm in (layer.norm1, layer.norm2):  # not the ones and zeros that they begin with
        nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    theirs = nn.TransformerEncoderLayer(size, heads, 2 * size, 0.0, "gelu", batch_first=True).double()
    names = {"self_attn.in_proj_": "query_key_value.", "self_attn.out_proj.": "out_proj.", "linear1.": "feed_forward.0.", "linear2.": "feed_forward.2."}
    state = layer.state_dict()
    for name in theirs.state_dict():
        other = next((name.replace(theirs_, ours) for theirs_, ours in names.items() if name.startswith(theirs_)), name)
        theirs.get_parameter(name).data.copy_(state[other])
    return layer, theirs


def test_layer_equals_torch():
    layer, theirs = _pair()
    states = torch.randn(3, 6, 8, dtype=torch.float64)
    mask = torch.arange(6) < torch.tensor([6, 4, 1])[:, None]
    for bidirectional in (True, False):
        layer.bidirectional = bidirectional
        ahead = None if bidirectional else torch.ones(6, 6, dtype=torch.bool).triu(1)
        results = []
        for module, options in ((layer, {"mask": mask}), (theirs, {"src_key_padding_mask": ~mask, "src_mask": ahead})):
            given = states.clone().requires_grad_()
            found = module(given, **options)[mask]
            results.append((found, torch.autograd.grad(found.sin().sum(), given)[0][mask]))
        torch.testing.assert_close(*results, rtol=0, atol=1e-10)


def test_what_comes_in_is_added_to_both_parts():
    layer, _ = _pair()
    states, mask = torch.randn(2, 5, 8, dtype=torch.float64), torch.ones(2, 5, dtype=torch.bool)
    expected = layer.norm2(layer.norm1(states))
    dropped = TransformerLayer(8, 2, True, 1.0).double().train()
    dropped.load_state_dict(layer.state_dict())
    torch.testing.assert_close(dropped(states, mask), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(dropped.eval()(states, mask), layer(states, mask), rtol=0, atol=1e-12)
    for part in (layer.out_proj, layer.feed_forward[2]):
        nn.init.zeros_(part.weight), nn.init.zeros_(part.bias)
    torch.testing.assert_close(layer(states, mask), expected, rtol=0, atol=1e-12)


def test_nobody_looks_at_padding():
    layer, _ = _pair()
    states, mask = torch.randn(2, 5, 8, dtype=torch.float64), torch.arange(5) < torch.tensor([3, 0])[:, None]
    changed = torch.where(mask.unsqueeze(2), states, torch.randn_like(states))
    for bidirectional in (True, False):
        layer.bidirectional = bidirectional
        assert torch.isfinite(layer(states, mask)).all()
        torch.testing.assert_close(layer(states, mask)[mask], layer(changed, mask)[mask], rtol=0, atol=1e-12)


def test_a_transformer_sees_order_and_can_be_kept_from_looking_ahead():
    torch.manual_seed(0)
    options = {"embedding_size": 8, "hidden_size": 6, "cell": "transformer", "pooling": "mean"}
    both, causal = (SpamRNN(50, bidirectional=b, **options).double().eval() for b in (True, False))
    a, b = both(*pad_sequences([[2, 3, 4], [4, 3, 2]]))
    assert a != b
    layer, mask = causal.layers[1], torch.ones(1, 4, dtype=torch.bool)
    states = torch.randn(1, 4, 6, dtype=torch.float64)
    changed = states.clone()
    changed[0, 3] += torch.randn(6, dtype=torch.float64)
    torch.testing.assert_close(layer(states, mask)[0, :3], layer(changed, mask)[0, :3], rtol=0, atol=1e-12)
    assert (layer(states, mask)[0, 3] != layer(changed, mask)[0, 3]).any()
    assert (both.layers[1](states.repeat(1, 1, 2), mask)[0, 0] != both.layers[1](changed.repeat(1, 1, 2), mask)[0, 0]).any()
