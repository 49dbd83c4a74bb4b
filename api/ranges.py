"""Sending a stored file: the whole of it, or the one range of bytes that is asked for.

By RFC 9110, section 14: of several ranges, or of one that cannot be read, the whole file is
sent, as a server may.
"""

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import NamedTuple

from fastapi import Request, Response
from fastapi.responses import StreamingResponse


class Content(NamedTuple):
    """A file that can be read from any byte on.

    Attributes:
        size: In bytes.
        sha256: Its content hash, which is its entity tag.
        media_type: What it is.
        read: Gives the bytes from a start up to a stop, in pieces.
    """

    size: int
    sha256: str
    media_type: str
    read: Callable[[int, int], Iterator[bytes]]


def send_range(request: Request, content: Content) -> Response:
    """Answer a GET with a file, or a part of it."""
    tag = f'"{content.sha256}"'
    headers = {"Accept-Ranges": "bytes", "ETag": tag}
    start, stop = 0, content.size
    asked = request.headers.get("range")
    # Who has a part of another file begins anew.
    found = _range(asked, content.size) if asked and _same(request, tag) else None
    status = HTTPStatus.OK
    if found is not None:
        start, stop = found
        if start >= stop:
            headers["Content-Range"] = f"bytes */{content.size}"
            return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size}"
    headers["Content-Length"] = str(stop - start)
    pieces = content.read(start, stop)
    return StreamingResponse(pieces, status, headers, media_type=content.media_type)


def _same(request: Request, tag: str) -> bool:
    return request.headers.get("if-range", tag) == tag


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """From which byte up to which, or None to send everything; an empty range holds nothing."""
    found = re.fullmatch(r"\s*bytes\s*=\s*(\d*)-(\d*)\s*", asked, re.ASCII)
    if found is None or found.group(1) == found.group(2) == "":
        return None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size if int(last) else 0
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size
