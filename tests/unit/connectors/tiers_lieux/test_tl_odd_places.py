"""Odd but real places: withdrawn elements, hours in words, other shapes than a mapping expects, lonely rows."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.core.errors import Fatal
from connectors.tiers_lieux import hours
from connectors.tiers_lieux.mapping import FieldMapping
from connectors.tiers_lieux.values import Mapper

NAMED = {"name": "Atelier (fictif)"}


def carte(site: Any, **more: Any) -> dict[str, Any]:
    return {"id": "carte", "family": "gogocarto", "url": site.url("/e.json"), **more}


def test_withdrawn_elements_count_as_absent_and_are_counted(site: Any, run: Any) -> None:
    statuses = [-6, -4, "-2", -1, "0", 1, 7]
    site.on("/e.json", {"data": [{"id": f"s{status}", "status": status, **NAMED} for status in statuses]})
    result = run(carte(site))
    assert list(result.valid) == ["carte:s-1", "carte:s0", "carte:s1", "carte:s7"]
    assert result.rejected == []
    assert result.context.notes["withdrawn_left_out.carte"] == 3
    assert result.valid["carte:s0"]["avertissements"] == ["non_modere"]


@pytest.mark.parametrize(
    "answer",
    [
        {"@context": {f"x{n}": "https://vocab.example/term" for n in range(100)}, "@graph": [{"@id": "a/9", **NAMED}]},
        {"@context": "https://carte.example/context", "@graph": {"@id": "a/9", **NAMED}},
        {"@context": "https://carte.example/context", "@id": "https://carte.example/a/9", **NAMED},
        [{"@id": "https://carte.example/a/9", **NAMED}],
    ],
)
def test_json_ld_in_all_its_forms(site: Any, run: Any, answer: Any) -> None:
    site.on("/e.json", answer)
    assert run(carte(site)).only["identifiant"] == "9"


@pytest.mark.parametrize(
    ("text", "is_osm"),
    [
        ("Mo-Fr 09:00-24:00; PH off", True),
        ("24/7", True),
        ("off", True),
        ("Mo[1] 10:00-12:00; Dec 25-Jan 2 off", True),
        ('Tu 10:00+ "sur rendez-vous"', True),
        ("Mo-Su 18:00-26:00", True),
        ("week 1-53/2 Fr sunrise-sunset", True),
        ("du lundi au vendredi de 9h à 12h", False),
        ("Mo-Fr 09:00-12:00; Sa fermé", False),
        ("Lu-Ve 09:00-12:00", False),
        ("Mo-Fr 09:75-12:00", False),
        ("Mo-Fr 9h-12h", False),
        ("Mo-Fr", False),
    ],
)
def test_hours_in_words_are_no_openstreetmap_syntax(text: str, is_osm: bool) -> None:
    assert hours.is_osm(text) is is_osm


@pytest.mark.parametrize("fields", [{"horaires": "h", "horaires_osm": "h"}, {"horaires_osm": "h"}])
def test_hours_in_words_stay_text_with_a_doubt(fields: dict[str, str]) -> None:
    mapped = Mapper(FieldMapping(fields=fields)).apply({"h": "lundi 9h-12h"})
    assert mapped.data == {"horaires": "lundi 9h-12h"}
    assert mapped.doubts == ["horaires_non_osm"]


@pytest.mark.parametrize("reader", [hours.day_map, hours.day_list])
def test_hours_in_a_list_of_words_are_kept(reader: Any) -> None:
    assert reader(["lundi 9h-12h", "", "mardi fermé"]) == ("lundi 9h-12h; mardi fermé", None)


@pytest.mark.parametrize(
    ("record", "unknown"),
    [
        ({"address": "1 rue fictive"}, ["address"]),
        ({"address": ["1 rue fictive"]}, ["address"]),
        ({"address": None, "links": [], "point": {}}, []),
        ({"address": {"street": "1 rue fictive"}, "links": [{"url": "https://a.example"}], "point": [7, 45]}, []),
        ({"links": "https://a.example"}, ["links"]),
    ],
)
def test_another_shape_than_the_mapping_reads_is_an_unknown_column(record: Any, unknown: list[str]) -> None:
    mapping = FieldMapping(fields={"adresse": "address.street", "sites_web": "links.*.url", "latitude": "point.1"})
    assert Mapper(mapping).apply(record).unknown == unknown


def census(site: Any, joined: str, **selector: Any) -> dict[str, Any]:
    site.on("/main.csv", "ID_UNIQUE;NOM\nA;Atelier (fictif)\n", "text/csv")
    site.on("/more.csv", joined, "text/csv")
    resources = [{"id": name, "title": name, "url": site.url(f"/{name}.csv")} for name in ("main", "more")]
    site.on("/dataset", {"resources": resources})
    return {
        "id": "recensement", "family": "datagouv", "url": site.url("/dataset"),
        "options": {"main": {"id": "main"}, "join": [{"id": "more", **selector}]},
        "mapping": {"fields": {"commune": "VILLE"}},
    }  # fmt: skip


def test_a_row_that_only_a_joined_file_has_is_refused_by_its_key(site: Any, run: Any) -> None:
    result = run(census(site, "ID_UNIQUE;VILLE\nA;Die\nB;Gap\n"))
    assert result.only["commune"] == "Die"
    assert result.rejected[0][0] == "ID_UNIQUE:join_orphan"
    lonely = result.records[-1]
    assert (lonely.position, lonely.defects[0].value) == ("recensement.0002.csv, row 3", "B")


def test_lonely_rows_may_be_expected(site: Any, run: Any) -> None:
    result = run(census(site, "ID_UNIQUE;VILLE\nA;Die\nB;Gap\n", orphans="ignore"))
    assert len(result.valid) == 1
    assert result.rejected == []


def test_a_joined_row_with_too_many_cells_spoils_its_place_by_name(site: Any, run: Any) -> None:
    result = run(census(site, "ID_UNIQUE;VILLE\nA;Die;Drôme\n"))
    assert result.rejected == [["row:extra_cells"]]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"<!-- maintenance --><!DOCTYPE html><html></html>", "html_not_csv"),
        (b'\xef\xbb\xbf <?xml version="1.0"?><error/>', "html_not_csv"),
        (b'{"message": "not found"}', "json_not_csv"),
        (b"[]", "json_not_csv"),
    ],
)
@pytest.mark.parametrize("is_local", [False, True])
def test_another_document_is_no_empty_table(
    site: Any, run: Any, tmp_path: Any, body: bytes, rule: str, is_local: bool
) -> None:
    (tmp_path / "t.csv").write_bytes(body)
    site.on("/t.csv", body, "text/csv")
    place = {"path": str(tmp_path / "t.csv")} if is_local else {"url": site.url("/t.csv")}
    mapping = {"fields": {"identifiant": "id", "nom": "nom"}}
    with pytest.raises(Fatal) as caught:
        run({"id": "table", "family": "generic_csv", "mapping": mapping, **place})
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ([1], "unexpected_shape"),
        ({"resources": {"a": 1}}, "unexpected_shape"),
        ({"resources": [None, "x"]}, "resource_missing"),
    ],
)
def test_a_catalogue_of_another_shape_is_refused_by_name(site: Any, run: Any, answer: Any, rule: str) -> None:
    site.on("/dataset", answer)
    with pytest.raises(Fatal) as caught:
        run({"id": "d", "family": "datagouv", "url": site.url("/dataset"), "options": {"main": {"id": "m"}}})
    assert caught.value.rule == rule


def test_a_checksum_of_another_shape_is_none(site: Any, run: Any) -> None:
    instance = census(site, "ID_UNIQUE;VILLE\nA;Die\n")
    resources = [
        {"id": name, "url": site.url(f"/{name}.csv"), "filetype": "file", "checksum": "abc"}
        for name in ("main", "more")
    ]
    site.on("/dataset", {"resources": resources})
    assert run(instance).only["commune"] == "Die"


def test_a_ckan_search_passes_over_what_is_no_resource(site: Any, run: Any) -> None:
    csv = {"id": "r", "format": "csv", "url": site.url("/r.csv")}
    found = [None, {"id": "p", "resources": None}, {"id": "q", "resources": ["x", csv]}]
    site.on("/api/package_search", {"success": True, "result": {"count": 3, "results": found}})
    site.on("/r.csv", "id,nom\na,Atelier (fictif)\n", "text/csv")
    mapping = {"fields": {"identifiant": "id", "nom": "nom"}}
    options = {"search": {"q": "tiers-lieux"}}
    instance = {"id": "portail", "family": "ckan", "url": site.url("/api"), "options": options, "mapping": mapping}
    assert run(instance).only["nom"] == "Atelier (fictif)"
