import io
from collections.abc import Callable
from pathlib import Path

import docx
import pytest

TEAMS_PARAGRAPHS = (
    "Weekly one-on-one-20260302_090000-Meeting Transcript",
    "March 2, 2026, 9:00AM",
    "27m 42s",
    "Dana Scott started transcription",
    "Dana Scott   0:03\nMorning, how was the drive in?\nI started transcription.",
    "Marcus   1:02:03",
    "Two things: traffic, and more traffic.",
    "Dana Scott stopped transcription",
)
TABLE = (
    ("Participant", "Start", "End", "Sentence"),
    ("Dana", "00:00:01", "00:00:02.5", "Morning, how was the drive in?"),
    ("Marcus", "3", "4.5", "Two things: traffic."),
    ("", "", "", ""),
)


def docx_bytes(paragraphs: tuple[str, ...] = (), table: tuple[tuple[str, ...], ...] = ()) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        grid = document.add_table(rows=len(table), cols=len(table[0]))
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def word() -> Callable[..., bytes]:
    """Writes a Word document of paragraphs and a table."""
    return docx_bytes


@pytest.fixture(scope="session")
def samples() -> dict[str, bytes]:
    """One file for each accepted shape, by name."""
    folder = Path(__file__).parent / "files"
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    files["teams.docx"] = docx_bytes(TEAMS_PARAGRAPHS)
    files["table.docx"] = docx_bytes(table=TABLE)
    return files
