"""Real speech for training and measuring: labels of ours on meetings that are kept elsewhere.

Only references and labels are in the repository; the words are read from the folder of
source files where that is there.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from models.conversation import Conversation, RoleAssignment, Utterance
from models.labelled import (
    ConversationLabels,
    LabelledConversation,
    LabelledDataError,
    Split,
    UtteranceLabels,
)
from models.labels import Role

_NOISE: Final = re.compile(r"\{[^}]*\}|@")
_SPACED: Final = re.compile(r"\s+([.,?!;:'])")
_HYPHEN: Final = re.compile(r"(\w)\s+-\s+(?=\w)")
_INNER_END: Final = re.compile(r"[.?!]\s+\w")


def read_meetings(labels: Path, folder: Path, split: Split) -> list[LabelledConversation]:
    """Labelled stretches of meetings, each read twice.

    Once whoever says most is taken for the coach and the others for coachees, once the
    other way round. Only the coaching side's turns are labelled, so every turn is labelled
    once, with `act`, `question_form`, `telling_kind` and `challenge`.

    Args:
        labels: ``qmsum.json`` of `datasets/real_speech`.
        folder: Holds ``qmsum_meetings.jsonl.gz``.
        split: "train" or "test"; meetings of the other are left out.

    Raises:
        LabelledDataError: A file cannot be read, or a label names a turn that is not there.
    """
    try:
        wanted = json.loads(labels.read_text(encoding="utf-8"))["meetings"]
        turns = {m["id"]: m["turns"] for m in read_rows(folder / "qmsum_meetings.jsonl.gz")}
        return [
            item
            for meeting in wanted
            if meeting["split"] == split
            for item in _by_side(meeting, turns[meeting["id"]])
        ]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise LabelledDataError(
            f"{labels} and its meetings in {folder} cannot be read ({error})"
        ) from error


def single_sentences(item: LabelledConversation) -> LabelledConversation:
    """The same conversation with labels on turns of one sentence only.

    The taggers judge a sentence; what a longer turn mainly does is no label of any of its
    sentences.
    """
    kept = tuple(
        None if _INNER_END.search(u.text) else given
        for u, given in zip(item.conversation.utterances, item.utterance_labels, strict=True)
    )
    return item.model_copy(update={"utterance_labels": kept})


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Objects of a gzip file with one JSON object a line."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _by_side(
    meeting: Mapping[str, Any], turns: list[dict[str, str]]
) -> Iterator[LabelledConversation]:
    labelled = {t["turn"]: t for t in meeting["turns"]}
    first, last = min(labelled), max(labelled)
    stretch = [(n, turns[n]["speaker"], _clean(turns[n]["text"])) for n in range(first, last + 1)]
    stretch = [(n, speaker, text) for n, speaker, text in stretch if text]
    most = Counter(speaker for _, speaker, _ in stretch).most_common(1)[0][0]
    for coaches in (True, False):
        roles: dict[str, Role] = {
            speaker: "coach" if (speaker == most) is coaches else "coachee"
            for _, speaker, _ in stretch
        }
        yield LabelledConversation(
            id=f"{meeting['id']} {'first' if coaches else 'second'}",
            author=meeting["id"],
            medium="real",
            conversation=Conversation(
                utterances=tuple(
                    Utterance(index=i, source=n, speaker=s, role=roles[s], text=text)
                    for i, (n, s, text) in enumerate(stretch)
                ),
                roles=RoleAssignment(roles=roles, source="file", confidence=1.0),
            ),
            labels=ConversationLabels(),
            utterance_labels=tuple(
                UtteranceLabels(**labelled[n], marks=None) if roles[s] == "coach" else None
                for n, s, _ in stretch
            ),
        )


def _clean(text: str) -> str:
    """Words as captions would write them: the source sets spaces before punctuation."""
    text = _HYPHEN.sub(r"\1-", _SPACED.sub(r"\1", _NOISE.sub(" ", text)))
    return " ".join(text.split())
