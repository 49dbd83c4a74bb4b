"""Which of the speakers coaches: a small model of what is said and how.

Trained on the corpus with both people of every conversation as examples, so that no name
and no order of speaking decides.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from models.conversation import Utterance
from models.cues import CUE_NAMES, cue_matrix, words
from models.labelled import LabelledConversation

Lines = Sequence[tuple[str, str]]

_FIRST_MINUTES: Final = 40  # Utterances; the model must also know from the start of a meeting.


class RoleModel:
    """Logistic regression on the difference between one speaker's talk and the others'."""

    def __init__(self) -> None:
        self.words = TfidfVectorizer(
            ngram_range=(1, 3), min_df=4, max_features=20000, sublinear_tf=True
        )
        self.model: Any = None

    def fit(self, corpus: Sequence[LabelledConversation]) -> "RoleModel":
        """Fit on whole conversations, their starts, and their later halves."""
        lines, wanted = [], []
        for item in corpus:
            spoken = item.conversation.utterances
            half = len(spoken) // 2
            for part in (spoken, spoken[:_FIRST_MINUTES], spoken[half:]):
                pairs = [(u.speaker, u.text) for u in part]
                for name in sorted({u.speaker for u in part}):
                    role = item.conversation.roles.roles[name]
                    lines.append((pairs, name))
                    wanted.append(int(role == "coach"))
        self.words.fit([" ".join(_own(pairs, name)) for pairs, name in lines])
        rows = sparse.vstack([self._row(pairs, name) for pairs, name in lines])
        self.model = LogisticRegression(C=4.0, max_iter=500).fit(rows, wanted)
        return self

    def probabilities(self, lines: Lines) -> dict[str, float]:
        """Probability of being the coach, by speaker; they add up to 1.

        Args:
            lines: Speaker and text, in order, of two speakers or more.
        """
        names = sorted({speaker for speaker, _ in lines})
        odds = np.array(
            [float(self.model.decision_function(self._row(lines, n))[0]) for n in names]
        )
        # For two speakers the rows mirror each other, so the odds count the evidence twice.
        raised = np.exp((odds - odds.max()) / 2)
        return dict(zip(names, (raised / raised.sum()).tolist(), strict=True))

    def _row(self, lines: Lines, name: str) -> Any:
        own, others = _own(lines, name), [t for s, t in lines if s != name]
        texts = self.words.transform([" ".join(own), " ".join(words(" ".join(others)))])
        cues = _cue_means(lines, name)
        return sparse.hstack([texts[0] - texts[1], sparse.csr_matrix(cues)], format="csr")


def _own(lines: Lines, name: str) -> list[str]:
    return words(" ".join(text for speaker, text in lines if speaker == name))


def _cue_means(lines: Lines, name: str) -> npt.NDArray[np.float64]:
    """Mean cues of the speaker less those of the others, shape (1, cues)."""
    spoken = tuple(
        Utterance(index=i, source=i, speaker=s, role="other", text=t)
        for i, (s, t) in enumerate(lines)
    )
    cues = np.array(cue_matrix(spoken)).reshape(len(lines), len(CUE_NAMES))
    mine = np.array([speaker == name for speaker, _ in lines])
    others = np.zeros(len(CUE_NAMES)) if mine.all() else cues[~mine].mean(axis=0)
    return np.atleast_2d(cues[mine].mean(axis=0) - others)
