"""Exported from nbs/06_models.ipynb: change it there, then export."""

import numpy as np
import torch
from torch import nn

from spam_rnn.exporting import needs_cuda, raises
from spam_rnn.padding import pad_sequences
from spam_rnn.vocab import PAD, UNK

from spam_rnn.models import CELLS, Committee, LSTM, POOLINGS, SpamRNN, lstm_step, word_pieces


def _compare_with_torch(device, tolerance):
    for layers in (1, 2):
        for bidirectional in (False, True):
            for batch_first in (False, True):
                for begin in (False, True):
                    torch.manual_seed(0)
                    options = {"num_layers": layers, "bidirectional": bidirectional, "batch_first": batch_first}
                    ours, theirs = (
                        LSTM(5, 7, **options).double().to(device),
                        nn.LSTM(5, 7, **options).double().to(device),
                    )
                    ours.load_state_dict(theirs.state_dict())
                    theirs.load_state_dict(ours.state_dict())
                    x = torch.randn((3, 11, 5) if batch_first else (11, 3, 5), dtype=torch.float64, device=device)
                    shape = (layers * (1 + bidirectional), 3, 7)
                    states = (
                        tuple(torch.randn(shape, dtype=torch.float64, device=device) for _ in range(2))
                        if begin
                        else None
                    )
                    results = []
                    for lstm in (ours, theirs):
                        given = x.clone().requires_grad_()
                        output, (h, c) = lstm(given, states)
                        (output.pow(2).sum() + (3 * h).sin().sum() + c.cos().sum()).backward()
                        gradients = {name: p.grad for name, p in lstm.named_parameters()}
                        results.append({"output": output, "h": h, "c": c, "input gradient": given.grad, **gradients})
                    assert results[0].keys() == results[1].keys()
                    for name in results[0]:
                        torch.testing.assert_close(
                            results[0][name], results[1][name], rtol=0, atol=tolerance, msg=lambda m: f"{name}: {m}"
                        )


def test_lstm_equals_torch_on_cpu():
    _compare_with_torch("cpu", 1e-10)


@needs_cuda
def test_lstm_equals_torch_on_cuda():
    _compare_with_torch("cuda", 1e-10)


@needs_cuda
def test_lstm_on_cuda_agrees_with_cpu():
    torch.manual_seed(0)
    lstm, x = nn.LSTM(16, 32, 2, bidirectional=True), torch.randn(20, 8, 16)
    with torch.inference_mode():
        torch.testing.assert_close(lstm(x)[0], lstm.cuda()(x.cuda())[0].cpu(), rtol=0, atol=1e-5)


def test_gates_do_what_their_names_say():
    h, c, x = torch.zeros(1, 1), torch.full((1, 1), 2.0), torch.zeros(1, 1)
    zeros, shut, open_ = torch.zeros(4, 1), -100.0, 100.0

    def cell(i, f, g, o):
        return lstm_step(x, h, c, zeros, zeros, torch.tensor([i, f, g, o]), torch.zeros(4))

    assert cell(shut, open_, 0.0, open_)[1].item() == 2  # keep
    assert cell(shut, shut, 0.0, open_)[1].item() == 0  # forget
    assert cell(open_, open_, open_, open_)[1].item() == 3  # keep and write
    assert cell(open_, open_, open_, shut)[0].item() == 0  # show nothing


def test_word_pieces_are_runs_of_the_marked_word():
    assert word_pieces("win") == ["<wi", "win", "in>", "<win", "win>", "<win>"]
    assert word_pieces("a") == ["<a>"] and word_pieces("£") == ["<£>"]


