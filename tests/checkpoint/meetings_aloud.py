# ruff: noqa: T201
"""Meetings of the dev split read aloud and analysed: python tests/checkpoint/meetings_aloud.py

Two of the checkpoint's voices read them, in noise that grows louder row by row. "Known" words
come from the script, with their times, so that only who spoke is told from the sound; "heard"
ones are the checkpoint's. The rest is the product. The first row is the text itself.
`act` is Cohen's kappa over the words that were heard: the label of the coach's sentence in
which each was said, and the tag of the sentence in which it was heard.
A meeting in which all voices seem to be one is refused, and in no other column.
"""

import argparse
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from clips import CORPUS
from errors import word_error_rate
from read_aloud import Aloud, meeting, write_opus
from sklearn.metrics import cohen_kappa_score
from train_checkpoint import SHIPPED
from voices import RATE
from whisper.normalizers import EnglishTextNormalizer

from models.conversation import Conversation, Provenance, Transcript, Word
from models.labelled import LabelledConversation, read_corpus
from models.tags import TaggedConversation
from pipeline import stages
from pipeline.audio.transcription import Passage, Recognition
from pipeline.progress import silent
from pipeline.recordings import transcribe_recording
from pipeline.roles import RolesError
from pipeline.settings import Settings

# What the words are, and speech over noise in decibels; None is a quiet room.
_ROWS = (("known", None), ("known", 0.0), ("known", -6.0), ("heard", None))
_normal = EnglishTextNormalizer()


class Heard(NamedTuple):
    """What was made of one meeting.

    Attributes:
        tagged: Its sentences.
        overall: Its score, None where it was withheld.
        quality: Of the transcript, 0 to 1.
    """

    tagged: TaggedConversation
    overall: float | None
    quality: float


class Said(NamedTuple):
    """A word, who said it, and the act of its sentence, None where that is not the coach's."""

    text: str
    speaker: str
    act: str | None


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6, help="meetings to read")
    count = parser.parse_args().count
    split = read_corpus(CORPUS / "dev")
    corpus = [c for c in split if c.medium != "asr" and len(c.conversation.roles.roles) == 2][
        :count
    ]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            home=Path(folder) / "home", database_url=None, whisper_model=str(SHIPPED)
        )
        text = [_scored(item.conversation, settings) for item in corpus]
        aloud = [_read(item.conversation) for item in corpus]
        minutes = sum(len(one.sound) for one in aloud) / RATE / 60
        print(f"{len(corpus)} meetings, {minutes:.0f} minutes\n")
        print(
            "| words | over noise | wrong | right speaker | coach right | act | quality | score |"
        )
        print("|---|---|---|---|---|---|---|---|")
        print(_row("text | no sound", corpus, text, text))
        for words, decibels in _ROWS:
            found: list[Heard | None] = []
            for item, one in zip(corpus, aloud, strict=True):
                path = Path(folder) / "meeting.ogg"
                write_opus(_noisy(one.sound, decibels), path)
                heard = (
                    stages.transcribe(stages.probe(path), settings, silent)
                    if words == "heard"
                    else _known(item.conversation, one, path)
                )
                try:
                    found.append(_scored(stages.attribute(heard, None), settings))
                except RolesError:  # All voices seem to be one.
                    found.append(None)
            over = "quiet" if decibels is None else f"{decibels:.0f} dB"
            print(_row(f"{words} | {over}", corpus, text, found), flush=True)


class _Script:
    """A recogniser that knows what was said, and when."""

    def __init__(self, conversation: Conversation, aloud: Aloud) -> None:
        self._passages = tuple(
            _passage(u.text.split(), *times)
            for u, times in zip(conversation.utterances, aloud.times, strict=True)
        )

    def prepare(self) -> Provenance:
        return Provenance(name="script", version="1")

    def transcribe(self, *_: Any, **__: Any) -> Recognition:
        return Recognition(self._passages, "en")


