"""Which mentions speak of one organisation.

A valid official number in common decides, and two different ones of the same register keep apart. Everything else is
weighed in bits, as log2 of how much likelier the agreement is between mentions of one body than of two: the rarer
what they share, the more it says (Fellegi and Sunter 1969). What is missing says nothing. Pairs fall into three bands:
merged, left to a person, distinct.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from rapidfuzz.distance import OSA

from warehouse.matching.clusters import Clustering, Pair, cluster, ordered
from warehouse.matching.contacts import own_host, phone_country, phone_key, street_key
from warehouse.matching.names import Rarity, compare_names, rarity_of
from warehouse.matching.texts import clean, close_gaps, normalise

MERGE_FROM, REVIEW_FROM = 4.0, -2.0
# Blocks larger than this hold what is too common to find one body by.
_BLOCK_LIMIT = 60
_IDENTIFIER_BITS = 100.0
_LEGAL_WORDS = frozenset(
    "sa sas sasu sarl eurl earl sci scic scop snc gie gaec sem spl scp selarl spa srl srls sapa ss coop soc cooperativa"
    " societa societe sarls onlus aps ets odv asd onlus ditta impresa individuale entreprise ltd gmbh ag".split()
)
_SMALL_WORDS = frozenset(
    "a al alla alle au aux d da de dei degli del dell della delle des di du e ed en et gli i il l la le les lo per un"
    " una s".split()
)
_BRANCH = re.compile(
    r"\b(?:sede secondaria|unita locale|succursale|filiale|etablissement secondaire|bureau italien|bureau de liaison)"
    r"(?: (?:italiana|italienne|francese|francaise|in italia|in francia|d italie|de france))?\b"
)


@dataclass(frozen=True)
class Mention:
    """One thing that a source says about an organisation; the unit of clustering.

    Attributes:
        key: id of the mention.
        anchor: smallest record that says it, ``source|record key``; ids of clusters are made of it.
        words: words of the name without legal form, small words and remarks.
        is_branch: the name says that this is the seat of a body of another country.
        numbers: valid official numbers as ``register:number``.
        damaged: numbers that fail their check, digits only.
        place: ``country|municipality``; None where it is not known.
        street: street as a key; None where it is not known.
    """

    key: str
    anchor: str
    name: str
    words: frozenset[str]
    country: str | None
    is_branch: bool = False
    legal_form: str | None = None
    numbers: frozenset[str] = frozenset()
    damaged: frozenset[str] = frozenset()
    place: str | None = None
    street: str | None = None
    phone: str | None = None
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Resolution:
    """Which organisation each mention belongs to.

    Attributes:
        basis: mention → what the id of its organisation is made of.
        method: mention → code of ``match_method``.
        score: mention → bits of the link by which it hangs on the others; None where it stands alone.
        clustering: clusters, links and the pairs left to a person.
    """

    basis: Mapping[str, str]
    method: Mapping[str, str]
    score: Mapping[str, float | None]
    clustering: Clustering = field(repr=False)


def mention_of(row: Mapping[str, object]) -> Mention:
    """A mention from a row with the columns of ``run.MENTIONS``."""
    country = _text(row, "country_code")
    # A listing that gives the number of its operator and not its name is named after the place.
    is_place_name = row["role"] == "third_place_operator" and row["name"] == row["site_name"]
    bare = "" if is_place_name else normalise(close_gaps(re.sub(r"\([^)]*\)", " ", clean(str(row["name"])))))
    name = " ".join(_BRANCH.sub(" ", bare).split())
    place = f"{row['place_country_code']}|{row['lau_code']}" if row.get("lau_code") else None
    hosts = {own_host(_text(row, "email_given")), own_host(_text(row, "website_given"))}
    return Mention(
        key=str(row["mention_id"]),
        anchor=str(row["member_key"]),
        name=name,
        words=name_words(name),
        country=country,
        is_branch=name != bare,
        legal_form=_text(row, "legal_form_code"),
        numbers=frozenset(_list(row, "identity_keys")),
        damaged=frozenset(re.sub(r"\D", "", value) for value in _list(row, "damaged")) - {""},
        place=place,
        street=street_key(_text(row, "street_given")),
        phone=phone_key(_text(row, "phone_given"), country),
        hosts=frozenset(host for host in hosts if host),
    )


def _text(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    return str(value) if value is not None else None


def _list(row: Mapping[str, object], name: str) -> list[str]:
    value = row.get(name)
    return [str(part) for part in value] if isinstance(value, (list, tuple)) else []


def name_words(name: str) -> frozenset[str]:
    """Words of a normalised name that tell it from others; all of them where nothing else is left."""
    words = name.split()
    kept = frozenset(word for word in words if word not in _LEGAL_WORDS and word not in _SMALL_WORDS and len(word) > 1)
    return kept or frozenset(words)


def resolve(
    mentions: Iterable[Mention],
    merges: Iterable[tuple[str, str]] = (),
    splits: Iterable[tuple[str, str]] = (),
) -> Resolution:
    """Cluster mentions into organisations.

    Args:
        mentions: all mentions; their order does not matter.
        merges: pairs of mentions that a person put together.
        splits: pairs that a person kept apart, also where they share a number.
    """
    known = {mention.key: mention for mention in sorted(mentions, key=lambda m: m.key)}
    component = components({key: mention.numbers for key, mention in known.items()})
    weigh = Evidence(list(known.values()))
    pairs = _number_pairs(component) + [
        pair
        for one, other in sorted(candidates(list(known.values())))
        if component.get(one, one) != component.get(other, other)
        and (pair := weigh.pair(known[one], known[other])) is not None
    ]

    def may_join(one: str, other: str) -> bool:
        if component.get(one, one) == component.get(other, other):
            return True
        return not contradict(known[one].numbers, known[other].numbers) and weigh.alike(known[one], known[other])

    kept_apart = list(splits)
    clustering = cluster(
        known, pairs, merge_from=MERGE_FROM, review_from=REVIEW_FROM, may_join=may_join, forced=merges,
        forbidden=kept_apart,
    )  # fmt: skip
    return _resolution(known, component, clustering, {ordered(*pair) for pair in merges}, bool(kept_apart))


def _resolution(
    known: Mapping[str, Mention], component: Mapping[str, str], clustering: Clustering,
    merges: set[tuple[str, str]], is_split: bool,
) -> Resolution:  # fmt: skip
    basis, method, score = {}, {}, {}
    taken: Counter[str] = Counter()
    by_person = {key for pair in merges for key in pair}
    for members in sorted(clustering.members.values(), key=lambda m: min(known[key].anchor for key in m)):
        numbers = sorted(component[key] for key in members if key in component)
        made_of = f"id|{numbers[0]}" if numbers else f"member|{min(known[key].anchor for key in members)}"
        if is_split and taken[made_of]:
            # A person took this apart: the part with the later record is named after that record.
            made_of = f"member|{min(known[key].anchor for key in members)}"
        taken[made_of] += 1
        for key in members:
            link = clustering.links.get(key)
            basis[key] = made_of
            score[key] = link.score if link else None
            method[key] = "MANUAL" if key in by_person and len(members) > 1 else link.method if link else "NONE"
            if key in component and method[key] == "NONE":
                method[key] = "IDENTIFIER"
    return Resolution(basis, method, score, clustering)


def components(numbers: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Mentions with numbers → the smallest number of all that hang together through shared ones."""
    parent: dict[str, str] = {}

    def root(number: str) -> str:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for key in sorted(numbers):
        for number in numbers[key]:
            parent.setdefault(number, number)
        # Two numbers of one register in one record are a mistake of the record and tie nobody together.
        bridge = _one_a_register(numbers[key])
        for number in bridge[1:]:
            low, high = sorted((root(bridge[0]), root(number)))
            parent[high] = low
    return {key: min(root(n) for n in _one_a_register(found)) for key, found in numbers.items() if found}


