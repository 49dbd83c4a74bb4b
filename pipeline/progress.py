"""Whom to tell how far long work has come."""

from collections.abc import Callable

# Called with a phase and its share done, 0 to 1.
Progress = Callable[[str, float], None]


def silent(_phase: str, _share: float) -> None:
    """Tell nobody."""
