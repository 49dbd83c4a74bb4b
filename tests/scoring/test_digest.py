"""What is kept of one conversation: minutes by subject, quotes, next steps."""

from typing import Any

import pytest

from models.tags import TaggedConversation
from scoring.digest import WORDS_PER_MINUTE, _amounts
from scoring.table import build_table


def timed(tagged: TaggedConversation, seconds: float) -> TaggedConversation:
    """The same conversation, every utterance as long as the others."""
    talk = tagged.conversation
    spoken = tuple(
        u.model_copy(update={"start": seconds * u.index, "end": seconds * (u.index + 1)})
        for u in talk.utterances
    )
    return tagged.model_copy(
        update={"conversation": talk.model_copy(update={"utterances": spoken})}
    )


def test_minutes_are_of_the_coachs_sentences(script: Any) -> None:
    rows = [
        script.ask(focus="deal"),
        script.answer(),
        script.ask(focus="development"),
        script.answer(),
        script.okay(),
    ]
    tagged = timed(script.tagged(rows), 30)
    found = _amounts(tagged.conversation.utterances, build_table(tagged))
    assert (found.minutes, found.timed, found.deal, found.development) == (2.5, True, 0.5, 0.5)


def test_without_times_words_tell_the_minutes(script: Any) -> None:
    tagged = script.tagged([script.ask(text="word " * 75, focus="deal"), script.answer()])
    found = _amounts(tagged.conversation.utterances, build_table(tagged))
    assert not found.timed
    assert found.deal == 75 / WORDS_PER_MINUTE
    assert found.minutes == pytest.approx((75 + 3) / WORDS_PER_MINUTE, abs=0.01)
