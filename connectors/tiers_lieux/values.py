"""Applies a mapping to one record: finds each target's value and undoes the platform's writing of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.tiers_lieux import clean, hours
from connectors.tiers_lieux.mapping import FieldMapping, Known, Rule, View
from schemas.sources.base import clean_text

LISTS = frozenset({"types", "services", "publics"})
ADDRESS_LISTS = {"courriels": re.compile(r"[;|,\n]"), "sites_web": re.compile(r"[;|\s]")}
"""Lists of addresses, with the signs at which sources separate several in one text."""
DAYS = frozenset({"date_ouverture", "date_creation", "date_maj"})
_LINKS = frozenset({"sites_web", "reseaux_sociaux", "source_url"})
NUMBERS = frozenset({"latitude", "longitude", "precision_geocodage"})
_YES = frozenset({"1", "oui", "si", "sì", "yes", "true", "vrai", "vero", "x"})
_UNREADABLE_CODES = {"code_postal": "code_postal_zero", "code_commune": "code_commune_zero"}


@dataclass
class Mapped:
    """One record in the vocabulary of the contract.

    Attributes:
        data: target field → value; absent where the source has nothing.
        unknown: paths of the source that the mapping neither uses nor ignores.
        doubts: rule names for ``avertissements``.
    """

    data: dict[str, Any] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


class Mapper:
    """A mapping, ready to be applied to many records."""

    def __init__(self, mapping: FieldMapping) -> None:
        self.mapping = mapping
        self._known = Known(mapping)

    def apply(self, record: Mapping[str, Any]) -> Mapped:
        """Map one record; never raises on its values."""
        view, result = View(record), Mapped()
        result.unknown = sorted(leaf for leaf, held in view.flat.items() if not self._known(leaf, held))
        for target, rule in self.mapping.fields.items():
            value = _origin(rule, view, result.doubts)
            if target == "horaires":
                _set_hours(result.data, rule, value)
                continue
            value = _converted(target, rule, value)
            if rule.translate or rule.default is not None:
                value = _translated(target, rule, value, result.doubts)
            if target in _UNREADABLE_CODES and value == "0":
                result.doubts.append(_UNREADABLE_CODES[target])
                value = None
            if target == "horaires_osm" and value and not hours.is_osm(value):
                result.doubts.append("horaires_non_osm")
                result.data.setdefault("horaires", value)
                continue
            if target in _LINKS:
                value = _leading_somewhere(value, result.doubts)
            if value not in (None, "", []):
                result.data[target] = value
        return result

    def absent(self, header: frozenset[str]) -> list[str]:
        """Targets none of whose columns is in a file's header: the layout is another one."""
        view = View(dict.fromkeys(header, "x"))
        return [
            target
            for target, rule in self.mapping.fields.items()
            if (paths := list(rule.paths())) and not any(view.get(path) for path in paths)
        ]


def is_blank(value: Any) -> bool:
    """Nothing in it: None, blank text, an empty list or object."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _origin(rule: Rule, view: View, doubts: list[str]) -> Any:
    """The value a rule finds, as the source wrote it."""
    found: Any = rule.constant
    if rule.rules:
        parts = (_converted_part(inner, _origin(inner, view, doubts)) for inner in rule.rules)
        found = next((value for value in parts if not is_blank(value)), None)
    elif rule.join:
        found = rule.sep.join(text for path in rule.join if (text := _scalar_text(view.get(path))))
    elif rule.collect:
        found = [item for path in rule.collect for item in _items(view.get(path), rule.cut)]
    elif rule.terms:
        found = list(_terms(rule, view, doubts))
    elif rule.flags:
        found = [term for path, term in rule.flags.items() if _scalar_text(view.get(path)).casefold() in _YES]
    elif rule.named:
        found = {name: value for name, path in rule.named.items() if not is_blank(value := view.get(path))}
    elif rule.hash:
        found = _digest([_scalar_text(view.get(path)) for path in rule.hash])
    elif rule.column:
        found = next((v for path in rule.column if not _is_nothing(v := view.get(path), rule.empty)), None)
    return found


def _is_nothing(value: Any, empty: tuple[str, ...]) -> bool:
    return is_blank(value) or bool(empty and _scalar_text(value) in empty)


def _converted_part(rule: Rule, value: Any) -> Any:
    """A value inside ``rules``: only its own splitting applies, the target's writing comes later."""
    if rule.part is not None:
        items = list(_items(value, rule.cut))
        return items[rule.part] if rule.part < len(items) else None
    return list(_items(value, rule.cut)) if rule.cut and isinstance(value, str) else value


