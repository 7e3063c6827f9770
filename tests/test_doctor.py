"""Exported from nbs/behind/doctor.ipynb: change it there, then export."""

from spam_rnn.doctor import (
    STEPS,
    Trained,
    computer,
    diagnose,
    diagnosis_lines,
    package_files,
    read_record,
    spread,
    train_reference,
)


from dataclasses import replace

import numpy as np

from spam_rnn.doctor import STEPS, Trained, computer, diagnose, diagnosis_lines, package_files, read_record, spread, train_reference


def _recorded():
    record = read_record()
    return record, Trained(record["steps"], record["probability"], record["seeds"][str(record["seed"])])


def test_the_doctor_tells_same_bits_from_another_seed_and_from_a_mistake():
    record, same = _recorded()
    here, at_hand = record["computer"], record["files"]
    found = diagnose(record, same, here, at_hand)
    assert (found.verdict, found.first_step, found.computer, found.files, found.apart) == ("same bits", None, {}, [], 0)
    assert "are those of the record" in diagnosis_lines(found, record)[-1]
    for step in STEPS:  # each step is looked at, the first one is named
        found = diagnose(record, replace(same, steps=same.steps | {step: "other", "probabilities": "other"}), here, at_hand)
        assert found.verdict == "within" and found.first_step == step and STEPS[step] in diagnosis_lines(found, record)[1]
    for score, low_or_high in (("mcc", 1), ("mcc", 2), ("log_loss", 1), ("log_loss", 2)):
        end = found.scores[score][low_or_high]
        for factor, verdict in ((0.999, "within"), (1.001, "beyond")):
            centre = np.mean([one[score] for one in record["seeds"].values()])
            other = replace(same, steps=same.steps | {"weights": "other"}, scores=same.scores | {score: centre + (end - centre) * factor})
            assert diagnose(record, other, here, at_hand).verdict == verdict, (score, end)
    shorter = replace(same, steps=same.steps | {"split": "other"}, probability=same.probability[1:])
    assert diagnose(record, shorter, here, at_hand).verdict == "beyond"


def test_the_doctor_names_version_device_threads_and_file():
    record, same = _recorded()
    for name in ("python", "torch", "numpy", "scikit-learn", "processor", "instructions", "device", "threads"):
        found = diagnose(record, same, record["computer"] | {name: "another"}, record["files"])
        assert found.computer == {name: (record["computer"][name], "another")}
        assert f"{name}: another here, {record['computer'][name]} in the record" in diagnosis_lines(found, record)
    for name in record["files"]:
        found = diagnose(record, same, record["computer"], record["files"] | {name: "0"})
        assert found.files == [name] and diagnosis_lines(found, record)[-1].startswith(f"{name} is not the file")
    assert package_files() == record["files"] and set(computer()) == set(record["computer"])
    assert len(record["seeds"]) == 10 and len({one["log_loss"] for one in record["seeds"].values()}) == 10


def test_this_computer_trains_what_the_record_says():
    record, _ = _recorded()
    found = diagnose(record, train_reference(record["seed"]), computer(), package_files())
    assert found.verdict != "beyond", diagnosis_lines(found, record)
    exact = {"python", "torch", "numpy", "scikit-learn", "pandas", "system", "processor", "instructions", "threads"}
    assert found.verdict == "same bits" or exact & found.computer.keys(), diagnosis_lines(found, record)
    low, high = spread([0.0, 1.0, 2.0], 0.5)
    assert low < 1 - 0.8 and high == 2 - low  # one more of three is less certain than their own spread
