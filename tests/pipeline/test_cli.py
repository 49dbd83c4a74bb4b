"""The command line as a user meets it: what is shown, what is said, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from models.labels import KINDS
from pipeline import cli
from pipeline.settings import get_settings

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "spacy", "whisper", "sklearn", "prefect", "transformers", "sqlalchemy", "numpy")

TALK = """Ana: How did the call with Halden go, and what did you want to get out of it?
Ben: I think it went well, they like it, and they should sign this month.
Ana: What did they say that makes you think so?
Ben: I should have asked who else decides, I just sent the quote.
"""


@pytest.fixture
def run(monkeypatch, capsys, tmp_path_factory):
    """Run a command; gives exit code, standard output and standard error."""
    home = tmp_path_factory.getbasetemp() / "cli-home"
    monkeypatch.setenv("COACHSCORE_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    get_settings.cache_clear()

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["coachscore", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    yield call
    get_settings.cache_clear()


@pytest.fixture
def talk(tmp_path):
    path = tmp_path / "halden.txt"
    path.write_text(TALK, encoding="utf-8")
    return path


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "other.txt"
    path.write_text(TALK.replace("Halden", "Tolland"), encoding="utf-8")
    return path


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)))
    return path


def commands():
    return typer.main.get_command(cli.app).commands


def test_every_command_and_option_is_in_the_documentation():
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in commands().items():
        assert f"coachscore {name}" in written
        for parameter in command.params:
            for option in (o for o in parameter.opts if o.startswith("--")):
                assert f"`{option}" in written, f"{name} {option}"


@pytest.mark.parametrize("name", ["analyze", "rescore", "demo", "train", "evaluate"])
def test_every_command_explains_itself_and_its_options(run, name):
    code, out, _ = run(name, "--help")
    assert code == 0
    for parameter in commands()[name].params:
        if parameter.name != "help":
            assert parameter.help, parameter.name
            assert parameter.help.split()[0] in out


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom pipeline.cli import main\nsys.argv = ['coachscore', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "analyze" in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_the_installed_command_is_this_one():
    done = subprocess.run(
        [Path(sys.executable).with_name("coachscore"), "analyze"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )
    assert done.returncode == 2
    assert "coachscore analyze --help" in done.stderr


def test_the_kinds_to_choose_from_are_the_codebook_s():
    assert [k.value for k in cli.KindOption] == list(KINDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyse", "x.vtt"),
        ("analyze",),
        ("analyze", "x.vtt", "--kind", "standup"),
        ("analyze", "x.vtt", "--format", "pdf"),
        ("analyze", "x.vtt", "y.vtt", "--format", "html"),
        ("evaluate", "x.json", "--format", "html"),
        ("rescore",),
    ],
)
def test_a_command_not_understood_ends_with_2_and_does_nothing(run, arguments):
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert "Error" in err


def test_a_file_is_shown_and_ends_with_0(run, talk):
    code, out, err = run("analyze", talk)
    assert (code, err) == (0, "")
    assert "Ana" in out
    assert "halden.txt" in out


def test_a_bad_file_does_not_hide_the_good_one(run, talk, bad):
    code, out, err = run("analyze", bad, talk)
    assert code == 1
    assert "halden.txt" in out
    assert "photo.jpg" in err
    assert "Traceback" not in err


def test_a_file_that_is_not_there_is_named(run, tmp_path):
    code, out, err = run("analyze", tmp_path / "gone.vtt")
    assert (code, out) == (1, "")
    assert "gone.vtt" in err


def test_json_is_an_object_for_one_file_and_an_array_for_several(run, talk, other, bad):
    code, out, _ = run("analyze", talk, "--format", "json")
    one = json.loads(out)
    assert code == 0
    assert one["schema_id"] == "coachscore/analysis/1"
    code, out, _ = run("analyze", talk, other, "--format", "json")
    both = json.loads(out)
    assert code == 0
    assert [o["recording"]["name"] for o in both] == ["halden.txt", "other.txt"]
    assert both[0]["id"] == one["id"]
    # Who asks for several reads an array, whatever became of some of them.
    code, out, _ = run("analyze", talk, bad, "--format", "json")
    assert code == 1
    assert [o["id"] for o in json.loads(out)] == [one["id"]]


def test_several_files_begin_with_a_scoreboard(run, talk, other):
    _, out, _ = run("analyze", talk, other)
    assert out.lstrip().startswith("Meeting")
    assert out.index("halden.txt") < out.index("other.txt")


def test_out_takes_what_the_screen_would_have_shown(run, talk, tmp_path):
    _, shown, _ = run("analyze", talk, "--format", "json")
    path = tmp_path / "new" / "result.json"
    code, out, _ = run("analyze", talk, "--format", "json", "--out", path)
    assert (code, out) == (0, "")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(shown)


def test_an_out_that_cannot_be_written_is_said(run, talk):
    code, _, err = run("analyze", talk, "--out", talk / "below.txt")
    assert code == 1
    assert "--out" in err


def test_pages_need_a_folder_that_is_one(run, talk, other):
    code, _, err = run("analyze", talk, other, "--format", "html", "--out", talk)
    assert code == 1
    assert "another folder" in err


def test_a_name_of_endless_length_is_refused(run, talk):
    code, _, err = run("analyze", talk, "--coach", "x" * 201)
    assert code == 2
    assert "--coach" in err


def test_a_rubric_that_is_no_text_is_said(run, talk, tmp_path, monkeypatch):
    for name in ("common", *KINDS):
        (tmp_path / f"{name}.toml").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("COACHSCORE_RUBRIC_DIR", str(tmp_path))
    code, _, err = run("analyze", talk)
    assert code == 1
    assert "UTF-8" in err


def test_several_files_as_pages(run, talk, other, tmp_path):
    code, out, _ = run("analyze", talk, other, "--format", "html", "--out", tmp_path / "pages")
    index = Path(out.strip())
    assert code == 0
    assert {p.name for p in index.parent.iterdir()} == {
        "index.html",
        "halden.html",
        "other.html",
    }
    assert 'href="halden.html"' in index.read_text(encoding="utf-8")


def test_the_coach_named_by_the_user_is_the_coach(run, talk):
    _, out, _ = run("analyze", talk, "--coach", "ben", "--format", "json")
    roles = json.loads(out)["roles"]
    assert (roles["coach"], roles["source"], roles["certain"]) == ("Ben", "given", True)


def test_a_coach_that_nobody_is_names_the_file_and_the_speakers(run, talk, other):
    code, out, err = run("analyze", talk, other, "--coach", "Carl")
    assert (code, out) == (1, "")
    for word in ("“Carl”", "“Ana”", "“Ben”", "halden.txt", "other.txt", "--coach"):
        assert word in err


def test_an_analysis_is_scored_again_by_its_id(run, talk):
    _, out, _ = run("analyze", talk, "--format", "json")
    identity = json.loads(out)["id"]
    code, out, _ = run("rescore", identity, "--kind", "ride_along", "--format", "json")
    assert code == 0
    assert json.loads(out)["score"]["rubric"]["name"] == "rubric/ride_along"


@pytest.mark.parametrize("identity", ["seven", "00000000-0000-0000-0000-000000000000"])
def test_an_id_of_nothing_is_said(run, identity):
    code, out, err = run("rescore", identity)
    assert (code, out) == (1, "")
    assert identity in err


@pytest.fixture
def labelled(tmp_path):
    """A folder with two labelled conversations of the corpus."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    for path in sorted((ROOT / "datasets" / "coachtalk").glob("conversations/test/*.json"))[:2]:
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_tags_are_compared_with_labels(run, labelled):
    code, out, _ = run("evaluate", labelled, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["conversations"] == 2
    by_label = {row["label"]: row for row in found["labels"]}
    assert {"act", "act=question", "challenge", "focus", "coachee unsupported"} <= set(by_label)
    coach = json.loads(next(labelled.iterdir()).read_text(encoding="utf-8"))
    assert by_label["act"]["n"] > sum("act" in u["labels"] for u in coach["utterances"])
    assert {row["label"] for row in found["conversation_labels"]} >= {"kind", "focus", "style"}
    assert set(found["criterion_correlations"]) == {
        "inquiry", "challenge", "development", "guidance", "commitment",
    }  # fmt: skip

    code, out, _ = run("evaluate", labelled)
    assert code == 0
    assert out.startswith(f"2 conversations, {found['utterances']} utterances")
    assert "act=question" in out
    assert "kappa" in out


def test_what_cannot_be_evaluated_is_said(run, tmp_path, talk):
    code, out, err = run("evaluate", talk)
    assert (code, out) == (1, "")
    assert "halden.txt" in err
    code, _, err = run("evaluate", tmp_path / "nowhere")
    assert code == 1
    assert "no conversation JSON" in err
