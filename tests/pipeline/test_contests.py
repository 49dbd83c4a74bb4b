"""Contested tags and coaches: the score follows, the original stays, and nothing is redone."""

import io
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from models.corrections import Correction, correct, value_of
from models.labelled import gold_tags, read_labelled
from pipeline import stages
from pipeline.analysis import finish, load_analysis, rescore, run_stage
from pipeline.jobs import AnalysisOptions, Workplace, open_job
from pipeline.meetings.contesting import (
    ContestError,
    compare,
    contest_tags,
    tag_values,
    withdraw,
)
from pipeline.meetings.contesting_speakers import (
    contest_coach,
    contest_merge,
    contest_name,
    contest_speaker,
)
from pipeline.meetings.meetings import Meeting
from pipeline.people.audit import AuditFilter
from pipeline.people.policy import Reach
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.speaker_edits import SpeakerEditsError
from pipeline.sql import NotStoredError
from pipeline.store import STAGES
from pipeline.uploads.uploads import MeetingDetails, receive, register


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    with closing(Service.open(Settings(home=tmp_path, database_url=database_url))) as opened:
        yield opened


@pytest.fixture
def owner(service: Service) -> UUID:
    return service.people.add("mia@example.com", "Mia", "manager")


@pytest.fixture
def meeting(service: Service, owner: UUID, labelled_talk: Path) -> Meeting:
    details = MeetingDetails(
        owner_id=owner,
        coachee="Ben",
        held_at=datetime(2026, 3, 4, tzinfo=UTC),
        consent_by=f"person:{owner}",
    )
    with labelled_talk.open("rb") as file:
        made = register(service, receive(file, "talk.json", service.settings), details)
    work(service)
    return made


