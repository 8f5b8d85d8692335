"""ACTIF: a paged JSON list and two exports of the same flows."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import xlsxwriter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.feeds.actif import COLUMNS
from sandbox.feeds.synergie_xlsx import CREATED
from sandbox.server.common import as_json, conditional, faulty, integer, state_of

SOURCE = "actif"
DEFAULT_SIZE, MAX_SIZE = 100, 500


async def listing(request: Request) -> Response:
    """One page of flows; a size above the maximum is reduced, as the answer says."""
    rows = state_of(request).rows("actif", SOURCE)
    size = min(integer(request, "taille", DEFAULT_SIZE, 1), MAX_SIZE)
    page, pages = integer(request, "page", 1), -(-len(rows) // size)
    if page < 1 or page > max(pages, 1):
        return JSONResponse({"erreur": "page inconnue", "pages": pages}, 404)
    chosen = rows[(page - 1) * size : page * size]
    body = {"page": page, "taille": size, "total": len(rows), "pages": pages, "resultats": chosen}
    return conditional(request, as_json(body), "application/json")


def _french(name: str, value: Any) -> str:
    """A cell of the CSV: decimal comma, day first, Windows-1252 characters only."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}".replace(".", ",") if name == "quantite" else str(value).replace(".", ",")
    text = str(value)
    if name == "date_maj":
        try:
            return dt.date.fromisoformat(text).strftime("%d/%m/%Y")
        except ValueError:
            return text
    return text


def csv_export(rows: list[dict[str, Any]]) -> bytes:
    """All flows as a CSV of the French kind: semicolons, Windows-1252, CRLF."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_french(name, row[name]) for name in COLUMNS])
    return out.getvalue().replace("\u202f", "\u00a0").encode("cp1252", errors="replace")


def _typed(row: int, column: int, sheet: xlsxwriter.worksheet.Worksheet, name: str, value: Any) -> None:
    if name in ("code_postal", "code_insee") and str(value).isdigit():
        sheet.write_number(row, column, int(value))  # the spreadsheet takes codes for numbers
    elif name == "date_maj":
        try:
            sheet.write_datetime(row, column, dt.datetime.fromisoformat(str(value)))
        except ValueError:
            sheet.write_string(row, column, str(value))
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value not in (None, ""):
        sheet.write_string(row, column, str(value))


def xlsx_export(rows: list[dict[str, Any]]) -> bytes:
    """All flows as a workbook: title, empty row, header; codes have become numbers."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    book.set_properties({"title": "ACTIF", "author": "ACTIF (fictif)", "created": CREATED})
    sheet = book.add_worksheet("Flux")
    sheet.write_string(0, 0, "Export ACTIF – données fictives")
    sheet.write_row(2, 0, COLUMNS)
    for i, row in enumerate(rows, start=3):
        for column, name in enumerate(COLUMNS):
            _typed(i, column, sheet, name, row[name])
    book.close()
    return out.getvalue()


async def export_csv(request: Request) -> Response:
    """The CSV export; no validators."""
    body = csv_export(state_of(request).rows("actif", SOURCE))
    headers = {"Content-Disposition": 'attachment; filename="flux.csv"'}
    return Response(body, media_type="text/csv; charset=windows-1252", headers=headers)


async def export_xlsx(request: Request) -> Response:
    """The XLSX export."""
    body = xlsx_export(state_of(request).rows("actif", SOURCE))
    return Response(body, media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


ROUTES = [
    Route("/actif/api/flux", faulty(SOURCE, listing)),
    Route("/actif/export/flux.csv", faulty(SOURCE, export_csv)),
    Route("/actif/export/flux.xlsx", faulty(SOURCE, export_xlsx)),
]
