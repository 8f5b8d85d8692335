"""Identity card of a source (``source.yml``) and the plain data that connectors exchange."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from connectors.core.errors import BadConfig

if TYPE_CHECKING:
    from connectors.core.blocks import UnreadBlock
    from connectors.core.http import HttpClient


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Strict):
    """A text in the three languages of the project."""

    fr: str
    it: str
    en: str


class Licence(_Strict):
    """Terms under which a source's records may be reused."""

    name: str
    url: str | None = None
    attribution: str
    redistributable: bool


class Assertions(_Strict):
    """Bounds a healthy batch keeps. ``min_*`` abort the load, ``max_records`` only warns.

    A bound may be moved when the owner of the source confirms the change; say so in the commit.

    Attributes:
        min_records: fewer valid records than this hold the batch.
        max_records: more than this warn.
        max_reject_ratio: share of rejected records above which the batch is held.
        max_drop_ratio: loss of records against the last good run above which the batch is held.
        max_delete_ratio: share of known keys gone above which the batch is held.
        fill: minimum share of non-empty values, by field of the contract.
        overlap: of a listing that shows its last records only: warn where none of those it shows is known, so that
            others may have come and gone unseen. Told by the part of the key before the first colon.
    """

    min_records: int = 1
    max_records: int | None = None
    max_reject_ratio: float = 0.2
    max_drop_ratio: float = 0.2
    max_delete_ratio: float = 0.2
    fill: dict[str, float] = Field(default_factory=dict)
    overlap: bool = False


class Drift(_Strict):
    """What happens when a source begins to send something else than its contract says.

    Attributes:
        unknown_column: ``reject`` the records that have it; or ``warn``: when at least ``min_share`` of the batch
            shows it, the source has a new column, which is dropped with one notice (the landing keeps it). Below
            that share it is an odd record, and rejected.
        new_code: a value that an enumeration does not know: ``reject`` the record; ``quarantine`` the value (the
            record is loaded without it, the value waits among the rejects); or ``warn`` (loaded without it, noted).
        missing_column: a column that at least half of the last good load's records had and now none has:
            ``abort`` holds the batch for a person, ``warn`` only notes it. Judged on complete listings.
        min_share: share of records from which an unknown column counts as a column of the source.
    """

    unknown_column: Literal["reject", "warn"] = "reject"
    new_code: Literal["quarantine", "reject", "warn"] = "reject"
    missing_column: Literal["abort", "warn"] = "abort"
    min_share: float = Field(default=0.05, gt=0, le=1)


