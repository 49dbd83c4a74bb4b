"""Voices that people had enrolled, so that they are known in their meetings.

A voice is personal: it is kept only for somebody who asked for it, used for nobody else's
meetings, replaced by the next enrolment, and gone when it is forgotten or the person is
deleted.
"""

import json
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError

from models.conversation import Value
from pipeline.audio.voiceprints import VoicePrint
from pipeline.service_tables import VoiceRow
from pipeline.sql import Database, NotStoredError, now

_NONE_YET: Final = "[]"  # The vector of a voice that is being worked out.


class EnrolledVoice(Value):
    """A person's voice and when they agreed to have it kept, in UTC."""

    voice: VoicePrint
    agreed_at: datetime


class EnrolledVoices:
    """The voices of those who want to be known by theirs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, person_id: UUID) -> datetime:
        """Note that somebody agrees to have their voice kept, before it is worked out.

        Returns:
            The mark of what they agreed to, for `enrol`; it stands until the voice is deleted
            or replaced. An older voice stays until then.

        Raises:
            NotStoredError: There is no such person.
        """
        nothing = {"made_by": "", "seconds": 0, "vector": _NONE_YET, "agreed_at": now()}
        noted = self._database.insert(VoiceRow).values(person_id=person_id, **nothing)
        # An update that changes nothing gives back the row that is there already.
        same = {"person_id": person_id}
        noted = noted.on_conflict_do_update(index_elements=list(same), set_=same)
        try:
            with self._database.write() as connection:
                marked = connection.execute(noted.returning(VoiceRow.agreed_at))
                mark: datetime = marked.scalar_one()
        except IntegrityError as error:
            raise NotStoredError("No such person.") from error
        return mark

    def enrol(self, person_id: UUID, voice: VoicePrint, mark: datetime) -> bool:
        """Keep a voice that its owner agreed to have kept, in place of an older one.

        Args:
            person_id: The owner, who has to be the one who agreed.
            voice: From meetings that the owner spoke in.
            mark: From `ask`.

        Returns:
            Whether that still stood; else nothing is kept.
        """
        values = {
            "made_by": voice.made_by,
            "seconds": voice.seconds,
            "vector": json.dumps([round(x, 6) for x in voice.vector]),
            "agreed_at": now(),
        }
        kept = update(VoiceRow).where(*_asked(person_id, mark)).values(**values)
        return self._database.run(kept) > 0

    def give_up(self, person_id: UUID, mark: datetime) -> None:
        """Take back what `ask` noted, where no voice came of it."""
        nothing = VoiceRow.vector == _NONE_YET
        self._database.run(delete(VoiceRow).where(*_asked(person_id, mark), nothing))

    def get(self, person_id: UUID) -> EnrolledVoice | None:
        """A person's voice, None where none is kept."""
        kept = VoiceRow.vector != _NONE_YET
        row = self._database.first(select(VoiceRow).where(VoiceRow.person_id == person_id, kept))
        if row is None:
            return None
        voice = VoicePrint(made_by=row.made_by, seconds=row.seconds, vector=json.loads(row.vector))
        return EnrolledVoice(voice=voice, agreed_at=row.agreed_at)

    def forget(self, person_id: UUID) -> bool:
        """Delete a person's voice, also one that is being worked out; returns whether it was."""
        return self._database.run(delete(VoiceRow).where(VoiceRow.person_id == person_id)) > 0


def _asked(person_id: UUID, mark: datetime) -> tuple[ColumnElement[bool], ...]:
    return VoiceRow.person_id == person_id, VoiceRow.agreed_at == mark
