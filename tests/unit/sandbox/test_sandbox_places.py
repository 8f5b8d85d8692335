from __future__ import annotations

import csv
import hashlib
import io
import re

import feedparser

from sandbox.feeds.ckan import RESOURCE
from sandbox.server.datagouv import DATASET, MODULES

GOGO = "/tl/gogocarto/api/elements.json"


def test_gogocarto_ontologies(client, world) -> None:
    full = client.get(GOGO).json()
    assert full["ontology"] == "gogofull"
    assert full["data"] == world.data["gogocarto"]
    compact = client.get(GOGO, params={"ontology": "gogocompact"}).json()["data"]
    assert [row[0] for row in compact] == [row["id"] for row in full["data"]]
    assert "@graph" in client.get("/tl/gogocarto/api/elements.jsonld").json()
    one = client.get(f"/tl/gogocarto/api/elements/{full['data'][3]['id']}.json").json()
    assert one["data"] == full["data"][3]


def test_gogocarto_categories_are_ids(client) -> None:
    assert client.get(GOGO, params={"categories": "Coworking"}).json()["data"] == []
    assert client.get(GOGO, params={"categories": "10"}).json()["data"]


def test_gogocarto_token_fails_as_text_with_status_200(client) -> None:
    answer = client.get(GOGO, params={"token": "wrong"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.text.startswith("The provided token")


def test_gogocarto_etag(client) -> None:
    etag = client.get(GOGO).headers["etag"]
    assert client.get(GOGO, headers={"If-None-Match": etag}).status_code == 304


def test_national_schema(client, world) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/tl/schema-national/lieux.csv").text)))
    assert rows == world.data["national"]
    assert len(rows[0]) == 32


def test_rss_validators(client, world) -> None:
    answer = client.get("/tl/wordpress/feed")
    parsed = feedparser.parse(answer.content)
    assert len(parsed.entries) == len(world.data["news_wordpress"])
    for name, value in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        assert client.get("/tl/wordpress/feed", headers={name: answer.headers[value]}).status_code == 304


def test_atom_and_json_feed(client, world) -> None:
    assert len(feedparser.parse(client.get("/tl/atom/feed.atom").content).entries) == len(world.data["news_atom"])
    items, url = [], "/tl/jsonfeed/feed.json"
    while url:
        body = client.get(url).json()
        items += body["items"]
        url = body.get("next_url")
    assert len(items) == len(world.data["news_jsonfeed"])
    assert all(isinstance(item["id"], int) for item in items)


def test_wordpress_posts(client, world) -> None:
    answer = client.get("/tl/wp-json/wp/v2/posts", params={"per_page": 5, "page": 1})
    total = int(answer.headers["x-wp-total"])
    assert total == len(world.data["news_wpjson"])
    assert int(answer.headers["x-wp-totalpages"]) == -(-total // 5)
    beyond = client.get("/tl/wp-json/wp/v2/posts", params={"per_page": 5, "page": 999})
    assert beyond.status_code == 400
    assert beyond.json()["code"] == "rest_post_invalid_page_number"
    ordered = client.get(
        "/tl/wp-json/wp/v2/posts", params={"per_page": 100, "orderby": "id", "order": "asc", "_fields": "id"}
    )
    ids = [post["id"] for post in ordered.json()]
    assert ids == sorted(ids)
    assert set(ordered.json()[0]) == {"id"}
    recent = client.get("/tl/wp-json/wp/v2/posts", params={"per_page": 100, "modified_after": "2026-06-01T00:00:00"})
    assert all(post["modified_gmt"] > "2026-06-01" for post in recent.json())


def search(client, **form: str) -> dict:
    fields = {"searchType[]": "organizations", **form}
    return client.post("/tl/communecter/co2/search/globalautocomplete", data=fields).json()


def test_communecter_cuts_at_thirty(client, world) -> None:
    assert len(world.data["communecter"]) > 30
    cut = search(client)
    assert len(cut["results"]) == 30
    assert cut["count"]["organizations"] == len(world.data["communecter"])
    assert len(search(client, indexStep="")["results"]) == len(world.data["communecter"])
    assert len(search(client, indexStep="0")["results"]) == len(world.data["communecter"])
    assert search(client, indexStep="10", indexMin="9999")["results"] == []
    assert search(client, costumSlug="autre")["results"] == []


def test_yeswiki_is_keyed_or_null(client, world) -> None:
    entries = client.get("/tl/yeswiki/?api/forms/8/entries").json()
    assert list(entries) == [row["id_fiche"] for row in world.data["yeswiki"]]
    assert client.get("/tl/yeswiki/?api/forms/77/entries").text == "null"
    light = client.get("/tl/yeswiki/?api/forms/8/entries&fields=id_fiche,date_maj_fiche").json()
    assert set(next(iter(light.values()))) == {"id_fiche", "date_maj_fiche"}
    since = client.get("/tl/yeswiki/?api/forms/8/entries&dateMin=2025-06-01 00:00:00").json() or {}
    assert len(since) < len(entries)


def test_yeswiki_rss_never_comes_empty(client) -> None:
    news = feedparser.parse(client.get("/tl/yeswiki/?api/forms/9/entries/rss").content)
    assert len(news.entries) == 10
    empty = client.get("/tl/yeswiki/?api/forms/77/entries/rss")
    assert [e.title for e in feedparser.parse(empty.content).entries] == ["Pas de fiches"]
    assert "etag" not in empty.headers


def rows_of(client, **params: object) -> dict:
    return client.get("/tl/ckan/api/3/action/datastore_search", params={"resource_id": RESOURCE, **params}).json()[
        "result"
    ]


def test_ckan_reduces_the_limit_silently(client, world) -> None:
    first = rows_of(client, limit=32000, sort="_id")
    assert first["limit"] == 40 == len(first["records"])
    second = rows_of(client, limit=40, offset=40, sort="_id")
    ids = [r["_id"] for r in first["records"] + second["records"]]
    assert ids == list(range(1, first["total"] + 1))
    assert first["total"] == len(world.data["ckan"])


def test_ckan_pages_overlap_without_sort(client) -> None:
    pages = [rows_of(client, limit=20, offset=offset)["records"] for offset in (0, 20, 40)]
    ids = [r["_id"] for page in pages for r in page]
    assert len(ids) > len(set(ids))


def test_ckan_errors_and_file(client, world) -> None:
    bad = client.get("/tl/ckan/api/3/action/datastore_search", params={"resource_id": RESOURCE, "limit": "x"})
    assert bad.status_code == 409
    assert bad.json()["success"] is False
    found = client.get("/tl/ckan/api/3/action/package_search", params={"q": "fablab"}).json()["result"]
    url = found["results"][0]["resources"][0]["url"]
    text = client.get(url).content.decode("cp1252")
    assert len(list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))) == len(world.data["ckan"])
    assert re.search(r";4[3-6],\d+;", text)


def test_census_modules_join(client, world) -> None:
    dataset = client.get(f"/tl/datagouv/api/1/datasets/{DATASET}/").json()
    tables = []
    for resource in dataset["resources"]:
        answer = client.get(resource["latest"])
        assert answer.history[0].status_code == 302
        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert hashlib.sha256(answer.content).hexdigest() == resource["checksum"]["value"]
        tables.append(list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";")))
    identity, general = tables
    assert len(identity) == len(world.data["census"])
    assert "," in identity[0]["LATITUDE"]
    lost = {d["true_value"] for d in world.defects("key_missing", "tiers_lieux")}
    assert {r["ID_UNIQUE"] for r in general} <= {r["ID_UNIQUE"] for r in identity} | lost


