import pytest

from models.conversation import TranscriptQuality
from models.labels import CRITERIA, KINDS
from pipeline.rubrics import load_rubric
from scoring.metrics import compute_metrics
from scoring.rubric import parse_rubric
from scoring.score import PARTLY, TRULY, score_conversation

KINDS_KNOWN = {kind: float(kind == "deal_review") for kind in KINDS}

# One plain measure per criterion, so that what a verdict needs can be set up exactly.
MEASURES = {
    "inquiry": ("question_share", 0.2, 0.6),
    "challenge": ("challenges", 5.0, 30.0),
    "development": ("development_share", 0.2, 0.7),
    "guidance": ("feedback_rate", 5.0, 20.0),
    "commitment": ("action_turns", 0.0, 3.0),
}


def plain_rubric(expert_sd=0.0, spread=12.0, **weights):
    weights = dict.fromkeys(CRITERIA, 0.0) | (weights or dict.fromkeys(CRITERIA, 0.2))
    criteria = "".join(
        f"""
[[criteria]]
name = "{name}"
title = "{name}"
source = "hand"
base = 0.0
measures = [{{ metric = "{metric}", low = {low}, high = {high}, points = 100.0, advice = "Try." }}]
"""
        for name, (metric, low, high) in MEASURES.items()
    )
    common = f"""
version = "1"
minimum_coach = 8
minimum_coachee = 5
minimum_quality = 0.5
centre = 50.0
spread = {spread}
expert_sd = {expert_sd}
development_logit = {{ base = -5.0, weights = {{ development_share = 10.0 }} }}
questioning_logit = {{ base = -4.0, weights = {{ question_share = 10.0 }} }}
challenge_level = {{ base = 0.0, weights = {{ challenges = 0.1 }} }}
[weights]
weakest_half = 0.0
{"".join(f"{name} = {weight}{chr(10)}" for name, weight in weights.items())}
{criteria}
"""
    return parse_rubric(common, 'kind = "deal_review"\nversion = "1"\ntitle = "Plain"\n')


def scored(script, rows, rubric=None, p=1.0):
    rubric = rubric or load_rubric("deal_review")
    return score_conversation(script.tagged(rows, p), rubric, KINDS_KNOWN)


def coaching(s, rounds=8):
    """Open questions about the work, claims pressed, words given back, steps agreed."""
    one = [
        s.ask("open", "development", marks=("process",), activity="call"),
        s.answer("reflection", text="I should have asked who decides before I sent the price."),
        s.reflect(focus="development"),
        s.answer("unsupported", text="They will sign this month, I am sure of it."),
        s.ask("open", "development", challenge=True, marks=("skill_gap",)),
        s.answer("reflection", text="I do not know, I never asked them what happens next."),
        s.tell("feedback", "development", marks=("process",)),
        s.answer("action_item", text="I will call Dana by Friday and ask."),
    ]
    return one * rounds


def interrogation(s, rounds=8):
    """Closed questions of amount and date, and every answer accepted."""
    one = [
        s.ask("closed", "deal", marks=("outcome",), activity="opportunity"),
        s.answer("unsupported", "outcome", text="This month."),
        s.ask("closed", "deal", marks=("outcome",), activity="opportunity"),
        s.answer("unsupported", text="They love it."),
    ]
    return one * (2 * rounds)


def lecture(s):
    return [s.tell("guidance", "deal", marks=("outcome",)), s.answer(text="Okay.")] * 16


def test_coaching_interrogation_and_lecture_come_apart(script):
    good = scored(script, coaching(script)).score
    asked = scored(script, interrogation(script)).score
    told = scored(script, lecture(script)).score
    assert good.overall > max(asked.overall, told.overall) + 20
    assert good.verdict == "truly coaching"
    assert asked.verdict == "inspecting deals"
    assert told.verdict == "telling"


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrogation_scores_lower_than_as_many_development_questions(script, kind):
    def questions(form, focus, *marks):
        answer = script.answer(text="It is as it was before, I think.")
        texts = (f"And how is it with number {n}?" for n in range(20))
        asked = (script.ask(form, focus, marks=marks, text=text) for text in texts)
        return [row for question in asked for row in (question, answer)]

    rubric = load_rubric(kind)
    closed = scored(script, questions("closed", "deal", "outcome"), rubric).score
    grown = scored(script, questions("open", "development", "process"), rubric).score
    assert grown.overall > closed.overall + 10
    by_name = {c.name: c.score for c in closed.criteria}
    assert all(c.score >= by_name[c.name] for c in grown.criteria)


