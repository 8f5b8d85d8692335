"""What the matching step keeps from build to build, and how its answers reach their tables."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

# Beyond this a probability is 0 or 1 for all that can be written.
_MOST_BITS = 60.0


class OpenPair(NamedTuple):
    """Two units left to a person, with their evidence in bits and why they were not merged."""

    one: str
    other: str
    score: float
    why: str
    reasons: list[str]


def rows(connection: Connection, query: str) -> list[Mapping[str, Any]]:
    """Rows of a query as mappings."""
    return [dict(row) for row in connection.execute(text(query)).mappings()]


def is_known(connection: Connection, entity: str, query: str, decisions: list[Any]) -> bool:
    """Whether the kept answer was worked out from these very rows, decisions and rules; notes them as worked out.

    What a name or a place weighs depends on how many others share it, so one new mention can move every weight: an
    answer is taken over whole or not at all.
    """
    lines = f"select md5(unit::text) as line from ({query}) unit"  # noqa: S608 - a query of this module
    content = connection.execute(
        text(f"select count(*) as units, md5(string_agg(line, '' order by line)) as digest from ({lines}) lines")  # noqa: S608 - as above
    ).one()
    digest = hashlib.sha256(json.dumps([content.digest, decisions, rules_digest()]).encode()).hexdigest()
    known = connection.execute(
        text("select inputs_digest from intermediate.matching_state where entity = :entity"), {"entity": entity}
    ).scalar()
    if known == digest and count(connection, f"{entity}_match") == content.units:
        return True
    connection.execute(text("delete from intermediate.match_review where entity = :entity"), {"entity": entity})
    connection.execute(
        text(
            "insert into intermediate.matching_state values (:entity, :digest)"
            " on conflict (entity) do update set inputs_digest = excluded.inputs_digest"
        ),
        {"entity": entity, "digest": digest},
    )
    return False


def rules_digest() -> str:
    """Digest over the code and the lists of this package."""
    digest = hashlib.sha256()
    for path in sorted(p for p in Path(__file__).parent.iterdir() if p.suffix in {".py", ".yml"}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def count(connection: Connection, table: str) -> int:
    """Rows of a table of this step."""
    return int(connection.execute(text(f"select count(*) from intermediate.{table}")).scalar_one())  # noqa: S608 - a table of this module


def replace(connection: Connection, table: str, lines: Iterable[tuple[Any, ...]]) -> None:
    """Empty a table (its name may be followed by columns in brackets) and fill it."""
    connection.execute(text(f"truncate intermediate.{table.split(maxsplit=1)[0]}"))
    driver: Any = connection.connection.driver_connection  # psycopg's own connection, in the same transaction
    with driver.cursor() as cursor, cursor.copy(f"copy intermediate.{table} from stdin") as copy:
        for line in lines:
            copy.write_row(line)


def probability(bits: float | None) -> float | None:
    """Probability that a pair is one, from its evidence in bits; None where there is no pair."""
    if bits is None:
        return None
    return round(1 / (1 + math.pow(2.0, -max(min(bits, _MOST_BITS), -_MOST_BITS))), 4)


def keep_review(
    connection: Connection, entity: str, review: Sequence[OpenPair], named: Mapping[str, tuple[str, str]]
) -> None:
    """Open pairs by their records, so that they mean the same in the next run; the best of each pair of records."""
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for pair in review:
        sides = sorted((named[pair.one], named[pair.other]))
        row: dict[str, Any] = {
            "entity": entity, "one": sides[0][0], "other": sides[1][0], "one_name": sides[0][1],
            "other_name": sides[1][1], "score": pair.score, "why": pair.why, "reasons": pair.reasons,
        }  # fmt: skip
        if row["one"] != row["other"]:
            best.setdefault((row["one"], row["other"]), row)
    if best:
        connection.execute(
            text(
                "insert into intermediate.match_review (entity, one, other, one_name, other_name, score_bits,"
                " held_because, reasons) values (:entity, :one, :other, :one_name, :other_name, :score, :why, :reasons)"
            ),
            list(best.values()),
        )
