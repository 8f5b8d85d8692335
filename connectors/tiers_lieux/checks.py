"""Doubts about one record, as rule names in ``avertissements``: flagged here, never repaired."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic_core import PydanticCustomError

from schemas.sources.base import parse_decimal

KNOWN_DEFAULTS: tuple[tuple[Decimal, Decimal], ...] = ((Decimal("9.75396"), Decimal("-83.677")),)
"""Coordinates that directories give when they know none (the middle of Costa Rica)."""
_NEAR = Decimal("0.0001")
_LATITUDES, _LONGITUDES = (Decimal(35), Decimal(52)), (Decimal(-6), Decimal(19))
"""Box around metropolitan France and Italy, degrees."""
# UTF-8 once read as cp1252 (Ã© for é), or an unreadable sign.
_MOJIBAKE = re.compile("Ã[\u0080-¿€‚-…†-‰Š‹ŒŽ‘-•–—™š›œžŸ]|Â[\u00a0«»°·²³´]|â€[™œ\u009d“”¦˜]|ï¿½|\ufffd")
# An accent that became an underscore inside a word: Vend_me.
_LOST_ACCENT = re.compile(r"[A-Za-zÀ-ÿ]_[a-zà-ÿ]")
_SCIENTIFIC = re.compile(r"\d[.,]\d+[eE]\+?\d+")


def doubts(data: Mapping[str, Any], defaults: Sequence[tuple[Decimal, Decimal]] = ()) -> Iterator[str]:
    """Names of the rules that the mapped record breaks.

    Args:
        data: record in the vocabulary of the contract.
        defaults: (latitude, longitude) pairs this instance is known to use for "somewhere".
    """
    yield from _coordinates(_number(data.get("latitude")), _number(data.get("longitude")), defaults)
    texts = [str(data.get(name) or "") for name in ("nom", "adresse", "commune", "description", "titre", "resume")]
    if any(_MOJIBAKE.search(text) for text in texts) or any(_LOST_ACCENT.search(text) for text in texts[:3]):
        yield "texte_degrade"
    if _SCIENTIFIC.search(str(data.get("telephone") or "")):
        yield "telephone_notation_scientifique"


def _number(value: Any) -> Decimal | None:
    try:
        number = parse_decimal(value)
    except PydanticCustomError:
        return None
    return None if number is None else Decimal(number)


def _coordinates(
    latitude: Decimal | None, longitude: Decimal | None, defaults: Sequence[tuple[Decimal, Decimal]]
) -> Iterator[str]:
    if (latitude is None) != (longitude is None):
        yield "coordonnees_incompletes"
    if latitude is None or longitude is None:
        return
    if latitude == 0 and longitude == 0:
        yield "coordonnees_nulles"
    elif any(_near(latitude, a) and _near(longitude, b) for a, b in (*KNOWN_DEFAULTS, *defaults)):
        yield "coordonnees_par_defaut"
    elif _within(longitude, _LATITUDES) and _within(latitude, _LONGITUDES):
        yield "coordonnees_inversees"


def _near(a: Decimal, b: Decimal) -> bool:
    return abs(a - b) <= _NEAR


def _within(value: Decimal, bounds: tuple[Decimal, Decimal]) -> bool:
    return bounds[0] <= value <= bounds[1]
