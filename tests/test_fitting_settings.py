"""Exported from nbs/behind/fitting_settings.ipynb: change it there, then export."""

from dataclasses import fields

import numpy as np

from spam_rnn.authoring.testing import raises
from spam_rnn.fitting.settings import RULES, Settings, check_settings


def test_every_setting_has_a_rule_but_the_two_that_others_check():
    names = {field.name for field in fields(Settings)}
    assert names - set(RULES) == {"pos_label", "device"} and not set(RULES) - names
    check_settings(vars(Settings()))
    for many in (["win", "a"], ("win", "a"), np.array(["win", "a"])):
        check_settings(vars(Settings(vocabulary=many)))
    for many in ({"win", "a"}, {"win": 0}, "win", iter(["win"])):  # have no order, no order of tokens, or can be read once only
        assert "vocabulary must be a list of tokens" in str(raises(ValueError, check_settings, vars(Settings(vocabulary=many))))
