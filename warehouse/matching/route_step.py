"""Road distances between the municipalities whose flows could meet across the border, worked out once and kept."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from warehouse.matching.routes import Point, crossings_of, route

Stand = tuple[str, str, str, Sequence[str]]
TABLE = """
create table if not exists intermediate.territory_route (
    territory_code text not null,
    other_territory_code text not null,
    distance_km numeric(7, 1) not null,
    distance_method_code text not null,
    crossing_code text,
    summer_distance_km numeric(7, 1) not null,
    summer_crossing_code text,
    is_wanted boolean not null,
    rules_digest text not null,
    primary key (territory_code, other_territory_code)
)
"""
# Where a material is offered and asked for, public and still open, by country.
_MARKET = """
select direction_code, material_code, country_code, array_agg(territory_code) as territory_codes
from (
    select distinct f.direction_code, material.material_code, place.country_code, place.territory_code
    from intermediate.int_flow_value f
    join intermediate.material_text_match material
        on material.text_hash = f.text_hash and material.material_code is not null
    join intermediate.int_organisation_mention mention on mention.mention_id = f.mention_id
    join intermediate.int_place place on place.place_id = mention.place_id
    where f.confidentiality_code = 'PUBLIC' and f.is_active and place.lau_code is not null
        and f.direction_code in ('OFFER', 'DEMAND')
) stand
group by direction_code, material_code, country_code
"""
# Distances of other rules are nobody's until they are worked out again.
_FORGET = "update intermediate.territory_route set is_wanted = false where is_wanted and rules_digest <> :digest"
_KEPT = """
select territory_code, array_agg(other_territory_code) as others
from intermediate.territory_route where is_wanted group by territory_code
"""
_CHANGE = """
create temp table route_change (territory_code text, other_territory_code text, is_wanted boolean) on commit drop
"""
_OPEN = """
select c.territory_code, c.other_territory_code from route_change c
left join intermediate.territory_route known
    on known.territory_code = c.territory_code and known.other_territory_code = c.other_territory_code
    and known.rules_digest = :digest
where c.is_wanted and known.territory_code is null
"""
_COPY = "copy {} from stdin"
_KEEP = """
insert into intermediate.territory_route select * from new_route
on conflict (territory_code, other_territory_code) do update set
    distance_km = excluded.distance_km, distance_method_code = excluded.distance_method_code,
    crossing_code = excluded.crossing_code, summer_distance_km = excluded.summer_distance_km,
    summer_crossing_code = excluded.summer_crossing_code, rules_digest = excluded.rules_digest
"""
_MARK = """
update intermediate.territory_route r set is_wanted = c.is_wanted from route_change c
where r.territory_code = c.territory_code and r.other_territory_code = c.other_territory_code
    and r.is_wanted <> c.is_wanted
"""
_SEATS = """
select country_code || '_' || lau_code as territory_code, country_code,
    coalesce(seat_latitude, latitude) as latitude, coalesce(seat_longitude, longitude) as longitude
from reference.territory_lau order by 1
"""
_PASSES = "select * from reference.alcotra_pass order by pass_code"
# In July every crossing of the list is open.
_SUMMER = 7


def route_new_pairs(connection: Connection) -> int:
    """Work out the distance of every pair of municipalities that has none under today's rules; how many there were."""
    connection.execute(text(TABLE))
    seats = [dict(row) for row in connection.execute(text(_SEATS)).mappings()]
    passes = [dict(row) for row in connection.execute(text(_PASSES)).mappings()]
    digest = _digest({"seats": seats, "passes": passes})
    connection.execute(text(_FORGET), {"digest": digest})
    kept = {str(row.territory_code): row.others for row in connection.execute(text(_KEPT))}
    wanted, gone = changed_pairs([tuple(row) for row in connection.execute(text(_MARKET))], kept)
    if not wanted and not gone:
        return 0
    connection.execute(text("drop table if exists route_change"))
    connection.execute(text(_CHANGE))
    _copy(connection, "route_change", [(*pair, True) for pair in wanted] + [(*pair, False) for pair in gone])
    connection.execute(text("analyze route_change"))
    waiting = connection.execute(text(_OPEN), {"digest": digest}).all()
    if waiting:
        place = {s["territory_code"]: ((float(s["latitude"]), float(s["longitude"])), s["country_code"]) for s in seats}
        crossings = crossings_of(passes)
        connection.execute(text("drop table if exists new_route"))
        connection.execute(text("create temp table new_route (like intermediate.territory_route) on commit drop"))
        answers = ((*_answer(one, other, place, crossings), True, digest) for one, other in waiting)
        _copy(connection, "new_route", answers)
        connection.execute(text(_KEEP))
    connection.execute(text(_MARK))
    return len(waiting)


def changed_pairs(
    market: Iterable[Stand], kept: Mapping[str, Sequence[str]]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs of municipalities of two countries that have become wanted, and those that are wanted no more.

    A pair is wanted where one municipality offers a material and the other asks for it. A material that everybody has
    makes pairs by the square, and every material makes the same ones again. So each municipality gets one number whose
    bits are its partners, and only bits that differ from the kept ones are spelt out.

    Args:
        market: direction, material, country and the municipalities of that country.
        kept: wanted by now: municipality → those that come after it.
    """
    stands = list(market)
    codes = sorted({code for *_, here in stands for code in here} | set(kept) | {c for o in kept.values() for c in o})
    at = {code: number for number, code in enumerate(codes)}
    side: dict[tuple[str, str, str], int] = defaultdict(int)
    for direction, material, country, here in stands:
        side[direction, material, country] |= sum(1 << at[code] for code in here)
    countries = {country for _, _, country in side}
    partners = [0] * len(codes)
    for direction, material, country, here in stands:
        other_side = "DEMAND" if direction == "OFFER" else "OFFER"
        abroad = 0
        for where in countries - {country}:
            abroad |= side.get((other_side, material, where), 0)
        for code in here:
            partners[at[code]] |= abroad
    wanted, gone = [], []
    for number, code in enumerate(codes):
        before = sum(1 << at[other] for other in kept.get(code, ()))
        now = partners[number] >> (number + 1) << (number + 1)
        wanted += [(code, codes[other]) for other in _bits(now & ~before)]
        gone += [(code, codes[other]) for other in _bits(before & ~now)]
    return wanted, gone


def _bits(number: int) -> Iterator[int]:
    """Places of the bits that are set, lowest first."""
    digits = bin(number)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


def _copy(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows into a table by COPY: pairs grow with the square of the municipalities."""
    driver: Any = connection.connection.driver_connection  # psycopg's own connection, in the same transaction
    with driver.cursor() as cursor, cursor.copy(_COPY.format(table)) as copy:
        for row in rows:
            copy.write_row(row)


def _answer(one: str, other: str, place: Mapping[str, tuple[Point, str]], crossings: Any) -> tuple[Any, ...]:
    """A row of the table up to the summer crossing."""
    (start, here), (end, there) = place[one], place[other]
    always = route(start, end, here, there, crossings)
    summer = route(start, end, here, there, crossings, month=_SUMMER)
    if always is None or summer is None:
        raise ValueError(f"no crossing is open all year between {one} and {other}")
    return (
        one, other, always.distance_km, always.distance_method, always.crossing, summer.distance_km, summer.crossing,
    )  # fmt: skip


def _digest(lists: Mapping[str, Any]) -> str:
    """Digest of the seats, the crossings and the code: a kept distance of other rules is worked out again."""
    code = Path(__file__).with_name("routes.py").read_bytes()
    return hashlib.sha256(code + json.dumps(lists, sort_keys=True, default=str).encode()).hexdigest()
