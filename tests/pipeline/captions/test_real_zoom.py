"""The eight real Zoom files, whole and damaged as by pasting."""

import re
import time
from pathlib import Path

import pytest

from pipeline.captions.reader import read_transcript

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "zoom_vtt"
FILES = sorted(FOLDER.glob("*.vtt"))
pytestmark = pytest.mark.skipif(not FILES, reason="the real Zoom files are not beside the checkout")


def read(data: bytes):
    segments = read_transcript(data, "zoom.vtt").segments
    return [(s.speaker, s.start, s.end, s.text) for s in segments]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_cue_is_kept_with_its_name_and_words(path):
    data = path.read_bytes()
    lines = re.findall(r"--> \S+\r\n([^\r]+)", data.decode().replace("\u00a0", " "))
    segments = read(data)
    assert [f"{name}: {text}" for name, _, _, text in segments] == lines
    assert len(lines) == data.count(b"-->")
    assert all(start is not None and end is not None for _, start, end, _ in segments)


@pytest.mark.parametrize("path", FILES[:3], ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [(rb"(\r\n)+", rb"\n"), (rb"\r\n", rb"\n\n"), (rb"(.{60}\S*) ", rb"\1\n"), (rb"WEBVTT", rb"")],
    ids=["no blank lines", "doubled lines", "hard wrapped", "no header"],
)
def test_pasting_damage_changes_nothing(path, pattern, replacement):
    data = path.read_bytes()
    assert read(re.sub(pattern, replacement, data)) == read(data)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_without_its_names_a_file_has_no_speakers(path):
    nameless = re.sub(rb"(?m)^([^:\r\n]{1,60}): ", b"", path.read_bytes())
    assert not read_transcript(nameless, "zoom.vtt").has_speakers


def test_a_four_hour_meeting_is_read_in_seconds_at_most():
    data = b"\r\n\r\n".join(path.read_bytes() for path in FILES) * 2
    started = time.process_time()
    assert len(read(data)) > 7_000
    assert time.process_time() - started < 5
