"""What stands in a transcript in place of what leads to a customer."""

import re
from typing import Final, Literal, get_args

Masked = Literal["person", "company", "number", "email", "phone", "amount"]
KINDS: Final[tuple[Masked, ...]] = get_args(Masked)

_AGAIN: Final = re.compile(rf"(\[(?:{'|'.join(KINDS)})\])(?:\s+\1)+")


def joined(text: str) -> str:
    """The text as it is shown: one placeholder for a name or number of several words.

    What is stored has one for each word, so that counts and times of words stay true.
    """
    return _AGAIN.sub(r"\1", text)
