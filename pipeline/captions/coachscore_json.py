"""The product's own conversation JSON, labelled or not."""

from models.labels import KINDS, ROLES, Kind, Role
from pipeline.captions.draft import Cue, Draft, language_code
from pipeline.captions.json_fields import Fields, fields, objects, share, speaker, string
from pipeline.captions.times import to_datetime, to_seconds


def matches(value: object) -> bool:
    """Whether there are utterances with words."""
    return share(objects(fields(value).get("utterances")), "text")


def parse(value: object) -> Draft:
    """Read the utterances, which keep their number and order; labels are not read here."""
    root = fields(value)
    draft = Draft(
        "coachscore-json",
        [_cue(item) for item in objects(root.get("utterances"))],
        title=string(root, "title"),
        started_at=to_datetime(root.get("started_at")),
        language=language_code(root.get("language")),
        one_sentence_per_segment=True,
    )
    draft.kind = _kind(root, draft)
    if root.get("started_at") is not None and draft.started_at is None:
        draft.notes.append("The start of the conversation is not a date; it was ignored.")
    for item in objects(root.get("participants")):
        if name := speaker(item.get("speaker")):
            draft.roles[name] = _role(item, draft)
    return draft


def _cue(item: Fields) -> Cue:
    return Cue(
        string(item, "text") or "",
        speaker(item.get("speaker")),
        to_seconds(item.get("start")),
        to_seconds(item.get("end")),
    )


def _kind(root: Fields, draft: Draft) -> Kind | None:
    given = root.get("kind")
    kind = next((kind for kind in KINDS if kind == given), None)
    if given is not None and kind is None:
        draft.notes.append(f"The kind of conversation is none of {', '.join(KINDS)}.")
    return kind


def _role(item: Fields, draft: Draft) -> Role | None:
    given = item.get("role")
    role = next((role for role in ROLES if role == given), None)
    if given is not None and role is None:
        draft.notes.append(f"A role is none of {', '.join(ROLES)}; it was ignored.")
    return role
