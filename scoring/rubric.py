"""Rubrics: what earns and what loses points, read from versioned TOML.

A kind's rubric is two texts: `common.toml`, which holds criteria and weights, and the
kind's own file, which adds measures. Texts come in, typed objects go out; finding
the files is the pipeline's job.
"""

import math
import tomllib
from typing import Any, Final

from pydantic import Field, ValidationError, model_validator

from models.conversation import Provenance, Value
from models.errors import CoachscoreError
from models.labels import CRITERIA, Criterion, Kind
from scoring.metrics import METRICS

# True coaching is both: the dialogue asks, and a gap is worked on.
HALVES: Final[tuple[Criterion, ...]] = ("inquiry", "development")


_STEEPEST: Final = 700.0  # Beyond it a float's exponential overflows; the score is 0 long before.


class RubricError(CoachscoreError):
    """A rubric file is not usable."""

    title = "This rubric cannot be used"


class Measure(Value):
    """Points for one metric.

    Attributes:
        metric: Name in `scoring.metrics.METRICS`.
        low: Value of the metric that earns nothing.
        high: Value that earns all points; below `low` where less is better.
        points: Points of the criterion (0 to 100) that this measure can earn.
        advice: One concrete thing to try where points were left.
    """

    metric: str
    low: float
    high: float
    points: float = Field(ge=0)
    advice: str

    @model_validator(mode="after")
    def _usable(self) -> "Measure":
        if self.metric not in METRICS:
            raise ValueError(f"there is no metric named {self.metric}")
        if self.low == self.high:
            raise ValueError(f"{self.metric}: low and high must differ")
        return self

    def earned(self, value: float) -> float:
        """Points for a metric value: none at `low`, all at `high`, straight between."""
        place = (value - self.low) / (self.high - self.low)
        return self.points * min(max(place, 0.0), 1.0)


class CriterionRubric(Value):
    """One criterion.

    Attributes:
        name: Name in the codebook.
        title: What a reader sees.
        source: The claim of the practice literature behind it.
        base: Points that every conversation starts with.
        weight: Share of the overall score.
        measures: What earns the points.
    """

    name: Criterion
    title: str
    source: str
    base: float
    weight: float = Field(ge=0, le=1)
    measures: tuple[Measure, ...] = Field(min_length=1)

    def score(self, metrics: dict[str, float]) -> float:
        """Points from 0 to 100."""
        total = self.base + sum(m.earned(metrics[m.metric]) for m in self.measures)
        return min(max(total, 0.0), 100.0)


class Logit(Value):
    """A linear formula on metrics: `base` plus `weights` times metrics."""

    base: float
    weights: dict[str, float]

    @model_validator(mode="after")
    def _usable(self) -> "Logit":
        for metric in self.weights:
            if metric not in METRICS:
                raise ValueError(f"there is no metric named {metric}")
        return self

    def value(self, metrics: dict[str, float]) -> float:
        """The formula's value for these metrics."""
        return self.base + sum(w * metrics[name] for name, w in self.weights.items())


