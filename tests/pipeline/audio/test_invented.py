import numpy as np
import pytest

from models.conversation import Word
from pipeline.audio.invented import Piece, settle

LOUD = np.random.default_rng(0).normal(0, 0.1, 16000 * 20).astype(np.float32)
# Speech for 10 s, then 10 s of next to nothing.
FADING = LOUD * np.where(np.arange(len(LOUD)) < 160_000, 1, 0.002).astype(np.float32)


def piece(text, start=0.0, end=2.0, no_speech=0.0):
    words = text.split()
    step = (end - start) / len(words)
    return Piece(
        tuple(
            Word(text=f" {w}", start=start + i * step, end=start + (i + 1) * step, probability=0.9)
            for i, w in enumerate(words)
        ),
        no_speech,
    )


def left(pieces, sound=LOUD):
    found = settle(pieces, sound)
    return [p.text.strip() for p in found.pieces], found.repetitive, found.invented


def test_a_loop_inside_a_passage_goes_and_the_rest_stays():
    assert left([piece("How did it go with them?"), piece("and so on " * 30)]) == (
        ["How did it go with them?"],
        1,
        0,
    )


def test_of_passages_that_repeat_each_other_the_first_stays():
    looping = [piece("We will see.")] * 12
    assert left([piece("What next?"), *looping]) == (["What next?", "We will see."], 11, 0)


def test_people_may_agree_three_times():
    assert left([piece("Yes.")] * 3) == (["Yes."] * 3, 0, 0)


@pytest.mark.parametrize("text", ["Thank you for watching!", "Vielen Dank.", "Thank you."])
def test_a_stock_phrase_in_near_silence_is_invented(text):
    talk = piece("That was it.", 1, 3)
    assert left([talk, piece(text, 14, 15)], FADING) == (["That was it."], 0, 1)
    assert left([talk, piece(text, 14, 15, no_speech=0.8)]) == (["That was it."], 0, 1)


def test_thanks_that_are_spoken_stay():
    assert left([piece("Thank you.", 4, 5)], FADING) == (["Thank you."], 0, 0)
    assert left([piece("I checked it twice.", 14, 15)], FADING)[2] == 0


def test_silence_gives_nothing_to_settle():
    assert settle([], LOUD) == ((), 0, 0)
