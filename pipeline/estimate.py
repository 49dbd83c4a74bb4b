"""How far an analysis is and how long it will still take.

Each phase has an expected length, from real-time factors measured on two cores of a 2.5 GHz
Xeon. A phase that is under way corrects its own by what it has taken so far, which matters
most for the recogniser: its speed depends on the model and on the machine.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from models.conversation import Recording

# Seconds of work per second of the recording. Recognising is by the name of the model.
_SOUND: Final = {"decode": 0.0006, "speech": 0.004, "voices": 0.015, "recognise": 0.5}
_RECOGNISE: Final = {"tiny": 0.06, "base": 0.12, "small": 0.4, "medium": 1.2, "large": 2.2}
_WORDS: Final = {"transcribe": 0.00002, "attribute": 0.0002, "tag": 0.001, "score": 0.0001}
# Loading what a phase needs takes as long for a short recording as for a long one.
_LOADING: Final = {"recognise": 5.0, "attribute": 2.0, "tag": 3.0}
# Captions of an hour have about 60 kB.
_BYTES_PER_SECOND: Final = 17.0
# From this share on, what a phase has taken counts and its expectation does not.
_TRUSTED: Final = 0.15


class Estimate(NamedTuple):
    """A moment of an analysis: share done of all the time it takes, and seconds left."""

    share: float
    seconds_left: float


def expected_seconds(recording: Recording, size: int, model: str) -> dict[str, float]:
    """How long each phase of an analysis should take, in the order of the phases.

    Args:
        recording: What is analysed.
        size: Of the file in bytes, for a transcript says nothing of its length.
        model: Whisper model by name or path.
    """
    if recording.medium == "audio":
        length = recording.seconds or 0.0
        named = next((v for k, v in _RECOGNISE.items() if model.startswith(k)), None)
        factors = {**_SOUND, **({"recognise": named} if named else {}), **_WORDS}
        del factors["transcribe"]
    else:
        length, factors = size / _BYTES_PER_SECOND, _WORDS
    return {phase: _LOADING.get(phase, 0.0) + f * length for phase, f in factors.items()}


class Watch:
    """Estimates for one stage, whose phases it sees begin and end."""

    def __init__(
        self, expected: dict[str, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin to watch.

        Args:
            expected: Seconds of each phase of the whole analysis, in order.
            clock: Seconds that only go forward.
        """
        self._expected, self._clock = expected, clock
        self._phase: str | None = None
        self._begun = clock()
        self._took: dict[str, float] = {}
        self._share = 0.0

    def at(self, phase: str, share: float) -> Estimate:
        """Where the analysis is; its share never goes back.

        Args:
            phase: What is being done, one of those expected.
            share: Share of the phase that is done, 0 to 1.
        """
        now = self._clock()
        if phase != self._phase:
            if self._phase is not None:
                self._took[self._phase] = now - self._begun
            self._phase, self._begun = phase, now
        phases = list(self._expected)
        here = phases.index(phase)
        spent = sum(self._took.get(p, self._expected[p]) for p in phases[:here])
        spent += now - self._begun
        left = self._left(now - self._begun, share, self._expected[phase])
        left += sum(self._expected[p] for p in phases[here + 1 :])
        self._share = max(self._share, spent / max(spent + left, 1e-9))
        return Estimate(self._share, left)

    @staticmethod
    def _left(taken: float, share: float, expected: float) -> float:
        """Seconds left of a phase, by what it took and, early on, by what was expected."""
        guessed = max(expected - taken, expected * (1 - share) / 2)
        if share <= 0:
            return guessed
        trust = min(share / _TRUSTED, 1.0)
        return trust * taken * (1 - share) / share + (1 - trust) * guessed
