"""The shipped transformer at work: MiniLM through onnxruntime, without torch."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from models.conversation import Utterance
from models.heads import Matrix, link
from models.packing import Window, inputs, pack
from models.streams import read_stream, stretches

# Fused, these two take twice as long as their parts.
_SLOW: Final = ("BiasGeluFusion", "SkipLayerNormFusion")


def full_path(encoder: Path) -> Path:
    """Where an encoder's 32-bit weights lie: beside it, to say what 8 bits cost."""
    return encoder.with_suffix(".full.onnx")


class Transformer:
    """The fine-tuned encoder."""

    def __init__(self, path: Path) -> None:
        """Load the ONNX file."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW
        )

    def predict(self, talks: Sequence[tuple[Utterance, ...]]) -> Matrix:
        """Probabilities for every utterance of `talks`, shape (utterances, `WIDTH`).

        Windows are read one by one, each by one core: none is padded, so none needs a mask,
        and no core waits for another in the middle of a layer.
        """
        windows = [window for talk in talks for window in pack(talk)]
        with ThreadPoolExecutor(cores()) as pool:
            return link(np.concatenate(list(pool.map(self._scores, windows))))

    def _scores(self, window: Window) -> Matrix:
        """Scores of the utterances that a window decides, shape (utterances, `WIDTH`)."""
        first = window.predicts.start - window.first
        found: Matrix = self._session.run(["scores"], inputs(window))[0][0]
        return found[first : first + len(window.predicts)]

    def sentence_starts(self, plain: Sequence[str]) -> npt.NDArray[np.float64]:
        """Probability that a sentence begins at each word, shape (words,).

        Args:
            plain: Lower-case words of one speaker without punctuation.
        """
        out = np.zeros(len(plain))
        for first, stop, decides in stretches(len(plain)):
            stream = read_stream(plain[first:stop])
            edges = self._session.run(["edges"], inputs(stream.window))[0][0]
            read = 1 / (1 + np.exp(-edges[stream.word_tokens].astype(np.float64)))
            skipped = decides - first
            out[decides : first + len(read)] = read[skipped:]
        if len(out):
            out[0] = 1.0
        return out


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
