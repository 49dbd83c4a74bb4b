"""Numbers that lead to a customer: emails, phones, account numbers, amounts, big quantities.

Rules alone, for digits and for numbers as they are spoken. Days, times, percentages and small
counts stay: scores ask whether a next step has a day.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.masking.spans import Found

_UNITS: Final = "one|two|three|four|five|six|seven|eight|nine"
_TEENS: Final = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS: Final = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SCALES: Final = "thousands?|millions?|billions?|lakhs?|crores?|grand|mil|k|mn|bn"
_MONEY: Final = (
    "dollars?|bucks|euros?|pounds?|quid|pence|cents?|rupees?|rand|naira|shillings?|pesos?|ringgit"
    "|francs?|kronor|kroner|krona|zloty|lira|yen|reais|reals|dirhams?|riyals?"
    "|usd|eur|gbp|inr|zar|chf|aud|cad"
)
_SIGNS: Final = r"[$\u20ac\u00a3\u20b9\u00a5\u20a6]"
_FIRST: Final = rf"(?:{_UNITS}|{_TEENS}|{_TENS}|hundred|\d+(?:[.,]\d+)*)"
_NEXT: Final = rf"(?:{_FIRST}|oh|zero|{_SCALES})"
_RUN: Final = re.compile(
    rf"(?<![\w.,'])(?:{_SIGNS} ?|(?:rs\.?|rm|r) (?=(?:{_FIRST})\b))?"
    rf"(?:an? (?:{_SCALES})|(?:a )?{_FIRST})"
    rf"(?:(?:[ -](?:and[ -](?:a (?:half|quarter) ?)?|point[ -]|sure )?|(?<=\d)){_NEXT})*"
    rf"(?:[ -](?:{_MONEY}))?(?!\w)",
    re.IGNORECASE,
)
_SCALE: Final = re.compile(rf"(?:\b|(?<=\d))(?:{_SCALES})\b|\bhundred\b|point", re.IGNORECASE)
_PRICE: Final = re.compile(rf"^{_SIGNS}|\b(?:{_MONEY})$|^(?:rs\.?|rm|r) ", re.IGNORECASE)
_RATE: Final = re.compile(r" (?:an hour|a (?:tonne?|unit|head|kilo|pair|seat|litre|liter))\b", re.I)
_TIMED: Final = re.compile(
    r"\b(?:at|by|till|until|before|after|from|to|past|around|since|the)$", re.IGNORECASE
)
_HEAD: Final = re.compile(
    rf"(?:{_SIGNS} ?)?((?:{_TENS})[ -](?:{_UNITS})|(?:{_TEENS}|{_TENS})|[1-9]\d{{1,2}}(?:\.\d+)?"
    rf"|an? hundred and (?:{_UNITS}|{_TEENS}|{_TENS}))[ -]?(?:{_SCALES})(?: (?:{_MONEY}))?",
    re.IGNORECASE,
)
_COUNTED: Final = (
    r"[ -](?:percent|per cent|%|o'clock|past|to|seconds?|minutes?|hours?|days?|weeks?|months?"
    r"|years?|calls?|visits?|people)\b"
)
_VALUES: Final = {
    word: value
    for words, first, step in ((_UNITS, 1, 1), (_TEENS, 10, 1), (_TENS, 20, 10))
    for value, word in zip(range(first, 100, step), words.split("|"), strict=False)
} | {"oh": 0}
_YEAR: Final = re.compile(
    rf"(?:19|20)\d\d|two thousand(?: and)?(?: (?:{_UNITS}|{_TEENS}|twenty(?:[ -](?:{_UNITS}))?))?"
    rf"|(?:nineteen|twenty)[ -](?:{_TEENS}|{_TENS}|oh)(?:[ -](?:{_UNITS}))?",
    re.IGNORECASE,
)
_YEARLY: Final = re.compile(r"\b(?:in|since|of|from|until|till|year|back)$", re.IGNORECASE)
_SHARE: Final = re.compile(r"[ -]?(?:%|percent|per cent)(?!\w)", re.IGNORECASE)
_SPOKEN_DIGITS: Final = re.compile(
    rf"(?<!\w)(?:(?:double |triple )?(?:{_UNITS}|zero|oh|\d)[ ,-]+){{4,}}(?:{_UNITS}|zero|oh|\d)"
    r"(?!\w)",
    re.IGNORECASE,
)
_SPOKEN_AT: Final = re.compile(
    r"(?<!\w)[\w.-]{1,64}(?: (?:dot|underscore|dash) \w+){0,6} at \w+(?: dot \w+){0,6} dot "
    r"(?:com|co|org|net|io|edu|gov|eu|uk|de|in|ie|nl|fr|es|it|au|ca|nz|za)(?: dot uk)?(?!\w)",
    re.IGNORECASE,
)
# As long as such names may be, and no longer: else a long row of dashes would take hours.
_MAIL: Final = re.compile(r"(?<!\w)[\w.+'-]{0,63}\w@\w[\w-]*(?:\.[\w-]+)*\w")
_SITE: Final = re.compile(
    r"(?<![\w@.])(?:https?://|www\.)\S*\w|(?<![\w@.])[\w-]{1,63}\.(?:com|org|net|io|co\.uk|co)(?!\w)",
    re.IGNORECASE,
)
_DATE: Final = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./-]\d\d?[./-](?:\d\d){1,2}")
_CALLED: Final = re.compile(
    r"(?<!\w)(?:account|order|policy|invoice|reference|ref|po|p\.o\.|case|ticket|contract|customer"
    r"|client|serial|booking|claim|quote|member|iban|vat)"
    r"(?: (?:number|no\.?|id|code))?[ #:]+(?:is )?((?=[\w/-]*\d)[\w/-]{3,})(?!\w)",
    re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"(?<![\w.,-])(?:[A-Z]{1,6}[-/]?\d{4,}[\w/-]*|[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}"
    r"(?: ?[A-Z0-9]{1,3})?|\d{5,})(?![\w]|[.,]\d)"
)
_PHONE: Final = re.compile(r"(?<![\w.,])(?:\+|\()?\d[\d ()./-]{5,}\d(?!\w|[.,]\d)")


def find_numbers(text: str) -> Iterator[Found]:
    """Places of numbers that lead to a customer; where two overlap, the first counts."""
    for pattern in (_MAIL, _SPOKEN_AT):
        for match in pattern.finditer(text):
            yield Found(match.start(), match.end(), "email")
    for match in _SITE.finditer(text):
        yield Found(match.start(), match.end(), "company")
    yield from _phones(text)
    for match in _CODE.finditer(text):
        yield Found(match.start(), match.end(), "number")
    for match in _CALLED.finditer(text):
        yield Found(match.start(1), match.end(1), "number")
    for match in _RUN.finditer(text):
        if _is_amount(match, text):
            yield Found(match.start(), match.end(), "amount")


def find_short_forms(texts: Sequence[str], found: Sequence[Sequence[Found]]) -> list[list[Found]]:
    """Places where an amount is said again without its thousands: "the sixty-four".

    Args:
        texts: What was said, in order.
        found: Places that were found in each.
    """
    heads = {
        match[1].lower()
        for text, places in zip(texts, found, strict=True)
        for one in places
        if one.kind == "amount" and (match := _HEAD.fullmatch(text[one.start : one.end]))
    }
    if not heads:
        return [[] for _ in texts]
    longest = sorted(map(re.escape, heads), key=len, reverse=True)
    again = re.compile(rf"(?<![\w.,-])(?:{'|'.join(longest)})(?![\w%]|[.,-]\w|{_COUNTED})", re.I)
    return [[Found(*m.span(), "amount") for m in again.finditer(text)] for text in texts]


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        digits = sum(c.isdigit() for c in match[0])
        if 7 <= digits <= 15 and not _DATE.match(match[0]):
            yield Found(match.start(), match.end(), "phone")
    for match in _SPOKEN_DIGITS.finditer(text):
        length = len(re.findall(r"\w+", match[0]))
        yield Found(match.start(), match.end(), "phone" if length >= 7 else "number")


def _is_amount(match: re.Match[str], text: str) -> bool:
    said, before = match[0], text[: match.start()].rstrip()
    if _SHARE.match(text, match.end()) or _DATE.match(said):
        return False
    if _PRICE.search(said) or _RATE.match(text, match.end()):
        return True
    if _YEAR.fullmatch(said) and (said.isdigit() or _YEARLY.search(before)):
        return False
    return bool(_SCALE.search(said)) or _is_large(said) or _is_short(said, before)


def _is_large(said: str) -> bool:
    """Digits of a hundred and more."""
    whole = re.match(r"\d{1,3}(?:,\d{2,3})+(?!\d)|\d+", said)
    return whole is not None and int(whole[0].replace(",", "")) >= 100


def _is_short(said: str, before: str) -> bool:
    """An amount whose thousands or hundreds are left out: "fourteen two", "one fifty-eight".

    What may as well be a time of day is taken for one.
    """
    if said.lower().replace("-", " ") == "twenty four seven":
        return False
    groups = _groups(said)
    if len(groups) != 2 or 0 in groups[:1]:
        return False
    first, last = groups
    if first > 12:
        return not (first in (19, 20) and last >= 10)
    if 0 < last < 10:
        return last != first + 1
    if _TIMED.search(before):
        return last >= 60
    return last >= 60 or last % 5 > 0 or first < 5


def _groups(said: str) -> list[int]:
    """Spoken numbers below a hundred that follow each other; none where anything else is there."""
    groups: list[int] = []
    tens = False
    for word in re.findall(r"[a-z]+|\d+", said.lower()):
        if word not in _VALUES:
            return []
        value = _VALUES[word]
        if tens and 0 < value < 10:
            groups[-1] += value
        else:
            groups.append(value)
        tens = value >= 20
    return groups
