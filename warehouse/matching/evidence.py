"""How much speaks for two mentions being one organisation, in bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import OSA

from warehouse.matching.clusters import Pair, ordered
from warehouse.matching.contacts import phone_country
from warehouse.matching.mentions import Mention
from warehouse.matching.names import Rarity, compare_names, rarity_of

# Organisations of the border region that records may speak of, at least.
LEAST_POPULATION = 4096
# Share of the weight of two names that they must have in common to be names of one thing.
ALIKE_FROM = 0.45
# Bits of what cannot be counted: a number but for a slip or a lost zero, another damaged number, one street, …
_SAME_BUT_A_SLIP, _OTHER_NUMBER, _TWO_REGISTERS = 12.0, -10.0, -1.0
_SLIPS_MOST, _CLEARLY_OTHER = 1, 2
_STREET, _MUNICIPALITY_MOST, _OTHER_MUNICIPALITY = 5.0, 7.0, -1.0
_OTHER_TELEPHONE, _OTHER_HOST = -0.5, -1.5
_FORM, _OTHER_FORM = 0.5, -2.5
_TWO_COUNTRIES, _BRANCH, _FOREIGN_TELEPHONE = -1.0, 4.0, 3.0
_SIREN_LENGTH, _VAT_LENGTH, _SIRET_LENGTH = 9, 11, 14


def contradict(one: frozenset[str], other: frozenset[str]) -> bool:
    """Both have a number of the same kind, and none in common: two bodies."""
    kinds = {_kind(n) for n in one} & {_kind(n) for n in other} - {""}
    return bool(kinds) and not one & other


def _kind(number: str) -> str:
    register, _, value = number.partition(":")
    if register != "IT":
        return register
    if not value.isdigit():
        return "IT person"
    # Codes from 8 and 9 are tax codes of bodies that may have a VAT number besides.
    return "" if value[0] in "89" else "IT company"


class Evidence:
    """Weighs pairs of mentions against how common everything is among all mentions."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self._rarity: Rarity = rarity_of((mention.words for mention in mentions), LEAST_POPULATION)
        # A company that a source repeats is still one: things are counted by how many names have them.
        self._phones = _names_with((m.phone, m.name) for m in mentions)
        self._hosts = _names_with((host, m.name) for m in mentions for host in m.hosts)
        self._places = _names_with((m.place, m.name) for m in mentions)

    def alike(self, one: Mention, other: Mention) -> bool:
        """Whether two mentions may stand in one cluster: their names must not name two different things."""
        if not one.words or not other.words:
            return True
        return compare_names(one.words, other.words, self._rarity).share >= ALIKE_FROM

    def tied(self, one: Mention, other: Mention) -> bool:
        """Whether two ends of a chain of similar mentions still have something in common."""
        contact = (one.phone and one.phone == other.phone) or one.hosts & other.hosts
        where = one.street and one.street == other.street and one.place == other.place
        return bool(contact or where) or self.alike(one, other)

    def pair(self, one: Mention, other: Mention) -> Pair | None:
        """The evidence on a pair; None where two numbers or two names speak plainly of two bodies."""
        if contradict(one.numbers, other.numbers) or not self.alike(one, other):
            return None
        name = compare_names(one.words, other.words, self._rarity)
        found = [("chance", self._rarity.chance), ("name", name.bits)]
        found += self._numbers(one, other) + self._contacts(one, other) + self._where(one, other)
        found += _forms(one, other)
        found = [(what, round(bits, 2)) for what, bits in found if bits]
        contact = any(what in ("telephone", "host") and bits > 0 for what, bits in found)
        same_place = one.place is not None and one.place == other.place
        same_name = one.words == other.words
        method = "CONTACT" if contact else "NAME_PLACE" if same_place else "EXACT" if same_name else "FUZZY"
        reasons = tuple(f"{what} {bits:+.1f}" for what, bits in found)
        return Pair(*ordered(one.key, other.key), round(sum(bits for _, bits in found), 2), reasons, method)

    def _numbers(self, one: Mention, other: Mention) -> list[tuple[str, float]]:
        mine = {n.partition(":")[2] for n in one.numbers} | one.damaged
        theirs = {n.partition(":")[2] for n in other.numbers} | other.damaged
        if not mine or not theirs:
            return []
        if not one.damaged and not other.damaged:
            # Registers of two countries: a body of one has usually no number in the other.
            return [("two registers", _TWO_REGISTERS)]
        best = min(_distance(a, b) for a in mine for b in theirs)
        if best <= _SLIPS_MOST:
            return [("number but for a slip", _SAME_BUT_A_SLIP)]
        return [("other number", _OTHER_NUMBER)] if best > _CLEARLY_OTHER else []

    def _contacts(self, one: Mention, other: Mention) -> list[tuple[str, float]]:
        found = []
        if one.phone and one.phone == other.phone:
            found.append(("telephone", self._rarity.shared_by(self._phones[one.phone])))
        elif one.phone and other.phone:
            found.append(("other telephone", _OTHER_TELEPHONE))
        if shared := one.hosts & other.hosts:
            found.append(("host", max(self._rarity.shared_by(self._hosts[host]) for host in shared)))
        elif one.hosts and other.hosts:
            found.append(("other host", _OTHER_HOST))
        return found

    def _where(self, one: Mention, other: Mention) -> list[tuple[str, float]]:
        if not one.place or not other.place:
            return []
        if one.place != other.place:
            # Companies have more than one site; third places and associations rarely.
            return [("other municipality", _OTHER_MUNICIPALITY)]
        found = [("municipality", min(self._rarity.shared_by(self._places[one.place]), _MUNICIPALITY_MOST))]
        if one.street and one.street == other.street:
            found.append(("street", _STREET))
        return found


def _forms(one: Mention, other: Mention) -> list[tuple[str, float]]:
    found = []
    if one.legal_form and other.legal_form and one.country == other.country:
        found.append(("legal form", _FORM) if one.legal_form == other.legal_form else ("other legal form", _OTHER_FORM))
    if one.country and other.country and one.country != other.country:
        found.append(("two countries", _TWO_COUNTRIES))
        for here, there in ((one, other), (other, one)):
            if here.is_branch:
                found.append(("branch", _BRANCH))
            elif here.phone and phone_country(here.phone) == there.country:
                found.append(("telephone of the other country", _FOREIGN_TELEPHONE))
    return found


def _names_with(values: Iterable[tuple[str | None, str]]) -> Counter[str]:
    """How many distinct names have each value."""
    return Counter(value for value, _ in {(value, name) for value, name in values if value})


def _distance(one: str, other: str) -> int:
    """Slips between two numbers; zeros lost at the front are none, a SIREN in place of a SIRET is compared as such."""
    a, b = one.lstrip("0"), other.lstrip("0")
    if max(len(one), len(other)) > _VAT_LENGTH:
        # A SIRET with its zeros back begins with the nine digits of the company.
        a, b = _company_digits(one), _company_digits(other)
    return int(OSA.distance(a, b, score_cutoff=_CLEARLY_OTHER + 1))


def _company_digits(number: str) -> str:
    whole = number.zfill(_SIRET_LENGTH)[:_SIREN_LENGTH] if len(number) > _VAT_LENGTH else number
    return whole.lstrip("0")
