"""Exported from nbs/behind/mistakes.ipynb: change it there, then export."""

from spam_rnn.mistakes import explain_mistakes, find_mistakes, misled_by


from spam_rnn.classifier import SpamClassifier
from spam_rnn.mistakes import explain_mistakes, find_mistakes, misled_by
from spam_rnn.recipe import Recipe, follow

def test_mistakes_are_the_wrong_answers_worst_first():
    outcome = follow(Recipe({"name": "sample"}, {}, SpamClassifier(epochs=1, hidden_size=8, device="cpu"), {"resamples": 0}), 3)
    wrong, final = find_mistakes(outcome), outcome.final
    assert len(wrong) == final.test["fp"] + final.test["fn"] > 1 and (wrong.label != wrong.answer).all()
    distance = abs(wrong.probability - (wrong.label == "spam"))
    assert distance.is_monotonic_decreasing and distance.nunique() > 1
    told = dict(zip(outcome.split.test.index, final.test_probability))
    assert [told[row] for row in wrong.index] == wrong.probability.tolist()
    assert outcome.split.test.text[wrong.index].tolist() == wrong.text.tolist()
    explained = explain_mistakes(outcome, 2)
    assert list(explained) == wrong.index[:2].tolist() and [one.text for one in explained.values()] == wrong.text[:2].tolist()


def test_the_words_that_misled_come_first():
    predictor = SpamClassifier.pretrained("cpu").predictor_
    text = "Call 08081570000 now, love, and see you at home $5 later"
    blocked, missed = misled_by(predictor, text, is_spam=False), misled_by(predictor, text, is_spam=True)
    assert blocked.text == missed.text == text and sorted(blocked.words) == sorted(missed.words)
    contributions = [contribution for _, contribution in blocked.words]
    assert contributions == sorted(contributions, reverse=True) == [c for _, c in missed.words][::-1] and contributions[0] > 0.5
    assert {"Call", "08081570000", "$"} <= {word for word, _ in blocked.words}
