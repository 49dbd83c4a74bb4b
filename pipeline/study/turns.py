"""What a turn of several utterances does, by their tags."""

from pipeline.study.families import Tags


def turn_act(tags: Tags) -> str:
    """The act of a turn.

    A turn that asks anything asks; else one that gives back what was said reflects; else one
    that tells anything tells.
    """
    acts = {t.act.value for t in tags if t.act is not None}
    return next((a for a in ("question", "reflection", "telling") if a in acts), "other")


def asks(tags: Tags) -> bool:
    """Whether it asks anything."""
    return turn_act(tags) == "question"


def open_question(tags: Tags) -> bool | None:
    """Whether its questions are open; None where it asks none."""
    forms = {t.question_form.value for t in tags if t.question_form is not None}
    return None if not forms else "open" in forms


def challenges(tags: Tags) -> bool:
    """Whether it presses."""
    return any(t.challenge is not None and t.challenge.value for t in tags)


def advises(tags: Tags) -> bool:
    """Whether it gives guidance."""
    return any(t.telling_kind is not None and t.telling_kind.value == "guidance" for t in tags)