def test_directions_equal_torch_where_nothing_is_padded():
    torch.manual_seed(0)
    model = SpamRNN(30, embedding_size=8, hidden_size=6, layers=2, pooling="last", dropout=0.0).double().eval()
    built_in = nn.LSTM(8, 6, 2, bidirectional=True, batch_first=True).double()
    equations = LSTM(8, 6, 2, bidirectional=True, batch_first=True).double()
    state = {
        f"{name[:-1]}{i}{suffix}": value
        for i, readers in enumerate(model.layers)
        for direction, suffix in (("from_start", ""), ("from_end", "_reverse"))
        for name, value in readers[direction].state_dict().items()
    }
    ids = torch.randint(2, 30, (4, 9))
    for lstm in (built_in, equations):
        lstm.load_state_dict(state)
        _, (h, _) = lstm(model.embedding(ids))
        expected = model.output(torch.cat([h[-2], h[-1]], dim=1)).squeeze(-1)
        torch.testing.assert_close(model(ids, torch.ones_like(ids, dtype=torch.bool)), expected, rtol=0, atol=1e-10)


def test_padding_gets_no_gradient():
    for pooling in POOLINGS:
        torch.manual_seed(0)
        model = SpamRNN(
            30, embedding_size=8, hidden_size=6, pooling=pooling, embedding_dropout=0.0, dropout=0.0, word_dropout=0.0
        ).double()
        ids, mask = pad_sequences([[2, 3, 4, 5, 6], [7], []])
        ids = torch.where(mask, ids, 9)  # a token of its own in every padded place
        model(ids, mask).sum().backward()
        gradient = model.embedding.weight.grad
        assert gradient[9].abs().sum() == 0 and gradient[PAD].abs().sum() == 0, pooling
        assert gradient[2:8].abs().sum(dim=1).gt(0).all() or pooling == "max"
        assert gradient[7].abs().sum() > 0, pooling


def test_pad_row_stays_zero_even_when_padding_is_read():
    model = SpamRNN(
        30,
        embedding_size=8,
        hidden_size=6,
        masked=False,
        pooling="last",
        embedding_dropout=0.0,
        dropout=0.0,
        word_dropout=0.0,
    )
    model(*pad_sequences([[2, 3, 4], [5]])).sum().backward()
    assert model.embedding.weight.grad[PAD].abs().sum() == 0 and model.embedding.weight[PAD].abs().sum() == 0


def test_empty_messages_get_a_finite_logit():
    for pooling in POOLINGS:
        model = SpamRNN(30, pooling=pooling).eval()
        logits = model(*pad_sequences([[], [3, 4], []]))
        assert torch.isfinite(logits).all() and logits[0] == logits[2]
        assert model(*pad_sequences([])).shape == (0,)


def test_word_dropout_is_for_training_only():
    torch.manual_seed(0)
    model = SpamRNN(30, embedding_dropout=0.0, dropout=0.0, word_dropout=0.5)
    given = pad_sequences([[2, 3, 4, 5, 6, 7, 8, 9]])
    assert len({model(*given).item() for _ in range(10)}) > 1
    model.eval()
    assert len({model(*given).item() for _ in range(10)}) == 1


def test_order_of_words_matters():
    torch.manual_seed(0)
    model = SpamRNN(30).eval()
    a, b = model(*pad_sequences([[2, 3, 4], [4, 3, 2]]))
    assert a != b


@needs_cuda
def test_network_on_cuda_agrees_with_cpu():
    torch.manual_seed(0)
    model = SpamRNN(30, layers=2).eval()
    ids, mask = pad_sequences([[2, 3, 4, 5, 6], [7], []], padding_side="left")
    with torch.inference_mode():
        on_cpu = model(ids, mask)
        torch.testing.assert_close(model.cuda()(ids.cuda(), mask.cuda()).cpu(), on_cpu, rtol=0, atol=1e-5)


def _network(dtype=torch.float64, readers=1, pieces=0, **options):
    torch.manual_seed(0)
    members = [SpamRNN(50, embedding_size=8, hidden_size=6, pieces=pieces, **options) for _ in range(readers)]
    return (members[0] if readers == 1 else Committee(members)).to(dtype).eval()