def _passage(words: list[str], start: float, end: float) -> Passage:
    """Words at even steps of their letters."""
    letters = np.cumsum([0, *(len(word) + 1 for word in words)])
    at = start + (end - start) * letters / letters[-1]
    timed = zip(words, at[:-1], at[1:], strict=True)
    return Passage(
        start, end, tuple(Word(text=f" {w}", start=a, end=b, probability=1) for w, a, b in timed)
    )


def _known(conversation: Conversation, aloud: Aloud, path: Path) -> Transcript:
    script = _Script(conversation, aloud)
    return transcribe_recording(path, path.name, recogniser=script, max_seconds=36_000)


def _scored(conversation: Conversation, settings: Settings) -> Heard:
    tagged = stages.tag(conversation)
    scored = stages.score(tagged, None, settings)
    quality = conversation.quality
    return Heard(tagged, scored.score.overall, 1.0 if quality is None else quality.overall)


def _read(conversation: Conversation) -> Aloud:
    return meeting([(u.role, u.text) for u in conversation.utterances])


def _noisy(sound: np.ndarray, decibels: float | None) -> np.ndarray:
    if decibels is None:
        return sound
    loud = sound[np.abs(sound) > 0.02]
    power = float(np.mean(loud**2)) / 10 ** (decibels / 10)
    noise = np.random.default_rng(0).normal(0, power**0.5, len(sound))
    return (sound + noise).astype(np.float32)


def _row(
    name: str,
    corpus: Sequence[LabelledConversation],
    text: list[Heard],
    found: Sequence[Heard | None],
) -> str:
    wrong, matched, right, coaches = [], 0, 0, 0
    acts: list[tuple[str, str]] = []
    for item, heard in zip(corpus, found, strict=True):
        if heard is None:
            continue
        labels = [None if given is None else given.act for given in item.utterance_labels]
        tags = [None if tag.act is None else tag.act.value for tag in heard.tagged.tags]
        said = _words(item.conversation, labels)
        got = _words(heard.tagged.conversation, tags)
        wrong.append((" ".join(w.text for w in said), " ".join(w.text for w in got)))
        same = SequenceMatcher(None, [w.text for w in said], [w.text for w in got], autojunk=False)
        pairs = [
            (said[a + i], got[b + i]) for a, b, n in same.get_matching_blocks() for i in range(n)
        ]
        voices = Counter((one.speaker, other.speaker) for one, other in pairs)
        names = dict(pair for pair, _ in reversed(voices.most_common()))
        matched += len(pairs)
        right += sum(names[one.speaker] == other.speaker for one, other in pairs)
        roles = heard.tagged.conversation.roles
        coaches += roles.coach == names[item.conversation.roles.coach]
        acts += [(one.act, str(other.act)) for one, other in pairs if one.act is not None]
    moved = [
        abs(one.overall - other.overall)
        for one, other in zip(text, found, strict=True)
        if other is not None and one.overall is not None and other.overall is not None
    ]
    kappa = cohen_kappa_score([a for a, _ in acts], [b for _, b in acts])
    heard_at_all = [one for one in found if one is not None]
    refused = len(found) - len(heard_at_all)
    withheld = sum(one.overall is None for one in heard_at_all)
    score = f"moves by {statistics.fmean(moved):.0f}" if moved else "none"
    cells = (
        name,
        f"{word_error_rate(wrong):.0%}",
        f"{right / matched:.0%}",
        f"{coaches} of {len(corpus)}",
        f"{kappa:.2f}",
        f"{statistics.fmean(one.quality for one in heard_at_all):.2f}",
        score
        + (f", {withheld} withheld" if withheld else "")
        + (f", {refused} refused" if refused else ""),
    )
    return f"| {' | '.join(cells)} |"


def _words(conversation: Conversation, acts: Sequence[str | None]) -> list[Said]:
    return [
        Said(word, u.speaker, act)
        for u, act in zip(conversation.utterances, acts, strict=True)
        for word in _normal(u.text).split()
    ]


if __name__ == "__main__":
    main()
