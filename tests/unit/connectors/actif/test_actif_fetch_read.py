"""ACTIF over HTTP and from a folder: pages land untouched, and come back as flows."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from connectors.actif import connector
from connectors.core.blocks import singly
from connectors.core.errors import BadConfig, ConnectorError, Fatal, Retriable
from connectors.core.landing import Landed, land
from connectors.core.source import LandedPart, RawRecord

JSON = {"Content-Type": "application/json; charset=utf-8"}
FIRM = "Exemple Cidrerie des Cimes (fictif)"


def flow(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id_flux": f"FLX-{number:04d}", "siret": "00000000000000", "raison_sociale": FIRM, "sens": "sortant",
        "libelle_flux": "marc de pomme", "quantite": 120.5, "unite": "t/an", **more,
    }  # fmt: skip


def serve(site: Any, flows: list[dict[str, Any]], cap: int = 1000) -> None:
    def page(query: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        number, size = int(query["page"]), min(int(query["taille"]), cap)
        shown = flows[(number - 1) * size : number * size]
        body = json.dumps({"page": number, "taille": size, "total": len(flows), "resultats": shown}).encode()
        etag = f'"{hash(body)}"'
        if headers.get("if-none-match") == etag:
            return 304, {"ETag": etag}, b""
        return 200, {**JSON, "ETag": etag}, body

    site.pages["/api/flux"] = page


def land_all(site: Any, root: Path, run: str, previous: Landed | None = None, **options: Any) -> Landed:
    source = site.source("actif", **options)
    state: dict[str, Any] = {}
    if previous is not None:
        validators = {p.url: p.meta["validators"] for p in previous.parts if p.meta.get("validators")}
        state = {"since": previous.notes.get("cursor"), "validators": validators}
    context = site.context(source, **state)
    parts = connector.fetch(source.stream("flux"), context)
    return land(root, "actif", "flux", run, parts, context.notes, previous)


def records(site: Any, landed: Landed) -> list[RawRecord]:
    source = site.source("actif")
    return [r for part in landed.parts for r in singly(connector.read(source, source.stream("flux"), part))]


def test_each_page_lands_as_one_part_and_reads_back(site: Any, tmp_path: Path) -> None:
    serve(site, [flow(n) for n in range(23)])
    landed = land_all(site, tmp_path, "r1", page_size=10)
    assert [part.name for part in landed.parts] == ["page-00001.json", "page-00002.json", "page-00003.json"]
    assert landed.notes["declared_total"] == 23
    found = records(site, landed)
    assert [record.data["id_flux"] for record in found] == [f"FLX-{n:04d}" for n in range(23)]
    assert found[12].position == "page 2 item 3"
    assert not any(record.defects for record in found)


def test_pages_that_did_not_change_are_linked_not_sent(site: Any, tmp_path: Path) -> None:
    flows = [flow(n) for n in range(23)]
    serve(site, flows)
    first = land_all(site, tmp_path, "r1", page_size=10)
    flows[11] = flow(11, quantite=99)
    second = land_all(site, tmp_path, "r2", first, page_size=10)
    assert [a.sha256 == b.sha256 for a, b in zip(first.parts, second.parts, strict=True)] == [True, False, True]
    third = land_all(site, tmp_path, "r3", second, page_size=10)
    assert third.digest == second.digest, "validators outlive a run in which nothing was sent"
    assert [r.data["quantite"] for r in records(site, third)][11] == 99


def test_a_limit_lowered_by_the_server_is_noted(site: Any, tmp_path: Path) -> None:
    serve(site, [flow(n) for n in range(23)], cap=5)
    landed = land_all(site, tmp_path, "r1", page_size=10)
    assert landed.notes["reduced_limit"] == 5
    assert len(records(site, landed)) == 23


def test_a_web_page_instead_of_json_is_refused(site: Any, tmp_path: Path) -> None:
    site.text("/api/flux", "<html>Connexion</html>")
    with pytest.raises(Fatal, match="text/html") as caught:
        land_all(site, tmp_path, "r1")
    assert caught.value.rule == "unexpected_media_type"


def test_without_an_address_or_with_an_unknown_route_the_configuration_is_to_blame(site: Any) -> None:
    source = site.source("actif", route="fax")
    with pytest.raises(BadConfig, match="fax"):
        list(connector.fetch(source.stream("flux"), site.context(source)))
    source = site.source("actif").model_copy(update={"base_url": None})
    with pytest.raises(BadConfig, match="base_url"):
        list(connector.fetch(source.stream("flux"), site.context(source)))


def test_json_keys_unknown_to_the_layout_keep_their_name(site: Any, tmp_path: Path) -> None:
    serve(site, [flow(1, niveau_de_priorite="haute"), flow(2)])
    first, second = records(site, land_all(site, tmp_path, "r1"))
    assert first.data["niveau_de_priorite"] == "haute"
    assert "niveau_de_priorite" not in second.data


def test_items_that_are_no_flows_are_refused_by_name(site: Any, tmp_path: Path) -> None:
    serve(site, [flow(1)])
    site.pages["/api/flux"] = lambda _q, _h: (200, JSON, b'{"total": 2, "resultats": ["x", {"a": 1, "b": 2}]}')
    landed = land_all(site, tmp_path, "r1")
    with pytest.raises(Fatal) as caught:
        records(site, landed)
    assert caught.value.rule == "unknown_layout"


CSV = (
    "id_flux;siret;raison_sociale;code_postal;commune;sens;type_flux;libelle_flux;quantite;unite;date_maj\r\n"
    f'FLX-1;00000000000000;"{FIRM}";73000;Chambéry;sortant;matière;"marc de pomme";120,5;t/an;03/09/2026\r\n'
    'FLX-2;00000000000000;"Exemple; avec point-virgule (fictif)";01000;Bourg;E;eau;eau tiède;1 234,5;m3;\r\n'
)


@pytest.mark.parametrize(("encoding", "bom"), [("cp1252", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-8", b"")])
def test_the_csv_export_in_both_encodings(site: Any, tmp_path: Path, encoding: str, bom: bytes) -> None:
    site.text("/export/flux.csv", bom + CSV.encode(encoding), "text/csv")
    landed = land_all(site, tmp_path, "r1", route="export_csv")
    first, second = records(site, landed)
    assert (first.data["commune"], first.data["quantite"], first.position) == ("Chambéry", "120,5", "row 2")
    assert second.data["raison_sociale"] == "Exemple; avec point-virgule (fictif)"
    assert second.data["code_postal"] == "01000"


def test_an_export_that_did_not_change_is_not_sent_again(site: Any, tmp_path: Path) -> None:
    def page(_query: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if headers.get("if-none-match") == '"1"':
            return 304, {}, b""
        return 200, {"Content-Type": "text/csv", "ETag": '"1"'}, CSV.encode()

    site.pages["/export/flux.csv"] = page
    first = land_all(site, tmp_path, "r1", route="export_csv")
    second = land_all(site, tmp_path, "r2", first, route="export_csv")
    assert second.digest == first.digest
    assert second.parts[0].meta["validators"] == {"etag": '"1"'}


def part_of(path: Path, name: str | None = None) -> LandedPart:
    return LandedPart(path, name or path.name, "", "", "", path.stat().st_size, {})


def read_file(site: Any, path: Path) -> list[RawRecord]:
    source = site.source("actif")
    return list(singly(connector.read(source, source.stream("flux"), part_of(path))))


def refusal(site: Any, path: Path) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        read_file(site, path)
    return caught.value


def workbook(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value is not None:
                        sheet.write(number, column, value)
            if name in hidden:
                sheet.hide()
    return path


HEADER = ["Identifiant du flux", "N° SIRET", "Raison sociale", "Sens (E/S)", "Libellé du flux", "Quantité", "Unité",
          "Date de mise à jour"]  # fmt: skip


def test_a_workbook_with_title_notice_and_hidden_sheet(site: Any, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "flux.xlsx",
        {
            "Notice": [["Mode d'emploi"]],
            "Flux": [
                ["Export des flux (fictif)"], [], HEADER,
                ["F1", 123, FIRM, "S", "marc", 12.5, "t", date(2026, 9, 3)],
                [],
                ["F2", "00000000000000", FIRM, "Entrant", "eau", 3, "m3", None],
            ],
            "Ancien": [["secret"]],
            "Vide": [],
        },
        hidden=("Ancien",),
    )  # fmt: skip
    first, second = read_file(site, path)
    assert first.position == "sheet Flux row 4"
    assert first.data["date_maj"] == date(2026, 9, 3)
    assert (second.position, second.data["quantite"]) == ("sheet Flux row 6", 3)
    assert not first.defects


def test_cells_without_a_value_of_their_own_are_defects(site: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        HEADER,
        ["F1", "1", FIRM, "S", "marc", "=1+1", "t"],
        ["F2", "1", FIRM, "S", "marc", 1, "t", None, "à côté"],
        ["F3", "1", FIRM, "S", "marc", 1, "t"],
        ["F4", "1", None, "S", "marc", 1, "t"],
    ):
        sheet.append(row)
    sheet.merge_cells("C4:C5")
    book.save(tmp_path / "flux.xlsx")  # openpyxl stores formulas without their result
    found = read_file(site, tmp_path / "flux.xlsx")
    assert [[(d.field, d.rule) for d in record.defects] for record in found] == [
        [("Quantité", "formula_without_value")],
        [("column 9", "extra_cells")],
        [],
        [("Raison sociale", "merged_cells")],
    ]


def test_an_unknown_header_names_the_nearest_layout_and_the_columns(site: Any, tmp_path: Path) -> None:
    header = [*HEADER[:5], "Quantite annuele", "Unité de mesure", "Statut juridique"]
    path = workbook(tmp_path / "flux.xlsx", {"Flux": [header, ["F1", 1, FIRM, "S", "marc", 1, "t", "SAS"]]})
    error = refusal(site, path)
    assert error.rule == "unknown_layout"
    assert "'french_labels' version 1" in error.message
    assert "'Quantite annuele' (is it 'Quantité'?)" in error.message
    assert "'Unité de mesure' (is it 'Unité'?)" in error.message
    assert "'Statut juridique'" in error.message


def test_other_refusals_by_name(site: Any, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Notice": [["rien"]]})
    assert refusal(site, path).rule == "no_table"
    path = workbook(tmp_path / "b.xlsx", {"Flux": [[*HEADER, "quantité"], ["F1"]]})
    assert refusal(site, path).rule == "unknown_layout"
    (tmp_path / "c.csv").write_text("bonjour;monde\n1;2\n")
    assert refusal(site, tmp_path / "c.csv").rule == "unknown_layout"
    (tmp_path / "d.csv").write_text("<html><body>Connexion</body></html>")
    assert refusal(site, tmp_path / "d.csv").rule == "html_not_csv"
    (tmp_path / "e.csv").write_text("siret;sens;libelle_flux\n1;S;sciure;de trop\n2;S\n")
    rules = [[d.rule for d in r.defects] for r in read_file(site, tmp_path / "e.csv")]
    assert rules == [["extra_cells"], ["missing_cells"]]


@pytest.mark.parametrize("above", ["sep=;\r\n", "Export des flux (fictif)\r\n\r\n", "Export;du 03/09/2026\n"])
def test_a_csv_with_rows_above_its_header(site: Any, tmp_path: Path, above: str) -> None:
    path = tmp_path / "flux.csv"
    path.write_text(above + CSV + "FLX-3;00000000000000\r\n", encoding="cp1252", newline="")
    first, second, third = read_file(site, path)
    assert (first.data["commune"], first.data["quantite"]) == ("Chambéry", "120,5")
    assert second.data["raison_sociale"] == "Exemple; avec point-virgule (fictif)"
    assert second.position == f"row {2 + above.count(chr(10)) + 1}"
    assert not first.defects + second.defects
    assert {d.rule for d in third.defects} == {"missing_cells"}
    assert len(third.defects) == 9


def test_a_row_that_an_unquoted_comma_shifted_is_a_defect_even_where_its_last_cell_is_empty(
    site: Any, tmp_path: Path
) -> None:
    header, path = "siret,sens,libelle_flux,quantite,unite,conseiller", tmp_path / "flux.csv"
    path.write_text(f'{header}\n1,S,marc,"1,5",t,\n1,S,sciure,1,5,t,\n')
    assert [[d.rule for d in r.defects] for r in read_file(site, path)] == [[], ["extra_cells"]]
    path.write_text(f"{header}\n1,S,marc,1,t,,\n1,S,sciure,2,t,,\n")
    assert not any(r.defects for r in read_file(site, path)), "rows that all end with a delimiter"


def test_what_is_most_like_a_header_is_explained(site: Any, tmp_path: Path) -> None:
    header = ["Réf.", "N° SIRET", "Sens (E/S)", "Flux", "Tonnage", "Commentaires"]
    path = workbook(
        tmp_path / "a.xlsx", {"Flux": [["Export des flux (fictif)"], header, ["F1", 1, "S", "marc", 2, ""]]}
    )
    assert "unknown column 'Tonnage'" in refusal(site, path).message
    path = workbook(tmp_path / "b.xlsx", {"Flux": [[f"note {n}"] for n in range(25)]})
    error = refusal(site, path)
    assert (error.rule, "first 20 rows" in error.message) == ("unknown_layout", True)
    path = workbook(tmp_path / "c.xlsx", {"Flux": [[*HEADER, "Quantité"], ["F1"]]})
    assert "column 'Quantité' stands twice" in refusal(site, path).message
    path = workbook(tmp_path / "d.xlsx", {"Flux": [["id_flux", "sens"], ["F1", "S"]]})
    assert [r.data["id_flux"] for r in read_file(site, path)] == ["F1"], "few columns are a table too"


def test_a_header_without_rows_has_to_be_one(site: Any, tmp_path: Path) -> None:
    path = tmp_path / "flux.csv"
    path.write_text("\r\n" + CSV.partition("\r\n")[0])
    assert read_file(site, path) == []
    path.write_text('{"erreur": "accès refusé"}')
    assert refusal(site, path).rule == "unknown_layout"


def test_what_keeps_a_spreadsheet_from_dropping_zeros_is_no_part_of_the_value(site: Any, tmp_path: Path) -> None:
    path = tmp_path / "flux.csv"
    path.write_text('id_flux;siret;sens;libelle_flux\n="0001";"=""01234567890123""";S;=marc "brut"\n')
    (record,) = read_file(site, path)
    assert (record.data["id_flux"], record.data["siret"]) == ("0001", "01234567890123")
    assert record.data["libelle_flux"] == '=marc "brut"'


