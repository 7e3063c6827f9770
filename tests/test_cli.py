"""Exported from nbs/proofs/cli.ipynb: change it there, then export."""

import contextlib
import errno
import html
import io
import json
import logging
import math
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from unittest import mock

import pandas as pd

import spam_rnn
from spam_rnn.classifier import SpamClassifier
from spam_rnn.cli import app, main
from spam_rnn.corpus import find_corpus, load_corpus
from spam_rnn.laboratory import MINUTES
from spam_rnn.seen import knows_messages
from spam_rnn.speed import QUICK_SIZES, SIZES
from spam_rnn.split import split_corpus
from spam_rnn.storage.checkpoints import Checkpoint
from spam_rnn.storage.models import load_model, pretrained_folder, read_record
from spam_rnn.telling import tell_report, tell_training


KEYS = set(
    "schema_version corpus sha256 rows_read rows_kept rows_rejected sizes seed device threshold pos_label recipe versions interval_level valid test".split()
)
SCORE_KEYS = set("accuracy precision f1 mcc spam_caught blocked_ham pr_auc tn fp fn tp interval".split())


def _run(*arguments, fails=False):
    "Run the program as a user does, in a process of its own."
    done = subprocess.run(
        [sys.executable, "-c", "from spam_rnn.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "SPAM_RNN_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"},
    )
    assert (done.returncode != 0) == fails, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr if fails else done.stdout


def _main_quietly(*arguments):
    "Run the program in this process, so that a test can break things under it; its exit status, and what it says to stderr and to stdout."
    said, printed, status = io.StringIO(), io.StringIO(), 0
    with mock.patch.object(sys, "argv", ["spam-rnn", *map(str, arguments)]):
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
                main()
        except SystemExit as end:
            status = end.code or 0
    return status, said.getvalue(), printed.getvalue()


def _own_file(folder):
    "A hundred and twenty messages of the sample, under other labels, with a broken row."
    sample = load_corpus("sample")
    few = pd.concat([sample[sample.label == "ham"].head(90), sample[sample.label == "spam"].head(30)])
    path = Path(folder) / "own.csv"
    rows = few.assign(label=few.label.map({"ham": "fine", "spam": "junk"}))[["label", "text"]]
    path.write_text(rows.to_csv(index=False, lineterminator="\n") + "neither,some text\n", encoding="utf-8")
    return path


def test_report_on_a_file_of_ones_own():
    with tempfile.TemporaryDirectory() as folder:
        out, own = Path(folder) / "out", _own_file(folder).rename(Path(folder) / "pay$$day.csv")
        options = ("report", "--corpus", own, "--out", out, "--seed", 4, "--device", "cpu")
        printed = _run(*options, "--no-texts")  # junk can only be spam
        assert "121 rows read, 120 kept, 1 rejected" in printed and str(out.resolve()) in printed
        found = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
        assert KEYS <= found.keys() and SCORE_KEYS == found["valid"].keys() == found["test"].keys()
        assert found["rows_read"] == found["rows_kept"] + found["rows_rejected"] == 121
        assert (
            sum(found["sizes"].values()) == found["rows_kept"] and found["seed"] == 4 and found["pos_label"] == "junk"
        )
        assert sum(found["test"][k] for k in ("tn", "fp", "fn", "tp")) == found["sizes"]["test"]
        page = (out / "index.html").read_text(encoding="utf-8")
        assert page.count('<img src="data:image/png;base64,') == len(list(out.glob("*.png"))) == 5
        assert "http" not in re.sub("(?s)<script.*?</script>", "", page).replace("http-equiv", "")  # self-contained
        assert not re.search("<script[^>]* src=", page) and len(page.encode()) < 6_000_000
        assert "rejected, because the label is neither &#39;junk&#39; nor &#39;fine&#39;" in page
        caught = found["baseline"]["test"]["spam_caught"]
        assert "\nbaseline (character SVM), same training and test part: MCC " in printed and f"spam caught {caught:.4f}" in printed
        for text in load_corpus("sample").text[load_corpus("sample").text.str.len() > 30].head(50):
            assert text not in page
        assert "| | validation | test |" in (out / "model" / "model_card.md").read_text(encoding="utf-8")
        answer = _run("predict", "--model", out, "You won! Call 08081570000 now", "see you")  # the model's folder is found in it
        assert [line.split("\t")[0] in ("fine", "junk") for line in answer.splitlines()] == [True, True]
        command = shlex.split(html.unescape(re.search("<pre><code>spam-rnn (.*?)</code></pre>", page)[1]), posix=os.name != "nt")
        assert os.name == "nt" or _run(*command).split("\t")[2].strip() == "your message"
        wrong = [one["row"] for one in found["mistakes"]]
        texts = dict(enumerate(pd.read_csv(own).text, 2))
        assert wrong and not any(html.escape(texts[row]) in page.replace("&#34;", "&quot;").replace("&#39;", "&#x27;") for row in wrong)
        assert _main_quietly(*options)[0] == 0
        shown = (out / "index.html").read_text(encoding="utf-8").replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
        assert all(html.escape(texts[row]) in shown for row in wrong)
        judged = _run("evaluate", "--model", out, "--corpus", own)
        learned = found["sizes"]["train"] + found["sizes"]["valid"]
        assert "MCC" in judged and f"{learned} messages are left out" in judged and f"{found['sizes']['test']} count" in judged
        assert f"{found['test']['mcc']:.4f}" in judged or found["test"]["mcc"] is None  # the same test part, the same figures


def test_train_then_test_one_on_the_sample():
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        assert "validation" in _run("train", "--corpus", "sample", "--out", model, "--device", "cpu")
        first, again = (_run("test-one", "--model", model, "--pick", 5) for _ in range(2))  # its record names the corpus
        assert first == again and "label: " in first and "answer: " in first
        test = split_corpus(load_corpus("sample"), random_state=1234).test
        shown = {_main_quietly("test-one", "--model", model, "--pick", pick)[2].split()[1] for pick in range(6)}
        assert len(shown) > 2 and {*map(int, shown)} <= {*test.index}
        status, words, printed = _main_quietly("test-one", "--model", model, "--seed", 7, "--pick", 1)
        assert status == 0 and "--seed 7" in words and int(printed.split()[1]) in test.index


def test_errors_are_one_sentence():
    with tempfile.TemporaryDirectory() as folder:
        for arguments, word in (
            (("report", "--corpus", Path(folder) / "none.csv"), "none.csv does not exist"),
            (("predict", "--model", folder, "hello"), "classifier.json"),
            (("report", "--corpus", "sample", "--device", "abacus"), "abacus"),
        ):
            error = _run(*arguments, fails=True)
            assert word in error and error.strip().splitlines()[-1].startswith("spam-rnn: "), error


def _main(*arguments, given=""):
    "Run the program in this process, with this on standard input; its exit status and what it tells people."
    told, argv = io.StringIO(), ["spam-rnn", *map(str, arguments)]
    with mock.patch.object(sys, "argv", argv), mock.patch.object(sys, "stdin", io.StringIO(given)), contextlib.redirect_stderr(told):
        try:
            main()
        except SystemExit as end:
            return end.code or 0, told.getvalue()


def test_predict_takes_a_file_or_standard_input():
    messages = ["see you at home", "win a prize, call 08081570000"] * 20
    with tempfile.TemporaryDirectory() as folder:
        model, source, target = (Path(folder) / name for name in ("model", "in.csv", "out.jsonl"))
        small = SpamClassifier(embedding_size=8, hidden_size=8, epochs=2, random_state=0, device="cpu")
        small.fit(messages, ["ham", "spam"] * 20).save(model)
        source.write_text('id,note\n007,"win, ""you"" "\n008,\n', encoding="utf-8")
        status, told = _main(
            "predict", "--model", model, "--input", source, "--output", target, "--text-column", "note"
        )
        assert status == 3 and "1 of 2 have no answer" in told and "2 rows read, 1 scored" in told and "1 × the text is missing (row 3)" in told, told
        rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
        assert [*rows[0]] == ["id", "note", "spam_probability", "label"] and rows[0]["id"] == "007"
        assert rows[0]["spam_probability"] == round(small.predict_proba(['win, "you" '])[0, 1], 6) and rows[1]["label"] is None
        done = subprocess.run(
            [sys.executable, "-c", "from spam_rnn.cli import main; main()", "predict", "--model", model, "--input", "-"],
            input="see you\n\nwin ñ\n".encode(), capture_output=True,
        )  # fmt: skip
        assert done.returncode == 3
        lines = done.stdout.decode("utf-8").splitlines()
        assert lines[0] == "text,spam_probability,label" and lines[2] == ",," and lines[3].startswith("win ñ,0.")
        assert "3 rows read, 2 scored" in done.stderr.decode("utf-8")
        (Path(folder) / "mine.csv").write_text("of my own\n", encoding="utf-8")
        for arguments, word in (
            ((), "give either"),
            (("hello", "--input", source), "give either"),
            (("--input", source, "--text-column", "note", "--explain"), "--explain is for messages"),
            (("--threshold", "2", "hello"), "[0, 1]"),
            (("hello", "--output", target), "belong to a file"),
            (("hello", "--force"), "belong to a file"),
            (("--input", source, "--text-column", "note", "--output", Path(folder) / "mine.csv"), "holds no answers"),
            (("--input", Path(folder) / "none.csv"), "none.csv does not exist"),
            (("--input", source), "--text-column"),
            (("--input", source, "--text-column", "note", "--output", Path(folder) / "out.xls"), "out.xls"),
            (("--input", ""), "no file is named; give"),
            (("--input", source, "--text-column", "note", "--output", ""), "no file is named for the answers"),
            (("--input", source, "--text-column", "note", "--output", source), "is the file to be read"),
            (("--input", source, "--text-column", "note", "--output", folder), "can be written to one of"),
            (("--input", source, "--text-column", "note", "--output", source / "out.csv"), "in.csv is a file and not a folder; name another file (--output)"),
            (("--input", source, "--text-column", "note", "--output", source / "below" / "out.csv"), "in.csv is a file and not a folder"),
            (("--input", folder), "is a folder"),
        ):
            status, told = _main("predict", "--model", model, *arguments)
            assert status == 1 and word in told and len(told.strip().splitlines()) == 1, told
        assert (Path(folder) / "mine.csv").read_text(encoding="utf-8") == "of my own\n"
        for options in (("--force",), ()):  # at last they are answers of ours
            status, told = _main("predict", "--model", model, "--input", source, "--text-column", "note", "--output", Path(folder) / "mine.csv", *options)
            assert status == 3 and "2 rows read" in told, told


def test_predict_needs_no_model_and_no_corpus():
    with tempfile.TemporaryDirectory() as empty:
        before = {name: os.environ.get(name) for name in ("SPAM_RNN_DATA", "XDG_CACHE_HOME")}
        os.environ.update({name: empty for name in before})
        try:
            printed = _run("predict", "--explain", "WIN a holiday!!! Text SUN to 80081 now")
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                os.environ.update({name: value} if value is not None else {})
    first, *table = printed.splitlines()
    assert first.split("\t")[0] == "spam" and len(table) == 10 and "SUN" in table[6]


_KILLED = """
import os, signal
from spam_rnn import cli
from spam_rnn.storage import checkpoints

epochs, write = [], checkpoints.write_atomically

def write_and_die(path, content):
    epochs.append(path)
    if len(epochs) == 3:
        os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    write(path, content)

checkpoints.write_atomically = write_and_die
cli.main()
"""


def test_a_killed_training_resumes_to_the_same_bits():
    with tempfile.TemporaryDirectory() as folder:
        own, whole, killed = _own_file(folder), Path(folder) / "whole", Path(folder) / "killed"
        options = ["train", "--corpus", own, "--pos-label", "junk", "--device", "cpu", "--seed", 3, "--out"]
        assert _main_quietly(*options, whole)[0] == 0
        command = [sys.executable, "-c", _KILLED, *map(str, options), str(killed)]
        assert subprocess.run(command, capture_output=True).returncode not in (0, 1, 2)
        assert [path.name for path in killed.iterdir()] == ["checkpoint.safetensors"]
        status, words, _ = _main_quietly(*options, killed, "--resume", "--seed", 4)
        assert status == 1 and "random_state was 3" in words and str(killed) in words
        assert _main_quietly(*options, killed, "--resume")[0] == 0
        names = sorted(path.name for path in whole.iterdir())
        assert names == sorted(path.name for path in killed.iterdir())  # the weights' name is their fingerprint
        assert len(names) == 3 and names[2].startswith("weights-")


def test_without_resume_a_training_starts_at_the_beginning():
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        options = ["train", "--corpus", _own_file(folder), "--pos-label", "junk", "--device", "cpu", "--out", out]
        out.mkdir()
        (out / "checkpoint.safetensors").write_bytes(b"somebody's own")
        for more in ([], ["--resume"]):
            assert "holds other things (checkpoint.safetensors)" in _main_quietly(*options, *more)[1]
        assert (out / "checkpoint.safetensors").read_bytes() == b"somebody's own"
        Checkpoint(out / "checkpoint.safetensors", {"of": "another training"}).write({})
        status, words, _ = _main_quietly(*options)
        assert status == 0 and "--resume would go on" in words
        first = sorted(path.name for path in out.iterdir())
        status, words, _ = _main_quietly(*options, "--resume")
        assert status == 0 and "starts at the beginning" in words
        assert sorted(path.name for path in out.iterdir()) == first


def test_what_stops_a_training_is_told_in_one_line():
    full, locked = OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EROFS, "Read-only file system")
    faults = (
        ("spam_rnn.training.matthews_corrcoef", KeyboardInterrupt, 130, ["stopped", "nothing of the training is kept yet"]),  # Ctrl-C
        ("os.fsync", full, 1, ["No space left", "checkpoint.safetensors", "not written"]),
        ("os.mkdir", locked, 1, ["Read-only", "cannot be written to", "--out"]),
        ("os.replace", locked, 1, ["Read-only", "checkpoint.safetensors", "not written"]),
        ("spam_rnn.training.binary_cross_entropy_with_logits", None, 1, ["loss became nan", "learning rate"]),
    )
    with tempfile.TemporaryDirectory() as folder:
        own = _own_file(folder)
        for case, (place, error, expected, words) in enumerate(faults):
            out = Path(folder) / str(case)
            with mock.patch(place, side_effect=error or (lambda logits, *_, **__: logits * math.nan)):
                status, said, _ = _main_quietly("train", "--corpus", own, "--pos-label", "junk", "--device", "cpu", "--out", out)
            last = said.replace("\r", "\n").strip().split("\n")[-1]
            assert status == expected and last.startswith("spam-rnn: "), (place, status, said)
            assert all(word in last for word in words), (place, last)
            assert not out.exists() or not any(out.iterdir()), place


