"""Odd but real news: dates in many writings, addresses that run something, other ages of the formats."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.tiers_lieux import clean
from connectors.tiers_lieux.mapping import FieldMapping
from connectors.tiers_lieux.values import Mapper

JSON_FEED = "https://jsonfeed.org/version/1"


def rss(items: str, head: str = '<?xml version="1.0"?>') -> str:
    start = f'{head}<rss version="2.0"><channel><title>T</title><link>https://s.example/blog/</link>'
    return f"{start}{items}</channel></rss>"


def news(site: Any, run: Any, body: Any, media: str = "application/rss+xml") -> Any:
    site.on("/feed", body, media)
    return run({"id": "nouvelles", "family": "feed", "url": site.url("/feed")}, stream="actualites")


@pytest.mark.parametrize(
    ("written", "instant", "assumed"),
    [
        ("2024-01-02 10:00:00 UTC", "2024-01-02T10:00:00+00:00", False),
        ("2024-07-02 10:00 CEST", "2024-07-02T08:00:00+00:00", False),
        ("Tue, 02 Jan 2024 10:00:00 CET", "2024-01-02T09:00:00+00:00", False),
        ("02/01/2024 10:00", "2024-01-02T09:00:00+00:00", True),
        ("02/01/2024", "2024-01-01T23:00:00+00:00", True),
        ("1704186000", "2024-01-02T09:00:00+00:00", False),
        ("1704186000000", "2024-01-02T09:00:00+00:00", False),
        ("Tue, 02 Jan 2024 25:00:00 GMT", "Tue, 02 Jan 2024 25:00:00 GMT", False),
        ("32/01/2024", "32/01/2024", False),
    ],
)
def test_instants_of_many_writings(written: str, instant: str, assumed: bool) -> None:
    assert clean.instant(written) == (instant, assumed)


def test_an_unreadable_date_is_refused_in_the_owners_words(site: Any, run: Any) -> None:
    result = news(site, run, rss("<item><title>A</title><guid>g</guid><pubDate>hier</pubDate></item>"))
    assert result.rejected == [["date_publication:instant_text"]]


@pytest.mark.parametrize(
    ("sent", "day"),
    [
        ({"$date": {"$numberLong": "1700000000000"}}, "2023-11-14"),
        ({"$date": "2024-01-02T10:00:00Z"}, "2024-01-02"),
        ({"date": "2024-01-02 10:00:00.000000", "timezone_type": 3, "timezone": "Europe/Paris"}, "2024-01-02"),
        ("-0001-11-30T00:00:00+0009", None),
        ({"other": 1}, {"other": 1}),
    ],
)
def test_days_inside_objects(sent: Any, day: Any) -> None:
    assert clean.day(sent) == day


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " JavaScript:alert(1)", "java\tscript:x", "data:text/html,x"]
)
def test_a_link_that_runs_something_is_left_out_and_said(site: Any, run: Any, address: str) -> None:
    item = {"id": "1", "title": "A (fictif)", "url": address}
    found = news(site, run, {"version": JSON_FEED, "items": [item]}, "application/feed+json").only
    assert found["url"] is None
    assert [doubt.partition(":")[0] for doubt in found["avertissements"]] == ["adresse_refusee"]


def test_a_place_keeps_only_addresses_that_lead_somewhere() -> None:
    fields = {"sites_web": "web", "reseaux_sociaux": "reseaux", "source_url": "page"}
    mapped = Mapper(FieldMapping(fields=fields)).apply(
        {
            "web": "javascript:alert(1);https://a.example;b.example:8080",
            "reseaux": {"facebook": "data:text/html,x", "mastodon": "@atelier@m.example"},
            "page": "vbscript:x",
        }
    )
    assert mapped.data == {
        "sites_web": ["https://a.example", "b.example:8080"],
        "reseaux_sociaux": [{"reseau": "mastodon", "adresse": "@atelier@m.example"}],
    }
    assert mapped.doubts == ["adresse_refusee:javascript", "adresse_refusee:data", "adresse_refusee:vbscript"]


def test_rss_1_has_its_links_and_its_day(site: Any, run: Any) -> None:
    body = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://s.example/"><title>T</title>
      <link>https://s.example/</link></channel><item rdf:about="https://s.example/a"><title>A (fictif)</title>
      <link>a</link><dc:date>2024-01-02T10:00:00+01:00</dc:date><dc:creator>X</dc:creator></item></rdf:RDF>"""
    found = news(site, run, body).only
    assert (found["url"], found["date_publication"], found["date_maj"]) == (
        "https://s.example/a", "2024-01-02T09:00:00Z", None,
    )  # fmt: skip


def test_a_feed_in_utf_16_is_read(site: Any, run: Any) -> None:
    body = rss("<item><title>Été (fictif)</title><guid>g</guid></item>", '<?xml version="1.0" encoding="utf-16"?>')
    assert news(site, run, body.encode("utf-16")).only["titre"] == "Été (fictif)"


def test_a_json_feed_with_odd_members_goes_on(site: Any, run: Any) -> None:
    item = {"title": "A (fictif)", "url": "/rel", "tags": ["a", None, {"x": 1}]}
    feed = {"version": JSON_FEED, "home_page_url": "https://s.example/blog/", "language": 3, "items": [item]}
    found = news(site, run, feed, "application/feed+json").only
    assert (found["url"], found["categories"], found["langue"]) == ("https://s.example/rel", ["a"], None)


def test_posts_with_odd_members_go_on(site: Any, run: Any) -> None:
    posts = [
        {"id": 1, "link": 5, "title": "A (fictif)", "categories": "x", "date_gmt": "0000-00-00T00:00:00"},
        {"id": 2, "title": None, "content": {"rendered": "", "protected": True}, "yoast_head_json": {"a": 1}},
    ]
    site.on("/wp/posts", posts, **{"X-WP-Total": "2"})
    result = run({"id": "blog", "family": "wordpress_rest", "url": site.url("/wp/posts")}, stream="actualites")
    assert result.only["url"] is None
    assert result.only["categories"] == []
    assert result.rejected == [["titre:missing"]]


def test_relative_links_of_the_text_start_from_its_page(site: Any, run: Any) -> None:
    html = '<a href="/rel">r</a><a href="javascript:x">x</a><a href="http://[">y</a>'
    item = {"id": "1", "title": "A (fictif)", "url": "https://s.example/blog/a", "content_html": html}
    found = news(site, run, {"version": JSON_FEED, "items": [item]}, "application/feed+json").only
    content = found["contenu_html_sanitise"]
    assert 'href="https://s.example/rel"' in content
    assert "javascript" not in content
    assert content.count("href") == 1


def test_a_post_with_an_unreadable_day_is_refused_with_the_day_as_sent(site: Any, run: Any) -> None:
    posts = [{"id": 1, "title": "A (fictif)", "date_gmt": "hier"}]
    site.on("/wp/posts", posts, **{"X-WP-Total": "1"})
    result = run({"id": "blog", "family": "wordpress_rest", "url": site.url("/wp/posts")}, stream="actualites")
    assert result.rejected == [["date_publication:instant_text"]]
    assert result.records[0].data["date_publication"] == "hier"
