"""What Italian free text says about quantity, waste code and season of a by-product.

The register has no field for these, so producers write them into the description. Everything found here is
derived: it carries the matched text and a confidence, fills only ``derived_*`` fields, and a doubtful number
is left out rather than guessed. The confidences are ranks set by hand, not measured probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.elenco_sottoprodotti.extract_eer import WasteCode, find_waste_codes
from connectors.elenco_sottoprodotti.extract_quantity import Quantity, find_quantities
from connectors.elenco_sottoprodotti.extract_season import Season, find_season

__all__ = ["Quantity", "Season", "WasteCode", "derive", "find_quantities", "find_season", "find_waste_codes"]
_SECOND_THOUGHTS = 0.2


def derive(texts: Sequence[str | None]) -> dict[str, Any]:
    """The ``derived_*`` fields out of the texts of one by-product, in order of trust.

    Several different quantities lower the confidence of the first, because one of them may be the plant's
    capacity or another product's.
    """
    present = [text for text in texts if text]
    quantities = [found for text in present for found in find_quantities(text)]
    codes = [found for text in present for found in find_waste_codes(text)]
    seasons = [found for text in present if (found := find_season(text))]
    return {**_quantity(quantities), **_codes(codes), **_season(seasons)}


def _quantity(found: Sequence[Quantity]) -> dict[str, Any]:
    if not found:
        return {}
    best = max(found, key=lambda quantity: quantity.confidence)
    several = len({(q.minimum, q.maximum, q.unit, q.period) for q in found}) > 1
    return {
        "derived_quantity": best.minimum if best.minimum == best.maximum else None,
        "derived_quantity_min": best.minimum,
        "derived_quantity_max": best.maximum,
        "derived_quantity_unit": best.unit,
        "derived_quantity_period": best.period,
        "derived_quantity_text": best.text,
        "derived_quantity_confidence": round(best.confidence - (_SECOND_THOUGHTS if several else 0), 2),
    }


def _codes(found: Sequence[WasteCode]) -> dict[str, Any]:
    if not found:
        return {}
    best = max(found, key=lambda code: code.confidence)
    return {
        "derived_eer_code": best.code,
        "derived_eer_codes": list(dict.fromkeys(code.code for code in found)),
        "derived_eer_hazardous": best.hazardous,
        "derived_eer_text": best.text,
        "derived_eer_confidence": best.confidence,
    }


def _season(found: Sequence[Season]) -> dict[str, Any]:
    if not found:
        return {}
    best = max(found, key=lambda season: season.confidence)
    return {
        "derived_season_months": list(best.months),
        "derived_season_text": best.text,
        "derived_season_confidence": best.confidence,
    }
