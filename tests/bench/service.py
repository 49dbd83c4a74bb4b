"""`make bench`: the service under many readers, a large upload, and an upload until its score.

Everything goes over HTTP on this machine to `coachscore serve` in processes of its own. The
figures are of this machine in this run: compare the ratios.
"""

import argparse
import asyncio
import base64
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import httpx
from bench import by_stage, one_hour, timed
from company import Company, make

from pipeline.service import Service
from pipeline.settings import Settings

Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_PART: Final = 8 << 20  # As the page sends them.
_COACH: Final = "Dana Reyes"


class Server(NamedTuple):
    """A running service: its address and process."""

    address: str
    pid: int


class Route(NamedTuple):
    """What is asked for in turn, and with which key."""

    name: str
    paths: tuple[str, ...]
    headers: dict[str, str]


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--managers", type=int, default=50)
    ask.add_argument("--meetings", type=int, default=5000)
    ask.add_argument("--upload-mb", type=int, default=1000)
    ask.add_argument("--clients", type=int, default=50)
    ask.add_argument("--seconds", type=float, default=10.0, help="for each route and way to ask")
    ask.add_argument("--pause", type=float, default=5.0, help="seconds between a reader's pages")
    given = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="coachscore-bench-") as folder:
        home = Path(folder)
        company = _company(home, given.managers, given.meetings)
        with serving(home) as server:
            read(server, company, given)
            took = score(server, company, home)
            upload(server, company, home, given.upload_mb)
        plain = _bare(home)
        print(f"To the score: {took / plain:.2f} times the bare stages in process ({plain:.2f} s)")


def _company(home: Path, managers: int, meetings: int) -> Company:
    service = Service.open(Settings(home=home, database_url=None))
    took, company = timed(lambda: make(service, managers, meetings))
    service.close()
    print(f"{managers} managers and {meetings} meetings, made in {took:.0f} s")
    return company


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """`coachscore serve`, once its worker is ready."""
    environment = {
        "COACHSCORE_HOME": str(home),
        "COACHSCORE_PORT": "0",
        # One caller asks here what a whole organisation asks.
        "COACHSCORE_API_REQUESTS_PER_MINUTE": "10000000",
        "PREFECT_HOME": str(home / "prefect"),
    }
    command = [sys.executable, "-m", "api.cli", "serve"]
    with (
        (home / "log").open("w") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | environment
        ) as process,
    ):
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise SystemExit((home / "log").read_text())
        try:
            while httpx.get(f"{found.group()}/ready", timeout=60).status_code != 200:
                time.sleep(0.5)
            yield Server(found.group(), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


def read(server: Server, company: Company, given: argparse.Namespace) -> None:
    """Every read route: flat out, and with pauses as people make them."""
    for title, pause in (
        (f"{given.clients} clients, each asks again at once", 0.0),
        (f"{given.clients} readers, each asks every {given.pause:g} s", given.pause),
    ):
        print(f"\n{title}\n{'route':34}{'p50 ms':>9}{'p95 ms':>9}{'per s':>8}{'p95 / health':>14}")
        health = 0.0
        for route in _routes(company):
            took, seconds = asyncio.run(
                _ask(server.address, route, given.clients, given.seconds, pause)
            )
            middle, late = statistics.median(took), statistics.quantiles(took, n=20)[-1]
            health = health or late
            figures = f"{middle * 1000:9.1f}{late * 1000:9.1f}{len(took) / seconds:8.1f}"
            print(f"{route.name:34}{figures}{late / health:14.2f}", flush=True)


def _routes(company: Company) -> list[Route]:
    vp, manager = ({"cookie": f"coachscore={key}"} for key in (company.vp_key, company.manager_key))
    token = {"authorization": f"Bearer {company.token}"}
    meetings = company.meetings
    return [
        Route("/health", ("/health",), {}),
        Route("/api/v1/meetings", ("/api/v1/meetings",), token),
        Route("/api/v1/meetings/{id}", tuple(f"/api/v1/meetings/{m}" for m in meetings), token),
        Route("/api/v1/managers", ("/api/v1/managers",), token),
        Route(
            "/api/v1/managers/{id}/scores", (f"/api/v1/managers/{company.manager}/scores",), token
        ),
        Route("/meetings/{id}", tuple(f"/meetings/{m}" for m in meetings), manager),
        Route("/managers/{id}, 12 weeks", (f"/managers/{company.manager}",), manager),
        Route("/team, 12 weeks", ("/team",), vp),
        Route("/team, 52 weeks", ("/team?weeks=52",), vp),
    ]


async def _ask(
    address: str, route: Route, clients: int, seconds: float, pause: float
) -> tuple[list[float], float]:
    """How long each answer took, and how long all of it did, in seconds."""
    took: list[float] = []
    paths, started = cycle(route.paths), time.perf_counter()

    async def one(number: int) -> None:
        async with _connection(address) as connection:
            await asyncio.sleep(pause * number / clients)
            while True:
                asked = time.perf_counter()
                await _get(connection, next(paths), route.headers)
                took.append(time.perf_counter() - asked)
                left = started + seconds - time.perf_counter()
                if left <= pause:
                    return
                await asyncio.sleep(pause and max(pause - took[-1], 0))

    async with _connection(address) as connection:
        await _get(connection, route.paths[0], route.headers)
    started = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(clients)))
    return took, time.perf_counter() - started


