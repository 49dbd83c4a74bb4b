import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from models.errors import CoachscoreError
from pipeline import jobs, rubric_versions, stages
from pipeline.analysis import Analysis, load_analysis, rescore
from pipeline.flows import analyze_files, analyze_recording
from pipeline.jobs import AnalysisOptions, Workplace
from pipeline.prefect_runs import PrefectServerError
from pipeline.settings import Settings
from pipeline.stages import InputFileError
from pipeline.store import NotStoredError, Store

ALL = ["probe", "transcribe", "attribute", "tag", "score"]


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=database_url)


@pytest.fixture
def place(settings: Settings) -> Iterator[Workplace]:
    with closing(Store.open(settings)) as store:
        yield Workplace(settings, store)


def analyze(path: Path, settings: Settings, **options: Any) -> Analysis:
    (result,) = analyze_files([path], AnalysisOptions(**options), settings)
    assert isinstance(result, Analysis), result
    return result


class BrokenError(CoachscoreError):
    title = "The tagger is broken"


def fails(error: Exception) -> Any:
    def stage(*_: Any) -> None:
        raise error

    return stage


def test_an_analysis_from_end_to_end(
    talk: Path, settings: Settings, place: Workplace, calls: list[str]
) -> None:
    told: list[tuple[Path, str, float]] = []
    (found,) = analyze_files([talk], AnalysisOptions(), settings, lambda *a: told.append(a))
    assert calls == ALL
    assert [phase for _, phase, _ in told] == ALL[1:]
    assert {path for path, _, _ in told} == {talk}
    assert found.scored.score.overall == 71.5
    assert (found.transcript.title, found.transcript.segments) == ("A talk", ())
    assert found.recording.path == str(talk.absolute())
    assert found.versions == {
        "transcribe": "captions/fake 1",
        "attribute": "attribute 4",
        "tag": "fake-tagger 3",
        "score": "rubric/deal_review 2",
    }
    assert place.store.analysis(found.id).status == "done"
    (score,) = place.store.scores(found.recording.sha256)
    assert (score.coach, score.low, score.high) == ("Ana", 60.0, 80.0)
    assert load_analysis(place.store, found.id) == found


def test_the_same_file_again_calls_nothing(
    talk: Path, settings: Settings, calls: list[str], tmp_path: Path
) -> None:
    first = analyze(talk, settings)
    calls.clear()
    copy = tmp_path / "copy.txt"
    copy.write_bytes(talk.read_bytes())
    second = analyze(copy, settings)
    assert calls == []
    assert (second.id, second.recording.name) == (first.id, "copy.txt")


@pytest.mark.parametrize(
    ("options", "again"),
    [
        ({"coach": "Ben"}, ALL[2:]),
        ({"kind": "one_on_one"}, ["score"]),
        ({"whisper_model": "tiny"}, []),  # Nothing is recognised in a text.
    ],
)
def test_an_option_repeats_what_depends_on_it(
    talk: Path, settings: Settings, calls: list[str], options: dict[str, str], again: list[str]
) -> None:
    analyze(talk, settings)
    calls.clear()
    analyze(talk, settings, **options)
    assert calls == again


