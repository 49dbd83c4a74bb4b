"""What processes tell on standard error: one line for each thing, with ids and no words.

No line holds what was said or who anybody is. For the same reason an error is told by its
kind and the lines of code that it passed: its message may quote what it was about.
"""

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType, TracebackType
from typing import Any, Final

from pythonjsonlogger.core import RESERVED_ATTRS, merge_record_extra
from pythonjsonlogger.json import JsonFormatter

from pipeline.settings import Settings

_OWN: Final = ("api", "pipeline", "scoring", "models")
_RESERVED: Final = frozenset(RESERVED_ATTRS)
_TIME: Final = "%Y-%m-%dT%H:%M:%S"
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))

Failure = tuple[type[BaseException], BaseException, TracebackType | None]


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Give ids to every line that is told in the block."""
    token = _about.set({**_about.get(), **{name: str(one) for name, one in ids.items()}})
    try:
        yield
    finally:
        _about.reset(token)


def configure(settings: Settings) -> None:
    """Let this process tell on standard error, in the form that the settings want."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if settings.log_format == "json" else _Text())
    handler.addFilter(_add_ids)
    others = logging.ERROR if settings.log_level == "error" else logging.WARNING
    logging.basicConfig(level=others, handlers=[handler], force=True)
    for name in _OWN:
        logging.getLogger(name).setLevel(settings.log_level.upper())


def _add_ids(record: logging.LogRecord) -> bool:
    record.__dict__.update(_about.get())
    return True


def _passed(failure: Failure) -> str:
    """Kinds of errors, the first cause first, and the code that each passed; no message."""
    kind, error, trace = failure
    cause = None if error is None else error.__cause__ or error.__context__
    before = "" if cause is None else _passed((type(cause), cause, cause.__traceback__)) + "\n"
    return f"{before}{''.join(traceback.format_tb(trace))}{kind.__module__}.{kind.__qualname__}"


class _Text(logging.Formatter):
    """To be read on a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", _TIME)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        fields: dict[str, Any] = merge_record_extra(record, {}, _RESERVED)
        told = [f"{n}={json.dumps(v) if isinstance(v, float) else v}" for n, v in fields.items()]
        return " ".join([super().formatMessage(record), *told])

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return _passed(ei)


class _Json(JsonFormatter):
    """To be read by programs: one object a line."""

    def __init__(self) -> None:
        names = {"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "error"}
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(message)s", f"{_TIME}%z", rename_fields=names
        )

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return _passed(ei)
