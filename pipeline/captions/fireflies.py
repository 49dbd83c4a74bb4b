"""Fireflies JSON: `data.transcript.sentences[]`."""

from pipeline.captions.draft import Cue, Draft, language_code
from pipeline.captions.json_fields import Fields, fields, first, objects, share, speaker, string
from pipeline.captions.times import to_datetime, to_seconds


def matches(value: object) -> bool:
    """Whether there are sentences with a speaker's name, in or out of their envelope."""
    sentences = objects(_transcript(value).get("sentences"))
    return share(sentences, "speaker_name", "raw_text", "speaker_id")


def parse(value: object) -> Draft:
    """Read the sentences; times are seconds, as a number or a string."""
    transcript = _transcript(value)
    cues = [_cue(sentence) for sentence in objects(transcript.get("sentences"))]
    return Draft(
        "fireflies-json",
        cues,
        title=string(transcript, "title"),
        started_at=to_datetime(first(transcript, "date", "dateString")),
        language=language_code(transcript.get("language")),
    )


def _transcript(value: object) -> Fields:
    envelope = fields(fields(value).get("data")) or fields(value)
    return fields(envelope.get("transcript")) or envelope


def _cue(sentence: Fields) -> Cue:
    return Cue(
        string(sentence, "text", "raw_text") or "",
        speaker(first(sentence, "speaker_name", "speaker_id")),
        to_seconds(sentence.get("start_time")),
        to_seconds(sentence.get("end_time")),
    )
