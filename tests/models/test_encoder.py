"""The encoder as training writes it."""

import numpy as np
import pytest
import torch

from models.encoder import Encoder, export
from models.packing import batch, inputs, pack
from models.transformer import Transformer, full_path

# The exporter that takes its place needs a package of its own.
pytestmark = [
    pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX"),
    pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning:torch.onnx"),
]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Encoder().eval()


def read(model, values):
    with torch.no_grad():
        return model(**{name: torch.from_numpy(value) for name, value in values.items()})


def test_what_is_written_reads_as_what_was_trained(model, make_talk, tmp_path):
    talk = make_talk([("coach", "What did the buyer say?"), ("coachee", "She likes it.")] * 40)
    first, *_, last = pack(talk)
    path = tmp_path / "encoder.onnx"
    export(model, path)
    full, small = Transformer(full_path(path)), Transformer(path)
    for window in (first, last):
        scores = read(model, inputs(window))[0][0].numpy()
        decided = scores[[i - window.first for i in window.predicts]]
        assert full._scores(window) == pytest.approx(decided, abs=1e-4)
        assert small._scores(window) == pytest.approx(decided, abs=0.5)
        assert np.corrcoef(small._scores(window).ravel(), decided.ravel())[0, 1] > 0.95


def test_padding_changes_nothing(model, make_talk):
    short, long = pack(make_talk([("coach", "Well.")])), pack(make_talk([("coachee", "No. ")] * 9))
    both = read(model, batch([*short, *long]))[0]
    alone = read(model, inputs(short[0]))[0]
    assert both[0, :1].numpy() == pytest.approx(alone[0].numpy(), abs=1e-4)
