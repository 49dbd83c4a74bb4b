"""Everything that the service works with, on one open database."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from pipeline.coaching.digests import Digests
from pipeline.coaching.groups import Groups
from pipeline.idempotency import Idempotency
from pipeline.meetings.contests import Contests
from pipeline.meetings.meetings import Meetings
from pipeline.people.audit import Audit
from pipeline.people.credentials import Credentials, Token
from pipeline.people.identities import Identities
from pipeline.people.people import People
from pipeline.people.policy import Viewer
from pipeline.people.secret import load_secret
from pipeline.people.throttle import Throttle
from pipeline.people.voices import EnrolledVoices
from pipeline.queue.rescores import Rescores
from pipeline.queue.work import Work
from pipeline.rubric_versions import RubricVersions
from pipeline.settings import Settings
from pipeline.sql import Database
from pipeline.storage.files import Files
from pipeline.store import Store
from pipeline.uploads.partial_uploads import PartialUploads
from pipeline.webhooks.events import Events
from pipeline.webhooks.webhooks import Webhooks


@dataclass(frozen=True)
class Service:
    """The settings, and each part of the database by what it is about."""

    settings: Settings
    database: Database
    store: Store
    files: Files
    people: People
    credentials: Credentials
    voices: EnrolledVoices
    identities: Identities
    throttle: Throttle
    meetings: Meetings
    partial_uploads: PartialUploads
    digests: Digests
    groups: Groups
    contests: Contests
    work: Work
    audit: Audit
    idempotency: Idempotency
    webhooks: Webhooks
    events: Events
    rubrics: RubricVersions
    rescores: Rescores

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the configured database.

        Raises:
            DatabaseError: It cannot be reached, or was made by a newer version.
            SecretError: The secret is no secret.
            SettingsError: The bucket for files cannot be used by these settings.
        """
        secret = load_secret(settings)
        database = Database.open(settings)
        return cls(
            settings=settings,
            database=database,
            store=Store(database),
            files=Files(settings, database),
            people=People(database),
            credentials=Credentials(database, secret),
            voices=EnrolledVoices(database),
            identities=Identities(database),
            throttle=Throttle(database, secret),
            meetings=Meetings(database),
            partial_uploads=PartialUploads(database),
            digests=Digests(database),
            groups=Groups(database),
            contests=Contests(database),
            work=Work(database),
            audit=Audit(database),
            idempotency=Idempotency(database),
            webhooks=(webhooks := Webhooks(database, secret)),
            events=Events(database, webhooks),
            rubrics=RubricVersions(database, settings.rubric_dir),
            rescores=Rescores(database),
        )

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()

    def viewer(self, person_id: UUID | None = None, token: Token | None = None) -> Viewer:
        """Who asks, with everything that the policy has to know of them."""
        if person_id is None:
            return Viewer(token=token)
        return Viewer(person=self.people.get(person_id), under=self.people.under(person_id))
