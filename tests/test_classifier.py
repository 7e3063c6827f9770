"""Exported from nbs/09_classifier.ipynb and nbs/proofs/09_classifier.ipynb: change it there, then export."""

import json
import math
import random
import sys
import tempfile
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import torch
from sklearn.base import clone
from sklearn.metrics import log_loss

import spam_rnn
from spam_rnn import BEST, SpamClassifier
from spam_rnn.authoring.testing import raises, slow
from spam_rnn.classifier import SpamClassifier
from spam_rnn.corpus import load_corpus
from spam_rnn.encoding import TextEncoder
from spam_rnn.models import build_network
from spam_rnn.storage.models import ModelError, pretrained_folder
from spam_rnn.storage.records import checksum
from spam_rnn.training import TrainingError


import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from spam_rnn.authoring.testing import raises

warnings.filterwarnings("ignore", message="there are .* luck decides")  # tests train on few messages, and know it


def test_fit_sets_nothing_before_it_has_succeeded():
    texts, labels = ["win", "lunch"] * 9, ["spam", "ham"] * 9
    classifier = SpamClassifier(epochs=1, device="cpu").fit(texts, labels)
    before = classifier.trained_
    raises(ValueError, classifier.set_params(dropout=7).fit, texts, labels)
    assert classifier.trained_ is before


def test_a_threshold_that_is_set_after_fit_counts_at_once():
    classifier = SpamClassifier(epochs=1, device="cpu").fit(["win", "lunch"] * 9, ["spam", "ham"] * 9)
    assert set(classifier.set_params(threshold=0.0).predict(["win", "lunch"])) == {"spam"}
    assert set(classifier.set_params(threshold=1).predict(["win", "lunch"])) == {"ham"} and classifier.threshold_ == 1
    with tempfile.TemporaryDirectory() as folder:
        assert SpamClassifier.load(classifier.save(folder), "cpu").threshold_ == 1
    assert "threshold" in str(raises(ValueError, classifier.set_params(threshold=2).predict, ["win"]))


def _small(**options):
    return SpamClassifier(
        **{"embedding_size": 8, "hidden_size": 8, "epochs": 2, "batch_size": 16, "random_state": 0, **options}
    )


def _texts(n=60, seed=0):
    rng = np.random.default_rng(seed)
    words = {"ham": ["lunch", "home", "see", "you", "later"], "spam": ["win", "prize", "call", "08081570000", "!!!"]}
    labels = np.array(["spam" if i % 4 == 0 else "ham" for i in range(n)])
    both = words["ham"] + words["spam"]
    return [
        " ".join([*rng.choice(words[label], 5), *rng.choice(both, 2)]) + f" {i:x}" for i, label in enumerate(labels)
    ], labels


def test_it_learns_what_is_easy():
    texts, labels = _texts(200)
    classifier = _small(epochs=8, learning_rate=0.02).fit(texts, labels)
    assert classifier.score(*_texts(seed=1)) > 0.95
    probability = classifier.predict_proba(["you see lunch", "win prize 08081570000", "", "never seen before"])
    assert probability.shape == (4, 2) and np.allclose(probability.sum(axis=1), 1)
    assert probability[1, 1] > 0.5 > probability[0, 1]
    assert {"train_loss", "seconds"} == set(classifier.history_.columns)
    judged = _small(epochs=1).fit(texts, labels, validation=_texts(seed=1)).history_
    assert {"train_loss", "valid_loss", "valid_mcc", "seconds"} == set(judged.columns)


