"""Which of the speakers coaches: a small model of what is said and how.

Trained on the corpus with both people of every conversation as examples, so that no name
and no order of speaking decides.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from models.conversation import Utterance
from models.cues import CUE_NAMES, cue_matrix, words
from models.labelled import LabelledConversation

Lines = Sequence[tuple[str, str]]

_FIRST_MINUTES: Final = 40  # Utterances; the model must also know from the start of a meeting.
_EXCERPTS: Final = (10, 20, 30)  # Utterances; and from what little there may be of one.
# Evidence is counted in hundreds of words, so that the weights have a size of about 1.
_WORDS: Final = 100
# Few conversations settle the two weights, which are held this gently to 0.
_HOLD: Final = 0.001
# No wrong coach in a few dozen conversations is no proof of more than this.
_SUREST: Final = 0.99


class RoleModel:
    """Logistic regression on the difference between one speaker's talk and the others'."""

    # Logarithm of the odds' steepness: a constant, and a weight of the logarithm of how much
    # was said. A model that was never calibrated has the odds as they are.
    steepness: tuple[float, float] = (0.0, 0.0)

    def __init__(self) -> None:
        self.words = TfidfVectorizer(
            ngram_range=(1, 3), min_df=4, max_features=20000, sublinear_tf=True
        )
        self.model: Any = None

    def fit(self, corpus: Sequence[LabelledConversation]) -> "RoleModel":
        """Fit on whole conversations, their starts, their later halves, and excerpts."""
        parts = [(part, _coach(item)) for item in corpus for part in _lessons(item)]
        self.words.fit([" ".join(_own(p, name)) for p, _ in parts for name in _names(p)])
        rows = sparse.vstack([self._rows(part) for part, _ in parts])
        wanted = [int(name == coach) for part, coach in parts for name in _names(part)]
        self.model = LogisticRegression(C=4.0, max_iter=500).fit(rows, wanted)
        return self

    def calibrate(self, corpus: Sequence[LabelledConversation]) -> "RoleModel":
        """Learn how sure to be, from conversations that `fit` has not seen.

        What ten sentences say is less certain than the same odds from an hour: temperature
        scaling (Guo et al. 2017) with a temperature that follows the number of words.

        Args:
            corpus: With their coaches; each is taken whole and in excerpts.
        """
        margins, amounts = [], []
        for item in corpus:
            coach = _coach(item)
            lines = _lines(item.conversation.utterances)
            for part in (lines, *(e for size in _EXCERPTS for e in _excerpts(lines, size, size))):
                odds = dict(zip(_names(part), self._odds(part), strict=True))
                if coach in odds and len(odds) > 1:
                    others = max(value for name, value in odds.items() if name != coach)
                    margins.append(odds[coach] - others)
                    amounts.append(_amount(part))
        found = minimize(_surprise, np.zeros(2), (np.array(margins), np.log(amounts)))
        self.steepness = (float(found.x[0]), float(found.x[1]))
        return self

    def probabilities(self, lines: Lines) -> dict[str, float]:
        """Probability of being the coach, by speaker; they add up to 1.

        Args:
            lines: Speaker and text, in order, of two speakers or more.
        """
        odds = self._odds(lines)
        base, weight = self.steepness
        raised = np.exp((odds - odds.max()) * np.exp(base + weight * np.log(_amount(lines))))
        shares = raised / raised.sum()
        # What is kept back from the surest goes to the others alike.
        shares = np.maximum(shares, (1 - _SUREST) / max(len(shares) - 1, 1))
        return dict(zip(_names(lines), (shares / shares.sum()).tolist(), strict=True))

    def _odds(self, lines: Lines) -> npt.NDArray[np.float64]:
        # For two speakers the rows mirror each other, so the odds count the evidence twice.
        return np.asarray(self.model.decision_function(self._rows(lines)) / 2)

    def _rows(self, lines: Lines) -> Any:
        """Features of every speaker in the order of `_names`."""
        names = _names(lines)
        own = [" ".join(_own(lines, name)) for name in names]
        others = [" ".join(words(" ".join(t for s, t in lines if s != name))) for name in names]
        texts = self.words.transform(own) - self.words.transform(others)
        cues = _cue_differences(lines, names)
        return sparse.hstack([texts, sparse.csr_matrix(cues)], format="csr")


def _coach(item: LabelledConversation) -> str | None:
    return item.conversation.roles.coach


def _lines(spoken: Sequence[Utterance]) -> list[tuple[str, str]]:
    return [(u.speaker, u.text) for u in spoken]


def _names(lines: Lines) -> list[str]:
    return sorted({speaker for speaker, _ in lines})


def _lessons(item: LabelledConversation) -> Iterator[Lines]:
    lines = _lines(item.conversation.utterances)
    yield from (lines, lines[:_FIRST_MINUTES], lines[len(lines) // 2 :])
    for part in (*_excerpts(lines, 10, 20), *_excerpts(lines[10:], 20, 40)):
        if len(_names(part)) > 1:
            yield part


def _excerpts(lines: Lines, size: int, every: int) -> Iterator[Lines]:
    for start in range(0, len(lines) - size + 1, every):
        yield lines[start : start + size]


def _amount(lines: Lines) -> float:
    """Words in hundreds, at least one word."""
    return max(sum(len(text.split()) for _, text in lines), 1) / _WORDS


def _surprise(
    weights: npt.NDArray[np.float64],
    margins: npt.NDArray[np.float64],
    amounts: npt.NDArray[np.float64],
) -> float:
    """Mean logarithmic loss of a steepness, and what holds its weights."""
    raised = margins * np.exp(weights[0] + weights[1] * amounts)
    return float(np.logaddexp(0, -raised).mean() + _HOLD * np.square(weights).sum())


def _own(lines: Lines, name: str) -> list[str]:
    return words(" ".join(text for speaker, text in lines if speaker == name))


def _cue_differences(lines: Lines, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Mean cues of each speaker less those of the others, shape (names, cues)."""
    spoken = tuple(
        Utterance(index=i, source=i, speaker=s, role="other", text=t)
        for i, (s, t) in enumerate(lines)
    )
    cues = np.array(cue_matrix(spoken)).reshape(len(lines), len(CUE_NAMES))
    rows = []
    for name in names:
        mine = np.array([speaker == name for speaker, _ in lines])
        others = np.zeros(len(CUE_NAMES)) if mine.all() else cues[~mine].mean(axis=0)
        rows.append(cues[mine].mean(axis=0) - others)
    return np.array(rows)
