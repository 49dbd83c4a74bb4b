"""`coachscore study`: measure what ships, keep the figures, write the page."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.combined import CombinedTagger
from models.labelled import LabelledConversation, read_corpus, read_splits
from models.linear import Report
from pipeline.settings import Settings
from pipeline.study.agreement import confusions, family_result, slices, support
from pipeline.study.conversations import conversation_results
from pipeline.study.corpus import corpus_name, corpus_study
from pipeline.study.families import (
    Corpus,
    Judged,
    Predicted,
    judge,
    judge_out_of_fold,
    predict,
    shipped_rules,
)
from pipeline.study.files import read_study, write_part
from pipeline.study.neighbours import compare_neighbours
from pipeline.study.page import write_page
from pipeline.study.real_speech import real_speech
from pipeline.study.reliability import reliability
from pipeline.study.sentence_starts import sentence_starts
from pipeline.study.speed import shipped_sizes, speed
from pipeline.study.training import learning_curve, seed_row, with_row
from pipeline.study.values import CurveStudy, ElsewhereStudy, SplitStudy
from pipeline.study.worse import worse


@dataclass(frozen=True)
class Plan:
    """What to measure, on what, and where the results go.

    Attributes:
        corpus: Folder of the corpus.
        real: Labels of real meetings.
        data: Folder of the files that are not in the repository; where it is missing, what
            was measured on them before is kept.
        docs: Folder for the page, and for the files and plots below it.
        test: Read the test split too; once per release.
        curve: Train the learning curve too.
        speed: Time the taggers too; on a quiet machine.
        worse: Tag and score dev with errors of words and speakers too.
        seed: Folder of another training whose row is added.
    """

    corpus: Path = Path("datasets/coachtalk")
    real: Path = Path("datasets/real_speech/qmsum.json")
    data: Path = Path("../shared/data")
    docs: Path = Path("docs")
    test: bool = False
    curve: bool = False
    speed: bool = False
    worse: bool = False
    seed: Path | None = None


@dataclass(frozen=True)
class _Bench:
    """What every part of a study needs."""

    tagger: CombinedTagger
    corpus: str
    day: str
    settings: Settings

    def split(
        self, found: Predicted, judged: dict[str, Judged], *, show_errors: bool
    ) -> SplitStudy:
        best = judged["combination"]
        return SplitStudy(
            day=self.day,
            tagger=self.tagger.provenance.version,
            corpus=self.corpus,
            conversations=len(found.corpus),
            utterances=sum(len(c.utterance_labels) for c in found.corpus),
            support=support(best),
            families=tuple(family_result(name, j) for name, j in judged.items()),
            reliability=tuple(reliability(best.clean, best.corpus)),
            slices=tuple(slices(best)),
            conversation=conversation_results(self.tagger, found, self.settings),
            confusions=tuple(confusions(best)) if show_errors else (),
            files=shipped_sizes(),
        )


def run_study(plan: Plan, settings: Settings, report: Report) -> None:
    """Measure the parts that the plan asks for, and write the page from all that is known.

    Raises:
        LabelledDataError: The corpus cannot be read.
        ArtefactMissingError: Nothing was trained yet.
        StudyFileError: A file of an earlier study has another shape.
    """
    folder = plan.docs / "evaluation"
    splits, everything = read_splits(plan.corpus), read_corpus(plan.corpus / "conversations")
    develop = [c for c in everything if c.author in splits["dev"]]
    bench = _Bench(CombinedTagger.load(), corpus_name(plan.corpus), _today(), settings)
    report(f"dev: {len(develop)} conversations")
    known = predict(bench.tagger, develop)
    write_part(folder, "dev", bench.split(known, judge_out_of_fold(known), show_errors=True))
    starts = sentence_starts(bench.tagger.provenance, develop, bench.day)
    write_part(folder, "starts", starts)
    if plan.test:
        kept = [c for c in everything if c.author in splits["test"]]
        report(f"test: {len(kept)} conversations")
        found = predict(bench.tagger, kept)
        judged = judge(found, shipped_rules(bench.tagger, known))
        write_part(folder, "test", bench.split(found, judged, show_errors=False))
    report("second labels and near-duplicates")
    write_part(folder, "corpus", corpus_study(plan.corpus))
    _elsewhere(plan, bench, folder, report)
    _retrained(plan, bench, [c for c in everything if c.author in splits["train"]], develop, report)
    if plan.speed:
        report("speed")
        write_part(folder, "speed", speed(bench.tagger, develop, bench.day))
    if plan.worse:
        write_part(folder, "worse", worse(bench.tagger, develop, bench.day, settings, report))
    write_page(plan.docs, read_study(folder))
    report(f"wrote {plan.docs / 'evaluation.md'}")


def _today() -> str:
    return date.today().isoformat()


def _elsewhere(plan: Plan, bench: _Bench, folder: Path, report: Report) -> None:
    if not plan.data.is_dir():
        report(f"{plan.data} is not there: figures on other talk stay as they were")
        return
    report("neighbouring and real talk")
    meetings, turns = real_speech(bench.tagger, plan.real, plan.data)
    part = ElsewhereStudy(
        day=bench.day,
        tagger=bench.tagger.provenance.version,
        neighbours=tuple(compare_neighbours(bench.tagger, plan.data)),
        real_speech=tuple(turns),
        meetings=meetings,
    )
    write_part(folder, "elsewhere", part)


def _retrained(
    plan: Plan,
    bench: _Bench,
    learn: list[LabelledConversation],
    develop: Corpus,
    report: Report,
) -> None:
    folder = plan.docs / "evaluation"
    if plan.curve:
        points = learning_curve(learn, develop, report)
        write_part(folder, "curve", CurveStudy(day=bench.day, corpus=bench.corpus, points=points))
    if plan.seed is not None:
        report(f"training in {plan.seed}")
        row = seed_row(plan.seed.name, plan.seed, develop)
        before = read_study(folder).seeds
        write_part(folder, "seeds", with_row(before, bench.corpus, row))
