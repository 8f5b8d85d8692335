"""Case 22 and conditional requests: what the project's own connectors make of feeds, maps and "not modified"."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from sqlalchemy import text

ITEM = "<item><title>{0} (fictif)</title>{1}<description>{2}</description></item>"


def rss(*items: tuple[str, str, str]) -> str:
    inner = "".join(ITEM.format(*item) for item in items)
    return (
        f'<rss version="2.0"><channel><title>Fil fictif</title><link>https://x.example/</link>{inner}</channel></rss>'
    )


def guid(key: str) -> str:
    return f"<guid isPermaLink='false'>{key}</guid>"


def place(key: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "name": f"Lieu {key} (fictif)", "geo": {"latitude": 45.1, "longitude": 6.2}, **more}


def flow(key: str) -> dict[str, Any]:
    return {"id_flux": key, "siret": "00000000000000", "libelle_flux": "palettes (fictif)", "sens": "SORTANT",
            "type_flux": "matière", "quantite": 2, "unite": "t", "confidentialite": "public"}  # fmt: skip


@pytest.fixture
def state(pooled: Any) -> Any:
    def rows(query: str) -> list[tuple[Any, ...]]:
        with pooled.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    return rows


def places(wire: Any, family: str, path: str, **more: Any) -> dict[str, Any]:
    instance = {"id": "essai", "family": family, "url": f"{wire.url}{path}", "licence": "CC0-1.0",
                "attribution": "synthetic", "country": "FR", "language": "fr", "complete": True}  # fmt: skip
    return {
        "hosts": [f"127.0.0.1:{wire.port}"],
        "allow_loopback_http": True,
        "options": {"instances": [instance | more]},
    }


def conditional(wire: Any, respond: Any, path: str, body: dict[str, bytes], media_type: str, by: str) -> list[int]:
    """Serve ``body['now']`` with a validator, 304 to whoever knows it; returns the statuses that were sent."""
    sent: list[int] = []

    def page(_query: Any, headers: dict[str, str], _socket: Any) -> bytes:
        digest = hashlib.md5(body["now"], usedforsecurity=False).hexdigest()
        day = f"Wed, {1 + int(digest[:2], 16) % 28:02} Oct 2025 07:28:00 GMT"
        ours, question = (f'"{digest}"', "if-none-match") if by == "etag" else (day, "if-modified-since")
        sent.append(304 if headers.get(question) == ours else 200)
        validator = {"ETag": ours} if by == "etag" else {"Last_Modified": ours}
        return respond(b"" if sent[-1] == 304 else body["now"], media_type, sent[-1], **validator)

    wire.pages[path] = page
    return sent


CASES = {
    "ACTIF page": (
        "actif", "flux", "/api/flux", "application/json",
        lambda keys: json.dumps({"total": len(keys), "resultats": [flow(key) for key in keys]}),
        lambda wire: {"base_url": wire.url, "hosts": [f"127.0.0.1:{wire.port}"], "allow_loopback_http": True},
    ),
    "GoGoCarto": (
        "tiers_lieux", "lieux", "/api/elements.json", "application/json",
        lambda keys: json.dumps({"data": [place(key) for key in keys]}),
        lambda wire: places(wire, "gogocarto", "/api/elements.json"),
    ),
    "RSS": (
        "tiers_lieux", "actualites", "/feed", "application/rss+xml",
        lambda keys: rss(*((key, guid(key), "texte") for key in keys)),
        lambda wire: places(wire, "feed", "/feed"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("by", ["etag", "last_modified"])
@pytest.mark.parametrize("name", CASES)
def test_not_modified_costs_no_reading_and_still_counts_as_fresh(
    name: str, by: str, wire: Any, respond: Any, real: Any, state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, stream, path, media_type, write, overlay = CASES[name]
    body = {"now": write(["a", "b"]).encode()}
    sent = conditional(wire, respond, path, body, media_type, by)
    first = real(source, **overlay(wire))
    assert first.outcome == "loaded", first.failures
    for _ in range(2):  # the second 304 in a row needs the validators that the first one carried on
        with monkeypatch.context() as patch:
            patch.setattr("warehouse.load.stage", lambda *_a: pytest.fail("the landing was read again"))
            result = real(source, **overlay(wire))
        assert (result.outcome, sent[-1]) == ("unchanged", 304), result.failures
        assert result.streams[stream]["unchanged"] == 2
    linked = state("select count(distinct run_id), count(distinct sha256) from ops.fetch where url like 'http%'")
    assert linked == [(3, 1)]
    body["now"] = write(["a", "b", "c"]).encode()
    changed = real(source, **overlay(wire))
    assert (changed.outcome, sent[-1]) == ("loaded", 200)
    assert changed.streams[stream]["inserted"] == 1


def test_case_22_items_without_guid_edited_items_and_a_short_feed(
    wire: Any, respond: Any, real: Any, state: Any
) -> None:
    def serve(*items: tuple[str, str, str]) -> Any:
        wire.pages["/feed"] = respond(rss(*items), "application/rss+xml")
        return real("tiers_lieux", **places(wire, "feed", "/feed"))

    link = "<link>https://x.example/{}</link>"
    serve(("Un", guid("1"), "avant"), ("Deux", link.format(2), "sans guid"), ("Trois", guid("3"), "texte"))
    query = "select count(*), count(*) filter (where deleted_at is null) from raw.tiers_lieux__actualites"
    assert state(query) == [(3, 3)]
    edited = serve(("Un", guid("1"), "après"), ("Deux", link.format(2), "sans guid"))
    assert edited.streams["actualites"]["updated"] == 1
    assert edited.streams["actualites"]["deleted"] == 0
    assert state(query) == [(3, 3)]
    nothing = serve(("Sans rien", "", "ni guid ni lien"))
    kept = state(query)[0][0]
    assert kept + nothing.streams["actualites"]["rejected"] == 4, "an item without guid and link is kept or rejected"


def test_case_22_a_feed_that_shows_nothing_known_says_that_items_may_have_been_missed(
    wire: Any, respond: Any, real: Any
) -> None:
    def serve(*numbers: int) -> list[str]:
        day = "<pubDate>Wed, 14 Oct 2026 07:28:00 GMT</pubDate>"
        items = [(f"Titre {number}", guid(str(number)) + day, "texte") for number in numbers]
        wire.pages["/feed"] = respond(rss(*items), "application/rss+xml")
        result = real("tiers_lieux", gated=True, **places(wire, "feed", "/feed"))
        assert result.outcome == "loaded", result.failures
        return [notice for notice in result.streams["actualites"]["notices"] if "unseen" in notice]

    assert serve(1, 2, 3) == [], "the first time nothing is known"
    assert serve(2, 3, 4) == []
    [notice] = serve(7, 8, 9)
    assert notice.startswith("tiers_lieux.actualites.batch")
    assert serve(9, 10) == []


@pytest.mark.parametrize(
    "broken",
    [
        rss(("Un", guid("1"), "x"))[:-30],
        "<!DOCTYPE rss [<!ENTITY x 'y'>]>" + rss(("Un", guid("1"), "&x;")),
        "<html></html>",
    ],
    ids=["cut", "DOCTYPE", "page"],
)  # fmt: skip
def test_case_22_a_feed_that_is_cut_or_disguised_changes_nothing(
    wire: Any, respond: Any, real: Any, state: Any, broken: str
) -> None:
    wire.pages["/feed"] = respond(rss(("Un", guid("1"), "x")), "application/rss+xml")
    real("tiers_lieux", **places(wire, "feed", "/feed"))
    wire.pages["/feed"] = respond(broken, "application/rss+xml")
    result = real("tiers_lieux", **places(wire, "feed", "/feed"))
    assert result.outcome == "failed"
    assert result.failures[0].startswith("tiers_lieux")
    assert state("select record_key, version from raw.tiers_lieux__actualites") == [("essai:1", 1)]


def test_case_22_odd_geometries_neither_stop_the_load_nor_move_a_place(
    wire: Any, respond: Any, real: Any, state: Any
) -> None:
    big = [[6 + n / 1e5, 45 + n % 7 / 10] for n in range(20_000)]
    shapes: dict[str, Any] = {
        "swapped": {"type": "Point", "coordinates": [45.1, 6.2]},
        "empty": {"type": "Point", "coordinates": []},
        "none": None,
        "three": {"type": "Point", "coordinates": [6.2, 45.1, 1200]},
        "far": {"type": "Point", "coordinates": [999, 999]},
        "text": {"type": "Point", "coordinates": ["6.2", "abc"]},
        "polygon": {"type": "Polygon", "coordinates": [[*big, big[0]]]},
        "good": {"type": "Point", "coordinates": [6.2, 45.1]},
    }
    features = [
        {"type": "Feature", "geometry": shape, "properties": {"id": key, "nom": f"{key} (fictif)"}}
        for key, shape in shapes.items()
    ]
    wire.pages["/l.geojson"] = respond(json.dumps({"type": "FeatureCollection", "features": features}))
    mapping = {"fields": {"identifiant": "id", "nom": "nom"}}
    result = real("tiers_lieux", **places(wire, "generic_geojson", "/l.geojson", mapping=mapping))
    assert result.outcome == "loaded", result.failures
    counts = result.streams["lieux"]
    assert counts["valid"] + counts["rejected"] == len(shapes)
    found = dict(state("select record_key, payload -> 'latitude' from raw.tiers_lieux__lieux"))
    assert float(found["essai:good"]) == float(found["essai:three"]) == 45.1
    for key in ("empty", "none", "far", "text"):
        assert found.get(f"essai:{key}") is None, key
