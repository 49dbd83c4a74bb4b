"""Every setting of the product, from the environment (COACHSCORE_…) or a .env file."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings with their defaults; docs/settings.md lists them and a test keeps it true."""

    model_config = SettingsConfigDict(env_prefix="COACHSCORE_", env_file=".env", extra="ignore")

    home: Path = Field(
        default=Path.home() / ".coachscore",
        description="Folder for the database, uploaded files and cached results.",
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

    @property
    def sqlalchemy_url(self) -> str:
        """The database to use."""
        return self.database_url or f"sqlite:///{self.home / 'coachscore.db'}"


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
