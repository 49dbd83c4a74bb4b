"""Voices that people had enrolled, so that they are known in their meetings.

A voice is personal: it is kept only for somebody who asked for it, used for nobody else's
meetings, replaced by the next enrolment, and gone when it is forgotten or the person is
deleted.
"""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from models.conversation import Value
from pipeline.audio.voiceprints import VoicePrint
from pipeline.service_tables import VoiceRow
from pipeline.sql import Database, now


class EnrolledVoice(Value):
    """A person's voice and when they agreed to have it kept, in UTC."""

    voice: VoicePrint
    agreed_at: datetime


class EnrolledVoices:
    """The voices of those who want to be known by theirs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enrol(self, person_id: UUID, voice: VoicePrint) -> None:
        """Keep a voice that its owner has just agreed to have kept, in place of an older one.

        Args:
            person_id: The owner, who has to be the one who agrees.
            voice: From meetings that the owner spoke in.
        """
        values = {
            "made_by": voice.made_by,
            "seconds": voice.seconds,
            "vector": json.dumps([round(x, 6) for x in voice.vector]),
            "agreed_at": now(),
        }
        statement = self._database.insert(VoiceRow).values(person_id=person_id, **values)
        self._database.run(
            statement.on_conflict_do_update(index_elements=["person_id"], set_=values)
        )

    def get(self, person_id: UUID) -> EnrolledVoice | None:
        """A person's voice, None where none is kept."""
        row = self._database.first(select(VoiceRow).where(VoiceRow.person_id == person_id))
        if row is None:
            return None
        voice = VoicePrint(made_by=row.made_by, seconds=row.seconds, vector=json.loads(row.vector))
        return EnrolledVoice(voice=voice, agreed_at=row.agreed_at)

    def forget(self, person_id: UUID) -> bool:
        """Delete a person's voice; returns whether there was one."""
        return self._database.run(delete(VoiceRow).where(VoiceRow.person_id == person_id)) > 0
