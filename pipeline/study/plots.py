"""Plots of the evaluation page, as SVG that needs nothing from elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt

from pipeline.study.tables import label_name
from pipeline.study.values import MAIN_LABELS, CurveStudy, SplitStudy, Study, WorseStudy

_FONT = "Helvetica, Arial, sans-serif"
_INK = "#333333"
_COLOURS = ["#b8860b", "#3b7ea1", "#7a2048"]


def write_plots(folder: Path, study: Study) -> None:
    """Write the plots of the parts that were measured.

    Args:
        folder: Gets `families.svg`, `reliability.svg`, `curve.svg` and `worse.svg`.
        study: What was measured.
    """
    split = study.test or study.dev
    if split is not None:
        _save(_families(split, "test" if study.test else "dev"), folder / "families.svg")
        _save(_reliability(split), folder / "reliability.svg")
    if study.curve is not None:
        _save(_curve(study.curve), folder / "curve.svg")
    if study.worse is not None:
        _save(_worse(study.worse), folder / "worse.svg")


def _save(chart: Any, path: Path) -> None:
    chart = chart.configure(font=_FONT, background="white").configure_axis(
        labelColor=_INK, titleColor=_INK, gridColor="#e6e6e6", titleFontWeight="normal"
    )
    chart.save(str(path))


def _data(rows: list[dict[str, Any]]) -> Any:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def _plain(label: str) -> str:
    return label_name(label).replace("`", "").replace("_", " ")


def _families(split: SplitStudy, name: str) -> Any:
    rows = [
        {"label": _plain(label), "family": f.family, "kappa": k}
        for f in split.families
        for label in MAIN_LABELS
        if (k := f.clean.get(label)) is not None
    ]
    order = [_plain(label) for label in MAIN_LABELS]
    families = [f.family for f in split.families]
    return (
        alt.Chart(_data(rows), width=480, height=22 * len(order))
        .mark_point(filled=True, size=70, opacity=0.85)
        .encode(
            x=alt.X("kappa:Q", title=f"kappa on {name}", scale=alt.Scale(domainMax=1)),
            y=alt.Y("label:N", title=None, sort=order, axis=alt.Axis(grid=True)),
            color=alt.Color(
                "family:N", title=None, scale=alt.Scale(domain=families, range=_COLOURS)
            ),
            shape=alt.Shape("family:N", title=None, scale=alt.Scale(domain=families)),
        )
    )


def _reliability(split: SplitStudy) -> Any:
    panels = [_panel(_plain(r.label), list(_bins(r.bins))) for r in split.reliability]
    rows = [alt.hconcat(*panels[i : i + 4], spacing=14) for i in range(0, len(panels), 4)]
    return alt.vconcat(*rows, spacing=14)


def _bins(bins: Any) -> Iterator[dict[str, float]]:
    for b in bins:
        yield {"predicted": b.predicted, "observed": b.observed, "n": b.n}


def _panel(title: str, rows: list[dict[str, float]]) -> Any:
    """One label: bins as dots by size, and the line on which they should lie."""
    unit = alt.Scale(domain=[0, 1])
    base = alt.Chart(_data(rows), title=title, width=140, height=140)
    even = alt.Chart(_data([{"p": 0}, {"p": 1}])).mark_line(
        color="#999999", strokeDash=[4, 3], strokeWidth=1
    )
    x = alt.X("predicted:Q", title="probability", scale=unit)
    y = alt.Y("observed:Q", title="came true", scale=unit)
    dots = base.mark_circle(color=_COLOURS[2], opacity=0.85).encode(
        x=x, y=y, size=alt.Size("n:Q", legend=None, scale=alt.Scale(range=[12, 220]))
    )
    line = base.mark_line(color=_COLOURS[2], strokeWidth=1.5).encode(x=x, y=y)
    return even.encode(x=alt.X("p:Q", scale=unit), y=alt.Y("p:Q", scale=unit)) + line + dots


def _curve(curve: CurveStudy) -> Any:
    rows = [
        {"conversations": p.conversations, "label": _plain(label), "kappa": k}
        for p in curve.points
        for label, k in p.kappas.items()
        if k is not None
    ]
    ticks = [p.conversations for p in curve.points]
    return (
        alt.Chart(_data(rows), width=420, height=240)
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "conversations:Q",
                title="conversations to learn from",
                scale=alt.Scale(type="log", base=2, nice=False),
                axis=alt.Axis(values=ticks, format="d"),
            ),
            y=alt.Y("kappa:Q", title="kappa on dev", scale=alt.Scale(zero=False)),
            color=alt.Color("label:N", title=None, scale=alt.Scale(range=_COLOURS)),
        )
    )


def _worse(study: WorseStudy) -> Any:
    """Kappa and the movement of the score, over errors of words and of speakers."""
    panels = [
        _worsening(study, errors, title)
        for errors, title in (
            ("words", "word error rate"),
            ("speakers", "share with the wrong speaker"),
        )
    ]
    return alt.vconcat(*panels, spacing=18)


def _worsening(study: WorseStudy, errors: str, title: str) -> Any:
    other = "speakers" if errors == "words" else "words"
    steps = [s for s in study.steps if not getattr(s, other)]
    kappas = [
        {"share": getattr(s, errors), "label": _plain(label), "kappa": k}
        for s in steps
        for label, k in s.kappas.items()
    ]
    moved = [{"share": getattr(s, errors), "points": s.moved} for s in steps]
    x = alt.X("share:Q", title=title, axis=alt.Axis(format="%"))
    left = (
        alt.Chart(_data(kappas), width=250, height=190)
        .mark_line(point=True)
        .encode(
            x=x,
            y=alt.Y("kappa:Q", title="kappa on dev"),
            color=alt.Color("label:N", title=None, scale=alt.Scale(range=_COLOURS)),
        )
    )
    right = (
        alt.Chart(_data(moved), width=250, height=190)
        .mark_line(point=True, color=_INK)
        .encode(x=x, y=alt.Y("points:Q", title="points that the score moves"))
    )
    return alt.hconcat(left, right, spacing=24)
