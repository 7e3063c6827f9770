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


_SENTENCES = [  # keys in the record, what stands there instead → what the card says before and after
    ("pos_label", "ham", "# Model card: spam or ham", "# Model card: ham or spam"),
    ("pos_label", "ham", "523 of them spam", "523 of them ham"),
    ("parameters ensemble_size", 1, "2 recurrent networks, side by side, that read a text message word by word and give together", "A recurrent network that reads a text message word by word and gives"),
    ("parameters cell", "transformer", "2 recurrent networks, side", "2 transformers, side"),
    ("parameters token_unit", "character", "message word by word and", "message character by character and"),
    ("parameters subwords", "half", "word by word and", "word by word, and parts of words, too and"),
    ("versions spam_rnn", "9.9", "saved by spam_rnn 0.1.0", "saved by spam_rnn 9.9"),
    ("weights file", "weights-0.safetensors", "in `weights-c", "in `weights-0.safetensors`"),
    ("provenance corpus name", "mine.csv", "- corpus: uci,", "- corpus: mine.csv,"),
    ("provenance corpus name", "mine.csv", "The corpus is the SMS Spam Collection", ""),
    ("provenance corpus name", "mine.csv", "on five collections of other people's messages", "and with confidence;"),
    ("provenance corpus sha256", "ab12", "SHA-256 `7d03", "SHA-256 `ab12`"),
    ("provenance training messages", 7_777, "training: 3,902 messages", "training: 7,777 messages"),
    ("provenance training spam", 7, "523 of them spam", "7 of them spam"),
    ("provenance training sha256", "cd34", "labels `dfdd", "labels `cd34`"),
    ("provenance validation messages", 8_888, "validation: 558 messages", "validation: 8,888 messages"),
    ("encoder vocabulary", ["a", "b"], "2,862 tokens of", "vocabulary: 2 tokens of"),
    ("parameters digits", "keep", "each digit in them has become 0", ""),
    ("provenance command", "spam-rnn train", "two different messages at least", "tokens that were given, not learned"),
    ("provenance command", "spam-rnn train", "They are listed by frequency", ""),
    ("provenance command", "spam-rnn train", "Weights and vocabulary were derived from it", "The weights were derived from it"),
    ("provenance validation scores mcc", 0.1234, "", "| MCC | 0.1234 |"),
    ("provenance validation scores mcc", None, "", "| MCC | undefined |"),
    ("threshold", 0.25, "from a probability of 0.6 on", "from a probability of 0.25 on"),
    ("provenance test", {"scores": dict.fromkeys(("accuracy", "precision", "f1", "mcc", "spam_caught", "blocked_ham", "pr_auc"), 0.5)}, "has not been opened", "| | validation | test |"),
    ("provenance validation", {"messages": 1, "spam": 1, "sha256": ""}, "| accuracy |", "None are known."),
    ("parameters patience", 5, "", "The validation part chose the epoch to stop at"),
    ("parameters threshold", "validation", "", "The validation part chose that threshold"),
    ("parameters token_unit", "character", "A misspelt word is an unknown word", "written in another way"),
    ("parameters subwords", "all", "A misspelt word is an unknown word", "written in another way"),
    ("n_parameters", 99, " numbers, trained with", "\n99 numbers, trained with"),
    ("parameters hidden_size", 99, "", "- hidden_size: 99"),
    ("versions torch", "9.9", "", "torch 9.9"),
]


def _changed(record, keys, value):
    first, *rest = keys
    return {**record, first: _changed(record.get(first, {}), rest, value) if rest else value}


def test_every_sentence_of_a_card_is_borne_out():
    record = read_record(pretrained_folder())
    before = model_card(record)
    for keys, value, old, new in _SENTENCES:
        after = model_card(_changed(record, keys.split(), value))
        assert old in before and (not new or new not in before), (keys, old, new)
        assert new in after and (not old or old not in after or keys == "n_parameters"), (keys, old, new)
    own = _changed(_changed(record, ["parameters", "vocabulary"], None), ["provenance", "command"], "spam-rnn train")
    assert "but rare words, such as names, stand in it." in model_card(own) and "given" not in model_card(own).split("## How")[0]
    characters = model_card(_changed(own, ["parameters", "token_unit"], "character"))
    assert "from the list." in characters and "rare words" not in characters
    bare = model_card({**record, "provenance": {}})
    assert not any(word in bare for word in ("- corpus", "- training", "- validation:", "```", "fingerprints")) and "None are known." in bare


def test_the_cards_that_ship_are_those_of_their_records():
    for folder in (pretrained_folder(), *(path.parent for path in (pretrained_folder().parent / "play").glob("*/classifier.json"))):
        assert (folder / "model_card.md").read_text(encoding="utf-8") == model_card(read_record(folder)), folder


def test_a_command_stands_in_a_card_as_it_is_typed():
    record = read_record(pretrained_folder())
    provenance = {name: value for name, value in record["provenance"].items() if name != "fingerprints"}
    command = "spam-rnn train --corpus 'my  `own`.csv' --pos-label junk"
    card = model_card(record | {"provenance": provenance | {"command": command}})
    assert f"\n```sh\n{command}\n```\n" in card  # a block keeps blanks and back ticks as they are
    assert "fingerprints" not in card and "six bytes" in model_card(record)  # only what is kept is said
    other = provenance | {"corpus": provenance["corpus"] | {"name": "my own.csv"}}
    assert "collections" in card and "collections" not in model_card(record | {"provenance": other})  # our corpus was tried elsewhere
