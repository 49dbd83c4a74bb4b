"""Training replaces the models that were there, or leaves them."""

import json
import shutil
from pathlib import Path

import pytest

from models import training

CORPUS = Path("datasets/coachtalk")


def test_a_training_that_is_cut_off_leaves_the_models_that_were_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, folder = tmp_path / "corpus", tmp_path / "artefacts"
    for split, author in (("train", "a01"), ("dev", "a06")):
        (corpus / "conversations" / split).mkdir(parents=True)
        for file in (CORPUS / "conversations" / split).glob(f"{author}-*.json"):
            shutil.copy(file, corpus / "conversations" / split)
    splits = {"train": ["a01"], "dev": ["a06"], "test": []}
    manifest = json.dumps({"version": "1", "splits": splits})
    (corpus / "manifest.json").write_text(manifest, encoding="utf-8")
    folder.mkdir()
    (folder / "roles.pickle.gz").write_bytes(b"as it was")

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train_features", cut_off)
    with pytest.raises(KeyboardInterrupt):
        training.train(corpus, folder, lambda _: None)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"roles.pickle.gz": b"as it was"}
