"""A fictional organisation to try the service with: a VP, three managers, twelve weeks.

It lives in a folder of its own, so that it never mixes with an organisation's data. The
meetings are invented conversations, uploaded as any other, and the worker analyses them at
the first start; a later start finds all of it done.
"""

import io
import json
import secrets
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import update

from models.conversation import Value
from models.labels import Kind
from pipeline.people.passwords import hash_password
from pipeline.people.people import PersonRole
from pipeline.service import Service
from pipeline.service_tables import MeetingRow
from pipeline.settings import Settings
from pipeline.sql import now
from pipeline.uploads.uploads import MeetingDetails, receive, register


class SignIns(Value):
    """Who can sign in to the demo, as pairs of a name with the role and an address."""

    people: tuple[tuple[str, str], ...]
    password: str


class _Held(NamedTuple):
    """One meeting: days before the demo is made, with whom, its kind, minutes, conversation."""

    days: float
    coachee: str
    kind: Kind
    minutes: int
    talk: str


_DOMAIN: Final = "demo.example"
# The admin comes last: once there is one, everything else is there too.
_ADMIN: Final = "Ada Park"
_VP: Final = "Vera Quist"
_MANAGERS: Final = ("Mara Holt", "Tom Reyes", "Ines Auer")

# Mara learns to coach, Tom goes through deals, Ines has just begun, and Vera coaches all three.
_MEETINGS: Final[dict[str, tuple[_Held, ...]]] = {
    "Mara Holt": (
        _Held(82, "Felix", "one_on_one", 38, "a11-05"),
        _Held(76, "Noor", "ride_along", 52, "a06-06"),
        _Held(69, "Jun", "one_on_one", 41, "a11-08"),
        _Held(62, "Felix", "one_on_one", 44, "a11-06"),
        _Held(55, "Noor", "deal_review", 35, "a06-14"),
        _Held(48, "Jun", "ride_along", 48, "a11-04"),
        _Held(41, "Felix", "one_on_one", 46, "a06-16"),
        _Held(34, "Noor", "one_on_one", 51, "a06-07"),
        _Held(27, "Jun", "deal_review", 37, "a11-11"),
        _Held(20, "Felix", "one_on_one", 55, "a06-08"),
        _Held(13, "Noor", "ride_along", 58, "a11-09"),
        _Held(7, "Jun", "one_on_one", 57, "a06-10"),
        _Held(3, "Felix", "one_on_one", 54, "a06-15"),
    ),
    "Tom Reyes": (
        _Held(81, "Greta", "deal_review", 28, "a06-01"),
        _Held(74, "Owen", "one_on_one", 22, "a11-07"),
        _Held(67, "Sami", "deal_review", 26, "a11-10"),
        _Held(60, "Greta", "deal_review", 31, "a06-02"),
        _Held(46, "Owen", "ride_along", 45, "a06-13"),
        _Held(39, "Sami", "one_on_one", 29, "a11-15"),
        _Held(32, "Greta", "deal_review", 27, "a11-01"),
        _Held(25, "Owen", "ride_along", 40, "a06-09"),
        _Held(18, "Sami", "performance_review", 43, "a11-16"),
        _Held(11, "Greta", "performance_review", 36, "a06-11"),
        _Held(4, "Owen", "ride_along", 47, "a11-13"),
    ),
    "Ines Auer": (
        _Held(26, "Leo", "deal_review", 42, "a06-04"),
        _Held(12, "Hana", "deal_review", 49, "a11-12"),
        _Held(0.2, "Leo", "deal_review", 39, "a11-14"),
    ),
    _VP: (
        _Held(78, "Tom Reyes", "coach_the_coach", 44, "a06-03"),
        _Held(64, "Mara Holt", "coach_the_coach", 38, "a06-12"),
        _Held(43, "Tom Reyes", "coach_the_coach", 40, "a06-17"),
        _Held(29, "Mara Holt", "coach_the_coach", 47, "a11-02"),
        _Held(15, "Ines Auer", "coach_the_coach", 52, "a11-17"),
        _Held(5, "Mara Holt", "coach_the_coach", 50, "a11-03"),
    ),
}


