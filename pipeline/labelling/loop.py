"""`coachscore label`: asking for labels, one utterance after the other.

The model's opinion is not shown before everything is labelled: who sees it first agrees
with it too easily.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from models.conversation import Utterance
from models.labelled import LabelledConversation, LabelledDataError, read_labelled
from pipeline import stages
from pipeline.labelling.codes import ACTS, CONVERSATION, MARKS, CodeError
from pipeline.labelling.session import Session
from pipeline.progress import silent
from pipeline.settings import Settings

Ask = Callable[[str], str]
Say = Callable[[str], None]

UNDO: Final = "<"
QUIT: Final = "x"
HELP: Final = "?"

_CONTEXT: Final = 6  # Utterances shown before the one to label.

_HELP_TEXT: Final = f"""Coach: act, ! if it challenges, focus, activity, + and marks, as q.o! V c +p
  act       {"  ".join(ACTS)}   (question open, closed, leading; telling guidance,
            feedback, information; reflection; other)
  focus     D deal, V development, N neither        as before if left out
  activity  c call, p opportunity, a account, t territory, - none    as before if left out
Coachee: + and marks, or nothing.
  marks     {", ".join(f"{letter} {mark}" for letter, mark in MARKS.items())}
            (u and r for the coachee only)
{UNDO} takes the last answer back, {QUIT} stops, {HELP} shows this. Every answer is saved at
once; the same command goes on where you stopped."""


def open_conversation(path: Path, coach: str | None, settings: Settings) -> LabelledConversation:
    """The conversation of a file: labelled JSON with its labels, or any transcript.

    Args:
        path: The file.
        coach: Name of the coach where the user gave it; for transcripts.
        settings: For reading it.

    Raises:
        CoachscoreError: It is no transcript, or nobody can be told for the coach.
    """
    if path.suffix == ".json" and (item := _labelled(path)) is not None:
        return item
    recording = stages.probe(path)
    if recording.medium == "audio":
        raise stages.InputFileError(f"{path} is sound. Transcribe it first, and label that.")
    transcript = stages.transcribe(recording, settings, silent)
    conversation = stages.attribute(transcript, coach)
    return LabelledConversation.model_validate(
        {
            "id": path.stem,
            "author": "unknown",
            "conversation": conversation,
            "labels": {},
            "utterance_labels": (None,) * len(conversation.utterances),
        }
    )


def label(session: Session, ask: Ask, say: Say) -> bool:
    """Ask until everything is labelled, or the user stops.

    Args:
        session: What there is to label.
        ask: Shows a prompt and returns what was typed; raises EOFError at the end of input.
        say: Shows a text.

    Returns:
        Whether everything was asked.
    """
    say(_HELP_TEXT)
    try:
        while session.step is not None:
            _show(session, say)
            _one(session, ask(_prompt(session)), say)
    except (_Stopped, EOFError, KeyboardInterrupt):
        say(f"Stopped at {session.at + 1} of {session.count}; the same command goes on there.")
        return False
    return True


class _Stopped(Exception):  # noqa: N818 -- not an error
    """The user stops."""


def _one(session: Session, typed: str, say: Say) -> None:
    if typed.strip() == QUIT:
        raise _Stopped
    if typed.strip() == HELP:
        say(_HELP_TEXT)
    elif typed.strip() == UNDO:
        if not session.undo():
            say("Nothing to take back.")
    else:
        try:
            session.answer(typed)
        except CodeError as error:
            say(str(error))


def _show(session: Session, say: Say) -> None:
    """The utterance to label after those before it."""
    step = session.step
    if not isinstance(step, int):
        return
    spoken = session.item.conversation.utterances
    say("")
    for utterance in spoken[max(0, step - _CONTEXT) : step]:
        say(f"    {shown(utterance)}")
    say(f"  > {shown(spoken[step])}")


def shown(utterance: Utterance) -> str:
    """An utterance with its number, speaker and role."""
    return f"{utterance.index} {utterance.speaker} ({utterance.role}): {utterance.text}"


def _prompt(session: Session) -> str:
    step = session.step
    place = f"[{session.at + 1}/{session.count}]"
    if isinstance(step, str):
        answers = ", ".join(f"{code} {value}" for code, value in CONVERSATION[step].items())
        short = "1 to 5" if "5" in CONVERSATION[step] else answers
        return f"{place} conversation, {step} ({short}; Enter to leave out): "
    return f"{place} "


def _labelled(path: Path) -> LabelledConversation | None:
    """A labelled file; None where it is another kind of JSON, or holds no labels."""
    try:
        item = read_labelled(path)
    except LabelledDataError:
        return None
    return item if any(item.utterance_labels) else None
