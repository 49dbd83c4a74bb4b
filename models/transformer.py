"""The shipped transformer at work: MiniLM through onnxruntime, without torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.conversation import Utterance
from models.heads import Matrix, link
from models.packing import Window, batch, pack
from models.streams import read_stream, stretches

_BATCH: Final = 4  # Windows at once: more gains nothing on two cores and takes memory.


def full_path(encoder: Path) -> Path:
    """Where an encoder's 32-bit weights lie: beside it, to say what 8 bits cost."""
    return encoder.with_suffix(".full.onnx")


class Transformer:
    """The fine-tuned encoder."""

    def __init__(self, path: Path) -> None:
        """Load the ONNX file."""
        import onnxruntime

        self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def predict(self, talks: Sequence[tuple[Utterance, ...]]) -> Matrix:
        """Probabilities for every utterance of `talks`, shape (utterances, `WIDTH`)."""
        work: list[tuple[int, Window]] = []
        offset = 0
        for talk in talks:
            work += [(offset, window) for window in pack(talk)]
            offset += len(talk)
        # Windows of like length share a batch, so that little is spent on padding.
        work.sort(key=lambda item: len(item[1].tokens))
        scores: Any = None
        for i in range(0, len(work), _BATCH):
            chosen = work[i : i + _BATCH]
            found = self._session.run(["scores"], batch([window for _, window in chosen]))[0]
            if scores is None:
                scores = np.zeros((offset, found.shape[-1]), dtype=np.float32)
            for row, (start, window) in zip(found, chosen, strict=True):
                decided = slice(start + window.predicts.start, start + window.predicts.stop)
                first = window.predicts.start - window.first
                scores[decided] = row[first : first + len(window.predicts)]
        return link(scores)

    def sentence_starts(self, plain: Sequence[str]) -> npt.NDArray[np.float64]:
        """Probability that a sentence begins at each word, shape (words,).

        Args:
            plain: Lower-case words of one speaker without punctuation.
        """
        out = np.zeros(len(plain))
        for first, stop, decides in stretches(len(plain)):
            stream = read_stream(plain[first:stop])
            edges = self._session.run(["edges"], batch([stream.window]))[0][0]
            read = 1 / (1 + np.exp(-edges[stream.word_tokens].astype(np.float64)))
            skipped = decides - first
            out[decides : first + len(read)] = read[skipped:]
        if len(out):
            out[0] = 1.0
        return out
