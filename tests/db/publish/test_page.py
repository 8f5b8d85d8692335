"""The page shows the release, asks nobody for anything and runs no text of a source."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from lxml.html import HtmlElement

SCRIPT = "</script><script>alert(1)</script>"


@pytest.fixture(scope="module")
def page(published: Path) -> HtmlElement:
    return lxml.html.document_fromstring((published / "index.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def data(page: HtmlElement) -> dict[str, Any]:
    embedded: dict[str, Any] = json.loads(page.get_element_by_id("data").text or "")
    return dict(embedded["data"])


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_text_of_a_source_never_becomes_markup(page: HtmlElement, published: Path, data: dict[str, Any]) -> None:
    assert len(page.findall(".//script")) == 2
    assert page.findall(".//img") == []
    raw = (published / "index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in raw
    assert "<img src=x" not in raw
    assert [point[2] for point in data["map"]["places"]["points"]].count(SCRIPT) == 1
    assert not any(name.startswith("on") for element in page.iter() for name in element.attrib)


def test_the_content_policy_allows_our_script_and_style_only(page: HtmlElement) -> None:
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    assert rules["default-src"] == "'none'"
    script = [element for element in page.findall(".//script") if element.get("type") is None]
    assert rules["script-src"] == f"'{digest(script[0].text or '')}'"
    assert rules["style-src"] == f"'{digest(page.find('.//style').text or '')}'"
    assert "unsafe" not in str(policy)


def test_the_page_needs_no_other_server(page: HtmlElement, published: Path) -> None:
    assert page.xpath("//@src | //link/@href") == []
    assert not re.search(r"url\(|@import", page.find(".//style").text or "")
    script = "".join(element.text or "" for element in page.findall(".//script") if element.get("type") is None)
    assert not re.search(r"\b(fetch|XMLHttpRequest|import|eval|innerHTML|insertAdjacentHTML|document\.write)\b", script)
    local = {str(href) for href in page.xpath("//a/@href") if not str(href).startswith("#")}
    assert {href for href in local if not (published / href).exists()} == set()


def test_only_web_addresses_become_links(data: dict[str, Any]) -> None:
    assert sorted(str(point[5]) for point in data["map"]["places"]["points"]) == ["None", "https://ruche.example"]


def test_figures_are_those_of_the_tables(data: dict[str, Any]) -> None:
    headline = data["headline"]
    assert (headline["offers"], headline["demands"], headline["organisations"], headline["places"]) == (3, 1, 4, 2)
    assert (headline["declared"], headline["certified"], headline["expenses"]) == (100.3, 90.05, 3)
    assert headline["municipalities"] == 2
    families = {row["code"]: row for row in data["families"]}
    assert list(families) == ["FOOD_AGRI", "WOOD", None]
    assert (families["FOOD_AGRI"]["offers"], families["FOOD_AGRI"]["demands"]) == (1, 1)
    assert families["FOOD_AGRI"]["offers_t"] == 1234567890.125
    areas = {row["code"]: row for row in data["areas"]}
    assert (areas["ITC11"]["offers"], areas["ITC11"]["demands"], areas["FRK27"]["places"]) == (1, 1, 2)
    assert areas[None]["offers"] == 1


def test_money_is_summed_per_partner_and_category_and_says_what_is_left_out(data: dict[str, Any]) -> None:
    money = data["money"]
    (first, second) = money["partners"]
    assert (first["name"], first["declared"], first["certified"], first["waiting"], first["budget"]) == (
        "Chambre (fictif)", 100.3, 90.05, 0.2, 1000.1,
    )  # fmt: skip
    assert (second["declared"], second["lines"], second["budget"]) == (0, 1, None)
    assert [(row["code"], row["declared"]) for row in money["categories"]] == [
        ("STAFF", 100.1), ("EQUIPMENT", 0.2), (None, 0),
    ]  # fmt: skip
    assert money["lines_without_eur"] == 1


def test_findings_are_counted_per_rule_the_grave_ones_first(data: dict[str, Any]) -> None:
    found = [(row["code"], row["severity"], row["findings"], row["open"], row["at_stake"]) for row in data["findings"]]
    assert found == [("R01", "ERROR", 1, 1, 10.01), ("R02", "INFO", 2, 1, 20.02)]
    assert data["findings"][0]["label"]["fr"] == "R01 fr"
    assert [(row["code"], row["target"], row["reached"]) for row in data["indicators"]] == [("RCO87", 4, 3)]


def test_stale_and_synthetic_data_are_named(data: dict[str, Any]) -> None:
    states = {row["source_id"]: row for row in data["sources"]}
    assert states["tiers_lieux"]["is_stale"] is True
    assert states["tiers_lieux"]["last_good_at"] is None
    assert states["actif"]["title"]["it"].startswith("ACTIF")
    assert data["synthetic"]["marked"] == 6
    assert data["synthetic"]["sources"] == ["actif", "elenco_sottoprodotti", "synergie", "tiers_lieux"]
    assert data["terms"] == [{"licence": "CC0-1.0", "attribution": "Synthetic data of the test", "rows": 2}]


def test_the_map_has_a_border_and_places_what_can_be_placed(data: dict[str, Any]) -> None:
    drawn = data["map"]
    assert set(drawn["ground"]) == {"FR", "IT"}
    assert len(drawn["ground"]["FR"]) == 50
    assert len(drawn["border"]) == 1
    steps = drawn["border"][0]
    longitudes = [sum(steps[1 : i + 1 : 2]) / 10_000 for i in range(1, len(steps), 2)]
    assert all(6.8 < longitude < 7.0 for longitude in longitudes)  # halfway between the two grids
    assert (drawn["flows"]["shown"], drawn["flows"]["total"]) == (3, 4)
    points = {tuple(point["at"]): point for point in drawn["flows"]["points"]}
    assert points[(451200, 66500)]["sums"][0][:3] == ["OFFER", "FOOD_AGRI", 1]
    assert [entry[0] for entry in points[(450000, 74000)]["sums"]] == ["DEMAND", "OFFER"]


def test_files_are_linked_with_their_sizes(data: dict[str, Any], published: Path) -> None:
    files = {file["name"]: file["bytes"] for table in data["tables"] for file in table["files"]}
    assert "flow.geojson" in files
    assert all((published / name).stat().st_size == size for name, size in files.items())
    assert data["dictionaries"] == {lang: f"data_dictionary_{lang}.md" for lang in ("fr", "it", "en")}


def test_the_page_is_accessible_in_its_bones(page: HtmlElement) -> None:
    assert page.get("lang") == "fr"
    for landmark in ("header", "main", "footer", "nav"):
        assert page.find(f".//{landmark}") is not None
    identifiers = [str(value) for value in page.xpath("//@id")]
    assert len(identifiers) == len(set(identifiers))
    assert all(str(value) in identifiers for value in page.xpath("//@aria-labelledby"))
    assert all(button.get("aria-label") or button.text_content().strip() for button in page.findall(".//button"))
    assert [str(value) for value in page.xpath("//nav[contains(@class, 'languages')]/a/@lang")] == ["fr", "it", "en"]
