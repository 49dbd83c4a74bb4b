from models.errors import CoachscoreError


class TranscriptError(CoachscoreError):
    """A file that cannot be read as a transcript.

    The message names the file, says what was found in it and what is accepted.
    """

    title = "The transcript cannot be read"
