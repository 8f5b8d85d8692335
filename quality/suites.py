"""Suites as code: what a batch of a source and a built release must look like as a whole.

The shape of one record is the contract's business and keys and relations are dbt's; here stands only how a batch
or a release *behaves*: volume, fill, drift against the last good state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.core.source import Stream
from quality.live import Beside
from warehouse.batch import came_as_known

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Check:
    """One expectation.

    Attributes:
        expectation: class name in ``great_expectations.expectations``.
        arguments: its arguments.
        severity: only a ``critical`` failure closes the gate.
        why: reason, shown in Data Docs.
    """

    expectation: str
    arguments: Mapping[str, Any]
    severity: Severity
    why: str


@dataclass(frozen=True)
class Suite:
    """Checks over the rows of one query."""

    name: str
    query: str
    checks: tuple[Check, ...]
    meta: Mapping[str, Any] = field(default_factory=dict)


def batch_suites(source_id: str, stream: Stream, run_id: str) -> list[Suite]:
    """The suites of one staged batch.

    The first looks at what ``raw`` would hold after the merge, the second at the batch's figures beside those of
    the last good load, in one row: ``valid``, ``reject_ratio``, ``drop_ratio``, ``delete_ratio``.
    """
    table, bounds = f"{source_id}__{stream.name}", stream.assertions
    columns = "".join(f", payload ->> '{name}' as \"{name}\"" for name in bounds.fill)
    candidate = Suite(
        f"{source_id}.{stream.name}.records",
        f"select record_key{columns} from stage.{table}__candidate",
        (
            Check("ExpectColumnValuesToNotBeNull", {"column": "record_key"}, "critical", "a record has a key"),
            Check("ExpectColumnValuesToBeUnique", {"column": "record_key"}, "critical", "a key stands for one record"),
            *(
                Check(
                    "ExpectColumnValuesToNotBeNull",
                    {"column": name, "mostly": share},
                    "critical",
                    f"at least {share:.0%} of the records say it in a healthy listing",
                )
                for name, share in bounds.fill.items()
            ),
        ),
    )
    return [
        candidate,
        Suite(f"{source_id}.{stream.name}.batch", _figures(source_id, stream, run_id), _figure_checks(stream)),
    ]


def _figure_checks(stream: Stream) -> tuple[Check, ...]:
    bounds = stream.assertions

    def at_most(column: str, value: float, why: str) -> Check:
        return Check("ExpectColumnMaxToBeBetween", {"column": column, "max_value": value}, "critical", why)

    checks = [
        Check(
            "ExpectColumnMinToBeBetween",
            {"column": "valid", "min_value": bounds.min_records},
            "critical",
            "fewer records than a healthy listing ever has",
        ),
        at_most("reject_ratio", bounds.max_reject_ratio, "so many bad records mean that the format has changed"),
    ]
    if stream.complete:
        checks += [
            at_most("drop_ratio", bounds.max_drop_ratio, "a large drop waits for a person"),
            at_most("delete_ratio", bounds.max_delete_ratio, "a large deletion waits for a person"),
        ]
    if stream.drift.missing_column == "abort":
        checks.append(at_most("missing_columns", 0, "a usual column is gone: was it renamed?"))
    if bounds.max_records is not None:
        checks.append(
            Check(
                "ExpectColumnMaxToBeBetween",
                {"column": "valid", "max_value": bounds.max_records},
                "warning",
                "more records than expected; is a filter gone?",
            )
        )
    if bounds.overlap:
        why = "none of the records it shows is known: others may have come and gone unseen; ask more often"
        checks.append(
            Check("ExpectColumnMaxToBeBetween", {"column": "without_overlap", "max_value": 0}, "warning", why)
        )
    return tuple(checks)


def _figures(source_id: str, stream: Stream, run_id: str) -> str:
    table = f"{source_id}__{stream.name}"
    return (
        "select b.valid, b.rejected,"
        " b.rejected::float8 / greatest(b.valid + b.rejected, 1) as reject_ratio,"
        " greatest(k.known - b.valid, 0)::float8 / greatest(k.known, 1) as drop_ratio,"
        " k.gone::float8 / greatest(k.known, 1) as delete_ratio, b.missing_columns"
        f"{', ' + _without_overlap(table) if stream.assertions.overlap else ''}"
        f" from (select (select count(*) from stage.{table}__candidate) as valid,"
        "   coalesce(max(l.rejected), 0) as rejected,"
        "   coalesce(max(jsonb_array_length(l.notes -> 'missing_columns')), 0) as missing_columns"
        f"  from ops.load l where l.run_id = '{run_id}'"
        f"   and l.source = '{source_id}' and l.stream = '{stream.name}') b,"
        f" (select (select count(*) from raw.{table} where deleted_at is null) as known,"
        f"   (select count(*) from stage.{table}__absent a where not exists"
        f"     (select 1 from stage.{table} s where s.record_key = a.record_key)) as gone) k"
    )


def _without_overlap(table: str) -> str:
    """How many of the listings behind a stream show new records only, although others of theirs are known."""

    def known_of_listing(and_it_came: str = "") -> str:
        return f"exists (select 1 from raw.{table} r where starts_with(r.record_key, l.listing){and_it_came})"

    changed = f"exists (select 1 from stage.{table} s where s.record_key = r.record_key)"
    came = f" and ({changed} or ({came_as_known(table)}))"
    return (
        f"(select count(*) from (select distinct split_part(record_key, ':', 1) || ':' as listing from stage.{table}) l"
        f" where {known_of_listing()} and not {known_of_listing(came)}) as without_overlap"
    )


# Published tables that must never be empty once their stream has delivered: table → ``source.stream``.
NEVER_EMPTY = {
    "territory": None, "activity": None, "code_list": None, "organisation": "actif.flux", "flow": "actif.flux",
    "third_place": "tiers_lieux.lieux", "news_item": "tiers_lieux.actualites", "expense": "synergie.depenses",
}  # fmt: skip
MAX_RELEASE_DROP = 0.2


def release_suites(schema: str, counts: Mapping[str, int], live: Beside, streams: set[str]) -> list[Suite]:
    """The suites of a built release.

    Args:
        schema: schema of the build.
        counts: rows by table of the build.
        live: the live release, and what the build has lost of it.
        streams: ``source.stream`` of everything that holds rows.
    """
    suites = []
    for table, stream in NEVER_EMPTY.items():
        if stream is None or stream in streams:
            suites.append(_table_suite(schema, table, live))
    for table in sorted(set(counts) - set(NEVER_EMPTY)):
        if live.rows.get(table):
            suites.append(_table_suite(schema, table, live, at_least_one=False))
    suites += _loss_suite("keys_gone", live.keys_gone, "of the keys that readers know are gone")
    suites += _loss_suite("source_drop", live.source_drop, "of the source's records are gone from the tables")
    return suites


def _table_suite(schema: str, table: str, live: Beside, *, at_least_one: bool = True) -> Suite:
    rows = live.rows.get(table, 0)
    floor = int(rows * (1 - MAX_RELEASE_DROP))
    minimum = max(floor, 1) if at_least_one else floor
    why = f"at most {MAX_RELEASE_DROP:.0%} fewer rows than the live release ({rows})"
    checks = [Check("ExpectTableRowCountToBeBetween", {"min_value": minimum}, "critical", why)]
    checks += RELEASE_CHECKS.get(table, [])
    checks += [
        Check(
            "ExpectColumnValuesToNotBeNull",
            {"column": column, "mostly": share - MAX_RELEASE_DROP},
            "critical",
            f"in the live release {share:.0%} of the rows have it",
        )
        for column, share in live.filled.get(table, {}).items()
        if share > MAX_RELEASE_DROP
    ]
    return Suite(f"release.{table}", f'select * from "{schema}"."{table}"', tuple(checks))


def _loss_suite(name: str, losses: Mapping[str, float], what: str) -> list[Suite]:
    """One row with a column for each table or source; nothing where there is nothing to lose."""
    if not losses:
        return []
    columns = ", ".join(f'{share!r}::float8 as "{subject}"' for subject, share in losses.items())
    checks = tuple(
        Check(
            "ExpectColumnMaxToBeBetween",
            {"column": subject, "max_value": MAX_RELEASE_DROP},
            "critical",
            f"more than {MAX_RELEASE_DROP:.0%} {what}",
        )
        for subject in losses
    )
    return [Suite(f"release.{name}", f"select {columns}", checks)]


# Behaviour of whole tables; figures are floors seen on healthy data, lowered by about a fifth.
RELEASE_CHECKS: dict[str, list[Check]] = {
    "flow": [
        Check("ExpectColumnDistinctValuesToContainSet", {"column": "direction_code", "value_set": ["OFFER", "DEMAND"]},
              "warning", "an exchange with one side only is no exchange"),
        Check("ExpectColumnValuesToNotBeNull", {"column": "territory_code", "mostly": 0.8},
              "critical", "a flow that cannot be placed cannot be matched across the border"),
    ],
    "third_place": [
        Check("ExpectColumnValuesToNotBeNull", {"column": "territory_code", "mostly": 0.5},
              "warning", "places outside the programme area are kept, but most lie in it"),
    ],
    "expense": [
        Check("ExpectColumnSumToBeBetween", {"column": "amount_declared_eur", "min_value": 0},
              "critical", "credit notes never outweigh the expenses"),
    ],
}  # fmt: skip
