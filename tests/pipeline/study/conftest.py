"""A tiny corpus whose sentences name their labels, and taggers that read them there."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from models.blend import Blend
from models.combined import CombinedTagger
from models.heads import HEADS, WIDTH, link

# Sentences that say what they are, so that a tagger made of word look-ups is right about them.
LINES = [
    ("coach", "question open deal call follow_up here",
     {"act": "question", "question_form": "open", "challenge": False, "focus": "deal",
      "activity": "call", "marks": ["follow_up"]}),
    ("coachee", "unsupported outcome it is as good as done",
     {"marks": ["unsupported", "outcome"]}),
    ("coach", "question closed challenge development opportunity process now",
     {"act": "question", "question_form": "closed", "challenge": True, "focus": "development",
      "activity": "opportunity", "marks": ["process"]}),
    ("coachee", "reflection that was mine to ask", {"marks": ["reflection"]}),
    ("coach", "telling guidance development call process action_item please",
     {"act": "telling", "telling_kind": "guidance", "challenge": False, "focus": "development",
      "activity": "call", "marks": ["process", "action_item"]}),
    ("coach", "reflection challenge deal opportunity outcome again",
     {"act": "reflection", "challenge": True, "focus": "deal", "activity": "opportunity",
      "marks": ["outcome"]}),
    ("coach", "other neither none yes",
     {"act": "other", "challenge": False, "focus": "neither", "activity": "none", "marks": []}),
    ("coachee", "plain words of no importance", {"marks": []}),
]  # fmt: skip
# A question that sounds like telling.
WRONG = ("coach", "telling information deal call well", {
    "act": "question", "question_form": "leading", "challenge": False, "focus": "deal",
    "activity": "call", "marks": []})  # fmt: skip


class WordTagger:
    """A class is likely where its name is a word of the sentence."""

    def __init__(self, strength):
        self.strength = strength

    def predict(self, talks):
        spoken = [set(u.text.split()) for talk in talks for u in talk]
        scores = np.zeros((len(spoken), WIDTH))
        for head in HEADS:
            for i, name in enumerate(head.classes):
                found = np.array([name in words for words in spoken])
                scores[:, head.start + i] = np.where(found, self.strength, -self.strength)
        return link(scores)


class Study:
    """What the tests of this folder build with."""

    lines = LINES
    wrong = WRONG
    family = WordTagger

    @staticmethod
    def conversation(name, rows, **fields):
        """The labelled form of one conversation."""
        labels = {
            "kind": "one_on_one", "focus": "development", "style": "questioning",
            "challenge_level": 2, "coaching": fields.pop("coaching", 3),
            "ratings": dict.fromkeys(
                ("inquiry", "challenge", "development", "guidance", "commitment"), 3
            ),
        }  # fmt: skip
        return {
            "id": name,
            "author": name.split("-")[0],
            "medium": fields.pop("medium", "asr"),
            "english": "American",
            "participants": [
                {"speaker": "Ana", "role": "coach"},
                {"speaker": "Ben", "role": "coachee"},
            ],
            "labels": labels | fields,
            "utterances": [
                {"speaker": {"coach": "Ana", "coachee": "Ben"}[role], "text": text, "labels": given}
                for role, text, given in rows
            ],
        }

    @staticmethod
    def tagger():
        """A combination of two word taggers with an even blend."""
        blend = Blend()
        blend.weights = {head.key: np.array([0.5, 0.5]) for head in HEADS}
        blend.bias = {head.key: np.zeros(max(2, len(head.classes))) for head in HEADS}
        thresholds = {head.key: 0.5 for head in HEADS if head.is_flag}
        tagger = CombinedTagger(WordTagger(1.0), blend, thresholds)
        tagger.transformer = WordTagger(3.0)
        return tagger


@pytest.fixture(scope="session")
def study():
    return Study


@pytest.fixture
def corpus(tmp_path):
    """A corpus of five authors with two conversations each, one of them read twice."""
    folder = tmp_path / "corpus"
    (folder / "conversations").mkdir(parents=True)
    for reading in ("first_labels", "second_labels"):
        (folder / reading).mkdir()
    splits = {"train": ["t1", "t2"], "dev": ["d1", "d2"], "test": ["e1"]}
    manifest = {"name": "tiny", "version": "1", "splits": splits}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for author in [a for authors in splits.values() for a in authors]:
        for n, medium in ((1, "asr"), (2, "captions")):
            rows = [*LINES * 3, WRONG] if n == 1 else [*LINES * 2, WRONG, *LINES]
            made = Study.conversation(f"{author}-{n}", rows, medium=medium, coaching=2 * n)
            path = folder / "conversations" / f"{author}-{n}.json"
            path.write_text(json.dumps(made), encoding="utf-8")
    whole = Study.conversation("t1-1", [*LINES * 3, WRONG])
    given = [u["labels"] for u in whole["utterances"]]
    reading = {"id": "t1-1", "labels": whole["labels"], "utterance_labels": given}
    (folder / "first_labels" / "t1-1.json").write_text(json.dumps(reading), encoding="utf-8")
    given[0] = given[0] | {"focus": "development"}
    (folder / "second_labels" / "t1-1.json").write_text(json.dumps(reading), encoding="utf-8")
    return SimpleNamespace(folder=folder, conversations=folder / "conversations")
