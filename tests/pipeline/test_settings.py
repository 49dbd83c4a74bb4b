import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "spacy", "whisper", "sklearn", "prefect", "transformers", "sqlalchemy")


def test_every_setting_is_documented_with_its_default():
    rows = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    for name, field in Settings.model_fields.items():
        (row,) = [r for r in rows if r.startswith(f"| `COACHSCORE_{name.upper()}`")]
        default = row.split("|")[2].strip().strip("`")
        if name == "home":
            assert default == "~/.coachscore"
        else:
            assert default == ("unset" if field.default is None else str(field.default))


def test_no_setting_is_documented_that_is_none():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = [r for r in text.splitlines() if r.startswith("| `COACHSCORE_")]
    named = {r.split("`")[1].removeprefix("COACHSCORE_").lower() for r in rows}
    ours = {name for name in named if not name.startswith("test_")}
    assert ours == set(Settings.model_fields)


def test_the_environment_goes_before_the_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "COACHSCORE_WHISPER_MODEL=tiny\nCOACHSCORE_MAX_AUDIO_HOURS=2\nELSE=1\n", encoding="utf-8"
    )
    monkeypatch.setenv("COACHSCORE_WHISPER_MODEL", "base")
    found = Settings()
    assert (found.whisper_model, found.max_audio_hours) == ("base", 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ROLE_CONFIDENCE", "0.3"), ("ROLE_CONFIDENCE", "much"), ("MAX_AUDIO_HOURS", "0")],
)
def test_a_value_that_makes_no_sense_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"COACHSCORE_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_without_a_database_there_is_a_file_at_home(tmp_path):
    url = Settings(home=tmp_path, database_url=None).sqlalchemy_url
    assert url == f"sqlite:///{tmp_path / 'coachscore.db'}"
    assert Settings(database_url="postgresql+psycopg://x/y").sqlalchemy_url.startswith("postgresql")


@pytest.mark.parametrize(
    "module",
    ["scoring.score", "scoring.report", "scoring.html", "models.labels", "models.labelled",
     "pipeline.cli", "pipeline.settings", "pipeline.stages", "pipeline.rubrics"],
)  # fmt: skip
def test_light_modules_import_nothing_heavy(module):
    code = f"import sys, {module}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
