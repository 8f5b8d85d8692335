"""GoGoCarto maps: forms, tokens, drift between versions, personal data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.core.errors import BadConfig, Fatal

MODERN: dict[str, Any] = {
    "id": "10kw",
    "name": "L&#039;Atelier du Col <b>(fictif)</b>",
    "geo": {"latitude": 45.07, "longitude": 6.68},
    "address": {
        "streetNumber": "12",
        "streetAddress": "rue du Tunnel",
        "addressLocality": "Modane",
        "postalCode": "73500",
        "addressCountry": "FR",
    },
    "categories": ["Coworking", "Fablab"],
    "categoriesFull": [{"id": 3, "name": "Coworking", "index": 1}, {"id": 9, "name": "Fablab"}],
    "openHours": {"Mo": ",14:00-18:00", "Tu": "09:00-12:00,14:00-18:00", "We": "09:00-12:00,14:00-18:00"},
    "createdAt": "2023-04-05T10:00:00+02:00",
    "updatedAt": "2024-11-30T23:30:00+00:00",
    "email": "hidden",
    "website": "NULL",
    "text_1731593643321": "https://atelier.example",
    "subscriberEmails": ["personne@example.org"],
    "description": "<p>Un lieu.</p><script>alert(1)</script>",
}


def instance(site: Any, **more: Any) -> dict[str, Any]:
    return {"id": "carte", "family": "gogocarto", "url": site.url("/api/elements.json"), **more}


def test_modern_element(site: Any, run: Any) -> None:
    site.on("/api/elements.json", {"data": [MODERN], "ontology": "gogofull"})
    place = run(instance(site, mapping={"fields": {"sites_web": "text_1731593643321"}})).only
    assert place["nom"] == "L'Atelier du Col (fictif)"
    assert place["adresse"] == "12 rue du Tunnel"
    assert (place["latitude"], place["longitude"]) == ("45.07", "6.68")
    assert place["types"] == ["Coworking", "Fablab"]
    assert place["horaires_osm"] == "Mo 14:00-18:00; Tu,We 09:00-12:00,14:00-18:00"
    assert place["date_creation"] == "2023-04-05"
    assert place["date_maj"] == "2024-12-01"  # half past midnight in Paris
    assert place["courriels"] == []
    assert place["sites_web"] == ["https://atelier.example"]
    assert place["description"] == "Un lieu."
    assert "website" in place["champs_inconnus"]  # the instance's own rule replaced the family's
    assert place["perimetre"] is None


def test_personal_data_reaches_neither_payload_nor_reject(site: Any, run: Any) -> None:
    broken = {**MODERN, "id": "x2", "name": ""}
    site.on("/api/elements.json", {"data": [MODERN, broken]})
    result = run(instance(site))
    assert result.rejected == [["nom:missing"]]
    assert "personne@example.org" not in json.dumps([dict(r.data) for r in result.records], default=str)


def test_element_of_2018(site: Any, run: Any) -> None:
    old = {
        "id": "7a", "name": "Tiers-lieu fictif", "geo": {"latitude": "44,5", "longitude": "6,1"},
        "categories": [5, 15], "createdAt": "05/04/2018", "updatedAt": "", "status": 0,
    }  # fmt: skip
    site.on("/api/elements.json", {"data": old})  # one element comes as an object
    place = run(instance(site)).only
    assert place["types"] == ["5", "15"]
    assert (place["latitude"], place["longitude"]) == ("44.5", "6.1")
    assert place["date_creation"] == "2018-04-05"
    assert place["date_maj"] is None
    assert place["avertissements"] == ["non_modere"]


def test_wrong_token_is_an_error_although_the_answer_is_200_json(site: Any, run: Any) -> None:
    site.on("/api/elements.json", b"Your token is wrong or missing")
    with pytest.raises(Fatal) as caught:
        run(instance(site))
    assert caught.value.rule == "auth"
    assert "token is wrong" in str(caught.value)


def test_token_is_sent_but_never_shown(site: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTE_TOKEN", "s3cret-value")
    site.on("/api/elements.json", {"data": [MODERN]})
    result = run(instance(site, token_env="CARTE_TOKEN", params={"categories": "3"}))
    assert site.asked[0].query == {"token": ["s3cret-value"], "categories": ["3"]}
    assert "s3cret-value" not in (result.landed.folder / "_manifest.json").read_text()
    assert b"s3cret-value" not in b"".join(part.path.read_bytes() for part in result.landed.parts)
    assert result.only["perimetre"] == "categories=3"


def test_missing_token_names_the_variable(site: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARTE_TOKEN", raising=False)
    with pytest.raises(BadConfig, match="CARTE_TOKEN"):
        run(instance(site, token_env="CARTE_TOKEN"))


@pytest.mark.parametrize(
    "compact",
    [
        ["10kw", "Atelier (fictif)", 45.07, 6.68, [3, 9]],
        ["10kw", ["Atelier (fictif)"], 45.07, 6.68, ["3", "9"], 1, 0],
    ],
)
def test_compact_elements_of_2018_and_later(site: Any, run: Any, compact: list[Any]) -> None:
    site.on("/api/elements.json", {"data": [compact], "ontology": "gogocompact"})
    place = run(instance(site)).only
    assert (place["identifiant"], place["nom"], place["types"]) == ("10kw", "Atelier (fictif)", ["3", "9"])
    assert (place["latitude"], place["longitude"]) == ("45.07", "6.68")
    assert place["champs_inconnus"] == []


def test_a_compact_element_of_another_shape_is_one_reject(site: Any, run: Any) -> None:
    good, late = ["a", "Atelier (fictif)", 45.07, 6.68], ["b", ["Col (fictif)", "more"], 45.1, 6.7, [], -1]
    site.on("/api/elements.json", {"data": [good, ["c", "Nom"], late]})
    result = run(instance(site))
    assert result.rejected[0][0] == "record:compact_shape"
    waiting = result.valid["carte:b"]
    assert waiting["avertissements"] == ["non_modere"]
    assert waiting["champs_inconnus"] == ["compact_1"]


def test_json_ld_has_the_same_elements(site: Any, run: Any) -> None:
    linked = {"@id": "https://carte.example/api/elements/10kw", "@type": "Organization", **MODERN}
    del linked["id"]
    linked["geo"] = {"@type": "GeoCoordinates", **MODERN["geo"]}
    site.on("/api/elements.json", {"@context": "https://carte.example/context.jsonld", "@graph": [linked]})
    place = run(instance(site)).only
    site.on("/api/elements.json", {"data": [MODERN]})
    assert place == run(instance(site)).only


def test_an_answer_without_elements_is_refused(site: Any, run: Any) -> None:
    site.on("/api/elements.json", {"error": "nothing here"})
    with pytest.raises(Fatal) as caught:
        run(instance(site))
    assert caught.value.rule == "json_prefix_missing"


@pytest.mark.parametrize(
    ("body", "rule"), [(b"<html>maintenance</html>", "html_not_json"), (b'{"data": [{"id": "a"', "truncated")]
)
def test_pages_and_cut_answers_are_refused(site: Any, run: Any, body: bytes, rule: str) -> None:
    site.on("/api/elements.json", body)
    with pytest.raises(Fatal) as caught:
        run(instance(site))
    assert caught.value.rule == rule


def test_not_modified_takes_the_last_landed_file(site: Any, run: Any) -> None:
    body = json.dumps({"data": [MODERN]}).encode()
    site.with_etag("/api/elements.json", body, "application/json", '"v1"')
    first = run(instance(site))
    validators = {first.landed.parts[1].url: {"etag": '"v1"'}}
    second = run(instance(site), previous=first.landed, validators=validators)
    assert second.landed.digest == first.landed.digest
    assert second.valid == first.valid


def test_changed_settings_are_changed_input(site: Any, run: Any) -> None:
    site.on("/api/elements.json", {"data": [MODERN]})
    first = run(instance(site))
    second = run(instance(site, mapping={"ignore": ["website"]}))
    assert first.landed.digest != second.landed.digest
