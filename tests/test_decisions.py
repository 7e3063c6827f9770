"""Exported from nbs/proofs/12_decisions.ipynb: change it there, then export."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import mock

import spam_rnn
from spam_rnn import decisions
from spam_rnn.corpus import load_corpus
from spam_rnn.decisions import DECISIONS, QUICK, VARIATIONS, decision_experiment, plan_decisions, run_decisions
from spam_rnn.lab.variations import describe_variation


def test_the_decisions_are_many_and_each_changes_something():
    names = [decision.name for decision in DECISIONS]
    assert len(names) == len(set(names)) >= 25 and len(VARIATIONS) == 1 + sum(len(d.alternatives) for d in DECISIONS)
    reference = describe_variation("the reference", {}, "sample")
    told = {name: describe_variation(name, changes, "sample") for name, changes in VARIATIONS.items() if "corpus" not in changes}
    assert told.pop("the reference") == reference and reference not in told.values()
    written = [str(one) for one in told.values()]
    assert len(set(written)) == len(written)  # no two alternatives are the same
    chapters = Path(spam_rnn.__file__).parent.parent / "nbs"
    assert all((chapters / f"{decision.chapter}.ipynb").is_file() and decision.reference for decision in DECISIONS)
    assert set(QUICK) < set(VARIATIONS)


def test_who_brings_a_corpus_gets_the_same_experiment_on_it():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.csv"
        load_corpus("sample").assign(label=lambda t: t.label.map({"spam": "junk", "ham": "fine"})).to_csv(path, index=False)
        mine, quick = decision_experiment(path, "junk"), decision_experiment(path, "junk", quick=True)
        assert mine.path == "decisions.jsonl" and not any("corpus" in changes for changes in mine.changes.values())
        assert list(quick.changes) == ["the reference", *QUICK] and list(quick.seeds) == [0, 1, 2] and len(mine.seeds) == 20
        with mock.patch.dict(decisions.VARIATIONS, {"case: kept": {"lowercase": False, "epochs": 1, "hidden_size": 4}}):
            changed = decision_experiment(path, "junk", quick=True)
        found = changed.work("case: kept", changed.changes["case: kept"], 0)
        assert sum(found["scores"][k] for k in ("tn", "fp", "fn", "tp")) == found["sizes"][2] > 100
        assert found["scores"]["fn"] + found["scores"]["tp"] > 20  # junk is the spam of this file


def _tiny():
    quick = {"epochs": 1, "embedding_size": 4, "hidden_size": 4}
    changes = {"the reference": quick, "case: kept": quick | {"lowercase": False}, "marks deleted": quick | {"punctuation": "delete"}}
    return replace(decision_experiment("sample", quick=True), changes=changes, seeds=[0, 1])


def _without_time(path):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def test_a_run_that_was_stopped_goes_on_to_the_same_table():
    with tempfile.TemporaryDirectory() as folder:
        whole, stopped = Path(folder) / "whole.jsonl", Path(folder) / "stopped.jsonl"
        verdicts = run_decisions(_tiny(), whole, progress=False)
        assert list(verdicts.index) == ["case: kept", "marks deleted"] and set(verdicts.verdict) == {"only 2 pairs"}
        assert "6 runs, 6 of them done" in str(plan_decisions(_tiny(), whole))
        for lines in (1, 2, 4):  # three times: some rows, and one that was torn off
            content = whole.read_bytes().splitlines(keepends=True)
            stopped.write_bytes(b"".join(content[:lines]) + content[lines][:40])
            run_decisions(_tiny(), stopped, progress=False)
            assert _without_time(stopped) == _without_time(whole)


def test_a_new_decision_runs_only_what_is_new():
    made = []
    experiment = replace(_tiny(), work=lambda name, changes, seed: made.append((name, seed)) or _tiny().work(name, changes, seed))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.jsonl"
        run_decisions(replace(experiment, changes={name: experiment.changes[name] for name in ("the reference", "marks deleted")}), path, progress=False)
        made.clear()
        run_decisions(experiment, path, progress=False)
    assert made == [("case: kept", 0), ("case: kept", 1)]