_STOPPED = """
import os, signal
from spam_rnn import cli
from spam_rnn.storage import checkpoints, files

moment, number = MOMENT
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what runs in the background
count, sync = [], os.fsync

def sync_and_stop(descriptor):
    sync(descriptor)
    count.append(descriptor)
    if len(count) == moment:
        os.kill(os.getpid(), number)

def stop_in_time(path, content):
    os.kill(os.getpid(), number)

if moment == "saving":
    from spam_rnn.storage import models
    models.write_atomically = stop_in_time
os.fsync = sync_and_stop
cli.main()
"""


def test_a_training_that_is_stopped_says_what_is_left():
    if os.name == "nt":  # there, a program cannot be asked to end
        return
    with tempfile.TemporaryDirectory() as folder:
        own = _own_file(folder)
        for number, moment, code in ((signal.SIGINT, 1, 130), (signal.SIGTERM, 2, 143), (signal.SIGTERM, "saving", 143)):
            out = Path(folder) / f"{number}-{moment}"
            program = _STOPPED.replace("MOMENT", str((moment, int(number))))
            command = [sys.executable, "-c", program, "train", "--corpus", own, "--device", "cpu", "--out", out]
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, encoding="utf-8")
            last = done.stderr.replace("\r", "\n").strip().splitlines()[-1]
            left = [path.name for path in out.iterdir()]
            assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
            assert left == ([] if moment == 1 else ["checkpoint.safetensors"]), left  # and no half-written file
            assert ("--resume goes on" in last) == (moment != 1) and ("nothing of the training is kept" in last) == (moment == 1)
        assert _main_quietly(*command[3:], "--resume")[0] == 0
        assert sorted(path.name.split("-")[0] for path in out.iterdir()) == ["classifier.json", "model_card.md", "weights"]


