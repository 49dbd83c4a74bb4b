"""Masking: what is hidden and what stays, in any text and through a whole analysis."""

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from models.conversation import (
    Conversation,
    Participant,
    Provenance,
    RoleAssignment,
    Segment,
    Transcript,
    Utterance,
    Word,
)
from models.masked import joined
from pipeline import stages
from pipeline.analysis import (
    Analysis,
    finish,
    load_analysis,
    rescore,
    run_stage,
    score_again,
)
from pipeline.jobs import AnalysisOptions, Workplace, begin, open_job
from pipeline.masking.annotations import read_annotated
from pipeline.masking.masking import find, hide
from pipeline.masking.numbers import find_numbers
from pipeline.masking.spans import apart, put
from pipeline.segmentation import split_utterances
from pipeline.settings import Settings
from pipeline.store import STAGES, Store
from pipeline.tables import DigestRow, StageResultRow

SPEAKERS = ("Rick", "Darlene")
CUSTOMER = (
    "I rang Dana Pruitt at Kessinger Distribution on +44 20 7946 0018, wrote to"
    " dana@kessinger.example, and Kessinger Distribution pays $240,000 for account 77120934."
)
TOLD = ("Pruitt", "Kessinger", "7946 0018", "kessinger.example", "240,000", "77120934")


def hidden(text: str) -> str:
    return joined(put(text, apart(find_numbers(text))))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("mail dana.p+x@acme.co.uk today", "mail [email] today"),
        ("it's dana dot pruitt at acme dot com", "it's [email]"),
        ("ring +44 20 7946 0018 or (555) 010-4477", "ring [phone] or [phone]"),
        ("that is oh seven seven one two three four five", "that is [phone]"),
        ("policy number HX-20931 and PO 44781", "policy number [number] and PO [number]"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [number]"),
        ("a quote of $1.2 million, not £900k", "a quote of [amount], not [amount]"),
        ("say eighty-eight thousand five hundred", "say [amount]"),
        ("two crore sixty or forty five lakhs", "[amount] or [amount]"),
        ("it was forty grand, which is grand", "it was [amount], which is grand"),
        ("twelve hundred seats at sixty quid", "[amount] seats at [amount]"),
        ("we are at fourteen two against one fifty-eight", "we are at [amount] against [amount]"),
        ("see www.kessinger.example/bids", "see [company]"),
    ],
)
def test_numbers_that_lead_to_a_customer_are_hidden(said: str, shown: str) -> None:
    assert hidden(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "on 2026-11-22, or 22/11/26, at 9:30",
        "by Thursday the fourteenth at two thirty",
        "since nineteen ninety one, in two thousand nineteen, and in 2026",
        "a hundred percent, or 85 %, of the time",
        "three calls, twenty minutes, twenty-four seven",
        "one two three, go",
    ],
)
def test_days_times_shares_and_small_counts_stay(said: str) -> None:
    assert hidden(said) == said


@pytest.mark.parametrize(
    ("texts", "gone"),
    [
        (
            ["So Glenn at Kettleson Seed signs it.", "What did Glenn say?", "Dana Pruitt runs it."],
            ("Glenn", "Kettleson", "Seed", "Pruitt"),
        ),
        (
            ["so i talked to paul pruitt at kessinger distribution", "what did paul say about it"],
            ("paul", "pruitt", "kessinger"),
        ),
    ],
)
def test_names_are_hidden_in_both_kinds_of_text(texts: list[str], gone: tuple[str, ...]) -> None:
    found = find(texts, SPEAKERS)
    shown = " ".join(put(text, places) for text, places in zip(texts, found, strict=True))
    assert [name for name in gone if name in shown] == []
    assert "[person]" in shown
    assert "[company]" in shown


def test_four_times_as_long_a_row_takes_about_four_times_as_long() -> None:
    """Read from each of its marks to its end, it would take sixteen times; a megabyte, hours."""

    def seconds(length: int) -> float:
        begun = time.process_time()
        assert list(find_numbers("-" * length)) == []
        return time.process_time() - begun

    assert seconds(20_000) < 9 * min(seconds(5_000) for _ in range(2))


