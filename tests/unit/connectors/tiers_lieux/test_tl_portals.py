"""data.gouv.fr, CKAN and WordPress: paged listings, catalogues, joined files."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from connectors.core.errors import BadConfig, Fatal, Retriable

IDENTITY = "ID_UNIQUE;NOM;CODPOST;LATITUDE;LONGITUDE;NOM_STRC_PORT;état du projet;familles_tiers_lieux\n" + (
    'T1;Lieu un (fictif);73500;"45,19";"6,67";Asso fictive;Ouvert;"Coworking;Fablab"\n'
    "T2;Lieu deux (fictif);05000;;;;inconnu;\n"
)
ACTIVITY = "ID_UNIQUE;PROD_NUMER;AUTRE\nT1;1;x\n"


def catalogue(site: Any, *resources: dict[str, Any]) -> dict[str, Any]:
    site.on("/api/1/datasets/recensement/", {"resources": list(resources)})
    return {
        "id": "recensement", "family": "datagouv", "url": site.url("/api/1/datasets/recensement/"),
        "options": {"main": {"title": "fiche-identite"}},
    }  # fmt: skip


def resource(site: Any, title: str, body: str, **more: Any) -> dict[str, Any]:
    raw = ("\ufeff" + body).encode()
    site.on(f"/r/{title}", raw, "text/csv")
    return {
        "id": title, "title": f"bdftl-2026-{title}.csv", "filetype": "file", "latest": site.url(f"/r/{title}"),
        "url": "https://static.example/20260101-000000/x.csv",
        "checksum": {"type": "sha1", "value": hashlib.sha1(raw).hexdigest()}, **more,
    }  # fmt: skip


def test_census_files_are_joined(site: Any, run: Any) -> None:
    files = [resource(site, "01-fiche-identite", IDENTITY), resource(site, "04-activites", ACTIVITY)]
    instance = catalogue(site, *files)
    instance["options"]["join"] = [{"title": "activites", "columns": ["PROD_NUMER"]}]
    instance["mapping"] = {"fields": {"services": {"flags": {"PROD_NUMER": "production numérique"}}}}
    places = run(instance).valid
    one, two = places["recensement:T1"], places["recensement:T2"]
    assert one["services"] == ["production numérique"]
    assert one["types"] == ["Coworking", "Fablab"]
    assert (one["latitude"], one["statut"], one["structure_porteuse"]) == ("45.19", "active", "Asso fictive")
    assert two["services"] == []
    assert two["latitude"] is None
    assert two["avertissements"] == ["terme_inconnu:statut=inconnu"]
    assert one["champs_inconnus"] == []


def test_key_twice_in_a_joined_file_rejects_the_row(site: Any, run: Any) -> None:
    files = [resource(site, "01-fiche-identite", IDENTITY), resource(site, "04-activites", ACTIVITY + "T1;0;y\n")]
    instance = catalogue(site, *files)
    instance["options"]["join"] = [{"id": "04-activites"}]
    assert run(instance).rejected == [["ID_UNIQUE:join_ambiguous"]]


@pytest.mark.parametrize(
    ("selector", "rule"),
    [
        ({"title": "absent"}, "resource_missing"),
        ({"title": "bdftl"}, "resource_ambiguous"),
        ({"id": "no"}, "resource_missing"),
    ],
)
def test_selector_must_find_one_file(site: Any, run: Any, selector: dict[str, str], rule: str) -> None:
    instance = catalogue(site, resource(site, "01-a", IDENTITY), resource(site, "02-b", ACTIVITY))
    instance["options"] = {"main": selector}
    with pytest.raises(Fatal) as caught:
        run(instance)
    assert caught.value.rule == rule


def test_checksum_of_the_catalogue_is_compared(site: Any, run: Any) -> None:
    wrong = resource(site, "01-fiche-identite", IDENTITY, checksum={"type": "sha1", "value": "0" * 40})
    with pytest.raises(Fatal) as caught:
        run(catalogue(site, wrong))
    assert caught.value.rule == "checksum"
    elsewhere = {**wrong, "filetype": "remote"}  # a harvested checksum may be of another day
    assert len(run(catalogue(site, elsewhere)).valid) == 2


def tabular(site: Any, total: int, limit: int) -> dict[str, Any]:
    rows = [{"__id": n, "ID_UNIQUE": f"T{n}", "NOM": f"Lieu {n} (fictif)"} for n in range(1, total + 1)]

    def answer(asked: Any) -> Any:
        size, page = int(asked.query.get("page_size", ["20"])[0]), int(asked.query.get("page", ["1"])[0])
        if size > limit:
            return 400, {
                "errors": [{"title": "Invalid query string", "detail": f"Page size exceeds allowed maximum: {limit}"}]
            }
        start = (page - 1) * size
        return {"data": rows[start : start + size], "meta": {"page": page, "page_size": size, "total": total}}

    site.by("/api/resources/rid/data/", answer)
    return {"id": "table", "family": "datagouv", "url": site.url("/api/resources/rid/data/")}


@pytest.mark.parametrize("limit", [50, 200])
def test_tabular_interface_tells_its_page_size(site: Any, run: Any, limit: int) -> None:
    assert len(run(tabular(site, 120, limit)).valid) == 120


def test_other_error_of_the_tabular_interface_is_not_taken_for_a_limit(site: Any, run: Any) -> None:
    site.by("/api/resources/rid/data/", lambda _asked: (400, {"errors": [{"detail": "no such column 12"}]}))
    with pytest.raises(Fatal, match="no such column"):
        run({"id": "table", "family": "datagouv", "url": site.url("/api/resources/rid/data/")})


def datastore(site: Any, count: int, cap: int, **result: Any) -> dict[str, Any]:
    def answer(asked: Any) -> Any:
        limit, offset = int(asked.query["limit"][0]), int(asked.query["offset"][0])
        assert asked.query["sort"] == ["_id"]
        records = [{"_id": n, "codice": n, "nome": f"Spazio {n} (fittizio)"} for n in range(1, count + 1)]
        page = records[offset : offset + min(limit, cap)]
        made = {"records": page, "total": count, "limit": min(limit, cap), "offset": offset, **result}
        return {"help": "", "success": True, "result": made}

    site.by("/api/3/action/datastore_search", answer)
    fields = {"identifiant": "codice", "nom": "nome"}
    return {
        "id": "portale", "family": "ckan", "url": site.url("/api/3/action"), "mapping": {"fields": fields},
        "options": {"resource_id": "abc"}, "country": "IT",
    }  # fmt: skip


def test_ckan_lowers_the_limit_and_nothing_is_lost(site: Any, run: Any) -> None:
    result = run(datastore(site, count=75, cap=30))
    assert len(result.valid) == 75
    assert result.context.notes["listing.portale"]["reduced_limit"] == 30
    assert result.valid["portale:1"]["champs_inconnus"] == []


def test_ckan_total_must_come_out_unless_it_is_an_estimate(site: Any, run: Any) -> None:
    with pytest.raises(Retriable):
        run(datastore(site, count=10, cap=30, total=12))
    assert len(run(datastore(site, count=10, cap=30, total=12, total_was_estimated=True)).valid) == 10


def test_ckan_error_with_status_200(site: Any, run: Any) -> None:
    instance = datastore(site, 1, 1)
    site.on("/api/3/action/datastore_search", {"success": False, "error": {"message": "Not found: risorsa"}})
    with pytest.raises(Fatal, match="Not found: risorsa"):
        run(instance)


def test_ckan_search_downloads_the_csv_resources(site: Any, run: Any) -> None:
    site.on("/f/coworking.csv", "codice;nome\n0123;Spazio fittizio citt\u00e0\n".encode("cp1252"), "text/csv")
    resources = [
        {"id": "r1", "name": "Elenco coworking", "format": "csv", "url": site.url("/f/coworking.csv")},
        {"id": "r2", "name": "Elenco coworking", "format": "PDF", "url": site.url("/f/x.pdf")},
        {"id": "r3", "name": "Altro", "format": "CSV", "url": site.url("/f/altro.csv")},
    ]
    answer = {"success": True, "result": {"count": 1, "results": [{"id": "p", "resources": resources}]}}
    site.on("/api/3/action/package_search", answer)
    instance = datastore(site, 1, 1)
    instance["options"] = {"search": {"q": "coworking"}, "resource_name": "coworking"}
    place = run(instance).only
    assert (place["identifiant"], place["nom"]) == ("0123", "Spazio fittizio città")
    instance["options"]["resource_name"] = "biblioteche"
    with pytest.raises(Fatal) as caught:
        run(instance)
    assert caught.value.rule == "resource_missing"


@pytest.mark.parametrize("options", [{}, {"resource": "x"}])
def test_ckan_needs_to_know_what_to_read(site: Any, run: Any, options: dict[str, str]) -> None:
    with pytest.raises(BadConfig):
        run({**datastore(site, 1, 1), "options": options})


def posts(site: Any, count: int, **how: Any) -> dict[str, Any]:
    def post(number: int) -> dict[str, Any]:
        return {
            "id": number, "guid": {"rendered": f"http://b.example/?p={number}"}, "link": f"https://b.example/{number}",
            "title": {"rendered": f"Titre {number} &#8211; fin"}, "excerpt": {"rendered": "<p>Court</p>\n"},
            "content": {"rendered": "<p>Long</p><script>x</script>"}, "categories": [3],
            "date_gmt": "2024-05-06T07:08:09", "modified_gmt": "2024-06-06T07:08:09",
        }  # fmt: skip

    def answer(asked: Any) -> Any:
        page, size = int(asked.query["page"][0]), int(asked.query["per_page"][0])
        assert "author" not in asked.query["_fields"][0]
        if how.get("broken") == page:
            return 500, {"code": "internal_server_error"}
        if (page - 1) * size >= count + len(how.get("again", [])):
            return 400, {"code": "rest_post_invalid_page_number"}
        numbers = [*range(1, count + 1), *how.get("again", [])]
        return [post(n) for n in numbers][(page - 1) * size : page * size]

    headers = {"X-WP-Total": str(how.get("total", count))}
    site.by("/wp-json/wp/v2/posts", answer, **headers)
    site.by("/wp-json/wp/v2/categories", lambda asked: [{"id": 3, "name": "R&eacute;emploi"}], **{"X-WP-Total": "1"})
    return {"id": "blog", "family": "wordpress_rest", "url": site.url("/wp-json/wp/v2/posts"), "language": "fr"}


def test_wordpress_posts(site: Any, run: Any) -> None:
    instance = {**posts(site, 120), "options": {"category_names": True}}
    result = run(instance, stream="actualites")
    assert len(result.valid) == 120
    news = result.valid["blog:7"]
    assert news["titre"] == "Titre 7 – fin"
    assert news["categories"] == ["Réemploi"]
    assert (news["date_publication"], news["date_maj"]) == ("2024-05-06T07:08:09Z", "2024-06-06T07:08:09Z")
    assert news["contenu_html_sanitise"] == "<p>Long</p>"
    assert (news["langue"], news["resume"], news["avertissements"]) == ("fr", "Court", [])


def test_wordpress_error_on_a_middle_page_fails_the_run(site: Any, run: Any) -> None:
    with pytest.raises(Retriable) as caught:
        run(posts(site, 250, broken=2), stream="actualites")
    assert caught.value.rule == "http_500"


def test_wordpress_total_must_come_out(site: Any, run: Any) -> None:
    with pytest.raises(Retriable):
        run(posts(site, 50, total=60), stream="actualites")


def test_wordpress_posts_that_come_twice_let_nothing_count_as_deleted(site: Any, run: Any) -> None:
    again = {**posts(site, 100, total=101, again=[7]), "complete": True}
    result = run({**again, "id": "twice"}, stream="actualites")
    assert result.landed.notes["keep_absent"] == ["twice:"]
    [notice] = result.landed.notes["notices"]
    assert notice.startswith("twice: 1 item came on two pages")


def test_wordpress_asks_from_before_the_newest_change_it_has_seen(site: Any, run: Any) -> None:
    blog = {**posts(site, 3), "complete": True, "options": {"incremental": True}}
    first = run(blog, stream="actualites").landed.notes
    assert first["cursor"]["blog"]["changed"] == "2024-06-06T07:08:09Z"
    assert first["keep_absent"] == ["blog:"]

    def asked(blog: dict[str, Any], since: Any, **how: Any) -> list[str] | None:
        site.asked.clear()
        again = run(blog, stream="actualites", since=since, **how)
        assert len(again.valid) == 3
        assert again.landed.notes["cursor"]["blog"]["changed"] == "2024-06-06T07:08:09Z"
        [request] = [one for one in site.asked if one.path.endswith("/posts")]
        found: list[str] | None = request.query.get("modified_after")
        return found

    cursor = first["cursor"]
    assert asked(blog, None) is None
    assert asked(blog, cursor) == ["2024-06-04T07:08:09+00:00"]
    longer = {**blog, "options": {"incremental": True, "overlap_days": 7}}
    settled = run(longer, stream="actualites").landed.notes["cursor"]
    assert asked(longer, settled) == ["2024-05-30T07:08:09+00:00"]
    assert asked(longer, cursor) is None  # other settings
    assert asked(blog, cursor, reads_anew=True) is None
    with pytest.raises(BadConfig, match="overlap_days"):
        wrong = {**blog, "options": {"incremental": True, "overlap_days": 0}}
        run(wrong, stream="actualites", since=run(wrong, stream="actualites").landed.notes["cursor"])


def test_wordpress_keeps_the_cursors_of_other_sites(site: Any, run: Any) -> None:
    blog = {**posts(site, 1), "options": {"incremental": True}}
    other = {"changed": "2024-01-01T00:00:00Z", "settings": "x"}
    assert run(blog, stream="actualites", since={"other": other}).landed.notes["cursor"]["other"] == other
    assert "cursor" not in run(posts(site, 1), stream="actualites").landed.notes


def test_a_stream_asks_only_its_own_instances(site: Any, run: Any) -> None:
    result = run(posts(site, 1), tabular(site, 3, 50), stream="actualites")
    assert len(result.valid) == 1
    assert json.loads(result.landed.parts[0].path.read_bytes())[0]["id"] == "blog"
    assert result.context.notes["instances"] == ["blog"]
