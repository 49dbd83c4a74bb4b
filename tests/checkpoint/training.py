"""The lessons: sentences, then short joins of them, at last whole windows of 30 s."""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from batches import IGNORED, Batch, Window, batched, silence, window
from clips import Clip
from muon import Muon
from network import Network
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class Lesson:
    """What to train on and for how long.

    Attributes:
        minutes: Of wall time.
        rate: Highest learning rate.
        last: Share of it that is left at the end.
        batch: Seconds of sound in a batch.
        joined: Chances that a window holds 1, 2, 3... clips.
        whole: Whether windows are 30 s long, as they are when Whisper is used.
        words: Weight of the words; 0 to train the encoder alone.
        sounds: Weight of the phonemes; 0 where the encoder rests.
        guided: Weight of looking where the words are.
        natural: Chance that a clip is by one of flite's voices, which are a person's recordings.
        kept: How many windows' features to make once, so that the decoder learns alone and
            eight times as fast; 0 to train both.
    """

    minutes: float
    rate: float
    last: float
    batch: float
    joined: tuple[float, ...]
    whole: bool
    words: float
    sounds: float
    guided: float
    natural: float
    kept: int = 0


def train(
    network: Network, clips: Callable[[], Sequence[Clip]], lesson: Lesson, random_: random.Random,
    look: Callable[[int, str], None],
) -> None:  # fmt: skip
    """Train a network in place.

    Args:
        network: With random weights, or from an earlier lesson.
        clips: Gives all clips that are there; asked again and again, as more are made.
        lesson: What to train on and for how long.
        random_: Source of all chance but the weights' own.
        look: Called now and then with the number of steps and a line that says how it goes.
    """
    muon, adam = _optimisers(network, lesson.rate)
    numbers = {sound: at for at, sound in enumerate(network.sounds)}
    began, told = time.monotonic(), [0.0] * 4
    batches = _batches(network, clips, lesson, numbers, random_)
    given = _with_features(network, batches, lesson, random_)
    for step, (batch, features) in enumerate(given, start=1):
        done = (time.monotonic() - began) / (60 * lesson.minutes)
        if done >= 1:
            break
        warm = min(1.0, step / 100)
        share = lesson.last + (1 - lesson.last) * 0.5 * (1 + math.cos(math.pi * done))
        for optimiser in (muon, adam):
            for group in optimiser.param_groups:
                group["lr"] = group["initial"] * warm * share
        words, sounds, astray = losses(network, batch, features, lesson)
        for optimiser in (muon, adam):
            optimiser.zero_grad()
        (lesson.words * words + lesson.sounds * sounds + lesson.guided * astray).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimiser in (muon, adam):
            optimiser.step()
        seconds = batch.mel.shape[0] * batch.mel.shape[2] / 100
        now = (words.item(), sounds.item(), astray.item(), seconds)
        told = [a + b for a, b in zip(told, now, strict=True)]
        if step % 50 == 0:
            spent = time.monotonic() - began
            look(step, f"{spent / 60:5.1f} min, words {told[0] / 50:.3f}, "
                 f"sounds {told[1] / 50:.3f}, astray {told[2] / 50:.3f}, "
                 f"{told[3] / 50:.0f} s a batch")  # fmt: skip
            told = [0.0] * 4


def losses(
    network: Network, batch: Batch, features: torch.Tensor | None, lesson: Lesson
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Cross-entropy of words per token, of phonemes per phoneme, and attention gone astray.

    What the lesson gives no weight is not worked out, and zero.
    """
    features = network.encode(batch.mel, batch.first) if features is None else features
    words = astray = sounds = features.new_zeros(())
    if lesson.words:
        logits = network.decode(batch.tokens, features).flatten(0, 1)
        words = functional.cross_entropy(
            logits, batch.targets.flatten(), ignore_index=IGNORED, label_smoothing=0.03
        )
        astray = network.astray(batch.places, batch.targets != IGNORED)
    if lesson.sounds and len(batch.sounds):
        sounds = _sounds(network, batch, features)
    return words, sounds, astray


def _sounds(network: Network, batch: Batch, features: torch.Tensor) -> torch.Tensor:
    heard = functional.log_softmax(network.ctc(features), -1).transpose(0, 1)
    lengths = torch.full((len(batch.mel),), features.shape[1])
    none = len(network.sounds)
    total = functional.ctc_loss(
        heard, batch.sounds, lengths, batch.lengths, none, "sum", zero_infinity=True
    )
    return total / len(batch.sounds)


def _batches(
    network: Network, clips: Callable[[], Sequence[Clip]], lesson: Lesson,
    numbers: dict[str, int], random_: random.Random,
) -> Iterator[Batch]:  # fmt: skip
    """Batches without end, from some hundred windows at a time."""
    while True:
        kept = clips()
        natural = [clip for clip in kept if clip.voice.startswith("flite")]
        windows: list[Window] = []
        amount = 64 if lesson.whole else 512
        for _ in range(amount):
            count = random_.choices(range(1, len(lesson.joined) + 1), lesson.joined)[0]
            if lesson.whole and random_.random() < 0.04:
                windows.append(silence(random_))
                continue
            chosen = _fitting(
                [
                    random_.choice(natural if random_.random() < lesson.natural else kept)
                    for _ in range(count)
                ]
            )
            windows.append(window(chosen, lesson.whole, random_))
        yield from batched(windows, lesson.batch, network.vocabulary, numbers, random_)


def _with_features(
    network: Network, batches: Iterator[Batch], lesson: Lesson, random_: random.Random
) -> Iterator[tuple[Batch, torch.Tensor | None]]:
    """Batches, with features where those are kept."""
    if not lesson.kept:
        yield from ((batch, None) for batch in batches)
        return
    made, windows = [], 0
    while windows < lesson.kept:
        batch = next(batches)
        windows += len(batch.mel)
        with torch.no_grad():
            features = network.encode(batch.mel, batch.first)
        # Kept without the sound, which would be several times as large.
        made.append((replace(batch, mel=batch.mel[:, :1].clone()), features))
    while True:
        random_.shuffle(made)
        yield from made


def _fitting(clips: list[Clip]) -> list[Clip]:
    """As many of the clips as a window holds with the longest pauses."""
    chosen, frames = [], 60
    for clip in clips:
        frames += clip.mel.shape[1] + 90
        if frames < 3000 or not chosen:
            chosen.append(clip)
    return chosen


def _optimisers(network: Network, rate: float) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for matrices between layers, which learns from fewer examples; AdamW for the rest."""
    matrices, rest = [], []
    for name, weight in network.named_parameters():
        hidden = "blocks" in name and weight.ndim == 2
        (matrices if hidden else rest).append(weight)
    muon = Muon(matrices, lr=rate)
    adam = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    for optimiser in (muon, adam):
        for group in optimiser.param_groups:
            group["initial"] = rate
    return muon, adam
