"""Exported from nbs/behind/storage_cards.ipynb: change it there, then export."""

from spam_rnn.storage.cards import model_card
from spam_rnn.storage.models import pretrained_folder, read_record


def test_a_card_says_what_its_record_says_and_no_more():
    record = read_record(pretrained_folder())
    card = model_card(record)
    assert record["weights"]["file"] in card and "- cell: lstm" in card and "has not been opened" in card
    assert "validation part chose" not in card  # the default keeps the last epoch and a fixed threshold
    for change, words in (({"patience": 5}, "the epoch to stop at"), ({"threshold": "validation"}, "that threshold")):
        assert f"validation part chose {words}" in model_card(record | {"parameters": record["parameters"] | change})
