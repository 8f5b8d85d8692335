"""One record that is no record is refused alone: the others of its answer go on, in every family."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.core.errors import Fatal

GOOD = {"id": "a", "name": "Atelier (fictif)", "id_fiche": "a", "bf_titre": "Atelier (fictif)", "_id": {"$oid": "a"}}
NODE = {"type": "node", "id": 1, "lat": 45, "lon": 7, "tags": {"name": "Officina (fittizia)"}}
FEATURE = {"type": "Feature", "id": "a", "properties": {"nom": "Atelier (fictif)"}, "geometry": None}
ANSWERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "gogocarto": ({"data": ["text", GOOD, None]}, {}),
    "yeswiki": ({"Un": "text", "a": GOOD, "Trois": None}, {}),
    "communecter": ({"results": ["text", GOOD, None], "count": 3}, {}),
    "fablabs_io": (["text", GOOD, None], {"enabled": True, "redistributable": False}),
    "overpass": ({"elements": ["text", NODE, None]}, {"options": {"bbox": [44, 6, 46, 8]}}),
    "generic_geojson": ({"features": ["text", FEATURE, None]}, {"mapping": {"fields": {"nom": "nom"}}}),
    "datagouv": (
        {"data": ["text", {"ID_UNIQUE": "a", "NOM": "Atelier (fictif)"}, None], "meta": {"total": 3}, "links": {}},
        {},
    ),
    "ckan": (
        {"success": True, "result": {"records": ["text", {"_id": 7, "id": "a", "nom": "Atelier"}, None], "total": 3}},
        {"options": {"resource_id": "r"}, "mapping": {"fields": {"identifiant": "id", "nom": "nom"}}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("family", sorted(ANSWERS))
def test_what_is_no_record_is_refused_alone(site: Any, run: Any, family: str) -> None:
    answer, more = ANSWERS[family]
    path = "/l/datastore_search" if family == "ckan" else "/l"
    site.on(path, answer)
    result = run({"id": "carte", "family": family, "url": site.url("/l"), **more})
    assert len(result.valid) == 1, result.rejected
    assert len(result.rejected) == 2
    assert all(rules[0].endswith(":unexpected_shape") for rules in result.rejected)
    assert [defect.value for record in result.records for defect in record.defects] == ["text", "None"]


def test_a_yeswiki_entry_without_its_id_has_its_page_for_it(site: Any, run: Any) -> None:
    site.on("/l", {"PageUn": {"bf_titre": "Atelier (fictif)", "statut_fiche": "0"}})
    place = run({"id": "wiki", "family": "yeswiki", "url": site.url("/l")}).only
    assert place["identifiant"] == "PageUn"
    assert place["avertissements"] == ["non_modere"]


def test_an_overpass_element_with_a_strange_center_goes_on(site: Any, run: Any) -> None:
    site.on("/l", {"elements": [{"type": "way", "id": 1, "center": [45, 7], "tags": {"name": "Officina (fittizia)"}}]})
    place = run({"id": "osm", "family": "overpass", "url": site.url("/l"), "options": {"bbox": [44, 6, 46, 8]}}).only
    assert place["latitude"] is None


def geojson(site: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "points", "family": "generic_geojson", "url": site.url("/g"),
        "mapping": {"fields": {"nom": "nom"}}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    "system",
    [
        {"type": "EPSG", "properties": {"code": 2154}},
        {"type": "link", "properties": {"href": "https://epsg.example/2154"}},
        {"type": "name", "properties": {"name": "EPSG:14326"}},
        "EPSG:2154",
    ],
)
def test_geojson_in_metres_is_refused_however_it_says_so(site: Any, run: Any, system: Any) -> None:
    site.on("/g", {"type": "FeatureCollection", "crs": system, "features": [FEATURE]})
    with pytest.raises(Fatal, match=r"2154|14326") as caught:
        run(geojson(site))
    assert caught.value.rule == "crs"


@pytest.mark.parametrize("system", [None, {"type": "name", "properties": None}])
def test_geojson_with_an_empty_system_is_in_degrees(site: Any, run: Any, system: Any) -> None:
    site.on("/g", {"type": "FeatureCollection", "crs": system, "features": [FEATURE]})
    assert run(geojson(site)).only["identifiant"] == "a"


@pytest.mark.parametrize("sign", [b"", b"\x1e"])
def test_geojson_lines_are_refused_by_name(site: Any, run: Any, sign: bytes) -> None:
    line = sign + b'{"type": "Feature", "id": 1, "properties": {"nom": "N"}, "geometry": null}'
    site.on("/g", line + b"\n" + line)
    with pytest.raises(Fatal, match="export one FeatureCollection") as caught:
        run(geojson(site))
    assert caught.value.rule == "geojson_lines"


def test_a_multipoint_of_one_point_is_that_point(site: Any, run: Any) -> None:
    site.on("/g", {"features": [{**FEATURE, "geometry": {"type": "MultiPoint", "coordinates": [[6.68, 45.07]]}}]})
    place = run(geojson(site)).only
    assert (place["latitude"], place["longitude"], place["avertissements"]) == ("45.07", "6.68", [])
