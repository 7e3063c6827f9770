"""Exported from nbs/06_models.ipynb and nbs/proofs/06_models.ipynb: change it there, then export."""

import math
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from spam_rnn.authoring.testing import needs_cuda, raises
from spam_rnn.classifier import SpamClassifier
from spam_rnn.models import CELLS, Ensemble, LSTM, POOLINGS, SUBWORDS, SpamRNN, build_network, lstm_step, reading_layers
from spam_rnn.padding import pad_sequences
from spam_rnn.training import Examples, TrainingState, train_epoch
from spam_rnn.vocab import PAD


def test_gates_do_what_their_names_say():
    h, c, zero, shut, open_ = torch.zeros(1, 1), torch.full((1, 1), 2.0), torch.zeros(4, 1), -100.0, 100.0
    for gates, hidden, cell in (
        ((shut, open_, 0.0, open_), math.tanh(2), 2),  # keep, and show
        ((shut, shut, 0.0, open_), 0, 0),  # forget
        ((open_, open_, open_, shut), 0, 3),  # keep and write, show nothing
    ):
        found = lstm_step(torch.zeros(1, 1), h, c, zero, zero, torch.tensor(gates), torch.zeros(4))
        torch.testing.assert_close(found, (torch.full((1, 1), float(hidden)), torch.full((1, 1), float(cell))))


def test_lstm_equals_torch_in_value_and_gradient():
    torch.manual_seed(0)
    theirs, ours = nn.LSTM(3, 4).double(), LSTM(3, 4).double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    gradients = [torch.autograd.grad(lstm(x)[0].sin().sum(), list(lstm.parameters())) for lstm in (ours, theirs)]
    torch.testing.assert_close(ours(x), theirs(x), rtol=0, atol=1e-10)
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-10)


def test_what_stands_in_padded_places_changes_nothing():
    torch.manual_seed(0)
    model = SpamRNN(30).eval()
    alone = model(*pad_sequences([[2, 3, 4]]))
    for side in ("left", "right"):
        ids, mask = pad_sequences([[2, 3, 4], [5, 6, 7, 8, 9, 10]], padding_side=side)
        torch.testing.assert_close(model(torch.where(mask, ids, 11), mask)[:1], alone, rtol=0, atol=1e-6)


def test_an_ensemble_loses_at_most_the_mean_of_its_members_losses():
    torch.manual_seed(0)
    ensemble, spam = Ensemble([SpamRNN(30) for _ in range(3)]).eval(), torch.tensor([1.0, 0.0, 1.0])
    given = pad_sequences([[2, 3, 4], [5], [6, 7]])
    each = [binary_cross_entropy_with_logits(10 * member(*given), spam) for member in ensemble.members]
    assert binary_cross_entropy_with_logits(10 * ensemble(*given), spam) <= sum(each) / 3


def _results(lstm, x, states):
    "Everything that an LSTM gives, forward and backward."
    given = x.clone().requires_grad_()
    output, (h, c) = lstm(given, states)
    (output.pow(2).sum() + (3 * h).sin().sum() + c.cos().sum()).backward()
    return {"output": output, "h": h, "c": c, "input gradient": given.grad} | {n: p.grad for n, p in lstm.named_parameters()}


def _compare_with_torch(device, tolerance):
    double = {"dtype": torch.float64, "device": device}
    for layers, bidirectional, batch_first, begin, batch in product((1, 2), (False, True), (False, True), (False, True), (3, 1, None)):
        torch.manual_seed(0)
        options = {"num_layers": layers, "bidirectional": bidirectional, "batch_first": batch_first}
        ours, theirs = (kind(5, 7, **options).to(**double) for kind in (LSTM, nn.LSTM))
        ours.load_state_dict(theirs.state_dict())
        theirs.load_state_dict(ours.state_dict())
        few = () if batch is None else (batch,)
        x = torch.randn((*few, 11, 5) if batch_first else (11, *few, 5), **double)
        states = tuple(torch.randn((layers * (1 + bidirectional), *few, 7), **double) for _ in range(2)) if begin else None
        found, expected = _results(ours, x, states), _results(theirs, x, states)
        assert found.keys() == expected.keys()
        for name in found:
            assert found[name].shape == expected[name].shape, (name, options, batch)
            torch.testing.assert_close(found[name], expected[name], rtol=0, atol=tolerance, msg=lambda m: f"{name}: {m}")


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


