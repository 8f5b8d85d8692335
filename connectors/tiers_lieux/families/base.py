"""What the platform families share: their shape, their requests, the files they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from connectors.core.errors import BadConfig, Defect, Fatal
from connectors.core.http import Response
from connectors.core.paginate import full_url
from connectors.core.source import FetchContext, LandedPart, Part
from connectors.tiers_lieux.instances import Instance

MAX_FILE_BYTES = 500_000_000
_CHUNK = 1 << 20
_SHOWN = 120


@dataclass(frozen=True)
class Item:
    """One record of a part, in the platform's own structure (places) or already in the contract's (news).

    Attributes:
        position: where it stands in its part, in the owner's terms.
        data: what the platform sent.
        defects: what makes it unusable.
        doubts: rule names for ``avertissements``.
    """

    position: str
    data: Mapping[str, Any]
    defects: tuple[Defect, ...] = ()
    doubts: tuple[str, ...] = ()


class Family(Protocol):
    """A module of ``families``."""

    STREAM: str
    """Stream its records belong to."""
    MAPPING: str | None
    """File in ``mappings/`` with the family's own rules."""
    ENABLED: bool
    """Read unless the instance says otherwise."""
    TABULAR: bool
    """Its records all have the columns of one heading."""

    def fetch(self, instance: Instance, context: FetchContext) -> Iterator[Part]:
        """Yield the instance's parts; return only when they are complete, else raise."""

    def read(self, instance: Instance, part: LandedPart) -> Iterator[Item]:
        """Yield the part's records in the platform's order."""


def part_name(instance: Instance, number: int, extension: str) -> str:
    """Name of a part: stable from run to run, so that "not modified" finds its last landed file."""
    return f"{instance.id}.{number:04d}.{extension}"


def part_meta(instance: Instance, **more: Any) -> dict[str, Any]:
    """What ``read`` needs to know about a part."""
    return {"instance": instance.id, "family": instance.family, **more}


def web_url(instance: Instance) -> str:
    """The instance's URL.

    Raises:
        BadConfig: it has none.
    """
    if instance.url is None:
        raise BadConfig(f"family {instance.family} needs a url", where=instance.id, rule="instances")
    return instance.url


def get_part(
    instance: Instance, context: FetchContext, *, media_type: str, extension: str, number: int = 1,
    url: str | None = None, params: Mapping[str, str] | None = None, expect: tuple[str, ...] = (),
    check: Callable[[Response], None] | None = None, meta: Mapping[str, Any] | None = None,
) -> Part:  # fmt: skip
    """Ask for one document with a conditional GET and make a part of the answer.

    Args:
        media_type: of the part when the answer does not say (304).
        check: raises where the answer, although 200, is not what was asked for.
        meta: added to the part's ``meta``.
    """
    target = url or web_url(instance)
    public = dict(instance.params if params is None else params)
    shown = full_url(context.http, target, public)
    response = context.http.get(
        target, params={**public, **instance.secret()}, expect=expect, validators=context.validators.get(shown)
    )
    name = part_name(instance, number, extension)
    described = part_meta(instance, **{"content_type": response.headers.get("content-type", ""), **(meta or {})})
    if response.not_modified:
        return Part(name, b"", media_type, shown, 304, response.headers, described, unchanged=True)
    if check:
        check(response)
    return Part(
        name, response.body, response.media_type or media_type, shown, response.status, response.headers, described
    )  # fmt: skip


def file_part(instance: Instance, *, media_type: str, extension: str) -> Part:
    """The instance's local file as a part.

    Raises:
        BadConfig: there is no such file.
        Fatal: it is larger than ``MAX_FILE_BYTES``.
    """
    path = instance.path
    if path is None or not path.is_file():
        raise BadConfig(f"there is no file '{path}'", where=instance.id, rule="file_missing")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise Fatal(f"larger than {MAX_FILE_BYTES} bytes", where=str(path), rule="too_large")
    return Part(part_name(instance, 1, extension), _chunks(path), media_type, path.name, meta=part_meta(instance))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def one_document(
    instance: Instance, context: FetchContext, *, media_type: str, extension: str,
    expect: tuple[str, ...] = (), check: Callable[[Response], None] | None = None,
) -> Iterator[Part]:  # fmt: skip
    """The whole instance is one document: a file, or one GET."""
    if instance.path is not None:
        yield file_part(instance, media_type=media_type, extension=extension)
    else:
        yield get_part(instance, context, media_type=media_type, extension=extension, expect=expect, check=check)


def require_json(response: Response) -> None:
    """A body that does not even start as JSON is no data, whatever its status and media type say.

    Raises:
        Fatal: ``auth`` for a short plain text (so platforms answer a wrong token), ``html_not_json`` for a
            page, ``truncated`` for JSON that does not end.
    """
    body = response.body.removeprefix(b"\xef\xbb\xbf").strip()
    shown = body[:_SHOWN].decode("utf-8", "replace")
    if body.startswith(b"<"):
        raise Fatal(f"a page instead of JSON: {shown!r}", where=response.url, rule="html_not_json")
    if not body.startswith((b"{", b"[", b"null")):
        raise Fatal(f"a text instead of JSON: {shown!r}; check the access token", where=response.url, rule="auth")
    if not body.endswith((b"}", b"]", b"null")):
        raise Fatal("the JSON is cut", where=response.url, rule="truncated")


def not_an_object(position: str, value: Any, field: str = "record") -> Item:
    """What stands where a record should be: refused alone, the records beside it go on."""
    defect = Defect(field, str(value)[:_SHOWN], "unexpected_shape", "expected an object with named fields")
    return Item(position, {}, (defect,))


@dataclass
class Numbered:
    """Counts items for their positions."""

    word: str = "item"
    count: int = field(default=0, init=False)

    def next(self) -> str:
        """Position of the next item."""
        self.count += 1
        return f"{self.word} {self.count}"
