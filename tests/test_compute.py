"""Exported from nbs/behind/compute.ipynb: change it there, then export."""

import torch

from spam_rnn.authoring.testing import needs_cuda, raises
from spam_rnn.compute import choose_device, cpu_threads, seeded


def test_a_device_that_is_not_there_is_named():
    for device in ("quantum", "cuda:99", "meta", "gpu"):
        error = str(raises(ValueError, choose_device, device))
        assert repr(device) in error and "cpu" in error and len(error) < 300
    assert choose_device("cpu") == choose_device(torch.device("cpu")) == torch.device("cpu")


@needs_cuda
def test_auto_takes_the_gpu():
    assert choose_device("auto").type == "cuda"


def test_a_seed_is_for_a_while():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with seeded(1), cpu_threads(1):
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with seeded(1):
        assert torch.equal(torch.rand(3), first)


def test_threads_come_back_even_after_an_error():
    before = torch.get_num_threads()
    try:
        with cpu_threads(before + 1):
            assert torch.get_num_threads() == before + 1
            raise KeyError
    except KeyError:
        assert torch.get_num_threads() == before
    with cpu_threads(None):
        assert torch.get_num_threads() == before
