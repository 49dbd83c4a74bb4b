"""The files of a study in `docs/evaluation/`, one for each part."""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from models.conversation import Value
from models.errors import CoachscoreError
from pipeline.study.values import (
    CorpusStudy,
    CurveStudy,
    ElsewhereStudy,
    SeedStudy,
    SpeedStudy,
    SplitStudy,
    StartsStudy,
    Study,
    WorseStudy,
)

_PARTS: Final[dict[str, type[Value]]] = {
    "dev": SplitStudy,
    "test": SplitStudy,
    "elsewhere": ElsewhereStudy,
    "corpus": CorpusStudy,
    "curve": CurveStudy,
    "seeds": SeedStudy,
    "speed": SpeedStudy,
    "worse": WorseStudy,
    "starts": StartsStudy,
}


class StudyFileError(CoachscoreError):
    """A file of the study is not what this version writes."""

    title = "A file of the evaluation cannot be read"


def read_study(folder: Path) -> Study:
    """All parts that are there.

    Raises:
        StudyFileError: A part is not of this version's shape.
    """
    return Study(**{name: _read(folder, name) for name in _PARTS})


def write_part(folder: Path, name: str, part: Value) -> None:
    """Write one part.

    Measured again with the same figures, it keeps the day of the first time, so that nothing
    changes where nothing has changed.
    """
    path = folder / f"{name}.json"
    before = _read_quietly(folder, name)
    day = getattr(before, "day", None)
    if day is not None and before == part.model_copy(update={"day": day}):
        return
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(part.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _read(folder: Path, name: str) -> Value | None:
    try:
        text = (folder / f"{name}.json").read_text(encoding="utf-8")
        return _PARTS[name].model_validate_json(text)
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise StudyFileError(
            f"{folder / name}.json is not of this version ({error}). "
            "Remove it, and measure this part again."
        ) from error


def _read_quietly(folder: Path, name: str) -> Value | None:
    try:
        return _read(folder, name)
    except StudyFileError:
        return None  # It is about to be replaced.
