"""From the fields of an entry and of its by-products to one record a by-product."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import PydanticCustomError

from connectors.core.errors import Defect
from connectors.core.formats_mojibake import repair_fields
from connectors.core.source import RawRecord
from connectors.elenco_sottoprodotti.extract import derive
from schemas.sources.base import clean_text, parse_boolean

# "10.51.20 - Produzione di derivati del latte" in one field; without a sign between only after a dotted code, because
# "2 linee di imbottigliamento" is no activity of code 2.
_CODE_AND_TEXT = re.compile(
    r"(?:ATECO\s*:?\s*)?(?P<code>\d{1,2}(?:[. ]?\d{1,2}){0,3}(?=\s*[-–:])|\d{1,2}(?:\.\d{1,2}){1,2}(?=\s+[^\W\d]))"
    r"\s*[-–:]?\s*(?P<text>[^\W\d].*)"
)
_TEXTS = ("descrizione_sottoprodotto", "nome_commerciale_sottoprodotto")


@dataclass
class Entries:
    """Gives further by-products of one entry with the same name and activity their own ``ordine``.

    A by-product that is repeated word for word keeps the ``ordine`` of the first: it is the same record, which
    the loader counts as a duplicate.
    """

    _seen: dict[bytes, list[bytes]] = field(default_factory=dict)

    def records(
        self,
        position: str,
        entry: Mapping[str, Any],
        products: Sequence[Mapping[str, Any]],
        defects: tuple[Defect, ...],
    ) -> Iterator[RawRecord]:
        """One record a by-product; an entry without any gives one record, which the contract rejects."""
        for number, product in enumerate(products or [{}], start=1):
            data, repaired = repair_fields(_split_activity({**entry, **product}))
            content = _digest(sorted(data.items()))
            same = self._seen.setdefault(_digest(_identity(data)), [])
            if content not in same:
                same.append(content)
            derived = {
                **derive([data.get(name) for name in _TEXTS]),
                "derived_has_attachment": _has_attachment(data.get("allegato")),
                "derived_repaired_fields": repaired,
            }
            yield RawRecord(
                f"{position} by-product {number}", {**data, "ordine": same.index(content) + 1, **derived}, defects
            )


def _digest(value: object) -> bytes:
    """Stands for a value in memory: an extract can have more by-products than fit there."""
    return hashlib.blake2b(repr(value).encode(errors="surrogatepass"), digest_size=16).digest()


def _has_attachment(value: str | None) -> bool | None:
    """Yes or no in words; anything else that is written is the name or address of a file."""
    text = clean_text(value or "")
    if text in ("", "-", "–"):
        return None
    try:
        return bool(parse_boolean(text))
    except PydanticCustomError:
        return True


def _identity(data: Mapping[str, Any]) -> tuple[Any, ...]:
    keys = ("id_iscrizione", "numero_iscrizione", "codice_fiscale", "comune", "indirizzo", "qualifica", "codice_ateco")
    return tuple(clean_text(str(data.get(key) or "")) for key in (*keys, "nome_commerciale_sottoprodotto"))


def _split_activity(data: dict[str, Any]) -> dict[str, Any]:
    """An activity written with its code and text in one field, as two; nothing that was sent is overwritten."""
    for name in ("codice_ateco", "descrizione_attivita"):
        match = _CODE_AND_TEXT.fullmatch(clean_text(str(data.get(name) or "")))
        other = "descrizione_attivita" if name == "codice_ateco" else "codice_ateco"
        if match and not clean_text(str(data.get(other) or "")):
            return {**data, "codice_ateco": match["code"], "descrizione_attivita": match["text"]}
    return data