def test_the_speakers_names_stay() -> None:
    texts = ["Rick, did Darlene call?", "Yes, and Marcy Oakes told Rick no."]
    shown = [put(t, f) for t, f in zip(texts, find(texts, SPEAKERS), strict=True)]
    assert shown[0] == texts[0]
    assert "told Rick no" in shown[1]
    assert "Oakes" not in shown[1]


def test_what_is_masked_stays_masked() -> None:
    text = "Then [person] [person] of [company] paid [amount]."
    assert find([text], SPEAKERS) == [[]]
    assert joined(text) == "Then [person] of [company] paid [amount]."


def talk_of(texts: list[str]) -> tuple[Transcript, Conversation]:
    segments = tuple(
        Segment(
            index=i,
            speaker=SPEAKERS[i % 2],
            start=float(i),
            end=i + 1.0,
            text=text,
            words=tuple(Word(text=w, start=i, end=i, probability=1) for w in text.split()),
        )
        for i, text in enumerate(texts)
    )
    made_by = Provenance(name="captions/fake", version="1")
    transcript = Transcript(segments=segments, source_format="fake", made_by=made_by)
    roles = {"Rick": "coach", "Darlene": "coachee"}
    known = RoleAssignment(roles=roles, source="given", confidence=1)
    return transcript, split_utterances(transcript, known)


NAMES = st.sampled_from(["Dana Pruitt", "kessinger", "+44 20 7946 0018", "$2,000", "Rick", "St. X"])
WORDS = st.one_of(
    NAMES, st.sampled_from(["so", "he.", "said", "yes!", "of", "&", "the", "-"]), st.text()
)


@settings(max_examples=60)
@given(st.lists(st.lists(WORDS, max_size=9).map(" ".join), max_size=5))
def test_any_text_keeps_its_utterances_and_words(texts: list[str]) -> None:
    transcript, talk = talk_of(texts)
    written, said = hide(transcript, talk)
    assert [u.index for u in said.utterances] == [u.index for u in talk.utterances]
    for before, after in (
        *zip(transcript.segments, written.segments, strict=True),
        *zip(talk.utterances, said.utterances, strict=True),
    ):
        assert len(before.text.split()) == len(after.text.split())
        assert after.model_copy(update={"text": before.text, **words(before)}) == before
    for segment in written.segments:
        assert [w.text for w in segment.words] == segment.text.split()


def words(segment: Segment | Utterance) -> dict[str, Any]:
    return {"words": segment.words} if isinstance(segment, Segment) else {}


def test_segments_are_hidden_where_utterances_are() -> None:
    cut = ["We met Dana", "", "Pruitt. Kessinger Distribution"]
    segments = [Segment(index=i, speaker="Rick", text=t) for i, t in enumerate(cut)]
    transcript, _ = talk_of([])
    transcript = transcript.model_copy(
        update={"segments": tuple(segments), "title": "Kessinger Distribution, $2,000"}
    )
    known = RoleAssignment(roles={"Rick": "coach"}, source="given", confidence=1)
    written, said = hide(transcript, split_utterances(transcript, known))
    assert "Pruitt" not in str(said.utterances)
    assert [s.text for s in written.segments[:2]] == ["We met [person]", ""]
    assert "Pruitt" not in str(written)
    assert written.title == "[company], [amount]"


def test_what_readers_marked_is_where_they_say() -> None:
    corpus = Path(__file__).parents[2] / "datasets" / "coachtalk"
    for split, count in (("train", 64), ("dev", 16), ("test", 18)):
        talks = read_annotated(corpus, split)
        assert len(talks) == count
        wrong = [
            (talk.id, one)
            for talk in talks
            for one in talk.entities
            if talk.texts[one.utterance][one.start : one.end] != one.text
        ]
        assert wrong == []