def _one_a_register(numbers: Iterable[str]) -> list[str]:
    """French numbers name a company once; an Italian body may have a VAT number and another tax code."""
    french = sorted(n for n in numbers if n.startswith("FR:"))
    return french[:1] + sorted(n for n in numbers if not n.startswith("FR:"))


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


def _number_pairs(component: Mapping[str, str]) -> list[Pair]:
    groups: dict[str, list[str]] = defaultdict(list)
    for key, number in component.items():
        groups[number].append(key)
    return [
        Pair(*ordered(keys[0], key), _IDENTIFIER_BITS, (f"number {number}",), "IDENTIFIER")
        for number, group in sorted(groups.items())
        for keys in [sorted(group)]
        for key in keys[1:]
    ]


def candidates(mentions: Sequence[Mention]) -> set[tuple[str, str]]:
    """Pairs worth weighing: they share a telephone, a host, a damaged number, a street, or rare words of the name."""
    blocks: dict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        for block in _blocks(mention):
            blocks[block].add(mention.key)
    return {pair for keys in blocks.values() if 1 < len(keys) <= _BLOCK_LIMIT for pair in combinations(sorted(keys), 2)}


def _blocks(mention: Mention) -> Iterable[str]:
    if mention.phone:
        yield f"phone {mention.phone}"
    yield from (f"host {host}" for host in mention.hosts)
    if mention.place and mention.street:
        yield f"street {mention.place} {mention.street}"
    for number in mention.damaged | {n.partition(":")[2] for n in mention.numbers}:
        yield f"number {number.lstrip('0')[:8]}"
    words = sorted(mention.words)
    yield from (f"words {one} {other}" for one, other in combinations(words, 2))
    if len(words) == 1:
        yield f"word {words[0]}"
    for word in words:
        # A slip in one word must not hide a pair: the others, or its beginning in the same place, still find it.
        yield f"place {mention.place} {word[:4]}" if mention.place else f"name {word}"


