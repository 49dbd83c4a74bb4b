"""Finding rubric files: the shipped ones in `scoring/rubrics/`, or a folder of one's own."""

from functools import cache
from importlib import resources
from pathlib import Path

from models.labels import Kind
from scoring.rubric import Rubric, RubricError, parse_rubric


@cache
def load_rubric(kind: Kind, folder: Path | None = None) -> Rubric:
    """The rubric for a kind of meeting.

    Args:
        kind: Kind of meeting.
        folder: Folder with `common.toml` and `<kind>.toml`; the shipped rubrics if None.

    Raises:
        RubricError: A file is missing or not usable.
    """
    return parse_rubric(*rubric_texts(kind, folder))


def rubric_texts(kind: Kind, folder: Path | None = None) -> tuple[str, str]:
    """The common TOML text of a rubric and the kind's own.

    Raises:
        RubricError: A file is missing, or is not text.
    """
    base = resources.files("scoring") / "rubrics" if folder is None else folder
    try:
        common = (base / "common.toml").read_text(encoding="utf-8")
        own = (base / f"{kind}.toml").read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RubricError(
            f"A file in {base} is not UTF-8 text; save the rubric files as UTF-8."
        ) from error
    except OSError as error:
        raise RubricError(
            f"{error.filename} cannot be read; a rubric folder holds common.toml and one "
            "file per kind of meeting. Copy scoring/rubrics/ and change the copy."
        ) from error
    return common, own
