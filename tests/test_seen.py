"""Exported from nbs/behind/seen.ipynb: change it there, then export."""

from spam_rnn.seen import knows_messages, pack_fingerprints, were_seen


def test_what_was_learned_is_recognised_and_nothing_else():
    texts = ["Win £1,000 now!!", ":-)", "", "half \ud83d pair", "see you"]
    provenance = {"fingerprints": pack_fingerprints(texts)}
    assert were_seen(texts, provenance).all()
    assert were_seen(["WIN £9,999 NOW", "See  you."], provenance).all()
    assert not were_seen(["win a thousand now", ":-(", " ", "see you soon"], provenance).any()
    assert len(pack_fingerprints(map(str, range(9)))["sha256"]) == 8  # digits are one another's equals
    assert pack_fingerprints(["see you"]) == {"probe": "a1aecdd0a0c5", "sha256": "EMkWdbZ5"}  # as models have it that are saved already


def test_near_duplicates_are_recognised_beside_what_was_learned():
    learned = "Win a boat for your whole family, reply with yes to 80081 today"
    others = [learned.replace("boat", "book"), learned.replace("today", "tonight"), "see you at home, and bring the whole family"]
    provenance = {"fingerprints": pack_fingerprints([learned])}
    assert were_seen([others[2], *others, learned], provenance).tolist() == [False, True, True, False, True]
    assert not were_seen(others, provenance).any()  # there is nothing to compare with


def test_fingerprints_of_another_kind_are_not_trusted():
    provenance = {"fingerprints": pack_fingerprints(["see you"])}
    assert knows_messages(provenance)
    for other in ({}, {"fingerprints": provenance["fingerprints"] | {"probe": "00"}}):
        assert not knows_messages(other) and not were_seen(["see you"], other).any()
