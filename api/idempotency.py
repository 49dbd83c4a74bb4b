"""The header Idempotency-Key on routes that make something."""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response

from api.access import Asking, Served
from pipeline.idempotency import Answer

Made = tuple[int, str, UUID | None]


class Once:
    """Answers a request once, and gives the same answer whenever it is sent again."""

    def __init__(
        self,
        request: Request,
        viewer: Asking,
        service: Served,
        idempotency_key: Annotated[
            str | None,
            Header(
                min_length=1,
                max_length=255,
                pattern=r"^[!-~]+$",
                description="Any text of your own, such as a UUID. The same request under the "
                "same key is answered alike for a day and makes nothing twice.",
            ),
        ] = None,
    ) -> None:
        self._kept, self._key, self._caller = service.idempotency, idempotency_key, viewer.actor
        self._path = request.url.path

    def answer(self, said: dict[str, Any], make: Callable[[], Made]) -> Response:
        """The answer to a request.

        Args:
            said: Everything that the request says, as plain values.
            make: Makes what is asked for; returns status, JSON, and the meeting it is about.

        Raises:
            KeyUsedError: The key belongs to a request that said something else.
            KeyInUseError: The same request is being answered at this moment.
        """
        if self._key is None:
            status, body, _ = make()
            return _json(status, body)
        text = json.dumps([self._path, said], sort_keys=True, default=str)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        before = self._kept.enter(self._caller, self._key, fingerprint)
        if before is not None:
            return _json(before.status, before.body)
        try:
            status, body, meeting_id = make()
        except BaseException:
            self._kept.forget(self._caller, self._key)
            raise
        self._kept.leave(self._caller, self._key, Answer(status=status, body=body), meeting_id)
        return _json(status, body)


OnlyOnce = Annotated[Once, Depends()]


def _json(status: int, body: str) -> Response:
    return Response(body, status, media_type="application/json")
