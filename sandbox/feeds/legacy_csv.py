"""An old directory kept in a spreadsheet on a Mac: lines end with CR, accents are already destroyed."""

from __future__ import annotations

from random import Random

from sandbox.feeds.places_common import SOURCE, STREAM, listed, tell, word
from sandbox.truth import KEY, Row, Spoiler, Truth, spoil
from sandbox.world.chance import happens, stream
from sandbox.world.places import ThirdPlace

INSTANCE = "annuaire_mac"
COLUMNS = (
    "id", "name", "street", "postal", "city", "state", "country", "lat", "lng", "phone", "web", "type", "source",
    "date",
)  # fmt: skip
DEFAULT_POINT = ("9.75396", "-83.677")
"""The point this directory writes when it does not know the place."""
_NAME_LENGTH = 30
_TYPES = {"COWORKING": "coworking", "FABLAB_MAKERSPACE": "makerspace"}


def _row(place: ThirdPlace, number: int, rng: Random) -> Row:
    w = word(place, rng)
    return {
        KEY: f"{INSTANCE}:{number}",
        "id": str(number),
        "name": w.name,
        "street": w.street,
        "postal": w.postcode,
        "city": w.city,
        "state": place.site.commune.area,
        "country": {"FR": "France", "IT": "Italy"}[place.country],
        "lat": f"{w.latitude:.5f}",
        "lng": f"{w.longitude:.5f}",
        "phone": w.phone,
        "web": w.web,
        "type": _TYPES.get(place.kinds[0], "other"),
        "source": "open,Makery" if happens(rng, 0.3) else "open",
        "date": f"{place.updated.month}/{place.updated.day}/{place.updated:%y}",
    }


def _destroyed(text: str) -> str:
    return "".join(c if c.isascii() else "_" for c in text)


def _accents(row: Row, _rng: Random) -> bool:
    before = (row["name"], row["city"], row["street"])
    row["name"], row["city"], row["street"] = (_destroyed(text) for text in before)
    return before != (row["name"], row["city"], row["street"])


def _default(row: Row, _rng: Random) -> bool:
    row["lat"], row["lng"] = DEFAULT_POINT
    return True


def _scientific(row: Row, _rng: Random) -> bool:
    digits = "".join(c for c in row["phone"] if c.isdigit())
    if not digits:
        return False
    row["phone"] = f"{float(digits):.2E}"
    return True


def _lost_zero(row: Row, _rng: Random) -> bool:
    if not row["postal"].startswith("0"):
        return False
    row["postal"] = row["postal"][1:]
    return True


def _cut(row: Row, _rng: Random) -> bool:
    before = row["name"]
    row["name"] = before[:_NAME_LENGTH]
    return bool(row["name"] != before)


_SPOILERS = (
    Spoiler("accents_destroyed", ("name", "city", "street"), 0.6, _accents),
    Spoiler("coordinates_default", ("lat", "lng"), 0.12, _default),
    Spoiler("phone_scientific", ("phone",), 0.3, _scientific),
    Spoiler("postcode_lost_zero", ("postal",), 0.6, _lost_zero),
    Spoiler("name_truncated", ("name",), 0.15, _cut),
)


def build(seed: int, places: list[ThirdPlace], truth: Truth) -> list[Row]:
    """The rows of the directory, defects planted."""
    rng, rows = stream(seed, "legacy"), []
    for number, place in enumerate(listed(places, "legacy"), start=1):
        rows.append(_row(place, number, rng))
        tell(place, INSTANCE, str(number), truth)
    spoil(rows, _SPOILERS, stream(seed, "legacy-defects"), truth, SOURCE, STREAM)
    return rows
