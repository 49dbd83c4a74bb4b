"""Degrading clean text the way speech recognition does, for training and for measuring."""

import itertools
import random
from typing import Final

from models.conversation import Utterance
from models.cues import words

_FILLERS: Final = ("um", "uh", "like", "you know", "i mean", "so")
_MISHEARD: Final = {
    "their": "there", "there": "their", "to": "too", "for": "four", "youre": "your",
    "close": "clothes", "then": "than", "won": "one", "right": "write",
    "know": "no", "buyer": "bio", "would": "wood", "see": "sea", "here": "hear",
}  # fmt: skip


def degrade(utterances: tuple[Utterance, ...], seed: int) -> tuple[Utterance, ...]:
    """The same utterances as raw recognised speech would give them.

    Lower case, no punctuation; about 3 % of words dropped, 3 % misheard, 4 % doubled or
    preceded by a filler.

    Args:
        utterances: A conversation, in order.
        seed: Makes the noise repeatable.
    """
    rng = random.Random(seed)  # noqa: S311 -- noise, not a secret
    return tuple(u.model_copy(update={"text": _degrade(u.text, rng)}) for u in utterances)


def snippets(count: int, seed: int) -> list[range]:
    """A conversation of `count` utterances cut into stretches of 2 to 12, in order.

    What is known of a talk may be a few lines only; the taggers meet that in training.
    """
    rng = random.Random(seed)  # noqa: S311 -- cutting, not a secret
    cuts = [0]
    while cuts[-1] < count:
        cuts.append(min(cuts[-1] + rng.randint(2, 12), count))
    return [range(a, b) for a, b in itertools.pairwise(cuts)]


def _degrade(text: str, rng: random.Random) -> str:
    kept: list[str] = []
    plain = words(text)
    for word in plain:
        roll = rng.random()
        if roll < 0.03 and len(plain) > 3:
            continue
        if roll < 0.06:
            kept.append(_MISHEARD.get(word, word))
            continue
        if roll < 0.08:
            kept.append(word)
        elif roll < 0.10:
            kept.append(rng.choice(_FILLERS))
        kept.append(word)
    return " ".join(kept) or text.lower()
