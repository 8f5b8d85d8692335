"""Road distances between the municipalities whose flows could meet across the border, worked out once and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from warehouse.matching.routes import Point, crossings_of, route

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
# An offer and a demand of one material, public and still open, on the two sides of a border.
_WANTED = """
create temp table wanted_route on commit drop as
with flow as (
    select distinct f.direction_code, m.material_code, p.country_code, p.territory_code
    from intermediate.int_flow_record f
    join intermediate.int_organisation_mention_record r
        on r.source_id = f.source_id and r.record_key = f.record_key and r.role = 'operator'
    join intermediate.int_place p on p.place_id = r.place_id
    join intermediate.material_text_match m on m.material_code is not null and m.text_hash
        = md5(f.material_language_code || '|' || coalesce(f.flow_type_code, '') || '|' || f.material_text)
    where f.confidentiality_code = 'PUBLIC' and f.is_active and p.lau_code is not null
)
select distinct least(o.territory_code, d.territory_code) as territory_code,
    greatest(o.territory_code, d.territory_code) as other_territory_code
from flow o
join flow d on d.material_code = o.material_code and d.country_code <> o.country_code
where o.direction_code = 'OFFER' and d.direction_code = 'DEMAND'
"""
_OPEN = """
select w.territory_code, w.other_territory_code from wanted_route w
left join intermediate.territory_route known
    on known.territory_code = w.territory_code and known.other_territory_code = w.other_territory_code
    and known.rules_digest = :digest
where known.territory_code is null
"""
_COPY = "copy new_route from stdin"
_KEEP = """
insert into intermediate.territory_route select * from new_route
on conflict (territory_code, other_territory_code) do update set
    distance_km = excluded.distance_km, distance_method_code = excluded.distance_method_code,
    crossing_code = excluded.crossing_code, summer_distance_km = excluded.summer_distance_km,
    summer_crossing_code = excluded.summer_crossing_code, rules_digest = excluded.rules_digest
"""
_MARK = """
update intermediate.territory_route r set is_wanted = not r.is_wanted
where r.is_wanted <> exists (
    select from wanted_route w
    where w.territory_code = r.territory_code and w.other_territory_code = r.other_territory_code
)
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
    connection.execute(text("drop table if exists wanted_route"))
    # Views over jsonb look empty to the planner, which would then go through all mentions once a flow.
    connection.execute(text("set local enable_nestloop to off"))
    connection.execute(text(_WANTED))
    connection.execute(text("set local enable_nestloop to default"))
    waiting = connection.execute(text(_OPEN), {"digest": digest}).all()
    if waiting:
        place = {s["territory_code"]: ((float(s["latitude"]), float(s["longitude"])), s["country_code"]) for s in seats}
        crossings = crossings_of(passes)
        connection.execute(text("drop table if exists new_route"))
        connection.execute(text("create temp table new_route (like intermediate.territory_route) on commit drop"))
        # Pairs grow with the square of the municipalities: they go in by COPY.
        driver: Any = connection.connection.driver_connection  # psycopg's own connection, in the same transaction
        with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            for one, other in waiting:
                copy.write_row((*_answer(one, other, place, crossings), True, digest))
        connection.execute(text(_KEEP))
    connection.execute(text(_MARK))
    return len(waiting)


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
