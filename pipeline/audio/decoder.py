"""The process in which FFmpeg reads a file: `python -m pipeline.audio.decoder`.

FFmpeg opens what a file is, not what it is called, and some things it opens read other
files. Every `av.open` here therefore goes through `OPEN_OPTIONS`. What still harms it, or
needs more than its share of memory or time, ends this process and not the one that waits.
"""

import contextlib
import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.formats import ACCEPTED, OPEN_OPTIONS, MediaError, describe, wav_promise

if TYPE_CHECKING:
    import av

Pcm = NDArray[np.int16]

_RATE: Final = 16_000
# Telephones record 8,000 samples a second and studios up to 384,000.
_RATES: Final = range(4_000, 400_000)
# Less than this share of the stated length, and more than a second short, is a cut file.
_WHOLE: Final = 0.95


def probe(path: Path, shown: str) -> dict[str, Any]:
    """What a recording says about itself: the fields of `media.MediaInfo`.

    Raises:
        MediaError: The file is no accepted recording or holds no sound.
    """
    with _opened(path, shown) as (container, stream):
        seconds = _stated_seconds(container, stream)
        if seconds is None:
            ends = (p.pts + (p.duration or 0) for p in container.demux(stream) if p.pts is not None)
            seconds = float(max(ends, default=0) * stream.time_base)
        return {
            "seconds": seconds,
            "channels": stream.codec_context.channels,
            "codec": stream.codec_context.name,
            "container": container.format.name,
        }


def decode(path: Path, shown: str, max_seconds: float, out: Path) -> dict[str, Any]:
    """Write the sound of a recording to a file of 16-bit samples at 16 kHz.

    Sound is resampled and written frame by frame. Files with more than two channels
    become one. A file cut short is refused where its container states a length; MP3 and
    Ogg state none, and are read as far as they go.

    Args:
        path: The recording.
        shown: What the user calls it.
        max_seconds: Longest sound accepted, counted in decoded seconds.
        out: The file to write.

    Returns:
        The number of channels written, as `channels`.

    Raises:
        MediaError: The file is damaged, cut short, too long, is no accepted recording or
            holds no sound.
    """
    total, channels = 0, 1
    with _opened(path, shown) as (container, stream), out.open("wb") as file:
        _check_rate(stream, shown)
        stated = _promised_seconds(path, container, stream)
        for chunk in _resampled(container, stream):
            total, channels = total + len(chunk), chunk.shape[1]
            if total > max_seconds * _RATE:
                raise MediaError(_too_long(shown, max_seconds))
            file.write(np.ascontiguousarray(chunk).data)
    seconds = total / _RATE
    if total == 0:
        raise MediaError(f"{shown} holds no sound that can be decoded; it may be damaged.")
    if stated is not None and seconds < min(_WHOLE * stated, stated - 1):
        raise MediaError(
            f"{shown} is cut short: it says it lasts {stated:.0f} s, but only {seconds:.0f} s "
            "can be decoded. Upload the whole file."
        )
    return {"channels": channels}


@contextlib.contextmanager
def _opened(path: Path, shown: str) -> Iterator[tuple[Any, "av.AudioStream"]]:
    """Open a recording and pick its sound; FFmpeg's errors become ours."""
    import av

    try:
        container = av.open(str(path.resolve()), options=OPEN_OPTIONS)
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(
            f"{shown} holds {describe(path)}. Accepted are {ACCEPTED} recordings."
        ) from error
    with container:
        stream = container.streams.best("audio")
        if stream is None:
            raise MediaError(
                f"{shown} is a {container.format.name} file without sound. "
                f"Accepted are {ACCEPTED} recordings with an audio track."
            )
        yield container, stream


def _check_rate(stream: "av.AudioStream", shown: str) -> None:
    if stream.rate not in _RATES:
        raise MediaError(
            f"{shown} says that it holds {stream.rate or 0:,} samples a second, which no "
            f"recording does. Accepted are {_RATES.start:,} to {_RATES.stop:,}."
        )


def _stated_seconds(container: Any, stream: "av.AudioStream") -> float | None:
    """Length by the stream, else by the container, None where neither says."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration else None


def _promised_seconds(path: Path, container: Any, stream: "av.AudioStream") -> float | None:
    """Length that a whole file would have, None where the container cannot say."""
    stated = _stated_seconds(container, stream)
    if stated is None or container.format.name == "mp3":
        return None
    return stated * wav_promise(path) if container.format.name == "wav" else stated


def _resampled(container: Any, stream: "av.AudioStream") -> Iterator[Pcm]:
    """Yield 16 kHz sound, shape (samples, 1 or 2), frame by frame."""
    import av

    resampler: av.AudioResampler | None = None
    shape: tuple[object, ...] | None = None
    layout = None
    for frame in _frames(container, stream):
        found = (frame.sample_rate, frame.layout.name, frame.format.name)
        if resampler is None or found != shape:
            # A stream may change midway; what came first decides the result's shape.
            yield from _flushed(resampler)
            layout = layout or frame.layout
            resampler = av.AudioResampler(format="s16", layout=layout, rate=_RATE)
            shape = found
        for out in resampler.resample(frame):
            yield _narrowed(out)
    yield from _flushed(resampler)


def _flushed(resampler: "av.AudioResampler | None") -> Iterator[Pcm]:
    """Yield what a resampler still holds."""
    for out in resampler.resample(None) if resampler else ():
        yield _narrowed(out)


def _narrowed(frame: "av.AudioFrame") -> Pcm:
    """Packed samples as shape (samples, channels); more than two are one scene: their mean."""
    sound = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
    if sound.shape[1] <= 2:
        return np.asarray(sound)
    return np.asarray(sound.mean(axis=1, keepdims=True)).astype(np.int16)


def _frames(container: Any, stream: "av.AudioStream") -> Iterator["av.AudioFrame"]:
    """Decode packet by packet; a damaged packet is passed over, as players do."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            continue
        yield from frames


def _too_long(shown: str, max_seconds: float) -> str:
    hours = f"{max_seconds / 3600:.3g} h"
    return (
        f"{shown} lasts longer than {hours}, the longest recording accepted. "
        "Split it, or raise COACHSCORE_MAX_AUDIO_HOURS."
    )


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Do what was asked for under limits; see `media._ask`.

    Args:
        request: `path`, `shown`, `memory` in bytes, `cpu_seconds`, and for decoding also
            `max_seconds` and `out`.

    Returns:
        What was found, or `refused` with the message of a `MediaError`.
    """
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, shown = Path(request["path"]), request["shown"]
    try:
        if "out" not in request:
            return probe(path, shown)
        return decode(path, shown, request["max_seconds"], Path(request["out"]))
    except MediaError as error:
        return {"refused": error.message}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))  # noqa: T201
