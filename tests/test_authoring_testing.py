"""Exported from nbs/behind/authoring_testing.ipynb: change it there, then export."""

import contextlib
import io
import os
import types
import unittest
from unittest import mock

from spam_rnn.authoring.testing import each, needs_corpus, needs_cuda, raises, skip_if, slow


def test_tests_without_their_means_are_skipped_by_name():
    ran, printed = [], io.StringIO()

    def counted():
        ran.append(len(ran))

    with mock.patch.dict(os.environ), contextlib.redirect_stdout(printed):
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        skip_if(counted, lambda: None)()
        assert ran == [0] and printed.getvalue() == ""
        skip_if(counted, lambda: "no means")()
        assert printed.getvalue() == "skipped: counted (no means)\n"
        os.environ["PYTEST_CURRENT_TEST"] = "this one"
        assert str(raises(unittest.SkipTest, skip_if(counted, lambda: "no means"))) == "no means"
        assert ran == [0]


def test_missing_corpora_are_named_and_nothing_is_downloaded():
    asked, printed, here = [], io.StringIO(), {"near": "/somewhere"}

    def find(name, *, may_download):
        asked.append((name, may_download))
        return here.get(name)

    @needs_corpus("near", "far", "farther")
    def wants_three():
        raise AssertionError("must not run")

    @needs_corpus("near")
    def wants_one():
        asked.append("ran")

    with (
        mock.patch("spam_rnn.corpus.find_corpus", find),
        mock.patch.dict(os.environ),
        contextlib.redirect_stdout(printed),
    ):
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        wants_three()
        assert asked == [("near", False), ("far", False), ("farther", False)]
        wants_one()
    assert asked[-1] == "ran"
    assert printed.getvalue() == "skipped: wants_three (the far and farther corpus is not at hand)\n"


def test_gpu_tests_run_where_there_is_a_gpu_only():
    ran, printed = [], io.StringIO()

    def on_the_gpu():
        ran.append(True)

    with mock.patch.dict(os.environ), contextlib.redirect_stdout(printed):
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        for available in (False, True):
            with mock.patch("torch.cuda.is_available", return_value=available):
                needs_cuda(on_the_gpu)()
            assert ran == [True] * available
    assert printed.getvalue() == "skipped: on_the_gpu (no CUDA device)\n"


def test_slow_tests_are_named_where_they_do_not_run():
    ran, printed = [], io.StringIO()

    @slow
    def long_test():
        ran.append(1)

    with mock.patch.dict(os.environ), contextlib.redirect_stdout(printed):
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        long_test()
        assert ran == [] and "long_test (slow: python -m pytest --slow" in printed.getvalue()
        os.environ["PYTEST_CURRENT_TEST"] = "here"
        long_test()
    assert ran == [1] and [mark.name for mark in long_test.pytestmark] == ["slow"]


def test_each_case_is_tried_and_the_one_that_fails_is_named():
    cases, tried = [types.SimpleNamespace(name=name) for name in ("first", "second", "third")], []

    def test(case):
        tried.append(case.name)
        if case.name == "second":
            raise KeyError(case.name)

    test.__module__ = "__main__"  # as in a notebook
    assert raises(KeyError, each(cases)(test)).__notes__ == ["case: second"] and tried == ["first", "second"]
    test.__module__ = "test_of_something"
    mark = each(cases)(test).pytestmark[0]
    assert mark.name == "parametrize" and mark.args == ("case", cases) and mark.kwargs["ids"](cases[2]) == "third"


def test_raises_gives_back_what_was_raised_and_nothing_else():
    assert "'seven'" in str(raises(ValueError, int, "seven"))
    assert "base" in str(raises(ValueError, int, "7", base=99)), "keywords are passed on"
    assert str(raises(AssertionError, raises, ValueError, int, "7")) == "int did not raise ValueError"
    assert isinstance(raises(TypeError, raises, ValueError, int, None), TypeError), "another exception goes through"
