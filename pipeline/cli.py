"""The command line: `coachscore`. Everything but asking and answering is done elsewhere.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

import gc
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import CoachscoreError
from pipeline.terminal import ProgressBar, complain, write

if TYPE_CHECKING:
    from pipeline.analysis import Analysis

app = typer.Typer(
    name="coachscore",
    help="Are our sales managers truly coaching? Scores talks, with a quote for every point.",
    epilog="Exit codes: 0 done; 1 a file cannot be used; 2 the command was not understood.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """How results are shown."""

    text = "text"
    json = "json"
    html = "html"


class KindOption(StrEnum):
    """Kinds of meeting."""

    one_on_one = "one_on_one"
    deal_review = "deal_review"
    ride_along = "ride_along"
    coach_the_coach = "coach_the_coach"
    performance_review = "performance_review"


Kind = Annotated[
    KindOption | None, typer.Option(help="Kind of meeting; told from the text, or kept, if unset.")
]


def _name(given: str | None) -> str | None:
    """A name that is short enough to be kept."""
    if given is not None:
        from pipeline.jobs import NAME_LENGTH

        if len(given) > NAME_LENGTH:
            raise typer.BadParameter(f"it has more than {NAME_LENGTH} characters")
    return given


Coach = Annotated[str | None, typer.Option(help="Name of the speaker who coaches.", callback=_name)]
Output = Annotated[Path | None, typer.Option(help="Write here instead of to the screen.")]


@app.command()
def analyze(
    files: Annotated[list[Path], typer.Argument(help="Transcripts or recordings.")],
    kind: Kind = None,
    coach: Coach = None,
    whisper_model: Annotated[
        str | None, typer.Option(help="Whisper model: a name, or the path of a checkpoint.")
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="How to show it.")
    ] = Format.text,
    out: Output = None,
) -> None:
    """Analyse meetings: who coaches, what every sentence does, and the score with its reasons.

    With several files, text begins with a scoreboard, JSON is an array, and HTML needs a
    folder in --out, which gets an index and a page per meeting.
    """
    from pipeline.flows import analyze_files
    from pipeline.jobs import AnalysisOptions
    from pipeline.presenting import present, write_html_folder
    from pipeline.settings import get_settings

    if len(files) > 1 and output_format is Format.html and out is None:
        raise typer.BadParameter("several files as HTML need a folder: --out FOLDER")
    options = AnalysisOptions(
        coach=coach, kind=kind.value if kind else None, whisper_model=whisper_model
    )
    settings = get_settings()
    with ProgressBar() as progress:
        results = analyze_files(files, options, settings, progress.told)
    done = [r for r in results if not isinstance(r, CoachscoreError)]
    for path, result in zip(files, results, strict=True):
        if isinstance(result, CoachscoreError):
            complain(result, path)
    if done and len(files) > 1 and output_format is Format.html and out is not None:
        print(write_html_folder(done, out, settings))  # noqa: T201
    elif done:
        write(present(done, output_format.value, settings, several=len(files) > 1), out)
    if len(done) < len(results):
        raise typer.Exit(1)


@app.command()
def rescore(  # noqa: PLR0913, PLR0917 -- its parameters are the options of the command
    analysis: Annotated[str, typer.Argument(help="Id of an analysis, as `analyze` shows it.")],
    kind: Kind = None,
    coach: Coach = None,
    assign: Annotated[
        list[str] | None, typer.Option(help="Segments and who said them: “12-15=Ben”.")
    ] = None,
    merge: Annotated[
        list[str] | None, typer.Option(help="Two speakers who are one: “Speaker 3=Ben”.")
    ] = None,
    rename: Annotated[
        list[str] | None, typer.Option(help="A speaker's name: “Speaker 1=Ana”.")
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="How to show it.")
    ] = Format.text,
    out: Output = None,
) -> None:
    """Score an analysis again: new rubrics, another kind, another coach, speakers put right.

    Nothing is recognised again, and nothing is tagged again unless speakers or coach change.
    """
    from contextlib import closing
    from uuid import UUID

    from pipeline.analysis import rescore as again
    from pipeline.jobs import Workplace
    from pipeline.presenting import present
    from pipeline.settings import get_settings
    from pipeline.speaker_edits import SpeakerEdits
    from pipeline.store import Store

    try:
        identity = UUID(analysis)
    except ValueError:
        raise CoachscoreError(
            f"“{analysis}” is no id of an analysis. `analyze --format json` shows it as `id`."
        ) from None
    settings = get_settings()
    with ProgressBar() as progress, closing(Store.open(settings)) as store:
        place = Workplace(settings, store, progress.phase)
        edits = SpeakerEdits.parse(assign or (), merge or (), rename or ())
        found = again(
            place, identity, coach=coach, kind=kind.value if kind else None, speakers=edits
        )
    write(present([found], output_format.value, settings), out)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the HTML report.")] = Path("demo-out"),
) -> None:
    """Analyse the sample meetings that come with the product, and say what to do next."""
    from pipeline.demo_recording import demo_recording
    from pipeline.flows import analyze_files
    from pipeline.jobs import AnalysisOptions
    from pipeline.presenting import demo_text, sample_files, write_html_folder
    from pipeline.settings import get_settings

    settings = get_settings()
    recorded = demo_recording(settings)
    with ProgressBar() as progress:
        options = AnalysisOptions()
        results = analyze_files(sample_files(), options, settings, progress.told)
        if recorded:
            results += analyze_files([recorded.path], options, recorded.settings, progress.told)
    done: list[Analysis] = []
    for result in results:
        if isinstance(result, CoachscoreError):
            raise result
        done.append(result)
    index = write_html_folder(done, out, settings)
    print(demo_text(done, index, settings))  # noqa: T201
    if recorded and recorded.line:
        print(f"\n{recorded.line}")  # noqa: T201


@app.command()
def train(
    corpus: Annotated[
        Path, typer.Argument(help="Folder with manifest.json and conversations.")
    ] = Path("datasets/coachtalk"),
    speech: Annotated[
        Path | None, typer.Option(help="Folder with the words of the labelled real meetings.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the transformer's training.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the models; what ships is left alone.")
    ] = None,
) -> None:
    """Train the taggers and fit the rubrics on the corpus; what ships is replaced."""
    from pipeline.train import train_everything

    train_everything(
        corpus,
        lambda line: print(line, file=sys.stderr),  # noqa: T201
        speech=speech,
        seed=seed,
        folder=out,
    )


@app.command()
def evaluate(
    path: Annotated[Path, typer.Argument(help="Labelled conversation JSON, a file or a folder.")],
    output_format: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.text,
    out: Output = None,
) -> None:
    """Compare tags and scores with given labels: n, precision, recall, F1 and Cohen's kappa."""
    from models.labelled import read_corpus
    from pipeline.evaluation import evaluate as compare
    from pipeline.evaluation import to_text
    from pipeline.settings import get_settings

    if output_format is Format.html:
        raise typer.BadParameter("evaluate prints text or json")
    corpus = read_corpus(path)
    with ProgressBar() as progress:
        found = compare(
            corpus, get_settings(), lambda n: progress.phase("conversations", n / len(corpus))
        )
    write(found.model_dump_json(indent=1) if output_format is Format.json else to_text(found), out)


