__version__ = "0.1.0"

from .classifier import BEST, SpamClassifier

__all__ = ["BEST", "SpamClassifier"]
