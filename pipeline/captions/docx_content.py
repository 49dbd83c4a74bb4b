"""What a Word document says: its lines and its tables, read within limits."""

import io
import zipfile
from dataclasses import dataclass
from typing import Final

import docx

# A four-hour Teams transcript is about 2 MB unpacked; a zip bomb is far above this.
MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
_MAX_PARTS: Final = 2_000
_DOCUMENT: Final = "word/document.xml"

Table = list[list[str]]


class UnreadableDocumentError(Exception):
    """The bytes are no Word document that can be read; the text says what they are."""


@dataclass(frozen=True)
class DocxContent:
    """The lines of the paragraphs, and each table as rows of cell texts."""

    lines: tuple[str, ...]
    tables: tuple[Table, ...]


def read_docx(data: bytes) -> DocxContent:
    """Read a Word document.

    Args:
        data: The whole file.

    Raises:
        UnreadableDocumentError: It is another zip, is damaged, or unpacks to too much.
    """
    _check_package(data)
    try:
        document = docx.Document(io.BytesIO(data))
        lines = [line for p in document.paragraphs for line in p.text.split("\n")]
        tables = tuple(
            [[cell.text for cell in row.cells] for row in table.rows] for table in document.tables
        )
    # python-docx lets through whatever its zip and XML readers raise on damaged parts.
    except Exception as error:
        raise UnreadableDocumentError("a damaged Word document") from error
    return DocxContent(tuple(line.strip() for line in lines), tables)


def _check_package(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableDocumentError("a damaged zip") from error
    if not any(part.filename == _DOCUMENT for part in parts):
        raise UnreadableDocumentError("a zip that is not a Word document")
    # Reading a part stops at its stated size, so the stated sizes can be trusted.
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise UnreadableDocumentError("a Word document that unpacks to too much")
