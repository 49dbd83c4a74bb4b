"""Bytes to text, and what bytes are when they are no text."""

import codecs
import re
from typing import Final

from charset_normalizer import from_bytes

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC: Final = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.doc, .xls)"),
    (b"{\\rtf", "a rich text document (.rtf)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"RIFF", "a sound or video file"),
    (b"OggS", "a sound or video file"),
    (b"fLaC", "a sound or video file"),
    (b"ID3", "a sound or video file"),
    (b"\xff\xfb", "a sound or video file"),
    (b"\x1aE\xdf\xa3", "a sound or video file"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
# Enough to tell an encoding by; guessing takes seconds on megabytes.
_SAMPLE: Final = 64 * 1024


class NoTextError(Exception):
    """The bytes are no text; the text of the error says what they are."""


def known_binary(data: bytes) -> str | None:
    """The kind of file that the first bytes give away, None where they do not."""
    if data[4:8] == b"ftyp":
        return "a sound or video file"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def decode(data: bytes) -> tuple[str, list[str]]:
    """Decode a text file.

    Args:
        data: The whole file.

    Returns:
        The text with line feeds for line ends and without its byte order mark, and
        remarks on a guessed encoding.

    Raises:
        NoTextError: The bytes are no text.
    """
    text, notes = _decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff"), notes


def _decode(data: bytes) -> tuple[str, list[str]]:
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    encoding = encoding or _wide_without_mark(data)
    if encoding in (None, "utf-8-sig"):
        return _decode_utf8(data)
    text = data.decode(encoding or "", errors="replace")
    if text.count("\x00") > len(text) // 100 or text.count("\ufffd") > len(text) // 10:
        raise NoTextError("binary data")
    return text, []


def _decode_utf8(data: bytes) -> tuple[str, list[str]]:
    text = data.decode("utf-8-sig", errors="replace")
    if text.count("\x00") > len(text) // 100:
        raise NoTextError("binary data")
    broken = text.count("\ufffd") - data.count("\ufffd".encode())
    if broken <= 0:
        return text, []
    foreign = sum(not c.isascii() for c in text) - broken
    if foreign > 3 * broken:
        return text, [f"Characters that cannot be read: {broken}."]
    return _guess(data)


def _guess(data: bytes) -> tuple[str, list[str]]:
    best = from_bytes(data[:_SAMPLE]).best()
    # A guess is always made for sound without a header; no text has that many controls.
    controls = len(_CONTROLS.findall(data[:_SAMPLE]))
    if best is None or controls > len(data[:_SAMPLE]) // 100:
        raise NoTextError("binary data")
    note = f"The file does not say its encoding; it was read as {best.encoding}."
    return data.decode(best.encoding, errors="replace"), [note]


def _wide_without_mark(data: bytes) -> str | None:
    """UTF-16 without its mark: text in Latin letters has a zero in every other byte."""
    even, odd = data[:_SAMPLE:2], data[1:_SAMPLE:2]
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    return None
