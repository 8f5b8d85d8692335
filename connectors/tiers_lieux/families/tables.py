"""Delimited text as items; shared by the families whose instances are CSV files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connectors.core.errors import Defect, Fatal
from connectors.core.formats import CsvRow, read_csv
from connectors.core.http import Response
from connectors.tiers_lieux.families.base import Item
from connectors.tiers_lieux.instances import Instance

_SHOWN = 80
_HEAD = 512


def csv_items(instance: Instance, path: Path, encoding: str | None = None) -> Iterator[Item]:
    """Rows of a file; a row with more cells than the heading is a defect, one with fewer a doubt."""
    with path.open("rb") as stream:
        _refuse_other_documents(stream.read(_HEAD), path.name)
    rows = read_csv(path, delimiter=instance.delimiter, encoding=instance.encoding or encoding)
    for row in rows:
        doubts = ("ligne_courte",) if row.missing else ()
        yield Item(f"row {row.number}", row.data, _too_long(row), doubts)


def _too_long(row: CsvRow) -> tuple[Defect, ...]:
    if not row.extra:
        return ()
    shown = " | ".join(row.extra)[:_SHOWN]
    return (Defect("row", shown, "extra_cells", "more cells than columns; is a text with a delimiter not quoted?"),)


def require_table(response: Response) -> None:
    """An error page is no table.

    Raises:
        Fatal: ``html_not_csv``, ``json_not_csv`` or ``empty_file``.
    """
    if not response.body.removeprefix(b"\xef\xbb\xbf").strip():
        raise Fatal("the file is empty", where=response.url, rule="empty_file")
    _refuse_other_documents(response.body[:_HEAD], response.url)


def _refuse_other_documents(head: bytes, where: str) -> None:
    """A page or an answer in JSON would pass for a table of one heading and no rows: an empty listing."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        raise Fatal("is a web page, not delimited text", where=where, rule="html_not_csv")
    if start.startswith((b"{", b"[")):
        shown = start[:_SHOWN].decode("utf-8", "replace")
        raise Fatal(f"is JSON, not delimited text: {shown!r}", where=where, rule="json_not_csv")


def declared_encoding(content_type: str) -> str | None:
    """``charset`` of a Content-Type header, None without one."""
    for piece in content_type.split(";")[1:]:
        name, _, value = piece.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None
