"""One file for each row of the list of exports, and for each trap in it."""

import pytest

from pipeline.captions.reader import read_transcript

MORNING = "Morning, how was the drive in?"
TRAFFIC = "Two things: traffic, and more traffic."

# File, format, and what it says: speaker, start in seconds, text.
ROWS = [
    (
        "zoom.vtt",
        "zoom-vtt",
        [
            ("Dana | Sales", 227.55, MORNING),
            ("Felix (Geth)", 231.0, TRAFFIC),
            ("Bürgel [Gnosis/HOPR]", 234.5, "Note: we start at 10:30."),
            ("Dana | Sales", 14398.0, "What would you try next time?"),
            ("Felix (Geth)", 14402.0, "I would ask R&D first."),
        ],
    ),
    (
        "zoom_nameless.vtt",
        "vtt",
        [
            (None, 1.0, MORNING),
            (None, 3.5, "Note: we start at 10:30."),
            (None, 6.0, "One thing: the agenda is short."),
        ],
    ),
    (
        "zoom_pasted.vtt",
        "zoom-vtt",
        [
            ("Dana", 1.0, MORNING),
            ("Marcus", 3.5, "Fine. It took me 42 minutes --> a record."),
            ("Dana", 6.0, "What helped?"),
        ],
    ),
    (
        "zoom_captions.txt",
        "zoom-captions-txt",
        [
            ("Dana", 0.0, MORNING),
            ("Bürgel [Gnosis/HOPR]", 8.0, TRAFFIC),
            ("Dana", 15.0, "What helped?"),
        ],
    ),
    (
        "teams.vtt",
        "teams-vtt",
        [
            ("Lisa Simpson", 1.0, "Knock knock"),
            ("Bart & Maggie", 3.0, "Who's there?"),
            ("Lisa Simpson", 5.0, "If a < b"),
            ("Bart & Maggie", 5.0, "Then what?"),
        ],
    ),
    (
        "teams_nameless.vtt",
        "teams-vtt",
        [(None, 1.0, "Knock knock"), (None, 3.0, "Who's there?")],
    ),
    (
        "teams.docx",
        "teams-docx",
        [("Dana Scott", 3.0, f"{MORNING} I started transcription."), ("Marcus", 3723.0, TRAFFIC)],
    ),
    ("stream.vtt", "stream-vtt", [(None, 1.0, MORNING), (None, 3.0, "Long.")]),
    (
        "google_meet.md",
        "google-meet",
        [
            ("Dana", 0.0, MORNING),
            ("Marcus Aurel", None, "Two things: traffic, and *more* traffic. Note: it rained."),
            ("Dana", 68.0, "What helped?"),
        ],
    ),
    (
        "otter.txt",
        "otter",
        [
            ("Dana", 34.0, f"{MORNING} We talked at 10:30 last week."),
            (None, 3598.0, "Sorry, wrong room."),
            ("Marcus", 3723.0, TRAFFIC),
        ],
    ),
    (
        "fathom.txt",
        "fathom",
        [
            ("Dana (Acme)", 0.0, f"{MORNING} Any news?"),
            ("Marcus (Globex)", 12.0, TRAFFIC),
            ("Dana (Acme)", 3607.0, "What helped?"),
        ],
    ),
    (
        "fireflies.json",
        "fireflies-json",
        [("Dana", 0.5, MORNING), ("Marcus", 2.4, "Long."), (None, None, "Hello?")],
    ),
    (
        "gong.json",
        "gong-json",
        [
            ("Dana", 0.5, MORNING),
            ("Dana", 2.2, "Sit down."),
            ("Carla Customer", 2.6, "Long."),
            ("Speaker 503", 3.1, "Hello?"),
        ],
    ),
    ("table.docx", "docx-table", [("Dana", 1.0, MORNING), ("Marcus", 3.0, "Two things: traffic.")]),
    (
        "segments.json",
        "segments-json",
        [("Dana", 0.5, MORNING), ("Marcus", 2.4, "Long."), ("Speaker 0", None, "Hello?")],
    ),
    ("whisper.json", "whisper-json", [(None, 0.5, "Morning."), (None, 2.0, "Long.")]),
    (
        "whisperx.json",
        "whisper-json",
        [("SPEAKER_00", 0.5, "Um 10 Uhr."), ("SPEAKER_01", 2.0, "Ja gut ja.")],
    ),
    (
        "srt_names.srt",
        "srt",
        [
            ("Dana", 1.0, MORNING),
            ("Marcus", 3.5, "Long. I counted 3 < 5 > 4."),
            ("Dana", 6.0, "Between 00:00:01,000 and 00:00:03,000 you said 2024"),
        ],
    ),
    (
        "srt_brackets.srt",
        "srt",
        [
            ("Dana", 1.0, MORNING),
            ("Marcus", 3.5, "Two things: traffic."),
            ("Dana", 6.0, "What helped?"),
        ],
    ),
    (
        "plain.txt",
        "plain-text",
        [
            ("Dana", None, MORNING),
            ("Marcus", None, TRAFFIC),
            ("Dana", None, "What helped?"),
            ("Marcus", None, "The radio."),
        ],
    ),
    (
        "coachscore.json",
        "coachscore-json",
        [("Dana", 0.0, MORNING), ("Marcus", None, "Long. Very long.")],
    ),
]


