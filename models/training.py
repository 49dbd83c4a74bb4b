"""From the corpus to the shipped models, in one go."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from models import artefacts
from models.augment import degrade
from models.blend import Blend
from models.combined import CombinedTagger, FeatureFamily, choose_thresholds
from models.context import ContextStage, context_features
from models.encoder import export, fine_tune
from models.features import numbers
from models.heads import HEADS, targets
from models.kinds import KindModel
from models.labelled import LabelledConversation, read_corpus, read_splits
from models.linear import LinearStage, Report
from models.real_speech import read_meetings, single_sentences
from models.roles import RoleModel
from models.transformer import Transformer

TRAINING_VERSION: Final = "5"
SEED: Final = 20261122

_SPEECH_LABELS: Final = Path("real_speech") / "qmsum.json"


def train(
    corpus: Path, folder: Path, report: Report, *, speech: Path | None = None, seed: int = SEED
) -> None:
    """Train everything that ships and write it to `folder`.

    The training split makes the models; the development split makes the blend, the
    thresholds and how sure to be of the coach. Nothing is learned from the test split.

    Args:
        corpus: Folder with `manifest.json` and conversations.
        folder: Where the artefacts go, usually `models/artefacts/`.
        report: Called with lines of progress.
        speech: Folder with the words of the labelled real meetings, whose training split
            then helps to train the taggers; None does without.
        seed: Of the transformer's order, noise and initial weights.

    Raises:
        LabelledDataError: The corpus cannot be read.
    """
    splits = read_splits(corpus)
    everything = read_corpus(corpus / "conversations")
    learn = [c for c in everything if c.author in splits["train"]]
    develop = [c for c in everything if c.author in splits["dev"]]
    real = [] if speech is None else _real_speech(corpus.parent / _SPEECH_LABELS, speech)
    report(f"{len(learn)} conversations to train on, {len(develop)} to tune on, {len(real)} real")
    folder.mkdir(parents=True, exist_ok=True)
    # Put together aside: a training that is cut off leaves the models that were there.
    with TemporaryDirectory(dir=folder) as aside:
        made = Path(aside)
        artefacts.write(made, "roles", RoleModel().fit(learn).calibrate(develop))
        artefacts.write(made, "kinds", KindModel().fit(learn))
        features = train_features([*learn, *real], report)
        export(fine_tune([*learn, *real], seed, report), made / "encoder.onnx")
        tagger = tune(features, Transformer(made / "encoder.onnx"), develop)
        artefacts.write(made, "tagger", tagger)
        version = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))["version"]
        write_manifest(made, f"coachtalk-{version}")
        # The manifest last: until then results are kept under the old digests.
        for file in sorted(made.iterdir(), key=lambda file: file.suffix == ".json"):
            file.replace(folder / file.name)
    report(f"wrote {folder}")


def _real_speech(labels: Path, folder: Path) -> list[LabelledConversation]:
    return [single_sentences(item) for item in read_meetings(labels, folder, "train")]


def write_manifest(folder: Path, corpus: str) -> None:
    """Write `manifest.json`: the tagger's name and version, and the digest of each model.

    Stored results are found again by what is written here, so models trained anew are
    never mistaken for the old ones.
    """
    digests = {
        name: hashlib.sha256((folder / file).read_bytes()).hexdigest()[:12]
        for name, file in artefacts.FILES.items()
    }
    tagger = hashlib.sha256((digests["tagger"] + digests["encoder"]).encode()).hexdigest()[:8]
    manifest = {
        "tagger": {"name": "combined", "version": f"{TRAINING_VERSION}+{corpus}.{tagger}"},
        "models": digests,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def train_features(corpus: Sequence[LabelledConversation], report: Report) -> FeatureFamily:
    """Train both stages of the feature family on clean and degraded conversations."""
    text, context = LinearStage(), ContextStage()
    talks, matrix = text.fit_out_of_fold(corpus, lambda key: report(f"words, {key}"))
    rows, start = [], 0
    for talk in talks:
        part = matrix[start : start + len(talk)]
        rows.append(context_features(part, talk, numbers(talk)))
        start += len(talk)
    wanted = {head.key: np.tile(targets(head, corpus), 2) for head in HEADS}
    context.fit(np.vstack(rows), wanted, lambda key: report(f"context, {key}"))
    return FeatureFamily(text, context)


def tune(
    features: FeatureFamily, transformer: Transformer, develop: Sequence[LabelledConversation]
) -> CombinedTagger:
    """Blend the families and choose thresholds on conversations they have not seen."""
    clean = [c.conversation.utterances for c in develop]
    talks = [*clean, *(degrade(talk, seed=i) for i, talk in enumerate(clean))]
    twice = [*develop, *develop]
    families: list[Any] = [features.predict(talks), transformer.predict(talks)]
    wanted = {head.key: targets(head, twice) for head in HEADS}
    blend = Blend().fit(families, wanted)
    return CombinedTagger(features, blend, choose_thresholds(blend.predict(families), twice))
