"""Contesting, for the owner of a meeting: tags of a sentence, who coached, and who spoke."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import OwnMeeting, Served, Signed
from api.pages import page
from models.corrections import CorrectedField, fields_of
from models.errors import CoachscoreError
from models.labels import Role
from pipeline.analysis import load_analysis
from pipeline.jobs import NAME_LENGTH
from pipeline.meetings.contesting import (
    ContestError,
    Settled,
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
from pipeline.meetings.meetings import MeetingView
from pipeline.service import Service
from pipeline.sql import NotStoredError
from scoring import tag_words
from scoring.report_lines import build_lines
from scoring.score import ScoredConversation

router = APIRouter(prefix="/meetings/{meeting_id}", include_in_schema=False)
Number = Annotated[int, Path(ge=0)]
Note = Annotated[str, Form(max_length=500)]
Name = Annotated[str, Form(max_length=NAME_LENGTH)]


@router.get("/contest/{utterance}")
def contest_form(
    request: Request, person: Signed, view: OwnMeeting, service: Served, utterance: Number
) -> HTMLResponse:
    """The tags of one sentence, to be put right."""
    return _form(request, service, view, utterance)


@router.post("/contest/{utterance}")
def contest(
    request: Request,
    person: Signed,
    view: OwnMeeting,
    service: Served,
    utterance: Number,
    chosen: Annotated[list[str] | None, Form()] = None,
    marks: Annotated[list[str] | None, Form()] = None,
    note: Note = "",
) -> Response:
    """Take what is right: `chosen` in the order of the form, and which marks are set."""
    talk = _scored(service, view, utterance).tagged.conversation.utterances
    values = _values(talk[utterance].role, chosen or [], marks or [])
    try:
        settled = contest_tags(service, view.meeting, person.id, utterance, values, note)
    except ContestError as error:
        return _form(request, service, view, utterance, error)
    return _changed(view, settled, f"#u{utterance}")


@router.post("/contest/{utterance}/speaker")
def give(
    person: Signed, view: OwnMeeting, service: Served, utterance: Number, speaker: Name
) -> Response:
    """Say that somebody else said a sentence."""
    settled = contest_speaker(service, view.meeting, person.id, utterance, speaker)
    return _changed(view, settled)


@router.post("/coach")
def swap(
    person: Signed, view: OwnMeeting, service: Served, coach: Name, note: Note = ""
) -> Response:
    """Say that somebody else coached."""
    settled = contest_coach(service, view.meeting, person.id, coach, note)
    return _changed(view, settled)


@router.post("/speakers/name")
def call(person: Signed, view: OwnMeeting, service: Served, rename: Name, name: Name) -> Response:
    """Say what a speaker is called."""
    return _changed(view, contest_name(service, view.meeting, person.id, rename, name))


@router.post("/speakers/merge")
def join(person: Signed, view: OwnMeeting, service: Served, merge: Name, into: Name) -> Response:
    """Say that two speakers are one."""
    return _changed(view, contest_merge(service, view.meeting, person.id, merge, into))


@router.post("/contests/{contest_id}/withdraw")
def take_back(person: Signed, view: OwnMeeting, service: Served, contest_id: UUID) -> Response:
    """Let a contest no longer count."""
    return _changed(view, withdraw(service, view.meeting, person.id, contest_id))


def _values(role: Role, chosen: list[str], marks: list[str]) -> dict[CorrectedField, str]:
    fields = fields_of(role)
    one_of = [field for field in fields if field in tag_words.CHOSEN]
    flags = {field: "yes" if field in marks else "no" for field in fields if field not in one_of}
    return dict(zip(one_of, chosen, strict=False)) | flags


def _changed(view: MeetingView, settled: Settled, at: str = "") -> Response:
    """Back to the meeting, which says how long its new score took."""
    took = "" if settled.waiting else f"?took={settled.seconds:.2f}"
    return RedirectResponse(f"/meetings/{view.meeting.id}{took}{at}", HTTPStatus.SEE_OTHER)


def _scored(service: Service, view: MeetingView, number: int) -> ScoredConversation:
    scored = load_analysis(service.store, view.meeting.analysis_id).scored
    if number >= len(scored.tagged.tags):
        raise NotStoredError("No such sentence.")
    return scored


def _form(
    request: Request,
    service: Service,
    view: MeetingView,
    number: int,
    error: CoachscoreError | None = None,
) -> HTMLResponse:
    scored = _scored(service, view, number)
    values = tag_values(scored.tagged, number)
    talk = scored.tagged.conversation
    said = talk.utterances[number]
    return page(
        request,
        "contest.html.j2",
        status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
        view=view,
        around=build_lines(scored)[max(number - 2, 0) : number + 2],
        said=said,
        others=[(name, name) for name in talk.roles.roles if name != said.speaker],
        number=number,
        values=values,
        one_of=[field for field in values if field in tag_words.CHOSEN],
        words=tag_words,
        missed=number in scored.missed_challenges,
        error=error,
    )