def test_commands_that_cannot_be_gone_on_with_do_not_say_so():
    for place, arguments in (
        ("spam_rnn.recipe.follow", ("report", "--corpus", "sample")), ("spam_rnn.storage.models.load_model", ("predict", "hello")),
    ):  # fmt: skip
        with tempfile.TemporaryDirectory() as folder, mock.patch(place, side_effect=KeyboardInterrupt):
            more = ("--out", Path(folder) / "out") if arguments[0] == "report" else ()
            status, said, _ = _main_quietly(*arguments, *more)
            assert status == 130 and "stopped" in said and "resume" not in said, said


def test_a_folder_that_is_not_ours_is_refused_before_training():
    with tempfile.TemporaryDirectory() as folder:
        out, own = Path(folder) / "out", _own_file(folder)
        (out / "weights-old").mkdir(parents=True)
        mine = {name: name.encode() for name in ("weights-of-the-team.csv", "model_card.md", "index.html")}
        for name, content in mine.items():
            (out / name).write_bytes(content)
        trained = mock.patch("spam_rnn.classifier.SpamClassifier.fit", side_effect=AssertionError("it was trained"))
        for command in ("train", "report"):
            with trained:
                status, said, _ = _main_quietly(command, "--corpus", own, "--out", out)
                assert status == 1 and str(out) in said and "--out" in said, said
                status, said, _ = _main_quietly(command, "--corpus", own, "--out", own)
                assert status == 1 and "is a file" in said, said
        assert {path.name for path in out.iterdir()} == {"weights-old", *mine}
        assert all((out / name).read_bytes() == content for name, content in mine.items())


