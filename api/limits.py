"""How much one caller may ask of the API, and the headers that say so.

Counts are kept in the memory of the process: with several, each allows as much. They guard
against a dashboard gone wild, not against an attack, which a proxy has to stop.
"""

import time
from typing import Final

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.access import Asking
from api.errors import RateLimitError
from models.conversation import Value

_SECONDS: Final = 60


class Quota(Value):
    """What a caller has left.

    Attributes:
        most: Requests in a minute.
        left: Requests that are left now.
        seconds: Until there are more.
    """

    most: int
    left: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        return {
            "RateLimit-Policy": f'"minute";q={self.most};w={_SECONDS}',
            "RateLimit": f'"minute";r={self.left};t={self.seconds}',
        }


class Limiter:
    """Counts requests by caller."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def count(self, caller: str) -> tuple[bool, Quota]:
        """Count a request; returns whether it is allowed, and what is left."""
        allowed = self._window.hit(self._item, caller)
        found = self._window.get_window_stats(self._item, caller)
        seconds = max(1, round(found.reset_time - time.time()))
        return allowed, Quota(most=self._item.amount, left=found.remaining, seconds=seconds)


async def limited(request: Request, viewer: Asking) -> None:
    """Let a request of the API through, or not; `ApiAnswers` adds the headers.

    Raises:
        RateLimitError: The caller sent too many.
    """
    nobody = viewer.person is None and viewer.token is None
    address = request.client.host if request.client else ""
    limiter: Limiter = request.app.state.limiter
    allowed, quota = limiter.count(f"nobody:{address}" if nobody else viewer.actor)
    request.state.quota = quota
    if not allowed:
        raise RateLimitError(
            f"{quota.most} requests a minute are answered. Wait {quota.seconds} seconds.",
            quota.seconds,
        )
