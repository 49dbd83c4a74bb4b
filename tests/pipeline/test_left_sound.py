"""Sound that a killed worker left on disk does not stay there."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from pipeline.hearing import remove_left_sound
from pipeline.settings import Settings


def test_only_what_is_too_old_to_be_heard_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.upload_dir.mkdir()
    old = time.time() - 4 * 24 * 3600
    names = (
        "coachscore-sound-old",
        "coachscore-sound-new",
        "another",
        "uploads/coachscore-sound-x",
    )
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "sound.s16").write_bytes(b"said")
        if not name.endswith("new"):
            os.utime(tmp_path / name, (old, old))
    assert remove_left_sound(settings) == 2
    assert [name for name in names if (tmp_path / name).exists()] == [names[1], names[2]]
