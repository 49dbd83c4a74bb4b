"""Whose voice each stretch of speech is, and how many voices there are.

Directions in which stretches differ much more than neighbours do (`directions`) are
differences between people. N people need N - 1 of them.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.directions import Vectors, directions
from pipeline.audio.voices import Voices

# In less than 12 s of speech nobody is told apart from anybody.
_FEWEST = 30
# A direction in which stretches vary this many times more than neighbours do separates two
# people. For the last of them it was 3.2 or more, and 5 or less in monologues.
_DISTINCT = 3.0
_CHANCE = 2.0
_MOST_VOICES = 8
# Mean voices with a greater cosine are one person: halves of one speaker had 0.95 and more,
# two speakers 0.90 and less, in noise and on the telephone too.
_SAME = 0.93
# Clustering compares every pair, so long recordings are thinned; all of it is decoded.
_MOST_CLUSTERED = 1500
# Windows overlap, so a stretch is less evidence than its distance says; and how often a
# stretch starts another turn.
_SHARPNESS = 0.2
_SWITCH = 0.15
_ROUNDS = 6
# One voice found is no proof of one speaker: two may be too alike to be told apart.
_LONE = 0.9


def posteriors(voices: Voices) -> Vectors:
    """Probability of each voice in each stretch; how many there are is estimated.

    Args:
        voices: Embeddings of the stretches, at least one.

    Returns:
        Shape (stretches, voices); rows add up to 1, except where there is one voice.
    """
    alone = np.full((len(voices.spans), 1), _LONE)
    if voices.whole.sum() < _FEWEST:
        return alone
    strengths, points = directions(voices)
    # By chance alone directions look stronger the fewer stretches there are (Marchenko and
    # Pastur 1967).
    chance = (1 + np.sqrt(len(strengths) / voices.whole.sum())) ** 2
    distinct = int((strengths > max(_DISTINCT, _CHANCE * chance)).sum())
    for count in range(min(1 + distinct, _MOST_VOICES), 1, -1):
        posterior = _decoded(points[:, : count - 1], voices.whole, count)
        if _differ(voices.embeddings[voices.whole], posterior[voices.whole]):
            return posterior
    return alone


def _decoded(points: Vectors, whole: NDArray[np.bool_], count: int) -> Vectors:
    """Fit a hidden Markov model whose states are voices; the whole stretches teach it."""
    from sklearn.cluster import AgglomerativeClustering  # slow to load

    clear = points[whole]
    chosen = clear[:: -(-len(clear) // _MOST_CLUSTERED)]
    labels = AgglomerativeClustering(count, linkage="ward").fit_predict(chosen)
    means = np.stack([chosen[labels == voice].mean(axis=0) for voice in range(count)])
    for _ in range(_ROUNDS):
        distances = np.square(points[:, None] - means).sum(axis=2)
        scores = -_SHARPNESS / 2 * (distances - distances.min(axis=1, keepdims=True))
        posterior = _smoothed(np.exp(np.maximum(scores, -30.0)))
        weights = posterior[whole]
        means = (weights.T @ clear) / weights.sum(axis=0)[:, None]
    return posterior


def _differ(embeddings: NDArray[np.float32], posterior: Vectors) -> bool:
    """Whether all voices are heard and no two of them are too alike to be two people's."""
    means = posterior.T @ embeddings
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    alike = (means @ means.T)[np.triu_indices(len(means), 1)].max()
    heard = np.unique(posterior.argmax(axis=1))
    return len(heard) == len(means) and bool(alike < _SAME)


def _smoothed(likelihood: Vectors) -> Vectors:
    """Forward-backward algorithm: each voice's probability in each stretch."""
    states = likelihood.shape[1]
    switch = np.full((states, states), _SWITCH / (states - 1))
    np.fill_diagonal(switch, 1 - _SWITCH)
    forward = _swept(likelihood, switch)
    # Both sweeps count the stretch itself.
    joint = forward * _swept(likelihood[::-1], switch)[::-1] / likelihood
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def _swept(likelihood: Vectors, switch: Vectors) -> Vectors:
    """Filter in one direction; `switch` is symmetric, so both directions are alike."""
    swept = np.empty_like(likelihood)
    belief = np.full(likelihood.shape[1], 1 / likelihood.shape[1])
    for at, row in enumerate(likelihood):
        belief = (belief @ switch) * row
        belief = belief / belief.sum()
        swept[at] = belief
    return swept
