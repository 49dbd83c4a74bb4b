"""Fitting the rubric's numbers to expert ratings, without changing what the rubric says.

Which metrics count, and in which direction, is written in `scoring/rubrics/common.toml` by
hand. Fitted are only numbers: where a ramp begins and ends (10th and 90th percentile of the
training conversations), points by non-negative least squares, so that more of a good thing
never lowers the score, and the formulas of the conversation's tags.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tomlkit
from scipy.optimize import curve_fit, lsq_linear

from models.labelled import LabelledConversation
from models.labels import CRITERIA, KINDS, Kind
from models.tags import TaggedConversation
from scoring.metrics import METRICS, compute_metrics
from scoring.rubric import Rubric, parse_rubric
from scoring.table import build_table

_RIDGE: Final = 0.2  # Pull of the points towards zero, so that no measure decides alone.
_LEAST_POINTS: Final = 2.0  # What the practice literature asks for always counts a little.
_WEIGHT_RIDGE: Final = 10.0  # The same for the weights of the criteria.

Floats = npt.NDArray[np.float64]


def calibrate(
    common: str,
    corpus: Sequence[LabelledConversation],
    tagged: Sequence[TaggedConversation],
) -> str:
    """Fit `common.toml` to rated conversations.

    Args:
        common: The TOML text; its texts and its choice of metrics are kept.
        corpus: Conversations that are `rated`.
        tagged: The same conversations with tags.

    Returns:
        The TOML text with fitted numbers.
    """
    document: Any = tomlkit.parse(common)
    metrics = [compute_metrics(build_table(t)) for t in tagged]
    for criterion in document["criteria"]:
        ratings = np.array([_points(c.labels.ratings[criterion["name"]]) for c in corpus])
        _fit_criterion(criterion, metrics, ratings)
    _fit_overall(document, metrics, _coaching(corpus))
    focus = np.array([c.labels.focus == "development" for c in corpus])
    style = np.array([c.labels.style == "questioning" for c in corpus])
    level = np.array([c.labels.challenge_level for c in corpus], dtype=np.float64)
    _fit_logit(document["development_logit"], metrics, focus)
    _fit_logit(document["questioning_logit"], metrics, style)
    _fit_line(document["challenge_level"], metrics, level)
    return tomlkit.dumps(document)


def settle(
    common: str,
    own: Mapping[Kind, str],
    corpus: Sequence[LabelledConversation],
    tagged: Sequence[TaggedConversation],
) -> str:
    """Set `centre`, `spread` and `expert_sd` from conversations the models did not learn from.

    The tagger is less sure there than on its training data, which flattens every metric;
    centre and spread make up for that. `expert_sd` is chosen so that 1.645 of it covers
    nine in ten of the differences between rating and score, each author's differences
    taken under a curve fitted on the others.

    Args:
        common: The fitted TOML text.
        own: The TOML text of each kind.
        corpus: Conversations that are `rated`.
        tagged: The same conversations with tags.
    """
    document: Any = tomlkit.parse(common)
    rubrics = {kind: parse_rubric(common, text) for kind, text in own.items()}
    wanted = _coaching(corpus)
    raw = np.array(
        [
            _raw(rubrics[c.labels.kind or KINDS[0]], compute_metrics(build_table(t)))
            for c, t in zip(corpus, tagged, strict=True)
        ]
    )
    authors = np.array([c.author for c in corpus])
    gaps = np.zeros(len(corpus))
    for author in sorted(set(authors)):
        one = authors == author
        others = one if one.all() else ~one
        fitted = _fit_curve(raw[others], wanted[others])
        gaps[one] = np.abs(_curve(raw[one], *fitted) - wanted[one])
    centre, spread = _fit_curve(raw, wanted)
    document["centre"], document["spread"] = round(centre, 1), round(spread, 1)
    document["expert_sd"] = round(float(np.quantile(gaps, 0.9)) / 1.645, 1)
    return tomlkit.dumps(document)


def _raw(rubric: Rubric, metrics: dict[str, float]) -> float:
    return rubric.weighted({c.name: c.score(metrics) for c in rubric.criteria})


def _curve(raw: Floats, centre: float, spread: float) -> Floats:
    return np.asarray(100 / (1 + np.exp((centre - raw) / spread)), dtype=np.float64)


def _fit_curve(raw: Floats, wanted: Floats) -> tuple[float, float]:
    """Centre and spread by least squares on the scale of the score."""
    (centre, spread), _ = curve_fit(
        _curve, raw, wanted, p0=(50.0, 12.0), bounds=([0.0, 3.0], [100.0, 40.0])
    )
    return float(centre), float(spread)


def rated(item: LabelledConversation) -> bool:
    """Whether a conversation has every label that fitting needs."""
    labels = item.labels
    whole = (labels.coaching, labels.focus, labels.style, labels.challenge_level)
    return None not in whole and all(name in labels.ratings for name in CRITERIA)


def _coaching(corpus: Sequence[LabelledConversation]) -> Floats:
    """The `coaching` rating of each conversation, as points from 0 to 100."""
    return np.array([_points(c.labels.coaching) for c in corpus if c.labels.coaching is not None])


def _points(rating: float) -> float:
    """Rating from 1 to 5 as points from 0 to 100."""
    return 25.0 * (rating - 1)


def _any_rubric(common: str) -> Rubric:
    """The common part as a rubric of its own."""
    return parse_rubric(common, f'kind = "{KINDS[0]}"\nversion = "0"\ntitle = "common"\n')


def _fit_criterion(criterion: Any, metrics: list[dict[str, float]], ratings: Floats) -> None:
    columns = []
    for measure in criterion["measures"]:
        values = np.array([m[measure["metric"]] for m in metrics])
        less_is_better = measure["low"] > measure["high"]
        ends = [_rounded(q) for q in np.quantile(values, [0.1, 0.9])]
        if ends[0] == ends[1]:
            ends[1] += (METRICS[measure["metric"]].unit == "share" and 0.1) or 1.0
        measure["low"], measure["high"] = reversed(ends) if less_is_better else ends
        columns.append(
            np.clip((values - measure["low"]) / (measure["high"] - measure["low"]), 0, 1)
        )
    # A base below 0 would be hard to explain; points start from nothing or more.
    weights, base = _non_negative(
        np.column_stack(columns), ratings, _RIDGE, least=_LEAST_POINTS, least_base=0.0
    )
    criterion["base"] = round(base, 1)
    for measure, weight in zip(criterion["measures"], weights, strict=True):
        measure["points"] = round(weight, 1)


def _fit_overall(document: Any, metrics: list[dict[str, float]], ratings: Floats) -> None:
    rubric = _any_rubric(tomlkit.dumps(document))
    scores = np.array([[c.score(m) for c in rubric.criteria] for m in metrics])
    inquiry, development = CRITERIA.index("inquiry"), CRITERIA.index("development")
    weakest = np.minimum(scores[:, inquiry], scores[:, development])
    weights, _ = _non_negative(np.column_stack([scores, weakest]), ratings, _WEIGHT_RIDGE)
    shares = np.round(weights / weights.sum(), 3)
    shares[0] += 1 - shares.sum()
    for name, share in zip([*CRITERIA, "weakest_half"], shares, strict=True):
        document["weights"][name] = round(float(share), 3)
    fitted = _any_rubric(tomlkit.dumps(document))
    centre, spread = _fit_curve(np.array([_raw(fitted, m) for m in metrics]), ratings)
    document["centre"], document["spread"] = round(centre, 1), round(spread, 1)


def _non_negative(
    columns: Floats,
    wanted: Floats,
    ridge: float,
    least: float = 0.0,
    least_base: float = -np.inf,
) -> tuple[Floats, float]:
    """Weights and a base, bounded below, by least squares with a ridge on the weights."""
    n, k = columns.shape
    rows = np.vstack(
        [
            np.column_stack([np.ones(n), columns]),
            np.column_stack([np.zeros(k), ridge * np.sqrt(n) * np.eye(k)]),
        ]
    )
    bounds = (np.array([least_base, *np.full(k, least)]), np.inf)
    found = lsq_linear(rows, np.concatenate([wanted, np.zeros(k)]), bounds=bounds).x
    return found[1:], float(found[0])


def _fit_logit(
    formula: Any, metrics: list[dict[str, float]], wanted: npt.NDArray[np.bool_]
) -> None:
    from sklearn.linear_model import LogisticRegression

    rows, mean, scale = _standard(formula, metrics)
    model = LogisticRegression(C=1.0).fit(rows, wanted)
    _write(formula, model.coef_[0] / scale, float(model.intercept_[0]), mean)


def _fit_line(formula: Any, metrics: list[dict[str, float]], wanted: Floats) -> None:
    rows, mean, scale = _standard(formula, metrics)
    weights, base = _non_negative(rows - rows.min(axis=0), wanted, 0.1)
    _write(formula, weights / scale, base - float(weights @ rows.min(axis=0)), mean)


def _standard(formula: Any, metrics: list[dict[str, float]]) -> tuple[Floats, Floats, Floats]:
    values = np.array([[m[name] for name in formula["weights"]] for m in metrics])
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
    return (values - mean) / scale, mean, scale


def _write(formula: Any, weights: Floats, base: float, mean: Floats) -> None:
    formula["base"] = _rounded(base - float(weights @ mean))
    for name, weight in zip(formula["weights"], weights, strict=True):
        formula["weights"][name] = _rounded(weight)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
