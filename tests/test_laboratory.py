"""Exported from nbs/behind/laboratory.ipynb: change it there, then export."""

from spam_rnn.laboratory import _print_verdicts, _workers


def test_without_a_scheduler_this_computer_does_the_work_and_a_look_gives_no_verdict():
    import contextlib
    import io

    import pandas as pd

    with _workers(None) as options:
        assert options == {}
    table = pd.DataFrame({"mcc": [0.01, -0.2], "mcc_low": [0.0, -0.3], "mcc_high": [0.02, -0.1], "verdict": ["cannot tell", "matters"]}, index=["a", "b"])
    told = {}
    for quick in (True, False):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            _print_verdicts(table, quick)
        told[quick] = printed.getvalue().splitlines()
    assert told[True] == ["-0.200  b", "+0.010  a"] and told[False][0] == "-0.200  (-0.300 to -0.100)  matters  b"