@pytest.mark.parametrize("stage", ALL[1:])
def test_a_new_version_repeats_what_depends_on_it(
    talk: Path,
    settings: Settings,
    calls: list[str],
    stage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analyze(talk, settings)
    calls.clear()
    monkeypatch.setitem(stages.STAGE_VERSIONS, stage, "next")
    analyze(talk, settings)
    assert calls == ALL[ALL.index(stage) :]


def test_a_new_rubric_scores_again_and_keeps_the_tags(
    place: Workplace,
    talk: Path,
    settings: Settings,
    calls: list[str],
    fakes: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = analyze(talk, settings)
    calls.clear()
    # Even where a newer tagger is there: who changes a rubric did not ask for new tags.
    fakes.install(monkeypatch.setattr, calls.append, tagger="4")
    real = rubric_versions.load_rubric
    monkeypatch.setattr(rubric_versions, "load_rubric", lambda *a: real(f"changed {a[0]}", None))
    new = rescore(place, old.id)
    assert calls == ["score"]
    assert new.id == old.id
    assert len(place.store.scores(old.recording.sha256)) == 2


def test_rescoring_does_only_what_changes(
    place: Workplace, talk: Path, settings: Settings, calls: list[str]
) -> None:
    old = analyze(talk, settings)
    calls.clear()
    by_kind = rescore(place, old.id, kind="one_on_one")
    assert calls == ["score"]
    assert by_kind.scored.score.rubric.name == "rubric/one_on_one"
    calls.clear()
    talk.unlink()
    swapped = rescore(place, by_kind.id, coach="Ben")
    assert calls == ALL[2:]
    assert swapped.scored.tagged.conversation.roles.coach == "Ben"
    assert swapped.options == AnalysisOptions(coach="Ben", kind="one_on_one")
    assert load_analysis(place.store, old.id) == old


def test_only_a_finished_analysis_is_rescored(
    place: Workplace, talk: Path, calls: list[str]
) -> None:
    queued = jobs.begin(place, talk, AnalysisOptions())
    with pytest.raises(NotStoredError, match="not been finished"):
        rescore(place, queued)


def test_one_bad_file_does_not_stop_the_rest(
    talk: Path, settings: Settings, tmp_path: Path, calls: list[str]
) -> None:
    missing = tmp_path / "missing.txt"
    bad, good = analyze_files([missing, talk], AnalysisOptions(), settings)
    assert isinstance(bad, InputFileError)
    assert str(missing) in bad.message
    assert isinstance(good, Analysis)


def test_an_error_comes_out_as_itself_and_is_noted(
    talk: Path,
    settings: Settings,
    place: Workplace,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    fakes: ModuleType,
) -> None:
    with monkeypatch.context() as patch:
        error = BrokenError("Mend it.")
        patch.setattr(stages, "tag", fails(error))
        assert analyze_files([talk], AnalysisOptions(), settings) == [error]
    (noted,) = fakes.analyses(place.store)
    assert (noted.status, noted.stage) == ("failed", "tag")
    assert (noted.error_title, noted.error_message) == ("The tagger is broken", "Mend it.")
    assert calls == ALL[:3]  # Not tried again, for it would fail again.
    assert capfd.readouterr() == ("", "")
    calls.clear()
    analyze(talk, settings)
    # What was found out about a file that failed is found out again.
    assert calls == ["probe", "tag", "score"]


def test_a_bug_is_noted_and_raised(
    talk: Path,
    settings: Settings,
    place: Workplace,
    calls: list[str],
    monkeypatch: Any,
    fakes: ModuleType,
) -> None:
    monkeypatch.setattr(stages, "tag", fails(ZeroDivisionError("oh")))
    with pytest.raises(ZeroDivisionError):
        analyze(talk, settings)
    (noted,) = fakes.analyses(place.store)
    assert (noted.status, noted.error_message) == ("failed", "ZeroDivisionError: oh")


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (ConnectionResetError("gone"), 2),
        (OperationalError("SELECT 1", {}, Exception("gone")), 2),
        (FileNotFoundError("no"), 1),
        (BrokenError("no"), 1),
    ],
)
def test_only_what_may_pass_is_tried_again(
    talk: Path,
    settings: Settings,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    tries: int,
) -> None:
    transcribe, tried = stages.transcribe, []

    def fails_once(*arguments: Any) -> Any:
        tried.append(1)
        if len(tried) == 1:
            raise error
        return transcribe(*arguments)

    monkeypatch.setattr(stages, "transcribe", fails_once)
    try:
        analyze_files([talk], AnalysisOptions(), settings)
    except type(error):
        assert tries == 1
    assert len(tried) == tries


def test_it_is_a_prefect_flow_of_six_tasks(
    talk: Path, settings: Settings, calls: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    from prefect.flows import Flow

    assert isinstance(analyze_recording, Flow)
    logger = logging.getLogger("prefect")
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        analyze(talk, settings)
    finally:
        logger.setLevel(level)
    finished = [r.task_run_name for r in caplog.records if r.name == "prefect.task_runs"]
    names = [name.rsplit("-", 1)[0] for name in finished]
    assert names == ["probe", "transcribe", "attribute", "tag", "score", "store"]


def test_a_prefect_server_that_does_not_answer_is_named(
    talk: Path, tmp_path: Path, calls: list[str]
) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    settings = Settings(home=tmp_path, database_url=None)
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:1/api"}),
        pytest.raises(PrefectServerError, match="does not answer"),
    ):
        analyze_files([talk], AnalysisOptions(), settings)
    assert calls == []


def test_the_modules_without_prefect_do_not_import_it() -> None:
    code = "import sys, pipeline.analysis; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
