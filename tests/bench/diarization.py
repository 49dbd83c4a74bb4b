"""`.venv/bin/python tests/bench/diarization.py`: how well voices in one channel are told apart.

DER is missed, false and confused speech by all speech, with no collar and with overlap, as
pyannote.metrics computes it. Speech is found by the product too, so its mistakes count.
The five readers are also those on whom thresholds were set: other voices may be harder.
"""

import itertools
import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from joins import LIBRISPEECH, RATE, SETS, Talk, talk
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate

from pipeline.audio.diarization import diarize
from pipeline.audio.speech import speech_regions

# Not those by which thresholds were chosen.
FIRST_SEED = 1000
ROUNDS = {2: 1, 3: 1, 4: 2}


class Found(NamedTuple):
    """What diarization made of some conversations.

    Attributes:
        der: Diarization error rate over all of them.
        missed: The part of it that is speech nobody was given.
        false: The part that is no speech.
        confused: The part that was given to somebody else.
        counted: Share of conversations with the right number of speakers.
        wall: Seconds by second of sound.
        cpu: Seconds of processor time by second of sound.
    """

    der: float
    missed: float
    false: float
    confused: float
    counted: float
    wall: float
    cpu: float


def talks(set_name: str, speakers: int, first_seed: int = FIRST_SEED) -> Iterator[Talk]:
    """Conversations of every choice of that many readers."""
    names = sorted(folder.name for folder in LIBRISPEECH.iterdir() if folder.is_dir())
    groups = list(itertools.combinations(names, speakers)) * ROUNDS[speakers]
    for seed, group in enumerate(groups, start=first_seed):
        yield talk(group, SETS[set_name], seed)


def measure(conversations: Iterable[Talk]) -> Found:
    """Diarize conversations and compare."""
    rate, right, sums = DiarizationErrorRate(), [], [0.0, 0.0, 0.0]
    for number, item in enumerate(conversations):
        starts = time.perf_counter(), time.process_time()
        spans = diarize(item.sound, speech_regions(item.sound))
        sums[0] += time.perf_counter() - starts[0]
        sums[1] += time.process_time() - starts[1]
        sums[2] += len(item.sound) / RATE
        truth, found = Annotation(), Annotation()
        for turn in item.turns:
            truth[Segment(turn.start, turn.end), turn.speaker] = turn.speaker
        for at, span in enumerate(spans):
            found[Segment(span.start, span.end), at] = span.speaker
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # All of a conversation is compared; that is meant.
            der = rate(truth, found)
        right.append(len({span.speaker for span in spans}) == item.speakers)
        if "-v" in sys.argv:
            print(f"  {number:3} {item.speakers} {100 * der:5.1f} % {right[-1]}", file=sys.stderr)
    parts = [
        rate[part] / rate["total"] for part in ("missed detection", "false alarm", "confusion")
    ]
    shares = abs(rate), *parts, sum(right) / len(right), sums[0] / sums[2], sums[1] / sums[2]
    return Found(*map(float, shares))


def main() -> None:
    """Print the table."""
    if not LIBRISPEECH.is_dir():
        sys.exit("../shared/data/librispeech is not here")
    measure(itertools.islice(talks("clean", 2), 1))  # Loads what is loaded once.
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("set    speakers   DER = missed + false + confused   right number   RTF wall, CPU")
    for name, speakers in itertools.product(SETS, ROUNDS):
        f = measure(talks(name, speakers))
        print(
            f"{name:6} {speakers:4} {100 * f.der:9.1f} % {100 * f.missed:6.1f} {100 * f.false:7.1f}"
            f" {100 * f.confused:9.1f} {100 * f.counted:15.0f} % {f.wall:12.3f} {f.cpu:5.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
