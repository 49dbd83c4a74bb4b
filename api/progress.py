"""How far a meeting's analysis got, in words for a page and for those who watch it live."""

from typing import Final

from models.conversation import Value
from pipeline.meetings.meetings import MeetingView
from pipeline.store import Stage, Status
from scoring.wording import capital

_STAGES: Final[dict[Stage, str]] = {
    "transcribe": "Reading or recognising the words",
    "attribute": "Working out who said what",
    "tag": "Looking at every sentence",
    "score": "Working out the score",
}


class Progress(Value):
    """What is being done.

    Attributes:
        status: How far the analysis got.
        title: The same in words; of a failed one, what went wrong.
        note: What that means, or what to do about it.
        share: Share of the whole analysis that is done, 0 to 1, None where nobody can say.
    """

    status: Status
    title: str
    note: str
    share: float | None = None


def progress_of(view: MeetingView) -> Progress:
    """How far a meeting got."""
    match view.status:
        case "queued":
            said = "Waiting for its turn", "It begins as soon as those before it are done."
        case "running":
            said = _STAGES[view.stage] if view.stage else "Being analysed", _left(view)
        case "failed":
            said = view.error_title or "", view.error_message or ""
        case "done":
            said = _result(view), ""
    share = view.share if view.status == "running" else None
    return Progress(status=view.status, title=said[0], note=said[1], share=share)


def _left(view: MeetingView) -> str:
    """How long it will still take, as roughly as it is known."""
    if view.seconds_left is None:
        return ""
    if view.seconds_left < 45:
        return "Less than a minute left."
    minutes = round(view.seconds_left / 60)
    return "About a minute left." if minutes < 2 else f"About {minutes} minutes left."


def _result(view: MeetingView) -> str:
    verdict = capital(view.verdict or "")
    if view.overall is None or view.low is None or view.high is None:
        return verdict
    return f"{verdict}, {view.overall:.0f} ({view.low:.0f} to {view.high:.0f})"
