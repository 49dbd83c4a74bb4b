"""Whole analyses with the shipped models, through Prefect, in a home of their own."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline import stages
from pipeline.analysis import Analysis, rescore
from pipeline.flows import analyze_files
from pipeline.jobs import AnalysisOptions, Workplace
from pipeline.output import dump, json_schema, to_output
from pipeline.presenting import present, sample_files, write_html_folder
from pipeline.settings import Settings
from pipeline.speaker_edits import SpeakerEdits, SpeakerEditsError
from pipeline.store import STAGES, Store

ROOT = Path(__file__).parents[2]
SAMPLE = sample_files()[1]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), database_url=None)


@pytest.fixture(scope="module")
def analysis(settings: Settings) -> Analysis:
    return analyze(SAMPLE, settings)


@pytest.fixture
def place(settings: Settings) -> Iterator[Workplace]:
    with closing(Store.open(settings)) as store:
        yield Workplace(settings, store)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the stages that are really done, in order."""
    names: list[str] = []

    def note(name: str) -> Any:
        real = getattr(stages, name)

        def stage(*arguments: Any) -> Any:
            names.append(name)
            return real(*arguments)

        return stage

    for name in STAGES:
        monkeypatch.setattr(stages, name, note(name))
    return names


def analyze(path: Path, settings: Settings, **options: Any) -> Analysis:
    (found,) = analyze_files([path], AnalysisOptions(**options), settings)
    assert isinstance(found, Analysis), found
    return found


def labelled_file() -> Path:
    return sorted((ROOT / "datasets" / "coachtalk" / "conversations").rglob("*.json"))[0]


def test_every_stage_leaves_its_result(analysis: Analysis) -> None:
    utterances = analysis.scored.tagged.conversation.utterances
    assert set(analysis.versions) == set(STAGES)
    assert len(utterances) > 50
    assert len(analysis.scored.tagged.tags) == len(utterances)
    assert {"coach", "coachee"} <= {u.role for u in utterances}
    assert analysis.scored.score.overall is not None
    assert all(c.evidence for c in analysis.scored.score.criteria)
    assert analysis.recording.name == SAMPLE.name


def test_every_quote_can_be_found_in_the_file(analysis: Analysis) -> None:
    spoken = " ".join(SAMPLE.read_text(encoding="utf-8").split())
    utterances = analysis.scored.tagged.conversation.utterances
    for criterion in analysis.scored.score.criteria:
        for quote in criterion.evidence:
            assert utterances[quote.index].text in spoken


def test_the_json_is_as_its_schema_says(analysis: Analysis, settings: Settings) -> None:
    output = to_output(analysis, settings.role_confidence)
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(dump([output])), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(dump([output])), "mood": "angry"}, schema)


def test_the_published_schema_is_the_real_one() -> None:
    path = ROOT / "docs" / "schema" / "analysis.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema()


def test_the_json_agrees_with_itself(analysis: Analysis, settings: Settings) -> None:
    found = json.loads(dump([to_output(analysis, settings.role_confidence)]))
    assert [u["index"] for u in found["utterances"]] == list(range(len(found["utterances"])))
    assert found["roles"]["certain"] == (found["roles"]["confidence"] >= settings.role_confidence)
    speakers = {u["speaker"] for u in found["utterances"] if u["role"] == "coach"}
    assert speakers == {found["roles"]["coach"]}
    for missed in found["missed_challenges"]:
        assert "unsupported" in found["utterances"][missed]["tags"]["marks"]["value"]


def test_the_text_shows_the_score_and_a_quote(analysis: Analysis, settings: Settings) -> None:
    text = present([analysis], "text", settings)
    quote = analysis.scored.score.criteria[0].evidence[0].index
    words = analysis.scored.tagged.conversation.utterances[quote].text.split()[:3]
    assert f"{analysis.scored.score.overall:.0f} of 100" in text
    assert " ".join(words) in " ".join(text.split())


def test_a_published_labelled_file_keeps_its_utterances(settings: Settings) -> None:
    raw = json.loads(labelled_file().read_text(encoding="utf-8"))
    found = analyze(labelled_file(), settings).scored.tagged.conversation
    given = [(u["speaker"], " ".join(u["text"].split())) for u in raw["utterances"]]
    assert [(u.speaker, u.text) for u in found.utterances] == given
    assert [u.source for u in found.utterances] == list(range(len(given)))
    assert found.roles.source == "file"
    assert found.roles.roles == {p["speaker"]: p["role"] for p in raw["participants"]}


def test_with_the_other_as_coach_nothing_is_read_again(
    analysis: Analysis, place: Workplace, made: list[str]
) -> None:
    before = analysis.scored.tagged.conversation.roles
    coachee = next(name for name, role in before.roles.items() if role == "coachee")
    swapped = rescore(place, analysis.id, coach=coachee)
    after = swapped.scored.tagged.conversation.roles
    assert made == ["attribute", "tag", "score"]
    assert (after.coach, after.source) == (coachee, "given")
    assert after.roles[before.coach] == "coachee"
    assert swapped.scored.score != analysis.scored.score
    assert swapped.transcript == analysis.transcript


def test_speakers_put_right_are_scored_anew_and_nothing_is_read_again(
    analysis: Analysis, place: Workplace, made: list[str]
) -> None:
    roles = analysis.scored.tagged.conversation.roles
    coachee = next(name for name, role in roles.roles.items() if role == "coachee")
    first = next(u for u in analysis.scored.tagged.conversation.utterances if u.role == "coach")
    edits = SpeakerEdits.parse(assign=[f"{first.source}={coachee}"], rename=[f"{coachee}=Kim Lee"])
    mended = rescore(place, analysis.id, speakers=edits)
    assert made == ["attribute", "tag", "score"]
    talk = mended.scored.tagged.conversation
    assert set(talk.roles.roles) == {roles.coach, "Kim Lee"}
    said = {u.speaker for u in talk.utterances if u.source == first.source}
    assert said == {"Kim Lee"}
    assert mended.transcript == analysis.transcript
    as_coach = rescore(place, mended.id, coach="Kim Lee")
    assert as_coach.scored.tagged.conversation.roles.coach == "Kim Lee"
    again = rescore(place, as_coach.id, speakers=SpeakerEdits.parse(rename=[f"{coachee}=Kim Li"]))
    assert again.scored.tagged.conversation.roles.coach == "Kim Li"


def test_a_name_of_nobody_is_refused_and_the_analysis_stays(
    analysis: Analysis, place: Workplace
) -> None:
    with pytest.raises(SpeakerEditsError, match="Nobody is called “Nemo”"):
        rescore(place, analysis.id, speakers=SpeakerEdits.parse(merge=["Nemo=Also"]))
    assert place.store.analysis(analysis.id).status == "done"


def test_as_another_kind_of_meeting_only_the_score_changes(
    analysis: Analysis, place: Workplace, made: list[str]
) -> None:
    kind = "ride_along" if analysis.scored.tags.kind.value != "ride_along" else "one_on_one"
    changed = rescore(place, analysis.id, kind=kind)
    assert made == ["score"]
    assert changed.scored.tagged == analysis.scored.tagged
    assert changed.scored.score.rubric.name == f"rubric/{kind}"
    assert (changed.scored.tags.kind.value, changed.scored.tags.kind.p) == (kind, 1)


def test_pages_of_files_with_one_name_do_not_overwrite_each_other(
    settings: Settings, analysis: Analysis, tmp_path: Path
) -> None:
    def named(name: str) -> Analysis:
        recording = analysis.recording.model_copy(update={"name": name})
        return analysis.model_copy(update={"recording": recording})

    names = ["talk.vtt", "talk.txt", "index.vtt", "50% & more #1.vtt"]
    index = write_html_folder([named(n) for n in names], tmp_path, settings)
    pages = {p.name for p in tmp_path.iterdir()} - {index.name}
    assert len(pages) == len(names)
    assert set(re.findall(r'href="([^"#:]+\.html)"', index.read_text(encoding="utf-8"))) == pages
