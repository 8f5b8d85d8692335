"""Which listings of directories describe one third place.

The same weighing as for organisations. Points count only where both were placed with care; a host or telephone counts
by how few names share it, because networks give all their places one web site; another house number together with
another host is a veto, however alike the names are.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from warehouse.matching.clusters import Clustering, Pair, cluster, ordered
from warehouse.matching.contacts import house_number, own_host, phone_key, street_key
from warehouse.matching.names import Rarity, compare_names, rarity_of
from warehouse.matching.texts import clean, close_gaps, normalise

MERGE_FROM, REVIEW_FROM = 4.0, -2.0
_BLOCK_LIMIT = 60
# What a place is, not which one: "Fablab du Lac" and "Espace coworking du Lac" may be one house.
_KIND_WORDS = frozenset(
    "tiers lieu lieux tierslieu fablab fab lab coworking cowork makerspace hackerspace espace spazio place hub living"
    " foodlab cafe caffe associatif associativo maison casa atelier laboratorio".split()
)
_SMALL_WORDS = frozenset(
    "a al alla au aux d da de dei del della des di du e en et i il l la le les lo un una s".split()
)
_NEAR_KM, _FAR_KM = 0.25, 3.0


@dataclass(frozen=True)
class Listing:
    """One entry of a directory.

    Attributes:
        words: words of the name that tell it from others.
        place: ``country|municipality``.
        point: latitude and longitude where the source placed it with care, not at the seat of its municipality.
        operators: official numbers of who runs it.
    """

    key: str
    anchor: str
    name: str
    words: frozenset[str]
    country: str | None
    place: str | None = None
    street: str | None = None
    house: str | None = None
    point: tuple[float, float] | None = None
    phone: str | None = None
    hosts: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Resolution:
    """Listing → what the id of its third place is made of, how it is linked, and the bits of that link."""

    basis: Mapping[str, str]
    method: Mapping[str, str]
    score: Mapping[str, float | None]
    clustering: Clustering


def listing_of(row: Mapping[str, object]) -> Listing:
    """A listing from a row with the columns of ``run.LISTINGS``."""
    country = _text(row, "country_code")
    name = normalise(close_gaps(re.sub(r"\([^)]*\)", " ", clean(str(row["name"])))))
    hosts = {own_host(host) for column in ("websites", "email_domains") for host in _list(row, column)}
    street = _text(row, "street_address")
    careful = row.get("point_origin_code") == "SOURCE" and row.get("latitude") is not None
    return Listing(
        key=str(row["record_key"]),
        anchor=f"{row['source_id']}|{row['record_key']}",
        name=name,
        words=place_words(name),
        country=_text(row, "place_country_code") or country,
        place=f"{row['place_country_code']}|{row['lau_code']}" if row.get("lau_code") else None,
        street=street_key(street),
        house=house_number(street),
        point=(float(str(row["latitude"])), float(str(row["longitude"]))) if careful else None,
        phone=phone_key(_text(row, "phone"), country),
        hosts=frozenset(host for host in hosts if host),
        operators=frozenset(_list(row, "identity_keys")),
    )


def _text(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    return str(value) if value is not None else None


def _list(row: Mapping[str, object], name: str) -> list[str]:
    value = row.get(name)
    return [str(part) for part in value] if isinstance(value, (list, tuple)) else []


def place_words(name: str) -> frozenset[str]:
    """Words of a normalised name without those that say what kind of place it is; all where nothing else is left."""
    words = [word for word in name.split() if word not in _SMALL_WORDS]
    return frozenset(word for word in words if word not in _KIND_WORDS) or frozenset(words) or frozenset(name.split())


def resolve(
    listings: Iterable[Listing],
    merges: Iterable[tuple[str, str]] = (),
    splits: Iterable[tuple[str, str]] = (),
) -> Resolution:
    """Cluster listings into third places.

    Args:
        listings: all listings; their order does not matter.
        merges: pairs of listings that a person put together.
        splits: pairs that a person kept apart.
    """
    known = {listing.key: listing for listing in sorted(listings, key=lambda item: item.key)}
    weigh = Evidence(list(known.values()))
    found = (weigh.pair(known[one], known[other]) for one, other in sorted(candidates(list(known.values()))))
    clustering = cluster(
        known, [pair for pair in found if pair], merge_from=MERGE_FROM, review_from=REVIEW_FROM,
        may_join=lambda one, other: weigh.may_join(known[one], known[other]), forced=merges, forbidden=splits,
    )  # fmt: skip
    by_person = {key for pair in merges for key in pair}
    basis, method, score = {}, {}, {}
    for members in clustering.members.values():
        first = min(known[key].anchor for key in members)
        for key in members:
            link = clustering.links.get(key)
            basis[key] = first
            score[key] = link.score if link else None
            method[key] = "MANUAL" if key in by_person and len(members) > 1 else link.method if link else "NONE"
    return Resolution(basis, method, score, clustering)


def candidates(listings: Sequence[Listing]) -> set[tuple[str, str]]:
    """Pairs worth weighing: near points, a host, a telephone, a street, or a word of the name in one municipality."""
    blocks: dict[str, set[str]] = defaultdict(set)
    for listing in listings:
        for block in _blocks(listing):
            blocks[block].add(listing.key)
    return {pair for keys in blocks.values() if 1 < len(keys) <= _BLOCK_LIMIT for pair in combinations(sorted(keys), 2)}


def _blocks(listing: Listing) -> Iterable[str]:
    if listing.phone:
        yield f"phone {listing.phone}"
    yield from (f"host {host}" for host in listing.hosts)
    if listing.place and listing.street:
        yield f"street {listing.place} {listing.street}"
    yield f"name {listing.country} {' '.join(sorted(listing.words))}"
    if listing.place:
        yield from (f"word {listing.place} {word[:4]}" for word in listing.words)
    if listing.point:
        # Cells of about 1 km and their neighbours to the north and east, so that no border hides a pair.
        row, column = math.floor(listing.point[0] * 100), math.floor(listing.point[1] * 70)
        yield from (f"cell {row + up} {column + right}" for up in (0, 1) for right in (0, 1))


class Evidence:
    """Weighs pairs of listings against how common everything is among all of them."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._rarity: Rarity = rarity_of(listing.words for listing in listings)
        self._phones = _names_with((item.phone, item) for item in listings)
        self._hosts = _names_with((host, item) for item in listings for host in item.hosts)
        self._places = _names_with((item.place, item) for item in listings)
        self._names = max(self._rarity.names, 2)

    def may_join(self, one: Listing, other: Listing) -> bool:
        """No veto: one country, names that can be one, and not both another house and another host."""
        if one.country and other.country and one.country != other.country:
            return False
        elsewhere = bool(one.house and other.house and one.house != other.house)
        if elsewhere and one.hosts and other.hosts and not one.hosts & other.hosts:
            return False
        if one.point and other.point and kilometres(one.point, other.point) > 3 * _FAR_KM:
            return False
        return compare_names(one.words, other.words, self._rarity).share >= 0.4

    def pair(self, one: Listing, other: Listing) -> Pair | None:
        """The evidence on a pair; None where something forbids it."""
        if not self.may_join(one, other):
            return None
        name = compare_names(one.words, other.words, self._rarity)
        found = [("chance", -math.log2(self._names)), ("name", name.bits)]
        found += self._contacts(one, other) + self._where(one, other)
        found = [(what, round(bits, 2)) for what, bits in found if bits]
        contact = any(what in ("telephone", "host") and bits > 0 for what, bits in found)
        where = any(what in ("municipality", "near") for what, _ in found)
        reasons = tuple(f"{what} {bits:+.1f}" for what, bits in found)
        score = round(sum(bits for _, bits in found), 2)
        return Pair(*ordered(one.key, other.key), score, reasons, "CONTACT" if contact and not where else "NAME_PLACE")

    def _contacts(self, one: Listing, other: Listing) -> list[tuple[str, float]]:
        found = []
        if one.phone and one.phone == other.phone:
            found.append(("telephone", math.log2(self._names / self._phones[one.phone])))
        elif one.phone and other.phone:
            found.append(("other telephone", -1.0))
        if shared := one.hosts & other.hosts:
            found.append(("host", max(math.log2(self._names / self._hosts[host]) for host in shared)))
        elif one.hosts and other.hosts:
            found.append(("other host", -2.0))
        if one.operators & other.operators:
            found.append(("operator", 3.0))
        elif one.operators and other.operators:
            found.append(("other operator", -2.0))
        return found

    def _where(self, one: Listing, other: Listing) -> list[tuple[str, float]]:
        found = []
        distance = kilometres(one.point, other.point) if one.point and other.point else None
        is_near = distance is not None and distance <= _NEAR_KM
        if one.place and other.place and one.place == other.place:
            found.append(("municipality", math.log2(self._names / self._places[one.place])))
        elif one.place and other.place and not is_near:
            found.append(("other municipality", -3.0))
        if is_near:
            found.append(("near", 3.0))
        elif distance is not None and distance > _FAR_KM:
            found.append(("far", -4.0))
        if one.street and other.street and one.street == other.street:
            found.append(("street", 3.0))
        elif one.house and other.house and one.house != other.house:
            found.append(("other house", -3.0))
        return found


def _names_with(values: Iterable[tuple[str | None, Listing]]) -> Counter[str]:
    """How many distinct bags of words have each value."""
    return Counter(value for value, _ in {(value, listing.words) for value, listing in values if value})


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance in km between two points in degrees (mean earth radius 6371.0088 km)."""
    (a, b), (c, d) = one, other
    half = math.sin(math.radians(c - a) / 2) ** 2
    half += math.cos(math.radians(a)) * math.cos(math.radians(c)) * math.sin(math.radians(d - b) / 2) ** 2
    return 2 * 6371.0088 * math.asin(min(1.0, math.sqrt(half)))
