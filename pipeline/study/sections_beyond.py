"""Sections of the evaluation page that go beyond one training on the corpus's splits."""

from typing import Final

from models.evaluation import LabelResult
from pipeline.study.neighbours import MOST
from pipeline.study.speed import RUNS
from pipeline.study.tables import DASH, figure, label_name, listed, share, table
from pipeline.study.training import CURVE_LABELS, FULL, gain_per_doubling, spread
from pipeline.study.values import FAMILIES, MAIN_LABELS, Measured, Study
from pipeline.study.worse import WORSE_LABELS

_ABSENT: Final = "Not measured yet: `{}`."


def curve(study: Study) -> str:
    """Kappa by number of conversations to learn from."""
    if study.curve is None:
        return _ABSENT.format("coachscore study --curve")
    rows = [
        (str(p.authors), str(p.conversations), *(figure(p.kappas.get(x)) for x in CURVE_LABELS))
        for p in study.curve.points
    ]
    gains = [
        f"{figure(g)} on {label_name(label)}"
        for label in CURVE_LABELS
        if (g := gain_per_doubling(study.curve, label)) is not None
    ]
    said = (
        f"\n\nTwice the conversations have brought {listed(gains)}, by a straight line over the "
        "doublings: that is what more data of the same kind would buy, for as long as the line "
        "stays straight."
        if gains
        else ""
    )
    header = ("authors", "conversations", *(label_name(x) for x in CURVE_LABELS))
    return (
        "The feature family trained on a part of the training split, authors added by name, and "
        f"measured on dev ({study.curve.corpus}, {study.curve.day}).\n\n"
        + table(header, rows)
        + said
        + "\n\n![Learning curve](evaluation/curve.svg)"
    )


def seeds(study: Study) -> str:
    """Mean and spread over trainings that differ in the seed."""
    if study.seeds is None:
        return _ABSENT.format("coachscore study --seed FOLDER")
    names = [row.seed for row in study.seeds.rows]
    full = [row.seed for row in study.seeds.rows if FULL in row.families]
    rows = []
    for label in MAIN_LABELS:
        cells = [spread(study.seeds, family, label) for family in (*FAMILIES, FULL)]
        rows.append(
            [label_name(label), *(DASH if c is None else f"{c[0]:.2f} ± {c[1]:.3f}" for c in cells)]
        )
    return (
        f"Trainings on {study.seeds.corpus} that differ in the seed ({listed(names)}), measured on "
        "dev: mean and standard deviation. What ships has 8-bit weights; the last column is what "
        f"{listed(full) if full else 'none of them'} had with 32 bits.\n\n"
        + table(("label", *FAMILIES, FULL), rows)
    )


def worse(study: Study) -> str:
    """Tags and score under errors of words and speakers."""
    if study.worse is None:
        return _ABSENT.format("coachscore study --worse")
    rows = [
        (
            share(s.words),
            share(s.speakers),
            *(figure(s.kappas.get(label)) for label in WORSE_LABELS),
            figure(s.moved, 1),
            figure(s.score),
            share(s.coverage),
        )
        for s in study.worse.steps
    ]
    header = (
        "words wrong",
        "wrong speaker",
        *(label_name(label) for label in WORSE_LABELS),
        "points the score moves",
        "rho with the rating",
        "ratings inside the interval",
    )
    return (
        "The dev split with more and more errors, made on the text: of the wrong words half are "
        "others, a quarter is missing, a quarter was put in; a wrong speaker is somebody of the "
        "other side, utterance by utterance, and takes its labels out of the coach's. "
        "The score is made without the gate on [quality](formats.md#quality-of-the-transcript), "
        f"so that it can be seen where the gate belongs. {_measured(study.worse)}\n\n"
        + table(header, rows)
        + "\n\n![Worse recordings](evaluation/worse.svg)"
    )


def starts(study: Study) -> str:
    """Sentences found in speech without punctuation."""
    if study.starts is None:
        return _ABSENT.format("make evaluate")
    rows = [
        (r.joined, str(r.texts), str(r.starts), *(figure(x) for x in (r.precision, r.recall, r.f1)))
        for r in study.starts.rows
    ]
    header = ("joined", "texts", "starts inside", "precision", "recall", "F1")
    return (
        "Utterances of dev, degraded as above, are joined without their punctuation and split "
        "again as a transcript is: what somebody says in one turn, and all that one side says, as "
        "a channel of its own has it. A start counts where it is at the very word. "
        f"{_measured(study.starts)}\n\n" + table(header, rows)
    )


