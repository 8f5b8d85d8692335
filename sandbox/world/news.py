"""News of third places and projects, before any site publishes them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sandbox.world.chance import TODAY, day_between, happens, share, stream
from sandbox.world.places import ThirdPlace
from sandbox.world.wording import slug

_TOPICS = {
    "fr": (
        ("Portes ouvertes le samedi", "Visite des ateliers et café partagé, entrée libre."),
        ("Atelier réparation de vélos", "Apportez votre vélo, les outils sont sur place."),
        ("Appel à projets économie circulaire", "Les entreprises peuvent proposer leurs flux jusqu'à la fin du mois."),
        ("Journée transfrontalière des tiers-lieux", "Rencontre avec nos voisins piémontais et ligures."),
        ("Nouvelle découpeuse laser", "Initiation gratuite pour les adhérents."),
        ("Collecte de palettes et chutes de bois", "Matières disponibles pour l'atelier de menuiserie."),
        ("Recherche d'un coordinateur", "Poste à mi-temps, candidatures ouvertes."),
        ("Repas partagé à la cuisine commune", "Produits de la vallée et recettes anti-gaspillage."),
    ),
    "it": (
        ("Porte aperte sabato", "Visita ai laboratori e caffè condiviso, ingresso libero."),
        ("Laboratorio di riparazione biciclette", "Gli attrezzi sono a disposizione."),
        ("Bando economia circolare", "Le imprese possono proporre i propri flussi entro fine mese."),
        ("Giornata transfrontaliera degli spazi condivisi", "Incontro con i vicini savoiardi e nizzardi."),
        ("Nuova stampante 3D", "Corso introduttivo gratuito per i soci."),
        ("Raccolta di bancali e ritagli di legno", "Materiali disponibili per la falegnameria."),
        ("Cerchiamo un coordinatore", "Contratto part-time, candidature aperte."),
        ("Pranzo condiviso nella cucina comune", "Prodotti della valle e ricette antispreco."),
    ),
}  # fmt: skip
FEEDS = {"fr": ("wordpress", "atom", "wpjson", "bazar"), "it": ("jsonfeed", "wpjson", "atom")}


@dataclass(frozen=True)
class News:
    """One announcement; ``feeds`` are the sites that publish it, syndication included."""

    id: str
    language: str
    title: str
    text: str
    place: ThirdPlace
    published: dt.datetime
    updated: dt.datetime
    topic: int
    path: str
    feeds: tuple[str, ...]


def news_items(seed: int, scale: float, places: list[ThirdPlace]) -> list[News]:
    """Announcements of the last year and a half, newest last."""
    rng = stream(seed, "news")
    active = {country: [p for p in places if p.country == country and p.status == "active"] for country in ("FR", "IT")}
    drafts = []
    for n in range(share(64, scale, 8)):
        country = "IT" if happens(rng, 0.35) else "FR"
        language = country.lower()
        topic = rng.randrange(len(_TOPICS[language]))
        day = day_between(rng, TODAY - dt.timedelta(days=540), TODAY - dt.timedelta(days=1))
        moment = dt.datetime.combine(day, dt.time(rng.randrange(7, 20), rng.randrange(60)), dt.UTC)
        edited = moment + dt.timedelta(hours=rng.randrange(1, 48)) if happens(rng, 0.3) else moment
        feeds = [FEEDS[language][n % len(FEEDS[language])]]
        if happens(rng, 0.2):
            feeds.append(rng.choice(FEEDS[language]))
        drafts.append((moment, edited, language, topic, rng.choice(active[country]), tuple(dict.fromkeys(feeds))))
    items = []
    for n, (moment, edited, language, topic, place, feeds_of) in enumerate(sorted(drafts, key=lambda d: d[0]), start=1):
        title, text = _TOPICS[language][topic]
        items.append(News(
            f"news-{n:04d}", language, f"{title} – {place.name}", text, place, moment, edited, topic,
            f"/{moment:%Y/%m}/{slug(title)}-{n}", feeds_of,
        ))  # fmt: skip
    return items
