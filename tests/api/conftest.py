"""A small organisation with two meetings, made once and copied for every test."""

import importlib.util
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from pipeline.analysis import finish, run_stage
from pipeline.jobs import Workplace, open_job
from pipeline.meetings.meetings import Meeting
from pipeline.people.credentials import SCOPES
from pipeline.people.passwords import hash_password
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.sql import now
from pipeline.store import STAGES, ScoreRecord
from pipeline.uploads.uploads import MeetingDetails, receive, register

# Prefect reads this when it is imported: no test may write to the user's own folder.
_PREFECT_HOME = tempfile.TemporaryDirectory(prefix="coachscore-prefect-")
os.environ.setdefault("PREFECT_HOME", _PREFECT_HOME.name)

PASSWORD = "seven tall giraffes"
BROWSER = {"sec-fetch-site": "same-origin"}
TALK = "Ana: How did it go?\nBen: Well, {}.\n"


class Organisation(NamedTuple):
    """Ids by name: people, meetings, a token; and the keys of tokens and of a link."""

    ids: dict[str, UUID]
    keys: dict[str, str]


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    """The fake stages of the pipeline's tests."""
    path = Path(__file__).parents[1] / "pipeline" / "fakes.py"
    spec = importlib.util.spec_from_file_location("fakes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    real = module.scored

    def scored(of: object, kind: str | None = None) -> object:
        """Without enough evidence, for a fake has no criteria to explain a score."""
        made = real(of, kind)
        none = {"overall": None, "interval": None, "verdict": "not enough evidence"}
        return made.model_copy(update={"score": made.score.model_copy(update=none)})

    module.scored = scored
    return module


@pytest.fixture
def fake_stages(monkeypatch: pytest.MonkeyPatch, fakes: ModuleType) -> None:
    """Analyses are made of fakes, at once."""
    fakes.install(monkeypatch.setattr, lambda _: None)


def make_analysis(service: Service, meeting: Meeting) -> None:
    """What a worker does, without Prefect."""
    place = Workplace(service.settings, service.store)
    job = open_job(place, meeting.analysis_id)
    for stage in STAGES:
        run_stage(job, stage)
    finish(job)
    claim = service.work.claim("test")
    service.work.done("test", claim.analysis_id)


def add_meeting(service: Service, owner: UUID, said: str, coachee: str = "Ben") -> Meeting:
    """An uploaded meeting, still in the queue."""
    details = MeetingDetails(
        owner_id=owner,
        coachee=coachee,
        held_at=datetime(2026, 3, 4, 9, tzinfo=UTC),
        consent_by=f"person:{owner}",
    )
    stream = io.BytesIO(TALK.format(said).encode())
    return register(service, receive(stream, "talk.txt", service.settings), details)


@pytest.fixture(scope="session")
def template(
    tmp_path_factory: pytest.TempPathFactory, fakes: ModuleType
) -> tuple[Path, Organisation]:
    """Rhea leads the VP Vic, who leads Mia and Max; Uma leads Ned; Ada administers."""
    home = tmp_path_factory.mktemp("template")
    service = Service.open(Settings(home=home, database_url=None))
    hashed, ids = hash_password(PASSWORD), {}
    for name, role, above in (
        ("ada", "admin", None),
        ("rhea", "vp", None),
        ("vic", "vp", "rhea"),
        ("mia", "manager", "vic"),
        ("max", "manager", "vic"),
        ("uma", "vp", None),
        ("ned", "manager", "uma"),
    ):
        boss = None if above is None else ids[above]
        ids[name] = service.people.add(f"{name}@example.com", name.title(), role, boss)
        service.people.set_password_hash(ids[name], hashed)
    with pytest.MonkeyPatch.context() as patch:
        fakes.install(patch.setattr, lambda _: None)
        for name in ("released", "hidden"):
            meeting = add_meeting(service, ids["mia"], name)
            make_analysis(service, meeting)
            ids[name] = meeting.id
    release(service, ids["released"])
    keys = {}
    tokens = {"scores": ["read:scores"], "reader": ["read:meetings"], "full": SCOPES}
    for name, scopes in tokens.items():
        ids[name], keys[name] = service.credentials.make_token(
            name, frozenset(scopes), ids["ada"], 30
        )
    keys["link"] = service.credentials.make_link(ids["ned"], 1)
    service.close()
    return home, Organisation(ids, keys)


def release(service: Service, meeting_id: UUID) -> None:
    """Let the time pass after which those above see a meeting."""
    from sqlalchemy import update

    from pipeline.service_tables import MeetingRow

    past = now() - timedelta(seconds=1)
    mine = MeetingRow.id == meeting_id
    service.database.run(update(MeetingRow).where(mine).values(visible_to_vp_at=past))


def add_score(
    service: Service,
    owner: UUID,
    held_at: datetime,
    overall: float | None,
    kind: str = "one_on_one",
) -> UUID:
    """A meeting that is finished and visible to all above, with nothing behind its figures."""
    details = MeetingDetails(
        owner_id=owner, coachee="Ben", held_at=held_at, consent_by=f"person:{owner}"
    )
    stream = io.BytesIO(TALK.format(uuid4()).encode())
    meeting = register(service, receive(stream, "talk.txt", service.settings), details)
    claim = service.work.claim("test")
    service.work.done("test", claim.analysis_id)
    known = overall is not None
    service.store.finish_analysis(
        ScoreRecord(
            analysis_id=meeting.analysis_id,
            score_key="0" * 64,
            recording_sha256=meeting.sha256,
            kind=kind,
            coach="Ana",
            overall=overall,
            low=overall - 8 if known else None,
            high=overall + 8 if known else None,
            verdict="partly coaching" if known else "not enough evidence",
            rubric_name=f"rubric/{kind}",
            rubric_version="1",
            tagger_name="fake",
            tagger_version="1",
        )
    )
    release(service, meeting.id)
    return meeting.id


@pytest.fixture
def scored(service: Service, organisation: Organisation, fakes: ModuleType) -> Callable[..., UUID]:
    """Add a finished meeting of somebody by name: day of March 2026, score, kind."""

    def add(name: str, day: int, overall: float | None, kind: str = "one_on_one") -> UUID:
        held_at = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(days=day - 1)
        return add_score(service, organisation.ids[name], held_at, overall, kind)

    return add


@pytest.fixture
def analyse() -> Callable[[Service, Meeting], None]:
    return make_analysis


@pytest.fixture
def organisation(template: tuple[Path, Organisation]) -> Organisation:
    return template[1]


@pytest.fixture
def settings(template: tuple[Path, Organisation], tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    shutil.copytree(template[0], home)
    return Settings(home=home, database_url=None)


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    app = create_app(settings)
    yield app
    app.state.service.close()


@pytest.fixture
def service(app: FastAPI) -> Service:
    return app.state.service


@pytest.fixture
def client_of(app: FastAPI, organisation: Organisation) -> Callable[[str], TestClient]:
    """A browser or program: of "nobody", of a person by name, or with a token by name."""

    def make(who: str = "nobody") -> TestClient:
        if who in organisation.keys:
            bearer = {"authorization": f"Bearer {organisation.keys[who]}"}
            return TestClient(app, headers=bearer, follow_redirects=False)
        client = TestClient(app, headers=BROWSER, follow_redirects=False)
        if who != "nobody":
            credentials = app.state.service.credentials
            client.cookies.set("coachscore", credentials.start_session(organisation.ids[who], 1))
        return client

    return make
