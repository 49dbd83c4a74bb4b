"""Every setting of the product, from the environment (COACHSCORE_…) or a .env file."""

from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import CoachscoreError


class SettingsError(CoachscoreError):
    """A setting has a value that cannot be used."""

    title = "A setting cannot be used"


class Settings(BaseSettings):
    """Settings with their defaults; docs/settings.md lists them and a test keeps it true."""

    model_config = SettingsConfigDict(env_prefix="COACHSCORE_", env_file=".env", extra="ignore")

    home: Path = Field(
        default=Path.home() / ".coachscore",
        description="Folder for the database with all results, and Prefect's own files.",
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy URL, such as postgresql+psycopg://…; SQLite in `home` if unset.",
    )
    whisper_model: str = Field(
        default="small",
        description="Name of an openai-whisper model, or path of a checkpoint.",
    )
    max_audio_hours: float = Field(
        default=5.0, gt=0, description="Longest recording, in decoded hours, that is accepted."
    )
    role_confidence: float = Field(
        default=0.8,
        ge=0.5,
        le=1,
        description='Below this confidence a report says "coach not certain".',
    )
    rubric_dir: Path | None = Field(
        default=None, description="Folder of own rubric files; the shipped ones if unset."
    )

    @field_validator("home", "rubric_dir")
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        """A .env file knows no ~; here it does."""
        return None if path is None else path.expanduser()

    @property
    def sqlalchemy_url(self) -> str:
        """The database to use."""
        return self.database_url or f"sqlite:///{self.home / 'coachscore.db'}"


@cache
def get_settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        SettingsError: A value cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "COACHSCORE_" + str(first["loc"][0]).upper()
        raise SettingsError(
            f"{name} is “{first['input']}”: {first['msg']}. docs/settings.md says what fits."
        ) from error
