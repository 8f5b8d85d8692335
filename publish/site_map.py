"""The map of the page: a ground of municipality centres, lines between areas, cities, passes, and what lies where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import cos, radians
from typing import Any

import yaml
from sqlalchemy import Connection, Row, text

from publish.limits import Point, boundaries
from publish.site_text import TEMPLATES
from schemas.reference.seed import read_list

SCALE = 10_000
"""Coordinates are sent as whole ten-thousandths of a degree, about 10 m."""
POINTS_SHOWN = 2500
PLACES_SHOWN = 2500
EXAMPLES = 3
_LONGEST_ADDRESS = 300
_KM_PER_DEGREE = 111.32
_REACH_KM = 16.0
_LEAST_MUNICIPALITIES = 20


def base_map(connection: Connection) -> dict[str, Any]:
    """Ground of the map, from the municipalities of ``territory``.

    Areas with few municipalities in the table (neighbours named for one city) are left out, so that the map keeps the
    programme area as its frame.
    """
    rows = connection.execute(
        text(
            "select territory_code, country_code, nuts3_code,"
            " latitude::float8 as latitude, longitude::float8 as longitude,"
            " territory_name_fr as fr, territory_name_it as it, territory_name_en as en from territory"
            " where territory_level_code = 'LAU' and latitude is not null and longitude is not null"
            " order by territory_code"
        )
    ).all()
    per_area = Counter(row.nuts3_code for row in rows)
    ground = [row for row in rows if per_area[row.nuts3_code] >= _LEAST_MUNICIPALITIES] or list(rows)
    chosen = yaml.safe_load((TEMPLATES / "map.yml").read_text(encoding="utf-8"))
    ranks: dict[str, int] = chosen["cities"]
    return {
        "ground": {
            country: flat([(row.latitude, row.longitude) for row in ground if row.country_code == country])
            for country in sorted({row.country_code for row in ground})
        },
        "border": _lines(ground, [row.country_code for row in ground]),
        "limits": _lines(ground, [row.nuts3_code for row in ground]),
        "cities": [
            {"at": fixed(row.latitude, row.longitude), "rank": ranks[row.territory_code], "label": _three(row)}
            for row in ground
            if row.territory_code in ranks
        ],
        "passes": [_pass(row) for row in read_list("alcotra_pass") if row["pass_code"] in chosen["passes"]],
    }


def _three(row: Row[Any]) -> dict[str, str]:
    return {"fr": row.fr, "it": row.it, "en": row.en}


def _pass(row: dict[str, str]) -> dict[str, Any]:
    return {
        "at": fixed(float(row["latitude"]), float(row["longitude"])),
        "kind": row["pass_type"],
        "label": {"fr": row["name_fr"], "it": row["name_it"], "en": row["name_en"]},
        "elevation": int(row["elevation_m"]) if row["elevation_m"] else None,
        "winter": row["is_open_all_year"] != "1",
    }


def fixed(latitude: float, longitude: float) -> list[int]:
    """A point as the page reads it."""
    return [round(latitude * SCALE), round(longitude * SCALE)]


def flat(points: Sequence[Point]) -> list[int]:
    """Points as one list of whole numbers, each as the difference to the one before (short in JSON)."""
    sent: list[int] = []
    before = [0, 0]
    for latitude, longitude in points:
        now = fixed(latitude, longitude)
        sent += [now[0] - before[0], now[1] - before[1]]
        before = now
    return sent


def _lines(rows: Sequence[Row[Any]], areas: Sequence[str]) -> list[list[int]]:
    """Lines between areas, found in a plane in which both axes are kilometres."""
    if len(set(areas)) < 2:  # noqa: PLR2004 - one area has no line
        return []
    east = _KM_PER_DEGREE * cos(radians(sum(row.latitude for row in rows) / len(rows)))
    plane = [(row.longitude * east, row.latitude * _KM_PER_DEGREE) for row in rows]
    return [flat([(y / _KM_PER_DEGREE, x / east) for x, y in line]) for line in boundaries(plane, areas, _REACH_KM)]


def flow_points(connection: Connection) -> dict[str, Any]:
    """Flows summed per place (about 1 km) with counts per direction and material family.

    A flow without a point stands at the centre of its municipality; one without either is counted only.
    """
    rows = connection.execute(
        text(
            """
            with placed as (
                select
                    f.flow_id,
                    round(coalesce(f.latitude, t.latitude), 2) as latitude,
                    round(coalesce(f.longitude, t.longitude), 2) as longitude,
                    t.territory_name as name,
                    f.direction_code as direction,
                    coalesce(m.material_family_code, '') as family,
                    f.quantity_t_per_year as tonnes,
                    f.material_text as material
                from flow as f
                left join territory as t on t.territory_code = f.territory_code
                left join material as m on m.material_code = f.material_code
                where coalesce(f.latitude, t.latitude) is not null and coalesce(f.longitude, t.longitude) is not null
            )
            select
                latitude::float8 as latitude,
                longitude::float8 as longitude,
                direction,
                family,
                min(name) as name,
                count(*) as flows,
                sum(tonnes)::float8 as tonnes,
                (array_agg(left(material, 60) order by tonnes desc nulls last, flow_id))[1 : :examples] as materials
            from placed
            group by 1, 2, 3, 4
            order by 1, 2, 3, 4
            """
        ),
        {"examples": EXAMPLES},
    ).all()
    points: dict[tuple[float, float], dict[str, Any]] = {}
    for row in rows:
        point = points.setdefault(
            (row.latitude, row.longitude), {"at": fixed(row.latitude, row.longitude), "name": row.name, "sums": []}
        )
        tonnes = None if row.tonnes is None else round(row.tonnes, 1)
        point["sums"].append([row.direction, row.family, row.flows, tonnes, list(dict.fromkeys(row.materials))])
    total = connection.execute(text("select count(*) from flow")).scalar_one()
    largest = sorted(points.values(), key=lambda p: (-_flows(p), p["at"]))[:POINTS_SHOWN]
    return {"points": largest, "shown": sum(_flows(point) for point in largest), "total": total}


def _flows(point: dict[str, Any]) -> int:
    return sum(entry[2] for entry in point["sums"])


def places(connection: Connection) -> dict[str, Any]:
    """Third places with a point, those that most directories list first."""
    rows = connection.execute(
        text(
            """
            select
                p.third_place_name as name,
                p.third_place_type_code as type,
                p.website_url as url,
                coalesce(t.territory_name, p.locality_name) as locality,
                coalesce(p.latitude, t.latitude)::float8 as latitude,
                coalesce(p.longitude, t.longitude)::float8 as longitude
            from third_place as p
            left join territory as t on t.territory_code = p.territory_code
            where coalesce(p.latitude, t.latitude) is not null and coalesce(p.longitude, t.longitude) is not null
            order by p.source_count desc, p.third_place_id
            limit :most
            """
        ),
        {"most": PLACES_SHOWN},
    ).all()
    total = connection.execute(text("select count(*) from third_place")).scalar_one()
    return {
        "points": [
            [
                *fixed(row.latitude, row.longitude),
                row.name[:80],
                row.type,
                (row.locality or "")[:60],
                web_address(row.url),
            ]
            for row in rows
        ],
        "shown": len(rows),
        "total": total,
    }


def web_address(url: str | None) -> str | None:
    """The address if a browser may open it from the page: http or https and nothing else."""
    if url is None or not url.lower().startswith(("http://", "https://")) or len(url) > _LONGEST_ADDRESS:
        return None
    return url