@asynccontextmanager
async def _connection(address: str) -> AsyncIterator[Connection]:
    """One client's connection, kept open; httpx would take longer than what is measured."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def _get(connection: Connection, path: str, headers: dict[str, str]) -> None:
    reader, writer = connection
    lines = [f"GET {path} HTTP/1.1", "host: bench", *(f"{n}: {v}" for n, v in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)\r\n", head)
    if not head.startswith(b"HTTP/1.1 200 ") or length is None:
        raise SystemExit(f"{path}: {head.decode()}")
    await reader.readexactly(int(length[1]))


def _bare(home: Path) -> float:
    """Seconds that the stages of an hour take in this process, models loaded."""
    settings = Settings(home=home / "bare")
    paths = [home / f"bare-{number}.vtt" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_text(one_hour(number), encoding="utf-8")
    _, *others = (sum(by_stage(path, settings).values()) for path in paths)
    return statistics.median(others)  # The first one loads the models.


def score(server: Server, company: Company, home: Path) -> float:
    """Seconds from the upload of an hour's transcript to its score, as its owner sees it."""
    headers = {"cookie": f"coachscore={company.manager_key}", "sec-fetch-site": "same-origin"}
    form = {"coachee": "Marcus", "held_at": "2026-03-04T09:00", "consent": "true"}
    took = []
    hours = [one_hour(number).encode() for number in range(10, 14)]
    with httpx.Client(base_url=server.address, headers=headers, timeout=120) as http:
        for hour in hours:
            started = time.perf_counter()
            files = {"files": ("hour.vtt", hour)}
            where = http.post("/upload", data=form, files=files).headers["location"]
            while (found := http.get(f"/api/v1{where}").json())["status"] != "done":
                if found["status"] == "failed":
                    raise SystemExit((home / "log").read_text())
                time.sleep(0.05)
            took.append(time.perf_counter() - started)
    whole = statistics.median(took[1:])
    said = f"{whole:.2f} s (median of 3; first {took[0]:.2f} s)"
    print(f"\nUpload of an hour's transcript to its score: {said}", flush=True)
    return whole


def upload(server: Server, company: Company, home: Path, megabytes: int) -> None:
    """A large recording over tus, beside a plain copy of the same file."""
    path = home / "noise.wav"
    _noise(path, megabytes)
    copied, _ = timed(lambda: _copy(path, home / "copy"))
    idle, peak, ended = _memory(server.pid), 0, Event()

    def look() -> None:
        nonlocal peak
        while not ended.wait(0.02):
            peak = max(peak, _memory(server.pid))

    watching = Thread(target=look)
    watching.start()
    try:
        took, _ = timed(lambda: _send(server, company, path))
    finally:
        ended.set()
        watching.join()
    print(
        f"Upload of {megabytes} MB: {took:.1f} s, {megabytes / took:.0f} MB/s, "
        f"{took / copied:.2f} times a plain copy to disk ({copied:.1f} s); server's peak memory "
        f"{(peak - idle) / 1024:.0f} MiB over idle ({idle / 1024:.0f} MiB)"
    )


def _send(server: Server, company: Company, path: Path) -> None:
    meta = {"filename": path.name, "coachee": "Ben", "held_at": "2026-03-04T09:00:00Z"}
    coded = [f"{n} {base64.b64encode(v.encode()).decode()}" for n, v in meta.items()]
    coded.append(f"consent {base64.b64encode(b'true').decode()}")
    headers = {
        "cookie": f"coachscore={company.manager_key}",
        "sec-fetch-site": "same-origin",
        "tus-resumable": "1.0.0",
    }
    with httpx.Client(base_url=server.address, headers=headers, timeout=600) as http:
        new = {"upload-length": str(path.stat().st_size), "upload-metadata": ",".join(coded)}
        where, at = http.post("/uploads", headers=new).headers["location"], 0
        with path.open("rb") as file:
            while part := file.read(_PART):
                own = {"upload-offset": str(at), "content-type": "application/offset+octet-stream"}
                http.patch(where, headers=own, content=part).raise_for_status()
                at += len(part)


def _noise(path: Path, megabytes: int) -> None:
    """Stereo noise of that size; a second of it over and over."""
    second = os.urandom(192_000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        for _ in range(megabytes * 1_000_000 // len(second)):
            file.writeframesraw(second)


def _copy(path: Path, to: Path) -> None:
    with path.open("rb") as source, to.open("wb") as target:
        shutil.copyfileobj(source, target, _PART)


def _memory(pid: int) -> int:
    """Resident KiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0])


if __name__ == "__main__":
    main()