def test_one_sequence_needs_no_batch():
    for batch_first in (False, True):
        lstm = LSTM(3, 4, batch_first=batch_first)
        output, (h, c) = lstm(torch.randn(5, 3))
        assert output.shape == (5, 4) and h.shape == c.shape == (1, 4)
        torch.testing.assert_close(output[-1], h[0])


def test_what_torch_refuses_is_refused():
    x, zeros = torch.randn(5, 2, 3), torch.zeros
    wrong = [(torch.randn(5, 2, 1, 3), None), (torch.randn(3), None)]
    wrong += [(x, (zeros(shape), zeros(1, 2, 4))) for shape in ((1, 1, 4), (2, 2, 4), (1, 2, 1), (2, 4), (1, 4))]
    wrong += [(x, (zeros(1, 2, 4), zeros(1, 1, 4))), (x[:, 0], (zeros(1, 1, 4), zeros(1, 1, 4)))]
    for given, states in wrong:
        raises(ValueError, LSTM(3, 4), given, states)
        raises((ValueError, RuntimeError), nn.LSTM(3, 4), given, states)
    assert "(1, 2, 4)" in str(raises(ValueError, LSTM(3, 4), x, (zeros(1, 1, 4), zeros(1, 1, 4))))


def test_parameters_are_drawn_as_torch_draws_them():
    torch.manual_seed(0)
    ours = LSTM(30, 25, 2, bidirectional=True)
    torch.manual_seed(0)
    theirs = nn.LSTM(30, 25, 2, bidirectional=True)
    for (name, here), (other, there) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == other and torch.equal(here, there)
        assert here.abs().max() <= 1 / math.sqrt(25)


def test_directions_equal_torch_where_nothing_is_padded():
    torch.manual_seed(0)
    model = SpamRNN(30, embedding_size=8, hidden_size=6, layers=2, bidirectional=True, pooling="last").double().eval()
    state = {
        f"{name[:-1]}{i}{suffix}": value
        for i, layer in enumerate(model.layers)
        for direction, suffix in (("from_start", ""), ("from_end", "_reverse"))
        for name, value in layer[direction].state_dict().items()
    }
    ids = torch.randint(2, 30, (4, 9))
    for kind in (nn.LSTM, LSTM):
        lstm = kind(8, 6, 2, bidirectional=True, batch_first=True).double()
        lstm.load_state_dict(state)
        _, (h, _) = lstm(model.embedding(ids))
        expected = model.output(torch.cat([h[-2], h[-1]], dim=1)).squeeze(-1)
        torch.testing.assert_close(model(ids, torch.ones_like(ids, dtype=torch.bool)), expected, rtol=0, atol=1e-10)


def _network(dtype=torch.float64, ensemble_size=1, ngrams=0, **options):
    torch.manual_seed(0)
    members = [SpamRNN(50, **{"embedding_size": 8, "hidden_size": 6, "ngrams": ngrams, "bidirectional": True} | options) for _ in range(ensemble_size)]
    return (members[0] if ensemble_size == 1 else Ensemble(members)).to(dtype).eval()


def _messages(ngrams):
    "Seven messages of random tokens, one of them empty; tokens with n-grams are rows."
    rng = np.random.default_rng(0)
    width = (5,) if ngrams else ()
    return [rng.integers(2, 50, size=(n, *width)).tolist() for n in (1, 2, 3, 5, 8, 0, 13)]


def _kinds():
    kinds = [{"cell": cell, "pooling": pooling, "layers": 2} for cell in CELLS for pooling in POOLINGS]
    kinds += [{"cell": "transformer", "bidirectional": False}, {"ensemble_size": 3}, {"bidirectional": False}]
    kinds += [{"backwards": True, "bidirectional": False}, {"ngrams": 60}]
    return kinds + [{"ngrams": 60, "cell": "transformer", "ensemble_size": 2}]


