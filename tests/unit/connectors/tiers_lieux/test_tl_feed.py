"""News feeds in RSS, Atom and JSON Feed: keys, dates, markup, what is not a feed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.core.errors import Fatal

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Le Tunnel (fictif)</title><link>https://tunnel.example/</link><language>fr-FR</language>
<lastBuildDate>{built}</lastBuildDate>
{items}
</channel></rss>"""
ITEM = """<item><title>Atelier &amp;amp; r&amp;eacute;cup</title><link>https://tunnel.example/a?x=1&amp;y=2</link>
<guid isPermaLink="false">tl-1</guid><dc:creator>Camille Personne</dc:creator><category>Réemploi</category>
<category><![CDATA[Ateliers]]></category><pubDate>Mer, 21 août 2024 10:00:00 +0200</pubDate>
<description><![CDATA[<p>Venez <b>réparer</b>.</p><img src="https://pixel.example/1.gif">]]></description>
<content:encoded><![CDATA[<!-- wp:paragraph --><p onclick="x()">Venez <a href="javascript:x()">réparer</a>
<a href="/contact">ici</a></p><script>bad()</script>]]></content:encoded></item>"""


def rss(items: str = ITEM, built: str = "Wed, 21 Aug 2024 12:00:00 +0000") -> bytes:
    return RSS.format(items=items, built=built).encode()


def feed(site: Any, **more: Any) -> dict[str, Any]:
    return {"id": "fil", "family": "feed", "url": site.url("/feed"), **more}


def test_rss_item(site: Any, run: Any) -> None:
    site.on("/feed", rss(), "application/rss+xml")
    result = run(feed(site, lieu_reference="carte:10kw"), stream="actualites")
    news = result.only
    assert list(result.valid) == ["fil:tl-1"]
    assert news["titre"] == "Atelier & récup"
    assert news["url"] == "https://tunnel.example/a?x=1&y=2"
    assert news["langue"] == "fr"
    assert news["categories"] == ["Réemploi", "Ateliers"]
    assert news["date_publication"] == "2024-08-21T08:00:00Z"
    assert news["date_maj"] is None
    assert news["resume"] == "Venez réparer."
    assert news["lieu_reference"] == "carte:10kw"
    content = news["contenu_html_sanitise"]
    assert "<p>Venez" in content
    assert not any(trace in content for trace in ("script", "onclick", "<!--", "<img"))
    assert 'href="https://tunnel.example/contact"' in content  # relative links start from the feed's own site


def test_author_is_taken_nowhere(site: Any, run: Any) -> None:
    site.on("/feed", rss(), "application/rss+xml")
    result = run(feed(site), stream="actualites")
    assert "Camille" not in json.dumps([dict(r.data) for r in result.records], default=str)


def test_new_build_date_is_no_change(site: Any, run: Any) -> None:
    site.on("/feed", rss(), "application/rss+xml")
    first = run(feed(site), stream="actualites")
    site.on("/feed", rss(built="Thu, 22 Aug 2024 12:00:01 +0000"), "application/rss+xml")
    second = run(feed(site), stream="actualites")
    assert first.landed.digest != second.landed.digest
    assert [r.data for r in first.records] == [r.data for r in second.records]


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ("<item><title>Un</title><link>https://t.example/1</link></item>", "fil:https://t.example/1"),
        ("<item><title>Un</title><pubDate>Wed, 21 Aug 2024 10:00:00 GMT</pubDate></item>", "fil:h"),
    ],
)
def test_key_without_guid(site: Any, run: Any, item: str, key: str) -> None:
    site.on("/feed", rss(item), "application/rss+xml")
    keys = list(run(feed(site), stream="actualites").valid)
    assert len(keys) == 1
    assert keys[0].startswith(key)


def test_zone_and_title_that_are_missing_are_noted(site: Any, run: Any) -> None:
    item = "<item><guid>g</guid><description>Prima riga</description><pubDate>21 ago 2024 10:00</pubDate></item>"
    site.on("/feed", rss(item), "application/rss+xml")
    news = run(feed(site), stream="actualites").only
    assert news["titre"] == "Prima riga"
    assert news["avertissements"] == ["titre_absent", "fuseau_absent"]
    assert news["date_publication"] == "2024-08-21T08:00:00Z"


def test_unreadable_date_is_rejected(site: Any, run: Any) -> None:
    item = "<item><guid>g</guid><title>T</title><pubDate>bientôt</pubDate></item>"
    site.on("/feed", rss(item), "application/rss+xml")
    rejected = run(feed(site), stream="actualites").rejected
    assert len(rejected) == 1
    assert rejected[0][0].startswith("date_publication:")


