"""Synthetic voices of Debian, and which of them the checkpoint trains on.

espeak-ng is called as a library, which also tells when each word begins; flite and festival
are called as commands. None of it is needed to use the checkpoint.
"""

import ctypes
import math
import random
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import soundfile
from flite import read_aloud
from scipy.signal import resample_poly

RATE = 16_000

ACCENTS = (
    "en-us", "en-us", "en", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan",
    "en-gb-x-gbcwmd", "en-us-nyc",
)  # fmt: skip
VARIANTS = (
    "", "m1", "m2", "m3", "m4", "m6", "m7", "f1", "f2", "f3", "f5", "klatt", "klatt2", "klatt4",
    "adam", "Alex", "Andy", "Gene", "Lee", "Mike", "linda", "steph", "rob", "travis",
)  # fmt: skip
SEEN_FLITE = ("slt", "rms", "kal16")
# Nothing of these is ever trained on: variants, an accent, and two other speakers' recordings.
UNSEEN = (
    "espeak:en-us+m5", "espeak:en+f4", "espeak:en-us+Michael", "espeak:en+Andrea",
    "espeak:en-029+m8", "flite:awb", "festival:ked_diphone",
)  # fmt: skip


@dataclass(frozen=True)
class Spoken:
    """Speech at 16 kHz, shape (samples,), with the second at which each word begins."""

    sound: np.ndarray
    starts: list[float] = field(default_factory=list)


def any_voice(random_: random.Random) -> str:
    """A voice of those that are trained on, with its pitch and rate."""
    if random_.random() < 0.4:
        return f"flite:{random_.choice(SEEN_FLITE[:2] if random_.random() < 0.85 else SEEN_FLITE)}"
    accent, variant = random_.choice(ACCENTS), random_.choice(VARIANTS)
    name = f"{accent}+{variant}" if variant else accent
    return f"espeak:{name}:{random_.randint(140, 210)}:{random_.randint(25, 75)}"


def natural_voice(random_: random.Random) -> str:
    """One of flite's two voices that are a person's recordings."""
    return f"flite:{random_.choice(SEEN_FLITE[:2])}"


def speak(text: str, voice: str) -> Spoken:
    """Read a text aloud.

    Args:
        text: A sentence.
        voice: "espeak:NAME[:words per minute:pitch 0 to 99]", "flite:NAME" or "festival:NAME".
    """
    engine, name, *more = voice.split(":")
    if engine == "espeak":
        rate, pitch = map(int, more or (165, 50))
        return _espeak().speak(text, name, rate, pitch)
    if engine == "flite":
        return Spoken(_at_16k(*read_aloud(text, name)))
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        command = ["text2wave", "-o", wav.name, "-eval", f"(voice_{name})"]
        subprocess.run(command, input=text.encode(), check=True, capture_output=True)
        sound, rate = soundfile.read(wav.name, dtype="float32")
    return Spoken(_at_16k(sound, rate))


def phonemes(text: str) -> str:
    """How espeak-ng says a text, in IPA without stress; words apart by spaces."""
    return _espeak().phonemes(text)


@cache
def _espeak() -> "_Espeak":
    return _Espeak()


def _at_16k(sound: np.ndarray, rate: int) -> np.ndarray:
    if rate == RATE:
        return sound.astype(np.float32)
    common = math.gcd(RATE, rate)
    return resample_poly(sound, RATE // common, rate // common).astype(np.float32)


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_SYNCHRONOUS, _UTF8, _CHARACTERS, _RATE, _PITCH, _WORD = 2, 1, 1, 1, 3, 1


class _Espeak:
    """libespeak-ng, which may be opened once per process."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate = self.library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0)
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )
        self.heard = kind(self._hear)
        self.library.espeak_SetSynthCallback(self.heard)
        self.library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.sound: list[np.ndarray] = []
        self.starts: list[float] = []

    def _hear(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self.sound.append(np.ctypeslib.as_array(samples, (count,)).copy())
        at = 0
        while events[at].type:
            if events[at].type == _WORD:
                self.starts.append(events[at].audio_position / 1000)
            at += 1
        return 0

    def speak(self, text: str, name: str, rate: int, pitch: int) -> Spoken:
        """Read aloud with a voice's own name."""
        if self.library.espeak_SetVoiceByName(name.encode()):
            raise ValueError(f'espeak-ng has no voice "{name}"')
        self.library.espeak_SetParameter(_RATE, rate, 0)
        self.library.espeak_SetParameter(_PITCH, pitch, 0)
        self.sound, self.starts = [], []
        raw = text.encode()
        self.library.espeak_Synth(raw, len(raw) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
        self.library.espeak_Synchronize()
        sound = np.concatenate([np.zeros(0, np.int16), *self.sound])
        return Spoken(_at_16k(sound.astype(np.float32) / 32768, self.rate), self.starts)

    def phonemes(self, text: str) -> str:
        """IPA of a text, without stress and length."""
        self.library.espeak_SetVoiceByName(b"en-us")
        raw = ctypes.c_char_p(text.encode())
        pointer, parts = ctypes.pointer(raw), []
        while raw.value is not None:
            found = self.library.espeak_TextToPhonemes(pointer, _UTF8, 2)
            parts.append(found.decode())
        return "".join(c for c in " ".join(parts) if c not in "ˈˌː\u200d")