def test_same_seed_same_bits():
    texts, labels = _texts()
    first, again, other = (_small(random_state=seed).fit(texts, labels).predict_proba(texts) for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()
    before = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    _small().fit(texts, labels)
    assert before == (
        np.random.get_state()[1].tolist(),
        torch.get_rng_state().tolist(),
    )  # nobody else's rng are touched


def test_training_takes_the_threads_it_was_given():
    texts, labels = _texts()
    seen, before = [], torch.get_num_threads()

    def watched(*args, **options):
        seen.append(torch.get_num_threads())
        return build_network(*args, **options)

    try:
        torch.set_num_threads(3)
        with mock.patch("spam_rnn.fitting.steps.build_network", watched):
            for threads in (1, 2, None):
                SpamClassifier(epochs=1, hidden_size=8, threads=threads).fit(texts, labels)
        assert seen == [1, 2, 3] and torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_labels_of_any_kind_and_either_order():
    texts, labels = _texts()
    reference = _small(pos_label="spam").fit(texts, labels).predict_proba(texts)[:, 1]
    for ham, spam, pos_label in ((0, 1, None), ("no", "yes", None), (False, True, None), ("z", "a", "a"), (1, 0, 0)):
        y = np.array([spam if label == "spam" else ham for label in labels])
        classifier = _small(pos_label=pos_label).fit(texts, y)
        column = list(classifier.classes_).index(spam)
        assert (classifier.predict_proba(texts)[:, column] == reference).all()
        assert set(classifier.predict(texts)) <= {ham, spam} and classifier.predict(texts).dtype == y.dtype


def test_threshold_decides():
    texts, labels = _texts()
    never, always = (_small(threshold=t).fit(texts, labels).predict(texts) for t in (1.0, 0.0))
    assert set(never) == {"ham"} and set(always) == {"spam"}
    chosen = _small(threshold="validation").fit(texts, labels, validation=_texts(seed=1))
    assert 0 < chosen.threshold_ < 1 and chosen.threshold_ != 0.5


def test_weights_count():
    texts, labels = _texts(80)
    doubtful = labels.copy()
    doubtful[::3] = "spam"
    weight = np.where(doubtful == labels, 1.0, 0.0)
    plain, weighted = (
        _small(epochs=16, learning_rate=0.02).fit(texts, doubtful, w, validation=_texts(seed=1)) for w in (None, weight)
    )
    truth = labels == "spam"
    assert log_loss(truth, weighted.predict_proba(texts)[:, 1]) < log_loss(truth, plain.predict_proba(texts)[:, 1]) / 2
    heavy = _small(class_weight={"spam": 20.0, "ham": 1.0}).fit(texts, labels)
    assert heavy.predict_proba(texts)[:, 1].mean() > _small().fit(texts, labels).predict_proba(texts)[:, 1].mean()


def test_hold_out_keeps_near_duplicates_together_and_is_not_learned():
    texts, labels = _texts(100)
    texts = [f"{text} {text} {text}" for text in texts]
    texts, labels = [*texts, *(f"{text}!" for text in texts)], np.concatenate([labels, labels])
    seen = []

    tokenize = TextEncoder.tokenize

    def watched(self, texts):
        seen.append(list(texts))
        return tokenize(self, texts)

    with mock.patch.object(TextEncoder, "tokenize", watched):
        _small(patience=5).fit(texts, labels)
    assert len(seen) == 2  # each text is tokenised once
    learned, held_out = {t.strip("!") for t in seen[0]}, {t.strip("!") for t in seen[1]}
    assert held_out and not learned & held_out
    assert len(seen[0]) + len(seen[1]) == 200 and abs(len(seen[1]) - 20) <= 4


def test_a_wild_learning_rate_is_an_error_even_in_the_last_step():
    texts, labels = _texts()
    for options in ({"epochs": 2}, {"epochs": 1, "batch_size": 60}):
        error = raises(TrainingError, _small(learning_rate=1e38, **options).fit, texts, labels)
        assert "learning rate" in str(error)
    assert "sample_weight" in str(raises(ValueError, _small().fit, texts, labels, [1e39] * 60))


def test_who_leaves_the_epochs_open_trains_few_messages_for_480_steps():
    texts, labels = _texts()
    assert len(_small(epochs=None, batch_size=None).fit(texts, labels).history_) == 32
    assert len(_small(epochs=None, batch_size=1).fit(texts, labels).history_) == 8


class Struck(Exception):
    "Nobody expects it."


def _with_each_line(on_line, fit):
    "Call `fit`, and before each line of the package `on_line` with the line's place."
    package, before = str(Path(spam_rnn.__file__).parent), sys.gettrace()

    def in_function(frame, event, _):
        if event == "line":
            on_line((Path(frame.f_code.co_filename).name, frame.f_lineno))
        return in_function

    sys.settrace(lambda frame, *_: in_function if frame.f_code.co_filename.startswith(package) else None)
    try:
        fit()
    finally:
        sys.settrace(before)


def _state(classifier):
    "What a fitted estimator is, and what a training could change around it."
    network = classifier.network_
    return {
        "attributes": {name: id(value) for name, value in vars(classifier).items()},
        "answers": classifier.spam_probability(["you win a prize", "see you"]).tolist(),
        "weights": [weights.tolist() for weights in network.parameters()],
        "modes": [module.training for module in network.modules()],
        "record": repr((classifier.provenance_, classifier.vocabulary_.tokens, classifier.threshold_, classifier.history_)),
        "threads": torch.get_num_threads(),
        "random numbers": (torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()),
        "modes of torch": (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_dtype()),
        "warnings": [*warnings.filters],
    }


def _strike(step):
    "Let a fit fail at one of `step` lines that it runs; with `step` 1 at each."
    texts, labels = _texts(120)
    labels[60:] = np.where(labels[60:] == "ham", "spam", "ham")  # so many of both kinds that nothing is said of doubt
    classifier = _small(embedding_size=4, hidden_size=4, epochs=1, batch_size=64).fit(*_texts(20))
    classifier.set_params(patience=1, threshold=0.4, subwords="half")
    with tempfile.TemporaryDirectory() as folder:
        places, kept, whole = {}, Path(folder) / "kept", clone(classifier)
        _with_each_line(places.setdefault, lambda: whole.fit(texts, labels, checkpoint=kept))
        assert len(places) > 300
        for error in (Struck(), KeyboardInterrupt()):
            for place in [*places][::step] + [*places][-20:]:

                def strike(line):
                    if line == place:
                        raise error

                held, before = vars(classifier).copy(), _state(classifier)
                raises(type(error), _with_each_line, strike, lambda: classifier.fit(texts, labels, checkpoint=kept))
                after = _state(classifier)
                assert not (changed := [name for name in before if before[name] != after[name]]), (place, changed)
                kept.unlink(missing_ok=True)
    classifier.fit(texts, labels)
    assert _state(classifier)["weights"] == _state(whole)["weights"] and held


def test_wherever_fit_fails_the_estimator_is_as_it_was():
    _strike(40)


@slow
def test_at_each_line_where_fit_fails_the_estimator_is_as_it_was():
    _strike(1)


def test_vocabulary_is_of_the_training_texts_only():
    texts, labels = _texts()
    classifier = _small().fit(texts, labels, validation=(["validationword you", "win"], ["ham", "spam"]))
    assert "validationword" not in classifier.vocabulary_ and "lunch" in classifier.vocabulary_
    given = _small(vocabulary=["win", "lunch"]).fit(texts, labels)
    assert given.vocabulary_.tokens == ["<pad>", "<unk>", "win", "lunch"]


def test_wrong_parameters_are_named_in_fit():
    texts, labels = _texts(20)
    wrong = {
        "epochs": 0, "batch_size": 1.5, "min_count": -1, "max_length": 0, "hidden_size": "big", "dropout": 1.0, "word_dropout": -0.1, "embedding_dropout": 2,
        "learning_rate": 0, "clip_norm": -1, "weight_decay": -1, "padding_side": "top", "cell": "lstn", "pooling": "sum", "digits": "squeeze", "schedule": "step",
        "threshold": 1.5, "random_state": -1, "masked": "yes", "pos_label": "eggs", "device": "abacus", "patience": 0,
    }  # fmt: skip
    for name, value in wrong.items():
        classifier = _small(**{name: value})  # no error yet: scikit-learn's rule
        error = str(raises(ValueError, classifier.fit, texts, labels))
        assert name in error and repr(value) in error, (name, error)
    for value in (2**31, 10**20):
        for name in ("embedding_size", "hidden_size", "layers", "ensemble_size", "epochs"):
            error = str(raises(ValueError, _small(**{name: value}).fit, texts, labels))
            assert name in error and repr(value) in error, (name, error)
    assert "vocabulary" in str(raises(ValueError, _small(vocabulary=(word for word in ["win"])).fit, texts, labels))  # can be read once only
    error = str(raises(ValueError, _small(hidden_size=2**31 - 1).fit, texts, labels))
    assert "memory" in error and "hidden_size=2147483647" in error


def test_wrong_input_is_named():
    texts, labels = _texts(20)
    for bad in (None, 7, 1.5, b"bytes", float("nan"), ["list"]):
        assert "row 3" in str(raises(ValueError, _small().fit, [*texts[:3], bad, *texts[4:]], labels))
    fitted = _small().fit(texts, labels)
    assert "list of texts" in str(raises(ValueError, fitted.predict, "one text"))
    assert "row 0" in str(raises(ValueError, fitted.predict, [None]))
    assert "two classes" in str(raises(ValueError, _small().fit, texts, ["ham"] * 20))
    assert "labels" in str(raises(ValueError, _small().fit, texts, labels[:5]))
    assert "sample_weight" in str(raises(ValueError, _small().fit, texts, labels, [-1.0] * 20))
    for missing in (None, math.nan, pd.NA, pd.NaT, b"ham"):
        for kind in (list, lambda values: np.array(values, dtype=object), lambda values: pd.Series(values, dtype=object)):
            broken = kind([*labels[:3], missing, *labels[4:]])
            assert str(raises(ValueError, _small().fit, texts, broken)).startswith(f"row 3 has {'the' if isinstance(missing, bytes) else 'no'} label"), missing
            assert "row 3 has" in str(raises(ValueError, _small().fit, texts, labels, validation=(texts, broken)))
    assert fitted.predict_proba([]).shape == (0, 2) and fitted.predict([]).shape == (0,)


def test_the_share_of_right_answers_is_that_of_known_labels():
    texts, labels = _texts(20)
    small = SpamClassifier.pretrained("cpu")
    assert small.score(texts, labels) == np.mean(small.predict(texts) == np.array(labels))
    assert small.score(texts, pd.Series(labels), [1.0] + [0.0] * 19) == float(small.predict(texts[:1])[0] == labels[0])
    for label in (None, math.nan, pd.NA, b"ham", "SPAM", "", 7, True):
        for kind in (list, lambda values: np.array(values, dtype=object)):
            assert "row 3 has" in str(raises(ValueError, small.score, texts, kind([*labels[:3], label, *labels[4:]]))), label
    for text in (None, math.nan, b"win", 7):
        for ask in (lambda row: small.score(row, labels), small.predict, small.predict_proba, small.spam_probability):
            assert "row 3 is not a text" in str(raises(ValueError, ask, [*texts[:3], text, *texts[4:]]))
    assert "one label for each" in str(raises(ValueError, small.score, texts, labels[:3]))


def test_lists_series_and_arrays_are_texts():
    texts, labels = _texts(40)
    expected = _small().fit(texts, labels).predict_proba(texts)
    for kind in (pd.Series, np.array, lambda x: pd.Series(x, index=range(100, 140))):
        assert (_small().fit(kind(texts), kind(labels.tolist())).predict_proba(kind(texts)) == expected).all()


def test_clone_and_parameters():
    classifier = _small(cell="gru")
    assert clone(classifier).get_params() == classifier.get_params()
    assert classifier.set_params(cell="rnn").cell == "rnn"


def test_a_saved_model_answers_the_same():
    texts, labels = _texts()
    with tempfile.TemporaryDirectory() as folder:
        for i, y in enumerate((labels, labels == "spam", (labels == "spam").astype(int), labels.astype(object))):
            classifier = _small(class_weight={y[0]: 2.0, y[1]: 1.0}, threshold="validation", pooling="attention").fit(
                texts, y
            )
            classifier.save(Path(folder) / str(i))
            loaded = SpamClassifier.load(Path(folder) / str(i), device="cpu")
            assert (loaded.predict_proba(texts) == classifier.predict_proba(texts)).all()
            assert (loaded.predict(texts) == classifier.predict(texts)).all()
            assert loaded.get_params() == classifier.get_params() | {"device": "cpu"}
            assert loaded.threshold_ == classifier.threshold_ and loaded.classes_.dtype == classifier.classes_.dtype
            pd.testing.assert_frame_equal(loaded.history_, classifier.history_)
        kinds = sorted(path.suffix for path in (Path(folder) / "0").iterdir())
        assert kinds == [".json", ".md", ".safetensors"]


def test_settings_may_be_numpy_s_and_torch_s():
    texts, labels = _texts(20)
    plain, theirs = _small(epochs=1), _small(hidden_size=np.int64(8), epochs=np.int32(1), dropout=np.float32(0.25), masked=np.True_, lowercase=np.True_, device=torch.device("cpu"))
    plain.set_params(dropout=0.25).fit(texts, labels)
    with tempfile.TemporaryDirectory() as folder:
        again = SpamClassifier.load(theirs.fit(texts, labels).save(folder))
    for classifier in (theirs, again):
        assert classifier.spam_probability(texts).tolist() == plain.spam_probability(texts).tolist()
    assert again.hidden_size == 8 and again.get_params()["masked"] is True


def test_saving_again_replaces_the_model():
    texts, labels = _texts()
    with tempfile.TemporaryDirectory() as folder:
        _small(random_state=1).fit(texts, labels).save(folder)
        second = _small(random_state=2).fit(texts, labels)
        second.save(folder)
        assert len(list(Path(folder).iterdir())) == 3
        assert (SpamClassifier.load(folder).predict_proba(texts) == second.predict_proba(texts)).all()


def test_a_model_that_is_not_whole_is_refused():
    texts, labels = _texts()
    with tempfile.TemporaryDirectory() as folder:
        classifier = _small().fit(texts, labels)
        assert "classifier.json" in str(raises(ModelError, SpamClassifier.load, folder))
        rng = np.random.default_rng(0)
        for _ in range(40):
            classifier.save(folder)
            path = [p for p in Path(folder).iterdir() if p.suffix != ".md"][rng.integers(2)]
            content = bytearray(path.read_bytes())
            at = rng.integers(len(content))
            if rng.random() < 0.3:
                content = content[:at]
            else:
                content[at] ^= 1 << rng.integers(8)
            path.write_bytes(bytes(content))
            error = str(raises(ModelError, SpamClassifier.load, folder))
            assert str(Path(folder)) in error
            path.unlink()
        classifier.save(folder)
        record = json.loads((Path(folder) / "classifier.json").read_text(encoding="utf-8"))
        for change, word in (({"format_version": 99}, "newer"), ({"format": "other"}, "not a spam_rnn")):
            altered = {k: v for k, v in (record | change).items() if k != "checksum"}
            altered["checksum"] = checksum(altered)
            (Path(folder) / "classifier.json").write_text(json.dumps(altered), encoding="utf-8")
            assert word in str(raises(ModelError, SpamClassifier.load, folder))


def test_the_card_is_for_people_only():
    texts, labels = _texts()
    with tempfile.TemporaryDirectory() as folder:
        classifier = _small().fit(texts, labels, validation=_texts(seed=1))
        facts = {"corpus": {"name": "uci", "sha256": "ab" * 32}, "command": "spam-rnn train"}
        path = classifier.save(folder, facts) / "model_card.md"
        card = path.read_text(encoding="utf-8")
        scores = classifier.provenance_["validation"]["scores"]
        for part in (
            "spam or ham", "ab" * 32, "10.24432/C5CC84", "not** good for", f"| accuracy | {scores['accuracy']:.4f} |", "- cell: lstm",
            classifier.provenance_["training"]["sha256"], "torch", "```sh\nspam-rnn train\n```", "test part has not been opened",
            next(Path(folder).glob("*.safetensors")).name,
        ):  # fmt: skip
            assert part in card, part
        assert not any(text in card for text in texts)
        path.unlink()
        loaded = SpamClassifier.load(folder)
        assert loaded.provenance_ == classifier.provenance_ | facts
        loaded.save(folder)
        assert path.read_text(encoding="utf-8") == card  # what is known is not lost on the way
        assert "doi.org" not in classifier.save(folder).joinpath("model_card.md").read_text(encoding="utf-8")
        seen = {"test": {"scores": scores | {"mcc": None}}}
        assert "| undefined |" in classifier.save(folder, seen).joinpath("model_card.md").read_text(encoding="utf-8")


def test_a_model_knows_what_it_learned_from():
    texts, labels = _texts()
    first, again = (_small(random_state=seed).fit(texts, labels, validation=_texts(seed=1)) for seed in (1, 2))
    assert first.provenance_["training"] == again.provenance_["training"]
    assert first.provenance_["training"]["messages"] == 60 and first.provenance_["training"]["spam"] == 15
    other = labels.copy()
    other[0] = "ham"
    for X, y in ((texts[1:], labels[1:]), (texts, other), (["x", *texts[1:]], labels)):
        changed = _small().fit(X, y, validation=_texts(seed=1)).provenance_["training"]["sha256"]
        assert changed != first.provenance_["training"]["sha256"]
    held_out = _small(patience=5).fit(texts, labels).provenance_
    assert held_out["training"]["messages"] + held_out["validation"]["messages"] == 60
    assert "validation" not in _small().fit(texts, labels).provenance_  # by default, every message is learned from


def test_half_precision_halves_the_file_and_keeps_the_bits():
    texts, labels = _texts()
    with tempfile.TemporaryDirectory() as folder:
        whole, half = (_small(half_precision=half).fit(texts, labels) for half in (False, True))
        sizes = []
        for classifier in (whole, half):
            classifier.save(folder)
            sizes.append(next(Path(folder).glob("*.safetensors")).stat().st_size)
            assert (SpamClassifier.load(folder).predict_proba(texts) == classifier.predict_proba(texts)).all()
        assert sizes[1] < 0.7 * sizes[0]  # what is left over is the file's own list of names
        difference = np.abs(whole.predict_proba(texts) - half.predict_proba(texts)).max()
        assert 0 < difference < 1e-3


OWN = {
    "Lunch at 1? The usual place": "ham",
    "Running late, the bus broke down. Start without me!": "ham",
    "Mum says thanks for the flowers, she put them in the kitchen": "ham",
    "Did you find your keys?": "ham",
    "WIN a holiday!!! Text SUN to 80081 now, £1.50 per msg": "spam",
    "Congratulations! You have won a £500 prize. Call 09060001234 to claim": "spam",
    "URGENT! Your mobile number was awarded a FREE camera phone, call 08001234567": "spam",
    "Free ringtone every week! Reply TONE to 85555. To stop send STOP": "spam",
}  # our own, and not found in the corpus


def test_the_pretrained_model_is_small_and_answers_at_once():
    folder = pretrained_folder()
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 2_000_000
    assert len(list(folder.iterdir())) == 3  # one weights file, not that of an earlier training too
    classifier = SpamClassifier.pretrained(device="cpu")
    assert classifier.predict([*OWN]).tolist() == [*OWN.values()]
    assert classifier.provenance_["corpus"]["name"] == "uci" and "test" not in classifier.provenance_
    assert "10.24432/C5CC84" in (folder / "model_card.md").read_text(encoding="utf-8")
    assert not any(c.isdigit() and c != "0" for token in classifier.vocabulary_.tokens for c in token)
    with tempfile.TemporaryDirectory() as scratch:
        again = SpamClassifier.load(classifier.save(scratch))
        assert (again.predict_proba([*OWN]) == classifier.predict_proba([*OWN])).all()


def test_best_trains_and_is_saved_whole():
    texts, labels = _texts()
    classifier = SpamClassifier(**BEST | {"embedding_size": 8, "hidden_size": 8, "epochs": 1}).fit(texts, labels)
    assert len(classifier.network_.members) == BEST["ensemble_size"]
    with tempfile.TemporaryDirectory() as folder:
        again = SpamClassifier.load(classifier.save(folder), device="cpu")
    assert (again.predict_proba(texts) == classifier.predict_proba(texts)).all()


def test_ngrams_tell_unknown_words_apart():
    texts, labels = _texts()
    texts = [f"{text} winner lunchbox" for text in texts]  # an n-gram must be part of two words to be known
    unseen = ["winning", "lunchtime"]
    plain, ngrams = (
        _small(subwords=subwords, epochs=1).fit(texts, labels).predict_proba(unseen)[:, 1]
        for subwords in ("none", "all")
    )
    assert plain[0] == plain[1] and ngrams[0] != ngrams[1]


def test_members_alternate():
    texts, labels = _texts()
    members = _small(subwords="half", ensemble_size=6, epochs=1).fit(texts, labels).network_.members
    assert [member.backwards for member in members] == [False, True] * 3
    assert [member.embedding.ngrams is not None for member in members] == [False, False, True, True, False, False]
