"""What is shown once a conversation is labelled: how far others agree with it, and where not."""

from collections.abc import Iterator
from typing import Final

from models.labelled import LabelledConversation, gold_tags
from models.tags import TaggedConversation
from pipeline import stages
from pipeline.labelling.loop import shown
from pipeline.settings import Settings
from pipeline.study.agreement import main_labels
from pipeline.study.tables import figure, label_name

_DIFFERENCES: Final = 40  # Utterances listed on which the model differs.
_FIELDS: Final = ("act", "question_form", "telling_kind", "challenge", "focus", "activity")
_WHOLE: Final = ("kind", "focus", "style", "challenge_level")


def agreement(own: LabelledConversation, first: LabelledConversation, settings: Settings) -> str:
    """Kappa of the model with the labels given, where they differ, and of earlier labels.

    Args:
        own: With the labels just given.
        first: The conversation as its file had it; labels in it are compared too.
        settings: For the rubric folder.
    """
    tagged = stages.tag(own.conversation)
    parts = [_table("Agreement with the model", own, tagged)]
    if any(first.utterance_labels):
        parts.append(_table("Agreement with the labels in the file", own, gold_tags(first)))
    apart = [*_utterances(own, tagged), *_whole(own, tagged, settings)]
    hidden = len(apart) - _DIFFERENCES
    parts.append("\n".join([f"{len(apart)} differences to the model", *apart[:_DIFFERENCES]]))
    return "\n\n".join([*parts, *([f"and {hidden} more"] if hidden > 0 else [])])


def _table(title: str, own: LabelledConversation, others: TaggedConversation) -> str:
    lines = [title, f"{'label':24}{'n':>6}{'right':>8}{'kappa':>8}"]
    for r in main_labels([own], [others.tags]):
        name = label_name(r.label).replace("`", "")
        lines.append(f"{name:24}{r.n:>6}{r.accuracy:>8.2f}{figure(r.kappa):>8}")
    return "\n".join(lines)


def _utterances(own: LabelledConversation, tagged: TaggedConversation) -> Iterator[str]:
    spoken = own.conversation.utterances
    for utterance, labels, tag in zip(spoken, own.utterance_labels, tagged.tags, strict=True):
        if labels is None:
            continue
        apart = [
            f"{field}: yours {wanted}, model {has.value}"
            for field in _FIELDS
            if (wanted := getattr(labels, field)) is not None
            and (has := getattr(tag, field)) is not None
            and has.value != wanted
        ]
        mine = labels.marks or frozenset()
        apart += [
            f"{mark}: {'only yours' if mark in mine else 'only the model'}"
            for mark in sorted(mine ^ set(tag.marks.value))
        ]
        if apart:
            yield f"  {shown(utterance)}\n      {'; '.join(apart)}"


def _whole(
    own: LabelledConversation, tagged: TaggedConversation, settings: Settings
) -> Iterator[str]:
    found = stages.score(tagged, None, settings).tags
    for field in _WHOLE:
        wanted, has = getattr(own.labels, field), getattr(found, field).value
        if wanted is not None and wanted != has:
            yield f"  conversation {field}: yours {wanted}, model {has}"
