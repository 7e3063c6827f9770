"""Exercises that answer: checks, hints, and predictions that are kept."""

from .checking import check as check
from .checking import hint as hint
from .checking import how_far as how_far
from .checking import predict as predict
