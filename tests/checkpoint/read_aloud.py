# ruff: noqa: S311
"""Read the demo's recorded meeting aloud again: python tests/checkpoint/read_aloud.py

The voices are flite's slt and rms, both trained on; the words were made up for it.
"""

import random
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from clips import trimmed
from voices import RATE, speak

MEETINGS = Path(__file__).resolve().parents[2] / "pipeline" / "demo_meetings"
_VOICES = {"coach": "flite:slt", "coachee": "flite:rms"}
_LOUDNESS = {"coach": 0.5, "coachee": 0.4}


def main() -> None:
    """Write the recording beside its script."""
    script = MEETINGS / "recorded-one-on-one.txt"
    lines = [line.split(": ", 1) for line in script.read_text("utf-8").splitlines()]
    write_opus(meeting([(who, text) for who, text in lines]).sound, script.with_suffix(".ogg"))


class Aloud(NamedTuple):
    """A conversation at 16 kHz, shape (samples,), and from when to when each line is read."""

    sound: np.ndarray
    times: list[tuple[float, float]]


def meeting(lines: list[tuple[str, str]]) -> Aloud:
    """Read a conversation aloud, with pauses of up to a second."""
    chance = random.Random(3)
    parts, times, at = [np.zeros(RATE // 2, np.float32)], [], RATE // 2
    for who, text in lines:
        sound = trimmed(speak(text, _VOICES[who]).sound)
        pause = np.zeros(int(chance.uniform(0.5, 1.1) * RATE), np.float32)
        parts += [_LOUDNESS[who] * sound / np.abs(sound).max(), pause]
        times.append((at / RATE, (at + len(sound)) / RATE))
        at += len(sound) + len(pause)
    sound = np.concatenate(parts)
    hiss = np.random.default_rng(0).normal(0, 0.0006, len(sound))
    return Aloud((sound + hiss).astype(np.float32), times)


def write_opus(sound: np.ndarray, path: Path) -> None:
    """Write sound at 16 kHz as Opus at 32 kbit/s."""
    with av.open(str(path), "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = 32_000
        frame = av.AudioFrame.from_ndarray(
            (np.clip(sound, -1, 1) * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = RATE
        resampler = av.AudioResampler("flt", "mono", 48_000, frame_size=960)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))


if __name__ == "__main__":
    main()