def test_two_keys_of_one_field_are_a_defect(site: Any, tmp_path: Path) -> None:
    serve(site, [{**flow(1), "Id flux": "FLX-9999"}, {**flow(2), "Id flux": "FLX-0002"}])
    first, second = records(site, land_all(site, tmp_path, "r1"))
    assert [(d.field, d.rule) for d in first.defects] == [("Id flux", "repeated_field")]
    assert not second.defects


def test_the_folder_route(site: Any, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    with pytest.raises(Retriable, match="no file"):
        land_all(site, tmp_path / "l", "r0", route="folder", inbox=str(inbox))
    (inbox / "Savoie été.csv").write_bytes(CSV.encode("cp1252"))
    workbook(inbox / "b.xlsx", {"Flux": [HEADER, ["F9", 1, FIRM, "S", "marc", 1, "t"]]})
    (inbox / "~$b.xlsx").write_bytes(b"lock")
    (inbox / "c.csv.part").write_bytes(b"half")
    landed = land_all(site, tmp_path / "l", "r1", route="folder", inbox=str(inbox))
    assert [part.name for part in landed.parts] == ["file-001-Savoie_t_.csv", "file-002-b.xlsx"]
    assert [r.data["id_flux"] for r in records(site, landed)] == ["FLX-1", "FLX-2", "F9"]
    (inbox / "old.xls").write_bytes(b"x")
    with pytest.raises(Fatal, match=r"\.xls"):
        land_all(site, tmp_path / "l", "r2", route="folder", inbox=str(inbox))
    (inbox / "old.xls").unlink()
    (inbox / "link.csv").symlink_to("/etc/hostname")
    with pytest.raises(Fatal, match="plain file"):
        land_all(site, tmp_path / "l", "r3", route="folder", inbox=str(inbox))
