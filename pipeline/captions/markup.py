"""Entities and tags that captions and pasted text carry."""

import html
import re

# Only entities with their semicolon: "R&D&notes" must stay as it was said.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
# Only the tags of WebVTT and SRT: "a < b > c" must stay as it was said.
_TAG = re.compile(
    r"</?(?:v|c|i|b|u|s|lang|ruby|rt|font)(?:[.\s][^<>]{0,200})?>|<[0-9:.]{1,20}>|\{\\[^{}]{0,80}\}",
    re.IGNORECASE,
)


def unescape(text: str) -> str:
    """Decode HTML entities once."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def plain(text: str) -> str:
    """Caption text without tags and with entities decoded."""
    return unescape(_TAG.sub("", text))


def text_lines(text: str) -> list[str]:
    """Lines of a text export: entities decoded, trailing whitespace gone."""
    return [line.rstrip() for line in unescape(text).split("\n")]
