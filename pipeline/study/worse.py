"""How tags and score move as words are misheard more often, and given to the wrong speaker.

The noise is made on text, so that its amount is known to the word; what a recogniser and
real voices make of a bad recording is less even.
"""

import random
from collections.abc import Callable, Sequence
from typing import Final

from sklearn.metrics import cohen_kappa_score

from models.combined import CombinedTagger, Talk
from models.conversation import Utterance
from pipeline.evaluation import evaluate_scored, score_tagged
from pipeline.settings import Settings
from pipeline.study.families import Corpus, Tags, tagged, talks_of
from pipeline.study.values import Kappas, WorseStep, WorseStudy

WORD_ERRORS: Final = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
SPEAKER_ERRORS: Final = (0.05, 0.1, 0.2, 0.3)
WORSE_LABELS: Final = ("act", "challenge", "focus")

_LOST: Final = "lost"  # What becomes of a coach's label whose words went to somebody else.


def worse(
    tagger: CombinedTagger,
    corpus: Corpus,
    day: str,
    settings: Settings,
    report: Callable[[str], None],
) -> WorseStudy:
    """Measure a split under more and more errors of words, then of speakers.

    Args:
        tagger: The shipped one.
        corpus: The split.
        day: Today, as YYYY-MM-DD.
        settings: For the rubric folder.
        report: Called with lines of progress.
    """
    steps: list[WorseStep] = []
    clean: list[float | None] = []
    plans = [*((rate, 0.0) for rate in WORD_ERRORS), *((0.0, rate) for rate in SPEAKER_ERRORS)]
    for words, speakers in plans:
        report(f"{words:.0%} of the words wrong, {speakers:.0%} with the wrong speaker")
        talks = [
            given_away(misheard(talk, words, seed=i), speakers, seed=i)
            for i, talk in enumerate(talks_of(corpus))
        ]
        scored = [
            score_tagged(one, settings)
            for one in tagged(tagger, corpus, talks, tagger.predict(talks))
        ]
        scores = [one.score.overall for one in scored]
        clean = clean or scores
        whole = evaluate_scored(corpus, scored)
        moved = [
            abs(a - b)
            for a, b in zip(scores, clean, strict=True)
            if a is not None and b is not None
        ]
        steps.append(
            WorseStep(
                words=words,
                speakers=speakers,
                kappas=_kappas(corpus, [one.tagged.tags for one in scored]),
                moved=round(sum(moved) / len(moved), 1) if moved else None,
                score=whole.score_correlation,
                coverage=whole.interval_coverage,
            )
        )
    return WorseStudy(day=day, tagger=tagger.provenance.version, steps=tuple(steps))


def misheard(talk: Talk, rate: float, seed: int) -> Talk:
    """The utterances with a share of the words wrong, as a word error rate counts them.

    Of the errors half are other words of the same conversation, a quarter are words left
    out and a quarter are words put in. Punctuation stays where its word stays.

    Args:
        talk: A conversation, in order.
        rate: Errors per word, 0 to 1.
        seed: Makes the noise repeatable.
    """
    if not rate:
        return talk
    rng = random.Random(seed)  # noqa: S311 -- noise, not a secret
    known = [word for u in talk for word in u.text.split()]
    return tuple(u.model_copy(update={"text": _misheard(u.text, rate, known, rng)}) for u in talk)


def _misheard(text: str, rate: float, known: Sequence[str], rng: random.Random) -> str:
    heard: list[str] = []
    for word in text.split():
        roll = rng.random() / rate
        if roll < 0.25:
            continue
        heard.append(rng.choice(known) if roll < 0.75 else word)
        if 0.75 <= roll < 1:
            heard.append(rng.choice(known))
    return " ".join(heard) or rng.choice(known)  # An utterance has words.


def given_away(talk: Talk, rate: float, seed: int) -> Talk:
    """The utterances with a share of them given to somebody of the other side.

    Args:
        talk: A conversation, in order, with a coach and a coachee.
        rate: Share of the coach's and the coachee's utterances that change sides, 0 to 1.
        seed: Makes the choice repeatable.
    """
    rng = random.Random(seed)  # noqa: S311 -- noise, not a secret
    voices = {u.role: u.speaker for u in reversed(talk)}
    other = {"coach": "coachee", "coachee": "coach"}

    def moved(u: Utterance) -> Utterance:
        to = other.get(u.role)
        if to not in voices or rng.random() >= rate:
            return u
        return u.model_copy(update={"role": to, "speaker": voices[to]})

    return tuple(moved(u) for u in talk) if rate else talk


def _kappas(corpus: Corpus, tags: Sequence[Tags]) -> Kappas:
    """Kappa over all labelled utterances of the coach, those that were given away included."""
    found: Kappas = {}
    for label in WORSE_LABELS:
        pairs = [
            (str(want), _LOST if (tag := getattr(given, label)) is None else str(tag.value))
            for item, row in zip(corpus, tags, strict=True)
            for labels, given in zip(item.utterance_labels, row, strict=True)
            if labels is not None and (want := getattr(labels, label)) is not None
        ]
        kappa = cohen_kappa_score([a for a, _ in pairs], [b for _, b in pairs])
        found[label] = round(float(kappa), 3)
    return found
