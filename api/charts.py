"""Charts, drawn on the server by Altair and vl-convert as SVG that lies in the page.

They are drawn in the light theme's colours; `static/coaching.css` maps those to the theme's
variables, so one picture serves light, dark and print. Every chart is a picture of a table
that stands beside it, and is cached by its values.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal

from markupsafe import Markup

from models.conversation import Value

INK: Final = "#1c242c"
SOFT: Final = "#57616c"
LINE: Final = "#e2ddd1"
ACCENT: Final = "#0c5a63"
MID: Final = "#6fa3a6"
DEAL: Final = "#b56d12"
DEVELOPMENT: Final = "#4659b8"

_WIDTH: Final = 560
_HEIGHT: Final = 210
_SCORE: Final = "Score, 0 to 100"
_KEPT: Final = 512  # Pictures of about 15 KB each.


class Dot(Value):
    """A score with its 90 % range at a moment."""

    at: datetime
    score: float
    low: float
    high: float


class Pair(Value):
    """Quantity and quality under one name; `low` and `high` bound the mean score's range."""

    name: str
    quantity: float
    score: float
    low: float
    high: float


class Bar(Value):
    """Minutes on deals and on development in one week."""

    start: date
    deal: float
    development: float


@lru_cache(_KEPT)
def trend(dots: tuple[Dot, ...], mean: tuple[float, float, float] | None) -> Markup:
    """Scores over time with their ranges, and their mean as a line in its own range.

    Args:
        dots: Oldest first.
        mean: Mean and the bounds of its range, None where there are too few scores.
    """
    import altair as alt

    rows = [dot.model_dump(mode="json") for dot in dots]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("at:T", title=None, axis=_day_axis(alt))
    )
    ranges = base.mark_rule(stroke=MID, strokeWidth=3, strokeCap="round").encode(
        y=_score_axis(alt, "low:Q"), y2="high:Q"
    )
    points = base.mark_point(filled=True, fill=ACCENT, size=70, opacity=1).encode(y="score:Q")
    layers = [ranges, points]
    if mean is not None:
        values = alt.InlineData(values=[dict(zip(("mean", "low", "high"), mean, strict=True))])
        band = alt.Chart(values).mark_rect(fill=ACCENT, opacity=0.1)
        line = alt.Chart(values).mark_rule(stroke=ACCENT, strokeDash=[5, 4])
        layers = [band.encode(y="low:Q", y2="high:Q"), line.encode(y="mean:Q"), *layers]
    return _drawn(alt.layer(*layers))


@lru_cache(_KEPT)
def quantity_quality(pairs: tuple[Pair, ...], quantity: str) -> Markup:
    """Quantity to the right, quality upwards with its range, a name at each point.

    Args:
        pairs: What to show.
        quantity: Words for the axis to the right.
    """
    import altair as alt

    most = max((pair.quantity for pair in pairs), default=1.0)
    rows = [
        pair.model_dump() | {"side": side}
        for pair, side in zip(pairs, _sides(pairs, most), strict=True)
    ]
    right = alt.X(
        "quantity:Q",
        title=quantity,
        scale=alt.Scale(domain=[0, most * 1.2 or 1], nice=False),
        axis=alt.Axis(grid=False, tickCount=6),
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=right)
    ranges = base.mark_rule(stroke=MID, strokeWidth=3, strokeCap="round").encode(
        y=_score_axis(alt, "low:Q"), y2="high:Q"
    )
    points = base.mark_point(filled=True, fill=ACCENT, size=80, opacity=1).encode(y="score:Q")
    sides: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 9), ("right", -9))
    names = [
        base.mark_text(align=align, dx=dx, fill=INK, fontSize=13)
        .encode(y="score:Q", text="name:N")
        .transform_filter(f"datum.side === '{align}'")
        for align, dx in sides
    ]
    return _drawn(alt.layer(ranges, points, *names))


@lru_cache(_KEPT)
def minutes(bars: tuple[Bar, ...]) -> Markup:
    """Minutes a week on deals and on development, one upon the other."""
    import altair as alt

    rows = [
        {"week": bar.start.isoformat(), "about": about, "order": place, "minutes": amount}
        for bar in bars
        for place, (about, amount) in enumerate(
            (("development", bar.development), ("deals", bar.deal))
        )
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdate(week):O", title=None, axis=_day_axis(alt)),
            y=alt.Y("minutes:Q", title="Minutes a week", axis=alt.Axis(tickCount=5)),
            order="order:O",
            fill=alt.Fill(
                "about:N",
                scale=alt.Scale(domain=["deals", "development"], range=[DEAL, DEVELOPMENT]),
                legend=None,
            ),
        )
    )
    return _drawn(chart)


def warm() -> None:
    """Draw one chart, so that nobody waits for the renderer to start."""
    trend((), None)


def _sides(pairs: Sequence[Pair], most: float) -> list[str]:
    """On which side of its point a name stands: to the left where another one is close."""
    sides: list[str] = []
    for place, pair in enumerate(pairs):
        near = [
            sides[other]
            for other, known in enumerate(pairs[:place])
            if abs(known.score - pair.score) < 9 and abs(known.quantity - pair.quantity) < most / 4
        ]
        sides.append("right" if "left" in near else "left")
    return sides


def _score_axis(alt: Any, field: str) -> Any:
    ticks = alt.Axis(values=[0, 25, 50, 75, 100])
    return alt.Y(field, title=_SCORE, scale=alt.Scale(domain=[0, 100]), axis=ticks)


def _day_axis(alt: Any) -> Any:
    """Days with room between them, for a phone shows the letters larger."""
    return alt.Axis(
        format="%-d %b", grid=False, labelAngle=0, labelOverlap="greedy", labelSeparation=30
    )


def _drawn(chart: Any) -> Markup:
    import vl_convert

    styled = chart.properties(width=_WIDTH, height=_HEIGHT, background="transparent").configure(
        aria=False,
        axis=_axis_style(),
        view={"stroke": None},
        text={"font": "sans-serif"},
    )
    # Numbers, dates and names that Vega has escaped; no style, no script, nothing from afar.
    return Markup(vl_convert.vegalite_to_svg(styled.to_dict()))  # noqa: S704


def _axis_style() -> dict[str, Any]:
    return {
        "domainColor": LINE,
        "gridColor": LINE,
        "tickColor": LINE,
        "labelColor": SOFT,
        "titleColor": SOFT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
        "titlePadding": 10,
    }


def bars_of(rows: Sequence[tuple[date, float, float]]) -> tuple[Bar, ...]:
    """Bars of weeks with their minutes on deals and on development."""
    return tuple(Bar(start=s, deal=deal, development=grows) for s, deal, grows in rows)
