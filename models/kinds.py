"""Which kind of meeting a conversation is.

Words name the occasion, and tags say what is talked about: one sale, a call that was just
made, things agreed before, the coachee's ways of working.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from models.conversation import Conversation
from models.cues import words
from models.labelled import LabelledConversation, gold_tags
from models.labels import ACTIVITIES, COACH_MARKS, COACHEE_MARKS, FOCUSES, Kind
from models.tags import TaggedConversation

_CUES: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(rf"\b(?:{pattern})\b")
    for name, pattern in {
        "car": r"car|drive|driving|park|parking|parked|lobby|traffic|motorway|highway|road|ute"
        r"|van"
        r"|truck|train|taxi|lift|seatbelt|passenger|gate|reception|visitor|junction"
        r"|exit",
        "visit": r"in there|back there|just now|we walked|walked in|walked out|that meeting"
        r"|next stop|next one|next call|the visit|in the room|upstairs|sat down|when she said"
        r"|when he said",
        "review": r"review|rating|appraisal|half year|year end|mid year|h1|h2|q1|q2|q3|q4|annual"
        r"|self assessment|performance|improvement plan|the plan|form|score|scorecard|hr",
        "standard": r"quota|attainment|target|percent|per cent|average|team average|against|short"
        r"|the year|the quarter|the half|activity|calls a week|numbers",
        "team": r"your team|your reps|your guys|your people|your lot|your managers|each of them"
        r"|the team|the reps|one on ones|ride along|ride alongs|field visit|direct reports"
        r"|sat in|sit in|your one on one|you coached|coaching|coach",
        "regular": r"last week|this week|last time|how are things|how was|weekend|since we|usual"
        r"|on your list|agenda|anything else|holiday|kids|catch up",
        "deal": r"proposal|contract|procurement|legal|pricing|price|quote|discount|close date"
        r"|signature|decision|buyer|champion|competitor|tender|renewal|pilot|demo|stage|budget|sign|board",
        "rehearse": r"try it|again|say it to me|im him|im her|pretend|role play|practise|practice"
        r"|ring ring|be the customer",
    }.items()
}
_WORDS_WEIGHT: Final = 10.0
_START: Final = 10  # Utterances of the coach in which a meeting often says what it is.
_THIRD: Final = frozenset({"he", "she", "him", "her", "his", "hes", "shes"})


class KindModel:
    """Logistic regression on the words, the cues of each side, and what the tags say."""

    def __init__(self) -> None:
        self.words = TfidfVectorizer(
            ngram_range=(1, 2), min_df=6, max_df=0.6, max_features=8000, sublinear_tf=True
        )
        self.scale = StandardScaler()
        self.model: Any = None

    def fit(self, corpus: Sequence[LabelledConversation]) -> "KindModel":
        """Fit on labelled conversations that name their kind."""
        named = [c for c in corpus if c.labels.kind is not None]
        tagged = [gold_tags(c) for c in named]
        self.words.fit([_spoken(t.conversation) for t in tagged])
        self.scale.fit([_features(t) for t in tagged])
        self.model = LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced")
        rows = sparse.vstack([self._row(t) for t in tagged])
        self.model.fit(rows, [c.labels.kind for c in named])
        return self

    def probabilities(self, tagged: TaggedConversation) -> dict[Kind, float]:
        """Probability of each kind that the training data held."""
        found = self.model.predict_proba(self._row(tagged))[0]
        return dict(zip(self.model.classes_.tolist(), found.tolist(), strict=True))

    def _row(self, tagged: TaggedConversation) -> Any:
        texts = self.words.transform([_spoken(tagged.conversation)])
        features = self.scale.transform([_features(tagged)])
        # The words of a whole meeting are one unit long among some fifty columns of unit width.
        return sparse.hstack([_WORDS_WEIGHT * texts, sparse.csr_matrix(features)], format="csr")


def _spoken(conversation: Conversation) -> str:
    return " ".join(w for u in conversation.utterances for w in words(u.text))


def _features(tagged: TaggedConversation) -> npt.NDArray[np.float64]:
    """Cues of the words, then what the tags say, shape (features,)."""
    return np.concatenate([_cues(tagged.conversation), _shares(tagged)])


def _shares(tagged: TaggedConversation) -> npt.NDArray[np.float64]:
    """Share of each side's utterances by activity, focus and mark, shape (shares,)."""
    talk = list(zip(tagged.conversation.utterances, tagged.tags, strict=True))
    coach = [tags for u, tags in talk if u.role == "coach"]
    coachee = [tags for u, tags in talk if u.role == "coachee"]
    out: list[float] = []
    for tags, names in ((coach, COACH_MARKS), (coachee, COACHEE_MARKS)):
        out += [sum(t.has(mark) for t in tags) / (len(tags) + 3) for mark in names]
    for tags in (coach, coach[:_START]):
        spoken = [t.activity.value for t in tags if t.activity is not None]
        out += [spoken.count(a) / (len(tags) + 3) for a in ACTIVITIES]
    aims = [t.focus.value for t in coach if t.focus is not None]
    out += [aims.count(f) / (len(coach) + 3) for f in FOCUSES]
    return np.array(out)


def _cues(conversation: Conversation) -> npt.NDArray[np.float64]:
    """Rates of the cues per side and near the start, shape (features,)."""
    talk = conversation.utterances
    out: list[float] = []
    for side in (
        [u for u in talk if u.role == "coach"],
        [u for u in talk if u.role != "coach"],
        list(talk[:12]),
    ):
        spoken = [w for u in side for w in words(u.text)]
        text, total = " ".join(spoken), len(spoken) + 50
        out += [float(np.sqrt(len(p.findall(text)) / total)) for p in _CUES.values()]
        out.append(sum(w in _THIRD for w in spoken) / total)
        out.append(sum(w in {"you", "your", "youre", "youve"} for w in spoken) / total)
    out.append(float(np.log(len(talk) + 1)))
    return np.array(out)
