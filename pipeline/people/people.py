"""People, their roles, and who reports to whom: a tree of any depth."""

from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID, uuid4

from pydantic import Field
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from models.conversation import Value
from models.errors import CoachscoreError
from pipeline.service_tables import MeetingRow, PersonRow
from pipeline.sql import Database, NotStoredError, columns, now, table

PersonRole = Literal["admin", "vp", "manager"]
ROLES: Final[tuple[PersonRole, ...]] = get_args(PersonRole)


class PeopleError(CoachscoreError):
    """A person cannot be added or changed like that."""

    title = "That is not possible for this person"


class Person(Value):
    """Somebody who may sign in.

    Attributes:
        id: Made when they were added.
        email: In lower case; no two people share one.
        name: As others see it.
        role: What they may do; `pipeline.people.policy` says what that is.
        reports_to: The person above them, None at the top.
        disabled: Whether they are kept out.
        created_at: When they were added, in UTC.
    """

    id: UUID
    email: str = Field(max_length=254)
    name: str = Field(max_length=200)
    role: PersonRole
    reports_to: UUID | None
    disabled: bool
    created_at: datetime


class People:
    """The people of the organisation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, email: str, name: str, role: PersonRole, reports_to: UUID | None = None) -> UUID:
        """Add a person, who cannot sign in until a password is set.

        Raises:
            NotStoredError: Nobody is whom they are to report to.
            PeopleError: The address is taken or is none, or the name is empty.
        """
        self._check_head(reports_to)
        values = {"email": clean_email(email), "name": clean_name(name), "role": role}
        found = uuid4()
        statement = self._database.insert(PersonRow).values(
            id=found, reports_to=reports_to, disabled=False, created_at=now(), **values
        )
        try:
            self._database.run(statement)
        except IntegrityError as error:
            raise PeopleError(f"{values['email']} belongs to somebody already.") from error
        return found

    def get(self, person_id: UUID) -> Person:
        """A person by id.

        Raises:
            NotStoredError: There is none.
        """
        asked = select(*columns(PersonRow, Person)).where(PersonRow.id == person_id)
        row = self._database.first(asked)
        if row is None:
            raise NotStoredError("No such person.")
        return Person.model_validate(row._asdict())

    def by_email(self, email: str) -> Person | None:
        """A person by address, in whatever case it is written."""
        email = email.strip().lower()
        row = self._database.first(
            select(*columns(PersonRow, Person)).where(PersonRow.email == email)
        )
        return None if row is None else Person.model_validate(row._asdict())

    def all(self) -> list[Person]:
        """Everybody, by name."""
        asked = select(*columns(PersonRow, Person)).order_by(func.lower(PersonRow.name))
        return [Person.model_validate(r._asdict()) for r in self._database.all(asked)]

    def under(self, person_id: UUID) -> frozenset[UUID]:
        """Everybody below a person in the tree, at any depth, without the person."""
        people = table(PersonRow).c
        below = select(people.id).where(people.reports_to == person_id).cte(recursive=True)
        # A union, not a union of all: it ends even on a circle.
        below = below.union(select(people.id).join(below, people.reports_to == below.c.id))
        found = frozenset(row.id for row in self._database.all(select(below.c.id)))
        return found - {person_id}

    def change(
        self, person_id: UUID, *, name: str, role: PersonRole, reports_to: UUID | None
    ) -> None:
        """Change what an admin may change.

        Raises:
            NotStoredError: There is no such person, or nobody is whom they are to report to.
            PeopleError: Somebody would be above themselves, or no admin would be left.
        """
        person = self.get(person_id)
        self._check_head(reports_to)
        if reports_to is not None and reports_to in self.under(person_id) | {person_id}:
            raise PeopleError(f"{person.name} cannot report to somebody who reports to them.")
        if role != "admin":
            self._keep_an_admin(person)
        mine = PersonRow.id == person_id
        values = {"name": clean_name(name), "role": role, "reports_to": reports_to}
        self._database.run(update(PersonRow).where(mine).values(**values))

    def _check_head(self, reports_to: UUID | None) -> None:
        if reports_to is not None:
            self.get(reports_to)

    def disable(self, person_id: UUID, *, disabled: bool) -> None:
        """Keep a person out, or let them in again.

        Raises:
            NotStoredError: There is no such person.
            PeopleError: No admin would be left.
        """
        person = self.get(person_id)
        if disabled:
            self._keep_an_admin(person)
        mine = PersonRow.id == person_id
        self._database.run(update(PersonRow).where(mine).values(disabled=disabled))

    def remove(self, person_id: UUID) -> bool:
        """Delete a person with their keys; those below report to whoever is above.

        Returns:
            Whether it was done. It is not while they have a meeting, which would go with them
            and leave its file and what was made of it.

        Raises:
            NotStoredError: There is no such person.
            PeopleError: No admin would be left.
        """
        person = self.get(person_id)
        self._keep_an_admin(person)
        mine, below = PersonRow.id == person_id, PersonRow.reports_to == person_id
        with self._database.write() as connection:
            # On PostgreSQL, who adds a meeting waits for this row; SQLite has one writer.
            connection.execute(select(PersonRow.id).where(mine).with_for_update())
            meetings = select(MeetingRow.id).where(MeetingRow.owner_id == person_id)
            if connection.execute(meetings).first() is not None:
                return False
            connection.execute(update(PersonRow).where(below).values(reports_to=person.reports_to))
            connection.execute(delete(PersonRow).where(mine))
        return True

    def has_admin(self) -> bool:
        """Whether anybody can administer the service."""
        asked = select(PersonRow.id).where(PersonRow.role == "admin", ~PersonRow.disabled)
        return self._database.first(asked) is not None

    def password_hash(self, person_id: UUID) -> str | None:
        """The hash of a person's password, None where none was set."""
        row = self._database.first(select(PersonRow.password_hash).where(PersonRow.id == person_id))
        return None if row is None else row.password_hash

    def set_password_hash(self, person_id: UUID, password_hash: str) -> None:
        """Keep the hash of a new password."""
        mine = PersonRow.id == person_id
        self._database.run(update(PersonRow).where(mine).values(password_hash=password_hash))

    def _keep_an_admin(self, person: Person) -> None:
        others = select(PersonRow.id).where(
            PersonRow.role == "admin", ~PersonRow.disabled, PersonRow.id != person.id
        )
        if person.role == "admin" and self._database.first(others) is None:
            raise PeopleError(f"{person.name} is the only admin. Make somebody else one first.")


def clean_email(email: str) -> str:
    """An address in lower case.

    Raises:
        PeopleError: It is none.
    """
    email = email.strip().lower()
    before, at, after = email.partition("@")
    if not (before and at and "." in after) or len(email) > 254 or any(map(str.isspace, email)):
        raise PeopleError(f"“{email}” is no email address.")
    return email


def clean_name(name: str) -> str:
    """A name in one line.

    Raises:
        PeopleError: It is empty or very long.
    """
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise PeopleError("A name has 1 to 200 characters.")
    return name