def real_speech(study: Study) -> str:
    """Agreement on real meetings."""
    if study.elsewhere is None:
        return _ABSENT.format("make evaluate")
    rows = [_row(r) for r in study.elsewhere.real_speech]
    return (
        f"{study.elsewhere.meetings} real meetings with labels of ours "
        "([what they are](../datasets/real_speech/README.md)), kept for measuring. Every turn is "
        "split into sentences as the product does it, the whole stretch is tagged in context, and "
        "a turn's sentences answer together: it asks where one asks, else it reflects, else it "
        f"tells. {_measured(study.elsewhere)}\n\n"
        + table(("turn", "n", "right", "F1", "kappa"), rows)
    )


def neighbours(study: Study) -> str:
    """Agreement with the people who labelled other sources."""
    if study.elsewhere is None:
        return _ABSENT.format("make evaluate")
    rows = [
        (
            c.source,
            c.question,
            c.mapping,
            str(c.result.n),
            figure(c.result.kappa),
            c.human or DASH,
        )
        for c in study.elsewhere.neighbours
    ]
    header = ("source", "question", "the source's label", "n", "kappa", "people's own kappa")
    return (
        "Counselling (AnnoMI), lessons (Funneling, TalkMoves) and meetings (MRDA), labelled by "
        f"people under schemes of their own; {MOST:,} turns at random where there are more. "
        "Each turn is tagged as the coach's, after the turn before it as the coachee's. "
        "The mappings are ours, and where a source means something "
        f"else by its label, kappa says so too. {_measured(study.elsewhere)}\n\n"
        + table(header, rows)
    )


def readers(study: Study) -> str:
    """Agreement of the second labels with the first, and near-duplicates."""
    if study.corpus is None:
        return _ABSENT.format("make evaluate")
    found = study.corpus
    rows = [(label_name(r.label), *_row(r)[1:]) for r in found.labels]
    whole = [(f"conversation `{r.label}`", *_row(r)[1:]) for r in found.conversation_labels]
    rated = [(f"`{name}`", figure(rho, 3)) for name, rho in found.ratings.items()]
    near = share_of(found.near, found.sentences)
    return (
        f"{found.read_twice} conversations of all splits, {found.utterances:,} utterances of "
        f"coaches, were read a second time without sight of the first labels ({found.corpus}). "
        "What was settled between the two readings afterwards is not in these figures.\n\n"
        + table(("label", "n", "right", "F1", "kappa"), [*rows, *whole])
        + "\n\n"
        + table(("rating", "Spearman's rho"), rated)
        + f"\n\n**Near-duplicates.** Of {found.sentences:,} utterances of six words or more, "
        f"{found.near} ({near}) have a near twin: three quarters of their runs of three words in "
        "common (Jaccard index)."
    )


def speed(study: Study) -> str:
    """Utterances per second, and sizes of the files."""
    parts = []
    if study.speed is None:
        parts.append(_ABSENT.format("coachscore study --speed"))
    else:
        rows = [
            ("transformer", f"{study.speed.transformer:,.0f}"),
            ("combination", f"{study.speed.combination:,.0f}"),
        ]
        parts.append(
            f"{study.speed.utterances:,} utterances of dev given at once, best of {RUNS}, on "
            f"{study.speed.machine}. {_measured(study.speed)} The time of a whole analysis is "
            "measured by `make bench`.\n\n" + table(("tagger", "utterances per second"), rows)
        )
    if study.dev is not None:
        sizes = study.dev.files
        rows = [(f"`{name}`", f"{size / 1e6:.1f} MB") for name, size in sizes.items()]
        rows.append(("together", f"{sum(sizes.values()) / 1e6:.1f} MB"))
        parts.append(table(("file", "size"), rows))
    return "\n\n".join(parts)


def share_of(part: int, whole: int) -> str:
    """A small share in per cent, with two digits after the point."""
    return f"{100 * part / whole:.2f} %" if whole else DASH


def _row(r: LabelResult) -> tuple[str, ...]:
    return (r.label, str(r.n), share(r.accuracy), figure(r.f1), figure(r.kappa))


def _measured(part: Measured) -> str:
    return f"Measured on {part.day} with tagger `{part.tagger}`."
