import importlib.util
import os
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

# Prefect reads this when it is imported: no test may write to the user's own folder.
_PREFECT_HOME = tempfile.TemporaryDirectory(prefix="coachscore-prefect-")
os.environ.setdefault("PREFECT_HOME", _PREFECT_HOME.name)


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    """The module `fakes.py` beside this file; test folders are no packages."""
    spec = importlib.util.spec_from_file_location("fakes", Path(__file__).with_name("fakes.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, fakes: ModuleType) -> list[str]:
    """Stages are fakes; the list fills with the names of those that are called."""
    called: list[str] = []
    fakes.install(monkeypatch.setattr, called.append)
    return called


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A transcript file."""
    path = tmp_path / "talk.txt"
    path.write_text("Ana: How did it go?\nBen: Well.\n", encoding="utf-8")
    return path