def test_padding_changes_no_score_of_any_network():
    for options in _kinds():
        messages = _messages(options.get("ngrams", 0))
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


_NO_DROPOUT = {"embedding_dropout": 0.0, "dropout": 0.0, "word_dropout": 0.0}


def test_padding_gets_no_gradient():
    for pooling, bidirectional in product(POOLINGS, (False, True)):
        model = _network(pooling=pooling, bidirectional=bidirectional, **_NO_DROPOUT).train()
        ids, mask = pad_sequences([[2, 3, 4, 5, 6], [7], []])
        ids = torch.where(mask, ids, 9)  # a token of its own in every padded place
        model(ids, mask).sum().backward()
        gradient = model.embedding.words.weight.grad
        assert gradient[9].abs().sum() == 0 and gradient[PAD].abs().sum() == 0, pooling
        assert gradient[2:8].abs().sum(dim=1).gt(0).all() or pooling == "max"
        assert gradient[7].abs().sum() > 0, pooling


def test_padding_gets_no_gradient_in_any_network():
    for cell in CELLS:
        model = _network(cell=cell, pooling="attention", **_NO_DROPOUT).train()
        ids, mask = pad_sequences([[2, 3, 4, 5, 6], [7], []])
        model(torch.where(mask, ids, 9), mask).sum().backward()
        gradient = model.embedding.words.weight.grad
        assert gradient[9].abs().sum() == 0 and gradient[2:8].abs().sum(dim=1).gt(0).all(), cell
    model = _network(ngrams=60, pooling="attention").train()
    model(*pad_sequences([[[2, 5, 6, 0]], [[3, 7, 0, 0], [4, 8, 9, 10]]])).sum().backward()
    gradient = model.embedding.ngrams.weight.grad
    assert gradient[0].abs().sum() == 0 and gradient[5:11].abs().sum(dim=1).gt(0).all()


def test_pad_row_stays_zero_even_when_padding_is_read():
    model = SpamRNN(30, embedding_size=8, hidden_size=6, masked=False, pooling="last", **_NO_DROPOUT)
    model(*pad_sequences([[2, 3, 4], [5]])).sum().backward()
    weight = model.embedding.words.weight
    assert weight.grad[PAD].abs().sum() == 0 and weight[PAD].abs().sum() == 0


def test_without_the_mask_padding_is_read():
    torch.manual_seed(0)
    model = SpamRNN(30, masked=False).eval()
    alone, beside = model(*pad_sequences([[2, 3]])), model(*pad_sequences([[2, 3], [4, 5, 6, 7]]))[:1]
    assert not torch.allclose(alone, beside)


def test_empty_messages_get_a_finite_logit():
    for pooling in POOLINGS:
        model = SpamRNN(30, pooling=pooling).eval()
        logits = model(*pad_sequences([[], [3, 4], []]))
        assert torch.isfinite(logits).all() and logits[0] == logits[2]
        assert model(*pad_sequences([])).shape == (0,)


def test_order_of_words_matters():
    for cell in CELLS:
        torch.manual_seed(0)
        model = SpamRNN(30, cell=cell, pooling="mean").eval()
        a, b = model(*pad_sequences([[2, 3, 4], [4, 3, 2]]))
        assert a != b, cell


def test_defaults_are_those_of_the_classifier():
    defaults, network = SpamClassifier().get_params(), SpamRNN(30)
    same = {"embedding_dropout": network.embedding_dropout, "dropout": network.dropout, "masked": network.masked, "pooling": network.pooling.kind}
    same |= {"word_dropout": network.embedding.word_dropout, "embedding_size": network.embedding.words.embedding_dim}
    same |= {"layers": len(network.layers), "hidden_size": network.output.in_features, "bidirectional": "from_end" in network.layers[0]}
    assert same == {name: defaults[name] for name in same}
    assert type(network.layers[0]["from_start"]) is nn.LSTM and defaults["cell"] == "lstm" and not network.backwards
    assert abs(SpamRNN(3000).embedding.words.weight.std().item() - defaults["embedding_std"]) < 0.01
    assert len(build_network(30).members) == defaults["ensemble_size"]


