"""What worse recordings do to tags and score: the noise is as much as it says, and it counts."""

import pytest

from models.combined import CombinedTagger
from models.conversation import Utterance
from pipeline.settings import Settings
from pipeline.study.files import read_study
from pipeline.study.run import Plan, run_study
from pipeline.study.worse import given_away, misheard


def talk(count=60):
    sides = (("Ana", "coach"), ("Ben", "coachee"))
    return tuple(
        Utterance(
            index=i,
            source=i,
            speaker=sides[i % 2][0],
            role=sides[i % 2][1],
            text=" ".join(f"w{i}x{n}" for n in range(20)),
        )
        for i in range(count)
    )


def errors(before, after):
    """Fewest words left out, put in or changed, by the alignment of Levenshtein."""
    row = list(range(len(after) + 1))
    for i, a in enumerate(before, start=1):
        last, row[0] = row[0], i
        for j, b in enumerate(after, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_the_word_error_rate_is_the_one_asked_for(rate):
    heard = misheard(talk(), rate, seed=1)
    wrong = sum(errors(a.text.split(), b.text.split()) for a, b in zip(talk(), heard, strict=True))
    assert wrong / (60 * 20) == pytest.approx(rate, abs=0.05)
    assert heard == misheard(talk(), rate, seed=1)


def test_utterances_keep_their_place_and_some_words():
    heard = misheard(talk(), 1.0, seed=1)
    assert [(u.index, u.speaker) for u in heard] == [(u.index, u.speaker) for u in talk()]
    assert all(u.text for u in heard)


def test_a_share_of_the_utterances_changes_sides():
    moved = given_away(talk(400), 0.25, seed=1)
    changed = [a.speaker != b.speaker for a, b in zip(talk(400), moved, strict=True)]
    assert sum(changed) / 400 == pytest.approx(0.25, abs=0.06)
    assert {(u.speaker, u.role) for u in moved} == {("Ana", "coach"), ("Ben", "coachee")}


def test_tags_get_worse_with_the_recording(corpus, study, tmp_path, monkeypatch):
    monkeypatch.setattr(CombinedTagger, "load", staticmethod(study.tagger))
    docs = tmp_path / "docs"
    plan = Plan(corpus=corpus.folder, data=tmp_path / "nowhere", docs=docs, worse=True)
    run_study(plan, Settings(), lambda _line: None)
    steps = read_study(docs / "evaluation").worse.steps
    words = [s.kappas["act"] for s in steps if not s.speakers]
    speakers = [s.kappas["act"] for s in steps if not s.words]
    assert words[0] > words[3] > words[-1]
    assert speakers[0] > speakers[2] > speakers[-1]
    assert steps[0].moved == 0
    assert steps[-1].moved > 0
    assert (docs / "evaluation" / "worse.svg").is_file()
    assert "Worse recordings" in (docs / "evaluation.md").read_text(encoding="utf-8")
