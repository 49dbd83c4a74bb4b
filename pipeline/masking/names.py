"""Names of people and companies in a conversation, found by a small trained model."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models import artefacts
from models.artefacts import ArtefactMissingError
from models.masked import KINDS, Masked
from pipeline.masking.spans import Found
from pipeline.masking.words import (
    HASHED,
    Known,
    Lexicon,
    Token,
    begins,
    features,
    is_cased,
    tokens,
)

NAMES: Final[tuple[Masked, ...]] = ("person", "company")
CLASSES: Final = ("", *NAMES)  # Of a word: no name, or one of those.
# From these probabilities on a word is taken for a name; low, for a name that stays is worse
# than a word that goes. Settled on the development split.
_LEAST: Final = 0.1
_LEAST_CAPITAL: Final = 0.03
_NEVER: Final = {
    "i", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
    "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december", "mr", "mrs", "ms", "miss", "mister", "dr", "frau", "herr", "sir",
    "madam", "ma'am", "unknown", *KINDS,
}  # fmt: skip
_BETWEEN: Final = frozenset({"&", "of", "'s", "\u2019s", "-"})

Floats = npt.NDArray[np.float64]


class Weights(NamedTuple):
    """A multinomial logistic regression: `words` (3, HASHED), `dense` (3, vectors), `bias` (3,)."""

    words: npt.NDArray[np.float32]
    dense: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]


class NameModel(NamedTuple):
    """What tells names: one regression for text with capitals, one for text without."""

    lexicon: Lexicon
    cased: Weights
    uncased: Weights

    def probabilities(
        self, talk: Sequence[Sequence[Token]], speakers: frozenset[str], *, cased: bool
    ) -> Floats:
        """Probability of each of `CLASSES` for each word, shape (words, 3)."""
        if not any(talk):
            return np.zeros((0, len(CLASSES)))
        rows = features(talk, speakers, self.lexicon, cased=cased)
        weights = self.cased if cased else self.uncased
        found = rows[:, :HASHED] @ weights.words.T + rows[:, HASHED:] @ weights.dense.T
        grown = np.exp(found + weights.bias - (found + weights.bias).max(axis=1, keepdims=True))
        shares: Floats = grown / grown.sum(axis=1, keepdims=True)
        return shares


@cache
def load_names() -> NameModel:
    """The shipped model, loaded once per process.

    Raises:
        ArtefactMissingError: It was never trained.
    """
    try:
        with artefacts.MASKING.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            found = {name: kept[name] for name in kept.files}
    except OSError as error:
        raise ArtefactMissingError(
            "models/artefacts/masking/names.npz is not there. docs/masking.md says how it is made."
        ) from error
    names = bytes(found["words"]).decode("utf-8").split("\n")
    words = {w: Known(*map(int, n)) for w, n in zip(names, found["known"], strict=True)}
    vectors = found["vectors"].astype(np.float32) * found["scale"]
    cased, uncased = (
        Weights(*(found[f"{kind}_{part}"].astype(np.float32) for part in Weights._fields))
        for kind in ("cased", "uncased")
    )
    return NameModel(Lexicon(words, vectors), cased, uncased)


def find_names(texts: Sequence[str], speakers: frozenset[str]) -> list[list[Found]]:
    """Places of names in each text of a conversation; the speakers' own are left out.

    A word that is taken for a name in one place counts as one in others too.

    Args:
        texts: What was said, in order.
        speakers: Words of the speakers' names, in small letters.
    """
    talk = tokens(texts)
    cased = is_cased(texts)
    shares = _shared(load_names().probabilities(talk, speakers, cased=cased), talk, cased=cased)
    found: list[list[Found]] = []
    at = 0
    for text in talk:
        found.append(_runs(text, shares[at : at + len(text)], speakers, cased=cased))
        at += len(text)
    return found


def _shared(shares: Floats, talk: Sequence[Sequence[Token]], *, cased: bool) -> Floats:
    """Probabilities, half by the place and half by all places of the same word."""
    places: Mapping[str, list[int]] = defaultdict(list)
    for i, word in enumerate(t.text if cased else t.text.lower() for text in talk for t in text):
        places[word].append(i)
    mixed = shares.copy()
    for rows in places.values():
        mixed[rows] = (shares[rows] + shares[rows].mean(axis=0)) / 2
    return mixed


def _runs(
    text: Sequence[Token], shares: Floats, speakers: frozenset[str], *, cased: bool
) -> list[Found]:
    """Neighbouring words that are names, as one place each."""
    can = [_can_be_name(token.text, speakers) for token in text]
    least = [_LEAST_CAPITAL if cased and t.text[0].isupper() else _LEAST for t in text]
    hit = [c and 1 - row[0] >= p for c, row, p in zip(can, shares, least, strict=True)]
    if cased:
        hit = _grown(text, hit, can)
    for i in range(1, len(text) - 1):
        hit[i] |= text[i].text in _BETWEEN and hit[i - 1] and hit[i + 1]
    found: list[Found] = []
    i = 0
    while i < len(text):
        first = i
        while i < len(text) and hit[i]:
            i += 1
        if i > first:
            kind = NAMES[int(shares[first:i, 1:].sum(axis=0).argmax())]
            end = text[i - 1].start + len(text[i - 1].text)
            found.append(Found(text[first].start, end, kind))
        i += 1
    return found


def _grown(text: Sequence[Token], hit: Sequence[bool], can: Sequence[bool]) -> list[bool]:
    """A word with a capital beside a name is part of it, but where a sentence begins."""
    words = [token.text for token in text]
    grown = list(hit)
    for step in (range(1, len(words)), range(len(words) - 2, -1, -1)):
        for i in step:
            beside = grown[i - 1] if step.step > 0 else grown[i + 1]
            grown[i] |= beside and can[i] and words[i][:1].isupper() and not begins(words, i)
    return grown


def _can_be_name(word: str, speakers: frozenset[str]) -> bool:
    small = word.lower()
    if not word[0].isalpha() or small.rstrip(".") in _NEVER:
        return False
    # "gem" is Gemma, who is in the meeting.
    short = len(small) > 2 and any(name.startswith(small) for name in speakers)
    return small not in speakers and not short


def words_of(names: Sequence[str]) -> frozenset[str]:
    """The words of the speakers' names, in small letters."""
    return frozenset(word.lower() for name in names for word in re.findall(r"\w+", name))
