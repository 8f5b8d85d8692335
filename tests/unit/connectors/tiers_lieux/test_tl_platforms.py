"""Communecter, YesWiki, Overpass, fablabs.io and GeoJSON: what each platform does to its readers."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.core.errors import BadConfig, Fatal, Retriable


def organisation(number: int, **more: Any) -> dict[str, Any]:
    return {"_id": {"$id": f"{number:024x}"}, "name": f"Lieu {number} (fictif)", **more}


def endpoint(site: Any, records: list[dict[str, Any]], **how: Any) -> None:
    """The search endpoint: 30 records unless asked otherwise; ``how`` switches its habits."""

    def answer(asked: Any) -> Any:
        start = int(asked.form.get("indexMin", ["0"])[0])
        step = asked.form.get("indexStep", ["30"])[0]
        limit = how.get("limit") or (int(step) if step not in {"", "0"} else len(records))
        window = records if how.get("no_window") else records[start:]
        window = window[:limit]
        results: Any = {r["_id"]["$id"]: r for r in window}
        if how.get("as_list") or not window:
            results = window
        answer = {"results": results}
        if not how.get("no_count"):
            answer["count"] = how.get("count", {"organizations": len(records)})
        return answer

    site.by("/co2/search", answer)


def communecter(site: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "reseau", "family": "communecter", "url": site.url("/co2/search"),
        "params": {"sourceKey[]": "reseau-fictif"}, **more,
    }  # fmt: skip


@pytest.mark.parametrize("as_list", [False, True])
def test_communecter_asks_for_everything(site: Any, run: Any, as_list: bool) -> None:
    endpoint(site, [organisation(n) for n in range(75)], as_list=as_list)
    result = run(communecter(site))
    assert len(result.valid) == 75
    assert site.asked[0].form["indexStep"] == [""]
    assert site.asked[0].form["sourceKey[]"] == ["reseau-fictif"]


@pytest.mark.parametrize("no_count", [False, True])
def test_communecter_that_still_answers_30_is_read_by_windows(site: Any, run: Any, no_count: bool) -> None:
    endpoint(site, [organisation(n) for n in range(75)], limit=30, no_count=no_count)
    assert len(run(communecter(site)).valid) == 75


def test_communecter_without_windows_or_count_may_be_cut(site: Any, run: Any) -> None:
    endpoint(site, [organisation(n) for n in range(75)], limit=30, no_count=True, no_window=True)
    with pytest.raises(Fatal) as caught:
        run(communecter(site))
    assert caught.value.rule == "truncated"


def test_communecter_count_must_come_out(site: Any, run: Any) -> None:
    endpoint(site, [organisation(n) for n in range(10)], count=12)
    with pytest.raises(Retriable) as caught:
        run(communecter(site))
    assert caught.value.rule == "total_mismatch"
    assert len(run(communecter(site, options={"total": "ignore"})).valid) == 10


def test_communecter_record(site: Any, run: Any) -> None:
    record = organisation(
        1,
        name="L&#39;Étape &amp; Co (fictif)",
        address={"streetAddress": "1 rue Imaginaire", "postalCode": "73500", "addressLocality": "Modane",
                 "codeInsee": "73157", "level4Name": "SAVOIE", "addressCountry": "FR"},
        geo={"@type": "GeoCoordinates", "latitude": "45.2", "longitude": "6.67"},
        geoPosition={"type": "Point", "coordinates": [6.67, 45.9]},
        openingHours=[{"dayOfWeek": "Mo", "hours": [{"opens": "08:00", "closes": "18:00"}]}, "", ""],
        typePlace="coworking, foodlab", tags=["TiersLieux"], openingDate="01/05/2019",
        telephone={"fixe": ["04 00 00 00 00"], "mobile": ["06 00 00 00 00"]},
        socialNetwork=[{"platform": "Facebook", "url": "https://facebook.example/x"}, {}],
        created="1577836800", updated={"sec": 1771481777, "usec": 0}, contact="Camille Personne",
    )  # fmt: skip
    endpoint(site, [record])
    result = run(communecter(site))
    place = result.only
    assert place["nom"] == "L'Étape & Co (fictif)"
    assert place["types"] == ["coworking", "foodlab"]
    assert (place["code_commune"], place["departement"]) == ("73157", "SAVOIE")
    assert place["horaires_osm"] == "Mo 08:00-18:00"
    assert place["telephone"] == "04 00 00 00 00 | 06 00 00 00 00"
    assert place["reseaux_sociaux"] == [{"reseau": "facebook", "adresse": "https://facebook.example/x"}]
    assert (place["date_ouverture"], place["date_creation"], place["date_maj"]) == (
        "2019-05-01", "2020-01-01", "2026-02-19",
    )  # fmt: skip
    assert place["avertissements"] == ["coordonnees_divergentes"]
    assert place["champs_inconnus"] == []
    assert "Camille" not in str(result.records[0].data)


def test_communecter_private_records_are_left_out_and_counted(site: Any, run: Any) -> None:
    endpoint(site, [organisation(1), organisation(2, preferences={"private": True})])
    result = run(communecter(site))
    assert len(result.records) == 1
    assert result.context.notes["private_left_out.reseau"] == 1


def wiki(site: Any, **more: Any) -> dict[str, Any]:
    return {"id": "wiki", "family": "yeswiki", "url": site.url("/?api/forms/8/entries"), **more}


ENTRY = {
    "id_fiche": "LieuFictif", "bf_titre": "Lieu fictif", "bf_adresse1": "2 place Imaginaire", "bf_code_postal": "38000",
    "carte_google": "45.19|5.72", "date_maj_fiche": "2024-05-06 23:30:00", "ouv_lundi": "9h-12h", "ouv_mardi": "",
    "checkboxListeServices": "1,15", "createur": "CamillePersonne",
}  # fmt: skip


@pytest.mark.parametrize("body", [{"LieuFictif": ENTRY}, [ENTRY]])
def test_yeswiki_entry(site: Any, run: Any, body: Any) -> None:
    site.on("/", body)
    terms = [
        {"column": "checkboxListeServices", "tokens": "1", "term": "accueil"},
        {"column": "checkboxListeServices", "tokens": "5", "term": "impression"},
    ]
    place = run(wiki(site, mapping={"fields": {"services": {"terms": terms}}})).only
    assert (place["latitude"], place["longitude"]) == ("45.19", "5.72")
    assert place["services"] == ["accueil"]
    assert place["avertissements"] == ["terme_inconnu:checkboxListeServices=15"]
    assert place["date_maj"] == "2024-05-06"
    assert place["horaires"] == "lundi 9h-12h"
    assert place["champs_inconnus"] == []
    assert site.asked[0].query == {"api/forms/8/entries": [""]}


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}"])
def test_yeswiki_without_entries_is_an_empty_list(site: Any, run: Any, body: bytes) -> None:
    site.on("/", body)
    assert run(wiki(site)).records == []


def test_yeswiki_error_object_is_no_list(site: Any, run: Any) -> None:
    site.on("/", {"exceptionMessage": "no such form"})
    with pytest.raises(Fatal) as caught:
        run(wiki(site))
    assert caught.value.rule == "unexpected_shape"


def overpass(site: Any, **options: Any) -> dict[str, Any]:
    return {
        "id": "osm", "family": "overpass", "url": site.url("/api/interpreter"),
        "options": options or {"bbox": [43.5, 5.5, 46.6, 9.6]}, "language": "und",
    }  # fmt: skip


def test_overpass_elements(site: Any, run: Any) -> None:
    tags = {
        "office": "coworking", "name": "Spazio fittizio", "opening_hours": "Mo-Fr 09:00-18:00", "addr:city": "Cuneo",
        "contact:website": "https://x.example", "wheelchair": "yes",
    }  # fmt: skip
    elements = [
        {"type": "node", "id": 7, "lat": 44.39, "lon": 7.55, "user": "persona", "timestamp": "2024-01-02T03:04:05Z",
         "tags": tags},
        {"type": "way", "id": 7, "center": {"lat": 44.4, "lon": 7.5}, "tags": {**tags, "name": ""}},
    ]  # fmt: skip
    site.on("/api/interpreter", {"version": 0.6, "elements": elements})
    result = run(overpass(site))
    one = result.valid["osm:node/7"]
    assert (one["nom"], one["commune"], one["horaires_osm"]) == ("Spazio fittizio", "Cuneo", "Mo-Fr 09:00-18:00")
    assert one["source_url"] == "https://www.openstreetmap.org/node/7"
    assert one["perimetre"] == "bbox=[43.5, 5.5, 46.6, 9.6]"
    assert one["langue"] is None
    assert one["date_maj"] == "2024-01-02"
    assert list(result.valid) == ["osm:node/7"]
    assert result.rejected == [["nom:missing"]]
    assert "persona" not in str(result.records[0].data)
    assert "(43.5,5.5,46.6,9.6)" in site.asked[0].form["data"][0]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"elements": [], "remark": "runtime error: Query timed out in \"query\""}, "overpass_remark"),
        (b"<html>too busy</html>", "overpass_busy"),
    ],
)  # fmt: skip
def test_overpass_incomplete_answers_are_errors(site: Any, run: Any, body: Any, rule: str) -> None:
    site.on("/api/interpreter", body)
    with pytest.raises(Retriable) as caught:
        run(overpass(site))
    assert caught.value.rule == rule


@pytest.mark.parametrize("box", [None, [1, 2, 3], [46.6, 5.5, 43.5, 9.6], ["a", 1, 2, 3]])
def test_overpass_needs_a_box(site: Any, run: Any, box: Any) -> None:
    with pytest.raises(BadConfig):
        run(overpass(site, bbox=box))


LAB = {
    "id": 4, "name": "Fab lab fittizio", "kind_name": "fab_lab", "country_code": "IT", "latitude": None,
    "longitude": None, "activity_status": "corona", "email": "persona@example.org", "phone": "011",
    "links": [{"id": 1, "url": "https://lab.example"}], "capabilities": ["laser"],
}  # fmt: skip


def labs(site: Any, **more: Any) -> dict[str, Any]:
    return {"id": "labs", "family": "fablabs_io", "url": site.url("/0/labs"), **more}


def test_fablabs_is_off_and_needs_a_decision_about_its_licence(site: Any, run: Any) -> None:
    site.on("/0/labs", [LAB])
    with pytest.raises(BadConfig, match="no instance"):
        run(labs(site))
    with pytest.raises(BadConfig, match="redistributable"):
        run(labs(site, enabled=True))


def test_fablabs_record(site: Any, run: Any) -> None:
    site.on("/0/labs", [LAB, {**LAB, "id": 5, "country_code": "BR"}])
    result = run(labs(site, enabled=True, redistributable=False, options={"countries": ["IT", "FR"]}))
    place = result.only
    assert place["redistribuable"] is False
    assert (place["latitude"], place["statut"]) == (None, "unknown")
    assert place["sites_web"] == ["https://lab.example"]
    assert (place["courriels"], place["telephone"]) == ([], None)
    assert "persona@" not in str(result.records[0].data)


def geojson(site: Any) -> dict[str, Any]:
    fields = {"nom": "Nome", "identifiant": ["codice", "@id"]}
    return {"id": "punti", "family": "generic_geojson", "url": site.url("/p.geojson"), "mapping": {"fields": fields}}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def test_geojson(site: Any, run: Any) -> None:
    point = {"type": "Feature", "id": 9, "geometry": {"type": "Point", "coordinates": [7.55, 44.39]},
             "properties": {"Nome": "Uno (fittizio)"}}  # fmt: skip
    line = {**point, "id": 10, "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}
    nothing = {**point, "id": 11, "geometry": None}
    site.on("/p.geojson", collection(point, line, nothing), "application/geo+json")
    places = run(geojson(site)).valid
    assert (places["punti:9"]["latitude"], places["punti:9"]["longitude"]) == ("44.39", "7.55")
    assert places["punti:10"]["latitude"] is None
    assert places["punti:10"]["avertissements"] == ["geometrie_non_ponctuelle"]
    assert places["punti:11"]["avertissements"] == []


def test_geojson_in_another_system_is_refused(site: Any, run: Any) -> None:
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    site.on("/p.geojson", collection(crs=system), "application/geo+json")
    with pytest.raises(Fatal) as caught:
        run(geojson(site))
    assert caught.value.rule == "crs"