def _terms(rule: Rule, view: View, doubts: list[str]) -> Iterator[str]:
    for column in dict.fromkeys(term.column for term in rule.terms):
        tokens = {item.casefold(): item for item in _items(view.get(column), rule.cut or (",", ";", "|"))}
        for term in rule.terms:
            wanted = {token.casefold() for token in term.tokens}
            if term.column == column and wanted & tokens.keys():
                yield term.term
        known = {t.casefold() for term in rule.terms if term.column == column for t in term.tokens}
        doubts.extend(f"terme_inconnu:{column}={tokens[token]}" for token in tokens if token not in known)


def _digest(texts: list[str]) -> str | None:
    if not any(texts):
        return None
    return "h" + hashlib.sha256("\x1f".join(text.casefold() for text in texts).encode()).hexdigest()[:20]


def _converted(target: str, rule: Rule, value: Any) -> Any:
    """The value in the writing of its target, as far as it can be read."""
    value = _converted_part(rule, value) if rule.part is not None else value
    if target == "reseaux_sociaux":
        value = list(_networks(value))
    elif target in LISTS:
        value = [clean.plain_text(item) for item in _items(value, rule.cut)]
    elif target in ADDRESS_LISTS:
        value = list(_addresses(value, ADDRESS_LISTS[target]))
    elif target in DAYS:
        value = clean.day(value)
    elif target in NUMBERS:
        value = _number(value)
    elif target == "source_url":
        value = clean.address_text(_scalar_text(value))
    else:
        value = _text(target, value)
    return value


def _text(target: str, value: Any) -> str | None:
    text = clean.plain_text(_scalar_text(value), lines=target == "description")
    return None if target != "nom" and clean.is_placeholder(text) else text


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str):
        text = clean_text(value)
        return None if clean.is_placeholder(text) else text
    return value


def _scalar_text(value: Any) -> str:
    """One text of whatever a platform put there; several values are separated by `` | ``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return " | ".join(text for item in value if (text := _scalar_text(item)))
    return format(value, "f") if isinstance(value, Decimal) else clean_text(str(value))


def _items(value: Any, cut: tuple[str, ...]) -> Iterator[str]:
    """The non-blank items of a list, or of a text cut at the signs ``cut``."""
    if isinstance(value, list):
        for item in value:
            yield from _items(item, cut)
    elif isinstance(value, Mapping):
        yield from _items(list(value.values()), cut)
    else:
        text = _scalar_text(value)
        pieces = re.split("|".join(re.escape(sign) for sign in cut), text) if cut else [text]
        yield from (piece.strip() for piece in pieces if piece.strip())


def _addresses(value: Any, signs: re.Pattern[str]) -> Iterator[str]:
    for item in _items(value, ()):
        for piece in signs.split(clean.address_text(item)):
            if piece.strip() and not clean.is_placeholder(piece):
                yield piece.strip()


def _networks(value: Any) -> Iterator[dict[str, str | None]]:
    """Social networks as ``{name: address}``, ``[{"platform": …, "url": …}]`` or plain addresses."""
    if isinstance(value, Mapping):
        pairs = [(str(name).casefold(), item) for name, item in value.items()]
    else:
        entries = value if isinstance(value, list) else [value]
        pairs = [
            (str(e.get("platform") or e.get("name") or "").casefold(), e.get("url") or e.get("link"))
            if isinstance(e, Mapping)
            else ("", e)
            for e in entries
        ]
    for name, item in pairs:
        for address in _addresses(item, re.compile(r"[;|\s]")):
            yield {"reseau": name or None, "adresse": address}


def _leading_somewhere(value: Any, doubts: list[str]) -> Any:
    """Addresses without those that run something in the browser of whoever follows them."""
    if not isinstance(value, list):
        return next(iter(_leading_somewhere([value], doubts)), None) if value else value
    schemes = [clean.refused_scheme(item["adresse"] if isinstance(item, dict) else item) for item in value]
    doubts.extend(f"adresse_refusee:{scheme}" for scheme in schemes if scheme)
    return [item for item, scheme in zip(value, schemes, strict=True) if not scheme]


def _translated(target: str, rule: Rule, value: Any, doubts: list[str]) -> Any:
    if is_blank(value):
        return rule.default
    if not rule.translate:
        return value
    if isinstance(value, list):
        return [rule.translate.get(str(item).casefold(), item) for item in value]
    found = rule.translate.get(str(value).casefold())
    if found is None and rule.default is not None:
        doubts.append(f"terme_inconnu:{target}={value}")
    return found if found is not None else (rule.default if rule.default is not None else value)


def _set_hours(data: dict[str, Any], rule: Rule, value: Any) -> None:
    if rule.reader == "day_map":
        text, osm = hours.day_map(value)
    elif rule.reader == "day_list":
        text, osm = hours.day_list(value)
    elif rule.reader == "day_columns":
        text, osm = hours.day_columns(value if isinstance(value, Mapping) else {})
    else:
        text, osm = _scalar_text(value) or None, None
    if text:
        data["horaires"] = clean.plain_text(text)
    if osm:
        data.setdefault("horaires_osm", osm)
