from hypothesis import given
from hypothesis import strategies as st

from models.augment import degrade
from models.labels import ROLES

LONG = "So, would you have known where their buyer was, if it weren't for the call on Monday? "


def test_the_seed_decides_the_noise(make_talk):
    talk = make_talk([("coach", LONG * 5), ("coachee", LONG * 5)])
    assert degrade(talk, 3) == degrade(talk, 3)
    assert degrade(talk, 3) != degrade(talk, 4)


def test_it_is_noisy_but_still_the_same_sentence(make_talk):
    (before,) = make_talk([("coach", LONG * 40)])
    (after,) = degrade((before,), 1)
    kept = set(after.text.split()) & {"monday", "werent", "buyer", "call"}
    assert {"monday", "werent", "buyer", "call"} <= kept
    assert after.text.split() != before.text.lower().split()
    assert 0.9 < len(after.text.split()) / len(before.text.split()) < 1.1
    assert not set(",.?") & set(after.text)


@given(
    st.lists(
        st.tuples(st.sampled_from(ROLES), st.text(min_size=1, max_size=80).filter(str.strip)),
        max_size=6,
    ),
    st.integers(0, 10**6),
)
def test_everybody_still_says_something(make_talk, lines, seed):
    talk = make_talk(lines)
    noisy = degrade(talk, seed)
    same = {"text"}
    assert [u.model_dump(exclude=same) for u in noisy] == [u.model_dump(exclude=same) for u in talk]
    assert all(u.text.strip() for u in noisy)
    assert all(u.text == u.text.lower() for u in noisy)
