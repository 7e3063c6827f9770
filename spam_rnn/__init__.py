__version__ = "0.1.0"

from .classifier import SpamClassifier

__all__ = ["SpamClassifier"]
