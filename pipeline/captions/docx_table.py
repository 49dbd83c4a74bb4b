"""A Word document with a table of four columns: Participant, Start, End, Sentence."""

from typing import Final

from pipeline.captions.docx_content import DocxContent, Table
from pipeline.captions.draft import Cue, Draft
from pipeline.captions.times import to_seconds

_COLUMNS: Final = {
    "participant": "speaker",
    "speaker": "speaker",
    "name": "speaker",
    "start": "start",
    "start time": "start",
    "end": "end",
    "end time": "end",
    "sentence": "text",
    "text": "text",
    "utterance": "text",
}


def matches(content: DocxContent) -> bool:
    """Whether a table has a column for the speaker and one for the words."""
    return any(map(_columns, content.tables))


def parse(content: DocxContent) -> Draft:
    """Read the rows of every such table; times are clock times or seconds."""
    cues = [
        _cue(row, columns)
        for table in content.tables
        if (columns := _columns(table))
        for row in table[1:]
    ]
    title = next((line for line in content.lines if line), None)
    return Draft("docx-table", cues, title=title)


def _columns(table: Table) -> dict[str, int]:
    """Where each field stands, empty where the first row does not head a transcript."""
    header = table[0] if table else []
    names = [_COLUMNS.get(cell.strip().casefold(), "") for cell in header]
    if not {"speaker", "text"} <= set(names):
        return {}
    return {name: names.index(name) for name in names if name}


def _cue(row: list[str], columns: dict[str, int]) -> Cue:
    # A row with merged cells may be shorter than the header.
    cell = {name: row[at].strip() for name, at in columns.items() if at < len(row)}
    return Cue(
        cell.get("text", ""),
        cell.get("speaker"),
        to_seconds(cell.get("start")),
        to_seconds(cell.get("end")),
    )
