"""Which kind of meeting a conversation is: logistic regression on a few telling cues.

Words at large say what is sold, not what the meeting is; so only words that name the
occasion count here, beside who and what is talked about.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.conversation import Conversation
from models.cues import words
from models.labelled import LabelledConversation
from models.labels import Kind

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
_THIRD: Final = frozenset({"he", "she", "him", "her", "his", "hes", "shes"})


class KindModel:
    """Logistic regression on the cues of each side."""

    def __init__(self) -> None:
        self.model: Any = None

    def fit(self, corpus: Sequence[LabelledConversation]) -> "KindModel":
        """Fit on labelled conversations that name their kind."""
        named = [c for c in corpus if c.labels.kind is not None]
        self.model = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.03, max_iter=500, class_weight="balanced")
        )
        rows = np.vstack([_features(c.conversation) for c in named])
        self.model.fit(rows, [c.labels.kind for c in named])
        return self

    def probabilities(self, conversation: Conversation) -> dict[Kind, float]:
        """Probability of each kind that the training data held."""
        found = self.model.predict_proba(np.atleast_2d(_features(conversation)))[0]
        return dict(zip(self.model.classes_.tolist(), found.tolist(), strict=True))


def _features(conversation: Conversation) -> npt.NDArray[np.float64]:
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
