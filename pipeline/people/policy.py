"""Who may see and do what: the one place that knows. Nothing here reads anything.

- Everybody sees their own meetings, from the moment they upload them.
- A VP or admin also sees the meetings of everybody below them in the tree, at any depth,
  from the moment each becomes visible to them. A manager sees nobody else's.
- Who coaches in a meeting, its owner, may contest its tags; those who see it see that.
- An admin looks after people and tokens, and so knows who there is; that alone opens
  nobody's meetings. An admin may delete any meeting unseen, for whoever asks for that.
- A token sees, as far as its scopes go, the whole organisation's meetings, once visible.

`Reach` is the same rule for one meeting (`reaches`) and for a query over many
(`pipeline.meetings.meetings`), so that a list never shows what a page would not.
"""

from datetime import datetime
from uuid import UUID

from models.conversation import Value
from pipeline.people.credentials import Scope, Token
from pipeline.people.people import Person


class Reach(Value):
    """Whose meetings somebody sees.

    Attributes:
        own: The person whose meetings are seen at once, None for a token.
        released: People whose meetings are seen once visible; None means everybody.
    """

    own: UUID | None = None
    released: frozenset[UUID] | None = frozenset()

    def reaches(self, owner: UUID, visible_at: datetime, at: datetime) -> bool:
        """Whether a meeting of `owner`, visible to others from `visible_at`, is seen at `at`."""
        if owner == self.own:
            return True
        return (self.released is None or owner in self.released) and visible_at <= at


class Viewer(Value):
    """Who asks: a person with everybody below them, or a token."""

    person: Person | None = None
    under: frozenset[UUID] = frozenset()
    token: Token | None = None

    @property
    def actor(self) -> str:
        """Their name in the audit log."""
        if self.person is not None:
            return f"person:{self.person.id}"
        return "nobody" if self.token is None else f"token:{self.token.id}"

    @property
    def reach(self) -> Reach:
        """Whose meetings they see."""
        if self.person is not None:
            below = self.under if self.person.role in ("vp", "admin") else frozenset()
            return Reach(own=self.person.id, released=below)
        return Reach(released=None) if self.token is not None else Reach()

    @property
    def knows(self) -> frozenset[UUID] | None:
        """Whose name and place in the tree they see; None means everybody's.

        An admin and a token see all people, a VP those below, everybody themselves.
        """
        if self.person is None:
            return frozenset() if self.token is None else None
        if self.administers:
            return None
        below = self.under if self.person.role == "vp" else frozenset()
        return below | {self.person.id}

    def has(self, scope: Scope) -> bool:
        """Whether a token's scopes go that far; a person's role and reach decide, not scopes."""
        return self.person is not None or (self.token is not None and scope in self.token.scopes)

    def owns(self, owner: UUID) -> bool:
        """Whether a meeting of `owner` is their own, to contest."""
        return self.person is not None and self.person.id == owner

    def may_delete(self, owner: UUID) -> bool:
        """Whether they may delete a meeting of `owner`: their own, or for an admin anybody's."""
        return self.owns(owner) or self.administers

    @property
    def administers(self) -> bool:
        """Whether they look after people and tokens."""
        return self.person is not None and self.person.role == "admin"
