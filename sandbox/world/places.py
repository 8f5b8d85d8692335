"""Third places: coworkings, fablabs and their kin, before any directory lists them."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from sandbox.world.chance import TODAY, day_between, happens, pick_weighted, share, stream
from sandbox.world.identifiers import phone
from sandbox.world.organisations import Founder, Organisation, Population, Site
from sandbox.world.wording import fold, slug

KINDS = (
    ("COWORKING", 0.34), ("FABLAB_MAKERSPACE", 0.22), ("CRAFT_WORKSHOP", 0.1), ("LIVING_LAB", 0.06),
    ("FOODLAB", 0.06), ("AGRI_FOOD", 0.06), ("CULTURAL", 0.1), ("DIGITAL_INCLUSION", 0.06),
)  # fmt: skip
FEEDS = {
    "FR": (
        ("gogocarto", 0.5), ("national", 0.4), ("communecter", 0.3), ("census", 0.3), ("yeswiki", 0.25),
        ("overpass", 0.2), ("fablabs", 0.1), ("legacy", 0.12),
    ),
    "IT": (("gogocarto", 0.35), ("ckan", 0.55), ("overpass", 0.35), ("fablabs", 0.3), ("legacy", 0.12)),
}  # fmt: skip
"""Share of a country's places that each directory lists; a place stands in at least one."""
NETWORKS = {"FR": "reseau-cowork.example", "IT": "rete-cowork.example"}
"""The same web site does not make two places one."""
_HEADS = {
    "FR": {
        "COWORKING": ("Le Bureau", "Coworking", "L'Escale", "La Cordée"),
        "FABLAB_MAKERSPACE": ("Fablab", "Le Labo", "La Fabrique"),
        "CRAFT_WORKSHOP": ("L'Atelier", "Les Établis"), "LIVING_LAB": ("Le Living Lab", "La Ruche"),
        "FOODLAB": ("La Cuisine partagée", "Le Foodlab"), "AGRI_FOOD": ("La Ferme partagée", "Le Potager"),
        "CULTURAL": ("La Friche", "Le Hangar", "La Halle"), "DIGITAL_INCLUSION": ("L'Espace numérique", "Le Clic"),
    },
    "IT": {
        "COWORKING": ("Coworking", "Spazio", "Ufficio Comune"), "FABLAB_MAKERSPACE": ("Fablab", "Officina"),
        "CRAFT_WORKSHOP": ("La Bottega", "Laboratorio"), "LIVING_LAB": ("Living Lab", "Cantiere"),
        "FOODLAB": ("La Cucina condivisa", "Foodlab"), "AGRI_FOOD": ("L'Orto condiviso", "La Cascina"),
        "CULTURAL": ("La Casa di quartiere", "Ex Filanda"), "DIGITAL_INCLUSION": ("Punto digitale", "La Portineria"),
    },
}  # fmt: skip
_TAILS = {
    "FR": (
        "des Cimes", "du Torrent", "des Marmottes", "du Vallon", "des Alpages", "de la Combe", "du Refuge",
        "des Edelweiss", "du Grand Large", "des Passeurs", "du Belvédère", "des Bergers", "de la Cluse",
        "du Tramway", "des Tanneurs", "de l'Adret", "de l'Ubac", "du Moulin", "des Possibles", "du Col",
    ),
    "IT": (
        "delle Cime", "del Torrente", "delle Marmotte", "del Vallone", "degli Alpeggi", "della Conca",
        "del Rifugio", "delle Stelle Alpine", "del Ponente", "dei Passatori", "del Belvedere", "dei Pastori",
        "della Chiusa", "del Tram", "dei Conciatori", "del Solatio", "della Bealera", "del Mulino", "del Colle",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class ThirdPlace:
    """One real third place; ``hours`` is day → opening and closing time."""

    id: str
    country: str
    name: str
    kinds: tuple[str, ...]
    site: Site
    host: Organisation | None
    domain: str
    telephone: str
    hours: dict[str, tuple[str, str]]
    opened: dt.date
    updated: dt.date
    status: str
    surface: int
    feeds: tuple[str, ...]


def _hours(rng: random.Random) -> dict[str, tuple[str, str]]:
    days = ("Mo", "Tu", "We", "Th", "Fr", "Sa")[: rng.choice((4, 5, 5, 5, 6))]
    opens, closes = rng.choice(("08:00", "08:30", "09:00", "09:30")), rng.choice(("17:00", "18:00", "19:00"))
    return dict.fromkeys(days, (opens, closes))


def _name(country: str, kind: str, site: Site, rng: random.Random, used: set[str]) -> str:
    for _attempt in range(200):
        name = f"{rng.choice(_HEADS[country][kind])} {rng.choice(_TAILS[country])}"
        if happens(rng, 0.25):
            name = f"{rng.choice(_HEADS[country][kind])} {site.commune.name}"
        if fold(name) not in used:
            break
    else:
        name = f"{name} {site.commune.name} {len(used)}"
    used.add(fold(name))
    return name


def _domain(name: str, kind: str, country: str, rng: random.Random) -> str:
    """The place's own domain, or that of a network whose many places share one."""
    if kind == "COWORKING" and happens(rng, 0.12):
        return NETWORKS[country]
    return f"{slug(name)}.example"


def third_places(seed: int, scale: float, founder: Founder, population: Population) -> list[ThirdPlace]:
    """The third places of the area; about six in ten are run by an organisation of the world."""
    rng, used = stream(seed, "places"), set[str]()
    places: list[ThirdPlace] = []
    for country, number in (("FR", 160), ("IT", 90)):
        hosts = list(population.hosts[country])
        for _ in range(share(number, scale, 6)):
            host = hosts.pop(0) if hosts and happens(rng, 0.62) else None
            main = pick_weighted(rng, KINDS)
            kinds = (main, "COWORKING") if main != "COWORKING" and happens(rng, 0.25) else (main,)
            place_id = f"place-{len(places) + 1:05d}"
            home = next((s for s in host.sites if s.commune.country == country), None) if host else None
            site = home or founder.site(country, place_id)
            name = _name(country, main, site, rng, used)
            listed = tuple(feed for feed, chance in FEEDS[country] if happens(rng, chance))
            places.append(ThirdPlace(
                place_id, country, name, kinds, site, host, _domain(name, main, country, rng), phone(rng, country),
                _hours(rng), day_between(rng, dt.date(2012, 1, 1), dt.date(2025, 12, 31)).replace(day=1),
                day_between(rng, TODAY - dt.timedelta(days=1400), TODAY - dt.timedelta(days=3)),
                pick_weighted(rng, (("active", 0.88), ("planned", 0.07), ("closed", 0.05))),
                rng.randrange(40, 1400), listed or (FEEDS[country][rng.randrange(2)][0],),
            ))  # fmt: skip
    return places
