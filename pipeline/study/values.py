"""What a study of the shipped models finds: the shapes of the files in `docs/evaluation/`.

The page is written from these files alone, so every figure on it can be looked up.
"""

from typing import Final

from models.conversation import Value
from models.evaluation import LabelResult
from models.labels import COACH_MARKS, COACHEE_MARKS

FAMILIES: Final = ("features", "transformer", "combination")

MAIN_LABELS: Final = (
    "act",
    "act=question",
    "question_form",
    "telling_kind",
    "challenge",
    "focus",
    "activity",
    *(f"coach {mark}" for mark in COACH_MARKS),
    *(f"coachee {mark}" for mark in COACHEE_MARKS),
)

Kappas = dict[str, float | None]  # By main label; None where kappa is not defined.


class Measured(Value):
    """When something was measured, and on which tagger.

    Attributes:
        day: As YYYY-MM-DD; of the first measurement that found these figures.
        tagger: Version of the tagger.
    """

    day: str
    tagger: str


class FamilyResult(Value):
    """Agreement of one family of taggers with the labels, under the same rule of decoding.

    Attributes:
        family: One of `FAMILIES`.
        clean: On the text as it is.
        degraded: On the same text as raw recognised speech would give it.
        media: On the text as it is, by the medium that conversations imitate.
    """

    family: str
    clean: Kappas
    degraded: Kappas
    media: dict[str, Kappas]


class Bin(Value):
    """Predictions of like probability: how many, their mean, and the share that came true."""

    n: int
    predicted: float
    observed: float


class Reliability(Value):
    """Whether one label's probabilities are what happens.

    Attributes:
        label: A main label.
        n: Predictions.
        ece: Expected calibration error.
        bins: Those that hold any prediction, from low to high.
    """

    label: str
    n: int
    ece: float
    bins: tuple[Bin, ...]


class Slice(Value):
    """Agreement on a part of the split.

    Attributes:
        by: What the split is parted by, such as "author".
        value: Which part.
        conversations: How many it holds.
        utterances: Labelled utterances of coaches in it.
        kappas: For a few labels.
    """

    by: str
    value: str
    conversations: int
    utterances: int
    kappas: Kappas


class Example(Value):
    """An utterance that was tagged otherwise than labelled: conversation#utterance, and text."""

    id: str
    text: str


class Confusion(Value):
    """One value taken for another.

    Attributes:
        label: A main label.
        wanted: The label's value.
        found: The tag's value.
        n: How often.
        examples: Some of them, those that the tagger was surest of first.
    """

    label: str
    wanted: str
    found: str
    n: int
    examples: tuple[Example, ...]


class ConversationResults(Value):
    """Whole conversations against their labels.

    Attributes:
        labels: `kind`, `focus`, `style`, `challenge_level`.
        score: Spearman's rho of the overall score and the `coaching` rating.
        criteria: The same by criterion.
        coverage: Share of `coaching` ratings inside the score's 90 % interval.
        without_score: Conversations with too little evidence for a score.
        coach_found: Share of conversations whose coach is found from the talk alone.
        coach_found_early: The same from the first utterances alone.
    """

    labels: tuple[LabelResult, ...]
    score: float | None
    criteria: dict[str, float | None]
    coverage: float | None
    without_score: int
    coach_found: float
    coach_found_early: float


class SplitStudy(Measured):
    """Everything that is measured on one split of the corpus.

    Attributes:
        corpus: Name and version of the corpus.
        conversations: In the split.
        utterances: In the split.
        support: By main label, the utterances compared (combination, clean); for a mark,
            how many carry it.
        families: One for each of `FAMILIES`.
        reliability: Of the combination, by main label.
        slices: Of the combination.
        conversation: Of what ships.
        confusions: Of the combination; left empty where nobody should read the split.
        files: Bytes of each model file that ships.
    """

    corpus: str
    conversations: int
    utterances: int
    support: dict[str, int]
    families: tuple[FamilyResult, ...]
    reliability: tuple[Reliability, ...]
    slices: tuple[Slice, ...]
    conversation: ConversationResults
    confusions: tuple[Confusion, ...]
    files: dict[str, int]