def test_tabular_api_names_its_maximum(client, world) -> None:
    url = f"/tl/tabular/api/resources/{next(iter(MODULES))}/data/"
    refused = client.get(url, params={"page_size": 200})
    assert refused.status_code == 400
    assert "50" in refused.json()["errors"][0]["detail"]
    body = client.get(url, params={"page_size": 10}).json()
    assert body["meta"]["total"] == len(world.data["census"])
    assert len(client.get(body["links"]["next"]).json()["data"]) == 10


def test_overpass_boxes_and_remark(client, world) -> None:
    query = "[out:json];(nwr[amenity=coworking_space](43.0,5.0,47.0,9.0););out center meta;"
    body = client.post("/tl/overpass/api/interpreter", data={"data": query}).json()
    assert len(body["elements"]) == len(world.data["overpass"])
    assert "remark" not in body
    cut = client.post("/tl/overpass/api/interpreter?remark=1", data={"data": query})
    assert cut.status_code == 200
    assert "timed out" in cut.json()["remark"]
    assert len(cut.json()["elements"]) < len(body["elements"])
    assert client.post("/tl/overpass/api/interpreter", data={"data": "nonsense"}).status_code == 400
    assert {e["id"] for e in body["elements"] if e["type"] == "way"} & {
        e["id"] for e in body["elements"] if e["type"] == "node"
    }


def test_fablabs(client, world) -> None:
    labs = client.get("/tl/fablabs/0/labs.json").json()
    assert labs == world.data["fablabs"]
    assert client.get("/tl/fablabs/0/projects.json").status_code == 404


def test_old_directory_has_cr_only_and_destroyed_accents(client, world) -> None:
    body = client.get("/tl/annuaire/spaces.csv").content
    assert b"\n" not in body
    assert body.count(b"\r") == len(world.data["legacy"]) + 1
    assert any("_" in row["name"] or "_" in row["city"] or "_" in row["street"] for row in world.data["legacy"])
    assert any(row["lat"] == "9.75396" for row in world.data["legacy"])