class Stream(_Strict):
    """One kind of record of a source.

    Attributes:
        name: last part of the table name ``raw.<source>__<name>``.
        contract: ``module:Class`` of the strict Pydantic model of one record.
        complete: a fetch lists everything there is, so absence means deletion.
        personal_data: fields of the contract that can hold personal data.
        assertions: bounds of a healthy batch.
        drift: what a change of the source's columns and codes leads to.
        options: what only this connector understands.
    """

    name: str
    title: Text
    contract: str
    complete: bool = True
    personal_data: tuple[str, ...] = ()
    assertions: Assertions = Assertions()
    drift: Drift = Drift()
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _identifier(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", value):
            raise ValueError("a stream name is lower-case letters, digits and underscores")
        return value


class Source(_Strict):
    """One source system, as ``source.yml`` describes it, with the deployment's settings laid over it.

    Attributes:
        id: folder name of the connector.
        language: ISO 639-1 code of the source's texts, ``und`` where they are mixed.
        cadence: cron expression of the scheduled sync, UTC.
        stale_after_hours: age of the last good load beyond which the rows are shown as stale.
        base_url: root of the source's web service; None where the deployment must give it.
        hosts: what may be contacted, redirects included: ``host:port``, or ``host`` for its usual port.
        allow_loopback_http: plain HTTP to this machine is allowed (sandbox and tests only).
        requests_in_flight: pages of a listing that may be asked for at once; more is faster and less polite.
        options: what only this connector understands.
    """

    id: str
    title: Text
    description: Text
    publisher: str
    country: Literal["FR", "IT", "EU"]
    language: str
    licence: Licence
    cadence: str
    stale_after_hours: int
    base_url: str | None = None
    hosts: tuple[str, ...] = ()
    allow_loopback_http: bool = False
    requests_in_flight: int = Field(default=4, ge=1, le=16)
    streams: tuple[Stream, ...]
    options: dict[str, Any] = Field(default_factory=dict)

    def stream(self, name: str) -> Stream:
        """The stream called ``name``.

        Raises:
            BadConfig: the source has no such stream.
        """
        for stream in self.streams:
            if stream.name == name:
                return stream
        known = ", ".join(s.name for s in self.streams)
        raise BadConfig(f"no stream '{name}'; it has: {known}", source=self.id, rule="unknown_stream")


def load_source(path: Path, overlay: Mapping[str, Any] | None = None) -> Source:
    """Read ``source.yml`` and lay the deployment's settings over its top-level keys.

    Args:
        path: the ``source.yml``.
        overlay: ``base_url``, ``hosts``, ``allow_loopback_http``, ``requests_in_flight`` and ``options`` of this
            deployment; ``options`` are merged key by key, the rest replaces.

    Raises:
        BadConfig: the result is not a valid source; the message lists every problem.
    """
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    overlay = dict(overlay or {})
    unknown = set(overlay) - {"base_url", "hosts", "allow_loopback_http", "requests_in_flight", "options"}
    if unknown:
        raise BadConfig(
            f"setting(s) {', '.join(sorted(unknown))} unknown; a deployment may set base_url, hosts, "
            "allow_loopback_http, requests_in_flight and options",
            source=str(data.get("id", path)),
            rule="unknown_setting",
        )
    data["options"] = {**data.get("options", {}), **(overlay.pop("options", None) or {})}
    try:
        return Source.model_validate({**data, **overlay})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadConfig(problems, source=str(data.get("id", "")), where=str(path), rule="source_yml") from error


@dataclass(frozen=True)
class Part:
    """One answer of a source, ready to be landed as one file.

    Attributes:
        name: file name inside the run's landing folder; letters, digits, ``. _ -`` only.
        body: the bytes as they came, whole or in chunks.
        media_type: as declared by the source.
        url: where it came from, without credentials; a dropped file has its name.
        status: HTTP status, None for files.
        headers: response headers worth keeping (lower-case names).
        meta: what ``read`` needs to know: instance, page, layout. JSON-serialisable.
        unchanged: the source said "not modified"; ``body`` is empty and the last landed file of the same
            ``name`` is taken again.
    """

    name: str
    body: bytes | Iterable[bytes]
    media_type: str
    url: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    unchanged: bool = False


@dataclass(frozen=True)
class LandedPart:
    """A part as it lies in the landing; ``read`` works from this alone, never from the network."""

    path: Path
    name: str
    media_type: str
    url: str
    sha256: str
    size: int
    meta: Mapping[str, Any]


class RawRecord(NamedTuple):
    """One record as the source sent it, format undone, nothing interpreted.

    Attributes:
        position: where it stands in its part, in the owner's terms: ``row 12``, ``sheet Dépenses row 7``,
            ``item 3``.
        data: field name as published → value.
        defects: what the reader already found wrong (e.g. a formula without a cached value); such a record
            is rejected with these and the contract's findings together.
    """

    position: str
    data: Mapping[str, Any]
    defects: tuple[Any, ...] = ()


class UnreadRecord:
    """A record that can be told by its text, so that the loader reads it only where the text is new.

    Only for records that are read from ``text`` and ``context`` by the connector's code and files alone: neither
    the deployment's settings nor other records may change what comes out.

    Attributes:
        position: as in ``RawRecord``.
        context: what the text means beside itself: the header of its table, a delimiter.
        text: the record as it stands in its part.
    """

    __slots__ = ("_read", "_record", "context", "position", "text")

    def __init__(self, position: str, context: bytes, text: bytes, read: Callable[[], RawRecord]) -> None:
        self.position, self.context, self.text, self._read = position, context, text, read
        self._record: RawRecord | None = None

    def record(self) -> RawRecord:
        """The record, read when it is first asked for."""
        if self._record is None:
            self._record = self._read()
        return self._record

    @property
    def data(self) -> Mapping[str, Any]:
        """As in ``RawRecord``."""
        return self.record().data

    @property
    def defects(self) -> tuple[Any, ...]:
        """As in ``RawRecord``."""
        return self.record().defects


@dataclass
class FetchContext:
    """What a connector may use while fetching.

    Attributes:
        http: the only way to the network.
        source: the source with the deployment's settings.
        since: cursor stored by the last good load, None on the first run.
        reads_anew: the code or the mapping that reads the stream is another than at the last good load; what is asked
            for from a cursor on must come whole, so that older records are read by it too.
        validators: URL → ``{"etag": …, "last_modified": …}`` of the last good load, for conditional GET.
        notes: the connector may put JSON values here; they are kept with the run (e.g. declared totals).
    """

    http: HttpClient
    source: Source
    since: Mapping[str, Any] | None = None
    reads_anew: bool = False
    validators: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


class Connector(Protocol):
    """The two functions a source needs. A module ``connectors/<source>/connector.py`` defines both."""

    def fetch(self, stream: Stream, context: FetchContext) -> Iterator[Part]:
        """Yield the stream's parts; return only when the listing is complete, else raise."""

    def read(
        self, source: Source, stream: Stream, part: LandedPart
    ) -> Iterator[RawRecord | UnreadRecord | UnreadBlock]:
        """Yield the part's records in the source's order."""
