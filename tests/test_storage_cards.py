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


def test_a_command_stands_in_a_card_as_it_is_typed():
    record = read_record(pretrained_folder())
    provenance = {name: value for name, value in record["provenance"].items() if name != "fingerprints"}
    command = "spam-rnn train --corpus 'my  `own`.csv' --pos-label junk"
    card = model_card(record | {"provenance": provenance | {"command": command}})
    assert f"\n```sh\n{command}\n```\n" in card  # a block keeps blanks and back ticks as they are
    assert "fingerprints" not in card and "six bytes" in model_card(record)  # only what is kept is said
    other = provenance | {"corpus": provenance["corpus"] | {"name": "my own.csv"}}
    assert "collections" in card and "collections" not in model_card(record | {"provenance": other})  # our corpus was tried elsewhere
