"""Rules: cheap, readable cues of one utterance in its context, as numbers for the features.

None of them looks at a question mark except `question_mark` itself, which training
removes from half of the examples: raw recognised speech has no punctuation.
"""

import itertools
import re
from typing import Final

from models.conversation import Utterance

_WORDS: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_APOSTROPHE: Final = re.compile(r"['\u2019]")

_WH: Final = {
    "what",
    "how",
    "why",
    "who",
    "when",
    "where",
    "which",
    "whose",
    "whats",
    "hows",
    "whos",
}
_AUX: Final = {
    "do", "does", "did", "is", "are", "was", "were", "have", "has", "had", "can", "could",
    "would", "will", "should", "may", "might", "am", "isnt", "arent", "dont", "didnt",
    "doesnt", "havent", "wont", "wouldnt", "couldnt", "shouldnt",
}  # fmt: skip
_SUBJECT: Final = {"you", "he", "she", "they", "it", "we", "i", "that", "there", "this", "the"}
_FILLERS: Final = {
    "um", "uh", "so", "and", "but", "okay", "ok", "well", "right", "like", "yeah", "now",
    "er", "erm", "alright", "or", "then", "mm", "hm", "ah", "oh",
}  # fmt: skip
_STOP: Final = (
    _FILLERS
    | _AUX
    | _SUBJECT
    | {"a", "an", "of", "to", "in", "on", "for", "with", "at", "me", "him", "her", "them", "my"}
    | {"your", "his", "not", "no", "yes", "be", "just", "if", "as", "from", "our", "their"}
)
_SHORT_ANSWERS: Final = {"yes", "yeah", "no", "yep", "yup", "nope", "right", "correct"}
_NUMBER_WORDS: Final = {
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve",
    "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    "hundred", "thousand", "million", "lakh", "lakhs", "crore", "crores", "k", "percent",
}  # fmt: skip

# Each pattern is one feature. Kept few and general: the learned features do the rest.
_PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(rf"\b(?:{pattern})\b")
    for name, pattern in {
        "tell_me": r"tell me|talk me|walk me|take me|give me|help me|show me|explain|describe",
        "tag_question": r"(?:right|yeah|no|correct|is it|isnt it|arent they|dont you|didnt you"
        r"|wont they|isnt he|isnt she|okay|eh|na|huh|or not)$",
        "what_if": r"what if|how about|what about|why dont you|why not|why didnt you",
        "should": r"should|need to|have to|got to|gotta|must|ought|want you to|id|i would|try",
        "let_us": r"lets|let us|do one thing|go back|make sure|stop|start|never|always|dont",
        "praise": r"good|great|nice|well done|love|liked|excellent|proud|strong|better"
        r"|best|brilliant",
        "blame": r"wrong|bad|lazy|excuse|excuses|sloppy|useless|weak|worse|worst|poor|missed",
        "you_said": r"you said|you told|youre saying|you mean|sounds like|so you"
        r"|what i hear|you were",
        "last_time": r"last (?:time|week|month|quarter|friday|monday|tuesday|wednesday|thursday)"
        r"|we (?:agreed|said|talked)|you promised|you were going to|ago"
        r"|did you (?:do|send|call|try|get)",
        "next_step": r"ill|i will|well|youll|by (?:monday|tuesday|wednesday|thursday|friday|next"
        r"|the|tomorrow|end)|tomorrow|next week|send me|book|put it in",
        "hedge": r"think|probably|should be|i guess|maybe|pretty|fairly|feel|feeling|hopefully"
        r"|seems|kind of|sort of|i reckon|sure",
        "evidence": r"how do you know|how do we know|says who|based on|evidence|prove|actually"
        r"|who told|where does that|what tells|who says",
        "forecast": r"forecast|close|closing|commit|quota|number|pipeline|quarter|target|stage|deal"
        r"|budget|contract|sign|signed|revenue|win|won|lost|percent",
        "skill": r"skill|practise|practice|prepare|preparation|plan|habit|listen|listening|question"
        r"|questions|ask|asked|approach|process|learn|notes|rehearse",
        "i_could": r"i could have|i should have|i didnt|i dont|i tend|i always|i just|my fault"
        r"|i was|i never|i guess i|honestly|i need to",
    }.items()
}

CUE_NAMES: Final[tuple[str, ...]] = (
    "question_mark", "starts_wh", "has_wh", "inverted", "any_inverted", "length", "very_short",
    "echo_share", "echo_long", "echo_of_own", "you_share", "i_share", "numbers", "third_person",
    "imperative", "turn_first", "turn_last", "turn_length", "turn_place", "before_other_long",
    "after_other_short", "after_other_yes", "next_other_words", "previous_same", "place",
    "is_coach_turn_long", *_PATTERNS,
)  # fmt: skip


