"""Sending webhooks: signed after the Standard Webhooks scheme, never into the own network.

https://github.com/standard-webhooks/standard-webhooks says what is signed and how.
"""

import base64
import hashlib
import hmac
import ipaddress
import logging
import socket
import ssl
from collections.abc import Iterable
from contextlib import closing
from threading import Event as Signal
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from models.errors import CoachscoreError
from pipeline.sql import now
from pipeline.webhooks.webhooks import Delivery, Webhooks

_log = logging.getLogger(__name__)
_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 1.0
_GONE: Final = 410
_MOST_URL: Final = 2000
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - What every secret begins with.


class WebhookError(CoachscoreError):
    """An address to which nothing is sent."""

    title = "This address cannot be a webhook"


class Sender:
    """Sends what is due."""

    def __init__(self, webhooks: Webhooks, *, private: bool) -> None:
        """Prepare to send.

        Args:
            webhooks: What is to be sent.
            private: Whether addresses of the own network, and http, are allowed.
        """
        self._webhooks, self._private = webhooks, private
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            network_backend=PublicNetwork(private=private),
            max_keepalive_connections=0,
        )

    def step(self) -> bool:
        """Send what is due the longest; returns whether there was anything."""
        delivery = self._webhooks.take()
        if delivery is None:
            return False
        webhook = self._webhooks.get(delivery.webhook_id)
        try:
            check_url(webhook.url, private=self._private)
            status = self._send(webhook.url, delivery)
        except (CoachscoreError, httpcore.TimeoutException, httpcore.NetworkError) as error:
            said = getattr(error, "message", "") or str(error) or type(error).__name__
            self._webhooks.missed(delivery, None, said)
            return True
        except (httpcore.ProtocolError, ValueError) as error:
            self._webhooks.missed(delivery, None, f"It does not speak HTTP: {error}")
            return True
        if 200 <= status < 300:
            self._webhooks.arrived(delivery, status)
            return True
        self._webhooks.missed(delivery, status, f"The receiver answered {status}.")
        if status == _GONE:
            self._webhooks.disable(webhook.id)
        return True

    def run(self, stopped: Signal) -> None:
        """Send until a signal comes; what goes wrong with one stops no other."""
        with closing(self._pool):
            while not stopped.is_set():
                try:
                    busy = self.step()
                except Exception:
                    _log.exception("a webhook could not be sent")
                    busy = False
                if not busy:
                    stopped.wait(_POLL_SECONDS)

    def _send(self, url: str, delivery: Delivery) -> int:
        body = delivery.payload.encode()
        secret = self._webhooks.secret(delivery.webhook_id)
        proof = signed(delivery.message_id, int(now().timestamp()), body, secret)
        headers = [("Content-Type", "application/json"), ("User-Agent", "Coachscore")]
        headers += proof.items()
        limits = dict.fromkeys(("connect", "read", "write", "pool"), _SECONDS)
        # A redirect is not followed, and no answer is read: only its status counts.
        with self._pool.stream(
            "POST", url, headers=headers, content=body, extensions={"timeout": limits}
        ) as answer:
            return answer.status


class PublicNetwork(httpcore.SyncBackend):
    """Connects to the address that was checked, whatever a name resolves to next."""

    def __init__(self, *, private: bool) -> None:
        self._private = private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host.

        Raises:
            WebhookError: It has no address, or one of the own network.
        """
        address = resolve(host, port, private=self._private)
        return super().connect_tcp(address, port, timeout, local_address, socket_options)


def resolve(host: str, port: int, *, private: bool) -> str:
    """An address of a host; where one of them is of the own network, none of them counts.

    Raises:
        WebhookError: It has no address, or one of the own network.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise WebhookError(f"{host} has no address.") from error
    addresses = [str(one[4][0]) for one in found]
    if not private and not all(_public(address) for address in addresses):
        raise WebhookError(
            f"{host} is in a private network. COACHSCORE_WEBHOOK_PRIVATE allows such addresses."
        )
    return addresses[0]


def check_url(url: str, *, private: bool) -> None:
    """Refuse what no webhook can be; names are looked up when something is sent.

    Raises:
        WebhookError: It is no https address, or one of the own network.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise WebhookError(f"{url} is no address.") from error
    if not host or not url.isascii() or not url.isprintable() or len(url) > _MOST_URL:
        raise WebhookError(f"{url} is no address.")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise WebhookError("It must begin with https://, or events would travel unencrypted.")
    if parts.username is not None or parts.fragment:
        raise WebhookError("It must hold no password and no fragment (#…).")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    resolve(str(literal), 443, private=private)


def signed(message: str, timestamp: int, body: bytes, secret: str) -> dict[str, str]:
    """The headers that prove where a message is from.

    Args:
        message: Its id.
        timestamp: Seconds since 1970, against messages that are sent again by others.
        body: As it is sent.
        secret: `whsec_` and the key in base64.
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    content = f"{message}.{timestamp}.".encode() + body
    digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{digest}",
    }


def _public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    # An IPv6 address that stands for an IPv4 one is judged as that.
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    if found in _NAT64:
        inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved
