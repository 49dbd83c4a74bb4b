import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, inspect, text

from models.conversation import Transcript
from pipeline import database, service_tables  # noqa: F401 - its tables belong to Base.
from pipeline.settings import Settings
from pipeline.store import Made, NotStoredError, ScoreRecord, Store
from pipeline.tables import Base

SHA = "a" * 64
KEYS = {"transcribe": "1" * 64, "attribute": "2" * 64, "tag": "3" * 64, "score": "4" * 64}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=database_url)


@pytest.fixture
def store(settings: Settings, fakes: ModuleType) -> Iterator[Store]:
    store = Store.open(settings)
    store.put_recording(fakes.recording(SHA))
    yield store
    store.close()


def made(stage: str = "transcribe", input_key: str | None = None) -> Made:
    return Made(stage=stage, key=KEYS[stage], input_key=input_key, made_by=f"{stage} 1")


def test_a_recording_comes_back_and_follows_its_file(store: Store, fakes: ModuleType) -> None:
    moved = fakes.recording(SHA).model_copy(update={"name": "new.txt", "path": "/else/new.txt"})
    store.put_recording(moved)
    assert store.recording(SHA) == moved


def test_what_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(NotStoredError, match="content hash"):
        store.recording("b" * 64)
    with pytest.raises(NotStoredError, match="id"):
        store.analysis(uuid4())
    with pytest.raises(NotStoredError, match="no result"):
        store.result(SHA, "tag", KEYS["tag"], Transcript)
    assert store.made(SHA, "tag", KEYS["tag"]) is None


def test_of_two_results_with_one_key_the_first_stays(store: Store, fakes: ModuleType) -> None:
    store.put_result(SHA, made(), fakes.transcript(2))
    store.put_result(SHA, made(), fakes.transcript(4))
    assert store.result(SHA, "transcribe", KEYS["transcribe"], Transcript) == fakes.transcript(2)


def test_many_writers_at_once(store: Store, settings: Settings, fakes: ModuleType) -> None:
    others = [Store.open(settings) for _ in range(4)]
    analyses = set()

    def write(number: int) -> None:
        other = others[number % len(others)]
        other.put_recording(fakes.recording(SHA))
        other.put_result(SHA, made(), fakes.transcript(2))
        analyses.add(other.queue_analysis(SHA, "{}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    for other in others:
        other.close()
    assert len(analyses) == 1
    assert len(fakes.analyses(store)) == 1


def test_lineage_runs_back_from_the_score(store: Store, fakes: ModuleType) -> None:
    before = None
    for stage, key in KEYS.items():
        store.put_result(SHA, made(stage, before), fakes.transcript())
        before = key
    found = store.lineage(SHA, KEYS["score"])
    assert {stage: m.key for stage, m in found.items()} == KEYS
    assert list(found) == list(KEYS)
    with pytest.raises(NotStoredError):
        store.lineage(SHA, "9" * 64)


def score_record(analysis_id: object) -> ScoreRecord:
    return ScoreRecord(
        analysis_id=analysis_id,
        score_key=KEYS["score"],
        recording_sha256=SHA,
        kind="deal_review",
        coach="Ana",
        overall=71.5,
        low=60.0,
        high=80.0,
        verdict="truly coaching",
        rubric_name="rubric/deal_review",
        rubric_version="2",
        tagger_name="fake-tagger",
        tagger_version="3",
    )


def test_the_life_of_an_analysis(store: Store) -> None:
    started = datetime.now(UTC)
    one = store.queue_analysis(SHA, '{"coach":null}')
    assert store.queue_analysis(SHA, '{"coach":null}') == one
    assert store.queue_analysis(SHA, '{"coach":"Ana"}') != one
    assert store.analysis(one).status == "queued"

    store.start_stage(one, "tag")
    assert (store.analysis(one).status, store.analysis(one).stage) == ("running", "tag")

    store.fail_analysis(one, "Title", "Message")
    failed = store.analysis(one)
    assert (failed.status, failed.stage, failed.error_title) == ("failed", "tag", "Title")
    assert failed.finished_at is not None

    store.start_stage(one, "tag")
    assert store.analysis(one).error_title is None

    store.finish_analysis(score_record(one))
    store.finish_analysis(score_record(one))
    done = store.analysis(one)
    assert (done.status, done.stage, done.score_key) == ("done", None, KEYS["score"])
    assert done.created_at.utcoffset() == timedelta(0)
    assert started <= done.created_at <= done.finished_at <= datetime.now(UTC)
    assert store.scores(SHA) == [score_record(one)]


def test_a_recording_is_known_until_an_analysis_of_it_fails(store: Store) -> None:
    assert store.known(SHA) == store.recording(SHA)
    assert store.known("b" * 64) is None
    store.fail_analysis(store.queue_analysis(SHA, "{}"), "Title", "Message")
    assert store.known(SHA) is None


def test_a_result_needs_its_recording(store: Store, fakes: ModuleType) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.put_result("b" * 64, made(), fakes.transcript())


def test_migrations_give_exactly_the_tables(database_url: str) -> None:
    engine = database.connect(database_url)
    database.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
        script = ScriptDirectory.from_config(database.alembic_config(connection))
        assert script.get_current_head() == database.HEAD
    with database.writing(engine) as connection:
        command.downgrade(database.alembic_config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    database.upgrade(engine)
    assert inspect(engine).has_table("scores")
    engine.dispose()


def test_a_failed_migration_leaves_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = database.connect(database_url)

    def stop_at_scores(*arguments: object) -> None:
        if "CREATE TABLE scores" in str(arguments[2]):
            raise RuntimeError("power cut")

    event.listen(engine, "before_cursor_execute", stop_at_scores)
    with pytest.raises(RuntimeError, match="power cut"):
        database.upgrade(engine)
    event.remove(engine, "before_cursor_execute", stop_at_scores)
    assert inspect(engine).get_table_names() == []
    database.upgrade(engine)
    engine.dispose()


def test_a_database_up_to_date_is_not_migrated(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_run_alembic", lambda _: pytest.fail("migrated again"))
    Store.open(settings).close()


def _open(url: str) -> None:
    database.upgrade(database.connect(url))


def test_processes_may_migrate_at_once(database_url: str) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_open, args=(database_url,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4


def test_a_newer_database_is_refused(store: Store, database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(database.DatabaseError, match="newer Coachscore"):
        database.upgrade(database.connect(database_url))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "COACHSCORE_DATABASE_URL"),
        ("oracle+none://x", "COACHSCORE_DATABASE_URL"),
        ("sqlite:////no/such/folder/x.db", "does not answer"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/x", "does not answer"),
    ],
)
def test_a_database_that_cannot_be_used(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(database.DatabaseError, match=said) as caught:
        Store.open(Settings(home=tmp_path, database_url=url))
    assert "secret" not in caught.value.message


def test_times_need_a_zone(store: Store) -> None:
    with pytest.raises(Exception, match="time zone"):
        store._update(uuid4(), finished_at=datetime(2026, 1, 1))


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(database.DatabaseError, match="COACHSCORE_HOME"):
        Store.open(Settings(home=tmp_path / "file" / "home", database_url=None))
