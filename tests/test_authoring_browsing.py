"""Exported from nbs/behind/authoring_browsing.ipynb: change it there, then export."""

from unittest.mock import patch

from spam_rnn.authoring.browsing import no_browser


def test_who_has_no_browser_is_told():
    with patch("importlib.util.find_spec", lambda name: None):
        assert ".[browser]" in no_browser()
