"""Which listings of directories describe one third place.

The same weighing as for organisations. Points count only where both were placed with care; a host or telephone counts
by how few names share it, because networks give all their places one web site; another house number together with
another host is a veto, however alike the names are.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from warehouse.matching.clusters import Clustering, Pair, cluster, ordered, pairs_sharing
from warehouse.matching.listings import Listing
from warehouse.matching.names import Rarity, compare_names, rarity_of
from warehouse.matching.texts import word_set

MERGE_FROM, REVIEW_FROM = 4.0, -2.0
# Third places of the border region, at least.
LEAST_POPULATION = 1024
_MUNICIPALITY_MOST = 7.0
_BLOCK_LIMIT = 60
_NEAR_KM, _NEXT_DOOR_KM, _FAR_KM, _ELSEWHERE_KM = 0.25, 0.15, 3.0, 9.0
# Bits of what cannot be counted.
_NEAR, _FAR, _OTHER_MUNICIPALITY = 3.0, -8.0, -6.0
_STREET, _OTHER_HOUSE, _OTHER_STREET = 3.0, -3.0, -6.0
_OTHER_TELEPHONE, _OTHER_HOST, _OPERATOR, _OTHER_OPERATOR = -1.0, -2.0, 3.0, -2.0
_OTHER_KIND = -5.0
_ALIKE_FROM = 0.4
# What kind of road it is tells no two streets apart.
_ROADS = word_set(
    "rue avenue boulevard place chemin route allee impasse quai cours square via viale corso piazza piazzale vicolo"
    " strada largo borgo frazione localita"
)


@dataclass(frozen=True)
class Resolution:
    """Listing → what the id of its third place is made of, how it is linked, and the bits of that link."""

    basis: Mapping[str, str]
    method: Mapping[str, str]
    score: Mapping[str, float | None]
    clustering: Clustering


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
        may_join=lambda one, other: weigh.may_join(known[one], known[other]),
        contradict=lambda one, other: weigh.contradict(known[one], known[other]), forced=merges, forbidden=splits,
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
    return pairs_sharing(((block, listing.key) for listing in listings for block in _blocks(listing)), _BLOCK_LIMIT)


def _blocks(listing: Listing) -> Iterable[str]:
    if listing.phone:
        yield f"phone {listing.phone}"
    yield from (f"host {host}" for host in listing.hosts)
    if listing.place and listing.street:
        yield f"street {listing.place} {listing.street}"
    yield f"name {listing.country} {' '.join(sorted(listing.words))}"
    if listing.place:
        # All of a small town; in a city, those whose names begin alike.
        yield f"place {listing.place}"
        yield from (f"word {listing.place} {word[:4]}" for word in listing.words)
    if listing.point:
        # Cells of about 1 km and their neighbours to the north and east, so that no border hides a pair.
        row, column = math.floor(listing.point[0] * 100), math.floor(listing.point[1] * 70)
        yield from (f"cell {row + up} {column + right}" for up in (0, 1) for right in (0, 1))


class Evidence:
    """Weighs pairs of listings against how common everything is among all of them."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._rarity: Rarity = rarity_of((listing.words for listing in listings), LEAST_POPULATION)
        self._phones = _names_with((item.phone, item) for item in listings)
        self._hosts = _names_with((host, item) for item in listings for host in item.hosts)
        self._places = _names_with((item.place, item) for item in listings)

    def contradict(self, one: Listing, other: Listing) -> bool:
        """Veto: two countries, points far apart, or both another house number and another host."""
        if one.country and other.country and one.country != other.country:
            return True
        if one.point and other.point and kilometres(one.point, other.point) > _ELSEWHERE_KM:
            return True
        elsewhere = bool(one.house and other.house and one.house != other.house)
        return elsewhere and bool(one.hosts and other.hosts) and not one.hosts & other.hosts

    def alike(self, one: Listing, other: Listing) -> bool:
        """Whether two names can be one."""
        return compare_names(one.words, other.words, self._rarity).share >= _ALIKE_FROM

    def may_join(self, one: Listing, other: Listing) -> bool:
        """No veto, and something in common: the name, the telephone, a host, or the street."""
        contact = (one.phone and one.phone == other.phone) or one.hosts & other.hosts
        where = one.street and one.street == other.street and one.place == other.place
        return not self.contradict(one, other) and (bool(contact or where) or self.alike(one, other))

    def pair(self, one: Listing, other: Listing) -> Pair | None:
        """The evidence on a pair; None where something forbids it."""
        if self.contradict(one, other) or not self.alike(one, other):
            return None
        name = compare_names(one.words, other.words, self._rarity)
        found = [("chance", self._rarity.chance), ("name", name.bits)]
        places = self._where(one, other)
        elsewhere = any(what == "other street" for what, _ in places)
        found += self._contacts(one, other, elsewhere=elsewhere) + places
        if one.kinds and other.kinds and not one.kinds & other.kinds:
            found.append(("other kind", _OTHER_KIND))
        found = [(what, round(bits, 2)) for what, bits in found if bits]
        contact = any(what in ("telephone", "host") and bits > 0 for what, bits in found)
        where = any(what in ("municipality", "near") for what, _ in found)
        method = "FUZZY" if one.words != other.words else "CONTACT" if contact and not where else "NAME_PLACE"
        reasons = tuple(f"{what} {bits:+.1f}" for what, bits in found)
        score = round(sum(bits for _, bits in found), 2)
        return Pair(*ordered(one.key, other.key), score, reasons, method)

    def _contacts(self, one: Listing, other: Listing, *, elsewhere: bool) -> list[tuple[str, float]]:
        """What contacts say.

        Houses of a network in other streets have its name and its host in common: the host says nothing more then.
        """
        found = []
        if one.phone and one.phone == other.phone:
            found.append(("telephone", self._rarity.shared_by(self._phones[one.phone])))
        elif one.phone and other.phone:
            found.append(("other telephone", _OTHER_TELEPHONE))
        shared = one.hosts & other.hosts
        if shared and not elsewhere:
            found.append(("host", max(self._rarity.shared_by(self._hosts[host]) for host in shared)))
        elif one.hosts and other.hosts and not shared:
            found.append(("other host", _OTHER_HOST))
        if one.operators & other.operators:
            found.append(("operator", _OPERATOR))
        elif one.operators and other.operators:
            found.append(("other operator", _OTHER_OPERATOR))
        return found

    def _where(self, one: Listing, other: Listing) -> list[tuple[str, float]]:
        found = []
        distance = kilometres(one.point, other.point) if one.point and other.point else None
        is_near = distance is not None and distance <= _NEAR_KM
        if one.place and other.place and one.place == other.place:
            found.append(("municipality", min(self._rarity.shared_by(self._places[one.place]), _MUNICIPALITY_MOST)))
        elif one.place and other.place and not is_near:
            found.append(("other municipality", _OTHER_MUNICIPALITY))
        if is_near:
            found.append(("near", _NEAR))
        elif distance is not None and distance > _FAR_KM:
            found.append(("far", _FAR))
        if one.street and one.street == other.street:
            found.append(("street", _STREET))
        elif _other_street(one, other) and distance is not None and distance > _NEXT_DOOR_KM:
            # Houses of one chain in one town: same name, other street, and not next door.
            found.append(("other street", _OTHER_STREET))
        elif one.house and other.house and one.house != other.house:
            found.append(("other house", _OTHER_HOUSE))
        return found


def _other_street(one: Listing, other: Listing) -> bool:
    if not one.street or not other.street:
        return False
    mine, theirs = (
        {word for word in street.split() if not word.isdigit()} - _ROADS or set(street.split())
        for street in (one.street, other.street)
    )
    return len(mine & theirs) * 2 < min(len(mine), len(theirs))


def _names_with(values: Iterable[tuple[str | None, Listing]]) -> Counter[str]:
    """How many distinct bags of words have each value."""
    return Counter(value for value, _ in {(value, listing.words) for value, listing in values if value})


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance in km between two points in degrees (mean earth radius 6371.0088 km)."""
    (a, b), (c, d) = one, other
    half = math.sin(math.radians(c - a) / 2) ** 2
    half += math.cos(math.radians(a)) * math.cos(math.radians(c)) * math.sin(math.radians(d - b) / 2) ** 2
    return 2 * 6371.0088 * math.asin(min(1.0, math.sqrt(half)))
