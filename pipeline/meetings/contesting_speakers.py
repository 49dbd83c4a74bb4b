"""Contesting who coached and who spoke: a worker tags anew, nothing is recognised again.

Callers give names as they are shown. Contests keep the machine's own, so that none depends on
the order in which they were made. The sentences may be cut anew where somebody else spoke, so
contested tags are withdrawn then; they stay on record.
"""

from collections.abc import Sequence
from uuid import UUID

from models.conversation import Conversation, Utterance
from pipeline.meetings.contests import Contest
from pipeline.meetings.meetings import Meeting
from pipeline.meetings.settling import (
    ContestError,
    Settled,
    contest_of,
    machine_tags,
    original_id,
    settle,
    speaker_edits,
    without_tags,
)
from pipeline.service import Service
from pipeline.speaker_edits import SpeakerEdits


class _Said:
    """A conversation as the machine left it, and what counts about its speakers by now."""

    def __init__(self, service: Service, meeting: Meeting) -> None:
        self.before = service.contests.active(meeting.id)
        self.talk = machine_tags(service, original_id(meeting, self.before)).conversation
        self.edits = speaker_edits(self.talk, self.before)

    def own_name(self, shown: str) -> str:
        """The machine's name of somebody who is shown by another one."""
        merged = {edit.speaker for edit in self.edits.merge}
        names = {
            self.edits.named(name): name for name in self.talk.roles.roles if name not in merged
        }
        if shown not in names:
            raise ContestError(f"The speakers are {', '.join(names)}. Choose one of them.")
        return names[shown]

    def without_name(self, own: str) -> list[Contest]:
        """What counts, but for what a speaker is called."""
        return [c for c in self.before if not (c.field == "rename" and c.was == own)]


def contest_coach(
    service: Service, meeting: Meeting, by: UUID, coach: str, note: str = ""
) -> Settled:
    """Say that somebody else coached, which swaps the sides; a worker makes the new tags.

    A contested tag that its speaker's new side does not have rests until it has it again.

    Raises:
        ContestError: Nobody in the conversation has that name, or it is the coach already.
    """
    said = _Said(service, meeting)
    name, machine = said.own_name(coach), said.talk.roles.coach
    edited = said.edits != SpeakerEdits()  # Then the machine may have changed its mind.
    counts = next((c.value for c in said.before if c.field == "coach"), machine)
    if name == counts and not edited:
        raise ContestError(f"{coach} is taken to be the coach already.")
    after = [c for c in said.before if c.field != "coach"]
    if name != machine or edited:
        make = contest_of(meeting, said.before, by, note)
        after.append(make("coach", machine or "", name, None))
    return settle(service, meeting, by, said.before, after)


def contest_name(
    service: Service, meeting: Meeting, by: UUID, speaker: str, name: str, note: str = ""
) -> Settled:
    """Say what a speaker is called; the machine's own name withdraws an earlier contest.

    Raises:
        ContestError: Nobody is shown by that name, or they are called so already.
        SpeakerEditsError: Somebody else has the new name.
    """
    said = _Said(service, meeting)
    own, name = said.own_name(speaker), " ".join(name.split())
    if name in ("", speaker):
        raise ContestError(f"{speaker} is called that already. Give another name.")
    after = said.without_name(own)
    if name != own:
        after.append(contest_of(meeting, said.before, by, note)("rename", own, name, None))
    return settle(service, meeting, by, said.before, after)


def contest_merge(
    service: Service, meeting: Meeting, by: UUID, speaker: str, into: str, note: str = ""
) -> Settled:
    """Say that two speakers are one person, who keeps the name of the second.

    Raises:
        ContestError: Nobody is shown by one of the names, they are the same, or nobody else
            would be left.
    """
    said = _Said(service, meeting)
    own, other = said.own_name(speaker), said.own_name(into)
    if own == other:
        raise ContestError("Choose two different speakers.")
    make = contest_of(meeting, said.before, by, note)
    after = [*without_tags(said.without_name(own)), make("merge", own, other, None)]
    return settle(service, meeting, by, said.before, after)


def contest_speaker(
    service: Service, meeting: Meeting, by: UUID, utterance: int, speaker: str, note: str = ""
) -> Settled:
    """Say that another of the speakers said an utterance, with all of its segment.

    Args:
        service: Where it is stored.
        meeting: A meeting whose analysis is done.
        by: Its owner.
        utterance: Number of the utterance as it is shown.
        speaker: Who said it, by the name that is shown.
        note: Why.

    Raises:
        ContestError: No such utterance or speaker, or they said it already.
    """
    said = _Said(service, meeting)
    shown = machine_tags(service, meeting.analysis_id).conversation.utterances
    if not 0 <= utterance < len(shown):
        raise ContestError(f"The conversation has {len(shown)} sentences, counted from 0.")
    if shown[utterance].speaker == speaker:
        raise ContestError(f"{speaker} is taken to have said that already.")
    at, name = _place(said.talk, shown[utterance]), said.own_name(speaker)
    before = said.talk.utterances[at].speaker
    after = [
        c for c in without_tags(said.before) if not (c.field == "speaker" and c.utterance == at)
    ]
    if name != before:
        make = contest_of(meeting, said.before, by, note)
        after.append(make("speaker", before, name, at))
    return settle(service, meeting, by, said.before, after)


def _place(said: Conversation, shown: Utterance) -> int:
    """Number of the machine's first utterance from the segment of one that is shown."""
    began: Sequence[int] = [u.source for u in said.utterances if u.source <= shown.source]
    return next(i for i, u in enumerate(said.utterances) if u.source == max(began))
