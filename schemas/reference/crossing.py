"""Where a road or a railway crosses the border in or beside the ALCOTRA area."""

from __future__ import annotations

from decimal import Decimal

from schemas.reference.seed import ReferenceDataError, Row, read_list, require_unique
from schemas.reference.territory import territory_lau


def alcotra_pass() -> list[Row]:
    """Passes, tunnels and coast crossings with their position and the months in which they are closed.

    Raises:
        ReferenceDataError: a municipality that does not exist, or closing months without an end.
    """
    known = {row["lau_code"] for row in territory_lau()}
    rows: list[Row] = []
    for row in read_list("alcotra_pass"):
        for side in ("lau_fr", "lau_it"):
            if row[side] and row[side] not in known:
                raise ReferenceDataError(f"alcotra_pass: {row['pass_code']} names unknown {row[side]}")
        open_all_year = row["is_open_all_year"] == "1"
        if open_all_year == bool(row["closed_from_month"] and row["closed_to_month"]):
            raise ReferenceDataError(f"alcotra_pass: closing months of {row['pass_code']} do not fit")
        rows.append(
            {
                **{key: value or None for key, value in row.items()},
                "latitude": Decimal(row["latitude"]),
                "longitude": Decimal(row["longitude"]),
                "elevation_m": int(row["elevation_m"]),
                "length_km": Decimal(row["length_km"]) if row["length_km"] else None,
                "is_open_all_year": open_all_year,
            }
        )
    require_unique("alcotra_pass", rows, "pass_code")
    return rows
