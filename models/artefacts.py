"""The trained models that ship with the product, in `models/artefacts/`.

`coachscore train` makes them all; each is loaded at most once per process.
"""

import json
from functools import cache
from importlib import resources
from typing import Any, Final

import joblib

from models.conversation import Provenance
from models.errors import CoachscoreError

FOLDER: Final = resources.files("models") / "artefacts"
FILES: Final = {
    "tagger": "tagger.joblib",
    "encoder": "encoder.onnx",
    "roles": "roles.joblib",
    "kinds": "kinds.joblib",
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
    path = FOLDER / FILES[name]
    try:
        with path.open("rb") as file:
            return joblib.load(file)
    except OSError as error:
        raise ArtefactMissingError(
            f"models/artefacts/{FILES[name]} is not there. Run “coachscore train”."
        ) from error