class Comparison(Value):
    """Agreement with one human-labelled source on one question.

    Attributes:
        source: Name of the source.
        question: What is compared.
        mapping: How the source's labels answer it.
        human: Agreement that the source's own labellers reach, as published; None if unknown.
        result: Ours.
    """

    source: str
    question: str
    mapping: str
    human: str | None
    result: LabelResult


class ElsewhereStudy(Measured):
    """What is measured away from the corpus, on files that are not in the repository.

    Attributes:
        neighbours: Human-labelled talk of neighbouring kinds.
        real_speech: Agreement on real meetings with labels of ours.
        meetings: How many those are.
    """

    neighbours: tuple[Comparison, ...]
    real_speech: tuple[LabelResult, ...]
    meetings: int


class CorpusStudy(Value):
    """What the corpus says about itself.

    Attributes:
        corpus: Name and version.
        read_twice: Conversations that two readers labelled.
        utterances: Of coaches in them.
        labels: Agreement of the two readers by main label.
        conversation_labels: The same by conversation label.
        ratings: Spearman's rho of the two readers by rating, `coaching` among them.
        sentences: Utterances of more than five words.
        near: How many of them repeat another one almost word for word.
    """

    corpus: str
    read_twice: int
    utterances: int
    labels: tuple[LabelResult, ...]
    conversation_labels: tuple[LabelResult, ...]
    ratings: dict[str, float | None]
    sentences: int
    near: int


class CurvePoint(Value):
    """The feature family trained on a part of the training split, measured on dev."""

    authors: int
    conversations: int
    kappas: Kappas


class CurveStudy(Value):
    """Learning curve of the feature family, from few conversations to all."""

    day: str
    corpus: str
    points: tuple[CurvePoint, ...]


class SeedRow(Value):
    """One training: kappa on dev by family and main label."""

    seed: str
    families: dict[str, Kappas]


class SeedStudy(Value):
    """Trainings that differ in their seed only."""

    corpus: str
    rows: tuple[SeedRow, ...]


class SpeedStudy(Measured):
    """How fast the taggers are on dev.

    Attributes:
        machine: In words.
        utterances: How many were tagged.
        transformer: Utterances per second.
        combination: Utterances per second.
    """

    machine: str
    utterances: int
    transformer: float
    combination: float


class WorseStep(Value):
    """A split under some errors.

    Attributes:
        words: Word error rate, 0 to 1.
        speakers: Share of the utterances that went to somebody of the other side, 0 to 1.
        kappas: For a few labels, over all labelled utterances of coaches.
        moved: Mean distance of the scores from those without errors, in points.
        score: Spearman's rho of the overall score and the `coaching` rating.
        coverage: Share of `coaching` ratings inside the score's 90 % interval.
    """

    words: float
    speakers: float
    kappas: Kappas
    moved: float | None
    score: float | None
    coverage: float | None


class WorseStudy(Measured):
    """Dev under more and more errors: of words, then of speakers."""

    steps: tuple[WorseStep, ...]


class SentenceStarts(Value):
    """Starts of sentences found in texts without punctuation; a text's first is not counted.

    Attributes:
        joined: What a text is made of.
        texts: How many there are.
        starts: Starts of sentences inside them.
        precision: Share of the starts found that are right.
        recall: Share of the starts that were found.
        f1: Harmonic mean of the two.
    """

    joined: str
    texts: int
    starts: int
    precision: float | None
    recall: float | None
    f1: float | None


class StartsStudy(Measured):
    """Sentences of dev, joined as raw recognised speech and split again."""

    rows: tuple[SentenceStarts, ...]


class Study(Value):
    """All parts that were measured; the others are None."""

    dev: SplitStudy | None = None
    test: SplitStudy | None = None
    elsewhere: ElsewhereStudy | None = None
    corpus: CorpusStudy | None = None
    curve: CurveStudy | None = None
    seeds: SeedStudy | None = None
    speed: SpeedStudy | None = None
    worse: WorseStudy | None = None
    starts: StartsStudy | None = None
