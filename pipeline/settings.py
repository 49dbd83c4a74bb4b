"""Every setting of the product, from the environment (COACHSCORE_…) or a .env file."""

import re
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import CoachscoreError

WhisperEngine = Literal["openai-whisper", "faster-whisper"]
DiarizerName = Literal["resemblyzer", "pyannote"]


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
        description="Name of a Whisper model, or path of one in the engine's own format.",
    )
    whisper_engine: WhisperEngine = Field(
        default="openai-whisper", description="Library that runs the Whisper model."
    )
    diarizer: DiarizerName = Field(
        default="resemblyzer", description="What tells the speakers of one channel apart."
    )
    pyannote_model: str = Field(
        default="pyannote/speaker-diarization-community-1",
        description="Pipeline of pyannote.audio, by name or folder.",
    )
    recogniser_memory_mb: int = Field(
        default=8192,
        gt=0,
        description="Megabytes above which the recogniser's process is replaced.",
    )
    recogniser_idle_minutes: float = Field(
        default=10.0, gt=0, description="Minutes after which an idle recogniser's process ends."
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

    host: str = Field(default="127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that `serve` listens on.")
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+$",
        description="Address under which people reach the service, without a path.",
    )
    secret: SecretStr | None = Field(
        default=None, description="Secret behind every key; made and kept in `home` if unset."
    )
    session_hours: float = Field(
        default=12.0, gt=0, le=720, description="Hours after which one has to sign in again."
    )
    link_hours: float = Field(
        default=72.0, gt=0, le=720, description="Hours for which a one-time link works."
    )
    openid_issuer: str | None = Field(
        default=None,
        pattern=r"^https?://[^?#\s]+$",
        description="Address of an OpenID provider, with whose accounts people sign in.",
    )
    openid_client_id: str | None = Field(
        default=None, min_length=1, description="Name under which that provider knows the service."
    )
    openid_client_secret: SecretStr | None = Field(
        default=None, min_length=1, description="Secret that the provider gave out with that name."
    )
    openid_label: str = Field(
        default="your work account",
        min_length=1,
        max_length=40,
        description="What people call that account; the button says “Sign in with …”.",
    )
    max_upload_mb: int = Field(
        default=2048, gt=0, description="Largest upload that is accepted, in megabytes."
    )
    retention_days: int | None = Field(
        default=None, gt=0, description="Days after its upload when a meeting is deleted."
    )
    mask_customers: bool = Field(
        default=False,
        description="Whether names and numbers of customers are masked in what is stored.",
    )
    upload_hours: float = Field(
        default=48.0, gt=0, le=720, description="Hours for which a broken upload can be resumed."
    )
    vp_delay_hours: float = Field(
        default=24.0, ge=0, description="Hours for which a manager sees a new meeting alone."
    )

    s3_bucket: str | None = Field(
        default=None, min_length=1, description="Bucket for uploaded files; a folder if unset."
    )
    s3_endpoint: str | None = Field(
        default=None, description="Address of an S3-compatible server; Amazon's if unset."
    )
    s3_prefix: str = Field(
        default="coachscore/",
        pattern=r"^([\w.-]+/)*$",
        description="What the names of files in the bucket begin with; empty or ending in /.",
    )
    s3_region: str | None = Field(default=None, description="Region of the bucket.")
    s3_access_key: SecretStr | None = Field(
        default=None, description="Id of the key to the bucket; boto3's own search if unset."
    )
    s3_secret_key: SecretStr | None = Field(default=None, description="The secret half of it.")

    api_requests_per_minute: int = Field(
        default=600, gt=0, description="Requests to the API that one caller may send in a minute."
    )
    webhook_private: bool = Field(
        default=False,
        description="Whether webhooks may be sent into private networks, and without TLS.",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Lines of the log: to read, or a JSON object each."
    )
    log_level: Literal["info", "warning", "error"] = Field(
        default="info", description="The least serious lines that are logged."
    )

    @field_validator("s3_endpoint")
    @classmethod
    def _encrypted(cls, endpoint: str | None) -> str | None:
        """Recordings and keys leave this machine over TLS only."""
        if endpoint is None or re.fullmatch(r"https://[^/?#@\s]+/?", endpoint):
            return endpoint
        if re.fullmatch(r"http://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?/?", endpoint):
            return endpoint
        raise ValueError(
            "it takes https://HOST:PORT; plain http would send recordings unencrypted, and is "
            "for an address of this very machine alone"
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

    @property
    def upload_dir(self) -> Path:
        """Where uploaded files are kept, a folder for each."""
        return self.home / "uploads"


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