def demo_settings(settings: Settings) -> Settings:
    """The same settings for the demo's own folder and its own SQLite database.

    Unless somebody asked for a level, the log has warnings only: the worker's lines about all
    those meetings would push off the terminal how to sign in.
    """
    own = {"home": settings.home / "demo", "database_url": None, "s3_bucket": None}
    quiet = {} if "log_level" in settings.model_fields_set else {"log_level": "warning"}
    return settings.model_copy(update=own | quiet)


def prepare(service: Service) -> SignIns:
    """Make the organisation where it is not there yet, and give everybody a new password.

    Args:
        service: Opened with `demo_settings`.
    """
    if service.people.by_email(_address(_ADMIN)) is None:
        _make(service)
    # A new one at each start: no password is known before somebody starts the demo.
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    hashed, shown = hash_password(password), []
    for role, name in (("VP", _VP), *(("manager", m) for m in _MANAGERS), ("admin", _ADMIN)):
        person = service.people.by_email(_address(name))
        if person is not None:
            service.people.set_password_hash(person.id, hashed)
            shown.append((f"{name}, {role}", _address(name)))
    return SignIns(people=tuple(shown), password=password)


def _make(service: Service) -> None:
    vp = _person(service, _VP, "vp", None)
    ids = {_VP: vp} | {name: _person(service, name, "manager", vp) for name in _MANAGERS}
    moment = now()
    for name, meetings in _MEETINGS.items():
        for held in meetings:
            _upload(service, ids[name], name, held, moment)
    _person(service, _ADMIN, "admin", None)


def _person(service: Service, name: str, role: PersonRole, above: UUID | None) -> UUID:
    known = service.people.by_email(_address(name))
    return known.id if known else service.people.add(_address(name), name, role, above)


def _upload(service: Service, owner: UUID, name: str, held: _Held, moment: datetime) -> None:
    """Upload one meeting as if it had been on the day when it was held."""
    at = moment - timedelta(days=held.days)
    details = MeetingDetails(
        owner_id=owner,
        coachee=held.coachee,
        held_at=at,
        consent_by=f"person:{owner}",
        kind=held.kind,
    )
    stream = io.BytesIO(_captions(held, name.split(maxsplit=1)[0]).encode())
    meeting = register(service, receive(stream, f"{held.talk}.vtt", service.settings), details)
    uploaded = at + timedelta(hours=1)
    visible = uploaded + timedelta(hours=service.settings.vp_delay_hours)
    moved = {"created_at": uploaded, "consent_at": uploaded, "visible_to_vp_at": visible}
    mine = MeetingRow.id == meeting.id
    service.database.run(update(MeetingRow).where(mine).values(**moved))


def _captions(held: _Held, coach: str) -> str:
    """The conversation as WebVTT, its words spread evenly over the minutes."""
    names = {"coach": coach, "coachee": held.coachee.split()[0]}
    lines = _conversations()[held.talk]
    each = held.minutes * 60 / sum(len(text.split()) for _, text in lines)
    cues, at = ["WEBVTT"], 0.0
    for role, text in lines:
        end = at + each * len(text.split())
        said = text.replace("{coach}", names["coach"]).replace("{coachee}", names["coachee"])
        cues.append(f"{_clock(at)} --> {_clock(end)}\n<v {names[role]}>{said}</v>")
        at = end
    return "\n\n".join(cues) + "\n"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return (
        f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{int(seconds % 1 * 1000):03d}"
    )


@cache
def _conversations() -> dict[str, list[tuple[str, str]]]:
    file = resources.files("pipeline") / "demo_meetings" / "conversations.json"
    found: dict[str, list[tuple[str, str]]] = json.loads(file.read_text("utf-8"))["conversations"]
    return found


def _address(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@{_DOMAIN}"
