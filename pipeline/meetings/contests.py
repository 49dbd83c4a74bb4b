"""What the owners of meetings contested: a tag of a sentence, who coached, or who spoke."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select, update

from models.conversation import Value
from models.corrections import CorrectedField, Correction
from pipeline.service_tables import ContestRow, MeetingRow, PersonRow
from pipeline.sql import Database, columns, now

ContestedField = Literal[CorrectedField, "coach", "speaker", "merge", "rename"]


class Contest(Value):
    """One thing that was contested, kept beside what the machine said.

    Attributes:
        id: Made when it was contested.
        meeting_id: The meeting.
        original_id: The analysis that showed the meeting before anything was contested.
        utterance: Utterance number, None where it is about a whole conversation. Of a tag it is
            counted among the sentences as they were shown, of a speaker as the machine cut them.
        field: Which tag; "coach"; or what is wrong with a speaker: "speaker" is who said an
            utterance, "merge" that two are one, "rename" what one is called.
        was: What the machine said: a value of `CHOICES`, or the name it has for somebody.
        value: What is right, in the same words; after "rename" the name to show.
        note: Why, if the owner said so.
        by_id: Who contested it.
        made_at: When, in UTC.
        withdrawn_at: When it was withdrawn, None as long as it counts.
    """

    id: UUID
    meeting_id: UUID
    original_id: UUID
    utterance: int | None = Field(ge=0)
    field: ContestedField
    was: str
    value: str = Field(max_length=200)
    note: str = Field(default="", max_length=500)
    by_id: UUID | None
    made_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def correction(self) -> Correction | None:
        """What it changes in the tags, None where it is about who coached or spoke."""
        if self.utterance is None or self.field in ("coach", "speaker", "merge", "rename"):
            return None
        return Correction(utterance=self.utterance, field=self.field, value=self.value)

    @property
    def cuts_anew(self) -> bool:
        """Whether it may change where one utterance ends and the next begins."""
        return self.field in ("speaker", "merge")


class Contested(Value):
    """A contest, and the name of who made it; empty where they were deleted since."""

    contest: Contest
    by_name: str


class Contests:
    """Every contest; none is ever changed but by being withdrawn."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, meeting_id: UUID) -> tuple[Contested, ...]:
        """What was ever contested in a meeting, newest first."""
        asked = (
            select(*columns(ContestRow, Contest), PersonRow.name.label("by_name"))
            .outerjoin(PersonRow, PersonRow.id == ContestRow.by_id)
            .where(ContestRow.meeting_id == meeting_id)
            .order_by(ContestRow.made_at.desc(), ContestRow.utterance, ContestRow.id)
        )
        found = []
        for row in self._database.all(asked):
            values = row._asdict()
            name = values.pop("by_name") or ""
            found.append(Contested(contest=Contest.model_validate(values), by_name=name))
        return tuple(found)

    def active(self, meeting_id: UUID) -> tuple[Contest, ...]:
        """What counts in a meeting, oldest first."""
        kept = [one.contest for one in self.all(meeting_id) if one.contest.withdrawn_at is None]
        return tuple(reversed(kept))

    def settle(
        self,
        meeting_id: UUID,
        before: Sequence[Contest],
        after: Sequence[Contest],
        analysis_id: UUID,
    ) -> bool:
        """Let other contests count, and show the meeting by the analysis made under them.

        Args:
            meeting_id: The meeting.
            before: What counted when the analysis was made.
            after: What is to count from now on.
            analysis_id: The analysis under `after`.

        Returns:
            False, with nothing changed, where something else counts by now.
        """
        kept = {one.id for one in after}
        counts = (ContestRow.meeting_id == meeting_id) & ContestRow.withdrawn_at.is_(None)
        with self._database.write() as connection:
            mine = MeetingRow.id == meeting_id
            connection.execute(select(MeetingRow.id).where(mine).with_for_update())
            there = {row.id for row in connection.execute(select(ContestRow.id).where(counts))}
            if there != {one.id for one in before}:
                return False
            if there - kept:
                gone = ContestRow.id.in_(there - kept)
                connection.execute(update(ContestRow).where(gone).values(withdrawn_at=now()))
            new = [one.model_dump() for one in after if one.id not in there]
            if new:
                connection.execute(self._database.insert(ContestRow), new)
            connection.execute(update(MeetingRow).where(mine).values(analysis_id=analysis_id))
        return True
