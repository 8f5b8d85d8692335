"""Lists with the traps of hand-made files; every figure and name here is made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from pydantic import ValidationError

from connectors.core.http import HttpClient
from connectors.core.landing import land
from connectors.core.registry import get_connector, get_contract, get_source
from connectors.core.source import FetchContext, UnreadRecord

Row = tuple[str, Any, list[tuple[str, str]]]
Read = Callable[..., list[Row]]
HEAD = "N° projet;Partenaire;N° dépense;Libellé;Montant déclaré"
ABOVE = ("Projet : 9901;;;", "Partenaire : CCI (fictif);;;")
SHORT = "N° dépense;Libellé;Montant HT;Montant déclaré"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the lines of a CSV, or the sheets of a workbook: (position, record, [(field, rule)])."""

    def run(*content: str, stream: str = "depenses", **sheets: list[list[Any]]) -> list[Row]:
        path = _book(tmp_path / "b.xlsx", sheets) if sheets else tmp_path / "c.csv"
        if content:
            path.write_bytes("\r\n".join(content).encode())
        source = get_source("synergie", {"options": {"files": [str(path)]}})
        kind, connector = source.stream(stream), get_connector("synergie")
        context = FetchContext(HttpClient(source), source)
        landed = land(
            tmp_path / f"l{stream}", "synergie", stream, stream, connector.fetch(kind, context), context.notes
        )
        contract = get_contract(kind)
        return [_checked(contract, record) for part in landed.parts for record in connector.read(source, kind, part)]

    return run


def _book(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


def _checked(contract: type[Any], record: Any) -> Row:
    record = record.record() if isinstance(record, UnreadRecord) else record
    problems = [(d.field, d.rule) for d in record.defects]
    try:
        return record.position, contract.model_validate(record.data), problems
    except ValidationError as error:
        return record.position, None, problems + [(str(e["loc"][0]), e["type"]) for e in error.errors()]


@pytest.mark.parametrize(
    ("heading", "currency"),
    [
        ("Montant déclaré (CHF)", "CHF"),
        ("Montant de la dépense déclarée en CHF", "CHF"),
        ("Montant déclaré EUR", "EUR"),
    ],
)
def test_the_currency_of_a_heading_is_that_of_its_amounts(read: Read, heading: str, currency: str) -> None:
    ((_, record, problems),) = read(HEAD.replace("Montant déclaré", heading), "1;A (fictif);1;x;100")
    assert (record.devise, problems) == (currency, [])


@pytest.mark.parametrize("heading", ["Montant déclaré (k€)", "Montant de la dépense déclarée (milliers)"])
def test_amounts_in_thousands_are_refused_by_their_heading(read: Read, heading: str) -> None:
    head = HEAD + ";" + heading.replace("déclaré", "certifié").replace("de la dépense certifiée", "certifié")
    ((_, _, problems),) = read(head, "1;A (fictif);1;x;100;5")
    assert "unknown_column" in [rule for _, rule in problems]
    ((position, _, problems),) = read(HEAD.replace("Montant déclaré", heading), "1;A (fictif);1;x;100")
    assert (position, problems[0]) == ("file", ("(file)", "no_heading"))


def test_a_currency_column_must_agree_with_the_sign_beside_the_amount(read: Read) -> None:
    lines = ["1;A (fictif);1;x;100 €;CHF", "1;A (fictif);2;x;100;Francs suisses", "1;A (fictif);3;x;100 €;Euro"]
    against, francs, euros = read(HEAD + ";Devise", *lines)
    assert against[2] == [("devise", "currencies")]
    assert [(row[1].devise, row[2]) for row in (francs, euros)] == [("CHF", []), ("EUR", [])]


def test_an_amount_alone_in_its_row_is_refused_where_it_cannot_be_read(read: Read) -> None:
    first, odd = read(HEAD, "1;A (fictif);1;x;100", ";;;;12,00 abc")
    assert first[2] == []
    assert ("montant_declare", "decimal_text") in odd[2]


def test_codes_typed_as_numbers_lose_their_decimal(read: Read) -> None:
    ((_, record, _),) = read(HEAD + ";SIRET", "9901.0;A (fictif);1.0;x;100;00000000000000.0")
    assert (record.record_key(), record.fournisseur_id) == ("9901|A (fictif)|1|", "00000000000000")


def test_an_error_under_an_unknown_heading_is_refused_like_a_value(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, [*HEAD.split(";"), "Couleur"])
    sheet.write_row(1, 0, ["1", "A (fictif)", 1, "x", 100])
    sheet.write_formula("F2", "=1/0", None, "#DIV/0!")
    book.close()
    source = get_source("synergie", {"options": {"files": [str(path)]}})
    kind, connector = source.stream("depenses"), get_connector("synergie")
    context = FetchContext(HttpClient(source), source)
    landed = land(tmp_path / "l", "synergie", "x", "x", connector.fetch(kind, context), context.notes)
    (record,) = connector.read(source, kind, landed.parts[0])
    assert [(d.field, d.rule, d.value) for d in record.defects] == [("Couleur", "unknown_column", "#DIV/0!")]
