"""Which mentions speak of one organisation.

A valid official number in common decides, and two different ones of the same register keep apart. Everything else is
weighed in bits, as log2 of how much likelier the agreement is between mentions of one body than of two: the rarer
what they share, the more it says (Fellegi and Sunter 1969). What is missing says nothing. Pairs fall into three bands:
merged, left to a person, distinct.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from warehouse.matching.clusters import Clustering, Pair, cluster, ordered, pairs_sharing
from warehouse.matching.evidence import Evidence, contradict
from warehouse.matching.mentions import Mention

MERGE_FROM, REVIEW_FROM = 4.0, -2.0
# Blocks larger than this hold what is too common to find one body by.
_BLOCK_LIMIT = 60
_IDENTIFIER_BITS = 100.0


@dataclass(frozen=True)
class Resolution:
    """Which organisation each mention belongs to.

    Attributes:
        basis: mention → what the id of its organisation is made of.
        method: mention → code of ``match_method``.
        score: mention → bits of the link by which it hangs on the others; None where it stands alone.
        component: mention → smallest number of all that hang together with its own, where it has one.
        clustering: clusters, links and the pairs left to a person.
    """

    basis: Mapping[str, str]
    method: Mapping[str, str]
    score: Mapping[str, float | None]
    component: Mapping[str, str] = field(repr=False)
    clustering: Clustering = field(repr=False)


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

    def differ(one: str, other: str) -> bool:
        same_number = component.get(one, one) == component.get(other, other)
        return not same_number and contradict(known[one].numbers, known[other].numbers)

    def may_join(one: str, other: str) -> bool:
        if component.get(one, one) == component.get(other, other):
            return True
        return not differ(one, other) and weigh.tied(known[one], known[other])

    kept_apart = list(splits)
    clustering = cluster(
        known, pairs, merge_from=MERGE_FROM, review_from=REVIEW_FROM, may_join=may_join,
        sure_from=_IDENTIFIER_BITS, contradict=differ, forced=merges,
        forbidden=kept_apart,
    )  # fmt: skip
    return _resolution(known, component, clustering, {ordered(*pair) for pair in merges}, bool(kept_apart))


def _resolution(
    known: Mapping[str, Mention], component: Mapping[str, str], clustering: Clustering,
    merges: set[tuple[str, str]], is_split: bool,
) -> Resolution:  # fmt: skip
    anchor = {key: mention.anchor for key, mention in known.items()}
    basis = basis_of(clustering.members.values(), component, anchor, is_split=is_split)
    method: dict[str, str] = {}
    score: dict[str, float | None] = {}
    by_person = {key for pair in merges for key in pair}
    for members in clustering.members.values():
        for key in members:
            link = clustering.links.get(key)
            score[key] = link.score if link else None
            method[key] = "MANUAL" if key in by_person and len(members) > 1 else link.method if link else "NONE"
            if key in component and method[key] == "NONE":
                method[key] = "IDENTIFIER"
    return Resolution(basis, method, score, component, clustering)


def basis_of(
    clusters: Iterable[Sequence[str]], component: Mapping[str, str], anchor: Mapping[str, str], *, is_split: bool
) -> dict[str, str]:
    """What the id of each mention's organisation is made of: its smallest number, else its smallest record.

    Args:
        clusters: mentions of each organisation, in the order of their smallest mention.
        component: mention → smallest number of all that hang together with its own, where it has one.
        anchor: mention → smallest record that says it.
        is_split: whether a person kept any pair apart.
    """
    basis: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for members in sorted(clusters, key=lambda m: min(anchor[key] for key in m)):
        numbers = sorted(component[key] for key in members if key in component)
        made_of = f"id|{numbers[0]}" if numbers else f"member|{min(anchor[key] for key in members)}"
        if is_split and taken[made_of]:
            # A person took this apart: the part with the later record is named after that record.
            made_of = f"member|{min(anchor[key] for key in members)}"
        taken[made_of] += 1
        basis.update(dict.fromkeys(members, made_of))
    return basis


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
    return pairs_sharing(((block, mention.key) for mention in mentions for block in _blocks(mention)), _BLOCK_LIMIT)


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