@app.command()
def label(
    file: Annotated[Path, typer.Argument(help="A transcript, or a labelled conversation.")],
    coach: Coach = None,
    out: Annotated[
        Path | None, typer.Option(help="The labels; beside FILE as NAME.labels.json if unset.")
    ] = None,
) -> None:
    """Label a conversation by the codebook, then see how far the model agrees.

    Every answer is saved at once. The same command goes on where it stopped.
    """
    from pipeline.labelling.loop import label as loop
    from pipeline.labelling.loop import open_conversation
    from pipeline.labelling.report import agreement
    from pipeline.labelling.session import Session
    from pipeline.settings import get_settings

    settings = get_settings()
    given = open_conversation(file, coach, settings)
    path = out or file.with_name(f"{file.stem}.labels.json")
    session = Session(given, path)
    if loop(session, input, print):
        print(agreement(session.labelled(), given, settings))  # noqa: T201
    print(path)  # noqa: T201


@app.command()
def study(  # noqa: PLR0913, PLR0917 -- its parameters are the options of the command
    test: Annotated[bool, typer.Option("--test", help="Read the test split: once.")] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="Train the learning curve, which takes minutes.")
    ] = False,
    speed: Annotated[
        bool, typer.Option("--speed", help="Time the taggers; on a quiet machine.")
    ] = False,
    worse: Annotated[
        bool, typer.Option("--worse", help="Tag dev with errors of words and speakers, too.")
    ] = False,
    seed: Annotated[
        Path | None, typer.Option(help="Folder of one more training whose row to add.")
    ] = None,
    corpus: Annotated[Path, typer.Option(help="Folder of the corpus.")] = Path(
        "datasets/coachtalk"
    ),
    data: Annotated[
        Path, typer.Option(help="Folder of talk from elsewhere; where missing, figures are kept.")
    ] = Path("../shared/data"),
    docs: Annotated[Path, typer.Option(help="Folder for the page and its figures.")] = Path("docs"),
) -> None:
    """Measure the taggers that ship on the corpus and elsewhere, and write docs/evaluation.md."""
    from pipeline.settings import get_settings
    from pipeline.study.run import Plan, run_study

    places = {"corpus": corpus, "data": data, "docs": docs}
    plan = Plan(**places, test=test, curve=curve, speed=speed, worse=worse, seed=seed)
    run_study(plan, get_settings(), lambda line: print(line, file=sys.stderr))  # noqa: T201


@app.command()
def worker() -> None:
    """Make the analyses that the web service queues, until Ctrl-C; any number may run at once."""
    from pipeline.audio.stand_in import refuse_stand_in
    from pipeline.queue.worker import work
    from pipeline.settings import get_settings

    settings = get_settings()
    refuse_stand_in(settings.whisper_model)
    work(settings)


@app.command()
def purge() -> None:
    """Delete what is older than COACHSCORE_RETENTION_DAYS, and files that were left behind."""
    from contextlib import closing

    from pipeline.meetings.purging import purge as run
    from pipeline.service import Service
    from pipeline.settings import get_settings

    with closing(Service.open(get_settings())) as service:
        done = run(service)
    print(  # noqa: T201
        f"Deleted: {done.meetings} meetings, {done.recordings} other recordings, "
        f"{done.files} files that were left behind."
    )


def main() -> None:
    """Run the command line; a problem the user can act on is one clear message and exit 1."""
    # Libraries and models make millions of objects that stay. Python would look through them
    # for garbage every 700 new ones, which takes a seventh of a cold start.
    gc.set_threshold(100_000)
    try:
        app()
    except CoachscoreError as error:
        complain(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
