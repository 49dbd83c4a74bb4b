"""An organisation to measure the service with: put into the tables as it is, without a tagger.

The talks are some of the development split's, tagged by their labels; every meeting has rows
of its own, and the same numbers give the same meetings.
"""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import insert

from models.conversation import Recording, Segment, Transcript
from models.labelled import gold_tags, read_labelled
from pipeline import stages
from pipeline.jobs import AnalysisOptions
from pipeline.meetings.meetings import Meeting
from pipeline.people.credentials import SCOPES
from pipeline.service import Service
from pipeline.service_tables import MeetingRow
from pipeline.sql import now, table
from pipeline.store import STAGES, ScoreRecord
from pipeline.tables import AnalysisRow, DigestRow, RecordingRow, ScoreRow, StageResultRow
from scoring.digest import DIGEST_VERSION, digest_of
from scoring.score import ScoredConversation

DEV: Final = Path(__file__).parents[2] / "datasets" / "coachtalk" / "conversations" / "dev"
TABLES: Final = (RecordingRow, StageResultRow, AnalysisRow, ScoreRow, DigestRow, MeetingRow)
_TALKS: Final = 12
_TEAM: Final = 10
_DAYS: Final = 360
_AT_ONCE: Final = 100
_REPS: Final = ("Felix", "Noor", "Jun", "Greta", "Owen", "Sami", "Leo", "Hana")


class Company(NamedTuple):
    """Keys of a VP above everybody, of one manager and of a token, and that manager's things."""

    vp_key: str
    manager_key: str
    token: str
    manager: UUID
    meetings: tuple[UUID, ...]


class _Talk(NamedTuple):
    """A scored talk, and what the tables hold of it: results by stage, and its digest."""

    scored: ScoredConversation
    results: dict[str, str]
    digest: dict[str, Any]


def make(service: Service, managers: int, meetings: int) -> Company:
    """Add people in teams of ten under one VP, and their finished meetings of the last year."""
    top = service.people.add("vera@bench.example", "Vera", "vp")
    heads = [
        service.people.add(f"vp{n}@bench.example", f"VP {n}", "vp", top)
        for n in range(-(-managers // _TEAM))
    ]
    people = [
        service.people.add(f"m{n}@bench.example", f"Manager {n}", "manager", heads[n // _TEAM])
        for n in range(managers)
    ]
    talks = [_talk(service, path) for path in sorted(DEV.glob("*.json"))[:_TALKS]]
    ids: list[UUID] = []
    for start in range(0, meetings, _AT_ONCE):
        some = range(start, min(start + _AT_ONCE, meetings))
        made = [dict(_rows(number, people, talks)) for number in some]
        ids += [rows[MeetingRow][0]["id"] for rows in made]
        with service.database.write() as connection:
            for row in TABLES:
                connection.execute(insert(table(row)), [one for rows in made for one in rows[row]])
    return Company(
        vp_key=service.credentials.start_session(top, 24),
        manager_key=service.credentials.start_session(people[0], 24),
        token=service.credentials.make_token("bench", frozenset(SCOPES), top, 1)[1],
        manager=people[0],
        meetings=tuple(ids[::managers]),
    )


def _talk(service: Service, path: Path) -> _Talk:
    tagged = gold_tags(read_labelled(path))
    scored, talk = stages.score(tagged, None, service.settings), tagged.conversation
    transcript = Transcript(
        segments=tuple(
            Segment(index=u.index, speaker=u.speaker, text=u.text) for u in talk.utterances
        ),
        source_format="zoom-vtt",
        made_by=tagged.tagged_by,
    )
    values = zip(STAGES, (transcript, talk, tagged, scored), strict=True)
    digest = digest_of(scored)
    kept = {"version": DIGEST_VERSION, "details": digest.details.model_dump_json()}
    results = {stage: value.model_dump_json() for stage, value in values}
    return _Talk(scored, results, kept | digest.amounts.model_dump())


def _rows(
    number: int, people: list[UUID], talks: list[_Talk]
) -> Iterator[tuple[type, list[dict[str, Any]]]]:
    """One meeting with the result of every stage, as a worker would have left it."""
    place, talk, analysis_id = number % len(people), talks[number * 7 % len(talks)], uuid4()
    held = now() - timedelta(days=2 + number * 37 % _DAYS, hours=number % 8)
    made = {"sha256": _hash(number, "file"), "path": f"/bench/{number}", "created_at": held}
    recording = Recording(
        sha256=made["sha256"], name="talk.vtt", path=made["path"], medium="transcript", seconds=2400
    )
    score = _score(number, place, analysis_id, talk.scored)
    yield RecordingRow, [recording.model_dump() | {"created_at": held}]
    yield (
        StageResultRow,
        [
            {
                "recording_sha256": made["sha256"],
                "stage": stage,
                "key": _hash(number, stage),
                "input_key": _hash(number, STAGES[at - 1]) if at else None,
                "made_by": "bench 1",
                "payload": talk.results[stage],
                "created_at": held,
            }
            for at, stage in enumerate(STAGES)
        ],
    )
    yield (
        AnalysisRow,
        [
            {
                "id": analysis_id,
                "recording_sha256": made["sha256"],
                "options": AnalysisOptions().canonical(),
                "status": "done",
                "created_at": held,
                "finished_at": held,
                "score_key": score.score_key,
            }
        ],
    )
    yield ScoreRow, [score.model_dump() | {"created_at": held}]
    yield DigestRow, [{"analysis_id": analysis_id, "score_key": score.score_key, **talk.digest}]
    coachee = _REPS[number // len(people) % len(_REPS)]
    meeting = Meeting(
        id=uuid4(),
        owner_id=people[place],
        title=f"One-on-one with {coachee}",
        coachee=coachee,
        kind=None,
        held_at=held,
        consent_by=f"person:{people[place]}",
        consent_at=held,
        file_name="talk.vtt",
        file_size=40_000,
        analysis_id=analysis_id,
        visible_to_vp_at=held + timedelta(hours=24),
        **made,
    )
    yield MeetingRow, [meeting.model_dump()]


def _score(number: int, place: int, analysis_id: UUID, scored: ScoredConversation) -> ScoreRecord:
    """The talk's figures, moved a little by who coaches and by which meeting it is."""
    overall, (low, high) = scored.score.overall, scored.score.interval or (None, None)
    if overall is not None and low is not None and high is not None:
        by = place % 13 - 6 + number % 5
        overall, low, high = (min(max(n + by, 0.0), 100.0) for n in (overall, low, high))
    return ScoreRecord(
        analysis_id=analysis_id,
        score_key=_hash(number, "score"),
        recording_sha256=_hash(number, "file"),
        kind=scored.tags.kind.value,
        coach=scored.tagged.conversation.roles.coach,
        overall=overall,
        low=low,
        high=high,
        verdict=scored.score.verdict,
        rubric_name=scored.score.rubric.name,
        rubric_version=scored.score.rubric.version,
        tagger_name="bench",
        tagger_version="1",
    )


def _hash(number: int, what: str) -> str:
    return hashlib.sha256(f"{number} {what}".encode()).hexdigest()
