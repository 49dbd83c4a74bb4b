"""A small organisation, `coachscore serve` on each database, and Debian's Chromium to use it."""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from models.labelled import gold_tags, read_labelled
from pipeline import stages
from pipeline.analysis import finish, run_stage
from pipeline.jobs import Workplace, open_job
from pipeline.meetings.meetings import Meeting
from pipeline.people.passwords import hash_password
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.sql import now
from pipeline.store import STAGES
from pipeline.uploads.uploads import MeetingDetails, receive, register

ROOT = Path(__file__).parents[2]
TALKS = ROOT / "datasets" / "coachtalk" / "conversations" / "train"
PASSWORD = "seven tall giraffes"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
# Generous, for machines that are busy with other work; nothing waits longer than it must.
PATIENCE = 60_000

expect.set_options(timeout=PATIENCE)


class Site(NamedTuple):
    """A running service: its address, ids and session keys by name, and Nora's first link."""

    address: str
    ids: dict[str, UUID]
    sessions: dict[str, str]
    link: str


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("COACHSCORE_TEST_CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium, or name it COACHSCORE_TEST_CHROMIUM")
    # Not for the whole session: its event loop runs in this thread and would disturb others.
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=FLAGS)


@pytest.fixture
def browse(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a browser of its own: `browse("mia")` is signed in, `browse()` is not.

    Other keywords are those of Playwright's `new_context`. In the end, no page may have broken
    the Content-Security-Policy, asked another host, or met an error in a script.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: wrong.append(m.text) if "Security Policy" in m.text else None)
        page.on("request", lambda request: foreign(request.url))

    def foreign(address: str) -> None:
        if urlsplit(address).netloc not in ("", urlsplit(site.address).netloc):
            wrong.append(f"asked {address}")

    def open_browser(who: str | None = None, **options: object) -> Page:
        context = chromium.new_context(base_url=site.address, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE)
        context.on("page", watch)
        contexts.append(context)
        if who is not None:
            key = site.sessions[who]
            context.add_cookies([{"name": "coachscore", "value": key, "url": site.address}])
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """`coachscore serve` with the shipped models, on each database."""
    home = tmp_path_factory.mktemp("home")
    with database(request, home) as url:
        settings = Settings(home=home, database_url=url)
        with closing(Service.open(settings)) as service:
            ids, sessions, link = seed(service)
        with serving(home, url) as address:
            yield Site(address, ids, sessions, f"{address}/link/{link}")


@contextmanager
def database(request: pytest.FixtureRequest, home: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{home / 'coachscore.db'}"
        return
    empty = request.getfixturevalue("empty_postgres")
    with empty() as url:
        yield url


@contextmanager
def serving(home: Path, url: str) -> Iterator[str]:
    """Its address, from the start to a clean stop."""
    environment = {
        "COACHSCORE_HOME": str(home),
        "COACHSCORE_DATABASE_URL": url,
        "COACHSCORE_PORT": "0",
        "OMP_NUM_THREADS": "1",
        "PREFECT_HOME": str(home / "prefect"),
        "PYTHONPATH": str(ROOT),
    }
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=home,
            env=os.environ | environment,
        ) as process,
    ):
        try:
            yield re.search(r"http://\S+", process.stdout.readline()).group()
        finally:
            process.terminate()
            process.wait(60)
        errors.seek(0)
        assert "Traceback" not in errors.read().decode()


class Seen(NamedTuple):
    """A meeting of Mia's: its conversation, days ago, and whether those above see it."""

    name: str
    talk: str
    days: float
    shared: bool = True


MEETINGS = (
    Seen("first", "a01-05", 40),
    Seen("deal", "a02-03", 26),
    Seen("ride", "a01-03", 19),
    Seen("latest", "a03-02", 5),
    Seen("hidden", "a02-04", 0.1, shared=False),
)


PEOPLE = {"ada": "admin", "vic": "vp", "mia": "manager", "max": "manager", "nora": "manager"}


def seed(service: Service) -> tuple[dict[str, UUID], dict[str, str], str]:
    """Vic leads Mia, who coached a lot, and Max and Nora, who have no meetings; Ada administers."""
    hashed, ids = hash_password(PASSWORD), {}
    for name, role in PEOPLE.items():
        boss = ids["vic"] if role == "manager" else None
        ids[name] = service.people.add(f"{name}@example.com", name.title(), role, boss)
        if name != "nora":
            service.people.set_password_hash(ids[name], hashed)
    for one in MEETINGS:
        ids[one.name] = analysed(service, ids["mia"], one)
    ids["failed"] = failed(service, ids["mia"])
    ids["waiting"] = held_back(service, ids["mia"])
    service.credentials.make_token("Dashboard", frozenset({"read:meetings"}), ids["ada"], 30)
    start = service.credentials.start_session
    sessions = {name: start(ids[name], 2) for name in ("ada", "vic", "mia", "max")}
    return ids, sessions, service.credentials.make_link(ids["nora"], 2)


def uploaded(service: Service, owner: UUID, name: str, content: bytes, days: float) -> Meeting:
    held_at = now() - timedelta(days=days)
    details = MeetingDetails(
        owner_id=owner, coachee="Ben", held_at=held_at, consent_by=f"person:{owner}"
    )
    return register(service, receive(io.BytesIO(content), name, service.settings), details)


def analysed(service: Service, owner: UUID, one: Seen) -> UUID:
    """A meeting with its labels as tags: what a page shows does not wait for a tagger."""
    path = TALKS / f"{one.talk}.json"
    meeting = uploaded(service, owner, f"{one.name}.json", path.read_bytes(), one.days)
    place = Workplace(service.settings, service.store)
    item = read_labelled(path)

    def tag(talk: object) -> object:
        return gold_tags(item.model_copy(update={"conversation": talk}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "tag", tag)
        job = open_job(place, meeting.analysis_id)
        for stage in STAGES:
            run_stage(job, stage)
        finish(job)
    service.work.done("tests", service.work.claim("tests").analysis_id)
    if one.shared:
        set_meeting(service, meeting.id, visible_to_vp_at=now() - timedelta(seconds=1))
    return meeting.id


def failed(service: Service, owner: UUID) -> UUID:
    meeting = uploaded(service, owner, "broken.txt", b"Ana: Hello.\nBen: Hi.\n", 2)
    service.store.fail_analysis(meeting.analysis_id, "Nothing to hear", "Record it again, louder.")
    service.work.done("tests", service.work.claim("tests").analysis_id)
    return meeting.id


def held_back(service: Service, owner: UUID) -> UUID:
    """A meeting that is in work for as long as the tests run."""
    from sqlalchemy import update

    from pipeline.service_tables import WorkRow

    meeting = uploaded(service, owner, "slow.txt", b"Ana: How are you?\nBen: Fine.\n", 1)
    claim = service.work.claim("tests")
    service.store.start_stage(claim.analysis_id, "tag")
    service.store.tell_progress(claim.analysis_id, 0.4, 60.0)
    mine = WorkRow.analysis_id == claim.analysis_id
    until: datetime = now() + timedelta(days=1)
    service.database.run(update(WorkRow).where(mine).values(lease_until=until))
    return meeting.id


def set_meeting(service: Service, meeting_id: UUID, **values: object) -> None:
    from sqlalchemy import update

    from pipeline.service_tables import MeetingRow

    service.database.run(update(MeetingRow).where(MeetingRow.id == meeting_id).values(**values))
