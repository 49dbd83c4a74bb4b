"""What the page of a meeting shows, put together from its analysis and its contests."""

from collections import defaultdict
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.pages import page
from models.conversation import Value
from pipeline.analysis import load_analysis
from pipeline.meetings.contesting import Comparison, compare
from pipeline.meetings.contests import Contest
from pipeline.meetings.meetings import MeetingView
from pipeline.presenting import report_of
from pipeline.service import Service
from pipeline.sql import now
from scoring import tag_words
from scoring.html import filter_counts
from scoring.report_values import COMMON_PRACTICE, METHOD
from scoring.timeline import build_timeline


class ContestWords(Value):
    """A contest as it is shown: who, and what became of what."""

    contest: Contest
    by: str
    was: str
    now: str
    resting: bool


def waiting_page(request: Request, service: Service, view: MeetingView, mine: bool) -> HTMLResponse:
    """A meeting that has no score yet, or got none."""
    contests = _words(compare(service, view.meeting, None))
    return page(request, "meeting_waiting.html.j2", view=view, mine=mine, contests=contests)


def meeting_page(
    request: Request, service: Service, view: MeetingView, *, mine: bool, show: str, **more: Any
) -> HTMLResponse:
    """A meeting with its score.

    Args:
        request: What was asked.
        service: Where it is stored.
        view: The meeting.
        mine: Whether it is the reader's own.
        show: Which lines of the transcript are shown: a name of `filter_counts`.
        **more: Further values for the template.
    """
    meeting = view.meeting
    analysis = load_analysis(service.store, meeting.analysis_id)
    talk = analysis.scored.tagged.conversation
    compared = compare(service, meeting, [u.role for u in talk.utterances])
    contests = _words(compared)
    report = report_of(analysis, service.settings)
    filters = filter_counts(report)
    return page(
        request,
        "meeting.html.j2",
        view=view,
        mine=mine,
        alone=mine and meeting.visible_to_vp_at > now(),
        report=report,
        timeline=build_timeline(analysis.scored.tagged),
        filters=filters,
        show=show if show in {name for name, _, count in filters if count} else "all",
        heard=analysis.recording.medium == "audio",
        times=[(u.start, u.end) for u in talk.utterances],
        roles=talk.roles,
        speakers=[(name, name) for name in talk.roles.roles],
        contests=contests,
        contested=_by_line(contests),
        original=compared.original and report_of(compared.original, service.settings),
        common_practice=COMMON_PRACTICE,
        method=METHOD,
        **more,
    )


def _words(compared: Comparison) -> list[ContestWords]:
    found = []
    for one in compared.contests:
        contest, tag = one.contest, one.contest.correction
        was, now = contest.was, contest.value
        if tag is not None:
            was, now = (tag_words.value_words(tag.field, value) for value in (was, now))
        by = one.by_name or "somebody who has left"
        resting = contest.id in compared.resting
        found.append(ContestWords(contest=contest, by=by, was=was, now=now, resting=resting))
    return found


def _by_line(contests: list[ContestWords]) -> dict[int, list[ContestWords]]:
    """What counts, by the sentence that it is about."""
    lines: dict[int, list[ContestWords]] = defaultdict(list)
    for one in contests:
        tag = one.contest.correction
        if tag is not None and one.contest.withdrawn_at is None and not one.resting:
            lines[tag.utterance].append(one)
    return lines
