"""A JSON array of segments: `[{start, stop, speaker, dialogue}]` and its variants."""

from typing import Final

from pipeline.captions.draft import Cue, Draft
from pipeline.captions.json_fields import Fields, first, objects, share, speaker, string
from pipeline.captions.times import to_seconds

_TEXT: Final = ("dialogue", "text", "sentence", "content", "transcript")
_SPEAKER: Final = ("speaker", "speaker_name", "speakerName", "name", "participant")
_START: Final = ("start", "start_time", "startTime", "begin")
_END: Final = ("stop", "end", "end_time", "endTime")


def matches(value: object) -> bool:
    """Whether the value is an array of objects that have words."""
    items = objects(value)
    return share(items, *_TEXT) and share(items, *_SPEAKER, *_START)


def parse(value: object) -> Draft:
    """Read the segments; times are seconds or clock times."""
    return Draft("segments-json", [_cue(item) for item in objects(value)])


def _cue(item: Fields) -> Cue:
    return Cue(
        string(item, *_TEXT) or "",
        speaker(first(item, *_SPEAKER)),
        to_seconds(first(item, *_START)),
        to_seconds(first(item, *_END)),
    )
