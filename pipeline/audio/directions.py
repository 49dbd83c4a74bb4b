"""In which directions of the speaker encoder's space the voices of a recording differ.

What tells people apart in this recording is learned from it: stretches a second apart are
mostly one person's, so how those differ is how a voice varies in this room and through this
line (linear discriminant analysis, with neighbours in place of classes).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.voices import STEP, Voices

Vectors = NDArray[np.float64]
Embeddings = NDArray[np.float32]

# Stretches three apart share no sound: their windows are 1.1 s long.
_APART = 3
# Of the pairs, the most different ones are changes of speaker.
_ONE_VOICE_SHARE = 0.8
_DIMENSIONS = 12
# The neighbours' spread is estimated from few, so it is mixed with an even one.
_EVENNESS = 0.1
# Four hours have 36,000 stretches, which in 64 bits and all at once would be large.
_BLOCK = 4096


def directions(voices: Voices) -> tuple[Vectors, Vectors]:
    """How much stretches vary in the directions that tell people apart, and where they lie.

    Returns:
        Variance by direction in units of the neighbours', falling, and the stretches in those
        directions, in which neighbours have a standard deviation of 1; shape (stretches, n).
    """
    import scipy.linalg

    whole = voices.embeddings[voices.whole]
    mean = whole.mean(axis=0, dtype=np.float64)
    scatter = _scatter(whole, mean)
    basis = np.linalg.eigh(scatter)[1][:, -min(_DIMENSIONS, len(whole) // 3) :]
    starts = np.array([span.start for span in voices.spans])[voices.whole]
    near = starts[_APART:] - starts[:-_APART] < (_APART + 0.5) * STEP
    if not near.any():
        return np.zeros(1), np.zeros((len(voices.spans), 1))
    lengths = _lengths(whole)[near]
    low = _projected(whole, mean, basis)
    steps = (low[_APART:] - low[:-_APART])[near]
    steps = steps[lengths <= np.quantile(lengths, _ONE_VOICE_SHARE)]
    within = steps.T @ steps / (2 * len(steps))
    even = np.trace(within) / len(within) * np.eye(len(within))
    within = (1 - _EVENNESS) * within + _EVENNESS * even
    total = basis.T @ scatter @ basis / len(whole)
    strengths, turned = scipy.linalg.eigh(total, within)
    points = _projected(voices.embeddings, mean, basis) @ turned
    return strengths[::-1], points[:, ::-1]


def _blocks(embeddings: Embeddings) -> Iterator[Vectors]:
    for at in range(0, len(embeddings), _BLOCK):
        yield embeddings[at : at + _BLOCK].astype(np.float64)


def _scatter(embeddings: Embeddings, mean: Vectors) -> Vectors:
    found = np.zeros((len(mean), len(mean)))
    for block in _blocks(embeddings):
        found += (block - mean).T @ (block - mean)
    return found


def _lengths(embeddings: Embeddings) -> Vectors:
    """How far each stretch is from the third one after it."""
    ends = zip(_blocks(embeddings[:-_APART]), _blocks(embeddings[_APART:]), strict=True)
    return np.concatenate([np.linalg.norm(later - earlier, axis=1) for earlier, later in ends])


def _projected(embeddings: Embeddings, mean: Vectors, basis: Vectors) -> Vectors:
    return np.concatenate([(block - mean) @ basis for block in _blocks(embeddings)])
