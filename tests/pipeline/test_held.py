"""What is held until it is masked survives a database that is away while it is stored."""

import pytest

from models.conversation import Provenance, Segment, Transcript
from pipeline.masking.held import Held
from pipeline.store import Made
from scoring.score import ScoredConversation


def made(stage: str) -> Made:
    return Made.model_validate({"stage": stage, "key": stage, "input_key": None, "made_by": "us"})


def test_what_could_not_be_stored_is_still_there() -> None:
    transcript = Transcript(
        segments=(Segment(index=0, speaker="Ana", text="How did it go?"),),
        source_format="plain",
        made_by=Provenance(name="us", version="1"),
    )
    held, score = Held(), made("score")
    held.hold(made("transcribe"), transcript)
    held.hold(score, ScoredConversation.model_construct())
    assert ("transcribe" in held, "score" in held) == (True, False)

    def store() -> None:
        for one, _ in held.release():
            if one == score:
                raise ConnectionError

    with pytest.raises(ConnectionError):
        store()
    assert held.get("transcribe") is transcript
    assert [one.stage for one, _ in held.release()] == ["transcribe", "score"]
    assert "transcribe" not in held
