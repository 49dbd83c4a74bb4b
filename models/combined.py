"""The shipped tagger: feature and transformer families, blended, with thresholds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import cohen_kappa_score

from models import artefacts
from models.blend import Blend
from models.context import ContextStage
from models.conversation import Conversation, Provenance, Utterance
from models.features import numbers
from models.heads import HEADS, Matrix, decode, targets
from models.labelled import LabelledConversation
from models.linear import LinearStage
from models.tags import UtteranceTags
from models.transformer import Transformer

Talk = tuple[Utterance, ...]


class FeatureFamily:
    """Text and cues, then neighbours: both stages as one family."""

    def __init__(self, text: LinearStage, context: ContextStage) -> None:
        self.text = text
        self.context = context

    def predict(self, talks: Sequence[Talk]) -> Matrix:
        """Probabilities for every utterance of `talks`, shape (utterances, heads' width)."""
        dense = [numbers(talk) for talk in talks]  # Both stages read them.
        return self.context.predict(self.text.predict(talks, dense), talks, dense)


class CombinedTagger:
    """Both families behind the tagger protocol.

    Attributes:
        blend: How the families are weighed.
        thresholds: Least probability of each flag, by head key.
    """

    def __init__(self, features: FeatureFamily, blend: Blend, thresholds: dict[str, float]) -> None:
        self.features = features
        self.blend = blend
        self.thresholds = thresholds
        self.transformer: Transformer | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "transformer": None}  # The session has a file of its own.

    @staticmethod
    def load() -> "CombinedTagger":
        """The shipped tagger, loaded once per process.

        Raises:
            ArtefactMissingError: It was never trained.
        """
        tagger: CombinedTagger = artefacts.load("tagger")
        if tagger.transformer is None:
            tagger.transformer = load_transformer()
        return tagger

    @property
    def provenance(self) -> Provenance:
        """Name and version as the manifest of the artefacts says."""
        return artefacts.tagger_provenance()

    def predict(self, talks: Sequence[Talk]) -> Matrix:
        """Probabilities for every utterance of `talks`, shape (utterances, heads' width)."""
        transformer = self.transformer or load_transformer()
        # The feature family leaves a core idle, on which the other one can begin.
        with ThreadPoolExecutor(1) as pool:
            read = pool.submit(transformer.predict, talks)
            return self.blend.predict([self.features.predict(talks), read.result()])

    def tag(self, conversation: Conversation) -> tuple[UtteranceTags, ...]:
        """Tags of the utterances of `conversation`, in order."""
        talk = conversation.utterances
        return decode(self.predict([talk]), talk, self.thresholds) if talk else ()


@cache
def load_transformer() -> Transformer:
    """The shipped encoder.

    Raises:
        ArtefactMissingError: It was never trained.
    """
    path = Path(str(artefacts.FOLDER / artefacts.FILES["encoder"]))
    if not path.is_file():
        raise artefacts.ArtefactMissingError(
            "models/artefacts/encoder.onnx is not there. Run “coachscore train”."
        )
    return Transformer(path)


def choose_thresholds(matrix: Matrix, corpus: Sequence[LabelledConversation]) -> dict[str, float]:
    """By flag, the threshold of best Cohen's kappa on conversations not trained on.

    Args:
        matrix: Probabilities for the utterances of `corpus` in order.
        corpus: Labelled conversations.
    """
    grid = np.round(np.arange(0.15, 0.71, 0.05), 2)
    chosen: dict[str, float] = {}
    for head in HEADS:
        if head.is_flag:
            wanted = targets(head, corpus)
            known = wanted >= 0
            p, y = matrix[known, head.start], wanted[known]
            kappas = np.array([_kappa(y, p >= t) for t in grid])
            # The middle of the near-best stretch: a lucky peak would not hold elsewhere.
            near = grid[kappas >= kappas.max() - 0.01]
            chosen[head.key] = float(near[len(near) // 2])
    return chosen


def _kappa(wanted: npt.NDArray[np.int64], found: npt.NDArray[np.bool_]) -> float:
    if found.all() or not found.any():
        return 0.0
    return float(cohen_kappa_score(wanted, found))
