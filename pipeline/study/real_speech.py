"""How our tags fare on real meetings, against labels of ours.

A labelled turn may be several sentences, and is labelled by what it mainly does. So every
turn is split as the product splits it, the whole stretch is tagged in context, and a turn's
sentences answer together.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from models.combined import CombinedTagger, Talk
from models.conversation import Utterance
from models.evaluation import LabelResult, compare
from models.labelled import UtteranceLabels
from models.real_speech import read_meetings
from pipeline.segmentation import sentences
from pipeline.study.families import Corpus, Tags, split_tags
from pipeline.study.turns import asks, challenges, open_question, turn_act

Turn = tuple[UtteranceLabels, Tags]

_QUESTIONS: Final[dict[str, tuple[Callable[[UtteranceLabels], Any], Callable[[Tags], Any]]]] = {
    "act": (lambda given: given.act, turn_act),
    "question or not": (lambda given: given.act == "question" if given.act else None, asks),
    "open or not": (
        lambda given: given.question_form == "open" if given.question_form else None,
        open_question,
    ),
    "challenge": (lambda given: given.challenge, challenges),
}


def real_speech(
    tagger: CombinedTagger, labels: Path, folder: Path
) -> tuple[int, list[LabelResult]]:
    """Agreement per turn on the meetings kept for measuring, and how many meetings those are.

    Args:
        tagger: Ours.
        labels: ``qmsum.json`` of `datasets/real_speech`.
        folder: Holds the meetings' words.

    Raises:
        LabelledDataError: A file cannot be read.
    """
    corpus = read_meetings(labels, folder, "test")
    return len({item.author for item in corpus}), compare_turns(tag_by_turn(tagger, corpus))


def tag_by_turn(tagger: CombinedTagger, corpus: Corpus) -> list[Turn]:
    """Each labelled turn with the tags of its sentences.

    Args:
        tagger: Ours.
        corpus: Conversations whose utterances are whole turns.
    """
    split = [_sentences(item.conversation.utterances) for item in corpus]
    found = split_tags(tagger.predict(split), split, tagger.thresholds)
    turns: list[Turn] = []
    for item, talk, tags in zip(corpus, split, found, strict=True):
        own: list[list[Any]] = [[] for _ in item.utterance_labels]
        for utterance, tag in zip(talk, tags, strict=True):
            own[utterance.source].append(tag)
        given = zip(item.utterance_labels, own, strict=True)
        turns += [(labels, tags) for labels, tags in given if labels is not None]
    return turns


def compare_turns(turns: Sequence[Turn]) -> list[LabelResult]:
    """Agreement on what turns do, on those that label and tags both answer for."""
    results = []
    for name, (wanted, found) in _QUESTIONS.items():
        pairs = [(wanted(given), found(tags)) for given, tags in turns]
        known = [(w, f) for w, f in pairs if w is not None and f is not None]
        if known:
            results.append(compare(name, [w for w, _ in known], [f for _, f in known]))
    return results


def _sentences(talk: Talk) -> Talk:
    """Sentences of every turn, each with the turn's index as its source."""
    pieces = [
        (turn, piece)
        for turn in talk
        # Something of every turn is tagged, be it nothing but noise.
        for piece in [p.text for p in sentences(turn.text)] or [turn.text]
    ]
    return tuple(
        Utterance(index=i, source=turn.index, speaker=turn.speaker, role=turn.role, text=piece)
        for i, (turn, piece) in enumerate(pieces)
    )