class Rubric(Value):
    """Everything needed to score one kind of meeting.

    Attributes:
        kind: Kind of meeting it is for.
        version: Of the common part and the kind's part, such as "1.0.0".
        title: What a reader sees.
        criteria: The five criteria; weights and `weakest_half` add up to 1.
        weakest_half: Share of the overall score that the weaker of inquiry and development
            decides, because coaching needs both.
        centre: Weighted criteria, 0 to 100, at which the overall score is 50.
        spread: Points of the weighted criteria that raise the log-odds of the overall score
            by 1. Centre and spread put the score on the scale of expert ratings.
        expert_sd: Standard deviation in points of an expert's rating about the score where
            tags are right and the conversation is long.
        minimum_coach: Least number of substantive coach utterances for a score.
        minimum_coachee: Least number of coachee utterances for a score.
        minimum_quality: Least overall quality of the transcript for a score, 0 to 1.
        development_logit: Log-odds that the conversation's focus is development.
        questioning_logit: Log-odds that its style is questioning.
        challenge_level: Challenge level from 0 to 3 before rounding.
    """

    kind: Kind
    version: str
    title: str
    criteria: tuple[CriterionRubric, ...]
    weakest_half: float = Field(ge=0, le=1)
    centre: float = Field(allow_inf_nan=False)
    spread: float = Field(ge=1, allow_inf_nan=False)
    expert_sd: float = Field(ge=0, allow_inf_nan=False)
    minimum_coach: int = Field(ge=1)
    minimum_coachee: int = Field(ge=1)
    minimum_quality: float = Field(ge=0, le=1)
    development_logit: Logit
    questioning_logit: Logit
    challenge_level: Logit

    @model_validator(mode="after")
    def _complete(self) -> "Rubric":
        if tuple(c.name for c in self.criteria) != CRITERIA:
            raise ValueError(f"the criteria must be {', '.join(CRITERIA)}, in this order")
        total = sum(c.weight for c in self.criteria) + self.weakest_half
        if abs(total - 1) > 0.005:
            raise ValueError(f"weights and weakest_half add up to {total:.3f}, not to 1")
        return self

    @property
    def provenance(self) -> Provenance:
        """Named in every score that this rubric makes."""
        return Provenance(name=f"rubric/{self.kind}", version=self.version)

    def weighted(self, criteria: dict[Criterion, float]) -> float:
        """Criterion scores weighed against each other, 0 to 100."""
        raw = sum(c.weight * criteria[c.name] for c in self.criteria)
        return raw + self.weakest_half * min(criteria[name] for name in HALVES)

    def overall(self, criteria: dict[Criterion, float]) -> float:
        """Overall score from 0 to 100 for criterion scores.

        An S-shaped curve: it rises with every criterion, and never quite reaches the ends.
        """
        from_centre = (self.centre - self.weighted(criteria)) / self.spread
        return 100 / (1 + math.exp(min(from_centre, _STEEPEST)))


def parse_rubric(common: str, own: str) -> Rubric:
    """Read a rubric from the common TOML text and the kind's own.

    The kind's text holds `kind`, `version`, `title` and, in `[[measures]]` with a
    `criterion`, what the kind adds.

    Raises:
        RubricError: The TOML is broken, or a value is not as `Rubric` says.
    """
    try:
        shared, special = tomllib.loads(common), tomllib.loads(own)
        return Rubric.model_validate(_merged(shared, special))
    except tomllib.TOMLDecodeError as error:
        raise RubricError(f"The TOML cannot be read: {error}. Mend that line.") from error
    except KeyError as error:
        raise RubricError(f"The entry {error} is missing. Compare with docs/scoring.md.") from error
    except (TypeError, AttributeError) as error:
        raise RubricError(
            f"The TOML has not the shape of a rubric ({error}). Compare with docs/scoring.md."
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RubricError(f"{where}: {first['msg']}. Compare with docs/scoring.md.") from error


def _merged(shared: dict[str, Any], special: dict[str, Any]) -> dict[str, Any]:
    weights = shared["weights"]
    known = [criterion["name"] for criterion in shared["criteria"]]
    for measure in special.get("measures", []):
        if measure["criterion"] not in known:
            raise RubricError(
                f"There is no criterion named {measure['criterion']}; they are {', '.join(known)}."
            )
    criteria = []
    for criterion in shared["criteria"]:
        added = [
            {key: value for key, value in measure.items() if key != "criterion"}
            for measure in special.get("measures", [])
            if measure["criterion"] == criterion["name"]
        ]
        measures = [*criterion["measures"], *added]
        criteria.append({**criterion, "weight": weights[criterion["name"]], "measures": measures})
    return {
        **{key: value for key, value in shared.items() if key not in ("version", "weights")},
        "version": f"{shared['version']}+{special['version']}",
        "kind": special["kind"],
        "title": special["title"],
        "weakest_half": weights["weakest_half"],
        "criteria": criteria,
    }
