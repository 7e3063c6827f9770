"""Exported from nbs/proofs/experiments.ipynb: change it there, then export."""

from spam_rnn.experiments import (
    ARCHITECTURES,
    ATTEMPTS,
    COMPARISON,
    EXPERIMENTS,
    LADDER,
    LEARNING_CURVES,
    WORD_DROPOUT,
    describe_step,
    difference,
    judge_step,
    plan_experiment,
    run_experiment,
)


import contextlib
import io
import pickle
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pandas as pd

import spam_rnn
from spam_rnn import experiments
from spam_rnn.assignment import STEPS
from spam_rnn.authoring.testing import needs_corpus, raises, slow
from spam_rnn.classifier import SpamClassifier
from spam_rnn.decisions import BEST
from spam_rnn.experiments import (
    ARCHITECTURES, ATTEMPTS, COMPARISON, EXPERIMENTS, LADDER, LEARNING_CURVES, WORD_DROPOUT,
    difference, judge_step, plan_experiment, run_experiment, describe_step,
)
from spam_rnn.lab.experiment import Experiment
from spam_rnn.lab.judging import build
from spam_rnn.lab.runs import read_runs
from spam_rnn.recipe import Recipe

_RESULTS = Path(spam_rnn.__file__).parent.parent / "results"


def test_every_change_describes_a_classifier_that_fits():
    texts, labels = ["win a prize now", "see you at home"] * 10, ["spam", "ham"] * 10
    for table in (ARCHITECTURES, ATTEMPTS, COMPARISON, LADDER, LEARNING_CURVES, WORD_DROPOUT):
        seen = [str(sorted(changes.items(), key=str)) for changes in table.values()]
        assert len(set(seen)) == len(seen)  # no two of a table are the same
    for changes in (*ARCHITECTURES.values(), *ATTEMPTS.values(), BEST):
        estimator = build(changes)
        quick = {"epochs": 1, "hidden_size": 4, "embedding_size": 4} if isinstance(estimator, SpamClassifier) else {}
        estimator.set_params(**quick).fit(texts, labels)


def test_experiments_are_named_as_their_files_and_can_be_sent_away():
    assert "architectures" in EXPERIMENTS
    for name, experiment in EXPERIMENTS.items():
        assert experiment.name == name and experiment.path == f"results/{name}.jsonl" and experiment.question.endswith("?")
        assert experiment.reference in experiment.changes
        work = pickle.loads(pickle.dumps(experiment.work))
        assert getattr(work, "func", work) is getattr(experiment.work, "func", experiment.work)
    assert LADDER["LSTM, shuffled"] == {"shuffled": True} and LEARNING_CURVES["one rule, 1 %"] == {"classifier": "one rule", "train_share": 0.01}


def test_steps_change_what_they_say():
    changes = EXPERIMENTS["assignment"].changes
    assert list(changes) == list(STEPS) and changes["the original"] == {}
    assert changes["unknown words"] == {"corpus": {"name": "uci"}, "classifier": {"word_dropout": 0.2}}
    assert changes["copies apart"] == {"split": {"sizes": [0.7, 0.15, 0.15], "stratify": False}} and changes["70/10/20"] == {"split": {}}
    assert changes["mask"]["classifier"] == {"masked": True} and changes["whole messages"]["classifier"] == {"max_length": 200}
    assert changes["one message, one state"] == {"classifier": {"carry_state": False}}
    assert changes["our class, the same settings"]["classifier"]["estimator"] == "SpamClassifier"  # another kind: all of it
    before = {"corpus": 1, "split": 2, "classifier": {"estimator": "a", "x": 1, "y": 2}}
    assert difference(before, before) == {}
    assert difference(before, before | {"classifier": {"estimator": "a", "x": 1, "y": 3}}) == {"classifier": {"y": 3}}


def _length(name, changes, seed):
    return {"scores": {"length": len(name) + seed}}


def _length_told(name, changes):
    return dict(changes), "0"