def test_a_model_of_another_corpus_is_replaced_by_force_only():
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        assert _main_quietly("train", "--corpus", _own_file(folder), "--device", "cpu", "--out", out)[0] == 0
        (out / "notes.txt").write_text("mine", encoding="utf-8")
        before = read_record(out)
        status, said, _ = _main_quietly("train", "--corpus", "sample", "--device", "cpu", "--out", out)
        assert status == 1 and "own.csv" in said and "sample" in said and "--force" in said and read_record(out) == before
        assert _main_quietly("train", "--corpus", "sample", "--device", "cpu", "--out", out, "--force")[0] == 0
        assert read_record(out)["provenance"]["corpus"]["name"] == "sample"
        assert (out / "notes.txt").exists() and len([*out.glob("weights-*")]) == 1


def test_what_a_model_has_learned_from_is_no_exam():
    with tempfile.TemporaryDirectory() as folder:
        own, upper = _own_file(folder), Path(folder) / "upper"
        for out, label in ((Path(folder) / "lower", "junk"), (upper, "JUNK")):
            assert _main_quietly("train", "--corpus", own, "--pos-label", label, "--device", "cpu", "--out", out, "--seed", 5)[0] == 0
        assert read_record(upper)["weights"] == read_record(Path(folder) / "lower")["weights"]  # the same split, the same training
        record = read_record(upper)
        assert record["pos_label"] == "junk" and record["provenance"]["command"].count("--pos-label junk") == 1
        _, _, printed = _main_quietly("evaluate", "--model", upper, "--corpus", own)
        assert "96 messages are left out" in printed and "24 count" in printed
        learned = pd.read_csv(own).iloc[:-1]
        rows = split_corpus(learned.rename_axis("row"), random_state=5).train
        rows.assign(text=rows.text.str.upper()).to_csv(Path(folder) / "learned.csv", index=False)
        status, said, _ = _main_quietly("evaluate", "--model", upper, "--corpus", Path(folder) / "learned.csv")
        assert status == 1 and "has learned from all of these" in said, said


def test_labels_that_are_not_there_are_an_error_that_names_those_that_are():
    for command in ("evaluate", "train", "report", "test-one"):
        status, said, _ = _main_quietly(command, "--corpus", "sample", "--pos-label", "1")
        assert status == 1 and "'1'" in said and "['ham', 'spam']" in said, (command, said)


def test_the_shipped_model_knows_what_it_has_learned_from():
    folder = pretrained_folder()
    provenance = load_model(folder, "cpu").provenance
    assert knows_messages(provenance) and sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000
    if find_corpus("uci", may_download=False):
        _, _, printed = _main_quietly("evaluate", "--corpus", "UCI")
        assert "4,460 messages are left out" in printed and "1,114 count" in printed, printed


