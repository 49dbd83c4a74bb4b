"""The nouns of a conversation: recording, transcript, utterance.

All values are frozen; a stage takes one and returns a new one. Times are
seconds from the start of the recording.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.labels import Kind, Role


class Value(BaseModel):
    """Base of every value: immutable, and nothing unknown slips in."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Provenance(Value):
    """What made a derived value, so it can be redone when that changes."""

    name: str
    version: str


class Recording(Value):
    """One uploaded file, recording or transcript.

    Attributes:
        sha256: Content hash in hex: the identity of the recording.
        name: File name as the user knows it.
        path: Where the bytes are kept.
        medium: Whether the file holds sound or text.
        seconds: Length of the sound, None for a transcript.
        channels: Number of audio channels, 0 for a transcript.
    """

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: str
    path: str
    medium: Literal["audio", "transcript"]
    seconds: float | None = None
    channels: int = 0


class Participant(Value):
    """A person in the conversation; `role` is None where nobody said it."""

    speaker: str
    role: Role | None = None


class Word(Value):
    """A recognised word with its times in seconds and its probability."""

    text: str
    start: float
    end: float
    probability: float = Field(ge=0, le=1)


class Segment(Value):
    """One cue, caption or turn as the source gave it.

    Attributes:
        index: Position in the source, from 0.
        speaker: Name as the source gave it, None where it gave none.
        start: Seconds, None where the source has no time.
        end: Seconds, None where the source has no time.
        text: The words, with entities decoded and markup removed.
        words: Word times where the source has them.
        speaker_confidence: Probability that `speaker` is right (1 where a file says it).
    """

    index: int = Field(ge=0)
    speaker: str | None
    start: float | None = None
    end: float | None = None
    text: str
    words: tuple[Word, ...] = ()
    speaker_confidence: float = Field(default=1.0, ge=0, le=1)


class Transcript(Value):
    """What was said, before anyone decides what an utterance is.

    Attributes:
        segments: In the order of the source.
        participants: In order of first appearance; roles where the source gives them.
        language: BCP 47 code as stated or detected, None where unknown.
        source_format: Name of the format, such as "zoom-vtt" or "whisper".
        made_by: The parser or recogniser and its version.
        title: As the source gives it.
        started_at: Start of the meeting where the source gives it.
        kind: Kind of meeting where the source says so.
        one_sentence_per_segment: True where the source is already split into utterances;
            their number and order are then kept.
        notes: Plain-words remarks for the report (a guessed encoding, dropped footers).
    """

    segments: tuple[Segment, ...]
    participants: tuple[Participant, ...] = ()
    language: str | None = None
    source_format: str
    made_by: Provenance
    title: str | None = None
    started_at: datetime | None = None
    kind: Kind | None = None
    one_sentence_per_segment: bool = False
    notes: tuple[str, ...] = ()

    @property
    def has_speakers(self) -> bool:
        """Whether at least one segment names who spoke."""
        return any(segment.speaker is not None for segment in self.segments)


class Utterance(Value):
    """One sentence, or sentence-like fragment, by one speaker.

    Attributes:
        index: Position in the conversation, from 0.
        source: `Segment.index` of the segment it came from.
        speaker: Display name.
        role: Side in the conversation.
        start: Seconds, None where unknown.
        end: Seconds, None where unknown.
        text: The words.
        speaker_confidence: Probability that the words were said by `speaker`.
    """

    index: int = Field(ge=0)
    source: int = Field(ge=0)
    speaker: str
    role: Role
    start: float | None = None
    end: float | None = None
    text: str
    speaker_confidence: float = Field(default=1.0, ge=0, le=1)


class RoleAssignment(Value):
    """Who coaches, how that is known, and how sure it is.

    Attributes:
        roles: Role by speaker name.
        source: What decided it.
        confidence: Probability that the coach is the right person.
    """

    roles: dict[str, Role]
    source: Literal["given", "file", "voice", "names", "content"]
    confidence: float = Field(ge=0, le=1)

    @property
    def coach(self) -> str | None:
        """Name of the coach, None where there is none."""
        return next((name for name, role in self.roles.items() if role == "coach"), None)


class TranscriptQuality(Value):
    """How far the words and their speakers can be trusted. Shares are 0 to 1.

    Attributes:
        recognition: Mean probability of the recognised words, None for a transcript file.
        overlap: Share of the speaking time in which several speak, None likewise.
        unknown_speaker: Share of the words of which it is not known who said them.
        words_per_minute: Speech rate of all speakers together, None likewise.
        overall: About the share of what was said that arrives right and under the right name.
    """

    recognition: float | None = Field(ge=0, le=1)
    overlap: float | None = Field(ge=0, le=1)
    unknown_speaker: float = Field(ge=0, le=1)
    words_per_minute: float | None = Field(ge=0)
    overall: float = Field(ge=0, le=1)


class Conversation(Value):
    """A transcript split into utterances with roles: what the taggers read."""

    utterances: tuple[Utterance, ...]
    roles: RoleAssignment
    kind: Kind | None = None
    language: str | None = None
    title: str | None = None
    started_at: datetime | None = None
    notes: tuple[str, ...] = ()
    quality: TranscriptQuality | None = None

    @model_validator(mode="after")
    def _indices_count_up(self) -> "Conversation":
        if any(u.index != i for i, u in enumerate(self.utterances)):
            raise ValueError("utterance indices must count up from 0")
        return self
