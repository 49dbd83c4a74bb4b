"""What training again shows: a learning curve, and how much the seed matters."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from models import artefacts
from models.augment import degrade
from models.combined import CombinedTagger, choose_thresholds
from models.labelled import LabelledConversation
from models.transformer import Transformer, full_path
from pipeline.study.agreement import kappas
from pipeline.study.families import (
    Corpus,
    judge_out_of_fold,
    predict,
    split_tags,
    talks_of,
)
from pipeline.study.values import CurvePoint, CurveStudy, Kappas, SeedRow, SeedStudy

CURVE_LABELS: Final = ("act", "challenge", "focus")
FULL: Final = "transformer, 32 bit"

_SHARES: Final = (0.25, 0.5, 0.75, 1.0)


def curve_sizes(authors: int) -> list[int]:
    """How many authors' conversations each point of the curve is trained on."""
    return sorted({max(2, round(authors * share)) for share in _SHARES})


def learning_curve(
    learn: Corpus, develop: Corpus, report: Callable[[str], None]
) -> tuple[CurvePoint, ...]:
    """Train the feature family on more and more authors, measure it on dev.

    Authors are added in the order of their names. Thresholds are chosen on dev each time, as
    training does.

    Args:
        learn: The training split.
        develop: The development split.
        report: Called with lines of progress.
    """
    authors = sorted({c.author for c in learn})
    points = []
    for size in curve_sizes(len(authors)):
        part = [c for c in learn if c.author in authors[:size]]
        report(f"learning curve: {len(part)} conversations")
        found = _feature_kappas(part, develop)
        chosen = {label: found.get(label) for label in CURVE_LABELS}
        points.append(CurvePoint(authors=size, conversations=len(part), kappas=chosen))
    return tuple(points)


def gain_per_doubling(curve: CurveStudy, label: str) -> float | None:
    """Kappa that twice the conversations have brought: slope of a line over log2 of their number.

    Least squares over all points; None with fewer than two.
    """
    known = [
        (np.log2(p.conversations), k)
        for p in curve.points
        if (k := p.kappas.get(label)) is not None
    ]
    if len(known) < 2:
        return None
    return round(float(np.polyfit([x for x, _ in known], [k for _, k in known], 1)[0]), 3)


def seed_row(seed: str, folder: Path, develop: Corpus) -> SeedRow:
    """Kappa on dev of the families in a folder that training wrote.

    Args:
        seed: Name of the training.
        folder: Holds `tagger.pickle.gz` and `encoder.onnx`; where the encoder's 32-bit weights
            are there too, these are measured as the family `FULL`.
        develop: The development split.
    """
    tagger: CombinedTagger = artefacts.read(folder, "tagger")
    families = _families(tagger, folder / "encoder.onnx", develop)
    full = full_path(folder / "encoder.onnx")
    if full.is_file():
        families[FULL] = _families(tagger, full, develop)["transformer"]
    return SeedRow(seed=seed, families=families)


def _families(tagger: CombinedTagger, encoder: Path, develop: Corpus) -> dict[str, Kappas]:
    tagger.transformer = Transformer(encoder)
    judged = judge_out_of_fold(predict(tagger, develop))
    return {name: kappas(j.corpus, j.clean_tags) for name, j in judged.items()}


def with_row(study: SeedStudy | None, corpus: str, row: SeedRow) -> SeedStudy:
    """The study with a row added, or put in the place of one by the same name.

    Rows of another corpus are dropped: they differ in more than the seed.
    """
    before = study.rows if study is not None and study.corpus == corpus else ()
    rows = [*(r for r in before if r.seed != row.seed), row]
    return SeedStudy(corpus=corpus, rows=tuple(sorted(rows, key=lambda r: r.seed)))


def spread(study: SeedStudy, family: str, label: str) -> tuple[float, float] | None:
    """Mean and sample standard deviation over the seeds, None with fewer than two."""
    kappas = [r.families.get(family, {}).get(label) for r in study.rows]
    known = [k for k in kappas if k is not None]
    if len(known) < 2:
        return None
    return round(float(np.mean(known)), 3), round(float(np.std(known, ddof=1)), 3)


def _feature_kappas(learn: Sequence[LabelledConversation], develop: Corpus) -> Kappas:
    from models.training import train_features  # Imports torch, which nothing else here needs.

    features = train_features(learn, lambda _line: None)
    clean = talks_of(develop)
    noisy = [degrade(talk, seed=i) for i, talk in enumerate(clean)]
    matrix = features.predict(clean)
    both = np.vstack([matrix, features.predict(noisy)])
    thresholds = choose_thresholds(both, [*develop, *develop])
    return kappas(develop, split_tags(matrix, clean, thresholds))
