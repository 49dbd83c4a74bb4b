"""Connections to a bucket: boto3's client as it must be, and its errors in plain words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NamedTuple

from pipeline.settings import Settings, SettingsError
from pipeline.storage.storage import FileGoneError, StorageError

_PART: Final = 16 << 20  # Bytes; a file of 5 TB, the largest there is, gets larger ones.
_AT_ONCE: Final = 4
_WAITING: Final = 8  # Pieces of 256 KiB that came faster than the disk takes them.
_log = logging.getLogger(__name__)


class _Access(NamedTuple):
    """Where a bucket is, and the keys to it; None leaves a thing to boto3's own search."""

    endpoint: str | None
    region: str | None
    key: str | None
    secret: str | None


def client_of(settings: Settings, *, patient: bool = True) -> Any:
    """The client for a bucket, made once; any number of threads may use it.

    Args:
        settings: Where the bucket is.
        patient: Whether to wait and try again; otherwise it takes 2 s to give up.

    Raises:
        SettingsError: The library is not installed, or a key lacks its other half.
    """
    key, secret = settings.s3_access_key, settings.s3_secret_key
    if (key is None) != (secret is None):
        raise SettingsError(
            "COACHSCORE_S3_ACCESS_KEY and COACHSCORE_S3_SECRET_KEY belong together: set both, "
            "or none where the machine itself may use the bucket."
        )
    access = _Access(
        settings.s3_endpoint,
        settings.s3_region,
        None if key is None else key.get_secret_value(),
        None if secret is None else secret.get_secret_value(),
    )
    return _client(access, patient)


def transfers() -> Any:
    """How files are sent and fetched: in parts, straight from and to the disk."""
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(
        multipart_threshold=_PART,
        multipart_chunksize=_PART,
        max_concurrency=_AT_ONCE,
        max_io_queue=_WAITING,
    )


@contextmanager
def answering(settings: Settings) -> Iterator[None]:
    """Let what boto3 raises in the block be told as ours; the log has its kind.

    Raises:
        FileGoneError: There is no such file.
        StorageError: Anything else that a bucket does.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        # Of a transfer that failed, the bucket's own answer is what came before.
        said = error if isinstance(error, ClientError) else error.__context__
        code = said.response["Error"]["Code"] if isinstance(said, ClientError) else ""
        operation = said.operation_name if isinstance(said, ClientError) else ""
        if code in {"404", "NoSuchKey"} and operation in {"GetObject", "HeadObject"}:
            raise FileGoneError("It is not in the bucket any longer.") from error
        _log.warning("bucket %s: %s %s", settings.s3_bucket, type(error).__name__, code)
        raise StorageError(
            f"The bucket {settings.s3_bucket} cannot be used at the moment "
            f"({code or type(error).__name__}). Try again in a few minutes; an administrator "
            "finds more in the log."
        ) from error


@cache
def _client(access: _Access, patient: bool) -> Any:
    try:
        from boto3.session import Session
        from botocore.config import Config
    except ImportError as error:
        raise SettingsError(
            "COACHSCORE_S3_BUCKET needs a library: pip install 'coachscore[s3]'."
        ) from error
    config = Config(
        connect_timeout=5 if patient else 2,
        read_timeout=60 if patient else 2,
        retries={"mode": "standard", "total_max_attempts": 3 if patient else 1},
        max_pool_connections=32,
        # Checksums that newer clients add are refused by servers that are not Amazon's.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # A server of one's own has seldom a name for each bucket.
        s3={"addressing_style": "path" if access.endpoint else "auto"},
    )
    return Session().client(
        "s3",
        endpoint_url=access.endpoint,
        region_name=access.region,
        aws_access_key_id=access.key,
        aws_secret_access_key=access.secret,
        config=config,
    )
