"""`coachscore serve` as a user meets it: started, used, killed, started again, stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.serve import ServeError, check_binding, serve
from pipeline.presenting import sample_files
from pipeline.settings import Settings

PASSWORDS = {"password": "four green frogs", "again": "four green frogs"}
FORM = {"coachee": "Elena", "held_at": "2026-03-04T09:00", "consent": "true"}
ADA = {"name": "Ada", "email": "ada@example.com"}


class Running:
    """A service in processes of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said = process.stdout.readline()
        self.address = re.search(r"http://\S+", self.said).group()

    def browser(self) -> httpx.Client:
        headers = {"sec-fetch-site": "same-origin"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=30)

    def stop(self, number: int) -> tuple[int, str]:
        """Its exit code and what it wrote on standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


@contextmanager
def running(home: Path) -> Iterator[Running]:
    environment = {
        "COACHSCORE_HOME": str(home),
        "COACHSCORE_PORT": "0",
        "OMP_NUM_THREADS": "1",
        "PREFECT_HOME": str(home / "prefect"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env=os.environ | environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        yield Running(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_for(check: Callable[[], object], seconds: float = 120) -> object:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.3)
    raise AssertionError("waited in vain")


def worker_of(parent: int) -> int | None:
    """The worker's process id, which is the only child that uses multiprocessing's spawn."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    threads = Path(f"/proc/{parent}/task").iterdir()
    children += [c for t in threads for c in (t / "children").read_text().split()]
    for child in children:
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    return None


def test_from_the_first_start_to_a_score(tmp_path: Path) -> None:
    sample = sample_files()[0]
    with running(tmp_path) as service, service.browser() as browser:
        assert "first admin" in service.process.stdout.readline()
        link = re.search(r"/link/\S+", service.process.stdout.readline()).group()
        assert browser.post(link, data=PASSWORDS | ADA).status_code == 303
        with sample.open("rb") as file:
            sent = browser.post("/upload", data=FORM, files={"files": (sample.name, file)})
        meeting, cookies = sent.headers["location"], browser.cookies
        # A worker that dies, as for want of memory, is followed by another one.
        first = wait_for(lambda: worker_of(service.process.pid))
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: worker_of(service.process.pid) not in (None, first))
        code, errors = service.stop(signal.SIGTERM)
        assert (code, "Traceback" in errors) == (0, False), errors
    with running(tmp_path) as service, service.browser() as browser:
        browser.cookies = cookies
        assert service.process.stdout.readline() == "Stop it with Ctrl-C.\n"
        wait_for(lambda: "The one thing to try next" in browser.get(meeting).text)
        (listed,) = browser.get("/api/v1/meetings").json()["items"]
        assert 0 <= listed["low"] < listed["overall"] < listed["high"] <= 100
        code, errors = service.stop(signal.SIGINT)
        assert (code, "Traceback" in errors) == (0, False), errors


def test_an_open_address_needs_tls() -> None:
    with pytest.raises(ServeError, match="unencrypted"):
        check_binding(Settings(host="0.0.0.0"))
    with pytest.raises(ServeError, match="unencrypted"):
        check_binding(Settings(host="coach", public_url="http://coach"))
    for host in ("127.0.0.1", "::1", "localhost"):
        check_binding(Settings(host=host))
    check_binding(Settings(host="0.0.0.0", public_url="https://coach.example"))


def test_a_port_that_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(home=tmp_path, database_url=None, port=taken.getsockname()[1])
        with pytest.raises(ServeError, match="COACHSCORE_PORT"):
            serve(settings, print)


def test_help_is_light() -> None:
    code = "import sys, api.cli; print([m for m in ('fastapi', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
