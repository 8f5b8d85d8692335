"""Organisations and their sites: who exists, under which numbers, where."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.world.chance import happens, pick_weighted, share, stream
from sandbox.world.data import AREAS, Activity, Commune, activities, communes
from sandbox.world.identifiers import Numbers, phone
from sandbox.world.wording import fold, slug

ASSOCIATION = "94.99"
_FORMS_CLUB = {"FR": (("Association", 3.0), ("SCIC", 1.0)), "IT": (("APS", 2.0), ("ETS", 1.0))}
_FORMS_FR = (("SARL", 5.0), ("SAS", 5.0), ("SA", 1.0), ("EURL", 1.0), ("SCOP", 0.5), ("GIE", 0.2))
_FORMS_IT = (("S.r.l.", 6.0), ("S.p.A.", 2.0), ("S.n.c.", 1.5), ("S.a.s.", 1.0), ("Soc. Coop.", 1.0))
_FEATURES_FR = (
    "Roche", "Combe", "Aiguille", "Prairie", "Source", "Vallée", "Crête", "Balme", "Cascade", "Cime", "Croix",
    "Forêt", "Plaine", "Tour", "Moraine", "Cluse",
)  # fmt: skip
_TRAITS_FR = (
    "Blanche", "Noire", "Verte", "Perdue", "Claire", "du Loup", "de l'Ours", "d'Argent", "des Fées", "du Midi",
    "aux Chamois", "du Berger", "des Neiges", "du Tétras", "d'Aval", "d'Amont", "du Mélèze", "des Gentianes",
)  # fmt: skip
_FEATURES_IT = (
    "Rocca", "Valle", "Fonte", "Cima", "Punta", "Conca", "Croce", "Torre", "Pineta", "Cascata", "Piana", "Cresta",
    "Grotta", "Baita", "Collina", "Malga",
)  # fmt: skip
_TRAITS_IT = (
    "Bianca", "Nera", "Verde", "Perduta", "Chiara", "del Lupo", "dell'Orso", "d'Argento", "delle Fate",
    "del Sole", "dei Camosci", "del Pastore", "delle Nevi", "del Gallo", "di Sotto", "di Sopra", "del Larice",
    "delle Genziane",
)  # fmt: skip
_STREETS_FR = (
    "rue de la Gare", "avenue des Alpes", "route de Turin", "chemin des Écoliers", "rue du Moulin",
    "zone artisanale des Îles", "zone industrielle de la Plaine", "place de la Mairie", "rue des Tanneurs",
    "route du Col", "boulevard de la Colonne", "impasse des Scieries", "chemin du Torrent", "rue Joseph Verney",
    "avenue du Général Ferrié", "rue des Glaciers", "route Napoléon", "quai de l'Isère",
)  # fmt: skip
_STREETS_IT = (
    "Via Roma", "Corso Francia", "Via Garibaldi", "Frazione Pian del Re", "Via Monte Bianco", "Piazza Vittorio",
    "Viale Europa", "Strada del Colle", "Località Molino", "Via della Stazione", "Via Circonvallazione",
    "Corso Nizza", "Via dell'Artigianato", "Via Cavour", "Strada Statale 25", "Via dei Mulini", "Regione Borgnalle",
)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A place where an organisation works."""

    id: str
    number: str
    street: str
    commune: Commune
    latitude: float
    longitude: float
    siret: str = ""

    @property
    def address(self) -> str:
        """Number and street in the order of the country."""
        if self.commune.country == "FR":
            return f"{self.number} {self.street}"
        return f"{self.street}, {self.number}"


@dataclass
class Organisation:
    """One organisation, whatever the sources call it.

    ``siren`` belongs to French ones, ``cf`` (codice fiscale) and ``rea`` to Italian ones and to French
    ones with an Italian unit.
    """

    id: str
    country: str
    core: str
    legal_form: str
    activity: Activity
    domain: str
    telephone: str
    siren: str = ""
    cf: str = ""
    rea: str = ""
    person: bool = False
    sites: list[Site] = field(default_factory=list)

    @property
    def main(self) -> Site:
        """The seat."""
        return self.sites[0]


