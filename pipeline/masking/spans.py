"""Places in a text that are masked."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from models.masked import Masked


class Found(NamedTuple):
    """A place in a text, as offsets of characters, and what it names."""

    start: int
    end: int
    kind: Masked


_WORD: Final = re.compile(r"\S+")


def apart(found: Iterable[Found]) -> list[Found]:
    """Places that do not overlap, in order; of two that would, the earlier in `found` stays."""
    chosen: list[Found] = []
    for one in found:
        if all(one.end <= other.start or one.start >= other.end for other in chosen):
            chosen.append(one)
    return sorted(chosen)


def put(text: str, found: Iterable[Found]) -> str:
    """The text with a placeholder for every word of each place.

    A word stays a word, so that lengths of turns, times of words, and with them scores, are
    as they were; `models.masked.joined` makes one of them where they are shown.

    Args:
        text: Any text.
        found: Places in it that do not overlap, in order.
    """
    parts: list[str] = []
    last = 0
    for one in found:
        parts.append(text[last : one.start])
        parts.append(_WORD.sub(f"[{one.kind}]", text[one.start : one.end]))
        last = one.end
    return "".join([*parts, text[last:]])
