"""Meetings that people uploaded, as those who may see them see them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.exc import IntegrityError

from models.conversation import Value
from models.labels import Kind
from pipeline.coaching.trends import ScorePoint
from pipeline.meetings.meeting_filters import MeetingFilter, matching
from pipeline.meetings.paging import Cursor, Page, after, page_of
from pipeline.people.policy import Reach
from pipeline.reading import Reader
from pipeline.service_tables import MeetingRow, PersonRow, WorkRow
from pipeline.sql import Database, NotStoredError, columns, now
from pipeline.store import Stage, Status
from pipeline.tables import AnalysisRow, ScoreRow

_DELETED: Final = "The meeting was deleted while it was being added. Upload the file again."


class Meeting(Value):
    """One conversation that somebody uploaded.

    Attributes:
        id: Made when it was uploaded.
        owner_id: The person who coaches in it.
        title: What it is called.
        coachee: With whom it was.
        kind: Kind of meeting as the owner gave it, None to tell it from the text.
        held_at: When it took place, in UTC.
        consent_by: Who confirmed that everybody in it agreed, as in the audit log.
        consent_at: When they confirmed it.
        file_name: The file's name as its owner knows it.
        file_size: In bytes.
        sha256: Content hash; one owner has no two meetings with the same one.
        path: Where the file is kept, its location to `pipeline.storage`.
        analysis_id: The analysis that it is shown by.
        created_at: When it was uploaded.
        visible_to_vp_at: From when those above the owner see it.
    """

    id: UUID
    owner_id: UUID
    title: str = Field(max_length=200)
    coachee: str = Field(max_length=200)
    kind: Kind | None
    held_at: datetime
    consent_by: str
    consent_at: datetime
    file_name: str
    file_size: int
    sha256: str
    path: str
    analysis_id: UUID
    created_at: datetime
    visible_to_vp_at: datetime


class MeetingView(Value):
    """A meeting with what has become of it.

    Attributes:
        meeting: The meeting.
        owner_name: Name of the person who coaches in it.
        status: How far its analysis got.
        stage: What is being done.
        share: Share of the whole analysis that is done, 0 to 1.
        seconds_left: How long it will still take, None unless it is running.
        error_title: Why the analysis failed.
        error_message: What was found and what to do about it.
        verdict: In words, None before the end.
        scored_kind: Kind of meeting that it was scored as.
        overall: 0 to 100, None before the end and without enough evidence.
        low: Lower bound of the 90 % interval.
        high: Upper bound of the 90 % interval.
    """

    meeting: Meeting
    owner_name: str
    status: Status
    stage: Stage | None
    share: float | None
    seconds_left: float | None
    error_title: str | None
    error_message: str | None
    verdict: str | None
    scored_kind: Kind | None
    overall: float | None
    low: float | None
    high: float | None


class Meetings:
    """Every meeting."""

    def __init__(self, database: Database) -> None:
        self._database = database
        own: tuple[Any, ...] = (
            MeetingRow.id.label("meeting_id"),
            MeetingRow.owner_id,
            MeetingRow.held_at,
        )
        figures = (getattr(ScoreRow, n) for n in ("kind", "verdict", "overall", "low", "high"))
        self._points = Reader(database, (*own, *figures), ScorePoint.model_validate)

    def add(self, meeting: Meeting) -> Meeting:
        """Keep a meeting; where its owner has one with the same file, that one is given back.

        Raises:
            NotStoredError: Its owner, its recording or that other one was deleted meanwhile.
        """
        statement = self._database.insert(MeetingRow).values(**meeting.model_dump())
        try:
            self._database.run(statement.on_conflict_do_nothing())
        except IntegrityError as error:
            raise NotStoredError(_DELETED) from error
        found = self.same_file(meeting.owner_id, meeting.sha256)
        if found is None:
            raise NotStoredError(_DELETED)
        return found

    def same_file(self, owner_id: UUID, sha256: str) -> Meeting | None:
        """The meeting that an owner has with a file of that content."""
        mine = (MeetingRow.owner_id == owner_id) & (MeetingRow.sha256 == sha256)
        row = self._database.first(select(*columns(MeetingRow, Meeting)).where(mine))
        return None if row is None else Meeting.model_validate(row._asdict())

    def get(self, meeting_id: UUID) -> Meeting:
        """A meeting, whoever asks; what they may do with it is the caller's to check.

        Raises:
            NotStoredError: There is none.
        """
        row = self._database.first(
            select(*columns(MeetingRow, Meeting)).where(MeetingRow.id == meeting_id)
        )
        if row is None:
            raise NotStoredError("No such meeting.")
        return Meeting.model_validate(row._asdict())

    def has_file(self, location: str) -> bool:
        """Whether the file at a location is that of a meeting."""
        row = self._database.first(select(MeetingRow.id).where(MeetingRow.path == location))
        return row is not None

    def count(self, owner_id: UUID) -> int:
        """How many meetings somebody has."""
        asked = select(func.count()).where(MeetingRow.owner_id == owner_id)
        row = self._database.first(asked)
        return 0 if row is None else int(row[0])

    def seen(self, reach: Reach, meeting_id: UUID) -> MeetingView:
        """A meeting that somebody may see.

        Raises:
            NotStoredError: There is none, or it is not theirs to see; nobody can tell which.
        """
        row = self._database.first(_views(reach).where(MeetingRow.id == meeting_id))
        if row is None:
            raise NotStoredError("No such meeting.")
        return _view(row)

    def points(self, reach: Reach, wanted: MeetingFilter) -> list[ScorePoint]:
        """The figures of the finished meetings that somebody may see, oldest first."""
        return self._points.all(lambda asked: oldest_first(finished(asked, reach, wanted)))

    def list(self, reach: Reach, limit: int = 200) -> list[MeetingView]:
        """The newest meetings that somebody may see, newest first."""
        newest = _views(reach).order_by(MeetingRow.held_at.desc(), MeetingRow.id).limit(limit)
        return [_view(row) for row in self._database.all(newest)]

    def page(
        self, reach: Reach, wanted: MeetingFilter, cursor: Cursor | None, limit: int
    ) -> Page[MeetingView]:
        """A page of the meetings that somebody may see and asks for, newest first."""
        later = after(cursor, MeetingRow.held_at, MeetingRow.id, newest_first=True)
        asked = _views(reach).where(matching(wanted), later)
        asked = asked.order_by(MeetingRow.held_at.desc(), MeetingRow.id).limit(limit + 1)
        views = [_view(row) for row in self._database.all(asked)]
        return page_of(views, limit, lambda v: Cursor(at=v.meeting.held_at, id=v.meeting.id))


def within(reach: Reach) -> ColumnElement[bool]:
    """The condition on `meetings` that is `Reach.reaches`; every query on meetings has it."""
    released = true() if reach.released is None else MeetingRow.owner_id.in_(reach.released)
    return or_(
        MeetingRow.owner_id == reach.own,
        and_(released, MeetingRow.visible_to_vp_at <= now()),
    )


def finished(asked: Select[Any], reach: Reach, wanted: MeetingFilter) -> Select[Any]:
    """Ask for something of the finished meetings that somebody may see and asks for."""
    return (
        asked.select_from(MeetingRow)
        .join(AnalysisRow, AnalysisRow.id == MeetingRow.analysis_id)
        .join(ScoreRow, score_is_current())
        .where(within(reach), matching(wanted))
    )


def oldest_first(asked: Select[Any]) -> Select[Any]:
    """Put meetings in the order in which they were held."""
    return asked.order_by(MeetingRow.held_at, MeetingRow.id)


def score_is_current() -> ColumnElement[bool]:
    """The condition that a score is the one that its analysis is shown by."""
    return and_(ScoreRow.analysis_id == AnalysisRow.id, ScoreRow.score_key == AnalysisRow.score_key)


def _views(reach: Reach) -> Select[Any]:
    return (
        select(
            *columns(MeetingRow, Meeting),
            PersonRow.name.label("owner_name"),
            *(getattr(AnalysisRow, n) for n in ("status", "stage", "error_title", "error_message")),
            ScoreRow.kind.label("scored_kind"),
            *(getattr(ScoreRow, name) for name in ("verdict", "overall", "low", "high")),
            AnalysisRow.progress.label("share"),
            AnalysisRow.seconds_left,
            WorkRow.asked_at,
        )
        .join(PersonRow, PersonRow.id == MeetingRow.owner_id)
        .join(AnalysisRow, AnalysisRow.id == MeetingRow.analysis_id)
        .outerjoin(ScoreRow, score_is_current())
        .outerjoin(WorkRow, WorkRow.analysis_id == AnalysisRow.id)
        .where(within(reach))
    )


def _view(row: Any) -> MeetingView:
    values = row._asdict()
    meeting = Meeting.model_validate({name: values.pop(name) for name in Meeting.model_fields})
    waits = values.pop("asked_at") is not None
    if waits and values["status"] == "failed":  # It is to be tried again.
        values |= {"status": "queued", "error_title": None, "error_message": None}
    return MeetingView.model_validate(values | {"meeting": meeting})
