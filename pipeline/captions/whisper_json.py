"""Whisper and WhisperX JSON: `segments[]`, with `words[]` and `speaker` where they are."""

from collections import Counter
from collections.abc import Sequence

from models.conversation import Word
from pipeline.captions.draft import Cue, Draft, clean, language_code
from pipeline.captions.json_fields import Fields, fields, first, objects, share, speaker, string
from pipeline.captions.times import to_seconds, usable


def matches(value: object) -> bool:
    """Whether there are segments with words."""
    return share(objects(fields(value).get("segments")), "text", "words")


def parse(value: object) -> Draft:
    """Read the segments; a word without times stands where the word before it ended."""
    root = fields(value)
    cues = [_cue(segment) for segment in objects(root.get("segments"))]
    return Draft("whisper-json", cues, language=language_code(root.get("language")))


def _cue(segment: Fields) -> Cue:
    items = objects(segment.get("words"))
    start = to_seconds(segment.get("start"))
    name, confidence = _speaker(segment, items)
    spoken = " ".join(string(item, "word", "text") or "" for item in items)
    return Cue(
        string(segment, "text") or spoken,
        name,
        start,
        to_seconds(segment.get("end")),
        _words(items, usable(start)),
        confidence,
    )


def _speaker(segment: Fields, items: Sequence[Fields]) -> tuple[str | None, float]:
    """The segment's speaker, or the one of most of its words and their share."""
    if name := speaker(segment.get("speaker")):
        return name, 1.0
    names = Counter(name for item in items if (name := speaker(item.get("speaker"))))
    if not names:
        return None, 1.0
    name, count = names.most_common(1)[0]
    return name, count / names.total()


def _words(items: Sequence[Fields], start: float | None) -> tuple[Word, ...]:
    """Words with times; none at all where the file times no word."""
    if all(usable(to_seconds(item.get("start"))) is None for item in items):
        return ()
    words: list[Word] = []
    for item in items:
        text = clean(string(item, "word", "text") or "")
        if not text:
            continue
        previous = words[-1].end if words else start or 0.0
        begin = usable(to_seconds(item.get("start")))
        begin = previous if begin is None else begin
        end = usable(to_seconds(item.get("end")))
        words.append(
            Word(
                text=text,
                start=begin,
                end=max(begin, begin if end is None else end),
                probability=_probability(item),
            )
        )
    return tuple(words)


def _probability(item: Fields) -> float:
    """Whisper's probability or WhisperX's score; 0 where nothing vouches for the word."""
    value = usable(to_seconds(first(item, "probability", "score", "confidence")))
    return min(1.0, value or 0.0)
