"""The flow `analyze_recording`: Prefect's tasks around the stages, and nothing else.

Only a path, options and ids pass through Prefect. Results go to the store as soon as they
are made, under keys of what they depend on, so a run that was killed goes on where it
was: each task first looks whether its result is there. For the same reason Prefect's own
result cache stays off: it would keep a second copy of private conversations.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from contextvars import ContextVar
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy.exc import OperationalError

from models.errors import CoachscoreError, UnavailableError
from pipeline.analysis import Analysis, finish, load_analysis, run_stage
from pipeline.jobs import AnalysisOptions, Workplace, begin, failing, open_job
from pipeline.prefect_runs import State, Task, flow, session, task
from pipeline.progress import silent
from pipeline.settings import Settings, get_settings
from pipeline.store import STAGES, Stage, Store

P = ParamSpec("P")
R = TypeVar("R")

Progress = Callable[[Path, str, float], None]

# A flow's parameters end up in Prefect's run history; settings may hold a password, so
# they come this way.
_here: ContextVar[Workplace] = ContextVar("workplace")

# Errors that stay however often one tries, though they are of the operating system.
_LASTING: Final = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)


def _may_pass(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Whether trying again can help: a network, disk, bucket or database that did not answer."""
    error = state.result(raise_on_failure=False)
    passing = isinstance(error, OSError | OperationalError | UnavailableError)
    return passing and not isinstance(error, _LASTING)


def _task(name: str) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Prefect's decorator, with retries where one can help."""
    return task(
        name=name,
        retries=2,
        retry_delay_seconds=[1, 5],
        retry_condition_fn=_may_pass,
        persist_result=False,
    )


@_task("probe")
def _probe(path: str, options: AnalysisOptions) -> UUID:
    return begin(_place(), Path(path), options)


def _stage(stage: Stage, analysis_id: UUID) -> None:
    run_stage(open_job(_place(), analysis_id), stage)


_STAGE_TASKS: Final = {stage: _task(stage)(_stage) for stage in STAGES}


@_task("store")
def _store(analysis_id: UUID) -> None:
    finish(open_job(_place(), analysis_id))


def _run_stages(analysis_id: UUID) -> None:
    with failing(_place().store, analysis_id):
        for stage in STAGES:
            _STAGE_TASKS[stage](stage, analysis_id)
        _store(analysis_id)


@flow(name="analyze_recording", persist_result=False)
def analyze_recording(path: str, options: AnalysisOptions) -> UUID:
    """Analyse one file: probe, transcribe, attribute, tag, score, store.

    Args:
        path: The file.
        options: What the user said about it.

    Returns:
        The id of the analysis, which is then in the store.

    Raises:
        CoachscoreError: As the stage raised it; the analysis is then marked as failed.
    """
    analysis_id = _probe(path, options)
    _run_stages(analysis_id)
    return analysis_id


@flow(name="analyze_prepared", persist_result=False)
def analyze_prepared(analysis_id: UUID) -> None:
    """Make an analysis that `begin` has queued; see `analyze_queued`."""
    _run_stages(analysis_id)


def analyze_queued(place: Workplace, analysis_id: UUID) -> None:
    """Make an analysis that `begin` has queued, from the stage where it stands.

    Raises:
        CoachscoreError: As the stage raised it; the analysis is then marked as failed.
        PrefectServerError: PREFECT_API_URL is set, and nothing answers there.
    """
    token = _here.set(place)
    try:
        with session():
            analyze_prepared(analysis_id)
    finally:
        _here.reset(token)


def analyze_files(
    paths: Iterable[Path],
    options: AnalysisOptions,
    settings: Settings,
    on_progress: Progress | None = None,
) -> list[Analysis | CoachscoreError]:
    """Analyse files one after the other; one that cannot be analysed does not stop the rest.

    Args:
        paths: The files.
        options: For all of them.
        settings: Where results are kept, and how sound is recognised.
        on_progress: Called with the file, what is being done and its share done, 0 to 1.

    Returns:
        For each file, in order, its analysis or what was wrong with it.

    Raises:
        DatabaseError: The database cannot be used at all.
        PrefectServerError: PREFECT_API_URL is set, and nothing answers there.
    """
    store = Store.open(settings)
    results: list[Analysis | CoachscoreError] = []
    with closing(store), session():
        for path in paths:
            told = partial(on_progress, path) if on_progress else silent
            token = _here.set(Workplace(settings, store, told))
            try:
                results.append(load_analysis(store, analyze_recording(str(path), options)))
            except CoachscoreError as error:
                results.append(error)
            finally:
                _here.reset(token)
    return results


def _place() -> Workplace:
    """The caller's workplace; a Prefect worker, which has no caller, gets the settings'."""
    return _here.get(None) or _worker_place()


@cache
def _worker_place() -> Workplace:
    settings = get_settings()
    return Workplace(settings, Store.open(settings))
