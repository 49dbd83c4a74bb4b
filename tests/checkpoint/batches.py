"""Clips put together to windows, and windows to batches."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from clips import FRAMES_PER_SECOND, Clip
from vocabulary import Vocabulary

_SILENCE = -10.0
_WINDOW = 30 * FRAMES_PER_SECOND
IGNORED = -100


@dataclass(frozen=True)
class Window:
    """Sound and what is said in it.

    Attributes:
        mel: Base-10 logarithm of the mel powers, shape (80, frames).
        said: Clips with the frames where they begin and end.
        first: Frame of a window of 30 s where this part of it begins.
    """

    mel: np.ndarray
    said: list[tuple[Clip, int, int]]
    first: int


@dataclass(frozen=True)
class Batch:
    """Tensors of some windows of about one length.

    Attributes:
        mel: As Whisper scales it, shape (windows, 80, frames).
        first: Position of 20 ms where all of them begin.
        tokens: What the decoder is given, shape (windows, tokens).
        targets: What it should say next, `IGNORED` where that does not count.
        places: About where in the sound that is, in 20 ms, shape (windows, tokens).
        sounds: Phonemes of all windows, one after the other.
        lengths: Number of phonemes of each window.
    """

    mel: torch.Tensor
    first: int
    tokens: torch.Tensor
    targets: torch.Tensor
    places: torch.Tensor
    sounds: torch.Tensor
    lengths: torch.Tensor


def window(clips: Sequence[Clip], whole: bool, random_: random.Random) -> Window:
    """Say some clips one after the other, with pauses between them."""
    pauses = [random_.randint(0, 60)] + [random_.randint(15, 90) for _ in clips]
    starts, at = [], 0
    for clip, pause in zip(clips, pauses, strict=False):
        starts.append(at + pause)
        at = starts[-1] + clip.mel.shape[1]
    frames = _WINDOW if whole else at + pauses[-1] // 2
    mel = np.full((80, max(frames, at)), _SILENCE, np.float32)
    loudness = random_.uniform(-1.0, 0.5)
    for clip, start in zip(clips, starts, strict=True):
        mine = clip.mel.astype(np.float32)
        if random_.random() < 0.2:
            mine = _warped(mine, random_.uniform(0.94, 1.06))
        mel[:, start : start + mine.shape[1]] = mine + loudness + random_.uniform(-0.2, 0.2)
    said = [(c, s, s + c.mel.shape[1]) for c, s in zip(clips, starts, strict=True)]
    return Window(_coloured(mel, random_), said, 0)


def silence(random_: random.Random) -> Window:
    """A window in which nobody speaks."""
    mel = np.full((80, _WINDOW), _SILENCE, np.float32)
    return Window(_coloured(mel, random_), [], 0)


def scaled(mel: np.ndarray) -> np.ndarray:
    """Scale a spectrogram as openai-whisper does, by its loudest moment."""
    return np.asarray((np.maximum(mel, mel.max() - 8.0) + 4.0) / 4.0, np.float32)


def batched(
    windows: Sequence[Window], seconds: float, vocabulary: Vocabulary, sounds: dict[str, int],
    random_: random.Random,
) -> Iterator[Batch]:  # fmt: skip
    """Batches of about so many seconds of sound each, in random order."""
    ordered = sorted(windows, key=lambda w: w.mel.shape[1])
    groups: list[list[Window]] = [[]]
    for one in ordered:
        if groups[-1] and (len(groups[-1]) + 1) * one.mel.shape[1] > seconds * FRAMES_PER_SECOND:
            groups.append([])
        groups[-1].append(one)
    random_.shuffle(groups)
    for group in groups:
        yield _batch(group, vocabulary, sounds, random_)


def _batch(
    group: list[Window], vocabulary: Vocabulary, sounds: dict[str, int], random_: random.Random
) -> Batch:
    longest = max(w.mel.shape[1] for w in group) + 1 & ~1
    # Most often where windows begin, so that reading from left to right is soon found.
    first = random_.randint(0, (_WINDOW - longest) // 2) if random_.random() < 0.15 else 0
    mel = np.stack([_ended(scaled(w.mel), longest) for w in group])
    rows = [_sequence(w, first, vocabulary, random_) for w in group]
    width = max(len(given) for given, _, _ in rows)
    tokens = torch.full((len(rows), width), vocabulary.eot)
    targets = torch.full((len(rows), width), IGNORED)
    places = torch.zeros((len(rows), width))
    for at, (given, wanted, where) in enumerate(rows):
        tokens[at, : len(given)] = torch.tensor(given)
        targets[at, : len(wanted)] = torch.tensor(wanted)
        places[at, : len(where)] = torch.tensor(where)
    heard = [
        # Nobody hears where a word ends.
        [sounds[s] for clip, _, _ in w.said for s in clip.phonemes if s != " "]
        for w in group
    ]
    return Batch(
        torch.from_numpy(mel), first, tokens, targets, places,
        torch.tensor([s for one in heard for s in one]), torch.tensor([len(one) for one in heard]),
    )  # fmt: skip


def _sequence(
    one: Window, first: int, vocabulary: Vocabulary, random_: random.Random
) -> tuple[list[int], list[int], list[float]]:
    """What the decoder is given, what it should say next, and about where that is."""
    if not one.said:
        return [vocabulary.sot], [vocabulary.no_speech], [0.0]
    marked = random_.random() < 0.7
    row = [vocabulary.sot] if marked else [vocabulary.sot, vocabulary.no_timestamps]
    where = [0.0] * len(row)
    for clip, start, end in one.said:
        words, places = _spread(clip.text, start / 2, end / 2, vocabulary)
        if marked:
            words = [vocabulary.mark((first + start / 2) / 50), *words]
            words.append(vocabulary.mark((first + end / 2) / 50))
            places = [start / 2, *places, end / 2]
        row += words
        where += places
    row.append(vocabulary.eot)
    where.append(where[-1])
    letters = vocabulary.begin - 4
    given = [
        random_.randrange(letters) if t < letters and random_.random() < 0.06 else t
        for t in row[:-1]
    ]
    return given, (row[1:] if marked else [IGNORED, *row[2:]]), where[1:]


def _spread(
    text: str, start: float, end: float, vocabulary: Vocabulary
) -> tuple[list[int], list[float]]:
    """Tokens of a text, and the middle of each if all letters took the same time."""
    tokens = vocabulary.encode(text)
    lengths = np.array([max(len(vocabulary.text([token])), 1) for token in tokens], float)
    middles = (np.cumsum(lengths) - lengths / 2) / lengths.sum()
    return tokens, [float(start + (end - start) * middle) for middle in middles]


def _ended(mel: np.ndarray, frames: int) -> np.ndarray:
    return np.pad(mel, ((0, 0), (0, frames - mel.shape[1])), constant_values=mel.min())


def _warped(mel: np.ndarray, factor: float) -> np.ndarray:
    """A longer or shorter vocal tract: the mel bands moved apart or together."""
    at = np.clip(np.arange(80) * factor, 0, 79)
    low = np.minimum(at.astype(int), 78)
    part = (at - low)[:, None].astype(np.float32)
    return mel[low] * (1 - part) + mel[low + 1] * part


def _coloured(mel: np.ndarray, random_: random.Random) -> np.ndarray:
    """With a microphone's tilt and some noise below the speech."""
    tilt = np.linspace(0, random_.uniform(-0.8, 0.4), 80, dtype=np.float32)[:, None]
    mel = mel + tilt
    if random_.random() < 0.4:
        level = random_.uniform(-6.5, -2.0)
        slope = np.linspace(0, random_.uniform(-1.5, 0.5), 80)[:, None]
        # Powers of noise differ from moment to moment as an exponential variable's do.
        draws = np.random.default_rng(random_.getrandbits(32)).exponential(size=mel.shape)
        noise = level + slope + np.log10(draws + 1e-3)
        mel = np.log10(10.0**mel + 10.0**noise)
    return mel.astype(np.float32)
