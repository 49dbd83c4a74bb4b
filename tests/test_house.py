"""The shape of the repository itself."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP = {
    "pipeline", "models", "scoring", "api", "datasets", "tests", "docs", ".ci", "pyproject.toml",
    "README.md", "Makefile", "requirements.lock", "LICENSE", "CHANGELOG.md", ".gitignore",
}  # fmt: skip
PACKAGES = ("models", "scoring", "pipeline", "api")
MOST_LINES = 350

# Written in pieces, so that this file does not find itself.
HOSTS = (
    "pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "npmjs" + ".com", "crates" + ".io",
    "anaconda" + ".org", "proxy.golang" + ".org", "rubygems" + ".org", "docker" + ".io",
    "index-" + "url", "artifact" + "ory", "devpi" + ".",
)  # fmt: skip

# Taken for its weights alone; what it declares beside them needs a compiler and is never
# imported, so the Makefile installs it apart, without its dependencies.
INSTALLED_APART = {"resemblyzer"}
# Of no use without weights that need an account.
NOT_LOCKED = {"pyannote-audio"}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [Path(name) for name in listed.stdout.decode().split("\0") if name]


def lock_lines() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_top_level_is_as_it_must_be(tracked: list[Path]) -> None:
    assert {path.parts[0] for path in tracked} == TOP


def test_no_source_file_is_too_long() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in files
    }
    assert len(lengths) > 50
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def test_packages_begin_with_nothing() -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("__init__.py"):
            assert path.read_text(encoding="utf-8") == "", path
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_registry_is_named(tracked: list[Path]) -> None:
    naming = []
    for path in tracked:
        full = ROOT / path
        if not full.is_file() or b"\0" in (content := full.read_bytes())[:8192]:
            continue
        text = content.decode("utf-8", "replace").lower()
        naming += [f"{path}: {host}" for host in HOSTS if host in text]
    assert naming == []


def test_the_lock_pins_every_version_exactly() -> None:
    pinned = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[0-9][A-Za-z0-9.+!-]*")
    assert [line for line in lock_lines() if not pinned.fullmatch(line)] == []
    names = [canonical(line.split("==")[0]) for line in lock_lines()]
    assert len(set(names)) == len(names)


def test_the_lock_covers_what_the_project_declares() -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [Requirement(d) for d in (*project["dependencies"], *(d for e in extras for d in e))]
    locked = {canonical(n): v for n, v in (line.split("==") for line in lock_lines())}
    for wanted in declared:
        name = canonical(wanted.name)
        if name in INSTALLED_APART | NOT_LOCKED:
            continue
        assert name in locked, f"{name} is not in requirements.lock"
        assert wanted.specifier.contains(locked[name], prereleases=True), name


def test_what_is_installed_apart_is_pinned_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in INSTALLED_APART:
        assert re.search(rf"--no-deps {name}==[0-9.]+$", makefile, re.MULTILINE)
