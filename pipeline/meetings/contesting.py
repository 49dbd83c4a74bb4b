"""Contesting a meeting's tags: the score follows, the original is kept.

Nothing is recognised again, and nothing is tagged again either: the score is made at once
from the stored tags with the corrections applied. Each set of contests is an analysis of its
own. Who coached and who spoke is contested in `contesting_speakers`.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from models.conversation import Value
from models.corrections import CHOICES, CorrectedField, correct, fields_of, value_of
from models.labels import Role
from models.tags import TaggedConversation
from pipeline.analysis import Analysis, load_analysis
from pipeline.meetings.contests import Contest, Contested
from pipeline.meetings.meetings import Meeting
from pipeline.meetings.settling import (
    ContestError,
    Settled,
    contest_of,
    machine_tags,
    settle,
    without_tags,
)
from pipeline.service import Service
from pipeline.sql import NotStoredError

__all__ = [
    "Comparison", "ContestError", "Settled", "compare", "contest_tags", "tag_values", "withdraw",
]  # fmt: skip


class Comparison(Value):
    """A contested meeting as it was before.

    Attributes:
        original: As the machine alone left it; None where it counts as it is.
        contests: Everything ever contested, newest first.
        resting: Those that count but change nothing, for their speaker's side lacks the tag.
    """

    original: Analysis | None
    contests: tuple[Contested, ...]
    resting: frozenset[UUID]


def contest_tags(
    service: Service,
    meeting: Meeting,
    by: UUID,
    utterance: int,
    values: Mapping[CorrectedField, str],
    note: str = "",
) -> Settled:
    """Contest tags of one utterance, and score the meeting again.

    Args:
        service: Where it is stored.
        meeting: A meeting whose analysis is done.
        by: Its owner.
        utterance: Utterance number.
        values: The right value by tag, one of `CHOICES`; those that are there already are
            passed over. What the machine itself said withdraws an earlier contest.
        note: Why.

    Raises:
        ContestError: No such utterance or tag, or nothing differs from what counts already.
    """
    tagged = machine_tags(service, meeting.analysis_id)
    _check(tagged, utterance, values)
    before = service.contests.active(meeting.id)
    shown, said = tag_values(_corrected(tagged, before), utterance), tag_values(tagged, utterance)
    changed = {field: value for field, value in values.items() if shown[field] != value}
    after = [c for c in before if not (c.utterance == utterance and c.field in changed)]
    make = contest_of(meeting, before, by, note)
    after += [
        make(field, said[field], value, utterance)
        for field, value in changed.items()
        if value != said[field]
    ]
    found = tag_values(_corrected(tagged, after), utterance)
    if not changed or any(found[field] != value for field, value in changed.items()):
        raise ContestError(
            "Nothing would change. Choose what is right where it differs; a sentence that does "
            "nothing in particular is about nothing either."
        )
    return settle(service, meeting, by, before, after)


def withdraw(service: Service, meeting: Meeting, by: UUID, contest_id: UUID) -> Settled:
    """Let a contest no longer count, and score the meeting without it.

    Contested tags go with a contest that cut the sentences anew: theirs are no more.

    Raises:
        NotStoredError: No such contest counts in this meeting.
        SpeakerEditsError: Other contests need it.
    """
    before = service.contests.active(meeting.id)
    gone = next((c for c in before if c.id == contest_id), None)
    if gone is None:
        raise NotStoredError("No such contest, or it was withdrawn before.")
    kept = without_tags(before) if gone.cuts_anew else before
    after = [c for c in kept if c.id != contest_id]
    return settle(service, meeting, by, before, after)


def compare(service: Service, meeting: Meeting, roles: Sequence[Role] | None) -> Comparison:
    """What was contested in a meeting, beside what the machine alone made of it.

    Args:
        service: Where it is stored.
        meeting: The meeting.
        roles: Side of the speaker of each utterance as it is shown, None where it is not yet.
    """
    contests = service.contests.all(meeting.id)
    active = [one.contest for one in contests if one.contest.withdrawn_at is None]
    original = load_analysis(service.store, active[0].original_id) if active else None
    resting = frozenset(
        c.id
        for c in active
        if roles is not None
        and c.correction is not None
        and c.field not in fields_of(roles[c.correction.utterance])
    )
    return Comparison(original=original, contests=contests, resting=resting)


def tag_values(tagged: TaggedConversation, utterance: int) -> dict[CorrectedField, str]:
    """What each tag that an utterance can have says, as one of `CHOICES`."""
    role = tagged.conversation.utterances[utterance].role
    return {field: value_of(tagged.tags[utterance], field) for field in fields_of(role)}


def _corrected(tagged: TaggedConversation, contests: Sequence[Contest]) -> TaggedConversation:
    return correct(tagged, [c.correction for c in contests if c.correction is not None])


def _check(
    tagged: TaggedConversation, utterance: int, values: Mapping[CorrectedField, str]
) -> None:
    talk = tagged.conversation.utterances
    if not 0 <= utterance < len(talk):
        raise ContestError(f"The conversation has {len(talk)} sentences, counted from 0.")
    there = fields_of(talk[utterance].role)
    for field, value in values.items():
        if field not in there:
            can = ", ".join(there) or "none, as its speaker is neither coach nor coachee"
            raise ContestError(f"This sentence has no tag {field}; what it can have: {can}.")
        if value not in CHOICES[field]:
            raise ContestError(f"{field} is one of {', '.join(CHOICES[field])}.")