def words(text: str) -> list[str]:
    """Lower-case words of `text` without punctuation or apostrophes.

    Recognised speech writes "dont" and "don't" as it likes; here they are one word.
    """
    return [_APOSTROPHE.sub("", w) for w in _WORDS.findall(text.lower())]


def _content(tokens: list[str]) -> set[str]:
    return {t for t in tokens if t not in _STOP and len(t) > 2}


def _core(tokens: list[str]) -> list[str]:
    """Tokens after leading fillers: the "so um" before a question does not hide it."""
    start = 0
    while start < len(tokens) - 1 and tokens[start] in _FILLERS:
        start += 1
    return tokens[start:]


def _turn_bounds(utterances: tuple[Utterance, ...]) -> list[tuple[int, int]]:
    """First and last index of the turn that each utterance belongs to."""
    starts = list(range(len(utterances)))
    for i in range(1, len(utterances)):
        if utterances[i].speaker == utterances[i - 1].speaker:
            starts[i] = starts[i - 1]
    ends = list(range(len(utterances)))
    for i in range(len(utterances) - 2, -1, -1):
        if utterances[i].speaker == utterances[i + 1].speaker:
            ends[i] = ends[i + 1]
    return list(zip(starts, ends, strict=True))


def _union(content: list[set[str]], start: int, end: int) -> set[str]:
    return set().union(*content[max(start, 0) : end])


def _form_cues(text: str, tokens: list[str]) -> list[float]:
    core = _core(tokens)
    first = core[0] if core else ""
    pairs = list(itertools.pairwise(core))
    n = max(len(tokens), 1)
    numbers = sum(t in _NUMBER_WORDS or t[0].isdigit() for t in tokens)
    return [
        float("?" in text),
        float(first in _WH),
        float(any(t in _WH for t in core)),
        float(bool(pairs) and pairs[0][0] in _AUX and pairs[0][1] in _SUBJECT),
        float(any(a in _AUX and b in _SUBJECT for a, b in pairs)),
        min(len(tokens), 40) / 20,
        float(len(tokens) <= 2),
        sum(t in {"you", "your", "youre", "youve", "yourself"} for t in tokens) / n,
        sum(t in {"i", "my", "im", "ive", "id", "me"} for t in tokens) / n,
        min(numbers, 4) / 2,
        sum(t in {"he", "she", "they", "him", "her", "them", "his", "their"} for t in tokens) / n,
        float(bool(first) and first not in _SUBJECT | _AUX | _WH | _STOP and len(tokens) > 2),
    ]


def cue_matrix(utterances: tuple[Utterance, ...]) -> list[list[float]]:
    """Cues of every utterance.

    Args:
        utterances: A whole conversation, in order.

    Returns:
        One row per utterance, one column per name in `CUE_NAMES`, about 0 to 2 each.
    """
    tokens = [words(u.text) for u in utterances]
    content = [_content(t) for t in tokens]
    counts = [0, *itertools.accumulate(len(t) for t in tokens)]
    bounds = _turn_bounds(utterances)
    rows = []
    for i, utterance in enumerate(utterances):
        start, end = bounds[i]
        before_start = bounds[start - 1][0] if start else 0
        before = counts[start] - counts[before_start]
        after_end = bounds[end + 1][1] + 1 if end + 1 < len(tokens) else end + 1
        after = counts[after_end] - counts[end + 1]
        own = content[i]
        echo = len(own & _union(content, before_start, start)) / max(len(own), 1)
        echo_long = len(own & _union(content, start - 12, start)) / max(len(own), 1)
        own_before = _union(content, start, i)
        turn_words = counts[end + 1] - counts[start]
        form = _form_cues(utterance.text, tokens[i])
        plain = " ".join(tokens[i])
        answer = next((t[0] for t in tokens[end + 1 : after_end] if t), None)
        rows.append(
            [
                *form[:7],
                echo,
                echo_long,
                len(own & own_before) / max(len(own), 1),
                *form[7:],
                float(i == start),
                float(i == end),
                min(end - start + 1, 8) / 4,
                (i - start) / max(end - start, 1),
                min(before, 40) / 20,
                float(after <= 3),
                float(answer in _SHORT_ANSWERS),
                min(after, 40) / 20,
                float(i > start),
                i / len(utterances),
                min(turn_words, 120) / 60,
                *(float(bool(p.search(plain))) for p in _PATTERNS.values()),
            ]
        )
    return rows
