"""How well the sentences of speech without punctuation are found, split as the product does it."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby

from models.augment import degrade
from models.conversation import Provenance, Utterance
from pipeline.segmentation import sentences
from pipeline.study.families import Corpus
from pipeline.study.values import SentenceStarts, StartsStudy


def sentence_starts(tagger: Provenance, corpus: Corpus, day: str) -> StartsStudy:
    """Join utterances as raw recognised speech, split them again, and compare.

    Args:
        tagger: The one whose encoder hears where a sentence begins.
        corpus: Conversations whose utterances are sentences.
        day: Today, as YYYY-MM-DD.
    """
    talks = [degrade(c.conversation.utterances, seed=i) for i, c in enumerate(corpus)]
    turns = [turn for talk in talks for turn in _turns(talk)]
    sides = [side for talk in talks for side in _sides(talk)]
    return StartsStudy(
        day=day,
        tagger=tagger.version,
        rows=(compare("turns", turns), compare("one side of the talk", sides)),
    )


def compare(joined: str, texts: Sequence[Sequence[str]]) -> SentenceStarts:
    """Split texts of which the sentences are known; the first start of each is not counted.

    Args:
        joined: What a text is made of.
        texts: The sentences of each, without punctuation.
    """
    right = wanted = found = 0
    for text in texts:
        true = _starts(text)
        said = _starts([piece.text for piece in sentences(" ".join(text))])
        right, wanted, found = right + len(true & said), wanted + len(true), found + len(said)
    return SentenceStarts(
        joined=joined,
        texts=len(texts),
        starts=wanted,
        precision=round(right / found, 3) if found else None,
        recall=round(right / wanted, 3) if wanted else None,
        f1=round(2 * right / (wanted + found), 3) if wanted + found else None,
    )


def _starts(text: Sequence[str]) -> set[int]:
    """Places, in words, at which a sentence begins inside a text."""
    lengths = [len(sentence.split()) for sentence in text]
    return set(accumulate(lengths[:-1]))


def _turns(talk: Sequence[Utterance]) -> Iterator[list[str]]:
    for _, turn in groupby(talk, key=lambda u: u.speaker):
        yield [u.text for u in turn]


def _sides(talk: Sequence[Utterance]) -> Iterator[list[str]]:
    for speaker in dict.fromkeys(u.speaker for u in talk):
        yield [u.text for u in talk if u.speaker == speaker]
