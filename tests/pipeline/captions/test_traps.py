"""Damage and oddities that real exports have, beyond one file for each shape."""

import json

import pytest

from pipeline.captions.reader import read_transcript


def read(text: str):
    return read_transcript(text.encode(), "call")


def said(text: str):
    return [(s.speaker, s.text) for s in read(text).segments]


def vtt(*texts: str) -> str:
    cues = [f"{n}\n00:00:{n:02}.000 --> 00:00:{n:02}.900\n{t}" for n, t in enumerate(texts, 1)]
    return "\n\n".join(["WEBVTT", *cues])


def test_a_caption_without_a_name_in_a_named_file_is_marked_uncertain():
    transcript = read(
        vtt("Dana: One.", "and one more thing: two.", "Marcus: Three.", "Dana: Four.")
    )
    assert [(s.speaker, s.text, s.speaker_confidence) for s in transcript.segments] == [
        ("Dana", "One.", 1.0),
        ("Dana", "and one more thing: two.", 0.5),
        ("Marcus", "Three.", 1.0),
        ("Dana", "Four.", 1.0),
    ]
    assert "Captions whose speaker the file does not state for certain: 1." in transcript.notes


def test_phrases_with_a_colon_are_not_names():
    texts = [f"Sentence number {n}." for n in range(8)]
    assert not read(vtt(*texts, "Remember: call back.", "My view: it works.")).has_speakers


def test_captions_without_words_are_left_out_with_a_note():
    transcript = read(vtt("Dana: One.", "Dana: ", "", "Dana: Two."))
    assert [(s.index, s.text) for s in transcript.segments] == [(0, "One."), (3, "Two.")]
    assert "Captions without text, left out: 2." in transcript.notes


def test_a_missing_header_and_doubled_blank_lines_lose_no_words():
    text = vtt("Dana: One\n7\nthings.", "Marcus: 3.", "Dana: Two.")
    expected = [("Dana", "One 7 things."), ("Marcus", "3."), ("Dana", "Two.")]
    assert said(text.removeprefix("WEBVTT")) == expected
    assert said(text.replace("\n", "\n\n")) == expected
    assert said(text.replace("\n\n", "\n")) == expected


def test_numbers_that_are_said_are_not_taken_for_identifiers():
    untitled = "WEBVTT\n\n00:01.000 --> 00:02.000\nHow many?\n\n00:03.000 --> 00:04.000\n42"
    assert said(untitled + "\n\n00:05.000 --> 00:06.000\nYes") == [
        (None, "How many?"),
        (None, "42"),
        (None, "Yes"),
    ]


@pytest.mark.parametrize(
    "timing",
    [
        "00:00:05.000 --> 00:00:04.000",
        "900:00:00.000 --> 901:00:00.000",
        "-1:00:01.0 --> 00:00:2.0",
    ],
)
def test_impossible_times_are_dropped_and_the_words_kept(timing):
    transcript = read(f"WEBVTT\n\n{timing}\nDana: One.\n\n00:07.000 --> 00:08.000\nDana: Two.")
    first, second = transcript.segments
    assert (first.text, second.start, second.end) == ("One.", 7.0, 8.0)
    assert None in (first.start, first.end)
    assert "Captions with a time that cannot be right, which was dropped: 1." in transcript.notes


@pytest.mark.parametrize(
    "bad", ["Infinity", "NaN", "-3", '"soon"', "1e400", "true", "[1]", "9" * 400]
)
def test_impossible_times_in_json_are_dropped_and_the_words_kept(bad):
    transcript = read(f'[{{"start": {bad}, "stop": 2, "speaker": "Dana", "dialogue": "One."}}]')
    assert transcript.segments[0].start is None
    assert transcript.segments[0].text == "One."
    assert any("time that cannot be right" in note for note in transcript.notes)


def test_bytes_that_are_no_utf8_are_read_with_a_note():
    text = "Jürgen: Grüße aus Köln, wie war die Fahrt?\nZoë: Schön, aber sehr spät.\n" * 5
    transcript = read_transcript(text.encode("cp1252"), "a.txt")
    assert transcript.segments[0].speaker == "Jürgen"
    assert transcript.segments[0].text == "Grüße aus Köln, wie war die Fahrt?"
    assert any("encoding" in note for note in transcript.notes)


