"""Recordings to samples, with PyAV, streamed and capped.

FFmpeg opens what a file is, not what it is called, and some things it opens read other
files. Every `av.open` here therefore goes through `OPEN_OPTIONS`.
"""

import collections
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pipeline.audio.channels import SAMPLE_RATE, Samples, settle_channels
from pipeline.audio.formats import ACCEPTED, OPEN_OPTIONS, MediaError, describe, wav_promise

if TYPE_CHECKING:
    import av

CAP_SETTING = "COACHSCORE_MAX_AUDIO_HOURS"

# Less than this share of the stated length, and more than a second short, is a cut file.
_WHOLE = 0.95


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
    with _opened(path, name or path.name) as (container, stream):
        seconds = _stated_seconds(container, stream)
        if seconds is None:
            ends = (p.pts + (p.duration or 0) for p in container.demux(stream) if p.pts is not None)
            seconds = float(max(ends, default=0) * stream.time_base)
        return MediaInfo(
            seconds, stream.codec_context.channels, stream.codec_context.name, container.format.name
        )


def decode(path: Path, max_seconds: float, name: str | None = None) -> Samples:
    """Decode a recording to 16 kHz.

    Sound is resampled frame by frame, so no more than the result is held. Files with
    more than two channels become one, and two become one where they do not separate
    speakers (see `settle_channels`). A file cut short is refused where its container
    states a length; MP3 and Ogg state none, and are read as far as they go.

    Args:
        path: The file.
        max_seconds: Longest sound accepted, counted in decoded seconds.
        name: What the user calls it, for messages; the name of `path` by default.

    Returns:
        Sound in [-1, 1], shape (1 or 2, samples), at 16 kHz.

    Raises:
        MediaError: The file is empty, damaged, cut short, too long, is no accepted
            recording or holds no sound.
    """
    shown = name or path.name
    chunks: collections.deque[Samples] = collections.deque()
    total = 0
    with _opened(path, shown) as (container, stream):
        stated = _promised_seconds(path, container, stream)
        for chunk in _resampled(container, stream):
            total += chunk.shape[1]
            if total > max_seconds * SAMPLE_RATE:
                raise MediaError(_too_long(shown, max_seconds))
            chunks.append(chunk)
    seconds = total / SAMPLE_RATE
    if total == 0:
        raise MediaError(f"{shown} holds no sound that can be decoded; it may be damaged.")
    if stated is not None and seconds < min(_WHOLE * stated, stated - 1):
        raise MediaError(
            f"{shown} is cut short: it says it lasts {stated:.0f} s, but only {seconds:.0f} s "
            "can be decoded. Upload the whole file."
        )
    return settle_channels(_joined(chunks, total))


@contextlib.contextmanager
def _opened(path: Path, shown: str) -> Iterator[tuple[Any, "av.AudioStream"]]:
    """Open a recording and pick its sound; FFmpeg's errors become ours."""
    import av  # loads the FFmpeg libraries, which only decoding needs

    if not path.is_file():
        raise MediaError(f"{shown} is not there any more.")
    if path.stat().st_size == 0:
        raise MediaError(f"{shown} is empty (0 bytes).")
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


def _resampled(container: Any, stream: "av.AudioStream") -> Iterator[Samples]:
    """Yield 16 kHz sound, shape (1 or 2, samples), frame by frame."""
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
            resampler = av.AudioResampler(format="fltp", layout=layout, rate=SAMPLE_RATE)
            shape = found
        for out in resampler.resample(frame):
            yield _narrowed(out.to_ndarray())
    yield from _flushed(resampler)


def _flushed(resampler: "av.AudioResampler | None") -> Iterator[Samples]:
    """Yield what a resampler still holds."""
    for out in resampler.resample(None) if resampler else ():
        yield _narrowed(out.to_ndarray())


def _narrowed(sound: Samples) -> Samples:
    """More than two channels are one scene: their mean."""
    return sound if sound.shape[0] <= 2 else np.asarray(sound.mean(axis=0, keepdims=True))


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
        except av.error.FFmpegError:
            continue
        yield from frames


def _joined(chunks: collections.deque[Samples], total: int) -> Samples:
    """Join the chunks, giving each back as it is copied."""
    sound = np.empty((chunks[0].shape[0], total), dtype=np.float32)
    at = 0
    while chunks:
        chunk = chunks.popleft()
        sound[:, at : at + chunk.shape[1]] = chunk
        at += chunk.shape[1]
    return sound


def _too_long(shown: str, max_seconds: float) -> str:
    hours = f"{max_seconds / 3600:.3g} h"
    return (
        f"{shown} lasts longer than {hours}, the longest recording accepted. "
        f"Split it, or raise {CAP_SETTING}."
    )
