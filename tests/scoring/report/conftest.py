"""A short deal review, tagged and scored by hand, so that no tagger or rubric moves a snapshot."""

from collections.abc import Callable
from datetime import datetime

import pytest

from models.conversation import Conversation, Provenance, RoleAssignment, Utterance
from models.labels import CRITERIA, Criterion
from models.tags import ConversationTags, Marks, Tag, TaggedConversation, UtteranceTags
from scoring.evidence import Evidence
from scoring.metrics import METRICS
from scoring.report import Report, ReportContext, build_report
from scoring.score import Advice, CriterionScore, Point, Score, ScoredConversation

Make = Callable[..., ScoredConversation]

# Speaker, words, act and its kind, focus, challenge, marks.
_SAID = (
    ("Ana", "Where are we with Halden?", "open", "deal", False, ""),
    ("Ben", "They love it, it should close this month.", "", "", False, "unsupported outcome"),
    ("Ana", "Good.", "other", "", False, ""),
    ("Ana", "And what is the amount?", "closed", "deal", False, "outcome"),
    ("Ben", "Ninety thousand, I think we're fine.", "", "", False, "unsupported outcome"),
    ("Ana", "What did the buyer do that tells you so?", "open", "deal", True, ""),
    ("Ben", "Nothing yet, I never asked who signs.", "", "", False, "reflection"),
    ("Ana", "You never asked who signs.", "reflection", "development", False, "skill_gap"),
    ("Ana", "What would you ask first next time?", "open", "development", False, "process"),
    ("Ben", "Who signs, and what they saw elsewhere.", "", "", False, "reflection process"),
    ("Ana", "Open with the signature, then stay silent.", "guidance", "development", False, ""),
    ("Ben", "I'll call her on Friday and ask.", "", "", False, "action_item"),
    ("Ana", "Yes, do.", "guidance", "deal", False, "action_item"),
)


def _tags(how: str, focus: str, challenge: bool, marks: str) -> UtteranceTags:
    found = Marks.model_validate({"value": marks.split(), "p": dict.fromkeys(marks.split(), 0.8)})
    if not how:
        return UtteranceTags(marks=found)
    asked, told = how in ("open", "closed"), how == "guidance"
    return UtteranceTags.model_validate(
        {
            "act": {"value": "question" if asked else "telling" if told else how, "p": 0.95},
            "question_form": {"value": how, "p": 0.9} if asked else None,
            "telling_kind": {"value": how, "p": 0.55} if told else None,
            "challenge": {"value": challenge, "p": 0.85},
            "focus": {"value": focus or "neither", "p": 0.9},
            "activity": {"value": "opportunity" if focus == "deal" else "none", "p": 0.9},
            "marks": found,
        }
    )


def _criterion(name: Criterion) -> CriterionScore:
    # A metric, what it counted, among how many, and what that earned.
    points: dict[str, tuple[tuple[str, float, float | None, float], ...]] = {
        "inquiry": (("thinking_questions", 2, 9, 22.0), ("given_back", 1, 9, 18.0)),
        "challenge": (("pressed_share", 0, 0, 14.0), ("answer_length", 54, 3, 20.0)),
        "development": (("development_share", 19, 40, 30.0),),
        "guidance": (("process_guidance", 1, 9, 6.0),),
        "commitment": (("action_turns", 2, None, 20.0), ("follow_ups", 0, None, 0.0)),
    }
    quotes: dict[str, tuple[Evidence, ...]] = {
        "inquiry": (Evidence(index=8, effect="earns", why="open question", metrics=()),),
        "challenge": (
            Evidence(
                index=1, effect="loses", why="unsupported claim that passed unpressed", metrics=()
            ),
            Evidence(index=5, effect="earns", why="presses on what was said", metrics=(), p=0.4),
        ),
        "commitment": (Evidence(index=11, effect="earns", why="next step with a day", metrics=()),),
    }
    return CriterionScore(
        name=name,
        title=f"The {name}",
        score=sum(earned for *_, earned in points[name]) + 10,
        weight=0.18,
        base=10,
        points=tuple(
            Point(
                metric=m, value=0, part=part, whole=whole, earned=earned, possible=40, better="more"
            )
            for m, part, whole, earned in points[name]
        ),
        evidence=quotes.get(name, ()),
        advice=Advice(
            text=f"Try something about {name}.", index=1 if name == "challenge" else None
        ),
    )


def _scored(
    confidence: float = 1.0,
    enough: bool = True,
    times: bool = True,
    coach: str = "Ana",
    coachee: str = "Ben",
    words: str = "",
    repeat: int = 1,
) -> ScoredConversation:
    """The conversation as a test needs it; `words` replaces what is said last."""
    names = {"Ana": coach, "Ben": coachee}
    said = list(_SAID) * repeat
    utterances = tuple(
        Utterance(
            index=i,
            source=i,
            speaker=names[row[0]],
            role="coach" if row[0] == "Ana" else "coachee",
            start=i * 7.0 if times else None,
            end=i * 7.0 + 5 if times else None,
            text=words if words and i == len(said) - 1 else row[1],
        )
        for i, row in enumerate(said)
    )
    talk = Conversation(
        utterances=utterances,
        roles=RoleAssignment(
            roles={coach: "coach", coachee: "coachee"}, source="content", confidence=confidence
        ),
        notes=("The encoding was guessed.",),
    )
    tagged = TaggedConversation(
        conversation=talk,
        tags=tuple(_tags(*row[2:]) for row in said),
        tagged_by=Provenance(name="linear", version="1.0.0"),
    )
    criteria = tuple(_criterion(name) for name in CRITERIA)
    metrics = dict.fromkeys(METRICS, 0.0) | {"development_share": 0.48, "coachee_word_share": 0.4}
    return ScoredConversation(
        tagged=tagged,
        tags=ConversationTags(
            kind=Tag(value="deal_review", p=0.88),
            focus=Tag(value="deal_pursuit", p=0.52),
            style=Tag(value="questioning", p=0.71),
            challenge_level=Tag(value=2, p=0.9),
        ),
        metrics=metrics,
        missed_challenges=tuple(i * len(_SAID) + 1 for i in range(repeat)),
        score=Score(
            overall=58.4 if enough else None,
            interval=(47.0, 69.8) if enough else None,
            verdict="partly coaching" if enough else "not enough evidence",
            explanation="Some of it is coaching." if enough else "Too little was said.",
            criteria=criteria,
            rubric=Provenance(name="rubric/deal_review", version="1.0.0+1.0.0"),
        ),
    )


@pytest.fixture
def make_scored() -> Make:
    return _scored


@pytest.fixture
def context() -> ReportContext:
    return ReportContext(
        title="Halden before quarter end",
        file_name="halden.vtt",
        when=datetime(2026, 3, 4),
        versions={"Recogniser": "zoom-vtt 1"},
    )


@pytest.fixture
def make_report(context: ReportContext) -> Callable[..., Report]:
    return lambda **changes: build_report(_scored(**changes), context)
