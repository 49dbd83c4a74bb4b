"""Speakers that somebody put right by hand: the transcript as it was stays in the store."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Self

from pydantic import Field

from models.conversation import Participant, Segment, Transcript, Value
from models.errors import CoachscoreError
from pipeline.clues import Name

_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?")


class SpeakerEditsError(CoachscoreError):
    """The edits do not fit the transcript or each other."""

    title = "The speakers cannot be changed like that"


class Assignment(Value):
    """Segments that somebody else said.

    Attributes:
        first: `Segment.index`; utterances show it as `source`.
        last: The same; included.
        speaker: Who said them: one of the speakers, or somebody new.
    """

    first: int = Field(ge=0)
    last: int = Field(ge=0)
    speaker: Name


class Renaming(Value):
    """A speaker's name and the one to show instead."""

    speaker: Name
    name: Name


class SpeakerEdits(Value):
    """What is to change about who spoke. All names are those of the transcript.

    It is applied in this order, whichever order the edits were made in, so that equal
    edits are equal values and lead to equal results.

    Attributes:
        assign: Segments given to another speaker; of two that overlap, the later counts.
        merge: Speakers who are one: `speaker` becomes `name`, who is a speaker too.
        rename: Speakers who get a name that nobody has.
    """

    assign: tuple[Assignment, ...] = Field(default=(), max_length=1000)
    merge: tuple[Renaming, ...] = Field(default=(), max_length=50)
    rename: tuple[Renaming, ...] = Field(default=(), max_length=50)

    @classmethod
    def parse(
        cls, assign: Iterable[str] = (), merge: Iterable[str] = (), rename: Iterable[str] = ()
    ) -> Self:
        """Read edits as they are typed: "12-15=Ben", "Speaker 3=Ben", "Speaker 1=Ana".

        Raises:
            SpeakerEditsError: A text has another form.
        """
        return cls(
            assign=tuple(_assignment(text) for text in assign),
            merge=tuple(_renaming(text) for text in merge),
            rename=tuple(_renaming(text) for text in rename),
        )

    def then(self, later: Self) -> Self:
        """These edits and later ones, both in the transcript's own names."""
        return self.model_copy(
            update={
                "assign": self.assign + later.assign,
                "merge": _latest(self.merge + later.merge),
                "rename": _latest(self.rename + later.rename),
            }
        )

    def named(self, speaker: str) -> str:
        """What a speaker of the transcript is called afterwards.

        Raises:
            SpeakerEditsError: Merges lead back to where they began.
        """
        merged = {edit.speaker: edit.name for edit in self.merge}
        speaker = _end(speaker, merged)
        return {edit.speaker: edit.name for edit in self.rename}.get(speaker, speaker)

    def follow(self, name: str, later: Self) -> str:
        """What somebody is called after `later`, who is called `name` after these edits."""
        return later.named(next((e.speaker for e in self.rename if e.name == name), name))

    def apply(self, transcript: Transcript) -> Transcript:
        """The transcript with these edits; it stays as it is.

        What somebody assigned by hand is certain; a merge leaves confidences as they were.

        Raises:
            SpeakerEditsError: There is no such segment or speaker, or a new name is taken.
        """
        segments = list(transcript.segments)
        place = {segment.index: at for at, segment in enumerate(segments)}
        for edit in self.assign:
            chosen = [i for i in range(edit.first, edit.last + 1) if i in place]
            if not chosen:
                raise SpeakerEditsError(
                    f"Segments {edit.first} to {edit.last} are not there; the last one is "
                    f"{max(place, default=0)}. The JSON gives each utterance's as `source`."
                )
            given = {"speaker": edit.speaker, "speaker_confidence": 1.0}
            for index in chosen:
                segments[place[index]] = segments[place[index]].model_copy(update=given)
        self._check({s.speaker for s in segments if s.speaker is not None})
        spoken = tuple(
            s if s.speaker is None else s.model_copy(update={"speaker": self.named(s.speaker)})
            for s in segments
        )
        people = self._participants(transcript.participants, spoken)
        return transcript.model_copy(update={"segments": spoken, "participants": people})

    def _check(self, speakers: set[str]) -> None:
        known = ", ".join(f"“{name}”" for name in sorted(speakers))
        for edit in (*self.merge, *self.rename):
            if edit.speaker not in speakers:
                raise SpeakerEditsError(f"Nobody is called “{edit.speaker}”; there are {known}.")
        for edit in self.merge:
            if edit.name not in speakers:
                raise SpeakerEditsError(f"Nobody is called “{edit.name}”; there are {known}.")
        left = {self.named(name) for name in speakers}
        merged = {edit.speaker for edit in self.merge}
        if len(left) < len(speakers - merged):
            raise SpeakerEditsError(
                f"A new name is another speaker's already; there are {known}. Two speakers who "
                "are one person are merged, not renamed."
            )

    def _participants(
        self, before: Iterable[Participant], segments: Iterable[Segment]
    ) -> tuple[Participant, ...]:
        """Everybody who is still there, with the role that the source gave them."""
        roles: dict[str, Participant] = {}
        for person in before:
            roles.setdefault(self.named(person.speaker), person)
        for name in (s.speaker for s in segments if s.speaker is not None):
            roles.setdefault(name, Participant(speaker=name))
        return tuple(Participant(speaker=name, role=person.role) for name, person in roles.items())


def _latest(edits: Iterable[Renaming]) -> tuple[Renaming, ...]:
    return tuple({edit.speaker: edit for edit in edits}.values())


def _end(name: str, merged: Mapping[str, str]) -> str:
    """Follow merges to the speaker who is left."""
    seen = [name]
    while (into := merged.get(seen[-1])) is not None:
        if into in seen:
            raise SpeakerEditsError(f"“{into}” is merged into nobody else but “{into}”.")
        seen.append(into)
    return seen[-1]


def _sides(text: str) -> tuple[str, str]:
    left, equals, right = (part.strip() for part in text.partition("="))
    if not (left and equals and right) or max(len(left), len(right)) > 200:
        raise SpeakerEditsError(f"“{text}” is not of the form “this=that”.")
    return left, right


def _renaming(text: str) -> Renaming:
    speaker, name = _sides(text)
    return Renaming(speaker=speaker, name=name)


def _assignment(text: str) -> Assignment:
    numbers, speaker = _sides(text)
    found = _RANGE.fullmatch(numbers)
    if found is None:
        raise SpeakerEditsError(f"“{numbers}” is no segment, such as 12, and no range as 12-15.")
    first, last = int(found[1]), int(found[2] or found[1])
    return Assignment(first=min(first, last), last=max(first, last), speaker=speaker)