def test_messages_come_from_standard_input_too():
    for arguments in ((), ("-",)):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            status, said = _main("predict", *arguments, given="WIN a holiday! Text SUN to 80081\nsee you at home\n")
        assert status == 0 and [line.split("\t")[0] for line in printed.getvalue().splitlines()] == ["spam", "ham"], said
    assert "nothing on standard input" in _main("predict")[1]


def test_an_empty_message_has_no_answer():
    status, said, printed = _main_quietly("predict", "", "see you at home")
    assert status == 3 and "message 1 is empty" in said
    assert [line.split("\t")[0] for line in printed.splitlines()] == ["", "ham"]


def test_a_threshold_decides():
    text = "WIN a holiday! Text SUN to 80081"
    assert [_main_quietly("predict", "--threshold", t, text)[2].split("\t")[0] for t in ("0", "1")] == ["spam", "ham"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        assert _main_quietly("train", "--corpus", "sample", "--device", "cpu", "--threshold", "0.25", "--out", out)[0] == 0
        record = read_record(out)
        assert record["threshold"] == 0.25 and "--threshold 0.25" in record["provenance"]["command"]
        caught = [_main_quietly("evaluate", "--model", out, "--corpus", "sample", "--threshold", t)[2] for t in ("0", "1")]
        assert caught[0] != caught[1]


def test_what_was_typed_is_understood_on_the_command_line():
    for arguments, words in (
        (("train", "--corpus", "uic"), "did you mean 'uci'"),
        (("evaluate", "--corpus", "http://example.org/a.csv"), "download the file first"),
        (("report", "--device", "gpu"), "use auto, cpu, cuda or mps"),
        (("predict", "hello", "--device", "gpu"), "use auto, cpu, cuda or mps"),
        (("benchmark", "--corpus", __file__ if "__file__" in globals() else "."), "everybody has"),
    ):
        status, said, _ = _main_quietly(*arguments)
        assert status == 1 and words in said and len(said.strip().splitlines()) <= 2, said
    status, _, printed = _main_quietly("--version")
    assert status == 0 and printed.startswith("spam-rnn 0")
    done = subprocess.run([sys.executable, "-m", "spam_rnn", "--help"], capture_output=True, text=True, encoding="utf-8", check=True)
    assert "report" in done.stdout


def test_columns_can_be_named():
    with tempfile.TemporaryDirectory() as folder:
        own, out = Path(folder) / "own.csv", Path(folder) / "out"
        table = pd.read_csv(_own_file(folder)).iloc[:-1]
        table.assign(text="again and again", other=table.text, kind=table.label.map({"fine": "spam", "junk": "ham"})).to_csv(own, index=False)
        own.write_bytes(own.read_text(encoding="utf-8").replace("again and again", "akşam").encode("cp1254", "replace"))
        columns = ["--corpus", own, "--text-column", "other", "--label-column", "0", "--encoding", "cp1254"]
        assert _main_quietly("train", *columns, "--device", "cpu", "--out", out)[0] == 0
        record = read_record(out)
        assert record["pos_label"] == "junk" and record["provenance"]["training"]["spam"] == 21
        assert "--text-column other --label-column 0 --encoding cp1254" in record["provenance"]["command"]
        for command in ("evaluate", "test-one"):
            status, said, printed = _main_quietly(command, "--model", out, *columns)
            assert status == 0 and ("24 count" in printed or "label: " in printed) and "guess" not in said, said
            status, said, printed = _main_quietly(command, "--model", out, "--corpus", own)  # read as when the model learned from it
            assert status == 0 and ("24 count" in printed or "label: " in printed) and "guess" not in said, said
            renamed = Path(folder) / "another.csv"
            renamed.write_bytes(own.read_bytes())
            assert "guess" in _main_quietly(command, "--model", out, "--corpus", renamed)[1]  # of another file, nothing is known
            status, said, printed = _main_quietly(command, "--model", out, "--corpus", renamed, *columns[2:-2])
            assert status == 0 and said.count("another.csv is not UTF-8 and is read as cp1252") == 1 and "ş" in said, said
        assert "--encoding" in _main_quietly("evaluate", "--model", out, "--corpus", "uci", "--encoding", "cp1254")[1]
        assert "belong to a file" in _main_quietly("predict", "hello", "--encoding", "cp1254")[1]
        scored = "predict", "--model", out, "--input", own, "--output", Path(folder) / "out.csv", "--text-column", "other"
        assert "read as cp1252" in _main_quietly(*scored)[1] and "read as" not in _main_quietly(*scored, "--encoding", "cp1254")[1]


def test_the_card_s_command_runs_as_it_is_printed():
    with tempfile.TemporaryDirectory() as folder:
        own = _own_file(folder).rename(Path(folder) / "it's  `mine`; really.csv")
        first, again = Path(folder) / "first", Path(folder) / "again"
        assert _main_quietly("train", "--corpus", own, "--device", "cpu", "--out", first)[0] == 0
        card = (first / "model_card.md").read_text(encoding="utf-8")
        line = card.split("```sh\n")[1].split("\n```")[0]
        assert line == read_record(first)["provenance"]["command"] and "--pos-label junk" in line
        if os.name != "nt":
            _, *arguments = shlex.split(line)
            assert _main_quietly(*arguments, "--out", again)[0] == 0
            assert read_record(again)["weights"] == read_record(first)["weights"]


def _changed(told, keys, value):
    first, *rest = keys
    return {**told, first: _changed(told[first], rest, value) if rest else value}


def _last_words(tell, *arguments):
    words = io.StringIO()
    with contextlib.redirect_stdout(words):
        tell(*arguments)
    return re.sub(" +", " ", words.getvalue())


SCORE_NAMES = {
    "accuracy": "accuracy", "precision": "precision", "f1": "F1", "mcc": "MCC", "spam_caught": "spam caught (recall)", "blocked_ham": "blocked ham", "pr_auc": "PR-AUC",
}  # fmt: skip
_TRAINED = [  # keys in the record, what stands there instead → what is said before and after
    ("provenance validation messages", 7_777, "validation, 558 messages", "validation, 7,777 messages"),
    ("history valid_loss", [0.1] * 7 + [0.777], "loss 0.055", "loss 0.777"),
    ("best_epoch", 1, "loss 0.055", "loss 0.303"),
    ("provenance validation scores mcc", 0.1234, "MCC 0.948", "MCC 0.123"),
    ("provenance validation scores mcc", None, "MCC 0.948", "MCC undefined"),
    ("threshold", 0.25, "the threshold 0.600", "the threshold 0.250"),
]
_REPORTED = [  # keys in `metrics.json`, likewise
    ("corpus", "mine.csv", "SAMPLE, not the real corpus; test part", "\ntest part"),
    ("sizes test", 1_999, "test part: 246 messages", "test part: 1,999 messages"),
    ("seconds", 71.6, "4 s of training", "72 s of training"),
    ("device", "cuda", "training on cpu", "training on cuda"),
    ("baseline name", "oracle", "baseline (character SVM)", "baseline (oracle)"),
    *(
        change
        for score, name in (("mcc", "MCC"), ("spam_caught", "spam caught"), ("blocked_ham", "blocked ham"))
        for change in (
            (f"baseline test {score}", 0.1236, f"{name} 0.5000", f"{name} 0.1236"),
            (f"baseline test {score}", None, f"{name} 0.5000", f"{name} undefined"),
        )
    ),
    *(
        change
        for score, name in SCORE_NAMES.items()
        for change in (
            (f"test {score}", 0.1236, f"{name} 0.2500 ", f"{name} 0.1236 "),
            (f"test {score}", None, f"{name} 0.2500 ", f"{name} undefined "),
            (f"test interval {score}", [0.1236, 0.2], f"{name} 0.2500 0.1000 to 0.9000", f"{name} 0.2500 0.1236 to 0.2000"),
            (f"test interval {score}", None, f"{name} 0.2500 0.1000 to 0.9000", f"{name} 0.2500 none"),
        )
    ),
]


def test_the_last_words_of_train_and_report_are_those_of_the_files():
    trained = read_record(pretrained_folder())
    scores = dict.fromkeys(SCORE_NAMES, 0.25) | {"interval": dict.fromkeys(SCORE_NAMES, (0.1, 0.9))}
    baseline = {"name": "character SVM", "test": {"mcc": 0.5, "spam_caught": 0.5, "blocked_ham": 0.5}}
    reported = {"corpus": "sample", "sizes": {"test": 246}, "seconds": 4.3, "device": "cpu", "baseline": baseline, "test": scores}
    for tell, told, changes in ((tell_training, trained, _TRAINED), (tell_report, reported, _REPORTED)):
        before = _last_words(tell, told, Path("here"))
        for keys, value, old, new in changes:
            after = _last_words(tell, _changed(told, keys.split(), value), Path("here"))
            assert old in before and new not in before, (keys, old, new, before)
            assert new in after and old not in after, (keys, old, new, after)
        assert str(Path("here").resolve()) in before and str(Path("there").resolve()) in _last_words(tell, told, Path("there"))


def test_a_model_s_last_words_stand_on_its_card():
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "m"
        status, _, printed = _main_quietly("train", "--corpus", _own_file(folder), "--device", "cpu", "--out", out, "--threshold", "0.35")
        record, card = read_record(out), (out / "model_card.md").read_text(encoding="utf-8")
        (messages,), (mcc,), (threshold,) = (re.findall(pattern, printed) for pattern in (r"validation, (\S+) messages", r"MCC (\S+) at", r"threshold (\S+)"))
        assert status == 0 and threshold == "0.350" and "probability of 0.35 on" in card and f"validation: {messages} messages" in card
        in_card = re.search(r"\| MCC \| (\S+)", card)[1]
        assert mcc == in_card == "undefined" or abs(float(mcc) - float(in_card)) < 0.001
        assert f"loss {record['history']['valid_loss'][-1]:.3f}," in printed and f"model: {out.resolve()}" in printed and (out / "classifier.json").exists()


_SHOWN = re.compile(r"row (\d+) of (\S+): (.*)\nlabel: (\S+); answer: (\S+) \(spam probability (\S+)\)\n")


def test_test_one_says_what_stands_in_the_file_and_what_the_model_answers():
    def shown(path, rows):
        path.write_text("".join(rows), encoding="utf-8")
        status, _, printed = _main_quietly("test-one", "--corpus", path, "--pick", "0")
        assert status == 0
        return _SHOWN.fullmatch(printed).groups()

    predictor = load_model(pretrained_folder(), "cpu").predictor
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.csv"
        rows = ["label,text\n", "ham,the kettle is on and grandma waits upstairs\n", "spam,URGENT! claim your free boat prize, call 09061701999 now\n"]
        number, source, text, label, answer, probability = shown(path, rows)
        at = int(number) - 1
        assert rows[at] == f"{label},{text}\n" and source == str(path) and probability == f"{predictor.spam_probability([text])[0]:.3f}"
        assert answer == predictor.labels(predictor.spam_probability([text]))[0]
        others = {"ham": "spam", "spam": "ham"}
        assert shown(path, [rows[0], *(f"{others[row[: row.index(',')]]}{row[row.index(',') :]}" for row in rows[1:])])[3] == others[label] != label
        assert shown(path, [rows[0], *(row.replace(text, "x") for row in rows[1:])])[2] == "x"
        swapped = [rows[0], *(f"{row[: row.index(',')]},{other[other.index(',') + 1 :]}" for row, other in zip(rows[1:], rows[:0:-1]))]
        changed = shown(path, swapped)
        assert changed[4] == others[answer] and changed[5] != probability and changed[2] != text
        assert int(shown(path, [rows[0], "ham,\n", *rows[1:]])[0]) == int(number) + 1
        assert shown(Path(folder) / "other.csv", rows)[1] == str(Path(folder) / "other.csv")


_FIRST_WORDS = """
import contextlib, io, json, sys
from spam_rnn.cli import app, main

class Slow(BaseException): pass

class Loader:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "numpy", "pandas", "scipy", "sklearn", "matplotlib", "seaborn", "plotly", "nbformat"}:
            raise Slow(name)

class Terminal(io.StringIO):
    def isatty(self):
        return True

sys.meta_path.insert(0, Loader())
said = {}
for arguments in json.loads(sys.stdin.read()):
    sys.argv, terminal = ["spam-rnn", *arguments], Terminal()
    try:
        with contextlib.redirect_stderr(terminal), contextlib.redirect_stdout(io.StringIO()):
            main()
    except Slow:
        said[" ".join(arguments)] = terminal.getvalue()
    except SystemExit:
        pass
names = [command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands]
print(json.dumps({"said": said, "commands": names}))
"""


def test_each_command_says_a_word_before_it_loads_a_library():
    with tempfile.TemporaryDirectory() as folder:
        own, out = _own_file(folder), Path(folder) / "out"
        commands = [
            [command, *options, "--out", out] if command in ("report", "train") else [command, *options]
            for command in ("report", "train", "evaluate", "test-one") for options in (["--corpus", "sample"], ["--corpus", own])
        ]  # fmt: skip
        commands += [["predict", "hello"], ["predict", "--input", own], ["benchmark", "--quick", "--out", out], ["experiment"], ["experiment", "ladder"]]
        commands += [["decisions"], ["decisions", "--corpus", own], *([name, "--out", out] for name in ("course", "book", "play"))]
        newer = {"doctor": [], "referee": [own]}
        commands += [[name, *newer[name]] for name in newer if name in {command.name for command in app.registered_commands}]
        commands = [[*map(str, command)] for command in commands]
        done = subprocess.run([sys.executable, "-c", _FIRST_WORDS], input=json.dumps(commands), capture_output=True, text=True, encoding="utf-8", cwd=folder)
        found = json.loads(done.stdout)
        assert {*found["said"]} == {" ".join(command) for command in commands}, done.stderr  # each of them needs a library
        assert all(words.strip() for words in found["said"].values()), found["said"]
        assert {*found["commands"]} - {command[0] for command in commands} <= {"learn"}  # which starts another program


def test_a_report_that_is_stopped_says_what_is_left():
    for place, words in (("metrics", "there is no new report"), ("write_report", "is not whole, and no file is half-written")):
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as replaced:
            own, out, outcome = _own_file(folder).rename(Path(folder) / "uci"), Path(folder) / "out", mock.MagicMock()
            outcome.reading.source = str(own)
            for other in ("recipe.follow", "mistakes.explain_mistakes", "report.metrics", "report.figures", "report.interactive_lengths"):
                replaced.enter_context(mock.patch(f"spam_rnn.{other}", return_value=outcome))
            replaced.enter_context(mock.patch(f"spam_rnn.report.{place}", side_effect=KeyboardInterrupt))
            status, said, printed = _main_quietly("report", "--corpus", own, "--out", out)
            assert status == 130 and words in said and "120 kept" in printed, said
            saved = outcome.classifier.save.call_args
            assert (saved is None) == (place == "metrics")
    assert saved.args[0] == out / "model" and saved.args[1]["corpus"]["name"] == str(own)  # a file that is called `uci` is not the corpus


def test_odd_names_of_folders_are_told_or_used():
    with tempfile.TemporaryDirectory() as folder, mock.patch("spam_rnn.cli._follow", side_effect=ValueError("it would train now")):
        folder = Path(folder)
        (folder / "file").write_text("mine", encoding="utf-8")
        (folder / "empty").mkdir()
        cases = [("file", "is a file, not a folder"), ("file/", "is a file, not a folder"), ("file/below", "cannot be written to"), (".", "holds other things")]
        cases += [(name, "it would train now") for name in ("empty", "empty/", "new", "new/", "ünï cödé/with a blank", "a/b/c", "empty/../new")]
        if os.name != "nt":
            (folder / "link").symlink_to(folder / "empty")
            (folder / "to nothing").symlink_to(folder / "nowhere")
            cases += [("link", "it would train now"), ("link/", "it would train now"), ("to nothing", "to nothing is a link to a folder that is not there"), ("to nothing/below", "is a link")]
        for command in ("train", "report"):
            for name, words in cases:
                status, said, _ = _main_quietly(command, "--corpus", "sample", "--out", f"{folder}{os.sep}{name}")
                assert status == 1 and words in said and len(said.strip().splitlines()) == 1 + ("would" in words), (command, name, said)
        assert not (folder / "new").exists() and not (folder / "a").exists() and (folder / "file").read_text(encoding="utf-8") == "mine"


def test_who_mistypes_a_command_is_told_what_was_meant():
    for typed, meant in (("predct", "predict"), ("Train", "train"), ("test_one", "test-one"), ("evalute", "evaluate")):
        status, said, _ = _main_quietly(typed)
        assert status == 2 and f"Did you mean '{meant}'?" in said, said
    for arguments in (["-h"], ["train", "-h"], ["train", "--help"]):
        status, _, printed = _main_quietly(*arguments)
        assert status == 0 and "Usage:" in printed and "--help" in printed


def _benchmark(*options):
    "What the command says where the measuring itself is replaced by a library that talks."

    def measure(*arguments, **named):
        warnings.warn("torch.compile: not enough SMs")
        logging.getLogger("torch._inductor").warning("online softmax is disabled")
        clock.return_value += 150
        return {"machine": {"load_before": 0.1, "cores": 2}, "ratios": {"ours / theirs": 2.0}}

    with tempfile.TemporaryDirectory() as folder, mock.patch("spam_rnn.speed.measure_speed", measure):
        out = Path(folder) / "benchmark.json"
        with mock.patch("spam_rnn.lab.benchmark.write_benchmark", return_value=out), mock.patch("spam_rnn.laboratory.time.monotonic", return_value=0.0) as clock:
            status, said, printed = _main_quietly("benchmark", "--corpus", "sample", "--out", out, *options)
    assert status == 0, said
    return said, printed


def test_a_benchmark_says_how_long_it_takes_and_nothing_of_its_libraries():
    for options, minutes in ((("--quick",), 3), ((), 8), (("--full",), 23)):
        said, printed = _benchmark(*options)
        assert said == f"measuring on sample: about {minutes} minutes, if nothing else runs on two cores; many more, if something does\n"
        assert "measured in 2.5 minutes" in printed


def test_the_minutes_of_a_benchmark_are_those_that_were_measured():
    found = json.loads((Path(spam_rnn.__file__).parent.parent / "results" / "benchmark.json").read_text(encoding="utf-8"))
    repeats, seconds, share = found["settings"]["repeats"], found["seconds"], found["settings"]["original_share"]
    left_out = sum(seconds["training"]["original"]) * (1 - share)
    always = sum(sum(times) for kind in seconds.values() for times in kind.values()) - left_out
    always += repeats * sum(sum(found[ways].values()) for ways in ("stages", "scoring_ways", "training_ways"))
    grown = {quick: sum(sum(row["seconds"]) for row in found["by_messages"] if row["messages"] <= (QUICK_SIZES if quick else SIZES)[-1]) for quick in (True, False)}
    for name, measured in {"quick": always + grown[True], "whole": always + grown[False], "full": left_out}.items():
        assert measured < 60 * MINUTES[name] < 1.6 * measured, (name, measured)  # what is not timed comes on top


def test_decisions_are_made_on_a_file_of_ones_own_and_gone_on_with():
    from dataclasses import replace

    from spam_rnn import decisions

    def tiny(corpus, pos_label, quick):
        quick_ones = {"epochs": 1, "embedding_size": 4, "hidden_size": 4}
        changes = {"the reference": quick_ones, "case: kept": quick_ones | {"lowercase": False}}
        return replace(whole(corpus, pos_label, quick), changes=changes, seeds=[0, 1])

    whole = decisions.decision_experiment
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(decisions, "decision_experiment", tiny):
        path, out = _own_file(folder), Path(folder) / "runs.jsonl"
        asked = ("decisions", "--quick", "--corpus", path, "--out", out)
        assert "4 runs, 0 of them done" in _main_quietly(*asked, "--dry-run")[2] and not out.exists()
        told = _main_quietly(*asked)[2]
        assert "case: kept" in told and "matters" not in told and "pairs" not in told.split("case: kept")[0] and str(out.resolve()) in told
        assert "4 runs, 4 of them done" in _main_quietly(*asked)[2] and len(out.read_text(encoding="utf-8").splitlines()) == 4
        assert "only 2 pairs" in _main_quietly("decisions", "--corpus", path, "--out", out)[2]


def test_words_that_one_message_holds_stay_at_home_where_it_is_asked_for():
    with tempfile.TemporaryDirectory() as folder:
        for name, more in (("all", ()), ("shared", ("--shared-words",))):
            _main_quietly("train", "--corpus", _own_file(folder), "--pos-label", "junk", "--out", Path(folder) / name, "--device", "cpu", *more)
        models = {name: read_record(Path(folder) / name) for name in ("all", "shared")}
        words = {name: set(record["encoder"]["vocabulary"]) for name, record in models.items()}
        assert words["shared"] < words["all"] and len(words["shared"]) < 0.6 * len(words["all"])
        assert "--shared-words" in models["shared"]["provenance"]["command"] and "shared" not in models["all"]["provenance"]["command"]
