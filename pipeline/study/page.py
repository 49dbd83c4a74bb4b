"""`docs/evaluation.md`, its page of confusions and its plots, from the files of a study."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pipeline.study import plots, sections_beyond, sections_split
from pipeline.study.agreement import WORST
from pipeline.study.tables import label_name, table
from pipeline.study.values import SplitStudy, Study

_SECTIONS: Final[tuple[tuple[str, Callable[[Study], str]], ...]] = (
    ("Three taggers", sections_split.families),
    ("Clean and degraded text", sections_split.degraded),
    ("Sentences without punctuation", sections_beyond.starts),
    ("Calibration", sections_split.calibration),
    ("Errors", sections_split.errors),
    ("By author, style, kind, English and medium", sections_split.parts),
    ("Whole conversations", sections_split.conversations),
    ("More data", sections_beyond.curve),
    ("Other seeds", sections_beyond.seeds),
    ("Worse recordings", sections_beyond.worse),
    ("Real meetings", sections_beyond.real_speech),
    ("Neighbouring talk, labelled by people", sections_beyond.neighbours),
    ("Two readers", sections_beyond.readers),
    ("Speed and size", sections_beyond.speed),
)

_HEAD: Final = """# Evaluation

How good the taggers and the score are, measured by `make evaluate`. This page is written by it from
the figures in [evaluation/](evaluation/), which hold more digits; nothing here is written by hand.
How each measurement is made, and when the test split is read, is in
[development.md](development.md#evaluate); what the models are for, and what not, in
[model_cards.md](model_cards.md).

Unless something else is said, a figure is Cohen's kappa: agreement with the labels beyond chance,
1 at best. `question_form` and `telling_kind` are compared where label and tag both see a question,
or a telling. On dev, blend and thresholds are chosen on one author's conversations and measured on
the other's; on test everything is as it ships. No language-model reader is a person: “two readers”
is how far two of them agree on the corpus, an upper bound for what people would reach."""


def write_page(docs: Path, study: Study) -> None:
    """Write the pages and the plots of a study.

    Args:
        docs: Gets `evaluation.md`; the rest goes to `evaluation/` below it.
        study: What was measured.
    """
    folder = docs / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    plots.write_plots(folder, study)
    (docs / "evaluation.md").write_text(page(study), encoding="utf-8")
    (folder / "confusions.md").write_text(confusions_page(study), encoding="utf-8")


def page(study: Study) -> str:
    """The text of `docs/evaluation.md`."""
    links = [f"- [{title}](#{_anchor(title)})" for title, _ in _SECTIONS]
    parts = [f"## {title}\n\n{section(study)}" for title, section in _SECTIONS]
    return "\n\n".join([_HEAD, _when(study), "\n".join(links), *parts]) + "\n"


def confusions_page(study: Study) -> str:
    """The text of `docs/evaluation/confusions.md`."""
    found = study.dev.confusions if study.dev is not None else ()
    parts = [
        "# Confusions on the development split\n\n"
        f"Of each main label the {WORST} commonest confusions of the combination, and the "
        "utterances that it was surest of. Written by `make evaluate`."
    ]
    for label in dict.fromkeys(c.label for c in found):
        rows = [
            (c.wanted, c.found, str(c.n), "<br>".join(_quoted(e.id, e.text) for e in c.examples))
            for c in found
            if c.label == label
        ]
        header = ("labelled", "tagged", "n", "examples")
        parts.append(f"## {label_name(label)}\n\n{table(header, rows)}")
    return "\n\n".join(parts) + "\n"


def _quoted(identity: str, text: str, most: int = 110) -> str:
    short = text if len(text) <= most else text[: most - 1].rstrip() + "…"
    return f"{identity} “{short.replace('|', '/')}”"


def _when(study: Study) -> str:
    rows = [
        (name, str(s.conversations), str(s.utterances), s.corpus, f"`{s.tagger}`", s.day)
        for name, s in _splits(study)
    ]
    header = ("split", "conversations", "utterances", "corpus", "tagger", "measured on")
    text = table(header, rows)
    if study.test is None:
        text += "\n\nThe test split has not been read in this form yet: `coachscore study --test`."
    return text


def _splits(study: Study) -> list[tuple[str, SplitStudy]]:
    return [(n, s) for n, s in (("dev", study.dev), ("test", study.test)) if s is not None]


def _anchor(title: str) -> str:
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c == "-")
