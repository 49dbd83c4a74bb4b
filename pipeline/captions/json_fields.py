"""Reading JSON of unknown origin: a field is there with the right type, or it is not."""

from collections.abc import Mapping, Sequence

Fields = Mapping[str, object]


def fields(value: object) -> Fields:
    """The value where it is an object, an empty one where it is not."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[Fields]:
    """The objects of an array; empty where the value is no array."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def string(item: Fields, *keys: str) -> str | None:
    """The first field of the given keys that is a string with text in it."""
    values = (item.get(key) for key in keys)
    return next((value for value in values if isinstance(value, str) and value.strip()), None)


def first(item: Fields, *keys: str) -> object:
    """The first field of the given keys that is there and not null."""
    return next((item[key] for key in keys if item.get(key) is not None), None)


def share(items: Sequence[Fields], *keys: str) -> bool:
    """Whether there are items and most have one of the keys."""
    return bool(items) and 2 * sum(any(key in item for key in keys) for item in items) > len(items)


def speaker(value: object) -> str | None:
    """A name; a number becomes `Speaker 1`, an object gives its name."""
    if isinstance(value, dict):
        return string(value, "name", "displayName", "display_name", "id")
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10_000:
        return f"Speaker {value}"
    return value if isinstance(value, str) else None
