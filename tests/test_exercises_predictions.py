"""Exported from nbs/behind/exercises_predictions.ipynb: change it there, then export."""

import tempfile
from pathlib import Path

from spam_rnn.authoring.testing import raises
from spam_rnn.exercises.predictions import keep, keep_predictions, kept_predictions, score_predictions, settle


def test_a_prediction_stands_once_the_answer_is_known():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.json"
        keep_predictions(path)
        try:
            assert kept_predictions() == {} and score_predictions() == {"predictions": 0} and settle("a-b", True) is None
            assert keep("a-b", 0.2) == 0.2 and keep("a-b", 0.8) == 0.8 and keep("a-c", 0.5) == 0.5
            assert score_predictions() == {"predictions": 0}  # nothing is known yet
            assert settle("a-b", True) == 0.8 and keep("a-b", 1.0) == 0.8 and settle("a-b", False) == 0.8
            assert kept_predictions()["a-b"] == {"sure": 0.8, "came_true": True}
            settle("a-c", False)
            score = score_predictions()
            assert abs(score["brier"] - (0.04 + 0.25) / 2) < 1e-9 and score["predictions"] == 2
            assert abs(score["calibration_error"] - 0.35) < 1e-9
            path.write_text("[]", encoding="utf-8")
            assert "predictions.json does not hold predictions" in str(raises(ValueError, keep, "a-b", 0.1))
        finally:
            keep_predictions(None)
