"""The register over HTTP: searches, sheets and extracts land untouched and come back as by-products."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from connectors.core.errors import BadConfig, ConnectorError, Fatal
from connectors.core.landing import Landed, land
from connectors.core.registry import get_contract
from connectors.core.source import LandedPart, RawRecord
from connectors.elenco_sottoprodotti import connector
from connectors.elenco_sottoprodotti.pages import read_results

HTML = {"Content-Type": "text/html; charset=ISO-8859-1"}
FIRM = "Esempio Caseificio Alpino S.r.l. (fittizio)"


def results_page(ids: list[str], total: int, rows: str = "table") -> str:
    links = [f'<a href="/scheda/{i}">{FIRM} {i}</a>' for i in ids]
    body = "".join(f"<tr><td>{a}</td><td>Cuneo</td></tr>" for a in links) if rows == "table" else " ".join(links)
    return f"<html><body><p>Trovate {total:,} iscrizioni</p><table>{body}</table></body></html>".replace(",", ".")


def sheet_page(pairs: list[tuple[str, str]], products: list[list[tuple[str, str]]]) -> str:
    def dl(items: list[tuple[str, str]]) -> str:
        return "<dl>" + "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in items) + "</dl>"

    sections = "".join("<h2>Sottoprodotto</h2>" + dl(product) for product in products)
    return f"<html><body><h1>Scheda</h1>{dl(pairs)}{sections}</body></html>"


ENTRY = [("Ragione sociale", FIRM), ("C.F.", "00000000000"), ("Comune", "Cuneo"), ("Prov.", "CN")]
WHEY = [("Codice ATECO", "10.51.20"), ("Nome commerciale", "Siero di latte dolce"),
        ("Descrizione", "siero fresco, circa 120 t/anno, da ottobre a giugno")]  # fmt: skip


class Register:
    """The register's web site: entries by (province, role), pages of ten."""

    def __init__(self, site: Any) -> None:
        self.site = site
        self.entries: dict[tuple[str, str], list[str]] = {}
        site.pages["/ricerca"] = self.search

    def search(self, query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        role = query.get("qualifica")
        listed = (ids for (at, as_), ids in self.entries.items() if at == query["provincia"] and role in (None, as_))
        ids = list(dict.fromkeys(i for some in listed for i in some))
        number = int(query["pagina"])
        shown = ids[(number - 1) * 10 : number * 10]
        body = results_page(shown, len(ids)) if ids else "<html><body>Nessuna iscrizione trovata</body></html>"
        return 200, HTML, body.encode("cp1252")

    def add(self, province: str, role: str, reference: str, body: str | bytes | None = None) -> None:
        self.entries.setdefault((province, role), []).append(reference)
        page = sheet_page([*ENTRY, ("Qualifica", role)], [WHEY]) if body is None else body
        raw = page if isinstance(page, bytes) else page.encode("cp1252", "xmlcharrefreplace")
        self.site.pages[f"/scheda/{reference}"] = lambda _q, _h: (200, HTML, raw)


@pytest.fixture
def register(site: Any) -> Register:
    return Register(site)


def land_all(site: Any, root: Path, run: str = "r1", previous: Landed | None = None, **options: Any) -> Landed:
    source = site.source("elenco_sottoprodotti", **options)
    validators = {p.url: p.meta["validators"] for p in previous.parts if p.meta.get("validators")} if previous else {}
    context = site.context(source, validators=validators)
    parts = connector.fetch(source.stream("iscrizioni"), context)
    return land(root, "elenco_sottoprodotti", "iscrizioni", run, parts, context.notes, previous)


def records(site: Any, landed: Landed) -> list[RawRecord]:
    source = site.source("elenco_sottoprodotti")
    return [r for part in landed.parts for r in connector.read(source, source.stream("iscrizioni"), part)]


def test_every_search_is_read_to_its_end_and_every_sheet_is_fetched(
    site: Any, register: Register, tmp_path: Path
) -> None:
    for number in range(23):
        register.add("CN", "PRODUTTORE", f"{number:03d}")
    register.add("AO", "UTILIZZATORE", "900")
    landed = land_all(site, tmp_path)
    names = [part.name for part in landed.parts]
    assert sum(name.startswith("ricerca-") for name in names) == 3 + 7, "three pages of one search, one of the others"
    assert names[-24:] == [*(f"scheda-{n:03d}.html" for n in range(23)), "scheda-900.html"], "in the order of the lists"
    assert landed.notes["declared"]["CN-PRODUTTORE"] == 23
    assert (landed.notes["perimeter"], landed.notes["sheets"]) == (["TO", "CN", "AO", "IM"], 24)
    found = records(site, landed)
    assert len(found) == 24
    assert found[0].data["ragione_sociale"] == FIRM
    assert not any(record.defects for record in found)


def test_entries_under_a_role_that_nobody_asks_for_are_fetched_too(
    site: Any, register: Register, tmp_path: Path
) -> None:
    register.add("CN", "PRODUTTORE", "1")
    register.add("CN", "INTERMEDIARIO", "2")
    landed = land_all(site, tmp_path)
    assert [part.name for part in landed.parts if part.name.startswith("scheda")] == ["scheda-1.html", "scheda-2.html"]
    assert landed.notes["unasked_roles"] == {"CN": 1}
    assert landed.notes["declared"]["CN"] == 2
    assert {r.data["qualifica"] for r in records(site, landed)} == {"PRODUTTORE", "INTERMEDIARIO"}


def test_a_register_that_wants_a_role_is_noted(site: Any, register: Register, tmp_path: Path) -> None:
    register.add("CN", "PRODUTTORE", "1")
    search = register.search

    def strict(query: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        return search(query, headers) if "qualifica" in query else (200, HTML, b"<html><body>Scegliere</body></html>")

    site.pages["/ricerca"] = strict
    landed = land_all(site, tmp_path)
    assert landed.notes["unasked_roles"] == dict.fromkeys(["TO", "CN", "AO", "IM"], "unexpected_page")
    assert len(records(site, landed)) == 1


def test_one_unit_in_both_roles_is_two_records(site: Any, register: Register, tmp_path: Path) -> None:
    register.add("CN", "PRODUTTORE", "1")
    register.add("CN", "UTILIZZATORE", "2")
    contract = get_contract(site.source("elenco_sottoprodotti").stream("iscrizioni"))
    keys = {contract.model_validate(r.data).record_key() for r in records(site, land_all(site, tmp_path))}
    assert len(keys) == 2


def test_a_role_that_the_sheet_does_not_say_is_the_one_searched_for(
    site: Any, register: Register, tmp_path: Path
) -> None:
    register.add("CN", "UTILIZZATORE", "1", sheet_page(ENTRY, [WHEY]))
    assert records(site, land_all(site, tmp_path))[0].data["qualifica"] == "UTILIZZATORE"
    register.add("TO", "PRODUTTORE", "1", sheet_page(ENTRY, [WHEY]))
    assert "qualifica" not in records(site, land_all(site, tmp_path, "r2"))[0].data, "listed in both roles: not guessed"


def test_sheets_that_did_not_change_are_not_sent_again(site: Any, register: Register, tmp_path: Path) -> None:
    register.add("CN", "PRODUTTORE", "1")
    plain = site.pages["/scheda/1"]

    def tagged(query: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        status, sent, body = plain(query, headers)
        return (304, {"ETag": '"a"'}, b"") if headers.get("if-none-match") else (status, {**sent, "ETag": '"a"'}, body)

    site.pages["/scheda/1"] = tagged
    first = land_all(site, tmp_path)
    second = land_all(site, tmp_path, "r2", first)
    assert second.digest == first.digest
    assert len(records(site, second)) == 1


def refusal(site: Any, tmp_path: Path, **options: Any) -> str:
    with pytest.raises(ConnectorError) as caught:
        land_all(site, tmp_path, "x", **options)
    assert caught.value.source == "elenco_sottoprodotti"
    return f"{type(caught.value).__name__}:{caught.value.rule}"


def test_a_list_shorter_than_its_number_is_not_complete(site: Any, register: Register, tmp_path: Path) -> None:
    register.entries["CN", "PRODUTTORE"] = ["1", "2"]
    site.pages["/ricerca"] = lambda _q, _h: (200, HTML, results_page(["1", "2"], 3).encode())
    assert refusal(site, tmp_path).startswith("Fatal:pagination_loop")
    site.pages["/ricerca"] = lambda _q, _h: (200, HTML, results_page(["1", "2", "3"], 2).encode())
    assert refusal(site, tmp_path) == "Retriable:total_mismatch"


def test_where_an_entry_came_twice_nothing_counts_as_deleted(site: Any, register: Register, tmp_path: Path) -> None:
    for reference in map(str, range(1, 13)):
        register.add("CN", "PRODUTTORE", reference)

    def twice(query: dict[str, str], _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        listed = [*map(str, range(1, 13)), "7"] if query["provincia"] == "CN" else []
        shown = listed[(int(query["pagina"]) - 1) * 10 : int(query["pagina"]) * 10]
        body = results_page(shown, 13) if listed else "<html><body>Nessuna iscrizione trovata</body></html>"
        return 200, HTML, body.encode("cp1252")

    assert "keep_absent" not in land_all(site, tmp_path).notes
    site.pages["/ricerca"] = twice
    notes = land_all(site, tmp_path, "r2").notes
    assert notes["keep_absent"] == [""]
    assert any("nothing counts as deleted" in line and line.startswith("CN-") for line in notes["notices"])


def test_results_without_a_link_to_a_sheet_name_the_setting(site: Any, tmp_path: Path) -> None:
    page = results_page(["1", "2"], 2).replace("/scheda/", "/dettaglio?id=")
    site.pages["/ricerca"] = lambda _q, _h: (200, HTML, page.encode())
    with pytest.raises(ConnectorError, match="entry_link") as caught:
        land_all(site, tmp_path)
    assert caught.value.rule == "unexpected_page"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<html>Sito in manutenzione</html>", "Fatal:unexpected_page"),
        ("<html>Trovate 812 iscrizioni. Visualizzate le prime 500</html>", "Fatal:result_capped"),
        ("<html>Trovate oltre 500 iscrizioni</html>", "Fatal:result_capped"),
        ("", "Fatal:empty_body"),
    ],
)
def test_a_result_page_that_is_none(site: Any, tmp_path: Path, page: str, expected: str) -> None:
    site.text("/ricerca", page)
    assert refusal(site, tmp_path) == expected


def test_a_sheet_that_is_none_stops_the_run(site: Any, register: Register, tmp_path: Path) -> None:
    register.add("CN", "PRODUTTORE", "1", "<html>Sessione scaduta, effettuare il login</html>")
    assert refusal(site, tmp_path) == "Retriable:unexpected_page"


@pytest.mark.parametrize("answer", [(404, {}, b""), (200, HTML, b"<html>Iscrizione non trovata</html>")])
def test_an_entry_withdrawn_meanwhile_is_a_reject_many_are_an_error(
    site: Any, register: Register, tmp_path: Path, answer: tuple[int, dict[str, str], bytes]
) -> None:
    register.add("CN", "PRODUTTORE", "1")
    register.add("CN", "PRODUTTORE", "2")
    site.pages["/scheda/2"] = lambda _q, _h: answer
    landed = land_all(site, tmp_path)
    assert landed.notes["missing_sheets"] == ["2"]
    last = records(site, landed)[-1]
    assert (last.data["id_iscrizione"], [d.rule for d in last.defects]) == ("2", ["missing_sheet"])
    assert refusal(site, tmp_path, missing_sheets=0) == "Retriable:missing_sheets"


def test_one_sheet_in_a_broken_encoding_is_one_reject(site: Any, register: Register, tmp_path: Path) -> None:
    register.add("CN", "PRODUTTORE", "1")
    register.add("CN", "PRODUTTORE", "2", b"<html>\x81\x8d\x8f</html>")
    found = records(site, land_all(site, tmp_path))
    assert [[d.rule for d in record.defects] for record in found] == [[], ["encoding"]]


def test_configuration_errors(site: Any) -> None:
    for options, word in (({"route": "fax"}, "fax"), ({"province": []}, "province")):
        source = site.source("elenco_sottoprodotti", **options)
        with pytest.raises(BadConfig, match=word):
            list(connector.fetch(source.stream("iscrizioni"), site.context(source)))


XML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<elenco totale="1"><iscrizione id="7"><denominazione>{firm}</denominazione><codice_fiscale>00000000000</codice_fiscale>
<comune>Mondovì</comune><qualifica>PRODUTTORE</qualifica><sottoprodotti>{products}</sottoprodotti></iscrizione></elenco>"""
ONE = "<sottoprodotto><codice_ateco>10.51.20</codice_ateco><nome_commerciale>Siero</nome_commerciale></sottoprodotto>"


def test_the_xml_extract(site: Any, tmp_path: Path) -> None:
    site.text("/estratto.xml", XML.format(firm=FIRM, products=ONE + ONE).encode("latin-1"), "application/xml")
    first, second = records(site, land_all(site, tmp_path, route="xml"))
    assert (first.data["comune"], first.data["codice_ateco"]) == ("Mondovì", "10.51.20")
    assert first.data == second.data, "repeated word for word: the same record"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (XML.format(firm="x", products="<prodotto/>"), "xsd"),
        (XML.format(firm="x", products=ONE).replace('id="7"', ""), "xsd"),
        (XML.format(firm="x", products=ONE).replace('totale="1"', 'totale="2"'), "total_mismatch"),
        (XML.format(firm="x", products=ONE)[:-9], "xml_malformed"),
        (XML.format(firm="&bomba;", products=ONE).replace("<elenco", '<!DOCTYPE e [<!ENTITY bomba "x">]><elenco', 1),
         "xml_doctype"),
    ],
)  # fmt: skip
def test_xml_extracts_that_are_refused(site: Any, tmp_path: Path, body: str, rule: str) -> None:
    site.text("/estratto.xml", body.encode("latin-1"), "application/xml")
    landed = land_all(site, tmp_path, route="xml")
    with pytest.raises(Fatal) as caught:
        records(site, landed)
    assert caught.value.rule == rule


def test_the_schema_says_where_the_extract_differs(site: Any, tmp_path: Path) -> None:
    site.text("/estratto.xml", XML.format(firm="x", products="<prodotto/>").encode("latin-1"), "application/xml")
    with pytest.raises(Fatal, match=r"line 3: .*prodotto"):
        records(site, land_all(site, tmp_path, route="xml"))


def test_the_csv_extract(site: Any, tmp_path: Path) -> None:
    text = (
        "Codice fiscale;Denominazione;Comune;Qualifica;ATECO;Nome commerciale;Descrizione\r\n"
        f"00000000000;{FIRM};Cuneo;Produttore;10.51.20;Siero;fresco\r\n"
        f"00000000000;{FIRM};Cuneo;Produttore;10.51.20;Siero;concentrato\r\n"
        f"00000000000;{FIRM};Cuneo;Riutilizzatore;10.51.20;Siero;fresco\r\n"
    )
    site.text("/estratto.csv", text.encode("cp1252"), "text/csv")
    found = records(site, land_all(site, tmp_path, route="csv"))
    assert [record.data["ordine"] for record in found] == [1, 2, 1]
    contract = get_contract(site.source("elenco_sottoprodotti").stream("iscrizioni"))
    assert len({contract.model_validate(record.data).record_key() for record in found}) == 3
    site.text("/estratto.csv", text.replace("ATECO", "Cod. attivita").encode("cp1252"), "text/csv")
    with pytest.raises(Fatal, match=r"Cod\. attivita") as caught:
        records(site, land_all(site, tmp_path, "r2", route="csv"))
    assert caught.value.rule == "unknown_layout"


COLUMNS = "Codice fiscale;Comune;Qualifica;Nome commerciale;Descrizione;Allegato\r\n"


def read_csv_file(site: Any, tmp_path: Path, text: str) -> list[RawRecord]:
    path = tmp_path / "estratto.csv"
    path.write_text(text, encoding="utf-8", newline="")
    source = site.source("elenco_sottoprodotti")
    part = LandedPart(path, path.name, "text/csv", "", "", 0, {"kind": "estratto"})
    return list(connector.read(source, source.stream("iscrizioni"), part))


def test_a_row_that_an_unquoted_sign_shifted_is_a_defect_even_where_its_last_cell_is_empty(
    site: Any, tmp_path: Path
) -> None:
    text = COLUMNS + '0;Cuneo;P;Siero;"a; b";\r\n0;Cuneo;P;Siero;a; b;\r\n0;Cuneo;P;Siero\r\n'
    rules = [[d.rule for d in record.defects] for record in read_csv_file(site, tmp_path, text)]
    assert rules == [[], ["extra_cells"], ["missing_cells"]]
    text = COLUMNS + "0;Cuneo;P;Siero;a;;\r\n0;Cuneo;P;Scotta;a;;\r\n"
    assert not any(r.defects for r in read_csv_file(site, tmp_path, text)), "rows that all end with a delimiter"


@pytest.mark.parametrize(
    ("header", "rule", "words"),
    [
        (COLUMNS.replace("Qualifica;", ""), "unknown_layout", "no column for qualifica"),
        (COLUMNS.replace("Allegato", "Scheda tecnica;Allegato"), "ambiguous_layout", "allegato"),
        ("Estratto del registro\r\n" + COLUMNS, "unknown_layout", "first row must hold"),
        (COLUMNS.replace("Comune", "Codice EER"), "unknown_layout", "Codice EER"),
    ],
)
def test_tables_that_are_no_extract(site: Any, tmp_path: Path, header: str, rule: str, words: str) -> None:
    for rows in ("0;Cuneo;P;Siero;a;\r\n", ""):
        with pytest.raises(Fatal, match=words) as caught:
            read_csv_file(site, tmp_path, header + rows)
        assert caught.value.rule == rule
    assert not read_csv_file(site, tmp_path, COLUMNS)


def read_sheet_file(site: Any, tmp_path: Path, html: str) -> list[RawRecord]:
    path = tmp_path / "scheda-5.html"
    path.write_text(html, encoding="utf-8")
    meta = {"kind": "scheda", "id": "5", "listed": [{"provincia": "CN", "qualifica": "PRODUTTORE"}]}
    source = site.source("elenco_sottoprodotti")
    part = LandedPart(path, path.name, "text/html; charset=utf-8", "", "", 0, meta)
    return list(connector.read(source, source.stream("iscrizioni"), part))


ROWS = "<tr><th>Ragione sociale:</th><td>X (fittizio)</td></tr><tr><th>Comune</th><td>Cuneo</td></tr>"
PAIRED = "<tr><th>Ragione sociale</th><td>X (fittizio)</td><th>Comune</th><td>Cuneo</td></tr>"
TITLES = "<tr><th>ATECO</th><th>Nome commerciale</th><th>Descrizione</th></tr>"


def product_rows(name: str) -> str:
    return f"<tr><th>ATECO</th><td>10.51.20</td></tr><tr><th>Nome commerciale</th><td>{name}</td></tr>"


def product_list(name: str, activity: str = "<dt>ATECO</dt><dd>10.51.20</dd>") -> str:
    return f"{activity}<dt>Nome commerciale</dt><dd>{name}</dd>"


ACTIVITY = "<dt>Attività</dt><dd>10.51.20 - Produzione di derivati del latte</dd>"
LAYOUTS = {
    "one table a by-product": f"<table>{ROWS}</table><table>{product_rows('Siero')}</table>"
    f"<table>{product_rows('Scotta')}</table>",
    "all in one table": f"<table>{ROWS}{product_rows('Siero')}{product_rows('Scotta')}</table>",
    "one row a by-product": f"<table>{ROWS}</table><table>{TITLES}<tr><td>10.51.20</td><td>Siero</td><td>a</td></tr>"
    "<tr><td>10.51.20</td><td>Scotta</td><td>b</td></tr></table>",
    "pairs side by side, lists under headings": f"<table>{PAIRED}</table>"
    f"<h3>Sottoprodotto 1</h3><dl><div>{product_list('Siero')}</div></dl>"
    f"<h3>Sottoprodotto 2</h3><dl>{product_list('Scotta')}</dl>",
    "inside a table that only lays out": f"<table><tr><td><table>{ROWS}</table></td>"
    f"<td><dl>{product_list('Siero')}{product_list('Scotta')}</dl></td></tr></table>",
    "titles that are not marked as such": f"<table>{ROWS}</table><table>{TITLES.replace('th>', 'td>')}"
    "<tr><td>10.51.20</td><td>Siero</td><td>a</td></tr><tr><td>10.51.20</td><td>Scotta</td><td>b</td></tr></table>",
    "one activity beside two rows": f"<table>{ROWS}</table><table>{TITLES}"
    "<tr><td rowspan=2>10.51.20</td><td>Siero</td><td>a</td></tr><tr><td>Scotta</td><td>b</td></tr></table>",
    "a cell over two columns": f"<table>{ROWS}</table><table>{TITLES.replace('<th>N', '<th>CCIAA</th><th>N')}"
    "<tr><td colspan=2>10.51.20</td><td>Siero</td><td>a</td></tr>"
    "<tr><td colspan=2>10.51.20</td><td>Scotta</td><td>b</td></tr></table>",
    "by-products in a table within the table of the entry": f"<table>{ROWS}<tr><td>Elenco</td><td><table>"
    f"{product_rows('Siero')}{product_rows('Scotta')}</table></td></tr></table>",
    "activity in one field": f"<table>{ROWS}</table>"
    f"<dl>{product_list('Siero', ACTIVITY)}{product_list('Scotta', ACTIVITY)}</dl>",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_sheet_in_many_layouts(site: Any, tmp_path: Path, layout: str) -> None:
    found = read_sheet_file(site, tmp_path, f"<html><body>{LAYOUTS[layout]}</body></html>")
    assert [(r.data["nome_commerciale_sottoprodotto"], r.data["codice_ateco"]) for r in found] == [
        ("Siero", "10.51.20"), ("Scotta", "10.51.20"),
    ]  # fmt: skip
    assert {(r.data["ragione_sociale"], r.data["comune"], r.data["id_iscrizione"]) for r in found} == {
        ("X (fittizio)", "Cuneo", "5")
    }
    assert not any(record.defects for record in found)


def test_defects_of_a_sheet(site: Any, tmp_path: Path) -> None:
    html = sheet_page(
        [*ENTRY, ("Comune", "Alba"), ("Fatturato", "1"), ("Codice fiscal", "2"), ("ID", "6"), ("Stampa", "")], [WHEY]
    )
    (record,) = read_sheet_file(site, tmp_path, html)
    assert [(d.field, d.rule) for d in record.defects] == [
        ("Fatturato", "unknown_field"), ("Codice fiscal", "unknown_field"), ("Comune", "repeated_field"),
        ("id_iscrizione", "wrong_sheet"),
    ]  # fmt: skip
    assert "'codice fiscale'" in record.defects[1].message


@pytest.mark.parametrize(
    ("sent", "code", "text"),
    [
        ("10.51.20 – Produzione di derivati", "10.51.20", "Produzione di derivati"),
        ("10.51.20 Produzione di derivati", "10.51.20", "Produzione di derivati"),
        ("ATECO 10.51: derivati del latte", "10.51", "derivati del latte"),
        ("2 linee di imbottigliamento", None, "2 linee di imbottigliamento"),
        ("Produzione di derivati", None, "Produzione di derivati"),
    ],
)
def test_an_activity_in_one_field(site: Any, tmp_path: Path, sent: str, code: str | None, text: str) -> None:
    product = [("Attività", sent), ("Nome commerciale", "Siero")]
    (record,) = read_sheet_file(site, tmp_path, sheet_page(ENTRY, [product]))
    assert (record.data.get("codice_ateco"), record.data["descrizione_attivita"]) == (code, text)


def test_cells_that_no_title_explains_are_defects_not_lost(site: Any, tmp_path: Path) -> None:
    row = "<tr><td>10.51.20</td><td>Siero</td><td>a</td><td>12 t</td></tr>"
    (record,) = read_sheet_file(site, tmp_path, f"<html><table>{ROWS}</table><table>{TITLES}{row}</table></html>")
    assert [(d.field, d.value, d.rule) for d in record.defects] == [("column 4", "12 t", "unknown_field")]
    html = (
        f"<html><table>{ROWS}<tr><th>CAP</th><td>12100</td><td>12 t</td></tr></table><dl>{product_list('Siero')}</dl>"
    )
    (record,) = read_sheet_file(site, tmp_path, html)
    assert [(d.field, d.rule) for d in record.defects] == [("12 t", "unknown_field")]


def test_cells_that_claim_to_span_a_whole_page_do_not_fill_the_memory(site: Any, tmp_path: Path) -> None:
    wide = '<tr><td rowspan="99999" colspan="99999">10.51.20</td><td>Siero</td></tr>' * 300
    found = read_sheet_file(site, tmp_path, f"<html><table>{ROWS}</table><table>{TITLES}{wide}</table></html>")
    assert len(found) == 300
    assert all("nome_commerciale_sottoprodotto" not in record.data for record in found), "the name's column is spanned"


def test_lines_of_a_text_stay_apart_and_scripts_are_no_text(site: Any, tmp_path: Path) -> None:
    text = (
        "siero fresco<br>12 t/anno<ul><li>da ottobre</li><li>a giugno</li></ul><script>x()</script><style>p{}</style>"
    )
    page = sheet_page(ENTRY, [[*WHEY[:2], ("Descrizione", "@")]]).replace("@", text)
    (record,) = read_sheet_file(site, tmp_path, page)
    assert record.data["descrizione_sottoprodotto"] == "siero fresco 12 t/anno da ottobre a giugno"
    assert (record.data["derived_quantity"], record.data["derived_season_months"][:2]) == (12, [1, 2])


def test_a_sheet_that_says_a_document_is_missing_is_not_missing(site: Any, tmp_path: Path) -> None:
    (record,) = read_sheet_file(site, tmp_path, sheet_page(ENTRY, [[*WHEY, ("Allegato", "Scheda non disponibile")]]))
    assert not record.defects
    assert record.data["nome_commerciale_sottoprodotto"] == "Siero di latte dolce"


def test_a_sheet_without_by_products_gives_one_record_to_reject(site: Any, tmp_path: Path) -> None:
    (record,) = read_sheet_file(site, tmp_path, sheet_page(ENTRY, []))
    assert "nome_commerciale_sottoprodotto" not in record.data


def test_what_the_text_says_goes_to_derived_fields_only(site: Any, tmp_path: Path) -> None:
    product = [*WHEY[:2], ("Descrizione", "quantitÃ\u00a0 annua 30 t, ex CER 02 05 01"), ("Allegato", "Sì")]
    (record,) = read_sheet_file(site, tmp_path, sheet_page(ENTRY, [product]))
    assert record.data["descrizione_sottoprodotto"] == "quantità annua 30 t, ex CER 02 05 01"
    assert record.data["derived_repaired_fields"] == ["descrizione_sottoprodotto"]
    assert (record.data["derived_quantity"], record.data["derived_quantity_period"]) == (30, "year")
    assert record.data["derived_eer_code"] == "020501"
    assert record.data["derived_has_attachment"] is True


@pytest.mark.parametrize(
    ("html", "total", "count"),
    [
        (results_page(["1", "2"], 1234), 1234, 2),
        (results_page(["1", "1", "2"], 3, rows="table"), 3, 3),
        (results_page(["1", "1", "2"], 2, rows="plain"), 2, 2),
        ("<p>12 iscrizioni trovate</p>", 12, 0),
        ("<p>Totale iscrizioni: 5</p>", 5, 0),
        ("<p>Numero delle iscrizioni: 1.205</p>", 1205, 0),
        ("<p>Risultati 1-10 di 47</p>", 47, 0),
        ("<p>Iscrizioni da 11 a 20 su 1.047</p>", 1047, 0),
        ("<p>La ricerca ha prodotto 12 risultati</p>", 12, 0),
        ("<p>Risultati della ricerca: 8</p>", 8, 0),
        ("<p>Nessun risultato</p>", 0, 0),
        (results_page(["1"], 1).replace(FIRM, "Sfridi oltre 10 mm e più di 2 m (fittizio)"), 1, 1),
    ],
)
def test_numbers_and_links_of_result_pages(html: str, total: int, count: int) -> None:
    page = lxml.html.fromstring(f"<html>{html}</html>")
    found = read_results(page, "https://example.org/ricerca", re.compile(r"/scheda/(\d+)"))
    assert (found.total, len(found.entries)) == (total, count)
