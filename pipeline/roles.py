"""Who coaches: what the user says, what the file says, or what the talk shows."""

from collections.abc import Mapping
from typing import Final, Literal

from models import artefacts
from models.conversation import RoleAssignment, Transcript
from models.errors import CoachscoreError
from models.labels import Role
from pipeline.clues import Clues, named_manager

UNKNOWN: Final = "Unknown speaker"

_LEAST_SHARE: Final = 0.04  # Who says less than this share of the words is not one of the two.


class RolesError(CoachscoreError):
    """It cannot be said who coaches whom."""

    title = "Who coaches cannot be worked out"


def assign_roles(
    transcript: Transcript, coach: str | None, clues: Clues | None = None
) -> RoleAssignment:
    """Give every speaker a role.

    Args:
        transcript: Segments with speakers.
        coach: Name of the coach as the user gave it, in any case, whole or the start of it.
        clues: What else is known about who was there.

    Returns:
        The coach and one or more coachees; a person who hardly speaks is "other". The
        source says what decided, in this order: given, file, voice, names, content.

    Raises:
        RolesError: Nobody has the given name, or fewer than two people speak.
    """
    volume = _words_by_speaker(transcript)
    if not transcript.has_speakers or len(volume) < 2:
        raise RolesError(_too_few(transcript, volume))
    if coach is not None:
        listed = {p.speaker: p.role for p in transcript.participants if p.role == "other"}
        return _around(_find(coach, volume), volume, "given", 1.0, listed)
    # Who is listed but says nothing cannot be the coach of this talk.
    stated = {p.speaker: p.role for p in transcript.participants if p.role and p.speaker in volume}
    if "coach" in stated.values():
        main = _main(volume)
        rest: dict[str, Role] = {n: "coachee" if n in main else "other" for n in volume}
        return RoleAssignment(roles={**rest, **stated}, source="file", confidence=1.0)
    found = _by_clues(clues or Clues(), [n for n in _main(volume) if n not in stated])
    if found is not None:
        return _around(found[0], volume, found[1], found[2], stated)
    candidates = {n for n in _main(volume) if n not in stated} or set(_main(volume))
    lines = [(s.speaker, s.text) for s in transcript.segments if s.speaker in _main(volume)]
    odds = artefacts.load("roles").probabilities([(s, t) for s, t in lines if s is not None])
    best = max(candidates, key=lambda name: odds[name])
    sure = odds[best] / sum(odds[name] for name in candidates)
    return _around(best, volume, "content", sure, stated)


def _by_clues(
    clues: Clues, speakers: list[str]
) -> tuple[str, Literal["voice", "names"], float] | None:
    """The manager by voice, else by name."""
    if clues.voice is not None and clues.voice.speaker in speakers:
        return clues.voice.speaker, "voice", clues.voice.confidence
    named = named_manager(clues, speakers)
    return None if named is None else (named[0], "names", named[1])


def _words_by_speaker(transcript: Transcript) -> dict[str, int]:
    volume: dict[str, int] = {}
    for segment in transcript.segments:
        name = segment.speaker
        if name is not None:
            volume[name] = volume.get(name, 0) + len(segment.text.split())
    return volume


def _main(volume: dict[str, int]) -> list[str]:
    """Speakers who say enough to be part of the conversation; always at least two."""
    ranked = sorted(volume, key=lambda name: -volume[name])
    total = sum(volume.values())
    return [n for i, n in enumerate(ranked) if i < 2 or volume[n] >= _LEAST_SHARE * total]


def _find(wanted: str, volume: dict[str, int]) -> str:
    names = [n for n in volume if n.casefold() == wanted.casefold()]
    names = names or [n for n in volume if n.casefold().startswith(wanted.casefold())]
    if len(names) != 1:
        found = "nobody" if not names else _listed(names)
        raise RolesError(
            f"“{wanted}” fits {found}; the speakers are {_listed(volume)}. "
            "Give --coach one of them."
        )
    return names[0]


def _around(
    coach: str,
    volume: dict[str, int],
    source: str,
    confidence: float,
    stated: Mapping[str, Role | None],
) -> RoleAssignment:
    """Roles around a coach: as stated, else coachee for whoever says enough."""
    main = _main(volume)
    roles = {n: stated.get(n) or ("coachee" if n in main else "other") for n in volume}
    roles[coach] = "coach"
    return RoleAssignment.model_validate(
        {"roles": roles, "source": source, "confidence": round(confidence, 3)}
    )


def _too_few(transcript: Transcript, volume: dict[str, int]) -> str:
    """Why there are not two people, and what to do about it."""
    if transcript.source_format == "audio":
        return (
            "Only one voice was told apart in the recording, and a coaching conversation needs "
            "two. Record closer to both, or each person on a channel of their own."
        )
    return (
        f"The transcript names {_listed(volume) or 'no speakers'}, and a coaching conversation "
        "needs two. Export it with speaker names, or upload the recording."
    )


def _listed(names: dict[str, int] | list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
