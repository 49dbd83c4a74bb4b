"""Recordings to sound on disk, by a process of its own under limits (`decoder`)."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipeline.audio.channels import settle_channels
from pipeline.audio.formats import MediaError
from pipeline.audio.tracks import Track

_MEMORY: Final = 1 << 30
_PROBE_CPU: Final = 60
# Decoding takes 0.1 to 0.3 % of a recording's length; this leaves room for slow machines.
_DECODE_CPU_SHARE: Final = 1 / 20
# A process that waits on a slow disk uses no CPU time.
_WALL_PER_CPU: Final = 10


class MediaInfo(NamedTuple):
    """What a recording says about itself.

    Attributes:
        seconds: Length by the container or, where it states none, by its last packet.
        channels: Number of audio channels.
        codec: FFmpeg's name of the audio codec.
        container: FFmpeg's name of the container.
    """

    seconds: float
    channels: int
    codec: str
    container: str


def probe(path: Path, name: str | None = None) -> MediaInfo:
    """Read what a recording says about itself, without decoding it.

    Args:
        path: The file.
        name: What the user calls it, for messages; the name of `path` by default.

    Returns:
        Length, channels, codec and container.

    Raises:
        MediaError: The file is empty, is no accepted recording or holds no sound.
    """
    return MediaInfo(**_ask(path, name or path.name, _PROBE_CPU))


@contextlib.contextmanager
def decoded(
    path: Path, max_seconds: float, name: str | None = None, folder: Path | None = None
) -> Iterator[tuple[Track, ...]]:
    """Decode a recording to 16 kHz; the sound is deleted when the block ends.

    It is streamed to a file in a private folder, so memory stays the same however long the
    recording is. Files with more than two channels become one, and two become one where
    they do not separate speakers (see `settle_channels`).

    Args:
        path: The file.
        max_seconds: Longest sound accepted, counted in decoded seconds.
        name: What the user calls it, for messages; the name of `path` by default.
        folder: Where the private folder is made; where the system has such things by default.

    Yields:
        One or two channels of one length, never empty.

    Raises:
        MediaError: The file is empty, damaged, cut short, too long, is no accepted
            recording or holds no sound.
    """
    with tempfile.TemporaryDirectory(prefix="coachscore-sound-", dir=folder) as private:
        sound = Path(private) / "sound.s16"
        cpu = _PROBE_CPU + int(max_seconds * _DECODE_CPU_SHARE)
        wanted = {"max_seconds": max_seconds, "out": str(sound)}
        channels = _ask(path, name or path.name, cpu, **wanted)["channels"]
        tracks = tuple(Track(sound, channels, at) for at in range(channels))
        kept = settle_channels(*tracks) if channels == 2 else (0,)
        yield tuple(Track(sound, channels, at) for at in kept)


def _ask(path: Path, shown: str, cpu_seconds: int, **wanted: object) -> dict[str, Any]:
    """Have the decoder do something; what ends it is the file's fault."""
    if not path.is_file():
        raise MediaError(f"{shown} is not there any more.")
    if path.stat().st_size == 0:
        raise MediaError(f"{shown} is empty (0 bytes).")
    limits = {"memory": _MEMORY, "cpu_seconds": cpu_seconds}
    request = {"path": str(path), "shown": shown, **limits, **wanted}
    # What reads strangers' files gets to know neither the secret nor the database, and
    # threads that only take address space are not started.
    known = {k: v for k, v in os.environ.items() if not k.startswith("COACHSCORE_")}
    try:
        done = subprocess.run(  # noqa: S603 - our own module, and no shell
            [sys.executable, "-m", "pipeline.audio.decoder", json.dumps(request)],
            env={**known, "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            timeout=cpu_seconds * _WALL_PER_CPU,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MediaError(_unfinished(shown)) from error
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise MediaError(_unfinished(shown))
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
        raise MediaError(
            f"{shown} cannot be decoded: the decoder stopped ({reason or 'it crashed'}). "
            "It may be damaged; save it in another format."
        )
    found: dict[str, Any] = json.loads(done.stdout)
    if "refused" in found:
        raise MediaError(found["refused"])
    return found


def _unfinished(shown: str) -> str:
    return (
        f"{shown} takes far longer to decode than a recording of its kind does. It may be "
        "damaged; save it in another format."
    )
