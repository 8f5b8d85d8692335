"""What a day changes in the sources: some records edited, some gone, some new. Repeatable, like the rest."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.world.chance import TODAY

Row = dict[str, Any]
_EDITED_EVERY, _GONE_EVERY = 37, 151


def _older(value: float) -> float:
    return round(value * 1.1, 2)


def _next_actif(rows: list[Row], day: dt.date, number: int) -> list[Row]:
    changed = []
    for i, row in enumerate(rows):
        if (i + number) % _GONE_EVERY == 0:
            continue
        edited = (i + number) % _EDITED_EVERY == 0 and isinstance(row["quantite"], int | float)
        changed.append({**row, "quantite": _older(row["quantite"]), "date_maj": day.isoformat()} if edited else row)
    fresh = next(row for row in rows if row["id_flux"])
    new = {**fresh, "id_flux": f"FLX-J{number:02d}-0001", "date_maj": day.isoformat()}
    return [*changed, new]


def _next_elenco(rows: list[Row], day: dt.date, number: int) -> list[Row]:
    changed = [row for i, row in enumerate(rows) if (i + number) % _GONE_EVERY]
    newest = max(int(row["id"]) for row in rows)
    new = {**changed[0], "id": str(newest + 1), "data_iscrizione": day.strftime("%d/%m/%Y"), "stato": "ISCRITTA"}
    return [*changed, new]


def _next_gogocarto(rows: list[Row], day: dt.date, number: int) -> list[Row]:
    stamp = f"{day.isoformat()}T06:00:00+01:00"
    return [
        {**row, "updatedAt": stamp, "abstract": f"{row['abstract']} ({day:%d/%m/%Y})"}
        if (i + number) % _EDITED_EVERY == 0
        else row
        for i, row in enumerate(rows)
    ]


def _next_news(rows: list[Row], day: dt.date, number: int) -> list[Row]:
    if not rows:
        return rows
    moment = dt.datetime.combine(day, dt.time(8), dt.UTC)
    guid = f"{rows[0]['guid']}{number}"
    new = {
        **rows[0], "guid": guid, "published": moment.isoformat(), "updated": moment.isoformat(),
        "published_text": moment.strftime("%a, %d %b %Y %H:%M:%S +0000"), "title": f"Édition {day:%d/%m/%Y} (fictif)",
        "link": f"{rows[0]['link'].split('?')[0]}-{number}",
    }  # fmt: skip
    return [new, *rows]


_NEXT = {"actif": _next_actif, "elenco": _next_elenco, "gogocarto": _next_gogocarto, "news_wordpress": _next_news}


def after_days(data: dict[str, list[Row]], days: int) -> dict[str, list[Row]]:
    """The sources' content ``days`` days later; day 0 is the generated world itself."""
    changed = dict(data)
    for number in range(1, days + 1):
        day = TODAY + dt.timedelta(days=number)
        for name, step in _NEXT.items():
            changed[name] = step(changed[name], day, number)
    return changed
