import pytest

from models.conversation import TranscriptQuality
from models.labels import KINDS
from pipeline.rubrics import load_rubric
from scoring.quality import poor_quality, quality_note

RUBRIC = load_rubric(KINDS[0], None)


def quality(overall, recognition=0.9, overlap=0.0, unknown=0.0, rate=150.0):
    return TranscriptQuality(
        recognition=recognition,
        overlap=overlap,
        unknown_speaker=unknown,
        words_per_minute=rate,
        overall=overall,
    )


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (quality(0.3, recognition=0.35), "only 35% sure of its words"),
        (quality(0.4, unknown=0.55), "Of 55% of the words it is not known who said them"),
        (quality(0.45, overlap=0.9), "at once in 90% of the time"),
        (quality(0.2, rate=13.0), "13 words a minute"),
        (quality(0.4, None, None, 0.6, None), "Of 60% of the words"),
    ],
)
def test_a_poor_transcript_gets_no_score_and_the_reason(found, reason):
    said = poor_quality(found, RUBRIC)
    assert reason in said
    assert f"its quality is {found.overall:.2f}, and a score needs 0.60" in said


def test_a_good_or_unjudged_transcript_passes():
    assert poor_quality(quality(0.6), RUBRIC) is None
    assert poor_quality(None, RUBRIC) is None


def test_the_report_states_the_quality_where_there_is_doubt():
    assert quality_note(quality(0.8, overlap=0.1, unknown=0.05)) == (
        "quality of the transcript: 0.80 of 1 (words are 90% sure on average, 5% of the words "
        "have no certain speaker, people speak at once in 10% of the time, 150 words a minute)"
    )
    assert quality_note(quality(1.0, None, None, 0.0, None)) is None
    assert quality_note(None) is None
