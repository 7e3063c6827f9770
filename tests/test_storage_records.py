"""Exported from nbs/behind/storage_records.ipynb: change it there, then export."""

from collections import deque

import numpy as np
import pandas as pd
import torch

from spam_rnn.authoring.testing import raises
from spam_rnn.storage.records import RecordError, from_json, pack, to_json, unpack


def test_a_record_comes_back_and_a_changed_byte_is_noticed():
    record = {"n": 1, "x": [None, {"deep": torch.arange(3.0)}], "name": "é"}
    content = pack(record)
    back = unpack(content)
    assert back["n"] == 1 and back["name"] == "é" and torch.equal(back["x"][1]["deep"], torch.arange(3.0))
    for at in range(0, len(content), 7):
        raises(RecordError, unpack, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        raises(RecordError, unpack, content[:at])


def test_settings_survive_json():
    for value in (None, 1.5, "auto", [1, "a"], {0: 1.0, "b": [1, 2]}, True):
        assert from_json(to_json(value)) == value
    assert to_json(torch.device("cuda:1")) == "cuda:1" and to_json((1, np.int64(2))) == [1, 2]
    assert [to_json(many) for many in (pd.Series(["win", "a"], index=[7, 7]), pd.Index(["win", "a"]), deque(["win", "a"]), np.array(["win", "a"]))] == [["win", "a"]] * 4
