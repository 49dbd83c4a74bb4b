"""Sentence boundaries in words without punctuation: examples for training, and decoding.

A stream is a run of words by one speaker as raw recognised speech gives it. The encoder
says for every token whether a sentence begins there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from models.augment import degrade
from models.cues import words
from models.labelled import LabelledConversation
from models.packing import CLS, LENGTH, MARKERS, SEP, Window, tokenizer

LONG: Final = 18  # Words without punctuation before sentences are looked for in them.
_SENTENCES: Final = 14  # Sentences joined into one training stream.
_MOST_WORDS: Final = 120  # Words read at once; about 160 tokens.
_OVERLAP: Final = 20  # Words read twice, so that no boundary is judged at an edge.


@dataclass(frozen=True)
class Stream:
    """Words of one window, and the token at which each begins."""

    window: Window
    word_tokens: npt.NDArray[np.int64]


def read_stream(plain: Sequence[str]) -> Stream:
    """A window that holds `plain` words, as many as fit, after a coachee marker."""
    encoded = tokenizer().encode_batch_fast(list(plain), add_special_tokens=False)
    tokens, begins = [CLS, MARKERS["coachee"]], []
    for word in encoded:
        if len(tokens) + len(word.ids) >= LENGTH:
            break
        begins.append(len(tokens))
        tokens += word.ids
    tokens.append(SEP)
    window = Window(np.array(tokens), np.array([1]), np.array([len(tokens) - 1]), 0, range(1))
    return Stream(window, np.array(begins, dtype=np.int64))


def training_streams(
    item: LabelledConversation, seed: int
) -> list[tuple[Window, npt.NDArray[np.int64]]]:
    """Streams of a conversation with targets per token, as recognised speech.

    Turns teach how rarely a sentence begins inside a long one. For many boundaries to learn
    from, each side's utterances are joined without the other's as well.

    Returns:
        Windows and, per token, 1 where a sentence begins, 0 where another word does, -1
        where there is nothing to decide.
    """
    noisy = degrade(item.conversation.utterances, seed)
    turns = [[words(u.text) for u in turn] for _, turn in groupby(noisy, key=lambda u: u.speaker)]
    runs = [turn for turn in turns if sum(len(sentence) for sentence in turn) > LONG]
    for side in ("coach", "coachee"):
        spoken = [words(u.text) for u in noisy if u.role == side]
        runs += [spoken[i : i + _SENTENCES] for i in range(0, len(spoken), _SENTENCES)]
    return [_example(run) for run in runs]


def _example(sentences: Sequence[Sequence[str]]) -> tuple[Window, npt.NDArray[np.int64]]:
    starts = np.cumsum([0, *(len(s) for s in sentences)])[1:-1]
    stream = read_stream([w for sentence in sentences for w in sentence])
    target = np.full(len(stream.window.tokens), -1, dtype=np.int64)
    target[stream.word_tokens[1:]] = 0
    inside = starts[(starts > 0) & (starts < len(stream.word_tokens))]
    target[stream.word_tokens[inside]] = 1
    return stream.window, target


def stretches(count: int) -> list[tuple[int, int, int]]:
    """How `count` words are read in overlapping stretches.

    Returns:
        First word, word after the last, and first word whose boundary this stretch decides.
    """
    out, at = [], 0
    while True:
        stop = min(at + _MOST_WORDS, count)
        out.append((at, stop, at + _OVERLAP // 2 if at else 0))
        if stop == count:
            return out
        at = stop - _OVERLAP
