# ruff: noqa: S311
"""Spoken sentences as spectrograms, made once and kept in a folder.

A clip's spectrogram is the logarithm that Whisper takes, before Whisper scales it to the
loudest moment of its window: noise, loudness and joining are then sums.
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import whisper
from voices import RATE, any_voice, natural_voice, phonemes, speak
from whisper.audio import HOP_LENGTH, N_FFT

CORPUS = Path(__file__).resolve().parents[2] / "datasets" / "coachtalk" / "conversations"
FRAMES_PER_SECOND = RATE // HOP_LENGTH
_SHARD = 500


@dataclass(frozen=True)
class Clip:
    """A sentence as it was read.

    Attributes:
        mel: Base-10 logarithm of the mel powers, float16, shape (80, frames).
        text: As in the corpus.
        phonemes: IPA, words apart by spaces.
        voice: Which voice read it.
    """

    mel: np.ndarray
    text: str
    phonemes: str
    voice: str


def sentences(split: str) -> list[str]:
    """Punctuated utterances of a split, of 2 to 24 words, each once, in an order of their own."""
    found = dict[str, None]()
    for path in sorted((CORPUS / split).glob("*.json")):
        conversation = json.loads(path.read_text("utf-8"))
        if conversation["medium"] == "asr":
            continue
        for utterance in conversation["utterances"]:
            text = " ".join(utterance["text"].replace("—", ", ").replace("\u2019", "'").split())
            if 2 <= len(text.split()) <= 24 and not re.search(r"[\[\]()<>*]", text):
                found[text] = None
    texts = list(found)
    random.Random(split).shuffle(texts)
    return texts


def log_mel(sound: np.ndarray) -> np.ndarray:
    """Base-10 logarithm of the mel powers, float16, shape (80, frames)."""
    samples = torch.from_numpy(np.ascontiguousarray(sound, dtype=np.float32))
    spectrum = torch.stft(samples, N_FFT, HOP_LENGTH, window=torch.hann_window(N_FFT),
                          return_complex=True)  # fmt: skip
    powers = whisper.audio.mel_filters("cpu", 80) @ (spectrum[..., :-1].abs() ** 2)
    return torch.clamp(powers, min=1e-10).log10().half().numpy()


def trimmed(sound: np.ndarray) -> np.ndarray:
    """Without the silence after the last word."""
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    return sound[: loud[-1] + RATE // 20] if len(loud) else sound


def make(folder: Path, rounds: int) -> None:
    """Have every sentence of the training split read once per round.

    Any voice reads the first round, and flite's two best the others.

    Shards are written as they are done, so that training may begin before all are there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for turn in range(rounds):
        texts = sentences("train")
        random_ = random.Random(turn)
        random_.shuffle(texts)
        for at in range(0, len(texts), _SHARD):
            path = folder / f"{turn}-{at // _SHARD:03d}.npz"
            if not path.exists():
                chosen = any_voice if turn == 0 else natural_voice
                _save(path, [_read(t, chosen(random_)) for t in texts[at : at + _SHARD]])


def load(folder: Path, seen: set[str]) -> Iterator[Clip]:
    """Clips of the shards that are there and were not loaded before."""
    for path in sorted(folder.glob("*.npz")):
        if path.name in seen:
            continue
        seen.add(path.name)
        with np.load(path) as kept:
            mels = np.split(kept["mels"], kept["ends"][:-1], axis=1)
            for mel, told in zip(mels, json.loads(str(kept["told"])), strict=True):
                yield Clip(mel, *told)


def _read(text: str, voice: str) -> Clip:
    return Clip(log_mel(trimmed(speak(text, voice).sound)), text, phonemes(text), voice)


def _save(path: Path, clips: list[Clip]) -> None:
    part = path.with_suffix(".part")
    told = json.dumps([(c.text, c.phonemes, c.voice) for c in clips])
    with part.open("wb") as file:
        np.savez(
            file,
            mels=np.concatenate([c.mel for c in clips], axis=1),
            ends=np.cumsum([c.mel.shape[1] for c in clips]),
            told=np.array(told),
        )
    part.replace(path)
