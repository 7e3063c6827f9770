"""Exported from nbs/proofs/storage_models.ipynb: change it there, then export."""

import json
import tempfile
from pathlib import Path

import numpy as np
from safetensors.torch import load_file, save

from spam_rnn import SpamClassifier
from spam_rnn.authoring.testing import raises
from spam_rnn.storage.folders import FolderError
from spam_rnn.storage.models import load_model, pretrained_folder, read_record, rename_parameters, rename_weights
from spam_rnn.storage.records import checksum


OLD_WEIGHTS = (
    ("embedding.words.weight", "embedding.weight"), ("embedding.ngrams.weight", "pieces.weight"), (".out_proj.", ".gather."),
    (".feed_forward.", ".think."), (".norm1.", ".norm_look."), (".norm2.", ".norm_think."),
)  # fmt: skip
OLD_CHARACTERS = {("word", "none"): "none", ("word", "all"): "pieces", ("word", "half"): "mixed", ("character", "none"): "only"}


def _to_format_2(folder):
    "Rewrite a saved model."
    import hashlib

    record = read_record(folder)
    weights = load_file(folder / record["weights"]["file"])
    for new, old in OLD_WEIGHTS:
        weights = {name.replace(new, old): value for name, value in weights.items()}
    content = save(weights)
    parameters = {"readers" if name == "ensemble_size" else name: value for name, value in record["parameters"].items()}
    parameters["characters"] = OLD_CHARACTERS[parameters.pop("token_unit"), parameters.pop("subwords")]
    old = {name: value for name, value in record.items() if name not in ("encoder", "network", "pos_label")}
    old |= {"format_version": 2, "parameters": parameters, "vocabulary": record["encoder"]["vocabulary"], "pieces": record["encoder"]["ngrams"]}
    old["weights"] = {"file": "weights-old.safetensors", "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "weights-old.safetensors").write_bytes(content)
    (folder / "classifier.json").write_text(json.dumps(old | {"checksum": checksum(old)}), encoding="utf-8")


def _trained(**options):
    texts, labels = ["win a winning prize", "lunch at lunchtime, you see"] * 12, ["spam", "ham"] * 12
    return SpamClassifier(**{"embedding_size": 8, "hidden_size": 8, "epochs": 1, "device": "cpu"} | options).fit(texts, labels)


def test_a_model_of_format_2_answers_the_same():
    texts = ["win", "winner at lunch", "", "you see?"]
    for options in (
        {}, {"subwords": "half", "ensemble_size": 4}, {"subwords": "all"}, {"token_unit": "character", "max_length": 9},
        {"cell": "transformer", "pooling": "attention", "ensemble_size": 1}, {"half_precision": True, "pos_label": "ham"},
    ):  # fmt: skip
        classifier = _trained(**options)
        with tempfile.TemporaryDirectory() as folder:
            classifier.save(folder)
            _to_format_2(Path(folder))
            assert json.loads((Path(folder) / "classifier.json").read_text(encoding="utf-8"))["format_version"] == 2
            loaded = SpamClassifier.load(folder, "cpu")
            again = SpamClassifier.load(loaded.save(Path(folder) / "new"), "cpu")
        for one in (loaded, again):
            assert (one.predict_proba(texts) == classifier.predict_proba(texts)).all(), options
            assert one.get_params() == classifier.get_params() and one.pos_label_ == classifier.pos_label_


def test_what_is_not_of_the_model_stays_as_it_is():
    classifier, other = _trained(), _trained(random_state=2)
    with tempfile.TemporaryDirectory() as scratch:
        folder, strange = Path(scratch) / "model", Path(scratch) / "strange"
        classifier.save(folder)
        mine = {name: name.encode() for name in ("weights-of-the-team.csv", "weights-0123456789abcdef.safetensors", "weights-old.part", "notes.part")}
        for name, content in mine.items():
            (folder / name).write_bytes(content)
        (folder / "weights-old").mkdir()
        (folder / "classifier.json.77.part").write_bytes(b"of a killed program")
        old = read_record(folder)["weights"]["file"]
        other.save(folder)
        new = read_record(folder)["weights"]["file"]
        assert new != old
        assert {path.name for path in folder.iterdir()} == {"classifier.json", "model_card.md", new, "weights-old", *mine}
        assert all((folder / name).read_bytes() == content for name, content in mine.items())
        strange.mkdir()
        for name in ("model_card.md", "classifier.json"):
            (strange / name).write_text("mine", encoding="utf-8")
            error = str(raises(FolderError, classifier.save, strange))
            assert str(strange / name) in error and "another folder" in error
            assert [path.name for path in strange.iterdir()] == [name] and (strange / name).read_text(encoding="utf-8") == "mine"
            (strange / name).unlink()


def test_today_s_names_stay_as_they_are():
    weights = _trained(cell="transformer", subwords="all").network_.state_dict()
    assert rename_weights(weights).keys() == weights.keys()
    parameters = SpamClassifier().get_params()
    assert rename_parameters(parameters) == parameters


def test_the_shipped_model_needs_no_scikit_learn_and_no_pandas():
    import subprocess
    import sys

    code = (
        "import sys; from spam_rnn.storage.models import load_model, pretrained_folder; "
        "load_model(pretrained_folder(), 'cpu').predictor.spam_probability(['hello']); "
        "print([name for name in ('sklearn', 'pandas', 'scipy', 'matplotlib', 'seaborn', 'plotly') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    assert np.isfinite(load_model(pretrained_folder(), "cpu").predictor.spam_probability(["hello"])).all()
