"""Which kind of meeting a conversation is: a small model of its words."""

import itertools
from collections.abc import Sequence
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from models.conversation import Conversation
from models.cues import words
from models.labelled import LabelledConversation
from models.labels import Kind


class KindModel:
    """Logistic regression on the words of each side."""

    def __init__(self) -> None:
        self.model: Any = None

    def fit(self, corpus: Sequence[LabelledConversation]) -> "KindModel":
        """Fit on labelled conversations that name their kind."""
        named = [c for c in corpus if c.labels.kind is not None]
        self.model = make_pipeline(
            TfidfVectorizer(
                analyzer=str.split, min_df=3, max_df=0.7, max_features=15000, sublinear_tf=True
            ),
            LogisticRegression(C=10.0, max_iter=500, class_weight="balanced"),
        )
        self.model.fit([_text(c.conversation) for c in named], [c.labels.kind for c in named])
        return self

    def probabilities(self, conversation: Conversation) -> dict[Kind, float]:
        """Probability of each kind that the training data held."""
        found = self.model.predict_proba([_text(conversation)])[0]
        return dict(zip(self.model.classes_.tolist(), found.tolist(), strict=True))


def _text(conversation: Conversation) -> str:
    """Words, each also marked with the side that said it, and pairs of words."""
    out: list[str] = []
    for utterance in conversation.utterances:
        plain = words(utterance.text)
        out += plain
        out += [f"{utterance.role}:{word}" for word in plain]
        out += [f"{a}_{b}" for a, b in itertools.pairwise(plain)]
    return " ".join(out)
