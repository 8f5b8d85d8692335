"""Turns an answer into a part, with the validators that the next run's conditional request needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.core.http import Response
from connectors.core.source import Part


def validators_of(response: Response, sent: Mapping[str, str] | None = None) -> dict[str, str]:
    """``etag`` and ``last_modified`` of an answer; a 304 that repeats none keeps the ones we sent."""
    found = {
        name: response.headers[header]
        for name, header in (("etag", "etag"), ("last_modified", "last-modified"))
        if response.headers.get(header)
    }
    return found or (dict(sent or {}) if response.not_modified else {})


def response_part(
    response: Response,
    name: str,
    *,
    url: str | None = None,
    meta: Mapping[str, Any] | None = None,
    validators: Mapping[str, Mapping[str, str]] | None = None,
) -> Part:
    """The answer as a part; ``unchanged`` where the source said "not modified".

    Args:
        name: file name inside the run's landing folder.
        url: what was asked for, if a redirect led elsewhere; validators are kept under it.
        meta: what ``read`` needs to know.
        validators: URL → validators that were sent (``FetchContext.validators``).
    """
    asked = url or response.url
    kept = validators_of(response, (validators or {}).get(asked))
    return Part(
        name=name,
        body=response.body if response.file is None else response.chunks(),
        media_type=response.headers.get("content-type", ""),
        url=asked,
        status=response.status,
        headers=dict(response.headers),
        meta={**(meta or {}), **({"validators": kept} if kept else {})},
        unchanged=response.not_modified,
    )
