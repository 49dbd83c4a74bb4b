"""Sections of the evaluation page that are about the splits of the corpus."""

from typing import Final

from pipeline.study.agreement import SLICED
from pipeline.study.conversations import EARLY
from pipeline.study.tables import DASH, figure, label_name, listed, share, table
from pipeline.study.values import FAMILIES, MAIN_LABELS, FamilyResult, SplitStudy, Study

# What the project set out to reach on the test split.
AIMS: Final = {
    "act": 0.80,
    "act=question": 0.90,
    "question_form": 0.75,
    "telling_kind": 0.70,
    "challenge": 0.70,
    "focus": 0.75,
    "activity": 0.70,
    "coach action_item": 0.65,
    "coach follow_up": 0.65,
    "coach outcome": 0.65,
    "coachee action_item": 0.65,
    "coachee follow_up": 0.65,
    "coachee outcome": 0.65,
    "coachee unsupported": 0.60,
    "coachee reflection": 0.60,
}
AIM_ECE: Final = 0.05
AIM_RAW: Final = 0.05  # Raw speech lies at most this much below clean captions.

_FIELDS: Final = MAIN_LABELS[:7]
_MEDIA: Final = ("asr", "captions", "assistant")


def splits(study: Study) -> list[tuple[str, SplitStudy]]:
    """The splits that were measured, by name."""
    return [(n, s) for n, s in (("dev", study.dev), ("test", study.test)) if s is not None]


def families(study: Study) -> str:
    """Kappa by label, family and split."""
    known = splits(study)
    readers = {r.label: r.kappa for r in study.corpus.labels} if study.corpus else {}
    header = [
        "label", "aim", *(f"{family}, {name}" for name, _ in known for family in FAMILIES),
        *(f"n, {name}" for name, _ in known), "two readers",
    ]  # fmt: skip
    rows = [
        [
            label_name(label),
            figure(AIMS.get(label)),
            *(figure(f.clean.get(label)) for _, s in known for f in s.families),
            *(str(s.support.get(label, 0)) for _, s in known),
            figure(readers.get(label)),
        ]
        for label in MAIN_LABELS
    ]
    text = (
        "The same splits, the same decoding, and for each family the same way of choosing "
        "thresholds. *n* is the utterances compared; for a mark, how many carry it.\n\n"
        + table(header, rows)
        + "\n\n![Kappa by label and family](evaluation/families.svg)"
    )
    return "\n\n".join([text, *(_short(name, s) for name, s in known)])


def _short(name: str, split: SplitStudy) -> str:
    """Which aims the combination misses, and where a family alone does better."""
    by_name = {f.family: f.clean for f in split.families}
    best = by_name["combination"]
    under = [
        f"{label_name(label)} ({figure(k)} of {figure(aim)})"
        for label, aim in AIMS.items()
        if (k := best.get(label)) is not None and round(k, 2) < aim
    ]
    lines = [f"Under the aim on {name}: {listed(under)}." if under else f"No aim missed on {name}."]
    for family in FAMILIES[:2]:
        ahead = [
            f"{label_name(label)} by {figure(k - c)}"
            for label, k in by_name[family].items()
            if k is not None and (c := best.get(label)) is not None and k - c >= 0.02
        ]
        if ahead:
            lines.append(f"The {family} family alone is ahead there on {listed(ahead)}.")
    return " ".join(lines)


def degraded(study: Study) -> str:
    """Clean against degraded text, and by medium."""
    parts = [
        "*Degraded* is the same text in lower case without punctuation, about 3 % of the words "
        "dropped, 3 % misheard and 4 % doubled or after a filler. The media are what the "
        "conversations imitate; raw recognised speech (`asr`) should lie at most "
        f"{figure(AIM_RAW)} under clean captions."
    ]
    for name, split in splits(study):
        header = ["label", *(f"{f}, {kind}" for f in FAMILIES for kind in ("clean", "degraded"))]
        rows = [
            [
                label_name(label),
                *(
                    figure(kappas.get(label))
                    for f in split.families
                    for kappas in (f.clean, f.degraded)
                ),
            ]
            for label in MAIN_LABELS
        ]
        parts += [f"**On {name}**", table(header, rows), _media(split)]
    return "\n\n".join(parts)


def _media(split: SplitStudy) -> str:
    header = ["label", *(f"{f}, {medium}" for f in FAMILIES for medium in _MEDIA)]
    rows = [
        [
            label_name(label),
            *(figure(f.media.get(m, {}).get(label)) for f in split.families for m in _MEDIA),
        ]
        for label in _FIELDS
    ]
    return table(header, rows) + _raw_speech(split.families[-1])


def _raw_speech(best: FamilyResult) -> str:
    raw, clean = best.media.get("asr", {}), best.media.get("captions", {})
    gaps = {
        label: c - r
        for label in _FIELDS
        if (c := clean.get(label)) is not None and (r := raw.get(label)) is not None
    }
    wide = [f"{label_name(n)} ({figure(g)})" for n, g in gaps.items() if round(g, 2) > AIM_RAW]
    if not gaps:
        return ""
    return (
        f"\n\nRaw speech lies further under captions on {listed(wide)}."
        if wide
        else "\n\nRaw speech lies nowhere further under captions than that."
    )


