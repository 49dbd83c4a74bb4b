"""Whatever the bytes, a transcript or the one error comes out, and nothing else."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.captions.errors import TranscriptError
from pipeline.captions.reader import read_transcript

EXAMPLES = 40
quick = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

KEY_WORDS = (
    "data transcript sentences speaker_name text raw_text start_time end_time title date "
    "callTranscripts callId speakerId start end parties calls metaData id name affiliation "
    "segments words word score probability speaker language utterances participants role kind "
    "started_at stop dialogue labels"
)
KEYS = KEY_WORDS.split()
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Dana", "00:01:02", "-1", "NaN", "external", "en", "coach", "2026-03-02"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=6,
)
ITEMS = st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=3, max_size=8)
PIECES = st.sampled_from(
    [
        "WEBVTT", "\n", "\n\n", "\r\n", "00:00:01.000 --> 00:00:02.000", "00:00:01,000 -->", "-->",
        "NOTE ", "<v Dana>", "</v>", "Dana: ", "[Dana] ", "19:00:25", "### 00:01:08", "**Dana:** ",
        "Dana  0:34", "0:00 - Dana (Acme)", "  ", "\t", "&amp;", "&#0;", "&#x110000;", "1", "99999",
        "word", ":", "\ufeff", "\u2028", "\x00", "{", "[", "९:०९", "9:99:99.999999",
    ]
)  # fmt: skip


def check(data: bytes) -> None:
    try:
        transcript = read_transcript(data, "fuzz")
    except TranscriptError:
        return
    assert transcript.segments
    for segment in transcript.segments:
        assert segment.text.strip()
        assert segment.start is None or 0 <= segment.start < 360_000
        assert None in (segment.start, segment.end) or segment.start <= segment.end
    assert type(transcript).model_validate_json(transcript.model_dump_json()) == transcript


@quick
@given(st.binary(max_size=400))
def test_random_bytes(data):
    check(data)


@quick
@given(st.text(max_size=300) | st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_random_text(text):
    check(text.encode("utf-8", "surrogatepass"))


@quick
@given(VALUES)
def test_random_json(value):
    check(json.dumps(value).encode())


@pytest.mark.parametrize("shape", ["utterances", "segments", "callTranscripts", "sentences", None])
@settings(parent=quick, max_examples=max(EXAMPLES // 4, 8))
@given(items=st.lists(ITEMS, min_size=1, max_size=3))
def test_random_json_of_each_shape(shape, items):
    check(json.dumps({shape: items} if shape else items).encode())


@quick
@given(data=st.data())
def test_samples_with_pieces_cut_doubled_and_put_in(samples, data):
    broken = bytearray(samples[data.draw(st.sampled_from(sorted(samples)))])
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(broken)))
        end = data.draw(st.integers(start, min(len(broken), start + 60)))
        piece = data.draw(
            st.just(b"") | st.just(bytes(broken[start:end]) * 2) | st.binary(max_size=6)
        )
        broken[start:end] = piece
    check(bytes(broken))
