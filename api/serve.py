"""Runs the service: the app under uvicorn, and a worker beside it, until a signal comes."""

import logging
import signal
import socket
import tempfile
from collections.abc import Callable
from threading import Thread
from typing import NoReturn

import uvicorn

from api import charts
from api.app import create_app
from api.security import is_loopback
from models.errors import CoachscoreError
from pipeline.audio.stand_in import refuse_stand_in
from pipeline.demo import SignIns, demo_settings, prepare
from pipeline.logs import configure
from pipeline.queue.supervisor import Supervisor
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.storage.storage import StorageError


class ServeError(CoachscoreError):
    """The service cannot be started like that."""

    title = "The service cannot be started"


def serve(settings: Settings, say: Callable[[str], None], *, demo: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        settings: Where to listen, and everything else.
        say: Tells the user where the service is, and how to sign in first.
        demo: Whether to serve the fictional organisation, from a folder of its own.

    Raises:
        ServeError: The settings are unsafe, or the port is taken.
        StandInError: Recordings would be heard by the test recogniser.
        CoachscoreError: The database or the secret cannot be used.
    """
    check_binding(settings)
    refuse_stand_in(settings.whisper_model)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # After uvicorn, which ends first, gave it back.
    settings = demo_settings(settings) if demo else settings
    app = create_app(settings)
    # A form's files are spooled while they arrive: to the same disk, not to a small /tmp.
    settings.upload_dir.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(settings.upload_dir)
    configure(settings)
    # An error in a request is told with the request, by `api.watch`.
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.exc_info is None)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        # Longer than proxies keep theirs: one that asks on a connection just closed answers 502.
        timeout_keep_alive=75,
    )
    with _listening(settings) as listener, Supervisor(settings):
        address = settings.public_url or f"http://{_where(settings, listener)}"
        say(f"Coachscore is at {address}")
        service: Service = app.state.service
        _check_storage(service, say)
        say(_demo(prepare(service)) if demo else _first_admin(service, address))
        Thread(target=charts.warm, name="charts", daemon=True).start()
        server = uvicorn.Server(config)
        app.state.leaving = lambda: server.should_exit  # Ends what is sent live.
        server.run(sockets=[listener])


def check_binding(settings: Settings) -> None:
    """Refuse to send passwords and conversations in the clear.

    Raises:
        ServeError: Others can reach the service, but nothing says that they do so over TLS.
    """
    if is_loopback(settings.host) or (settings.public_url or "").startswith("https://"):
        return
    raise ServeError(
        f"COACHSCORE_HOST is {settings.host}, so that other machines can connect, and passwords "
        "would travel unencrypted. Put a proxy with TLS in front and give its address as "
        "COACHSCORE_PUBLIC_URL=https://…, or listen on 127.0.0.1."
    )


def _check_storage(service: Service, say: Callable[[str], None]) -> None:
    """Tell of a bucket that cannot be used; pages are of use without it."""
    try:
        service.files.check()
    except StorageError as error:
        say(f"{error}\nUntil then, nobody can upload or listen to recordings.")


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()  # Who follows the link at once waits, and is not turned away.
    except OSError as error:
        listener.close()
        raise ServeError(
            f"{settings.host}:{settings.port} cannot be used: {error.strerror}. "
            "COACHSCORE_PORT takes another port, 0 any free one."
        ) from error
    return listener


def _where(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{listener.getsockname()[1]}"


def _first_admin(service: Service, address: str) -> str:
    if service.people.has_admin():
        return "Stop it with Ctrl-C."
    key = service.credentials.make_link(None, service.settings.link_hours)
    return (
        "Nobody administers it yet. This link makes the first admin. It works once, "
        f"for {service.settings.link_hours:g} hours:\n  {address}/link/{key}"
    )


def _demo(sign_ins: SignIns) -> str:
    people = "\n".join(f"  {address}  {who}" for who, address in sign_ins.people)
    return (
        "This is a fictional organisation. At its first start, a worker analyses its meetings "
        "for a minute or so.\n"
        f"{people}\nEverybody's password until the next start: {sign_ins.password}\n"
        "Stop it with Ctrl-C."
    )


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
