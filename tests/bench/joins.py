"""Conversations with known turns, joined from read speech (LibriSpeech), the same each time.

Nobody is recorded talking to anybody here, so what makes conversations hard is put in by
number: how long turns and pauses are, who talks over whom, how loud, in what noise, through
what line. What it cannot show is laughter, whispering, and voices that answer each other.
"""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from scipy import signal

RATE = 16_000
LIBRISPEECH = Path(__file__).resolve().parents[3] / "shared" / "data" / "librispeech"

FRAME = RATE // 100
# Pauses shorter than this are part of a turn, as in NIST's Rich Transcription evaluations.
PAUSE = 0.3
BREATH = 0.15
SHORTEST = 0.15


class Conditions(NamedTuple):
    """How hard a conversation is.

    Attributes:
        short: Share of turns of 0.8 to 2.5 s; others last 3 to 12 s.
        backchannels: Share of long turns into which somebody says 0.3 to 0.7 s.
        overlaps: Share of turns that begin before the last one ended, by 0.2 to 0.8 s.
        loudness: Largest difference between two speakers in dB.
        snr: Range in dB of speech over room noise, None for neither noise nor room.
        telephone: Share of conversations through 300 to 3400 Hz at 8 kHz.
    """

    short: float
    backchannels: float
    overlaps: float
    loudness: float
    snr: tuple[float, float] | None
    telephone: float


SETS = {
    "clean": Conditions(0.3, 0.2, 0.05, 3.0, None, 0.0),
    "hard": Conditions(0.5, 0.4, 0.15, 10.0, (10.0, 20.0), 0.5),
}


class Turn(NamedTuple):
    """Somebody speaks without a pause of 0.3 s or more; seconds."""

    start: float
    end: float
    speaker: str


class Talk(NamedTuple):
    """A conversation: its sound at 16 kHz, shape (samples,), and who speaks when."""

    sound: np.ndarray
    turns: tuple[Turn, ...]

    @property
    def speakers(self) -> int:
        """How many people speak."""
        return len({turn.speaker for turn in self.turns})


def talk(names: Sequence[str], how: Conditions, seed: int, seconds: float = 120.0) -> Talk:
    """Join a conversation of some readers."""
    rng = np.random.default_rng(seed)
    stocks = {name: _stock(name, rng) for name in names}
    gains = {name: 10 ** (-rng.uniform(0, how.loudness) / 20) for name in names}
    sound = np.zeros(round((seconds + 20) * RATE), np.float32)
    turns: list[Turn] = []
    for name, at, length in _plan(names, how, seconds, rng):
        for start, piece in _take(stocks[name], length, rng):
            first = round((at + start) * RATE)
            sound[first : first + len(piece)] += gains[name] * piece
            turns.append(Turn(first / RATE, (first + len(piece)) / RATE, name))
    sound = sound[: round((max(turn.end for turn in turns) + 0.5) * RATE)]
    return Talk(_heard(sound, how, rng), tuple(_bridged(turns)))


def _plan(
    names: Sequence[str], how: Conditions, seconds: float, rng: np.random.Generator
) -> Iterator[tuple[str, float, float]]:
    """Who begins when, and for how long; everybody has a long turn to begin with."""
    at, last, met = 0.5, "", 0
    while at < seconds:
        name = (
            names[met]
            if met < len(names)
            else str(rng.choice([n for n in names if n != last] or names))
        )
        long = met < len(names) or rng.random() > how.short
        length = rng.uniform(3, 12) if long else rng.uniform(0.8, 2.5)
        yield name, at, length
        if long and rng.random() < how.backchannels:
            other = str(rng.choice([n for n in names if n != name] or names))
            yield other, at + rng.uniform(0.2, 0.8) * length, rng.uniform(0.3, 0.7)
        overlaps = rng.random() < how.overlaps
        at += length + (-rng.uniform(0.2, 0.8) if overlaps else rng.uniform(0.1, 1.2))
        last, met = name, met + 1


@functools.cache
def _phrases(name: str) -> tuple[np.ndarray, ...]:
    """What a reader says between two pauses, all equally loud."""
    found = []
    for file in sorted((LIBRISPEECH / name).glob("*.flac")):
        sound = _read(file)
        found += [sound[round(a * RATE) : round(b * RATE)] for a, b in _spoken(sound)]
    level = np.sqrt(np.mean(np.square(np.concatenate(found))))
    return tuple((0.05 / level * phrase).astype(np.float32) for phrase in found)


def _read(file: Path) -> np.ndarray:
    with av.open(str(file)) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.float32) / 32768


def _stock(name: str, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """A reader's phrases without end, from a random one on."""
    phrases = _phrases(name)
    at = rng.integers(len(phrases))
    while True:
        yield phrases[at % len(phrases)]
        at += 1


def _take(
    stock: Iterator[np.ndarray], seconds: float, rng: np.random.Generator
) -> Iterator[tuple[float, np.ndarray]]:
    """The next phrases and when they begin, with breaths between them, cut off at some length."""
    at = 0.0
    while at < seconds:
        phrase = next(stock)[: round((seconds - at) * RATE)]
        yield at, phrase * np.minimum(1, np.arange(len(phrase), 0, -1) / FRAME)
        at += len(phrase) / RATE + rng.uniform(0.1, 0.8)


def _bridged(turns: Sequence[Turn]) -> list[Turn]:
    """Turns in order, without a speaker's own short pauses."""
    joined: dict[str, list[Turn]] = {}
    for turn in sorted(turns):
        own = joined.setdefault(turn.speaker, [])
        if own and turn.start - own[-1].end < PAUSE:
            own[-1] = own[-1]._replace(end=max(own[-1].end, turn.end))
        else:
            own.append(turn)
    return sorted(turn for own in joined.values() for turn in own)


def _spoken(sound: np.ndarray) -> list[tuple[float, float]]:
    """Where a clean file holds speech between pauses of 0.15 s, in seconds.

    By loudness alone, so that no speech detector is its own judge: above 30 % of the way
    from the file's noise to its loud parts, and not 35 dB below those. Below 100 Hz a reader's
    desk rumbles as loud as he speaks.
    """
    line = signal.butter(4, 100, "highpass", fs=RATE, output="sos")
    sound = signal.sosfiltfilt(line, sound)
    power = np.square(sound[: len(sound) // FRAME * FRAME]).reshape(-1, FRAME).mean(axis=1)
    level = 10 * np.log10(np.convolve(power, np.ones(3) / 3, mode="same") + 1e-12)
    noise, loud = np.quantile(level, (0.05, 0.95))
    runs: list[list[int]] = []
    for frame in np.flatnonzero(level > max(noise + 0.3 * (loud - noise), loud - 35)):
        if runs and frame - runs[-1][1] < BREATH * 100:
            runs[-1][1] = frame + 1
        else:
            runs.append([frame, frame + 1])
    return [(start / 100, end / 100) for start, end in runs if end - start >= SHORTEST * 100]


def _heard(sound: np.ndarray, how: Conditions, rng: np.random.Generator) -> np.ndarray:
    """The sound in its room and through its line."""
    if how.snr is not None:
        tail = rng.normal(0, 1, RATE // 4) * np.exp(-np.arange(RATE // 4) / (0.05 * RATE))
        echo = signal.fftconvolve(sound, 0.3 * tail / np.linalg.norm(tail))[: len(sound)]
        spectrum = np.fft.rfft(rng.normal(0, 1, len(sound)))
        pink = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 50), len(sound))
        speech = np.mean(np.square(sound[np.abs(sound) > 0]))
        noise = np.sqrt(speech / np.mean(np.square(pink))) * 10 ** (-rng.uniform(*how.snr) / 20)
        sound = sound + echo + noise * pink
    if rng.random() < how.telephone:
        line = signal.butter(6, (300, 3400), "bandpass", fs=RATE, output="sos")
        sound = signal.resample_poly(signal.resample_poly(signal.sosfilt(line, sound), 1, 2), 2, 1)
    return np.asarray(sound / max(1.0, np.abs(sound).max()), np.float32)
