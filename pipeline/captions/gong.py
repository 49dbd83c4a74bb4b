"""Gong API JSON: `callTranscripts[]`, with the parties of the call where they are there."""

from collections.abc import Iterator

from models.labels import Role
from pipeline.captions.draft import Cue, Draft, language_code
from pipeline.captions.json_fields import Fields, fields, first, objects, string
from pipeline.captions.times import to_datetime, to_seconds


def matches(value: object) -> bool:
    """Whether there are call transcripts."""
    return "callTranscripts" in fields(value)


def parse(value: object) -> Draft:
    """Read the sentences of the first call; times are milliseconds.

    `parties` are looked for beside the transcript, in the call of the same id and at the
    top. A person outside the company has the role "other": nobody coaches a customer.
    """
    root = fields(value)
    calls = objects(root.get("callTranscripts"))
    entry = calls[0] if calls else {}
    call = _call(root, entry)
    meta = fields(call.get("metaData")) or call
    parties = _parties(root, call, entry)
    turns = objects(entry.get("transcript"))
    draft = Draft(
        "gong-json",
        [cue for turn in turns for cue in _cues(turn, parties)],
        title=string(meta, "title"),
        started_at=to_datetime(first(meta, "started", "scheduled")),
        language=language_code(meta.get("language")),
        roles={_name(party): _role(party) for party in parties.values()},
    )
    draft.notes += _remarks(calls, turns, parties)
    return draft


def _call(root: Fields, entry: Fields) -> Fields:
    """The call that the transcript belongs to, empty where the file has no calls."""
    calls = objects(root.get("calls")) or objects([root.get("call")])
    ids = [(fields(call.get("metaData")) or call).get("id") for call in calls]
    wanted = entry.get("callId")
    same = [call for call, call_id in zip(calls, ids, strict=True) if call_id in (wanted, None)]
    return same[0] if same else {}


def _parties(*holders: Fields) -> dict[str, Fields]:
    """Parties with a name, by speaker id; the closest to the transcript wins."""
    return {
        str(party["speakerId"]): party
        for holder in holders
        for party in objects(holder.get("parties"))
        if party.get("speakerId") is not None and _name(party)
    }


def _name(party: Fields) -> str:
    return string(party, "name", "emailAddress") or ""


def _role(party: Fields) -> Role | None:
    affiliation = string(party, "affiliation") or ""
    return "other" if affiliation.casefold() == "external" else None


def _cues(turn: Fields, parties: dict[str, Fields]) -> Iterator[Cue]:
    speaker_id = turn.get("speakerId")
    party = parties.get(str(speaker_id))
    unresolved = None if speaker_id is None else f"Speaker {speaker_id}"
    name = _name(party) if party else unresolved
    for sentence in objects(turn.get("sentences")):
        start = to_seconds(sentence.get("start"), per_second=1000)
        end = to_seconds(sentence.get("end"), per_second=1000)
        yield Cue(string(sentence, "text") or "", name, start, end)


def _remarks(calls: list[Fields], turns: list[Fields], parties: dict[str, Fields]) -> list[str]:
    remarks = []
    if len(calls) > 1:
        remarks.append(f"The file holds {len(calls)} calls; only the first was read.")
    ids = {str(turn["speakerId"]) for turn in turns if turn.get("speakerId") is not None}
    if unknown := len(ids - parties.keys()):
        remarks.append(f"Speakers whose name the file does not give: {unknown}.")
    if external := [_name(party) for party in parties.values() if _role(party)]:
        remarks.append(f"From outside the company: {', '.join(external)[:200]}.")
    return remarks