class Founder:
    """Founds organisations with names that differ from each other."""

    def __init__(self, seed: int) -> None:
        self.numbers = Numbers(seed)
        self.rng = stream(seed, "organisations")
        self._names: set[str] = set()
        self._count = 0
        self._by_area: dict[str, tuple[tuple[Commune, ...], list[float]]] = {}
        for area in AREAS:
            inside = tuple(c for c in communes() if c.area == area)
            self._by_area[area] = (inside, [c.population**0.5 for c in inside])

    def commune(self, country: str) -> Commune:
        """A commune: the areas get equal shares, larger communes more often."""
        area = self.rng.choice(AREAS[:5] if country == "FR" else AREAS[5:])
        inside, weights = self._by_area[area]
        return self.rng.choices(inside, weights)[0]

    def site(self, country: str, site_id: str, siret: str = "", near: Commune | None = None) -> Site:
        """A site with an address and a point within about a kilometre of its commune's centre."""
        rng, commune = self.rng, near or self.commune(country)
        street = rng.choice(_STREETS_FR if country == "FR" else _STREETS_IT)
        return Site(
            site_id, str(rng.randrange(1, 240)), street, commune,
            round(commune.latitude + rng.uniform(-0.008, 0.008), 5),
            round(commune.longitude + rng.uniform(-0.01, 0.01), 5), siret,
        )  # fmt: skip

    def organisation(self, country: str, nace: str, sites: int = 1) -> Organisation:
        """A new organisation of the country with a seat and further sites."""
        activity = activities()[nace]
        core, person = self._name(country, activity)
        self._count += 1
        org_id = f"org-{self._count:05d}"
        forms: tuple[tuple[str, float], ...] = (
            (("Impresa individuale", 1.0),) if person else (_FORMS_FR if country == "FR" else _FORMS_IT)
        )
        if nace == ASSOCIATION:
            forms, person = _FORMS_CLUB[country], False
        organisation = Organisation(
            org_id, country, core, pick_weighted(self.rng, forms), activity,
            f"{slug(core)}.example", phone(self.rng, country), person=person,
        )  # fmt: skip
        if country == "FR":
            organisation.siren = self.numbers.siren(leading_zero=happens(self.rng, 0.08))
        else:
            organisation.cf = self.numbers.codice_fiscale() if person else self.numbers.partita_iva()
        first = self.rng.randrange(1, 4)
        for n in range(sites):
            siret = self.numbers.siret(organisation.siren, first + n) if country == "FR" else ""
            organisation.sites.append(self.site(country, f"{org_id}-s{n + 1}", siret))
        if country == "IT":
            organisation.rea = f"{organisation.main.commune.area}-{self.rng.randrange(100000, 999999)}"
        return organisation

    def italian_branch(self, organisation: Organisation) -> None:
        """Give a French company a secondary seat in Italy, with an Italian tax number."""
        organisation.cf = self.numbers.partita_iva()
        site = self.site("IT", f"{organisation.id}-s{len(organisation.sites) + 1}")
        organisation.sites.append(site)
        organisation.rea = f"{site.commune.area}-{self.rng.randrange(100000, 999999)}"

    def _name(self, country: str, activity: Activity) -> tuple[str, bool]:
        rng = self.rng
        nouns = activity.nouns_fr if country == "FR" else activity.nouns_it
        for _attempt in range(500):
            noun, person = rng.choice(nouns), False
            way = rng.randrange(10)
            if country == "IT" and way == 0:
                name = f"{noun} {self.numbers.surname(country)} {self.numbers.first_name(country)}"
                person = True
            elif way < 4:
                name = f"{noun} {self.numbers.surname(country)}"
                name += rng.choice(("", "", " & Fils", " Frères") if country == "FR" else ("", "", " & Figli"))
            elif country == "FR":
                name = f"{noun} {rng.choice(_FEATURES_FR)} {rng.choice(_TRAITS_FR)}"
            else:
                name = f"{noun} {rng.choice(_FEATURES_IT)} {rng.choice(_TRAITS_IT)}"
            if fold(name) not in self._names:
                self._names.add(fold(name))
                return name, person
        # The stock of short names is used up only at large scales.
        name = f"{noun} {rng.choice(_FEATURES_FR)} {self.numbers.surname(country)} {self._count}"
        self._names.add(fold(name))
        return name, False


@dataclass
class Population:
    """Who appears where. ``hosts`` run third places; some of them stand in the other sources too."""

    actif: list[Organisation]
    elenco: list[Organisation]
    branches: list[Organisation]
    hosts: dict[str, list[Organisation]]


def _sites(rng: random.Random) -> int:
    return pick_weighted(rng, ((1, 0.82), (2, 0.14), (3, 0.04)))


def populate(founder: Founder, scale: float) -> Population:
    """Found the organisations; some stand in several sources.

    Italian companies that an adviser entered in ACTIF and French companies with an Italian unit are
    described by both ACTIF and Elenco; some associations of ACTIF and a few firms also run third places.
    """
    rng = founder.rng
    trades: Sequence[str] = [n for n in activities() if n != ASSOCIATION]
    french = [founder.organisation("FR", trades[i % len(trades)], _sites(rng)) for i in range(share(316, scale, 3))]
    italian = [
        founder.organisation("IT", trades[(i * 7) % len(trades)], _sites(rng)) for i in range(share(200, scale, 3))
    ]
    clubs = {
        country: [founder.organisation(country, ASSOCIATION) for _ in range(share(number, scale, 2))]
        for country, number in (("FR", 60), ("IT", 35))
    }
    both = rng.sample(italian, share(22, scale))
    branches = rng.sample(french, share(8, scale))
    for organisation in branches:
        founder.italian_branch(organisation)
    known_clubs = clubs["FR"][: share(12, scale)]
    hosts = {
        "FR": clubs["FR"] + rng.sample(french, share(8, scale)),
        "IT": clubs["IT"] + rng.sample(italian, share(6, scale)),
    }
    return Population([*french, *both, *known_clubs], italian, branches, hosts)