@needs_cuda
def test_network_on_cuda_agrees_with_cpu():
    torch.manual_seed(0)
    model = SpamRNN(30, layers=2, bidirectional=True, pooling="attention").eval()
    ids, mask = pad_sequences([[2, 3, 4, 5, 6], [7], []], padding_side="left")
    with torch.inference_mode():
        on_cpu = model(ids, mask)
        torch.testing.assert_close(model.cuda()(ids.cuda(), mask.cuda()).cpu(), on_cpu, rtol=0, atol=1e-5)


def test_word_dropout_is_for_training_only():
    torch.manual_seed(0)
    model = SpamRNN(30, embedding_dropout=0.0, dropout=0.0, word_dropout=0.5)
    given = pad_sequences([[2, 3, 4, 5, 6, 7, 8, 9]])
    assert len({model(*given).item() for _ in range(10)}) > 1
    model.eval()
    assert len({model(*given).item() for _ in range(10)}) == 1


def test_dropout_stands_where_it_should():
    given = pad_sequences([[2, 3, 4, 5]])
    for where in ("embedding_dropout", "dropout", "between"):
        torch.manual_seed(0)
        model = SpamRNN(30, layers=1 + (where == "between"), **_NO_DROPOUT)
        setattr(model, "dropout" if where == "between" else where, 1.0)
        other = pad_sequences([[9, 8, 7, 6]])
        if where == "dropout":  # nothing but the bias is left
            assert model.train()(*given).item() == model.output.bias.item() != model.eval()(*given).item()
        elif where == "embedding_dropout":  # every message of four tokens is the same
            assert model.train()(*given) == model(*other) and model.eval()(*given) != model(*other)
        else:  # what the second layer reads
            seen = []
            for layer in model.layers:
                layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].abs().sum().item() > 0))
            model.train()(*given), model.eval()(*given)
            assert seen == [True, False, True, True]  # the first layer's is that of token vectors


def test_an_ensemble_answers_with_the_mean():
    model, given = _network(ensemble_size=3), pad_sequences([[2, 3, 4], [5]])
    for i, member in enumerate(model.members):
        member.output.bias.data.fill_(float(i))
    with torch.inference_mode():
        each = torch.stack([member(*given) for member in model.members], dim=1)
        torch.testing.assert_close(model(*given), each.mean(dim=1), rtol=0, atol=1e-12)


def test_a_member_gets_its_share_of_the_gradient():
    model, given = _network(ensemble_size=3), pad_sequences([[2, 3, 4], [5]])
    found = torch.autograd.grad(model(*given).sum(), [member.output.weight for member in model.members])
    for gradient, member in zip(found, model.members):
        alone = torch.autograd.grad(member(*given).sum(), member.output.weight)[0]
        torch.testing.assert_close(gradient, alone / 3, rtol=0, atol=1e-12)


def test_a_step_of_training_divides_the_gradient_by_the_size_of_the_ensemble():
    sequences, targets = [[2, 3, 4], [5], [6, 7, 8]], np.array([1.0, 0.0, 1.0])
    for size in (2, 3):
        torch.manual_seed(0)
        model = Ensemble([SpamRNN(30, embedding_size=8, hidden_size=6, **_NO_DROPOUT) for _ in range(size)])
        before, truth = [member.output.weight.detach().clone() for member in model.members], torch.tensor([1.0, 0.0, 1.0])
        alone = [binary_cross_entropy_with_logits(member(*pad_sequences(sequences)), truth) for member in model.members]
        gradients = [torch.autograd.grad(loss, member.output.weight)[0] for loss, member in zip(alone, model.members)]
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        constant = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)
        train_epoch(TrainingState(model, optimizer, constant, np.random.default_rng(0), None, pad_sequences, ""), Examples(sequences, targets), 3)
        for member, start, gradient in zip(model.members, before, gradients):
            torch.testing.assert_close(start - member.output.weight, gradient / size, rtol=0, atol=1e-6)


