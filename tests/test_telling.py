"""Exported from nbs/behind/telling.ipynb: change it there, then export."""

import contextlib
import io
import logging
import signal
import warnings

from spam_rnn.authoring.testing import raises
from spam_rnn.telling import quiet, run, stoppable, told


def _end_of(work):
    "How it ends when `run` runs it, and what it tells."
    words = io.StringIO()
    with contextlib.redirect_stderr(words):
        end = raises(SystemExit, run, work)
    return end.code, words.getvalue().strip()


def test_what_stops_a_command_is_told_in_one_sentence():
    def stopped(number, swallow=None):
        with stoppable(lambda: "half of it is kept") if swallow is None else contextlib.nullcontext():
            try:
                signal.raise_signal(number)
            except KeyboardInterrupt:
                raise (KeyboardInterrupt if swallow is None else swallow) from None

    of_the_caller = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored, and stays so
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        assert _end_of(lambda: stopped(number)) == (code, "spam-rnn: stopped; half of it is kept")
        for other in (ImportError("half a library"), SystemExit(130), KeyboardInterrupt()):
            assert _end_of(lambda: stopped(number, other)) == (code, "spam-rnn: stopped; no file is half-written"), other
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    signal.signal(signal.SIGINT, of_the_caller)

    def fails(error):
        raise error

    assert _end_of(lambda: fails(ValueError("no such file"))) == (1, "spam-rnn: no such file")
    assert _end_of(lambda: fails(OSError(28, "No space left"))) == (1, "spam-rnn: [Errno 28] No space left")
    assert "bug" in str(raises(KeyError, run, lambda: fails(KeyError("bug"))))


def test_warnings_for_users_are_told_and_others_are_not():
    class SampleWarning(UserWarning):
        pass

    words = io.StringIO()
    with contextlib.redirect_stderr(words), told():
        warnings.warn("the sample stands in", SampleWarning)
        warnings.warn("a tensor is not writable", UserWarning)
    assert words.getvalue().strip() == "the sample stands in"


def test_libraries_are_held_back_for_a_while():
    log, words = logging.getLogger("a library"), io.StringIO()
    log.addHandler(logging.StreamHandler(words))
    with warnings.catch_warnings(record=True) as caught, quiet():
        warnings.warn("a tensor is not writable")
        log.warning("compiled again")
    log.warning("after that")
    assert not caught and words.getvalue() == "after that\n"
