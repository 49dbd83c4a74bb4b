"""The tokens that the checkpoint writes with: common words, and pieces for all others.

Training need not score fifty thousand tokens of which most never occur, and a word that
occurs twice is learned sooner when it is spelled in pieces that occur a hundred times.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from string import ascii_letters, digits

import torch
from whisper.tokenizer import get_tokenizer

TOKENIZER = get_tokenizer(False)
SIZE = 51_864
SECONDS_PER_MARK = 0.02
LONGEST_MARK = 1500
_OFTEN = 80
_OFTEN_INSIDE = 150


class Vocabulary:
    """Numbers of the tokens that occur, 0 to `size` - 1; one more row stands for all others."""

    def __init__(self, tokens: Iterable[int]) -> None:
        """Take tokens of openai-whisper's English vocabulary, in their order."""
        self.tokens = list(tokens)
        self.size = len(self.tokens)
        self.number = {token: at for at, token in enumerate(self.tokens)}
        letters = [token for token in self.tokens if token < TOKENIZER.eot]
        self.pieces = {TOKENIZER.decode([token]): self.number[token] for token in letters}
        self.spelled: dict[str, list[int]] = {}
        # The row of all others is counted as often as it will stand in the checkpoint.
        self.others = math.log(SIZE - self.size)
        self.sot = self.number[TOKENIZER.sot]
        self.eot = self.number[TOKENIZER.eot]
        self.no_speech = self.number[TOKENIZER.no_speech]
        self.no_timestamps = self.number[TOKENIZER.no_timestamps]
        self.begin = self.number[TOKENIZER.timestamp_begin]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Vocabulary":
        """Tokens that are often in some texts, single letters, and all that is not text."""
        counts = Counter(token for text in texts for token in TOKENIZER.encode(" " + text))
        used = {token for token, count in counts.items() if count >= _OFTEN}
        used.update(_sounds(counts), range(94))
        used.update(TOKENIZER.encode(f" {sign}")[0] for sign in ascii_letters + digits)
        special = (TOKENIZER.sot, TOKENIZER.eot, TOKENIZER.no_speech, TOKENIZER.no_timestamps)
        marks = range(TOKENIZER.timestamp_begin, TOKENIZER.timestamp_begin + LONGEST_MARK + 1)
        return cls(sorted({*used, *special, *marks}))

    def encode(self, text: str) -> list[int]:
        """Numbers of a text, which begins with a space as Whisper writes it."""
        return [n for word in re.findall(r"\s*\S+", f" {text.strip()}") for n in self._word(word)]

    def _word(self, word: str) -> list[int]:
        """Numbers of a word with the space before it: the tokenizer's own, or fewest pieces."""
        if word not in self.spelled:
            usual = TOKENIZER.encode(word)
            known = all(token in self.number for token in usual)
            self.spelled[word] = [self.number[t] for t in usual] if known else self._pieces(word)
        return self.spelled[word]

    def _pieces(self, word: str) -> list[int]:
        """The fewest tokens that spell a word; none where a sign of it has no token."""
        best: list[list[int] | None] = [[], *([None] * len(word))]
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - 12), end):
                before, piece = best[start], self.pieces.get(word[start:end])
                if before is None or piece is None:
                    continue
                shortest = best[end]
                if shortest is None or len(before) + 1 < len(shortest):
                    best[end] = [*before, piece]
        return best[-1] or []

    def mark(self, seconds: float) -> int:
        """Number of a time mark."""
        return self.begin + min(max(round(seconds / SECONDS_PER_MARK), 0), LONGEST_MARK)

    def text(self, numbers: Iterable[int]) -> str:
        """The text in a sequence of numbers."""
        found = [self.tokens[n] for n in numbers if n < self.size]
        return str(TOKENIZER.decode([token for token in found if token < TOKENIZER.eot]))

    def whole(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows of all of openai-whisper's tokens, shape (51864, state).

        Args:
            rows: Of the tokens that occur and of all others, shape (size + 1, state).
        """
        full = rows[-1].expand(SIZE, -1).clone()
        full[self.tokens] = rows[:-1]
        return full


def _sounds(counts: Counter[int]) -> set[int]:
    """Tokens of two or three letters that are often inside words: "th", "ing"."""
    inside = Counter[str]()
    for token, count in counts.items():
        word = TOKENIZER.decode([token]).strip() if token < TOKENIZER.eot else ""
        for size in (2, 3):
            for at in range(len(word) - size + 1):
                inside[word[at : at + size]] += count
    often = [TOKENIZER.encode(p) for p, n in inside.items() if n >= _OFTEN_INSIDE and p.isalpha()]
    return {tokens[0] for tokens in often if len(tokens) == 1}
