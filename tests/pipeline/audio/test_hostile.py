"""Recordings that are damaged, absurd, huge or made to do harm."""

import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest

from pipeline.audio import media
from pipeline.audio.formats import MediaError
from pipeline.audio.media import decoded, probe

HOURS = 4


def wav(rate, size=32_000, there=32_000):
    """A WAV file of silence; of `size` bytes of sound, `there` are written out."""
    form = struct.pack("<HHIIHH", 1, 1, rate, min(rate * 2, 2**32 - 1), 2, 16)
    head = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(head) + size) + head + bytes(there)


@pytest.fixture(scope="module")
def four_hours(tmp_path_factory):
    """Four hours of silence, which take no room on the disk."""
    path = tmp_path_factory.mktemp("long") / "meeting.wav"
    size = HOURS * 3600 * 16000 * 2
    head = wav(16000, size, there=0)
    path.write_bytes(head)
    os.truncate(path, len(head) + size)
    return path


# A process of its own, for the peak memory of this one says nothing. Silero reads the sound
# block by block, so that ten minutes of it show as much as four hours.
MEASURE = """
import json, os, resource, sys
from pathlib import Path
from pipeline.audio.media import decoded
from pipeline.audio.speech import speech_regions

with decoded(Path(sys.argv[1]), 5 * 3600) as (track,):
    seconds = len(track) / 16000
    os.truncate(track.path, 600 * 16000 * 2)
    regions = speech_regions(track)
# getrusage of oneself also counts what the process that started this one had.
own = next(int(line.split()[1]) for line in open("/proc/self/status") if "VmHWM" in line)
decoder = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([seconds, len(regions), own, decoder]))
"""


def test_four_hours_need_no_more_memory_than_a_minute(four_hours):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(four_hours)], capture_output=True, text=True, check=True
    )
    seconds, regions, own, decoder = json.loads(done.stdout)
    assert (seconds, regions) == (HOURS * 3600, 0)
    assert max(own, decoder) < 300 * 1024, f"{own} and {decoder} KiB"


def test_a_file_that_keeps_the_decoder_busy_is_given_up(four_hours, monkeypatch):
    monkeypatch.setattr(media, "_PROBE_CPU", 1)
    monkeypatch.setattr(media, "_DECODE_CPU_SHARE", 0)
    with pytest.raises(MediaError, match=r"meeting\.wav takes far longer to decode"):
        decoded(four_hours, HOURS * 3600).__enter__()


def test_a_file_that_wants_too_much_memory_is_given_up(write, tone, monkeypatch):
    monkeypatch.setattr(media, "_MEMORY", 100 << 20)
    with pytest.raises(MediaError, match=r"a\.flac cannot be decoded: the decoder stopped"):
        probe(write("a.flac", tone, "flac"))


def test_the_decoder_is_told_no_secret(write, tone, monkeypatch):
    seen = []
    real = subprocess.run
    monkeypatch.setenv("COACHSCORE_SECRET", "x" * 40)
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: seen.append(k["env"]) or real(*a, **k))
    probe(write("a.flac", tone, "flac"))
    assert not any(name.startswith("COACHSCORE_") for name in seen[0])


def test_the_sound_is_deleted_and_private(write, tone):
    with decoded(write("a.flac", tone, "flac"), 60) as (track,):
        assert track.path.parent.stat().st_mode & 0o077 == 0
    assert not track.path.exists()


@pytest.mark.parametrize("rate", [1, 50, 3_999_999, 2**31 - 1])
def test_an_absurd_sampling_rate_is_refused(tmp_path, rate):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(rate))
    with pytest.raises(MediaError, match=r"samples a second, which no recording does"):
        decoded(path, 3600).__enter__()


@pytest.mark.parametrize("rate", [0, 2**32 - 1])
def test_an_impossible_sampling_rate_is_refused(tmp_path, rate):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(rate))
    with pytest.raises(MediaError, match=r"a\.wav"):
        decoded(path, 3600).__enter__()


def test_a_millisecond_is_sound(write, tone):
    with decoded(write("a.wav", tone[:, :16], "pcm_s16le"), 60) as (track,):
        assert len(track) == 16
        assert len(track[:]) == 16


def test_noise_behind_a_header_ends_as_one_message(tmp_path):
    noise = np.random.default_rng(0).bytes(200_000)
    heads = {"a.flac": b"fLaC", "a.mp3": b"ID3\x04", "a.ogg": b"OggS", "a.m4a": b"\0\0\0\x20ftyp"}
    for name, head in heads.items():
        path = tmp_path / name
        path.write_bytes(head + noise)
        with pytest.raises(MediaError, match=name.replace(".", r"\.")):
            decoded(path, 3600).__enter__()