def calibration(study: Study) -> str:
    """Expected calibration error by label and split."""
    known = splits(study)
    errors = {name: {r.label: r for r in s.reliability} for name, s in known}
    header = ["label", *(f"ECE, {name}" for name, _ in known), *(f"n, {name}" for name, _ in known)]
    rows = [
        [
            label_name(label),
            *(figure(r.ece if (r := errors[n].get(label)) else None, 3) for n, _ in known),
            *(str(r.n if (r := errors[n].get(label)) else 0) for n, _ in known),
        ]
        for label in MAIN_LABELS
    ]
    text = (
        "Expected calibration error of the combination: predictions go into ten bins of equal "
        "width by probability, and ECE = Σ n_b / n · |share that came true - mean probability| "
        "over the bins b. For a field the prediction is the likeliest class where the label is "
        "defined; for question or not, `challenge` and the marks it is the flag itself. The aim "
        f"is at most {figure(AIM_ECE)}.\n\n" + table(header, rows)
    )
    for name, _ in known:
        over = [
            f"{label_name(n)} ({figure(r.ece, 3)})"
            for n, r in errors[name].items()
            if r.ece > AIM_ECE
        ]
        text += (
            f"\n\nOver the aim on {name}: {listed(over)}."
            if over
            else f"\n\nAll within it on {name}."
        )
    return text + "\n\n![Reliability of the probabilities](evaluation/reliability.svg)"


def errors(study: Study) -> str:
    """The commonest confusion of each label; the rest is on a page of its own."""
    found = study.dev.confusions if study.dev is not None else ()
    first = {c.label: c for c in reversed(found)}
    rows = [
        (label_name(label), first[label].wanted, first[label].found, str(first[label].n))
        for label in dict.fromkeys(c.label for c in found)
    ]
    return (
        "The commonest confusion of each main label on dev; the 20 worst of each, with "
        "utterances, are in [confusions.md](evaluation/confusions.md). The test split's are not "
        "looked at.\n\n" + table(("label", "labelled", "tagged", "n"), rows)
    )


def parts(study: Study) -> str:
    """Agreement on parts of the splits."""
    rows = [
        (
            s.by, f"`{s.value}`" if "_" in s.value or s.by in ("style", "medium") else s.value,
            name, str(s.conversations), str(s.utterances),
            *(figure(s.kappas.get(label)) for label in SLICED),
        )
        for name, split in splits(study)
        for s in split.slices
    ]  # fmt: skip
    header = ("by", "part", "split", "conversations", "n", *(label_name(x) for x in SLICED))
    return (
        "The combination; *n* is the coaches' labelled utterances. Small parts say little.\n\n"
        + table(header, rows)
    )


def conversations(study: Study) -> str:
    """Labels of conversations, scores against ratings, and roles."""
    known = splits(study)
    labels = {(n, r.label): r for n, s in known for r in s.conversation.labels}
    header = ["label", *(f"{what}, {n}" for n, _ in known for what in ("right", "kappa"))]
    rows = []
    for label in dict.fromkeys(label for _, label in labels):
        cells = [labels.get((n, label)) for n, _ in known]
        shown = [
            text
            for row in cells
            for text in ((share(row.accuracy), figure(row.kappa)) if row else (DASH, DASH))
        ]
        rows.append([f"`{label}`", *shown])
    return (
        "`focus` and `style` should be right in 95 %, the score should reach a rank correlation of "
        "0.9 with the `coaching` rating, and the 90 % interval should hold 90 % of the ratings. "
        "`centre`, `spread` and the interval's width were fitted on dev, so dev flatters them.\n\n"
        + table(header, rows)
        + "\n\n"
        + _scores(study)
    )


def _scores(study: Study) -> str:
    known = [(name, s.conversation) for name, s in splits(study)]
    readers = study.corpus.ratings if study.corpus else {}
    names = list(known[0][1].criteria) if known else []
    rows = [["overall score and `coaching`, Spearman's rho",
             *(figure(c.score) for _, c in known), figure(readers.get("coaching"))]]  # fmt: skip
    rows += [
        [
            f"`{n}`, Spearman's rho",
            *(figure(c.criteria.get(n)) for _, c in known),
            figure(readers.get(n)),
        ]
        for n in names
    ]
    rows += [
        ["ratings inside the 90 % interval", *(share(c.coverage) for _, c in known), ""],
        ["conversations without a score", *(str(c.without_score) for _, c in known), ""],
        ["coach found from the talk alone", *(share(c.coach_found) for _, c in known), ""],
        [f"the same from the first {EARLY} utterances",
         *(share(c.coach_found_early) for _, c in known), ""],
    ]  # fmt: skip
    return table(["measure", *(name for name, _ in known), "two readers"], rows)
