"""Adding and changing people from a CSV file, as often as wanted: an address is one person."""

import csv
import io
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from models.conversation import Value
from models.errors import CoachscoreError
from pipeline.people.people import ROLES, People, PeopleError, Person, PersonRole, clean_email

COLUMNS: Final = ("email", "name", "role", "reports_to")


class ImportFileError(CoachscoreError):
    """A CSV file of which no line can be read."""

    title = "This file cannot be imported"


class BadLine(Value):
    """A line that was left out, by its number in the file, and why."""

    line: int
    message: str


class Imported(Value):
    """What an import did: addresses added, changed and left as they were, and bad lines."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: int
    bad: tuple[BadLine, ...]


class _Line(Value):
    number: int
    email: str
    name: str
    role: PersonRole
    reports_to: str


def import_people(people: People, data: bytes) -> Imported:
    """Add who is new and change who is known; nobody is removed.

    Lines may name people above them who come later in the file.

    Args:
        people: Where they are kept.
        data: CSV in UTF-8 with the columns email, name, role and reports_to (an address,
            empty at the top), separated by commas or semicolons.

    Raises:
        ImportFileError: It is not UTF-8, or a column is missing.
    """
    rows, bad = _rows(data), []
    lines: list[_Line] = []
    before: dict[str, Person] = {person.email: person for person in people.all()}
    for number, row in rows:
        try:
            line = _read(number, row)
            if any(line.email == other.email for other in lines):
                raise PeopleError(f"{line.email} stands in this file twice.")
            if line.email not in before:
                people.add(line.email, line.name, line.role)
            lines.append(line)
        except CoachscoreError as error:
            bad.append(BadLine(line=number, message=error.message))
    changed, same = [], 0
    for line in lines:
        try:
            moved = _place(people, line)
        except CoachscoreError as error:
            new = "" if line.email in before else f"{line.email} was added, and reports to nobody. "
            bad.append(BadLine(line=line.number, message=f"{new}{error.message}"))
            continue
        if line.email in before:
            changed += [line.email] if moved else []
            same += not moved
    return Imported(
        added=tuple(line.email for line in lines if line.email not in before),
        changed=tuple(changed),
        same=same,
        bad=tuple(sorted(bad, key=lambda one: one.line)),
    )


def _rows(data: bytes) -> list[tuple[int, Mapping[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFileError("It is not in UTF-8. Save it as “CSV UTF-8”.") from error
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""),
        delimiter=";" if head.count(";") > head.count(",") else ",",
        restval="",
    )
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise ImportFileError(f"It is no CSV: {error}.") from error
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ImportFileError(
            f"The first line must name the columns {', '.join(COLUMNS)}; "
            f"{' and '.join(missing)} is not there."
        )
    return [(number, row) for number, row in rows if any(_filled(row))]


def _filled(row: Mapping[str, str]) -> list[str]:
    return [value for value in row.values() if isinstance(value, str) and value.strip()]


def _read(number: int, row: Mapping[str, str]) -> _Line:
    wanted = row["role"].strip().lower()
    role = next((known for known in ROLES if known == wanted), None)
    if role is None:
        raise PeopleError(f"“{row['role']}” is no role. Roles are {', '.join(ROLES)}.")
    return _Line(
        number=number,
        email=clean_email(row["email"]),
        name=row["name"],
        role=role,
        reports_to=row["reports_to"].strip().lower(),
    )


def _place(people: People, line: _Line) -> bool:
    """Bring a person to what their line says; returns whether that changed anything."""
    person = people.by_email(line.email)
    if person is None:
        raise PeopleError(f"{line.email} was removed meanwhile.")
    above: UUID | None = None
    if line.reports_to:
        boss = people.by_email(line.reports_to)
        if boss is None:
            raise PeopleError(f"Nobody has the address {line.reports_to} in reports_to.")
        above = boss.id
    name = " ".join(line.name.split())
    if (person.name, person.role, person.reports_to) == (name, line.role, above):
        return False
    people.change(person.id, name=name, role=line.role, reports_to=above)
    return True