def test_counting_questions_alone_does_not_decide(script):
    more_questions = interrogation(script)
    fewer = [r for r in coaching(script) if r[2].get("act") != "question" or "challenge" in r[2]]
    asked, talked = scored(script, more_questions), scored(script, fewer)
    assert asked.metrics["question_share"] > talked.metrics["question_share"] + 0.2
    assert talked.score.overall > asked.score.overall


def test_a_deal_inspected_and_a_deal_used_to_see_how_the_rep_sells_come_apart(script):
    def review(focus, *marks):
        return [
            script.ask("open", focus, activity="opportunity", marks=marks, text="How is Halden?"),
            script.answer(text="They want the price by Friday and their lawyer reads it."),
        ] * 15

    inspected = scored(script, review("deal", "outcome"))
    examined = scored(script, review("development", "process"))
    assert inspected.tags.focus.value == "deal_pursuit"
    assert examined.tags.focus.value == "development"
    assert inspected.metrics["question_share"] == examined.metrics["question_share"]
    assert examined.score.overall > inspected.score.overall


def test_an_answer_accepted_costs_what_pressing_it_earns(script):
    claim = script.answer("unsupported", text="They will sign, I think.")
    accepted = scored(script, [claim, script.ask("open", "deal")] * 12).score
    pressed = scored(script, [claim, script.ask("open", "deal", challenge=True)] * 12).score
    gain = {
        a.name: b.score - a.score for a, b in zip(accepted.criteria, pressed.criteria, strict=True)
    }
    assert gain["challenge"] > 20
    assert pressed.overall > accepted.overall


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (coaching, "truly coaching"),
        (interrogation, "inspecting deals"),
        (lecture, "telling"),
        (lambda s: [*coaching(s, 2), *interrogation(s, 2)], "partly coaching"),
        (lambda s: [s.ask("closed", "deal"), s.answer()] * 7, "not enough evidence"),
        (lambda s: [], "not enough evidence"),
    ],
)
def test_verdicts(script, rows, verdict):
    assert scored(script, rows(script), plain_rubric()).score.verdict == verdict


def test_without_one_of_its_halves_it_is_not_truly_coaching(script):
    deals_only = [
        (role, text, tags | ({"focus": "deal"} if tags.get("focus") else {}))
        for role, text, tags in coaching(script)
    ]
    rubric = plain_rubric(inquiry=0.5, challenge=0.5)
    score = scored(script, deals_only, rubric).score
    assert score.overall > TRULY
    assert score.verdict == "partly coaching"
    assert "earns too little" in score.explanation


def test_a_low_score_is_not_called_partly_coaching(script):
    plain = plain_rubric()
    asking = plain.questioning_logit.model_copy(update={"base": 5.0})
    strict = plain.model_copy(update={"centre": 150.0, "questioning_logit": asking})
    score = scored(script, coaching(script), strict).score
    assert score.overall < PARTLY
    assert score.verdict == "little coaching"


def test_a_high_score_that_was_told_is_not_truly_coaching(script):
    plain = plain_rubric()
    telling = plain.questioning_logit.model_copy(update={"base": -50.0})
    told = plain.model_copy(update={"questioning_logit": telling, "centre": 20.0})
    score = scored(script, coaching(script), told).score
    assert score.overall > TRULY
    assert score.verdict == "partly coaching"
    assert "leads by telling" in score.explanation


