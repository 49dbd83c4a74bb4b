"""Word errors: how many words of a text were put in, left out or changed."""

from collections.abc import Iterable, Sequence

from whisper.normalizers import EnglishTextNormalizer

_normal = EnglishTextNormalizer()


def word_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Errors over the words that were said, after openai-whisper's own normalisation.

    Args:
        pairs: What was said and what was heard.
    """
    words = errors = 0
    for said, heard in pairs:
        wanted, found = _normal(said).split(), _normal(heard).split()
        words += len(wanted)
        errors += distance(wanted, found)
    return errors / max(words, 1)


def distance(wanted: Sequence[str], found: Sequence[str]) -> int:
    """Fewest words to put in, leave out or change."""
    row = list(range(len(found) + 1))
    for at, word in enumerate(wanted, start=1):
        before, row[0] = row[0], at
        for to, other in enumerate(found, start=1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (word != other))
    return row[-1]