def test_a_network_that_reads_backwards_reads_the_mirror_image():
    for pooling, ngrams in product(POOLINGS, (0, 60)):
        options = {"bidirectional": False, "pooling": pooling, "ngrams": ngrams}
        messages = _messages(ngrams)
        ahead, back = (_network(backwards=b, **options) for b in (False, True))
        with torch.inference_mode():
            expected = ahead(*pad_sequences([message[::-1] for message in messages]))
            assert not torch.allclose(ahead(*pad_sequences(messages)), expected), options  # it does make a difference
            for side in ("left", "right"):
                found = back(*pad_sequences(messages, padding_side=side))
                torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_every_second_member_reads_backwards_and_some_see_ngrams():
    for subwords, sees in (("none", "nnnnnn"), ("all", "yyyyyy"), ("half", "nnyynn")):
        members = build_network(30, ensemble_size=6, subwords=subwords, ngrams=20, hidden_size=4, cell="gru").members
        assert [member.backwards for member in members] == [False, True] * 3
        assert "".join("n" if member.embedding.ngrams is None else "y" for member in members) == sees
        assert all(member.output.in_features == 4 and isinstance(member.layers[0]["from_start"], nn.GRU) for member in members)
    assert set(SUBWORDS) == {"none", "all", "half"}
    one = build_network(30, ensemble_size=1)
    assert isinstance(one, SpamRNN) and not one.backwards


def test_a_network_too_large_for_memory_is_refused_in_words():
    said = str(raises(ValueError, build_network, 10, ensemble_size=3, hidden_size=2**30, embedding_size=7))
    assert "memory" in said and "hidden_size=1073741824" in said and "ensemble_size=3" in said and "embedding_size=7" in said


def test_cells_are_those_of_torch():
    assert CELLS == ("lstm", "gru", "rnn", "transformer")
    for cell, kind in (("lstm", nn.LSTM), ("gru", nn.GRU), ("rnn", nn.RNN)):
        (layer,) = reading_layers(cell, 3, 4, 1, True, 0.0)
        assert [type(layer[direction]) for direction in ("from_start", "from_end")] == [kind, kind]


def test_layers_fit_on_each_other():
    for cell, bidirectional, layers in product(CELLS, (False, True), (1, 3)):
        states, mask = torch.randn(2, 5, 3), torch.ones(2, 5, dtype=torch.bool)
        made = reading_layers(cell, 3, 6, layers, bidirectional, 0.0)
        for layer in made:
            states = layer(states, mask)
        assert states.shape == (2, 5, 12 if bidirectional else 6) and len(made) == layers + (cell == "transformer")


def test_a_network_passes_its_settings_on():
    torch.manual_seed(0)
    network = SpamRNN(3000, embedding_std=0.3, ngrams=7, word_dropout=0.4, pooling="last", cell="transformer", bidirectional=True)
    assert abs(network.embedding.words.weight.std().item() - 0.3) < 0.01 and network.embedding.ngrams.num_embeddings == 8
    assert network.embedding.word_dropout == 0.4
    assert network.pooling.kind == "last" and not network.pooling.bidirectional  # its last state is at the last token, whole
    assert SpamRNN(30, bidirectional=True).pooling.bidirectional and not SpamRNN(30).pooling.bidirectional


def test_a_network_passes_its_settings_on_to_a_transformer():
    first, *reading = reading_layers("transformer", 3, 6, 2, False, 0.25)
    assert first.widen.in_features == 3 and [layer.dropout.p for layer in reading] == [0.25] * 2
    assert [layer.bidirectional for layer in reading] == [False] * 2 and [layer.heads for layer in reading] == [2] * 2
    assert reading_layers("transformer", 3, 6, 1, True, 0.0)[1].heads == 4
