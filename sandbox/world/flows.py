"""What firms offer and seek, before any source words it."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from dataclasses import dataclass

from sandbox.world.chance import happens
from sandbox.world.data import Material, needs_of, other_flows, yields_of
from sandbox.world.organisations import Organisation, Site

MATCHES_PER_OFFER = 8
KILOGRAMS = {"t": 1000.0, "kg": 1.0}


@dataclass(frozen=True)
class Flow:
    """One offer or demand of one site; ``quantity`` is a yearly amount in ``unit``."""

    organisation: Organisation
    site: Site
    direction: str
    material: Material
    quantity: float
    unit: str

    @property
    def country(self) -> str:
        """Country of the site."""
        return self.site.commune.country


def rounded(value: float) -> float:
    """Three significant digits, as people state amounts."""
    if value <= 0:
        return 0.0
    digits = 2 - math.floor(math.log10(value))
    return round(value, digits) if digits > 0 else float(round(value, digits))


def draw_quantity(material: Material, rng: random.Random) -> float:
    """An amount within the material's range, small ones more often than large ones."""
    low, high = material.quantity
    return rounded(math.exp(rng.uniform(math.log(low), math.log(high))))


def flow_of(org: Organisation, site: Site, direction: str, material: Material, rng: random.Random) -> Flow:
    """A flow of the material with a drawn amount."""
    return Flow(org, site, direction, material, draw_quantity(material, rng), material.unit)


def material_flows(org: Organisation, site: Site, rng: random.Random, most: int) -> list[Flow]:
    """One to ``most`` flows that the organisation's activity explains, offers before demands."""
    options = [("offer", m) for m in yields_of(org.activity.nace)]
    options += [("demand", m) for m in needs_of(org.activity.nace)]
    chosen = rng.sample(options, min(len(options), rng.randrange(1, most + 1)))
    return [flow_of(org, site, direction, material, rng) for direction, material in chosen]


def other_flow(org: Organisation, site: Site, rng: random.Random) -> Flow:
    """An energy, water, equipment, service, skill or transport flow."""
    return flow_of(org, site, "offer" if happens(rng, 0.5) else "demand", rng.choice(other_flows()), rng)


def distance_km(a: Site, b: Site) -> float:
    """Great-circle distance."""
    lat1, lat2 = math.radians(a.latitude), math.radians(b.latitude)
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin(math.radians(b.longitude - a.longitude) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(math.sqrt(half))


@dataclass(frozen=True)
class Published:
    """A flow under the key by which a source knows it."""

    flow: Flow
    source: str
    key: str
    public: bool


def true_matches(entries: list[Published]) -> list[dict[str, object]]:
    """Cross-border pairs of offer and demand of one material, the nearest demands of each offer.

    A pair is a match when the material is the same, the countries and the organisations differ and both
    sides may be published.
    """
    demands: dict[str, list[Published]] = defaultdict(list)
    for entry in entries:
        if entry.flow.direction == "demand" and entry.public:
            demands[entry.flow.material.id].append(entry)
    matches: list[dict[str, object]] = []
    for offer in entries:
        if offer.flow.direction != "offer" or not offer.public:
            continue
        near = sorted(
            (
                (distance_km(offer.flow.site, demand.flow.site), demand.source, demand.key)
                for demand in demands[offer.flow.material.id]
                if demand.flow.country != offer.flow.country
                and demand.flow.organisation.id != offer.flow.organisation.id
            ),
        )[:MATCHES_PER_OFFER]
        matches += [
            {
                "material": offer.flow.material.id,
                "offer": {"source": offer.source, "key": offer.key},
                "demand": {"source": source, "key": key},
                "distance_km": round(distance, 1),
            }
            for distance, source, key in near
        ]
    return matches
