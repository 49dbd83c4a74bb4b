"""The documents on dashboards, against a service that runs."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

ROOT = Path(__file__).parents[2]


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # The fixture `app` closes the service itself, after the last request.
        config = uvicorn.Config(app, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


def test_the_script_makes_its_tables(address: str, organisation: Any, scored: Any) -> None:
    for day in (1, 8, 15):
        scored("ned", day, 40 + day)
    known = {"COACHSCORE_URL": address, "COACHSCORE_TOKEN": organisation.keys["full"]}
    script = ROOT / "docs" / "examples" / "dashboard.py"
    found = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | known,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert re.search(r"Ned\s+3\s+3\s+48\.0", found.stdout)
    assert re.search(r"Ned\s+2026-03\s+3", found.stdout)


def test_the_document_names_routes_that_are_there(app: FastAPI) -> None:
    text = (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")
    there = [
        re.compile(re.sub(r"\{\w+\}", "<[^>]+>", path) + "$") for path in app.openapi()["paths"]
    ]
    named = set(re.findall(r"/api/v1(?:/[a-z]+(?:/<[^>]+>(?:/[a-z]+)?)?)+", text))
    assert len(named) >= 8
    named.discard("/api/v1/openapi")  # The description itself.
    assert [n for n in named if not any(one.match(n) for one in there)] == []


def test_the_document_names_every_scope() -> None:
    from pipeline.people.credentials import SCOPES

    text = (ROOT / "docs" / "dashboards.md").read_text(encoding="utf-8")
    assert [scope for scope in SCOPES if f"| `{scope}` |" not in text] == []
