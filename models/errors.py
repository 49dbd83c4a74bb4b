"""The one root error of the product.

It lives in the lowest layer because every layer raises it; the command line
prints it and the web service returns it, each in exactly one place.
"""


class CoachscoreError(Exception):
    """A problem the user can act on.

    Attributes:
        title: What went wrong, in a few words, the same for every case of a class.
        message: What was found in this case and what to do about it.
    """

    title = "Coachscore could not go on"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return f"{self.title}: {self.message}"


class UnavailableError(CoachscoreError):
    """A server that is needed does not answer; the same may well work later."""

    title = "Something that is needed does not answer"
