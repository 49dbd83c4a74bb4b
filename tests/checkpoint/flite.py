"""flite as a library: a voice of its is loaded once."""

import ctypes
from functools import cache

import numpy as np


class _Wave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p),
        ("rate", ctypes.c_int),
        ("count", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


def read_aloud(text: str, name: str) -> tuple[np.ndarray, int]:
    """Sound between -1 and 1, shape (samples,), and its samples per second."""
    library = _library()
    wave = library.flite_text_to_wave(text.encode(), _voice(name))
    found = wave.contents
    sound = np.ctypeslib.as_array(found.samples, (found.count,)).astype(np.float32) / 32768
    rate = int(found.rate)
    library.delete_wave(wave)
    return sound, rate


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
    for part in ("usenglish", "cmulex"):
        ctypes.CDLL(f"libflite_{part}.so.1", mode=ctypes.RTLD_GLOBAL)
    library.flite_init()
    library.flite_text_to_wave.restype = ctypes.POINTER(_Wave)
    library.flite_text_to_wave.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    library.delete_wave.argtypes = [ctypes.POINTER(_Wave)]
    return library


@cache
def _voice(name: str) -> int:
    voices = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
    register = getattr(voices, f"register_cmu_us_{name}")
    register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    return int(register(None))
