"""`coachscore train`: from the corpus to everything that ships."""

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from models import artefacts
from models.combined import load_transformer
from models.labelled import gold_tags, read_corpus, read_splits
from models.labels import KINDS
from models.training import SEED, train
from pipeline.calibration import calibrate, rated, settle
from pipeline.evaluation import tag_corpus


def train_everything(
    corpus: Path,
    report: Callable[[str], None],
    *,
    speech: Path | None = None,
    seed: int | None = None,
    folder: Path | None = None,
) -> None:
    """Train the models, then fit the rubrics' numbers.

    Args:
        corpus: Folder with `manifest.json` and `conversations/`.
        report: Called with lines of progress.
        speech: Folder with the words of real meetings, None to do without.
        seed: Of the transformer's training; the fixed one if None.
        folder: Where the models go. Only where it is None are the shipped models replaced
            and the rubrics fitted.

    Raises:
        LabelledDataError: The corpus cannot be read.
    """
    target = folder or Path(str(artefacts.FOLDER))
    train(corpus, target, report, speech=speech, seed=SEED if seed is None else seed)
    if folder is not None:
        return
    artefacts.load.cache_clear()
    load_transformer.cache_clear()
    fit_rubrics(corpus, report)


def fit_rubrics(corpus: Path, report: Callable[[str], None]) -> None:
    """Fit `common.toml` on the training split's labels, and settle it on the dev split's tags."""
    splits, everything = read_splits(corpus), read_corpus(corpus / "conversations")
    learn = [c for c in everything if c.author in splits["train"] and rated(c)]
    develop = [c for c in everything if c.author in splits["dev"] and rated(c)]
    folder = Path(str(resources.files("scoring") / "rubrics"))
    path, own = folder / "common.toml", {k: (folder / f"{k}.toml").read_text() for k in KINDS}
    fitted = calibrate(path.read_text(encoding="utf-8"), learn, [gold_tags(c) for c in learn])
    settled = settle(fitted, own, develop, tag_corpus(develop, _silent))
    path.write_text(settled, encoding="utf-8")
    report(f"fitted {path.name} on {len(learn)} and settled it on {len(develop)} conversations")


def _silent(_done: int) -> None:
    """Tell nobody."""
