"""What each family of taggers makes of a split, under one and the same rule of decoding.

A rule is what tuning adds to probabilities: the blend, for the combination, and the
threshold of each flag. On the development split, on which the shipped rule was chosen, each
author's conversations are judged under a rule that was chosen on the other authors'.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.augment import degrade
from models.blend import Blend
from models.combined import CombinedTagger, Talk, choose_thresholds, load_transformer
from models.heads import HEADS, Matrix, decode, targets
from models.labelled import LabelledConversation, LabelledDataError
from models.tags import TaggedConversation, UtteranceTags
from pipeline.study.values import FAMILIES

Corpus = Sequence[LabelledConversation]
Tags = Sequence[UtteranceTags]

_PLACE: Final = {"features": 0, "transformer": 1}


@dataclass(frozen=True)
class Predicted:
    """Probabilities of the feature and the transformer family, in that order.

    Attributes:
        corpus: The conversations.
        clean: On their text as it is; one matrix (utterances, heads' width) per family.
        degraded: On the same text degraded.
    """

    corpus: Corpus
    clean: list[Matrix]
    degraded: list[Matrix]

    def only(self, authors: Collection[str]) -> "Predicted":
        """The part by these authors."""
        chosen = [c.author in authors for c in self.corpus]
        rows = np.repeat(chosen, [len(c.utterance_labels) for c in self.corpus])
        return Predicted(
            [c for c, kept in zip(self.corpus, chosen, strict=True) if kept],
            [matrix[rows] for matrix in self.clean],
            [matrix[rows] for matrix in self.degraded],
        )


@dataclass(frozen=True)
class Judged:
    """What one family makes of conversations: probabilities, and tags per conversation."""

    corpus: Corpus
    clean: Matrix
    clean_tags: Sequence[Tags]
    degraded_tags: Sequence[Tags]


@dataclass(frozen=True)
class Rule:
    """How the probabilities of a family become tags."""

    family: str
    blend: Blend | None
    thresholds: dict[str, float]

    def probabilities(self, families: list[Matrix]) -> Matrix:
        """Of this family, from the matrices of both."""
        if self.blend is not None:
            return self.blend.predict(families)
        return families[_PLACE[self.family]]

    def judge(self, found: Predicted) -> Judged:
        """Tags of conversations under this rule."""
        clean, degraded = self.probabilities(found.clean), self.probabilities(found.degraded)
        return Judged(found.corpus, clean, self._tags(clean, found), self._tags(degraded, found))

    def _tags(self, matrix: Matrix, found: Predicted) -> list[Tags]:
        return split_tags(matrix, talks_of(found.corpus), self.thresholds)


def talks_of(corpus: Corpus) -> list[Talk]:
    """The utterances of each conversation."""
    return [c.conversation.utterances for c in corpus]


def split_tags(matrix: Matrix, talks: Sequence[Talk], thresholds: dict[str, float]) -> list[Tags]:
    """Tags per conversation from one matrix for all of `talks`."""
    out: list[Tags] = []
    start = 0
    for talk in talks:
        out.append(decode(matrix[start : start + len(talk)], talk, thresholds))
        start += len(talk)
    return out


def tagged(
    tagger: CombinedTagger, corpus: Corpus, talks: Sequence[Talk], matrix: Matrix
) -> list[TaggedConversation]:
    """The conversations with the tags that `tagger` reads off `matrix`.

    Args:
        tagger: Whose thresholds decide.
        corpus: The conversations.
        talks: What was said in each, as it was heard.
        matrix: Probabilities for all of `talks`.
    """
    return [
        TaggedConversation(
            conversation=item.conversation.model_copy(update={"utterances": talk}),
            tags=tuple(tags),
            tagged_by=tagger.provenance,
        )
        for item, talk, tags in zip(
            corpus, talks, split_tags(matrix, talks, tagger.thresholds), strict=True
        )
    ]


def predict(tagger: CombinedTagger, corpus: Corpus) -> Predicted:
    """Ask both families of `tagger` about conversations, clean and degraded."""
    clean = talks_of(corpus)
    # The noise that tuning uses too; conversations of other splits it has never seen.
    noisy = [degrade(talk, seed=i) for i, talk in enumerate(clean)]
    transformer = tagger.transformer or load_transformer()
    return Predicted(
        corpus,
        [tagger.features.predict(clean), transformer.predict(clean)],
        [tagger.features.predict(noisy), transformer.predict(noisy)],
    )


def choose_rule(family: str, known: Predicted) -> Rule:
    """Choose a rule as tuning does: on clean and degraded text together."""
    both = [np.vstack(pair) for pair in zip(known.clean, known.degraded, strict=True)]
    twice = [*known.corpus, *known.corpus]
    blend = None
    if family == "combination":
        wanted: dict[str, npt.NDArray[np.int64]] = {h.key: targets(h, twice) for h in HEADS}
        blend = Blend().fit(both, wanted)
    bare = Rule(family, blend, {})
    return Rule(family, blend, choose_thresholds(bare.probabilities(both), twice))


def shipped_rules(tagger: CombinedTagger, develop: Predicted) -> dict[str, Rule]:
    """Rules by family for conversations that no rule was chosen on.

    The combination's is the shipped one; the families alone get theirs on the development
    split, as the combination got its own.
    """
    rules = {family: choose_rule(family, develop) for family in FAMILIES[:2]}
    return rules | {"combination": Rule("combination", tagger.blend, tagger.thresholds)}


def judge(found: Predicted, rules: dict[str, Rule]) -> dict[str, Judged]:
    """Tags of each family under the given rules."""
    return {family: rules[family].judge(found) for family in FAMILIES}


def judge_out_of_fold(found: Predicted) -> dict[str, Judged]:
    """Tags of each family, every author's under a rule chosen on the other authors'.

    Raises:
        LabelledDataError: There is a single author.
    """
    authors = sorted({c.author for c in found.corpus})
    if len(authors) < 2:
        raise LabelledDataError(
            f"{len(authors)} author in the dev split; rules are chosen on one author's "
            "conversations and measured on another's, so two are needed"
        )
    parts: dict[str, list[Judged]] = {family: [] for family in FAMILIES}
    for author in authors:
        own = found.only({author})
        rest = found.only(set(authors) - {author})
        for family in FAMILIES:
            parts[family].append(choose_rule(family, rest).judge(own))
    return {family: _joined(judged) for family, judged in parts.items()}


def _joined(parts: list[Judged]) -> Judged:
    return Judged(
        [c for part in parts for c in part.corpus],
        np.vstack([part.clean for part in parts]),
        [t for part in parts for t in part.clean_tags],
        [t for part in parts for t in part.degraded_tags],
    )
