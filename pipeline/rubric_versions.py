"""Versions of rubrics: those that were added to the database, before those in files.

The newest one of its kind scores new meetings. A score names the version that made it, and
its key holds the content, so an old score stays what it was until it is made again.
"""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models.conversation import Value
from models.errors import CoachscoreError
from models.labels import CRITERIA, KINDS, Kind
from pipeline.api_tables import RubricRow
from pipeline.rubrics import load_rubric, rubric_texts
from pipeline.sql import Database, columns, now
from scoring.rubric import Rubric, RubricError, parse_rubric

# Far above any useful one, and however it is escaped below the cap on bodies.
MOST_TEXT: Final = 50_000


class RubricExistsError(CoachscoreError):
    """A version that is there already."""

    title = "This version of the rubric exists"


class RubricVersion(Value):
    """A rubric that was added, as the two TOML texts it is made of.

    Attributes:
        id: Made when it was added.
        kind: Kind of meeting that it is for.
        version: As in `Rubric`.
        common: Criteria and weights.
        own: What its kind adds.
        created_by: Who added it, as in the audit log.
        created_at: When.
    """

    id: UUID
    kind: Kind
    version: str
    common: str
    own: str
    created_by: str
    created_at: datetime


class RubricVersions:
    """Rubrics in the database, and behind them those in files."""

    def __init__(self, database: Database, folder: Path | None) -> None:
        self._database, self._folder = database, folder

    def current(self, kind: Kind) -> Rubric:
        """The rubric that scores meetings of a kind.

        Raises:
            RubricError: It is in a file that is missing or not usable.
        """
        added = self.added(kind)
        if added:
            return _parsed(added[0].common, added[0].own)
        return load_rubric(kind, self._folder)

    def texts(self, kind: Kind, version: str | None = None) -> tuple[str, str]:
        """The common text and the kind's own text of a version, the current one if None."""
        for one in self.added(kind):
            if version in (None, one.version):
                return one.common, one.own
        return rubric_texts(kind, self._folder)

    def added(self, kind: Kind | None = None) -> list[RubricVersion]:
        """Versions that were added, newest first."""
        asked = select(*columns(RubricRow, RubricVersion))
        if kind is not None:
            asked = asked.where(RubricRow.kind == kind)
        asked = asked.order_by(RubricRow.created_at.desc(), RubricRow.id)
        return [RubricVersion.model_validate(row._asdict()) for row in self._database.all(asked)]

    def every(self) -> list[tuple[Rubric, datetime | None]]:
        """Every version and when it was added, kind by kind, the current one first.

        Those in files, which were not added, come last.
        """
        found: list[tuple[Rubric, datetime | None]] = []
        for kind in KINDS:
            found += [(_parsed(one.common, one.own), one.created_at) for one in self.added(kind)]
            found.append((load_rubric(kind, self._folder), None))
        return found

    def add(
        self, own: str, common: str | None, kind: Kind, created_by: str
    ) -> tuple[Rubric, datetime]:
        """Add a version, which scores meetings of its kind from now on.

        Args:
            own: TOML of the kind's own part.
            common: TOML of the common part; the current one's if None.
            kind: The kind that it is meant for.
            created_by: As in the audit log.

        Returns:
            The rubric, and when it was added.

        Raises:
            RubricError: It is not usable, or for another kind.
            RubricExistsError: The kind has that version already.
        """
        shared = self.texts(kind)[0] if common is None else common
        made = parse_rubric(shared, own)
        _check(made)
        if made.kind != kind:
            raise RubricError(f"It says that it is for {made.kind}, not for {kind}.")
        if any(one.version == made.version for one, _ in self.every() if one.kind == kind):
            raise RubricExistsError(
                f"{made.version} is there. Raise `version` in the text that changed."
            )
        values = {"kind": made.kind, "version": made.version, "common": shared, "own": own}
        moment = now()
        made_by = {"created_by": created_by, "created_at": moment}
        statement = self._database.insert(RubricRow).values(id=uuid4(), **values, **made_by)
        try:
            self._database.run(statement)
        except IntegrityError as error:
            raise RubricExistsError(f"{made.version} was added at the same moment.") from error
        return made, moment


def _check(rubric: Rubric) -> None:
    """Refuse numbers with which nothing can be scored, which TOML allows.

    Raises:
        RubricError: One of them is infinite, no number, or far out of scale.
    """
    try:
        ends = [rubric.overall(dict.fromkeys(CRITERIA, points)) for points in (0.0, 100.0)]
        finite = Rubric.model_validate_json(rubric.model_dump_json()) == rubric
    except (OverflowError, ValueError):
        ends, finite = [], False
    if not finite or not all(0 <= end <= 100 for end in ends):
        raise RubricError("Every number must be finite and near the scale of 0 to 100.")


@lru_cache(maxsize=64)
def _parsed(common: str, own: str) -> Rubric:
    return parse_rubric(common, own)