def _messages(pieces):
    "Seven messages of random tokens, one of them empty; tokens with pieces are rows."
    dice = np.random.default_rng(0)
    width = (5,) if pieces else ()
    return [dice.integers(2, 50, size=(n, *width)).tolist() for n in (1, 2, 3, 5, 8, 0, 13)]


def test_padding_changes_no_score_of_any_network():
    networks = [{"cell": cell, "pooling": pooling, "layers": 2} for cell in CELLS for pooling in POOLINGS]
    networks += [{"cell": "transformer", "bidirectional": False}, {"readers": 3}, {"backwards": True, "bidirectional": False}, {"pieces": 60}, {"pieces": 60, "cell": "transformer", "readers": 2}]
    for options in networks:
        messages = _messages(options.get("pieces", 0))
        for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-6)):
            model = _network(dtype, **options)
            with torch.inference_mode():
                alone = torch.stack([model(*pad_sequences([m]))[0] for m in messages])
                assert torch.isfinite(alone).all(), options
                for side in ("left", "right"):
                    ids, mask = pad_sequences([*messages, messages[0] * 20], padding_side=side)
                    anything = torch.randint(2, 50, ids.shape)
                    real = mask if ids.ndim == 2 else mask.unsqueeze(-1)
                    for table in (ids, torch.where(real, ids, anything)):
                        change = (model(table, mask)[:-1] - alone).abs().max()
                        assert change <= tolerance, (options, dtype, side, change)


def test_padding_gets_no_gradient_in_any_network():
    for options in ({"cell": cell} for cell in CELLS):
        model = _network(embedding_dropout=0.0, dropout=0.0, word_dropout=0.0, **options).train()
        ids, mask = pad_sequences([[2, 3, 4, 5, 6], [7], []])
        model(torch.where(mask, ids, 9), mask).sum().backward()
        gradient = model.embedding.weight.grad
        assert gradient[9].abs().sum() == 0 and gradient[2:8].abs().sum(dim=1).gt(0).all(), options
    model = _network(pieces=60).train()
    messages = [[[2, 5, 6, 0]], [[3, 7, 0, 0], [4, 8, 9, 10]]]
    model(*pad_sequences(messages)).sum().backward()
    assert model.pieces.weight.grad[0].abs().sum() == 0 and model.pieces.weight.grad[5:11].abs().sum(dim=1).gt(0).all()


def test_a_committee_answers_with_the_mean():
    model, given = _network(readers=3), pad_sequences([[2, 3, 4], [5]])
    with torch.inference_mode():
        each = torch.stack([member(*given) for member in model.members], dim=1)
        torch.testing.assert_close(model(*given), each.mean(dim=1), rtol=0, atol=1e-12)


def test_a_reader_from_the_end_reads_the_mirror_image():
    for options in ({"bidirectional": False, "pooling": pooling} for pooling in POOLINGS):
        for pieces in (0, 60):
            messages = _messages(pieces)
            there, back = (_network(pieces=pieces, backwards=b, **options) for b in (False, True))
            with torch.inference_mode():
                expected = there(*pad_sequences([message[::-1] for message in messages]))
                assert not torch.allclose(there(*pad_sequences(messages)), expected), options  # it does make a difference
                for side in ("left", "right"):
                    found = back(*pad_sequences(messages, padding_side=side))
                    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_a_transformer_sees_order_and_can_be_kept_from_looking_ahead():
    both, causal = (_network(cell="transformer", bidirectional=b, pooling="mean") for b in (True, False))
    a, b = both(*pad_sequences([[2, 3, 4], [4, 3, 2]]))
    assert a != b
    layer, mask = causal.layers[1], torch.ones(1, 4, dtype=torch.bool)
    states = torch.randn(1, 4, 6, dtype=torch.float64)
    changed = states.clone()
    changed[0, 3] += 1
    torch.testing.assert_close(layer(states, mask)[0, :3], layer(changed, mask)[0, :3], rtol=0, atol=1e-12)
    assert (layer(states, mask)[0, 3] != layer(changed, mask)[0, 3]).any()
