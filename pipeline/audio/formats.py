"""Which recordings are accepted, and how their first bytes look."""

from pathlib import Path

from models.errors import CoachscoreError

ACCEPTED = "mp3, m4a, wav, ogg, opus, webm, flac, mp4 or mov"

# FFmpeg compares these with the demuxer's own names ("mov,mp4,m4a,3gp,3g2,mj2",
# "matroska,webm"). Playlist demuxers (hls, concat, dash) read other files named inside
# an upload, whatever its extension says, so they must stay off this list.
OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mp3,wav,mov,mp4,m4a,ogg,matroska,webm,flac",
}

# Recorders write sizes from here on where they do not know the length.
_PLACEHOLDER = 0x7FFFF000

_STARTS = (b"ID3", b"OggS", b"fLaC", b"\x1aE\xdf\xa3")
_MOV_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}
# Second byte of an MPEG frame of layer II or III. Layer I would also match the mark
# that opens a UTF-16 text, and nobody records in it.
_MPEG_SECOND = {0xF2, 0xF3, 0xF4, 0xF5, 0xFA, 0xFB, 0xFC, 0xFD}


class MediaError(CoachscoreError):
    """A recording that cannot be decoded, with what was found and what is accepted."""

    title = "The recording cannot be read"


def looks_like_audio(data: bytes) -> bool:
    """Tell by its first bytes whether a file claims to be a recording.

    Args:
        data: The start of the file; 16 bytes are enough.

    Returns:
        True for the containers that are accepted, whatever the file is called.
    """
    if data.startswith(_STARTS):
        return True
    if data[:4] in {b"RIFF", b"RF64"}:
        return data[8:12] == b"WAVE"
    if data[4:8] in _MOV_BOXES:
        return True
    is_mpeg = len(data) > 3 and data[0] == 0xFF and data[1] in _MPEG_SECOND
    # Bit rate index 15 and sampling rate index 3 do not exist.
    return is_mpeg and data[2] >> 4 != 0xF and data[2] & 0x0C != 0x0C


def wav_promise(path: Path) -> float:
    """Tell how much longer a WAV file says it is than it is.

    FFmpeg takes the length of a WAV file from the bytes that are there, so a cut one
    looks whole to it; the header knows better.

    Args:
        path: A WAV file.

    Returns:
        Bytes by the header for each byte that is there; 1 where a recorder that could
        not go back left a placeholder.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8)[4:], "little") + 8
    return size / path.stat().st_size if 8 < size < _PLACEHOLDER else 1.0


def describe(path: Path) -> str:
    """Say in a few words what a file that did not open holds."""
    with path.open("rb") as file:
        head = file.read(512)
    if looks_like_audio(head):
        return "a recording that is damaged or cut short"
    text = not any(byte < 9 or 13 < byte < 32 for byte in head)
    return "text, such as a playlist" if text else "data of another kind"
