"""Text and context features of the feature family: one sparse row per utterance."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from models.conversation import Utterance
from models.cues import cue_matrix, words

_WINDOW: Final = 5  # Utterances either side that make up the topic of the moment.
_HEARD: Final = 30  # Words of the other side's last turn that matter.

# Each view of the text has a vectoriser of its own, so that a word heard before counts
# apart from a word said now.
_VIEWS: Final[dict[str, dict[str, Any]]] = {
    "own_words": {"ngram_range": (1, 3), "min_df": 3, "max_features": 30000},
    "own_letters": {
        "analyzer": "char_wb",
        "ngram_range": (2, 5),
        "min_df": 5,
        "max_features": 30000,
    },
    "opening": {"ngram_range": (1, 3), "min_df": 3, "max_features": 8000},
    "heard": {"min_df": 4, "max_features": 6000},
    "own_before": {"min_df": 4, "max_features": 5000},
    "reply": {"ngram_range": (1, 2), "min_df": 4, "max_features": 5000},
    "topic": {"min_df": 4, "max_features": 8000},
}


Numbers = npt.NDArray[np.float32]


def _joined(texts: Sequence[str]) -> str:
    return " ".join(t for t in texts if t)


def views(utterances: tuple[Utterance, ...]) -> dict[str, list[str]]:
    """The texts that each vectoriser reads, one per utterance.

    Args:
        utterances: A whole conversation, in order.

    Returns:
        By view name: own words, their opening, what the other side said just before,
        what the speaker said just before, the reply, and the words around.
    """
    plain = [" ".join(words(u.text)) for u in utterances]
    out: dict[str, list[str]] = {name: [] for name in _VIEWS}
    for i, utterance in enumerate(utterances):
        first = i
        while first and utterances[first - 1].speaker == utterance.speaker:
            first -= 1
        heard_from = first
        while heard_from and utterances[heard_from - 1].speaker != utterance.speaker:
            heard_from -= 1
        last = i
        while last + 1 < len(plain) and utterances[last + 1].speaker == utterance.speaker:
            last += 1
        out["own_words"].append(plain[i])
        out["own_letters"].append(plain[i])
        out["opening"].append(" ".join(plain[i].split()[:4]))
        out["heard"].append(" ".join(_joined(plain[heard_from:first]).split()[-_HEARD:]))
        out["own_before"].append(_joined(plain[max(first, i - 2) : i]))
        out["reply"].append(
            _joined(plain[i + 1 : i + 2] if last > i else plain[last + 1 : last + 2])
        )
        out["topic"].append(_joined(plain[max(0, i - _WINDOW) : i + _WINDOW + 1]))
    return out


def _punctuated(utterances: tuple[Utterance, ...]) -> float:
    """Share of utterances that end in punctuation: says what a missing mark means."""
    ends = sum(u.text.rstrip()[-1:] in ".?!…," for u in utterances)
    return ends / max(len(utterances), 1)


def numbers(utterances: tuple[Utterance, ...]) -> Numbers:
    """Cues and who speaks, shape (utterances, columns)."""
    cues = np.array(cue_matrix(utterances), dtype=np.float32)
    punctuated = np.full((len(utterances), 1), _punctuated(utterances), dtype=np.float32)
    no_mark = punctuated * (1 - cues[:, :1])
    is_coach = np.array([[u.role == "coach"] for u in utterances], dtype=np.float32)
    return np.hstack([cues, punctuated, no_mark, is_coach])


class Featuriser:
    """Fits vocabularies on training conversations and turns conversations into rows."""

    def __init__(self) -> None:
        self._vectorisers = {
            name: TfidfVectorizer(
                sublinear_tf=True, dtype=np.float32, **{"token_pattern": r"\S+", **options}
            )
            for name, options in _VIEWS.items()
        }

    def fit(self, conversations: Sequence[tuple[Utterance, ...]]) -> "Featuriser":
        """Learn the vocabularies from training conversations only."""
        read = [views(c) for c in conversations]
        for name, vectoriser in self._vectorisers.items():
            vectoriser.fit([text for v in read for text in v[name]])
        return self

    def transform(
        self, conversations: Sequence[tuple[Utterance, ...]], dense: Sequence[Numbers]
    ) -> Any:
        """Rows for every utterance of `conversations` in order, float32.

        Args:
            conversations: Whole conversations.
            dense: The `numbers` of each.
        """
        read = [views(c) for c in conversations]
        blocks = [
            vectoriser.transform([text for v in read for text in v[name]])
            for name, vectoriser in self._vectorisers.items()
        ]
        return sparse.hstack([*blocks, sparse.csr_matrix(np.vstack(dense) * 0.5)], format="csr")
