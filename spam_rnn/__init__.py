__version__ = "0.1.0"

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .classifier import SpamClassifier as SpamClassifier
    from .decisions import BEST as BEST

_HOMES = {"SpamClassifier": "classifier", "BEST": "decisions"}
__all__ = ["BEST", "SpamClassifier"]


def __getattr__(name: str) -> Any:
    "Import what is asked for when it is asked for, so that `import spam_rnn` takes no time."
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
