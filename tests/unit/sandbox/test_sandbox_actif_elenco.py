from __future__ import annotations

import csv
import io
import re

import lxml.etree
import lxml.html
import pytest
from python_calamine import CalamineWorkbook


def test_pages_give_every_flow_once(client, world) -> None:
    found, page = [], 1
    while True:
        body = client.get("/actif/api/flux", params={"page": page, "taille": 300}).json()
        found += body["resultats"]
        assert body["total"] == len(world.data["actif"])
        if page == body["pages"]:
            break
        page += 1
    assert found == world.data["actif"]


def test_page_size_is_capped_and_pages_end(client) -> None:
    body = client.get("/actif/api/flux", params={"taille": 100000}).json()
    assert body["taille"] == 500 == len(body["resultats"])
    assert client.get("/actif/api/flux", params={"page": 999}).status_code == 404


def test_etag(client) -> None:
    first = client.get("/actif/api/flux", params={"page": 2})
    again = client.get("/actif/api/flux", params={"page": 2}, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    other = client.get("/actif/api/flux", params={"page": 3}, headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def test_csv_export_is_cp1252_with_decimal_commas(client, world) -> None:
    body = client.get("/actif/export/flux.csv").content
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(body.decode("cp1252"), newline=""), delimiter=";"))
    assert len(rows) == len(world.data["actif"])
    assert any(re.fullmatch(r"\d+,\d+", row["quantite"]) for row in rows)


def test_xlsx_export_loses_the_zeros_of_postcodes(client, world) -> None:
    first, second = (client.get("/actif/export/flux.xlsx").content for _ in range(2))
    assert first == second
    rows = CalamineWorkbook.from_filelike(io.BytesIO(first)).get_sheet_by_index(0).to_python()
    header = next(i for i, row in enumerate(rows) if row[0] == "id_flux")
    column = rows[header].index("code_postal")
    assert len(rows) - header - 1 == len(world.data["actif"])
    assert any(isinstance(row[column], float) and row[column] < 10000 for row in rows[header + 1 :])


def results(client, **query: object) -> tuple[int, list[str], int]:
    page = lxml.html.fromstring(client.get("/elenco/ricerca", params=query).content)
    text = page.text_content()
    total = int(re.search(r"Trovate (\d+) iscrizioni", text)[1])
    pages = re.search(r"pagina \d+ di (\d+)", text)
    return total, page.xpath("//table//a/@href"), int(pages[1]) if pages else 1


@pytest.mark.parametrize("area", ["TO", "CN", "AO", "IM"])
def test_search_pages_give_every_sheet(client, world, area: str) -> None:
    total, links, pages = results(client, provincia=area)
    for page in range(2, pages + 1):
        links += results(client, provincia=area, pagina=page)[1]
    expected = {f"/elenco/scheda/{s['id']}" for s in world.data["elenco"] if s["provincia"] == area}
    assert total == len(expected) == len(links)
    assert set(links) == expected


def test_search_by_role_and_activity(client, world) -> None:
    total, links, _ = results(client, provincia="TO", qualifica="UTILIZZATORE")
    ids = {link.rsplit("/", 1)[1] for link in links}
    assert total >= len(ids) > 0
    assert all("UTILIZZATORE" in s["qualifica"] for s in world.data["elenco"] if s["id"] in ids)
    total, _, _ = results(client, ateco="10.51")
    assert total == sum(
        any(p["codice_ateco"].replace(".", "").startswith("1051") for p in s["sottoprodotti"])
        for s in world.data["elenco"]
    )
    assert results(client, provincia="RM")[0] == 0


def test_search_wants_a_criterion(client) -> None:
    assert "almeno un criterio" in client.get("/elenco/ricerca").text


def test_sheets_come_in_two_layouts_and_some_lie_about_their_encoding(client, world) -> None:
    layouts, lies = set(), 0
    for sheet in world.data["elenco"]:
        answer = client.get(f"/elenco/scheda/{sheet['id']}")
        layouts.add("dl" if b"<dl>" in answer.content else "table")
        declared = answer.headers["content-type"].rsplit("=", 1)[1]
        try:
            wrong = "dati fittizi" not in answer.content.decode(declared) or "â€“" in answer.content.decode("cp1252")
            lies += wrong and declared == "ISO-8859-1"
        except UnicodeDecodeError:
            lies += declared == "UTF-8"
    assert layouts == {"dl", "table"}
    assert lies >= 10


def test_unknown_sheet_is_a_page_with_status_200(client) -> None:
    answer = client.get("/elenco/scheda/1")
    assert answer.status_code == 200
    assert "non trovata" in answer.text


def test_extract_has_the_sheets_of_the_search(client, world) -> None:
    answer = client.get("/elenco/estratto.xml")
    assert answer.content.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    root = lxml.etree.fromstring(answer.content)
    assert int(root.get("totale")) == len(root) == len(world.data["elenco"])
    products = [p for s in world.data["elenco"] for p in s["sottoprodotti"]]
    assert [e.findtext("nome_commerciale") or "" for e in root.iter("sottoprodotto")] == [
        p["nome_commerciale"] for p in products
    ]


@pytest.mark.parametrize("source", ["actif", "elenco", "tiers_lieux"])
def test_faults_can_be_switched_on_and_off(client, source: str) -> None:
    path = {
        "actif": "/actif/api/flux",
        "elenco": "/elenco/estratto.xml",
        "tiers_lieux": "/tl/schema-national/lieux.csv",
    }
    normal = client.get(path[source]).content

    def under(kind: str):
        assert client.post("/_control/fault", json={"source": source, "kind": kind}).status_code == 200
        return client.get(path[source])

    assert under("503").status_code == 503
    assert under("html").headers["content-type"].startswith("text/html")
    assert len(under("truncate").content) == len(normal) // 2
    assert len(under("empty").content) < len(normal)
    if source != "actif":  # a page of ACTIF stays full
        assert len(under("shrink60").content) < len(normal) * 0.6
    client.delete("/_control/fault")
    assert client.get(path[source]).content == normal
    assert client.post("/_control/fault", json={"source": source, "kind": "explode"}).status_code == 400


def test_shrink_takes_six_in_ten_flows(client, world) -> None:
    client.post("/_control/fault", json={"source": "actif", "kind": "shrink60"})
    assert client.get("/actif/api/flux").json()["total"] == int(len(world.data["actif"]) * 0.4)


def test_index_lists_addresses_that_answer(client) -> None:
    page = client.get("/")
    assert "synthetic" in page.text
    links = lxml.html.fromstring(page.content).xpath("//a/@href")
    assert len(links) > 15
    for link in links:
        if "globalautocomplete" not in link:
            assert client.get(link).status_code == 200, link
