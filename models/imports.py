"""Importing a library without another one that it would pull in and that we have no use for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(package: str) -> Iterator[None]:
    """Hide an installed package from what is imported inside, unless it is loaded already.

    Args:
        package: One that nothing else may be importing at that moment.
    """
    hidden = package not in sys.modules
    if hidden:
        sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules[package]