@pytest.fixture
def customers(labelled_talk: Path, tmp_path: Path) -> Path:
    """The labelled talk, with a customer in it."""
    talk = json.loads(labelled_talk.read_text(encoding="utf-8"))
    talk["utterances"][4]["text"] = CUSTOMER
    path = tmp_path / "customer.json"
    path.write_text(json.dumps(talk), encoding="utf-8")
    return path


def analysed(store: Store, path: Path, *, mask: bool) -> Analysis:
    place = Workplace(Settings(home=path.parent, mask_customers=mask), store)
    job = open_job(place, begin(place, path, AnalysisOptions()))
    for stage in STAGES:
        run_stage(job, stage)
    finish(job)
    return load_analysis(store, job.id)


def kept(store: Store) -> str:
    """Everything that is kept of what was said."""
    wanted = (StageResultRow.payload, DigestRow.details)
    # Rows themselves are printed with long texts cut short.
    return " ".join(row[0] for column in wanted for row in store.database.all(select(column)))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_is_stored_is_masked_and_the_score_is_the_same(
    database_url: str, customers: Path
) -> None:
    place = Settings(home=customers.parent, database_url=database_url)
    with closing(Store.open(place)) as store:
        masked = analysed(store, customers, mask=True)
        assert [marker for marker in TOLD if marker in kept(store)] == []
        assert "[company]" in kept(store)
        plain = analysed(store, customers, mask=False)
        assert [marker for marker in TOLD if marker not in kept(store)] == []
    assert masked.scored.score == plain.scored.score
    assert masked.scored.metrics == plain.scored.metrics
    assert masked.scored.tagged.tags == plain.scored.tagged.tags
    said, hid = (one.scored.tagged.conversation.utterances for one in (plain, masked))
    assert [u.speaker for u in hid] == [u.speaker for u in said]
    assert said[4].text == CUSTOMER
    assert hid[4].text.startswith("I rang [person] [person] at [company] [company] on")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scoring_again_and_another_coach_stay_masked(tmp_path: Path, customers: Path) -> None:
    chosen = Settings(home=tmp_path, mask_customers=True)
    with closing(Store.open(chosen)) as store:
        first = analysed(store, customers, mask=True)
        place = Workplace(chosen, store)
        other = rescore(place, first.id, kind="deal_review")
        coachee = next(
            u.speaker for u in first.scored.tagged.conversation.utterances if u.role == "coachee"
        )
        rescore(place, first.id, coach=coachee)
        assert [marker for marker in TOLD if marker in kept(store)] == []
    assert other.scored.tagged == first.scored.tagged


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_new_version_of_scoring_keeps_the_kind_that_the_words_told(
    tmp_path: Path, customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Settings(home=tmp_path, mask_customers=True)
    with closing(Store.open(chosen)) as store:
        first = analysed(store, customers, mask=True)
        monkeypatch.setitem(stages.STAGE_VERSIONS, "score", "of the test")
        monkeypatch.setattr(stages, "score", None)
        assert score_again(Workplace(chosen, store), first.id)
        again = load_analysis(store, first.id)
    assert again.scored == first.scored


def test_remarks_and_who_never_spoke_lead_to_no_customer() -> None:
    transcript, _ = talk_of([])
    transcript = transcript.model_copy(
        update={
            "segments": (Segment(index=0, speaker="Rick", text="We met them."),),
            "participants": (Participant(speaker="Rick"), Participant(speaker="Petra Novak")),
            "notes": (
                "From outside the company: Petra Novak.",
                "Left out a line before the first caption: 'Call about it, budget $48,000'.",
            ),
        }
    )
    known = RoleAssignment(roles={"Rick": "coach"}, source="given", confidence=1)
    written, said = hide(transcript, split_utterances(transcript, known))
    assert [p.speaker for p in written.participants] == ["Rick"]
    assert written.notes == said.notes
    assert "Novak" not in str(written)
    assert "48,000" not in str(written)
