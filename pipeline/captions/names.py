"""Speaker names written into the text: `Name: words` and `[Name] words`.

One line never tells a name from a phrase with a colon, so the decision is taken
for a whole file: names come back, phrases do not.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

MAX_NAME: Final = 60
_MAX_WORDS: Final = 8
# A speaker that a caption does not name is most likely the one before, but nobody said so.
INHERITED_CONFIDENCE: Final = 0.5
_NEARLY_ALL: Final = 0.98

_COLON = re.compile(r"\s{0,9}([^:\n]{1,60}?)\s{0,9}:(?:\s+|$)(.*)", re.DOTALL)
_BRACKET = re.compile(
    r"\s{0,9}\[((?:[^\[\]\n]|\[[^\[\]\n]{0,60}\]){1,60})\]:?(?:\s+|$)(.*)", re.DOTALL
)
_SENTENCE = re.compile(r'[?!;<>{}=“”"…]|\. [a-z]|://')
_PARTICLE_WORDS: Final = "al bin da de del der di dos du el ibn la le of ten ter van von"
_LABEL_WORDS: Final = (
    "answer applause background blank_audio bcc cc conclusion critical crosstalk date debug error "
    "example fact from hint important inaudible info laughter laughs music noise note notes ps "
    "question re reminder result silence spoiler subject summary time tip title to todo trace url "
    "warn warning"
)
_PARTICLES: Final = frozenset(_PARTICLE_WORDS.split())
_LABELS: Final = frozenset(_LABEL_WORDS.split())


def is_plausible_name(text: str) -> bool:
    """Whether the text can be a name, or a handle, and is not a sentence or a label."""
    if not 0 < len(text) <= MAX_NAME or len(text.split()) > _MAX_WORDS:
        return False
    if _SENTENCE.search(text) or text.casefold() in _LABELS:
        return False
    return any(c.isalpha() for c in text) or sum(c.isdigit() for c in text) > 4


def looks_like_name(text: str) -> bool:
    """Whether every word is written as in a name; handles in lower case do not pass."""
    words = text.split()
    letters = [next((c for c in word if c.isalpha()), "") for word in words]
    return len(words) <= 5 and all(
        word in _PARTICLES or not letter.islower()
        for word, letter in zip(words, letters, strict=True)
    )


def _looks_like_handle(text: str) -> bool:
    """Whether it is `keri` or `milen | Erigon` rather than the start of a sentence."""
    return len(text.split()) <= 2 or any(c in "|()[]" for c in text)


def split_name(text: str) -> tuple[str, str] | None:
    """Split `Name: words` at the first colon that a space follows.

    Returns:
        The name and the words, None where no plausible name stands there.
    """
    return _split(_COLON, text)


def accepted_names(candidates: Sequence[str], total: int) -> frozenset[str]:
    """Decide which candidates are names, from how often each comes back.

    Args:
        candidates: What stands before the colon, one entry for each text that has one.
        total: Number of texts with and without a candidate.

    Returns:
        The names; empty where the texts carry none.
    """
    counts = Counter(candidates)
    repeated = sum(count for count in counts.values() if count > 1)
    nearly_all = len(candidates) >= _NEARLY_ALL * total
    if not candidates or (
        repeated < 0.5 * total and not (nearly_all and all(map(looks_like_name, counts)))
    ):
        return frozenset()
    return frozenset(
        name
        for name, count in counts.items()
        if count > 1 or looks_like_name(name) or (nearly_all and _looks_like_handle(name))
    )


def attribute(texts: Sequence[str]) -> list[tuple[str | None, str, float]] | None:
    """Take the names out of captions, where the captions carry names.

    Args:
        texts: One text per caption, in order.

    Returns:
        For each text its speaker, the words and the confidence of the speaker: 1 where the
        caption names one, 0.5 where the speaker of the caption before is taken. None where
        the captions carry no names.
    """
    total = sum(bool(text.strip()) for text in texts)
    for form in (_COLON, _BRACKET):
        splits = [_split(form, text) for text in texts]
        names = accepted_names([split[0] for split in splits if split], total)
        if names:
            return _carry_on(texts, splits, names)
    return None


def _split(form: re.Pattern[str], text: str) -> tuple[str, str] | None:
    match = form.match(text)
    if match is None or not is_plausible_name(match[1].strip()):
        return None
    return match[1].strip(), match[2]


def _carry_on(
    texts: Sequence[str], splits: Sequence[tuple[str, str] | None], names: frozenset[str]
) -> list[tuple[str | None, str, float]]:
    attributed: list[tuple[str | None, str, float]] = []
    previous: str | None = None
    for text, split in zip(texts, splits, strict=True):
        if split and split[0] in names:
            previous = split[0]
            attributed.append((previous, split[1], 1.0))
        else:
            attributed.append((previous, text, INHERITED_CONFIDENCE if previous else 1.0))
    return attributed