def test_true_coaching_without_next_steps_says_that_they_are_left(script):
    rows = [
        (role, text, tags | {"marks": tuple(m for m in tags["marks"] if m != "action_item")})
        for role, text, tags in (
            (role, text, {"marks": ()} | tags) for role, text, tags in coaching(script)
        )
    ]
    rubric = plain_rubric(inquiry=0.5, development=0.5)
    ended, open_end = (scored(script, r, rubric).score for r in (coaching(script), rows))
    assert ended.verdict == open_end.verdict == "truly coaching"
    assert "without clear next steps" in open_end.explanation
    assert "without clear next steps" not in ended.explanation


def test_small_talk_gets_no_figure(script):
    chat = [
        script.ask("open", "neither", text="How was the lake, and did the children swim?"),
        script.answer(text="Cold, but they did not want to leave it."),
    ] * 20
    found = scored(script, chat).score
    assert (found.overall, found.verdict) == (None, "not enough evidence")
    assert "0 are about deals or about how the coachee works" in found.explanation


@pytest.mark.parametrize("told", [0, 20])
def test_stock_questions_do_not_make_a_lecture_coaching(script, told):
    """Ten of them read out and hardly answered: by then it is no more coaching than it was."""
    stock = [
        *("What could you do differently?", "How did you prepare for that call?"),
        *("What were you listening for?", "What would good look like here?"),
        *("How do you feel it went?", "What would you try next time?"),
        *("What did you learn from it?", "How do you usually open a call?"),
        *("What made you choose that?", "Where did you lose her attention?"),
    ]
    talk = [*lecture(script), *[script.tell("guidance", "deal"), script.answer()] * told]
    read_out = [
        row
        for text in stock
        for row in (script.ask("open", "development", text=text), script.answer(text="Not sure."))
    ]
    plain, gamed = scored(script, talk).score, scored(script, [*talk, *read_out]).score
    assert gamed.verdict not in ("truly coaching", "partly coaching")
    assert gamed.overall < plain.overall + 15


def test_advice_is_for_what_there_was_an_occasion_for(script):
    """Nothing unsupported was claimed, so nobody is told to ask what a claim rests on."""
    rows = [script.ask("open", "development", challenge=True), script.answer("reflection")] * 10
    (challenge,) = [c for c in scored(script, rows).score.criteria if c.name == "challenge"]
    (pressed,) = [p for p in challenge.points if p.metric == "pressed_share"]
    assert pressed.whole == 0
    rubric = next(c for c in load_rubric("deal_review").criteria if c.name == "challenge")
    (metric,) = {m.metric for m in rubric.measures if m.advice == challenge.advice.text}
    assert metric != "pressed_share"


def test_too_little_gives_no_figure_but_says_what_is_missing(script):
    score = scored(script, [script.ask("open", "deal"), script.answer()] * 3).score
    assert (score.overall, score.interval) == (None, None)
    assert score.verdict == "not enough evidence"
    assert "3" in score.explanation
    assert [c.name for c in score.criteria] == list(CRITERIA)


@pytest.mark.parametrize("side", ["coach", "coachee"])
def test_both_sides_must_be_heard(script, side):
    rows = {
        "coach": [script.ask("open", "development")] * 30,
        "coachee": [script.answer("reflection")] * 30,
    }
    assert scored(script, rows[side]).score.overall is None


def test_a_transcript_that_cannot_be_trusted_gets_no_figure(script):
    tagged = script.tagged(coaching(script), 1.0)
    quality = TranscriptQuality(
        recognition=0.3, overlap=0.0, unknown_speaker=0.0, words_per_minute=150, overall=0.3
    )
    talk = tagged.conversation.model_copy(update={"quality": quality})
    doubtful = tagged.model_copy(update={"conversation": talk})
    found = score_conversation(doubtful, load_rubric("deal_review"), KINDS_KNOWN).score
    assert (found.overall, found.verdict) == (None, "not enough evidence")
    assert "only 30% sure of its words" in found.explanation


