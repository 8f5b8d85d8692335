"""$title: a paged JSON listing."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.errors import Defect
from connectors.core.formats import read_json_items
from connectors.core.paginate import PageNumber, json_facts, walk
from connectors.core.parts import response_part
from connectors.core.source import FetchContext, LandedPart, Part, RawRecord, Source, Stream


def fetch(stream: Stream, context: FetchContext) -> Iterator[Part]:
    """Yield every page; ``walk`` raises unless all that the source declares has come."""
    options = context.source.options
    facts = json_facts(str(options["items_key"]), total=str(options["total_key"]), key="id")
    pager = PageNumber(param=str(options["page_param"]))
    for page in walk(
        context.http, str(options["path"]), pager, facts, expect=("application/json",), notes=context.notes
    ):
        yield response_part(page.response, f"page-{page.number:05d}.json", url=page.url)


def read(source: Source, stream: Stream, part: LandedPart) -> Iterator[RawRecord]:
    """Yield the records of one landed page under the source's own names."""
    for number, item in read_json_items(part.path, f"{source.options['items_key']}.item"):
        position = f"{part.name.removesuffix('.json')} item {number}"
        if isinstance(item, dict):
            yield RawRecord(position, item)
        else:
            yield RawRecord(position, {}, (Defect("item", str(item)[:200], "not_an_object", "expected an object"),))
