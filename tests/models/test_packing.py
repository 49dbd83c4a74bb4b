import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.labels import ROLES
from models.packing import LENGTH, MARKERS, batch, pack, tokenizer
from models.streams import read_stream, stretches, training_streams

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", " ", "🙂🙂🙂", "ok", "x" * 3000]),
    st.builds(lambda word, n: f"{word} " * n, st.sampled_from(["well", "🙂"]), st.integers(0, 400)),
)
LINES = st.lists(st.tuples(st.sampled_from(ROLES), TEXTS), max_size=60)


@settings(max_examples=60)
@given(LINES)
@example([("coach", "forecast " * 5000)])
@example([("coach", ""), ("coachee", ""), ("other", "🙂")])
@example([("coachee", "we will see about that " * 20)] * 40)
def test_every_utterance_is_decided_once_and_every_window_fits(make_talk, lines):
    talk = make_talk(lines)
    windows = pack(talk)
    assert [i for w in windows for i in w.predicts] == list(range(len(talk)))
    for window in windows:
        held = range(window.first, window.first + len(window.starts))
        assert len(window.tokens) <= LENGTH
        assert len(window.predicts) > 0
        assert set(window.predicts) <= set(held)
        markers = [MARKERS[talk[i].role] for i in held]
        assert window.tokens[window.starts].tolist() == markers
        assert (window.ends > window.starts).all()


def test_an_utterance_is_read_in_company(make_talk):
    talk = make_talk(
        [("coach", "What did they say about the price?"), ("coachee", "Nothing.")] * 60
    )
    windows = pack(talk)
    assert len(windows) > 2
    for before, after in itertools.pairwise(windows):
        assert after.first < after.predicts.start
        assert before.predicts.stop < before.first + len(before.starts)


def test_a_batch_pools_each_utterance_over_its_own_tokens(make_talk):
    windows = [*pack(make_talk([("coach", "Well.")])), *pack(make_talk([("coachee", "No. ")] * 9))]
    padded = batch(windows)
    for i, window in enumerate(windows):
        n = len(window.starts)
        assert padded["attention_mask"][i].sum() == len(window.tokens)
        assert padded["pool"][i, :n].sum(axis=1) == pytest.approx(np.ones(n))
        assert padded["pool"][i, n:].sum() == 0
        assert padded["pool"][i, :n].nonzero()[1].max() < len(window.tokens) - 1


@given(st.integers(0, 5000))
def test_stretches_decide_every_word_from_its_company(count):
    decided_by: list[int] = [-1] * count
    read = stretches(count)
    for number, (first, stop, decides) in enumerate(read):
        assert 0 <= stop - first <= 120
        assert first <= decides <= stop
        decided_by[decides:stop] = [number] * (stop - decides)
        if number:
            assert decides - first >= 10
            assert read[number - 1][1] - decides >= 10
    assert -1 not in decided_by
    assert decided_by == sorted(decided_by)


def test_a_stream_fits_the_model_however_long_its_words():
    stream = read_stream(["antidisestablishmentarianism"] * 120)
    assert len(stream.window.tokens) <= LENGTH
    assert 0 < len(stream.word_tokens) < 120


def test_long_turns_and_whole_sides_teach_where_a_sentence_begins(make_labelled):
    rows = [
        ("coach", "So what did the buyer tell you on the phone?", {}),
        ("coachee", "He said that they had looked at the figures again last week.", {}),
        ("coachee", "Then he asked me to come by with the new price list.", {}),
        ("coach", "And?", {}),
    ]
    streams = training_streams(make_labelled(rows), seed=1)
    # The coachee's one long turn, and then what each side says; the coach's turns are short.
    assert [int((target == 1).sum()) for _, target in streams] == [1, 1, 1]
    turn, side = streams[0], streams[2]
    assert turn[0].tokens.tolist() == side[0].tokens.tolist()
    second = int(np.flatnonzero(turn[1] == 1)[0])
    assert tokenizer().decode([turn[0].tokens[second]]) == "then"
