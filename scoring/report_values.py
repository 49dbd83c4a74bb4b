"""What a report consists of, in the order it is read; `scoring.report` fills it."""

from datetime import datetime
from typing import Final

from pydantic import Field

from models.conversation import Value
from models.labels import Criterion
from scoring.report_lines import Line, Missed, Step
from scoring.score import Verdict

COMMON_PRACTICE: Final = (
    "Common practice: about 95 % of managers' conversations are about pursuing single deals."
)
NEEDS_MORE: Final = (
    "Analyse a longer conversation about the work, or check that the file holds both people's "
    "words."
)
NEEDS_BETTER: Final = (
    "Mend what is named above, then analyse the conversation again; its length is not the reason."
)
METHOD: Final = (
    "The score is made from words alone, never from voice emotion. Every tag is a machine's "
    "judgement with a probability; tags less than 60 % sure carry a question mark. The range "
    "is meant to hold a rater's judgement 9 times in 10: it counts the tags' errors, the luck "
    "of a short conversation and the spread between raters. Where there is little to go by, "
    "points lean towards what is ordinary; of a criterion's points 100 count at most. Read the "
    "quotes before you judge, and show this report to the person it is about."
)


class ReportContext(Value):
    """What a report says that the scored conversation does not know.

    Attributes:
        title: Title of the meeting, the file name where it is empty.
        file_name: File as the user knows it, for the command that swaps the roles.
        when: Date of the meeting.
        seconds: Length, None to take it from the last sentence's time.
        versions: Version by what it is of, in the order to be shown, such as the recogniser.
            The tagger and the rubric are added from the score itself.
        least_role_confidence: Below this the report says that the coach is not certain.
    """

    title: str = ""
    file_name: str
    when: datetime | None = None
    seconds: float | None = Field(default=None, ge=0)
    versions: dict[str, str] = Field(default={})
    least_role_confidence: float = Field(default=0.8, ge=0, le=1)


class Doubt(Value):
    """The coach is not certain: how sure, and the command for each other candidate."""

    coach: str
    sure: str
    commands: tuple[str, ...]


class Strip(Value):
    """The conversation at a glance. Shares are 0 to 1, None where nothing was said of it."""

    deal: float | None
    development: float | None
    coachee_words: float | None
    questions: int
    tellings: int
    given_back: int
    challenges: int
    missed: int


class Measured(Value):
    """One measure of a criterion in words, with the points it brought."""

    label: str
    value: str
    earned: float
    possible: float

    @property
    def filled(self) -> float:
        """Share of the possible points that was earned, 0 to 1."""
        return self.earned / self.possible if self.possible else 0.0


class Quote(Value):
    """A sentence, what it shows, and whether that is less sure than it should be."""

    line: Line
    why: str
    unsure: bool


class Next(Value):
    """The one thing to try next, and the sentence it refers to."""

    text: str
    line: Line | None


class CriterionReport(Value):
    """One criterion.

    `earned` and `lost` hold the measures that brought at least, or less than, half of
    their points. Where there is not enough evidence there are only the quotes.
    """

    name: Criterion
    title: str
    score: float | None
    weight: str
    base: float
    earned: tuple[Measured, ...]
    lost: tuple[Measured, ...]
    earns: tuple[Quote, ...]
    loses: tuple[Quote, ...]
    advice: Next | None


class Trait(Value):
    """A judgement on the whole conversation and how sure it is."""

    name: str
    value: str
    sure: str


class Report(Value):
    """One conversation's report: what every renderer shows, in the order it is read.

    Attributes:
        overall: 0 to 100, None where there is not enough evidence.
        interval: 90 % interval, None where there is not enough evidence.
        doubt: Set where it is not certain who coaches.
        criteria: All five; without enough evidence those alone in which something was found.
        weakest_half: What becomes of the weight that no criterion has, None where all have.
        first: The advice of the criterion to begin with (`scoring.score.first_to_try`).
        versions: Pairs of what it is and its version.
        notes: Remarks on how the file was read.
    """

    title: str
    kind: str
    coach: str
    coachee: str
    when: str | None
    length: str
    verdict: Verdict
    explanation: str
    overall: float | None
    interval: tuple[float, float] | None
    doubt: Doubt | None
    strip: Strip
    criteria: tuple[CriterionReport, ...]
    weakest_half: str | None
    first: Next
    missed: tuple[Missed, ...]
    steps: tuple[Step, ...]
    lines: tuple[Line, ...]
    traits: tuple[Trait, ...]
    versions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