def test_an_experiment_is_planned_and_run_by_its_name():
    toy = Experiment("toy", "?", "a", {"a": {}, "bb": {"x": 1}}, range(2), _length, _length_told, "nowhere.jsonl")
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(EXPERIMENTS, {"toy": toy}):
        path, said = Path(folder) / "toy.jsonl", io.StringIO()
        with contextlib.redirect_stdout(said):
            assert run_experiment("toy", path, dry_run=True).empty and not path.exists()
        assert "4 runs, 0 of them done, 4 left" in said.getvalue()
        some = run_experiment("toy", path, names=["bb"], seeds=[1], progress=False)
        assert some.length.tolist() == [3] and some.command.tolist() == ["spam-rnn experiment toy"]
        plan = plan_experiment("toy", path)
        assert len(plan.left) == 3 and len(plan_experiment("toy", path, names=["bb"]).left) == 1
        assert len(plan_experiment("toy", path, seeds=[1]).left) == 1 and len(plan_experiment("toy", path, seeds=[5]).left) == 2
        table = run_experiment("toy", path, n_jobs=1, progress=False)
        assert table.length.tolist() == [1, 2, 2, 3]
        with contextlib.redirect_stdout(said):
            assert len(run_experiment("toy", path, dry_run=True)) == 4
        with contextlib.chdir(folder):
            run_experiment("toy", progress=False)  # where the experiment says
            assert len(read_runs("nowhere.jsonl")) == 4 == len(plan_experiment("toy").rows)
    for call in (run_experiment, plan_experiment):
        assert "'alchemy'" in str(raises(ValueError, call, "alchemy")) and "ladder" in str(raises(ValueError, call, "alchemy"))


def test_processes_and_backend_are_handed_on():
    given = {}
    with mock.patch.object(experiments, "make_runs", lambda *args, **named: given.update(named, args=args)):
        run_experiment("collapse", "x.jsonl", names=[], n_jobs=3, backend="dask", progress=False)
    assert (given["n_jobs"], given["backend"], given["progress"]) == (3, "dask", False) and given["args"][1] == "x.jsonl"


def test_a_step_is_followed():
    quick = SpamClassifier(epochs=2, hidden_size=4, embedding_size=4)
    steps = {"quick": Recipe(corpus={"name": "sample"}, classifier=quick), "fixed": Recipe(corpus={"name": "sample"}, split={"stratify": False}, classifier=quick)}
    with mock.patch.dict(STEPS, steps):
        row = judge_step("quick", None, 3)
        assert list(row["history"]["epoch"]) == [1, 2] and row["printed"] is None and "interval" not in row["scores"]
        assert sum(row["sizes"]) == told_rows("sample") and row["scores"]["tn"] + row["scores"]["fp"] > 0 and row["seconds"] >= 0
        assert row["scores"] == judge_step("quick", None, 3)["scores"]
        seeds = []
        kept = judge_step.__globals__["follow"]
        with mock.patch.object(experiments, "follow", lambda recipe, seed, **named: seeds.append((seed, named)) or kept(recipe, seed, **named)):
            judge_step("quick", None, 5)
            judge_step("fixed", None, 5)
        assert seeds == [(5, {}), (5, {})]  # one seed for the split and the training
        told, sha256 = describe_step("fixed")
        assert told["split"] == {"stratify": False} and told["classifier"]["hidden_size"] == 4 and len(sha256) == 64


def told_rows(name):
    from spam_rnn.corpus import read_corpus

    return len(read_corpus(name).messages)


@needs_corpus("uci", "assignment")
def test_committed_results_are_complete_and_valid():
    for name, experiment in EXPERIMENTS.items():
        plan = plan_experiment(name, _RESULTS / f"{name}.jsonl")
        assert not plan.stale, f"{name}: {plan}"
        assert not plan.left, f"{name}: {plan}"


def test_what_cannot_be_made_again_says_so():
    for path in _RESULTS.glob("*.jsonl"):
        for row in read_runs(path):
            if row["command"] is None:
                assert row["reproducible"] is False and row["why_not"], row["name"]
                assert row["name"] not in EXPERIMENTS[path.stem].changes
            else:
                assert row["command"] in (f"spam-rnn experiment {path.stem}", f"spam-rnn {path.stem}") and row["parameters"] and row["name"] in EXPERIMENTS[path.stem].changes


@slow
@needs_corpus("uci", "assignment")
def test_committed_runs_are_made_again():
    chosen = {"architectures": ("a plain recurrent network", 101), "ladder": ("bag of embeddings", 4), "learning_curves": ("LSTM, 5 %", 2), "comparison": ("default", 11)}
    for name, (run, seed) in chosen.items():
        with tempfile.TemporaryDirectory() as folder:
            run_experiment(name, Path(folder) / "runs.jsonl", names=[run], seeds=[seed], progress=False)
            (new,) = read_runs(Path(folder) / "runs.jsonl")
        (old,) = (row for row in read_runs(_RESULTS / f"{name}.jsonl") if (row["name"], row["seed"]) == (run, seed))
        assert new["scores"] == old["scores"] and new["parameters"] == old["parameters"], name