EMPTY_ITEM = """<item><title>Pas de fiches trouvées.</title><link>https://wiki.example/?PagePrincipale</link>
<guid>https://wiki.example/?PagePrincipale</guid><description>Pas de fiches trouvées.</description>
<pubDate>Thu, 01 Jan 1970 00:00:00 +0000</pubDate></item>"""


@pytest.mark.parametrize("items", [EMPTY_ITEM, "<count>0</count>" + EMPTY_ITEM, ""])
def test_invented_item_of_an_empty_list_is_no_news(site: Any, run: Any, items: str) -> None:
    site.on("/feed", rss(items), "text/xml")
    result = run(feed(site), stream="actualites")
    assert result.records == []


def test_not_modified_is_success(site: Any, run: Any) -> None:
    site.with_etag("/feed", rss(), "application/rss+xml", '"a"')
    first = run(feed(site), stream="actualites")
    again = run(
        feed(site), stream="actualites", previous=first.landed,
        validators={site.url("/feed"): {"etag": '"a"'}},
    )  # fmt: skip
    assert again.valid == first.valid
    assert again.landed.digest == first.landed.digest


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (rss()[:-60], "xml_malformed"),
        (b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"><channel/></rss>', "xml_doctype"),
        (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', "not_a_feed"),
        (b"<!DOCTYPE html><html><body>maintenance</body></html>", "html_not_feed"),
        (b"Caught exception: no such form\n", "auth"),
        (b'{"version": "https://example.org", "items": []}', "not_a_feed"),
    ],
)
def test_what_is_no_complete_feed_is_refused(site: Any, run: Any, body: bytes, rule: str) -> None:
    site.on("/feed", body, "application/rss+xml")
    with pytest.raises(Fatal) as caught:
        run(feed(site), stream="actualites")
    assert caught.value.rule == rule


def test_bytes_that_look_like_a_file_name_are_not_opened(tmp_path: Path, site: Any, run: Any) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(rss())
    site.on("/feed", str(secret), "application/rss+xml")
    with pytest.raises(Fatal):
        run(feed(site), stream="actualites")


def test_atom(site: Any, run: Any) -> None:
    body = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="it"><title>F</title>
    <id>urn:f</id><updated>2024-08-21T10:00:00Z</updated>
    <entry><id>urn:1</id><title type="html">&lt;b&gt;Novità&lt;/b&gt;</title>
    <updated>2024-08-22T10:00:00+02:00</updated>
    <published>2024-08-20T10:00:00Z</published><link rel="alternate" href="https://f.example/1"/>
    <author><name>Personne</name></author><category term="riuso"/><summary>Breve</summary></entry></feed>"""
    site.on("/feed", body, "application/atom+xml")
    news = run(feed(site), stream="actualites").only
    assert (news["guid"], news["titre"], news["url"]) == ("urn:1", "Novità", "https://f.example/1")
    assert (news["date_publication"], news["date_maj"]) == ("2024-08-20T10:00:00Z", "2024-08-22T08:00:00Z")
    assert (news["langue"], news["categories"]) == ("it", ["riuso"])


def json_feed(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": list(items), **more}


def test_json_feed_with_number_as_id(site: Any, run: Any) -> None:
    item = {
        "id": 12, "url": "https://f.example/12", "title": "T", "content_html": "<p>Corpo</p>",
        "date_published": "2024-08-21T10:00:00+02:00", "tags": ["a", "b"], "authors": [{"name": "Personne"}],
    }  # fmt: skip
    site.on("/feed", json_feed(item, language="it"), "application/feed+json")
    result = run(feed(site), stream="actualites")
    assert list(result.valid) == ["fil:12"]
    assert result.only["langue"] == "it"
    assert result.only["resume"] == "Corpo"


def test_paged_json_feed(site: Any, run: Any) -> None:
    site.on("/feed", json_feed({"id": "1", "title": "A"}, next_url=site.url("/feed2")), "application/feed+json")
    site.on("/feed2", json_feed({"id": "2", "title": "B"}), "application/feed+json")
    result = run(feed(site, options={"paged": True}), stream="actualites")
    assert list(result.valid) == ["fil:1", "fil:2"]


def test_paged_json_feed_that_turns_in_circles(site: Any, run: Any) -> None:
    site.on("/feed", json_feed({"id": "1", "title": "A"}, next_url=site.url("/feed")), "application/feed+json")
    with pytest.raises(Fatal) as caught:
        run(feed(site, options={"paged": True}), stream="actualites")
    assert caught.value.rule == "pagination_loop"