def test_one_broken_byte_does_not_spoil_the_other_letters():
    data = ("Jürgen: Grüße aus Köln.\n" * 5).encode() + b"Zo\xff: J\xc3\xa4.\n" + b"Anna: Ja."
    transcript = read_transcript(data, "a.txt")
    assert transcript.segments[0].text == "Grüße aus Köln."
    assert "Characters that cannot be read: 1." in transcript.notes


def test_afternoon_clock_times_with_am_and_pm():
    text = "[Dana] 11:59:50 AM\nOne.\n\n[Marcus] 12:00:10 PM\nTwo.\n\n[Dana] 1:00:00 PM\nThree.\n"
    assert [s.start for s in read(text).segments] == [0.0, 20.0, 3610.0]


def test_plain_text_with_times_and_bold_names():
    text = "[00:01:02] **Dana:** One: two.\n[00:01:05] **Marcus:** Three.\n(1:06) Dana: Four."
    assert [(s.speaker, s.start, s.text) for s in read(text).segments] == [
        ("Dana", 62.0, "One: two."),
        ("Marcus", 65.0, "Three."),
        ("Dana", 66.0, "Four."),
    ]


def test_text_exports_pasted_into_word_are_read(word, samples):
    lines = tuple(samples["plain.txt"].decode().split("\n"))
    pasted = read_transcript(word(lines), "a.docx")
    assert pasted.segments == read_transcript(samples["plain.txt"], "a.txt").segments


def test_unknown_kinds_and_roles_are_ignored_with_a_note():
    transcript = read(
        json.dumps(
            {
                "kind": "lunch",
                "started_at": "yesterday",
                "participants": [{"speaker": "Dana", "role": "boss"}],
                "utterances": [{"speaker": "Dana", "text": "One."}],
            }
        )
    )
    assert (transcript.kind, transcript.started_at, transcript.participants[0].role) == (None,) * 3
    assert len(transcript.notes) == 3


def test_lone_surrogates_and_control_characters_do_not_reach_the_words():
    transcript = read('[{"start": 1, "speaker": "Da\\u0000na", "dialogue": "On\\ud800e\\u0007."}]')
    assert (transcript.segments[0].speaker, transcript.segments[0].text) == ("Dana", "One.")


def test_a_name_said_once_in_lower_case_is_a_name_where_every_caption_has_one():
    texts = ["Dana: One.", "keri: Two.", "milen | Erigon: Three.", "Dana: Four."]
    assert [name for name, _ in said(vtt(*texts))] == ["Dana", "keri", "milen | Erigon", "Dana"]


@pytest.mark.parametrize("stray", ["1:30 - Acme Corp", "[Dana] 19:00:25", "Dana  19:00"])
def test_one_line_of_another_format_loses_no_turn(stray):
    turns = [("Dana", "How did it go?"), ("Marcus", "Well.")] * 4
    lines = [f"{name}: {text}" for name, text in turns]
    lines.insert(4, stray)
    found = said("\n".join(lines))
    assert [name for name, _ in found] == [name for name, _ in turns]
    assert stray.split()[-1] in found[3][1]


def test_a_time_and_a_hyphen_before_every_name_is_plain_text():
    lines = ["0:05 - Dana: How did it go?", "0:09 - Marcus: Well.", "0:11 - Dana: Why?"]
    transcript = read("\n".join(lines))
    assert [(s.speaker, s.start, s.text) for s in transcript.segments] == [
        ("Dana", 5.0, "How did it go?"),
        ("Marcus", 9.0, "Well."),
        ("Dana", 11.0, "Why?"),
    ]


def test_saved_captions_go_over_midnight_once_though_they_are_out_of_order():
    clocks = ["23:59:50", "00:00:02", "23:59:58", "00:00:05", "00:00:10"]
    names = ["Dana", "Marcus"] * 3
    lines = [f"[{name}] {at}\nIt goes on at {at}." for name, at in zip(names, clocks, strict=False)]
    assert [s.start for s in read("\n\n".join(lines)).segments] == [0.0, 12.0, 8.0, 15.0, 20.0]
