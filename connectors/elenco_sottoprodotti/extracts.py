"""Reads whole extracts of the register: XML checked against our schema, and delimited text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from lxml import etree

from connectors.core.errors import Defect, Fatal
from connectors.core.formats import CsvRow, iter_xml, parse_xml, read_csv, read_csv_rows, xml_parser
from connectors.core.source import RawRecord
from connectors.elenco_sottoprodotti.labels import Labels
from connectors.elenco_sottoprodotti.records import Entries

SOURCE = "elenco_sottoprodotti"
_REQUIRED = ("qualifica", "nome_commerciale_sottoprodotto")
XSD = Path(__file__).with_name("estratto.xsd")


@cache
def extract_schema() -> etree.XMLSchema:
    """Our schema of the extract, compiled once."""
    return etree.XMLSchema(etree.parse(str(XSD), xml_parser()))


def read_extract_xml(path: Path, labels: Labels) -> Iterator[RawRecord]:
    """By-products of a whole XML extract, which is read twice: judged as a whole, then record by record.

    Raises:
        Fatal: as ``iter_xml``, ``xsd`` included; ``total_mismatch`` when the declared number of entries is not the
            number in the file.
    """
    number, declared = 0, None
    for entry in iter_xml(path, "iscrizione", extract_schema()):
        number += 1
        declared = entry.getroottree().getroot().get("totale")
    if not number:
        declared = parse_xml(path).get("totale")
    if declared is not None and int(declared) != number:
        raise Fatal(
            f"{declared} entries declared, {number} in the file", source=SOURCE, where=path.name, rule="total_mismatch"
        )
    collected = Entries()
    for entry in iter_xml(path, "iscrizione"):
        common = {"id_iscrizione": entry.get("id"), **_leaves(entry, labels)}
        products = [_leaves(product, labels) for product in entry.iter("sottoprodotto")]
        yield from collected.records(f"iscrizione {entry.get('id')}", common, products, ())


def _leaves(element: Any, labels: Labels) -> dict[str, str]:
    """Child elements that hold text, under the contract's names; the schema leaves no unknown ones."""
    return {
        labels.field(child.tag) or child.tag: child.text or ""
        for child in element
        if not len(child) and child.tag != "sottoprodotti"
    }


def read_extract_csv(path: Path, labels: Labels) -> Iterator[RawRecord]:
    """By-products of a delimited extract, one a row.

    Raises:
        Fatal: as ``read_csv``; ``unknown_layout`` with the columns that no label explains.
    """
    rows = read_csv(path)
    first = next(rows, None)
    header = [*first.data, *first.missing] if first else _only_row(path)
    _refuse_other_tables(header, labels, path.name)
    if first is None:
        return
    # Where the first row has one delimiter more than the header, all rows end with one.
    width = len(first.heading.names) + (len(first.cells) > len(first.heading.names) and not first.extra)
    collected = Entries()
    for row in chain([first], rows):
        data = {field: value for name, value in row.data.items() if (field := labels.field(name))}
        yield from collected.records(f"row {row.number}", {}, [data], tuple(_row_defects(row, width)))


def _only_row(path: Path) -> list[str]:
    """The header of a file without data."""
    return next(filter(None, ([name for name in row.cells if name] for row in read_csv_rows(path))))


def _row_defects(row: CsvRow, width: int) -> Iterator[Defect]:
    if row.extra or len(row.cells) > width:
        yield Defect("row", "; ".join(row.extra)[:200], "extra_cells", "more cells than columns; is a ';' not quoted?")
    if row.missing:
        yield Defect("row", ", ".join(row.missing)[:200], "missing_cells", "fewer cells than columns")


def _refuse_other_tables(header: list[str], labels: Labels, where: str) -> None:
    """Refuse a header with columns that no label explains, with two of one meaning, or without a mandatory one."""
    unknown = labels.unknown(header)
    if len(unknown) == len(header):
        raise Fatal(
            f"no column of the first row is known ('{header[0][:80]}'): the first row must hold the columns' names",
            source=SOURCE, where=where, rule="unknown_layout",
        )  # fmt: skip
    if unknown:
        hints = [f"'{name}'" + (f" (is it '{near}'?)" if (near := labels.nearest(name)) else "") for name in unknown]
        raise Fatal(f"unknown column(s): {', '.join(hints)}", source=SOURCE, where=where, rule="unknown_layout")
    fields = [field for name in header if (field := labels.field(name))]
    if twice := sorted({field for field in fields if fields.count(field) > 1}):
        raise Fatal(f"two columns for {', '.join(twice)}", source=SOURCE, where=where, rule="ambiguous_layout")
    if lacking := [field for field in _REQUIRED if field not in fields]:
        raise Fatal(f"no column for {', '.join(lacking)}", source=SOURCE, where=where, rule="unknown_layout")
