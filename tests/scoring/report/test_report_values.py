import re

import pytest

from models.conversation import Provenance, TranscriptQuality
from pipeline.rubrics import load_rubric
from scoring import wording
from scoring.digest import CriterionDigest
from scoring.metrics import METRICS
from scoring.quality import poor_quality
from scoring.report import ReportContext, build_report
from scoring.score import first_to_try


def test_every_metric_unit_has_words():
    for name in METRICS:
        shown = wording.measured(name, 6, 8)
        assert re.fullmatch(r"6 of 8( words)?|6 in 8 sentences|1 words|6", shown), name
    assert wording.measured("gaps_named", 6, None) == "6"
    assert wording.measured("pressed_share", 0, 0) == "nothing to judge by"


def test_a_score_of_an_older_version_still_has_its_figures():
    assert wording.measured("pressed_share", 0.43, None) == "43\N{NO-BREAK SPACE}%"
    assert wording.measured("challenges", 9.14, None) == "9.1"


def test_shares_and_counts_are_what_was_seen(make_report):
    strip = make_report().strip
    assert strip.development == pytest.approx(19 / (19 + 21))  # Words of the coach.
    assert strip.deal == pytest.approx(21 / (19 + 21))
    assert strip.coachee_words == pytest.approx(35 / 76)
    assert (strip.questions, strip.tellings, strip.given_back) == (4, 2, 1)
    assert (strip.challenges, strip.missed) == (1, 1)


def test_without_enough_evidence_nothing_is_a_number(make_report):
    report = make_report(enough=False)
    assert report.overall is None
    assert report.interval is None
    assert report.strip.deal is report.strip.coachee_words is None
    assert [c.name for c in report.criteria] == ["inquiry", "challenge", "commitment"]
    assert all(c.score is None and not c.earned + c.lost for c in report.criteria)
    assert [trait.name for trait in report.traits] == ["Kind"]
    assert "longer conversation" in report.first.text


def test_a_score_withheld_for_its_quality_asks_for_no_longer_talk(make_scored, context):
    quality = TranscriptQuality(
        recognition=0.3, overlap=0.0, unknown_speaker=0.0, words_per_minute=150, overall=0.3
    )
    why = poor_quality(quality, load_rubric("deal_review"))
    scored = make_scored(enough=False)
    score = scored.score.model_copy(update={"explanation": why})
    advice = build_report(scored.model_copy(update={"score": score}), context).first.text
    assert "its length is not the reason" in advice


def test_the_first_thing_to_try_is_that_of_the_criterion_to_begin_with(make_report):
    assert make_report().first.text == "Try something about development."


@pytest.mark.parametrize(
    ("inquiry", "development", "first"),
    [
        (80, 60, "challenge"),  # It weighs most.
        (55, 80, "inquiry"),  # Not missing, and not sound either.
        (80, 20, "development"),  # Deals inspected, however well.
        (20, 80, "inquiry"),  # Good advice over a silent rep.
        (30, 20, "development"),
    ],
)
def test_half_of_coaching_that_is_weak_goes_before_what_costs_most(inquiry, development, first):
    scores = {"inquiry": inquiry, "challenge": 10, "development": development, "guidance": 50}
    weights = {"inquiry": 0.2, "challenge": 0.4, "development": 0.1, "guidance": 0.2}
    criteria = [
        CriterionDigest(name=n, title=n, score=scores[n], weight=weights[n], advice="", index=None)
        for n in scores
    ]
    assert first_to_try(criteria).name == first


def test_measures_are_split_at_half_of_their_points(make_report):
    inquiry = make_report().criteria[0]
    assert [m.label for m in inquiry.earned] == [METRICS["thinking_questions"].label]
    assert [m.label for m in inquiry.lost] == [METRICS["given_back"].label]


def test_a_metric_that_a_kind_weighs_more_is_told_once(make_scored, context):
    scored = make_scored()
    first, *rest = scored.score.criteria
    twice = first.model_copy(update={"points": (*first.points, first.points[0].model_copy())})
    score = scored.score.model_copy(update={"criteria": (twice, *rest)})
    inquiry = build_report(scored.model_copy(update={"score": score}), context).criteria[0]
    assert [(m.earned, m.possible) for m in inquiry.earned] == [(44, 80)]


def test_doubt_appears_below_the_threshold_only(make_report):
    assert make_report(confidence=0.8).doubt is None
    doubt = make_report(confidence=0.79).doubt
    assert doubt is not None
    assert doubt.sure == "79\N{NO-BREAK SPACE}% sure"
    assert doubt.commands == ('coachscore analyze halden.vtt --coach "Ben"',)


@pytest.mark.parametrize(
    ("file", "name", "command"),
    [
        ("a b.vtt", "Ann O'Hara", 'coachscore analyze "a b.vtt" --coach "Ann O\'Hara"'),
        ("a.vtt", "$(rm -r x)", "coachscore analyze a.vtt --coach '$(rm -r x)'"),
        ("a.vtt", 'A "B" C', "coachscore analyze a.vtt --coach 'A \"B\" C'"),
        ("a`b`.vtt", "Zoë", "coachscore analyze 'a`b`.vtt' --coach \"Zoë\""),
    ],
)
def test_the_swap_command_is_safe_to_paste(file, name, command):
    assert wording.swap_command(file, name) == command


def test_a_missed_challenge_shows_what_the_coach_said_next(make_report):
    (missed,) = make_report().missed
    assert [claim.index for claim in missed.claims] == [1]
    assert missed.said == "Good. And what is the amount?"


def test_a_bare_yes_accepts_the_step_before_it(make_report):
    (step,) = make_report().steps
    assert step.line.speaker == "Ben"
    assert step.dated
    assert step.accepted_by == "Ana"


def test_tags_below_the_threshold_carry_their_doubt(make_report):
    chips = {chip.text: chip for line in make_report().lines for chip in line.chips}
    assert chips["guidance"].unsure
    assert not chips["challenge"].unsure
    assert "missed challenge" in chips


def test_length_comes_from_the_recording_or_the_last_sentence(make_scored, make_report):
    context = ReportContext(file_name="x.vtt", seconds=3900)
    assert build_report(make_scored(), context).length == "1 h 05 min"
    assert make_report().length == "1 min"
    assert make_report(times=False).length == "13 sentences"
    assert make_report(times=False).lines[12].moment == "#13"


def test_names_come_without_control_characters(make_report):
    report = make_report(coach="An\x1b[31ma\n\u202eX", words="ring\x07 \x9b2J her")
    assert report.coach == "An [31ma X"
    assert report.lines[-1].text == "ring 2J her"


def test_the_footer_names_every_version(make_report):
    assert make_report().versions == (
        ("Recogniser", "zoom-vtt 1"),
        ("Tagger", "linear 1.0.0"),
        ("Rubric", "Deal review 1.0.0+1.0.0"),
    )


def test_a_conversation_without_a_word_can_be_reported(make_scored, context):
    scored = make_scored(enough=False)
    talk = scored.tagged.conversation.model_copy(update={"utterances": ()})
    tagged = scored.tagged.model_copy(update={"conversation": talk, "tags": ()})
    bare = tuple(c.model_copy(update={"evidence": ()}) for c in scored.score.criteria)
    score = scored.score.model_copy(
        update={"criteria": bare, "rubric": Provenance(name="x", version="1")}
    )
    report = build_report(
        scored.model_copy(update={"tagged": tagged, "missed_challenges": (), "score": score}),
        context,
    )
    assert report.lines == report.criteria == report.steps == ()
