"""The register's searches: every province by the roles we ask for, then what it lists under none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.core.errors import Fatal, Retriable
from connectors.core.formats import parse_html
from connectors.core.http import Response
from connectors.core.paginate import Facts, PageNumber, walk
from connectors.core.parts import response_part
from connectors.core.source import FetchContext, Part
from connectors.elenco_sottoprodotti.pages import read_results

HTML = ("text/html", "application/xhtml+xml")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.-]+)", re.IGNORECASE)


@dataclass
class Entry:
    """A sheet to fetch, and the searches that listed it."""

    reference: str
    url: str
    listed: list[dict[str, str]] = field(default_factory=list)


def fetch_search(
    search: dict[str, str],
    options: Mapping[str, Any],
    context: FetchContext,
    entries: dict[str, Entry],
    declared: dict[str, int],
) -> Iterator[Part]:
    """All result pages of one province and role; their sheets are added to ``entries``."""
    link = re.compile(str(options["entry_link"]))
    seen: set[str] = set()

    def inspect(response: Response) -> Facts:
        results = read_results(page_root(response.body, response.headers.get("content-type")), response.url, link)
        if results.total and not results.entries and not seen:
            raise Retriable(
                f"{results.total} entries are said to be found and none is linked: does '{link.pattern}' "
                "(options.entry_link) match the addresses of sheets?", where=response.url, rule="unexpected_page",
            )  # fmt: skip
        seen.update(reference for reference, _url in results.entries)
        return Facts(len(results.entries), results.total, keys=tuple(reference for reference, _url in results.entries))

    names = options["search_params"]
    notes: dict[str, Any] = {}
    pages = walk(
        context.http, str(options["search_path"]), PageNumber(param=str(options["page_param"])), inspect,
        params={str(names[name]): value for name, value in search.items()}, expect=HTML, notes=notes,
    )  # fmt: skip
    for page in pages:
        root = page_root(page.response.body, page.response.headers.get("content-type"))
        for reference, url in read_results(root, page.response.url, link).entries:
            entries.setdefault(reference, Entry(reference, url)).listed.append(search)
        file = f"ricerca-{search['provincia']}-{search.get('qualifica', 'tutte')}-{page.number:04d}.html"
        yield response_part(page.response, file, url=page.url, meta={"kind": "ricerca", **search})
    name = "-".join(search.values())
    declared[name] = int(notes["declared_total"])
    if "keep_absent" in notes:  # an entry may be hidden behind one that came twice
        context.notes["keep_absent"] = notes["keep_absent"]
        context.notes.setdefault("notices", []).extend(f"{name}: {line}" for line in notes["notices"])


def fetch_other_roles(
    province: str,
    options: Mapping[str, Any],
    context: FetchContext,
    entries: dict[str, Entry],
    declared: dict[str, int],
) -> Iterator[Part]:
    """Entries of a province under a role that we do not ask for, if its search without a role counts more of them.

    Their sheets are fetched like all others; the contract says what it does not take. A register that does not
    search without a role is noted in ``unasked_roles``: what it holds under other roles is not known then.
    """
    names = options["search_params"]
    first = {str(names["provincia"]): province, str(options["page_param"]): 1}
    try:
        response = context.http.get(str(options["search_path"]), params=first, expect=HTML)
        root = page_root(response.body, response.headers.get("content-type"))
        total = read_results(root, response.url, re.compile(str(options["entry_link"]))).total
    except Fatal as error:
        context.notes.setdefault("unasked_roles", {})[province] = error.rule
        return
    listed = sum(any(search["provincia"] == province for search in entry.listed) for entry in entries.values())
    if total > listed:
        yield from fetch_search({"provincia": province}, options, context, entries, declared)
        context.notes.setdefault("unasked_roles", {})[province] = total - listed


def page_root(body: bytes, content_type: str | None) -> Any:
    """Root of a page, read as it is encoded rather than as it says."""
    declared = _CHARSET.search(content_type or "")
    return parse_html(body, declared[1] if declared else None)
