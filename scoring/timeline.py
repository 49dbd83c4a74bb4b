"""Who spoke when, and what the coach's sentences were about: a picture's data."""

from collections.abc import Sequence
from typing import Final

from models.conversation import Utterance, Value
from models.labels import Focus, Role
from models.tags import TaggedConversation, UtteranceTags
from scoring import wording

_TICKS: Final = 4


class Span(Value):
    """Sentences in a row by one speaker about one thing.

    Attributes:
        index: Utterance number of the first, what a link points to.
        speaker: Name.
        role: Side in the conversation.
        about: What they are about; "neither" for everybody but the coach, who alone has it.
        moment: Where it begins, in words.
        until: Where it ends, in words.
        start: Where it begins, 0 to 1 of the conversation.
        width: How much of the conversation it takes, 0 to 1.
    """

    index: int
    speaker: str
    role: Role
    about: Focus
    moment: str
    until: str
    start: float
    width: float


class Timeline(Value):
    """The conversation as spans, in order.

    Attributes:
        timed: Whether it goes by time; else by sentences, each as long as the other.
        speakers: Names, the coach first, then by how soon they speak.
        spans: In order.
        ticks: Words for even steps from the beginning to the end.
    """

    timed: bool
    speakers: tuple[str, ...]
    spans: tuple[Span, ...]
    ticks: tuple[str, ...]


def build_timeline(tagged: TaggedConversation) -> Timeline:
    """The timeline of a conversation; where a sentence lacks its time, all go by number."""
    talk = tagged.conversation.utterances
    timed = bool(talk) and all(u.start is not None for u in talk)
    edges = _edges(talk, timed)
    last = max((end for _, end in edges), default=0.0) or 1.0
    runs = _runs(talk, tagged.tags)
    names = dict.fromkeys(u.speaker for u in sorted(talk, key=lambda u: u.role != "coach"))
    return Timeline(
        timed=timed,
        speakers=tuple(wording.clean(name) for name in names),
        spans=tuple(_span(talk, tagged.tags, run, edges, last, timed) for run in runs),
        # The last sentence begins one before the end.
        ticks=tuple(
            _words((last if timed else last - 1) * i / _TICKS, timed) for i in range(_TICKS + 1)
        ),
    )


def _edges(talk: Sequence[Utterance], timed: bool) -> list[tuple[float, float]]:
    """Begin and end of every sentence, in seconds or in sentences."""
    if not timed:
        return [(float(u.index), u.index + 1.0) for u in talk]
    begins = [u.start or 0.0 for u in talk]
    after = [*begins[1:], begins[-1] + 1]
    return [
        (begin, max(begin, following if u.end is None else u.end))
        for u, begin, following in zip(talk, begins, after, strict=True)
    ]


def _runs(talk: Sequence[Utterance], tags: Sequence[UtteranceTags]) -> list[range]:
    """Stretches of sentences by one speaker about one thing."""
    looks = [(u.speaker, _about(t)) for u, t in zip(talk, tags, strict=True)]
    starts = [i for i, look in enumerate(looks) if i == 0 or look != looks[i - 1]]
    return [range(a, b) for a, b in zip(starts, [*starts[1:], len(looks)], strict=True)]


def _about(tags: UtteranceTags) -> Focus:
    return "neither" if tags.focus is None else tags.focus.value


def _span(
    talk: Sequence[Utterance],
    tags: Sequence[UtteranceTags],
    run: range,
    edges: Sequence[tuple[float, float]],
    last: float,
    timed: bool,
) -> Span:
    first, begin = talk[run[0]], edges[run[0]][0]
    end = max(edges[i][1] for i in run)
    return Span(
        index=run[0],
        speaker=wording.clean(first.speaker),
        role=first.role,
        about=_about(tags[run[0]]),
        moment=_words(begin, timed),
        until=_words(end if timed else end - 1, timed),
        start=begin / last,
        width=(end - begin) / last,
    )


def _words(at: float, timed: bool) -> str:
    return wording.moment(int(at), at if timed else None)