@pytest.fixture
def done(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the stages that are done from here on."""
    names: list[str] = []

    def noted(name: str) -> Any:
        real = getattr(stages, name)
        return lambda *given: names.append(name) or real(*given)

    for name in STAGES:
        monkeypatch.setattr(stages, name, noted(name))
    return names


def work(service: Service) -> None:
    """What a worker does with the oldest analysis that waits, without Prefect."""
    claim = service.work.claim("test")
    job = open_job(Workplace(service.settings, service.store), claim.analysis_id)
    for stage in STAGES:
        run_stage(job, stage)
    finish(job)
    service.work.done("test", claim.analysis_id)


def now(service: Service, meeting: Meeting) -> Meeting:
    return view(service, meeting).meeting


def view(service: Service, meeting: Meeting) -> Any:
    return service.meetings.seen(Reach(own=meeting.owner_id), meeting.id)


def missed(service: Service, meeting: Meeting) -> tuple[int, ...]:
    return load_analysis(service.store, now(service, meeting).analysis_id).scored.missed_challenges


def test_the_score_follows_a_contested_tag_and_nothing_is_redone(
    service: Service, meeting: Meeting, owner: UUID, done: list[str]
) -> None:
    before = view(service, meeting)
    claims = missed(service, meeting)
    began = time.process_time()  # Other processes may have the processor meanwhile.
    made = contest_tags(service, meeting, owner, claims[0], {"unsupported": "no"}, "he had proof")
    assert time.process_time() - began < 2
    assert not made.waiting
    assert done == []
    after = view(service, meeting)
    assert missed(service, meeting) == claims[1:]
    assert after.overall > before.overall
    assert after.scored_kind == before.scored_kind
    assert service.store.scores(meeting.sha256)[0].overall == before.overall


def test_both_are_kept_and_told(service: Service, meeting: Meeting, owner: UUID) -> None:
    at = missed(service, meeting)[0]
    contest_tags(service, meeting, owner, at, {"unsupported": "no"}, "he had  proof")
    found = compare(service, now(service, meeting), None)
    assert found.original.id == meeting.analysis_id
    assert found.original.scored.tagged.tags[at].has("unsupported")
    (one,) = found.contests
    assert (one.by_name, one.contest.was, one.contest.value) == ("Mia", "yes", "no")
    assert one.contest.note == "he had proof"
    wanted = AuditFilter(actor=f"person:{owner}", action="contest", object=f"meeting:{meeting.id}")
    assert service.audit.page(wanted, None, 1).items


def test_withdrawing_brings_the_original_back_and_stays_on_record(
    service: Service, meeting: Meeting, owner: UUID
) -> None:
    first, second = missed(service, meeting)[:2]
    contest_tags(service, meeting, owner, first, {"unsupported": "no"})
    one = view(service, meeting)
    contest_tags(service, one.meeting, owner, second, {"unsupported": "no"})
    newest, oldest = service.contests.all(meeting.id)
    withdraw(service, now(service, meeting), owner, newest.contest.id)
    assert view(service, meeting).overall == one.overall
    withdraw(service, now(service, meeting), owner, oldest.contest.id)
    assert now(service, meeting).analysis_id == meeting.analysis_id
    assert all(c.contest.withdrawn_at for c in service.contests.all(meeting.id))
    with pytest.raises(NotStoredError):
        withdraw(service, now(service, meeting), owner, oldest.contest.id)


def test_what_the_machine_said_withdraws_a_contest(
    service: Service, meeting: Meeting, owner: UUID
) -> None:
    at = missed(service, meeting)[0]
    contest_tags(service, meeting, owner, at, {"unsupported": "no"})
    contest_tags(service, now(service, meeting), owner, at, {"unsupported": "yes"})
    assert service.contests.active(meeting.id) == ()
    assert now(service, meeting).analysis_id == meeting.analysis_id


@pytest.mark.parametrize(
    ("utterance", "values"),
    [
        (10_000, {"outcome": "yes"}),
        (0, {"outcome": "perhaps"}),
        (None, {}),
        (None, {"act": "open"}),
    ],
)
def test_what_cannot_be_contested_is_said_and_changes_nothing(
    service: Service, meeting: Meeting, owner: UUID, utterance: int | None, values: Any
) -> None:
    at = missed(service, meeting)[0] if utterance is None else utterance
    with pytest.raises(ContestError):
        contest_tags(service, meeting, owner, at, values)
    assert service.contests.all(meeting.id) == ()
    assert now(service, meeting) == meeting


def test_swapping_the_speakers_tags_anew_and_recognises_nothing(
    service: Service, meeting: Meeting, owner: UUID, done: list[str]
) -> None:
    at = missed(service, meeting)[0]
    contest_tags(service, meeting, owner, at, {"unsupported": "no", "outcome": "yes"})
    talk = load_analysis(service.store, meeting.analysis_id).scored.tagged.conversation
    other = next(name for name, role in talk.roles.roles.items() if role == "coachee")
    assert contest_coach(service, now(service, meeting), owner, other).waiting
    assert view(service, meeting).status == "queued"
    work(service)
    assert done == ["attribute", "tag", "score"]
    shown = load_analysis(service.store, now(service, meeting).analysis_id)
    assert shown.scored.tagged.conversation.roles.coach == other
    # The coach cannot make unsupported claims; a result is one, whoever speaks of it.
    roles = [u.role for u in shown.scored.tagged.conversation.utterances]
    resting = compare(service, now(service, meeting), roles).resting
    assert [c.field for c in service.contests.active(meeting.id) if c.id in resting] == [
        "unsupported"
    ]
    assert shown.scored.tagged.tags[at].has("outcome")
    done.clear()
    assert not contest_coach(service, now(service, meeting), owner, talk.roles.coach).waiting
    assert done == []
    assert missed(service, meeting)[0] != at


def test_a_swap_can_be_taken_back_while_it_waits(
    service: Service, meeting: Meeting, owner: UUID
) -> None:
    talk = load_analysis(service.store, meeting.analysis_id).scored.tagged.conversation
    other = next(name for name, role in talk.roles.roles.items() if role == "coachee")
    contest_coach(service, meeting, owner, other)
    with pytest.raises(ContestError):
        contest_tags(service, now(service, meeting), owner, 0, {"outcome": "yes"})
    (one,) = service.contests.active(meeting.id)
    withdraw(service, now(service, meeting), owner, one.id)
    assert view(service, meeting).status == "done"
    assert now(service, meeting).analysis_id == meeting.analysis_id


@pytest.fixture
def three(service: Service, owner: UUID, labelled_talk: Path) -> Meeting:
    """A meeting in which every fifth turn of the coachee went to a third speaker."""
    talk = read_labelled(labelled_talk).conversation
    lines, turn = [], 0
    for said in talk.utterances:
        turn += said.role == "coachee"
        name = {"coach": "Ana", "coachee": "Ben"}.get(said.role, "Zoe")
        lines.append(f"{'Speaker 3' if name == 'Ben' and turn % 5 == 0 else name}: {said.text}")
    details = MeetingDetails(
        owner_id=owner,
        coachee="Ben",
        held_at=datetime(2026, 3, 5, tzinfo=UTC),
        consent_by=f"person:{owner}",
    )
    sent = receive(io.BytesIO("\n".join(lines).encode()), "three.txt", service.settings)
    made = register(service, sent, details)
    work(service)
    return made


def shown(service: Service, meeting: Meeting) -> Any:
    return load_analysis(service.store, now(service, meeting).analysis_id).scored.tagged


def test_two_speakers_become_one_and_the_original_is_kept(
    service: Service, three: Meeting, owner: UUID, done: list[str]
) -> None:
    before = shown(service, three).conversation
    assert set(before.roles.roles) == {"Ana", "Ben", "Speaker 3"}
    at = next(i for i, u in enumerate(before.utterances) if u.role == "coachee")
    contest_tags(service, now(service, three), owner, at, {"outcome": "yes"})
    assert contest_merge(service, now(service, three), owner, "Speaker 3", "Ben").waiting
    work(service)
    assert done == ["attribute", "tag", "score"]
    after = shown(service, three).conversation
    assert after.roles.roles == {"Ana": "coach", "Ben": "coachee"}
    assert " ".join(u.text for u in after.utterances) == " ".join(u.text for u in before.utterances)
    (merge,) = service.contests.active(three.id)
    assert (merge.field, merge.was, merge.value) == ("merge", "Speaker 3", "Ben")
    assert [c.contest.field for c in service.contests.all(three.id)] == ["merge", "outcome"]
    withdraw(service, now(service, three), owner, merge.id)
    assert now(service, three).analysis_id == three.analysis_id


def test_names_are_those_that_are_shown_in_whatever_order_they_change(
    service: Service, three: Meeting, owner: UUID
) -> None:
    contest_name(service, three, owner, "Ben", "Benedict")
    work(service)
    contest_merge(service, now(service, three), owner, "Speaker 3", "Benedict")
    work(service)
    assert shown(service, three).conversation.roles.roles == {
        "Ana": "coach",
        "Benedict": "coachee",
    }
    contest_coach(service, now(service, three), owner, "Benedict")
    work(service)
    assert shown(service, three).conversation.roles.coach == "Benedict"
    contest_name(service, now(service, three), owner, "Benedict", "Ben")
    work(service)
    assert shown(service, three).conversation.roles.coach == "Ben"
    assert {c.field for c in service.contests.active(three.id)} == {"merge", "coach"}


def test_a_sentence_is_given_to_who_said_it(
    service: Service, three: Meeting, owner: UUID, done: list[str]
) -> None:
    before = shown(service, three).conversation.utterances
    at = next(i for i, u in enumerate(before) if u.speaker == "Speaker 3")
    contest_speaker(service, three, owner, at, "Ben")
    work(service)
    assert done == ["attribute", "tag", "score"]
    after = {u.source: u.speaker for u in shown(service, three).conversation.utterances}
    assert after[before[at].source] == "Ben"
    others = {u.source: u.speaker for u in before} | {before[at].source: "Ben"}
    assert after == {source: others[source] for source in after}
    moved = shown(service, three).conversation.utterances
    again = next(i for i, u in enumerate(moved) if u.source == before[at].source)
    contest_speaker(service, now(service, three), owner, again, "Speaker 3")
    assert service.contests.active(three.id) == ()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda *at: contest_merge(*at, "Zoe", "Ben"), "The speakers are .*Speaker 3"),
        (lambda *at: contest_merge(*at, "Ben", "Ben"), "two different"),
        (lambda *at: contest_name(*at, "Ben", "Ana"), "another speaker's"),
        (lambda *at: contest_name(*at, "Ben", "  "), "Give another name"),
        (lambda *at: contest_speaker(*at, 10_000, "Ben"), "counted from 0"),
        (lambda *at: contest_speaker(*at, 0, "Ben"), "said that already"),
    ],
)
def test_speakers_that_cannot_be_like_that_are_told_at_once(
    service: Service, three: Meeting, owner: UUID, asked: Any, said: str
) -> None:
    with pytest.raises((ContestError, SpeakerEditsError), match=said):
        asked(service, three, owner)
    assert service.contests.all(three.id) == ()
    assert now(service, three) == three


def test_one_speaker_alone_is_refused_before_a_worker_fails_at_it(
    service: Service, three: Meeting, owner: UUID
) -> None:
    contest_merge(service, three, owner, "Speaker 3", "Ben")
    work(service)
    with pytest.raises(ContestError, match="Only one speaker"):
        contest_merge(service, now(service, three), owner, "Ben", "Ana")
    assert len(service.contests.active(three.id)) == 1


def test_one_of_two_at_the_same_moment_is_refused(
    service: Service, meeting: Meeting, owner: UUID
) -> None:
    first, second = missed(service, meeting)[:2]
    contest_tags(service, meeting, owner, first, {"unsupported": "no"})
    (one,) = service.contests.active(meeting.id)
    assert not service.contests.settle(meeting.id, (), (), meeting.analysis_id)
    assert service.contests.active(meeting.id) == (one,)
    assert second in missed(service, meeting)


def test_a_new_rubric_scores_with_the_corrections(
    service: Service, meeting: Meeting, owner: UUID
) -> None:
    at = missed(service, meeting)[0]
    contest_tags(service, meeting, owner, at, {"unsupported": "no"})
    place = Workplace(service.settings, service.store)
    found = rescore(place, now(service, meeting).analysis_id, kind="deal_review")
    assert not found.scored.tagged.tags[at].has("unsupported")
    assert found.scored.score.rubric.name.endswith("deal_review")


def test_options_without_corrections_are_written_as_before_there_were_any() -> None:
    assert AnalysisOptions().canonical() == '{"coach":null,"kind":null,"whisper_model":null}'


def test_a_correction_keeps_the_codebook(labelled_talk: Path) -> None:
    tagged = gold_tags(read_labelled(labelled_talk))
    at = next(i for i, t in enumerate(tagged.tags) if t.focus and t.focus.value == "deal")
    quiet = correct(tagged, [Correction(utterance=at, field="act", value="other")])
    assert tag_values(quiet, at)["focus"] == "neither"
    asked = correct(tagged, [Correction(utterance=at, field="act", value="leading")])
    assert asked.tags[at].act.value == "question"
    assert asked.tags[at].telling_kind is None
    assert value_of(asked.tags[at], "act") == "leading"
    assert asked.tags[at + 1 :] == tagged.tags[at + 1 :]
    with pytest.raises(ValidationError):
        Correction(utterance=at, field="act", value="shouting")


def test_contests_of_other_meetings_are_out_of_reach(
    service: Service, meeting: Meeting, owner: UUID
) -> None:
    with pytest.raises(NotStoredError):
        withdraw(service, meeting, owner, uuid4())
