"""The trained models that ship with the product, in `models/artefacts/`.

`coachscore train` makes them all; each is loaded at most once per process.
"""

import gzip
import json
import pickle
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from models.conversation import Provenance
from models.errors import CoachscoreError
from models.imports import without

FOLDER: Final = resources.files("models") / "artefacts"
FILES: Final = {
    "tagger": "tagger.pickle.gz",
    "encoder": "encoder.onnx",
    "roles": "roles.pickle.gz",
    "kinds": "kinds.pickle.gz",
}

MASKING: Final = FOLDER / "masking" / "names.npz"  # Of masking, which has a version of its own.


class ArtefactMissingError(CoachscoreError):
    """A trained model is not there."""

    title = "A trained model is missing"


def manifest() -> dict[str, Any]:
    """What was trained, on what, in which version; cheap to read.

    Raises:
        ArtefactMissingError: Nothing was trained yet.
    """
    try:
        found: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtefactMissingError(
            "models/artefacts/manifest.json is not there. Run “coachscore train”."
        ) from error
    return found


def tagger_provenance() -> Provenance:
    """Name and version of the shipped tagger, without loading it."""
    return Provenance.model_validate(manifest()["tagger"])


@cache
def load(name: str) -> Any:
    """A trained model by name ("tagger", "roles", "kinds"), loaded once per process.

    Raises:
        ArtefactMissingError: It was never trained.
    """
    try:
        return read(Path(str(FOLDER)), name)
    except OSError as error:
        raise ArtefactMissingError(
            f"models/artefacts/{FILES[name]} is not there. Run “coachscore train”."
        ) from error


def read(folder: Path, name: str) -> Any:
    """A model by name ("tagger", "roles", "kinds") from a folder that training wrote.

    Raises:
        OSError: It is not there.
    """
    data = gzip.decompress((folder / FILES[name]).read_bytes())
    # scikit-learn looks for pandas to know its tables, which takes 0.3 s; we have none.
    with without("pandas"):
        # Our own files, under the digests of the manifest. Plain pickle opens them in less
        # than half the time that joblib takes: the tables are many small objects.
        return pickle.loads(data)  # noqa: S301


def write(folder: Path, name: str, model: Any) -> None:
    """Write a model by name where `read` finds it, the same bytes for the same model."""
    data = gzip.compress(pickle.dumps(model, protocol=5), compresslevel=6, mtime=0)
    (folder / FILES[name]).write_bytes(data)
