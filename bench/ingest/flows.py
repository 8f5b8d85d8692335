"""Synthetic flows of 21 columns, their contract, and files of them in four formats."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from schemas.sources.base import DateText, DecimalText, OptionalText, SourceRecord

TEXTS = ("siret", "site", "company", "activity", "address", "postcode", "commune", "direction", "kind", "family",
         "label", "waste_code", "unit", "frequency", "state", "treatment")  # fmt: skip
KINDS = ("ndjson", "csv", "xml", "xlsx")


class Flow(SourceRecord):
    """A flow: key, 16 texts, three numbers, one day."""

    KEY = ("id",)

    id: str
    siret: OptionalText = None
    site: OptionalText = None
    company: OptionalText = None
    activity: OptionalText = None
    address: OptionalText = None
    postcode: OptionalText = None
    commune: OptionalText = None
    direction: OptionalText = None
    kind: OptionalText = None
    family: OptionalText = None
    label: OptionalText = None
    waste_code: OptionalText = None
    unit: OptionalText = None
    frequency: OptionalText = None
    state: OptionalText = None
    treatment: OptionalText = None
    quantity: DecimalText = None
    latitude: DecimalText = None
    longitude: DecimalText = None
    updated: DateText = None


def flow(number: int, changed: bool = False) -> dict[str, str]:
    """A synthetic flow; ``changed`` gives it another quantity."""
    values = {name: f"{name} {number % 997}" for name in TEXTS}
    return {
        "id": f"F{number:08}", **values, "company": f"Société {number} (fictif)", "commune": "Chambéry",
        "quantity": f"{number % 5000}.{5 if changed else 25}", "latitude": f"45.{number % 100000:05}",
        "longitude": f"6.{number % 100000:05}", "updated": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}",
    }  # fmt: skip


COLUMNS = list(flow(0))


def flows(rows: int, changed_every: int = 0) -> Iterator[dict[str, str]]:
    """So many flows, one in ``changed_every`` of them with another quantity."""
    return (flow(number, bool(changed_every) and number % changed_every == 0) for number in range(rows))


def write(path: Path, rows: int, changed_every: int = 0) -> Path:
    """The flows as one file of the kind that its extension says; written once."""
    if path.exists():
        return path
    data = flows(rows, changed_every)
    if path.suffix == ".xlsx":
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        for number, row in enumerate(data, start=1):
            sheet.write_row(number, 0, list(row.values()))
        book.close()
        return path
    with path.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix == ".csv":
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(data)
        elif path.suffix == ".ndjson":
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in data)
        elif path.suffix == ".json":
            stream.write('{"items": [')
            stream.writelines(("" if n == 0 else ",\n") + json.dumps(r, ensure_ascii=False) for n, r in enumerate(data))
            stream.write("]}")
        else:
            stream.write("<flows>")
            for row in data:
                stream.write("<flow>" + "".join(f"<{k}>{v}</{k}>" for k, v in row.items()) + "</flow>\n")
            stream.write("</flows>")
    return path
