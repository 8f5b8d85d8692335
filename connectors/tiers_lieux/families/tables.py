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
_PAGE_STARTS = (b"<!doctype html", b"<html")


def csv_items(instance: Instance, path: Path, encoding: str | None = None) -> Iterator[Item]:
    """Rows of a file; a row with more cells than the heading is a defect, one with fewer a doubt."""
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
        Fatal: ``html_not_csv`` or ``empty_file``.
    """
    start = response.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    if not start:
        raise Fatal("the file is empty", where=response.url, rule="empty_file")
    if start.startswith(_PAGE_STARTS):
        raise Fatal("is a web page, not delimited text", where=response.url, rule="html_not_csv")


def declared_encoding(content_type: str) -> str | None:
    """``charset`` of a Content-Type header, None without one."""
    for piece in content_type.split(";")[1:]:
        name, _, value = piece.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None
