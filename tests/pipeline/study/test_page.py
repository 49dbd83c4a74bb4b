"""`make evaluate`: what is measured, what is kept, and that the page says nothing else."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from models.combined import CombinedTagger
from pipeline.settings import Settings
from pipeline.study import run, training
from pipeline.study.files import StudyFileError, read_study, write_part
from pipeline.study.page import confusions_page, page
from pipeline.study.run import Plan, run_study
from pipeline.study.values import CurvePoint, CurveStudy, Study

DOCS = Path(__file__).parents[3] / "docs"
WRITTEN = DOCS / "evaluation.md"


def curve(day="2026-01-01", kappa=0.5):
    point = CurvePoint(authors=2, conversations=36, kappas={"act": kappa})
    return CurveStudy(day=day, corpus="tiny-1", points=(point,))


@pytest.fixture
def measured(corpus, study, tmp_path, monkeypatch):
    """Run a study of the tiny corpus; gives the folder of the page."""
    monkeypatch.setattr(CombinedTagger, "load", staticmethod(study.tagger))
    docs = tmp_path / "docs"

    def call(**plan):
        given = Plan(corpus=corpus.folder, data=tmp_path / "nowhere", docs=docs, **plan)
        lines = []
        run_study(given, Settings(), lines.append)
        return docs, lines

    return call


def test_a_study_of_a_tiny_corpus(measured, corpus, monkeypatch):
    docs, lines = measured()
    folder = docs / "evaluation"
    assert {p.name for p in folder.iterdir()} == {
        "dev.json", "starts.json", "corpus.json", "confusions.md",
        "families.svg", "reliability.svg",
    }  # fmt: skip
    assert any("is not there" in line for line in lines)
    dev = read_study(folder).dev
    assert (dev.conversations, dev.utterances, dev.corpus) == (4, 100, "tiny-1")
    assert dev.conversation.without_score == 0
    text = (docs / "evaluation.md").read_text(encoding="utf-8")
    assert "The test split has not been read in this form yet" in text
    assert "d1-1#24 “telling information deal call well”" in (
        (folder / "confusions.md").read_text(encoding="utf-8")
    )

    # Again: nothing has changed, so nothing changes, on another day either.
    monkeypatch.setattr(run, "_today", lambda: "2030-01-01")
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    measured()
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before

    # The test split is read on request only, and what was found is kept. Nobody reads its errors.
    measured(test=True)
    test = read_study(folder).test
    assert (test.conversations, test.confusions, test.day) == (2, (), "2030-01-01")
    kept = (folder / "test.json").read_bytes()
    (corpus.conversations / "e1-1.json").unlink()
    measured()
    assert (folder / "test.json").read_bytes() == kept
    assert "combination, test" in (docs / "evaluation.md").read_text(encoding="utf-8")


def test_what_takes_long_is_measured_on_request(measured, study, tmp_path, monkeypatch):
    learned = []

    def train_features(corpus, _report):
        learned.append(sorted({c.author for c in corpus}))
        return study.family(1.0)

    monkeypatch.setattr("models.training.train_features", train_features)
    # For this module alone: the kinds are read in the same way, and are kept for the process.
    made = SimpleNamespace(read=lambda folder, name: study.tagger())
    monkeypatch.setattr(training, "artefacts", made)
    monkeypatch.setattr(training, "Transformer", lambda path: study.family(3.0))
    (tmp_path / "seed-1").mkdir()
    (tmp_path / "seed-1" / "encoder.full.onnx").touch()
    docs, _ = measured(curve=True, speed=True, seed=tmp_path / "seed-1")
    found = read_study(docs / "evaluation")
    assert learned == [["t1", "t2"]]
    assert [(p.authors, p.conversations) for p in found.curve.points] == [(2, 4)]
    assert found.curve.points[0].kappas["focus"] == 1
    assert [row.seed for row in found.seeds.rows] == ["seed-1"]
    assert set(found.seeds.rows[0].families) == {
        "features", "transformer", "combination", "transformer, 32 bit",
    }  # fmt: skip
    assert found.speed.utterances == 100
    assert found.speed.combination > 0
    assert (docs / "evaluation" / "curve.svg").is_file()
    text = (docs / "evaluation.md").read_text(encoding="utf-8")
    assert "1 trainings" not in text
    assert found.speed.machine in text


def test_with_nothing_measured_the_page_says_how_to(tmp_path):
    text = page(read_study(tmp_path))
    for option in ("--curve", "--seed", "--speed", "--test", "--worse"):
        assert f"coachscore study {option}" in text


def test_a_part_measured_again_with_the_same_figures_keeps_its_day(tmp_path):
    write_part(tmp_path, "curve", curve())
    write_part(tmp_path, "curve", curve(day="2026-02-02"))
    assert read_study(tmp_path).curve.day == "2026-01-01"
    write_part(tmp_path, "curve", curve(day="2026-03-03", kappa=0.6))
    assert read_study(tmp_path).curve.day == "2026-03-03"


def test_a_part_of_another_version_is_named(tmp_path):
    (tmp_path / "curve.json").write_text('{"day": 1}', encoding="utf-8")
    with pytest.raises(StudyFileError, match=r"curve\.json"):
        read_study(tmp_path)


def test_a_part_that_cannot_be_read_is_replaced(tmp_path):
    (tmp_path / "curve.json").write_text('{"day": 1}', encoding="utf-8")
    write_part(tmp_path, "curve", curve())
    assert read_study(tmp_path) == Study(curve=curve())


@pytest.mark.skipif(not WRITTEN.is_file(), reason="nothing was measured yet")
def test_the_page_is_what_its_files_say():
    study = read_study(DOCS / "evaluation")
    assert WRITTEN.read_text(encoding="utf-8") == page(study)
    written = (DOCS / "evaluation" / "confusions.md").read_text(encoding="utf-8")
    assert written == confusions_page(study)


@pytest.mark.skipif(not WRITTEN.is_file(), reason="nothing was measured yet")
def test_what_the_page_links_to_is_there():
    for target in re.findall(r"\]\(([^)]+)\)", WRITTEN.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        path = DOCS / name if name else WRITTEN
        assert path.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in heads}
            assert anchor in anchors, target


def test_the_files_are_what_this_version_writes():
    for path in (DOCS / "evaluation").glob("*.json"):
        part = getattr(read_study(path.parent), path.stem)
        assert json.loads(path.read_text(encoding="utf-8")) == part.model_dump(mode="json")
