"""Words of a conversation as features that tell names from other words.

What is known of a word beside its neighbours: whether the clean transcripts of the corpus
write it small or with a capital, how common it is, and where the embeddings of MiniLM, which
has read far more, put it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.packing import tokenizer
from pipeline.segmentation import import_spacy

HASHED: Final = 1 << 16
_STOPS: Final = frozenset('.?!…"“:')
_NEAR: Final = (-3, -2, -1, 1, 2, 3)
_DENSE_SHARE: Final = 0.3  # Weight of a vector's columns beside those that are 0 or 1.

Floats = npt.NDArray[np.float32]


class Token(NamedTuple):
    """A word of a text and where it begins."""

    text: str
    start: int


class Known(NamedTuple):
    """In how many conversations a word is written small, with a capital, or at all."""

    small: int = 0
    capital: int = 0
    seen: int = 0


class Lexicon(NamedTuple):
    """What is known of words: `vectors` holds one row for each of MiniLM's word pieces."""

    words: Mapping[str, Known]
    vectors: Floats


def tokens(texts: Sequence[str]) -> list[list[Token]]:
    """Words and marks of each text, by spaCy's tokenizer."""
    nlp = _nlp()
    return [[Token(t.text, t.idx) for t in nlp.make_doc(text) if not t.is_space] for text in texts]


def is_cased(texts: Sequence[str]) -> bool:
    """Whether sentences begin with capitals, which raw recognised speech does not have."""
    begun = [text.lstrip()[0] for text in texts if text.strip() and text.lstrip()[0].isalpha()]
    return 2 * sum(letter.isupper() for letter in begun) >= max(len(begun), 1)


def begins(words: Sequence[str], at: int) -> bool:
    """Whether a word begins a sentence, where a capital says nothing."""
    return at == 0 or words[at - 1] in _STOPS


def features(
    talk: Sequence[Sequence[Token]],
    speakers: frozenset[str],
    lexicon: Lexicon,
    *,
    cased: bool,
    own: Mapping[str, Known] | None = None,
) -> Any:
    """Features of every word of a conversation.

    Args:
        talk: Its texts as words.
        speakers: Words of the speakers' names, in small letters.
        lexicon: What is known of words.
        cased: Whether capitals are looked at.
        own: What this very conversation added to the lexicon, to be left out in training.

    Returns:
        A sparse matrix of shape (words, features).
    """
    from sklearn.feature_extraction import FeatureHasher

    counts = Counter(token.text.lower() for text in talk for token in text)
    names: list[list[str]] = []
    dense: list[Floats] = []
    for text in talk:
        words = [t.text if cased else t.text.lower() for t in text]
        small = [word.lower() for word in words]
        known = [_known(word, lexicon, own or {}) for word in small]
        alone = [_alone(words, i, known[i], speakers, cased) for i in range(len(words))]
        names += [_named(small, alone, known, i, counts) for i in range(len(words))]
        dense += _vectors(small, lexicon.vectors)
    hashed = FeatureHasher(HASHED, input_type="string", alternate_sign=False).transform(names)
    return sparse.hstack([hashed, sparse.csr_matrix(np.array(dense))], format="csr")


def _known(word: str, lexicon: Lexicon, own: Mapping[str, Known]) -> Known:
    found, mine = lexicon.words.get(word, Known()), own.get(word, Known())
    return Known(*(a - b for a, b in zip(found, mine, strict=True)))


def _alone(
    words: Sequence[str], at: int, known: Known, speakers: frozenset[str], cased: bool
) -> list[str]:
    """What a word is by itself."""
    word = words[at]
    more = known.small - known.capital
    found = [
        f"small{min((known.small + 1).bit_length(), 7)}",
        f"capital{min((known.capital + 1).bit_length(), 5)}",
        f"seen{min((known.seen + 1).bit_length(), 7)}",
        "mostly small" if more > 0 else "mostly capital" if more < 0 else "new",
        f"pieces{min(len(_pieces(word.lower())), 4)}",
    ]
    if cased:
        found.append(f"{word[:1].isupper()} {begins(words, at)}")
        found += ["upper"] * (word.isupper() and len(word) > 1)
    found += ["speaker"] * (word.lower() in speakers)
    found += [f"mark {word}"] * (not word[0].isalnum())
    return [*found, *["digit"] * word[0].isdigit()]


def _named(
    small: Sequence[str],
    alone: Sequence[list[str]],
    known: Sequence[Known],
    at: int,
    counts: Counter[str],
) -> list[str]:
    """Names of the features of one word and its neighbours."""
    word = small[at]
    found = [f"0 {one}" for one in alone[at]]
    found += ["any", f"times{min(counts[word], 4)}", f"word {word}"]
    found += [f"ends {word[-3:]}", f"ends {word[-2:]}", f"starts {word[:2]}"]
    for step in _NEAR:
        near = at + step
        if not 0 <= near < len(small):
            found.append(f"{step} none")
            continue
        found.append(f"{step} word {small[near]}")
        if abs(step) < 3:
            found += [f"{step} {one}" for one in alone[near]]
    before = small[at - 1] if at else ""
    return [*found, f"after {before} {'rare' if known[at].small < 2 else 'common'}"]


def _vectors(small: Sequence[str], vectors: Floats) -> list[Floats]:
    """Vectors of each word and of those beside it, each of shape (3 x width,)."""
    none = np.zeros(vectors.shape[1], np.float32)
    each = [none, *(vectors[list(_pieces(w))].mean(axis=0) * _DENSE_SHARE for w in small), none]
    return [np.concatenate(each[i : i + 3]) for i in range(len(small))]


@cache
def _pieces(word: str) -> tuple[int, ...]:
    ids = tokenizer().encode(word, add_special_tokens=False).ids
    return tuple(ids) or (tokenizer().token_to_id("[UNK]"),)


@cache
def _nlp() -> Any:
    nlp = import_spacy().blank("en")
    nlp.max_length = 10_000_000
    return nlp