def test_the_score_is_the_sum_of_its_parts(script):
    rubric = load_rubric("deal_review")
    score = scored(script, coaching(script), rubric).score
    for criterion in score.criteria:
        total = criterion.base + sum(p.earned for p in criterion.points)
        assert criterion.score == pytest.approx(min(max(total, 0), 100), abs=0.2)
        assert all(0 <= p.earned <= p.possible for p in criterion.points)
    again = rubric.overall({c.name: c.score for c in score.criteria})
    assert score.overall == pytest.approx(again, abs=0.5)
    assert score.rubric == rubric.provenance
    low, high = score.interval
    assert 0 <= low < score.overall < high <= 100


def width(result):
    low, high = result.score.interval
    return high - low


def mixed(script, rounds):
    """A bit of everything, so that which part one happens to see makes a difference."""
    return [*coaching(script, 1), *interrogation(script, 1)] * rounds


def test_more_of_the_same_is_surer(script):
    rubric = plain_rubric(spread=20.0, inquiry=0.5, development=0.5)
    few, many = (scored(script, mixed(script, n), rubric) for n in (1, 8))
    assert width(many) < width(few) * 0.7


def test_sure_tags_make_a_surer_score(script):
    rubric = plain_rubric(spread=20.0, inquiry=1.0)
    sure, unsure = (scored(script, coaching(script, 3), rubric, p) for p in (1.0, 0.6))
    assert sure.score.overall == unsure.score.overall
    assert width(sure) < width(unsure) - 2


def test_an_interval_is_never_narrower_than_what_experts_disagree_by(script):
    rubric = plain_rubric(expert_sd=10.0)
    found = scored(script, mixed(script, 20), rubric)
    assert width(found) > 2 * 1.6 * 10


def test_the_same_conversation_gets_the_same_score(script):
    rows = mixed(script, 3)
    assert scored(script, rows, p=0.7) == scored(script, rows, p=0.7)


def test_advice_points_at_a_sentence_that_shows_it(script):
    rows = [
        *interrogation(script, 2),
        script.ask("leading", "deal", text="Do you not think that the budget is there by now?"),
        script.answer("unsupported", text="Yes."),
        script.tell("guidance", "deal", text="word " * 80),
    ]
    result = scored(script, rows)
    pointed = []
    for criterion in result.score.criteria:
        at = criterion.advice.index
        if at is None:
            continue
        (quote,) = [e for e in criterion.evidence if e.index == at]
        assert quote.effect == "loses"
        advised = [
            m
            for c in load_rubric("deal_review").criteria
            for m in c.measures
            if c.name == criterion.name and m.advice == criterion.advice.text
        ]
        assert advised[0].metric in quote.metrics
        pointed.append(criterion.name)
    assert "challenge" in pointed


def test_advice_is_for_the_measure_that_left_most(script):
    for criterion in scored(script, lecture(script)).score.criteria:
        left = {p.metric: p.possible - p.earned for p in criterion.points if p.whole != 0}
        rubric = next(c for c in load_rubric("deal_review").criteria if c.name == criterion.name)
        (metric,) = {m.metric for m in rubric.measures if m.advice == criterion.advice.text}
        assert left[metric] == max(left.values())


def test_the_kind_most_probable_is_named_with_its_probability(script):
    kinds = {"one_on_one": 0.7, "deal_review": 0.3}
    tagged = script.tagged(coaching(script), 1.0)
    found = score_conversation(tagged, load_rubric("one_on_one"), kinds)
    assert (found.tags.kind.value, found.tags.kind.p) == ("one_on_one", 0.7)


@pytest.mark.parametrize(("rows", "style"), [(interrogation, "questioning"), (lecture, "telling")])
def test_style_is_how_the_coach_leads(script, rows, style):
    tag = scored(script, rows(script)).tags.style
    assert tag.value == style
    assert tag.p >= 0.5


def test_the_challenge_level_follows_the_challenges(script):
    none = scored(script, interrogation(script)).tags.challenge_level
    many = scored(script, [script.answer("unsupported"), script.ask(challenge=True)] * 15)
    assert none.value <= 1
    assert many.tags.challenge_level.value >= 2


def test_metrics_in_the_result_are_those_of_the_conversation(script):
    rows = coaching(script)
    found = scored(script, rows).metrics
    assert found == pytest.approx(compute_metrics(script.table(rows)), abs=1e-4)
