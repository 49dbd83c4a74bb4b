"""SubRip captions."""

import re

import pysubs2

from pipeline.captions.cue_blocks import Block, first_timing, read_blocks, stamp
from pipeline.captions.draft import Cue, Draft
from pipeline.captions.markup import plain
from pipeline.captions.names import attribute

_TIME_IN_WORDS = re.compile(r"(?<=[0-9]):(?=[0-9])")


def matches(text: str) -> bool:
    """Whether the text has timing lines with a decimal comma, as SubRip has."""
    timing = first_timing(text)
    return timing is not None and "," in timing


def parse(text: str) -> Draft:
    """Read SubRip captions; names are `Name: words` or `[Name] words`, or there are none."""
    blocks = read_blocks(text)
    canonical = "\n\n".join(_caption(n, block) for n, block in enumerate(blocks.captions, 1))
    # keep_html_tags: pysubs2 would also take "<" and ">" in the words for tags.
    events = pysubs2.SSAFile.from_string(canonical, format_="srt", keep_html_tags=True)
    texts = [plain(event.text) for event in events]
    attributed = attribute(texts) or [(None, words, 1.0) for words in texts]
    cues = [
        Cue(words, name, event.start / 1000, event.end / 1000, speaker_confidence=confidence)
        for event, (name, words, confidence) in zip(events, attributed, strict=True)
    ]
    return Draft("srt", cues)


def _caption(number: int, block: Block) -> str:
    # pysubs2 takes any line with two times for a timing line; `plain` decodes the colon.
    words = _TIME_IN_WORDS.sub("&#58;", " ".join(block.lines))
    return f"{number}\n{stamp(block.start, ',')} --> {stamp(block.end, ',')}\n{words}"