@pytest.mark.parametrize(("file", "source_format", "said"), ROWS, ids=[row[0] for row in ROWS])
def test_each_shape_is_told_by_its_content_and_read_whole(samples, file, source_format, said):
    transcript = read_transcript(samples[file], "upload.bin")
    assert transcript.source_format == source_format
    assert transcript.made_by.name == f"captions/{source_format}"
    assert [(s.speaker, s.start, s.text) for s in transcript.segments] == said
    assert [s.index for s in transcript.segments] == list(range(len(said)))
    speakers = dict.fromkeys(name for name, _, _ in said if name)
    assert [p.speaker for p in transcript.participants] == list(speakers)


def test_every_sample_has_a_row(samples):
    assert {row[0] for row in ROWS} == set(samples)


@pytest.mark.parametrize("file", [row[0] for row in ROWS if not row[0].endswith("docx")])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_marks_encodings_and_line_ends_change_nothing(samples, file, encoding, line_end):
    text = samples[file].decode()
    other = text.replace("\n", line_end).encode(encoding)
    assert read_transcript(other, file) == read_transcript(samples[file], file)


@pytest.mark.parametrize(
    "file", ["zoom_nameless.vtt", "teams_nameless.vtt", "stream.vtt", "whisper.json"]
)
def test_a_file_without_speakers_says_so(samples, file):
    transcript = read_transcript(samples[file], file)
    assert not transcript.has_speakers
    assert transcript.participants == ()
    assert "The file does not say who speaks." in transcript.notes


def test_language_title_and_start_come_from_the_file(samples):
    def about(file):
        transcript = read_transcript(samples[file], file)
        start = transcript.started_at and transcript.started_at.isoformat()
        return transcript.language, transcript.title, start

    assert about("stream.vtt") == ("en-US", None, None)
    assert about("whisperx.json") == ("de", None, None)
    assert about("zoom.vtt") == (None, None, None)
    start = "2026-03-02T09:00:00+00:00"
    assert about("fireflies.json") == (None, "Weekly one-on-one", start)
    assert about("gong.json") == (None, "Ride along", start)
    title = "Weekly one-on-one-20260302_090000-Meeting Transcript"
    assert about("teams.docx") == (None, title, start)
    assert about("otter.txt")[1] == "Weekly one-on-one"
    assert about("fathom.txt")[1] == "Weekly one-on-one - January 29"
    assert about("google_meet.md")[1] == "Weekly one-on-one - Transcript"


def test_own_json_keeps_its_utterances_kind_and_roles(samples):
    transcript = read_transcript(samples["coachscore.json"], "c.json")
    assert transcript.one_sentence_per_segment
    assert transcript.kind == "one_on_one"
    assert [(p.speaker, p.role) for p in transcript.participants] == [
        ("Dana", "coach"),
        ("Marcus", "coachee"),
    ]


def test_gong_parties_outside_the_company_are_neither_coach_nor_coachee(samples):
    transcript = read_transcript(samples["gong.json"], "g.json")
    assert [(p.speaker, p.role) for p in transcript.participants] == [
        ("Dana", None),
        ("Carla Customer", "other"),
        ("Speaker 503", None),
    ]
    assert "Speakers whose name the file does not give: 1." in transcript.notes


def test_word_times_survive_and_untimed_words_stay_in_order(samples):
    first, second = read_transcript(samples["whisperx.json"], "w.json").segments
    assert [(w.text, w.start, w.end, w.probability) for w in first.words] == [
        ("Um", 0.5, 0.7, 0.9),
        ("10", 0.7, 0.7, 0.0),
        ("Uhr.", 1.2, 1.5, 0.8),
    ]
    assert (second.speaker, second.speaker_confidence) == ("SPEAKER_01", 0.75)
