"""What any trained tagger must keep to, asked of the one that ships."""

import json

import numpy as np
import pytest

from models import artefacts
from models.combined import CombinedTagger, load_transformer
from models.heads import WIDTH

MIXED = [
    ("coach", "How did you prepare for that call?"),
    ("coachee", "I looked at their site, and it went great."),
    ("coach", "so you think he will sign"),
    ("coachee", ""),
    ("other", "🙂 sorry, wrong room"),
    ("coach", "Don't ever send a quote before you know who decides."),
    ("coachee", "naja, das weiß ich nicht"),
    ("coach", "Okay."),
]


@pytest.fixture(scope="module")
def tagger():
    return CombinedTagger.load()


def test_nothing_said_gives_no_tags(tagger, make_conversation):
    assert tagger.tag(make_conversation(())) == ()


def test_one_utterance_is_tagged(tagger, make_talk, make_conversation, obey_codebook):
    for role in ("coach", "coachee", "other"):
        talk = make_talk([(role, "Hello")])
        obey_codebook(tagger.tag(make_conversation(talk)), talk)


def test_two_thousand_utterances_are_tagged(tagger, make_talk, make_conversation, obey_codebook):
    talk = make_talk(MIXED * 250)
    tags = tagger.tag(make_conversation(talk))
    obey_codebook(tags, talk)
    assert {t.act.value for t in tags if t.act} >= {"question", "telling"}


def test_the_same_words_get_the_same_tags(tagger, make_talk, make_conversation):
    conversation = make_conversation(make_talk(MIXED * 5))
    assert tagger.tag(conversation) == tagger.tag(conversation)


@pytest.mark.parametrize(
    "text", ["How did you prepare for that call?", "how did you prepare for that call"]
)
def test_a_question_is_one_with_or_without_its_mark(tagger, make_talk, make_conversation, text):
    rows = [("coach", text), ("coachee", "i looked at their site"), ("coach", "okay")]
    talk = make_talk([("coachee", "we met them on monday"), *rows])
    assert tagger.tag(make_conversation(talk))[1].act.value == "question"


def test_one_conversation_does_not_colour_another(tagger, make_talk):
    one = make_talk(MIXED)
    two = make_talk([("coach", "What is the amount?"), ("coachee", "Forty.")] * 6)
    together = tagger.features.predict([one, two])
    assert together.shape == (len(one) + len(two), WIDTH)
    assert together[: len(one)] == pytest.approx(tagger.features.predict([one]), abs=1e-5)
    assert together[len(one) :] == pytest.approx(tagger.features.predict([two]), abs=1e-5)


def test_its_version_is_the_manifest_s(tagger):
    written = json.loads((artefacts.FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert tagger.provenance.model_dump() == written["tagger"]


def test_it_is_loaded_once(tagger):
    assert CombinedTagger.load() is tagger


def test_sentence_starts_are_a_probability_for_each_word():
    words = ["so", "what", "did", "he", "say", "well", "he", "said", "no", "i", "think"] * 30
    starts = load_transformer().sentence_starts(words)
    assert starts.shape == (len(words),)
    assert starts[0] == 1
    assert np.isfinite(starts).all()
    assert ((starts >= 0) & (starts <= 1)).all()
    assert load_transformer().sentence_starts([]).shape == (0,)


def test_without_a_trained_model_the_way_out_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(artefacts, "FOLDER", tmp_path)
    for read in (artefacts.manifest, artefacts.tagger_provenance):
        with pytest.raises(artefacts.ArtefactMissingError, match="coachscore train"):
            read()
    with pytest.raises(artefacts.ArtefactMissingError, match="coachscore train"):
        artefacts.load.__wrapped__("tagger")