class Evidence:
    """Weighs pairs of mentions against how common everything is among all mentions."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self._rarity: Rarity = rarity_of(mention.words for mention in mentions)
        # A company that a source repeats is still one: things are counted by how many names have them.
        self._phones = _names_with((m.phone, m.name) for m in mentions)
        self._hosts = _names_with((host, m.name) for m in mentions for host in m.hosts)
        self._places = _names_with((m.place, m.name) for m in mentions)
        self._names = max(self._rarity.names, 2)

    def alike(self, one: Mention, other: Mention) -> bool:
        """Whether two mentions may stand in one cluster: their names must not name two different things."""
        if not one.words or not other.words:
            return True
        return compare_names(one.words, other.words, self._rarity).share >= 0.45

    def pair(self, one: Mention, other: Mention) -> Pair | None:
        """The evidence on a pair; None where two numbers or two names speak plainly of two bodies."""
        if contradict(one.numbers, other.numbers) or not self.alike(one, other):
            return None
        name = compare_names(one.words, other.words, self._rarity)
        found = [("chance", -math.log2(self._names)), ("name", name.bits)]
        found += self._numbers(one, other) + self._contacts(one, other) + self._where(one, other)
        found += _forms(one, other)
        found = [(what, round(bits, 2)) for what, bits in found if bits]
        contact = any(what in ("telephone", "host") and bits > 0 for what, bits in found)
        exact = one.name == other.name and not contact and not (one.place and one.place == other.place)
        method = "CONTACT" if contact else "EXACT" if exact else "NAME_PLACE"
        reasons = tuple(f"{what} {bits:+.1f}" for what, bits in found)
        return Pair(*ordered(one.key, other.key), round(sum(bits for _, bits in found), 2), reasons, method)

    def _numbers(self, one: Mention, other: Mention) -> list[tuple[str, float]]:
        mine = {n.partition(":")[2] for n in one.numbers} | one.damaged
        theirs = {n.partition(":")[2] for n in other.numbers} | other.damaged
        if not mine or not theirs:
            return []
        if not one.damaged and not other.damaged:
            # Registers of two countries: a body of one has usually no number in the other.
            return [("two registers", -1.0)]
        best = min(_distance(a, b) for a in mine for b in theirs)
        if best <= 1:
            return [("number but for a digit", 12.0)]
        return [("other number", -4.0)] if best > 2 else []

    def _contacts(self, one: Mention, other: Mention) -> list[tuple[str, float]]:
        found = []
        if one.phone and one.phone == other.phone:
            found.append(("telephone", math.log2(self._names / self._phones[one.phone])))
        elif one.phone and other.phone:
            found.append(("other telephone", -0.5))
        if shared := one.hosts & other.hosts:
            found.append(("host", max(math.log2(self._names / self._hosts[host]) for host in shared)))
        elif one.hosts and other.hosts:
            found.append(("other host", -1.5))
        return found

    def _where(self, one: Mention, other: Mention) -> list[tuple[str, float]]:
        if not one.place or not other.place:
            return []
        if one.place != other.place:
            # Companies have more than one site; third places and associations rarely.
            return [("other municipality", -1.0)]
        found = [("municipality", math.log2(self._names / self._places[one.place]))]
        if one.street and one.street == other.street:
            found.append(("street", 5.0))
        return found


def _forms(one: Mention, other: Mention) -> list[tuple[str, float]]:
    found = []
    if one.legal_form and other.legal_form and one.country == other.country:
        found.append(("legal form", 0.5) if one.legal_form == other.legal_form else ("other legal form", -2.5))
    if one.country and other.country and one.country != other.country:
        found.append(("two countries", -1.0))
        for here, there in ((one, other), (other, one)):
            if here.is_branch:
                found.append(("branch", 4.0))
            elif here.phone and phone_country(here.phone) == there.country:
                found.append(("telephone of the other country", 3.0))
    return found


def _names_with(values: Iterable[tuple[str | None, str]]) -> Counter[str]:
    """How many distinct names have each value."""
    return Counter(value for value, _ in {(value, name) for value, name in values if value})


def _distance(one: str, other: str) -> int:
    """Slips between two numbers; zeros lost at the front are none, a SIREN in place of a SIRET is compared as such."""
    a, b = one.lstrip("0"), other.lstrip("0")
    if len(one) > 11 or len(other) > 11:
        # A SIRET with its zeros back begins with the company's nine digits.
        a, b = (number.zfill(14)[:9].lstrip("0") if len(number) > 11 else number.lstrip("0") for number in (one, other))
    return int(OSA.distance(a, b, score_cutoff=3))
