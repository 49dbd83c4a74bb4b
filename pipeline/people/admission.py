"""Who of us somebody is whom an OpenID provider vouches for, and whether they may sign in."""

import logging
from typing import TYPE_CHECKING, Final, NoReturn
from uuid import UUID

from pydantic import ConfigDict, Field

from models.conversation import Value
from models.errors import CoachscoreError
from pipeline.people.people import Person

if TYPE_CHECKING:
    from pipeline.service import Service

_log: Final = logging.getLogger(__name__)


class NotAdmittedError(CoachscoreError):
    """Somebody whom the provider knows and we do not; why is not said, to whoever they are."""

    title = "No account here is open to you"

    def __init__(self) -> None:
        super().__init__(
            "The sign-in service knows you. Ask an admin of your organisation to add you here "
            "under your work email address. If you signed in like this before, ask them to look "
            "at your entry under People."
        )


class Claim(Value):
    """What a provider says of somebody who has just signed in there.

    Attributes:
        issuer: The provider.
        subject: Its name for this account, never given to another.
        email: Address, None where it tells none.
        verified: Whether it says that the address is theirs.
    """

    # What does not fit goes to the log, which holds nobody's name or address.
    model_config = ConfigDict(hide_input_in_errors=True)

    issuer: str
    subject: str = Field(pattern=r"^[\x20-\x7e]{1,255}$")
    email: str | None
    verified: bool


def admit(service: "Service", claim: Claim) -> UUID:
    """The person that somebody is, who may sign in.

    Raises:
        NotAdmittedError: They are nobody here, are disabled, or have a different account there.
    """
    known = service.identities.person(claim.issuer, claim.subject)
    found = _by_address(service, claim) if known is None else service.people.get(known)
    if found is None:
        _refuse(service, "nobody", "no person has the address, or it is not verified")
    thing = f"person:{found.id}"
    if found.disabled:
        _refuse(service, thing, "the person is disabled")
    if known is None:
        if not service.identities.link(found.id, claim.issuer, claim.subject):
            _refuse(service, thing, "the person has signed in with another account there")
        service.audit.note(thing, "create", f"identity:{found.id}")
    return found.id


def _by_address(service: "Service", claim: Claim) -> Person | None:
    email = claim.email or ""
    # Some foreign letters have one of a to z as their lower case: that is another address.
    plain = email.isprintable() and (email.isascii() or email == email.lower())
    return service.people.by_email(email) if claim.verified and plain else None


def _refuse(service: "Service", thing: str, reason: str) -> NoReturn:
    # For the admin who is asked; the address is left out, as it may be a stranger's.
    _log.warning("sign-in by OpenID Connect refused (%s): %s", thing, reason)
    service.audit.note("nobody", "fail to sign in", thing)
    raise NotAdmittedError
