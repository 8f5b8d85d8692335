"""Elenco Sottoprodotti: local units of Italian firms and their by-products, all in free text."""

from __future__ import annotations

import datetime as dt
import random

from sandbox.feeds.elenco_defects import PRODUCT_SPOILERS, SHEET_SPOILERS
from sandbox.truth import KEY, Row, Truth, spoil
from sandbox.world.chance import TODAY, day_between, happens, stream
from sandbox.world.data import REGIONS, needs_of, yields_of
from sandbox.world.flows import Flow, Published, flow_of, rounded
from sandbox.world.organisations import Organisation, Site
from sandbox.world.wording import firm_spelling, marked, short_street, slug

STREAM = "iscrizioni"
_MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre",
    "novembre", "dicembre",
)  # fmt: skip
_CHAMBER = {"TO": "Torino", "CN": "Cuneo", "AO": "Valle d'Aosta", "IM": "Riviere di Liguria"}
_SHEETS_FROM = 100200
_OPENING = {"offer": "residuo del processo di {activity}", "demand": "impiegato nel processo di {activity}"}
_PURITY = (
    "materiale non contaminato", "conforme a scheda tecnica", "privo di sostanze pericolose",
    "da concordare con il cliente", "ritiro a carico dell'utilizzatore", "stoccato al coperto", "",
)  # fmt: skip


def _amount(flow: Flow, rng: random.Random) -> str:
    """The yearly amount in one of the units and number formats of the trade."""
    value, unit = flow.quantity, flow.unit
    if unit == "t" and happens(rng, 0.3):
        value, unit = rounded(value * 10), rng.choice(("q", "quintali", "q.li"))
    elif unit == "t" and happens(rng, 0.15):
        value, unit = rounded(value * 1000), "kg"
    elif unit == "m3":
        unit = rng.choice(("mc", "m3", "metri cubi"))
    elif unit == "u":
        unit = "pezzi"
    elif unit == "MAP":
        unit = "msr"
    elif unit == "L":
        unit = "litri"
    text = f"{value:,.0f}".replace(",", rng.choice((".", "."))) if value >= 10 else f"{value:g}".replace(".", ",")
    return f"{text} {unit}"


def _description(flow: Flow, rng: random.Random) -> tuple[str, dict[str, object]]:
    """The free description and what it hides: quantity, months, waste code."""
    hidden: dict[str, object] = {}
    parts = [_OPENING[flow.direction].format(activity=flow.organisation.activity.label_it.split(" (")[0].lower())]
    if happens(rng, 0.45):
        amount = _amount(flow, rng)
        hidden["quantity"] = amount
        parts.append(
            rng.choice(("circa {} all'anno", "quantità annua stimata: {}", "{}/anno", "ca. {} annui")).format(amount)
        )
    if flow.material.months and happens(rng, 0.6):
        months = flow.material.months
        hidden["months"] = list(months)
        parts.append(f"disponibile da {_MONTHS[months[0] - 1]} a {_MONTHS[months[-1] - 1]}")
    if flow.material.low and happens(rng, 0.18):
        low = flow.material.low
        hidden["low"] = low
        spaced = f"{low[:2]} {low[2:4]} {low[4:]}"
        parts.append(
            rng.choice(
                (f"in precedenza gestito con CER {spaced}", f"(ex EER {low})", f"codice {spaced.replace(' ', '.')}")
            )
        )
    parts.append(rng.choice(_PURITY))
    return rng.choice((", ", "; ", " - ", ". ")).join(p for p in parts if p), hidden


def _registered_name(org: Organisation, rng: random.Random) -> str:
    form = org.legal_form if org.country == "IT" else f"{org.legal_form} - sede secondaria italiana"
    return marked(firm_spelling(org.core, form, rng), "IT")


def _sheet(org: Organisation, name: str, site: Site, direction: str, number: int, rng: random.Random) -> Row:
    commune = site.commune
    role = "PRODUTTORE" if direction == "offer" else "UTILIZZATORE"
    return {
        KEY: str(_SHEETS_FROM + number),
        "_org": org,
        "_site": site,
        "id": str(_SHEETS_FROM + number),
        "denominazione": name,
        "codice_fiscale": org.cf,
        "n_rea": org.rea,
        "cciaa": _CHAMBER[org.rea[:2]] if org.rea[:2] in _CHAMBER else org.rea[:2],
        "indirizzo": short_street(site.address) if happens(rng, 0.25) else site.address,
        "cap": commune.postcode,
        "comune": commune.name,
        "provincia": commune.area,
        "regione": REGIONS[commune.area],
        "telefono": org.telephone if happens(rng, 0.7) else "",
        "pec": f"{slug(org.core)}@pec.example" if happens(rng, 0.8) else "",
        "email": f"info@{org.domain}" if happens(rng, 0.6) else "",
        "sito": rng.choice(("www.", "https://www.", "http://")) + org.domain if happens(rng, 0.45) else "",
        "qualifica": "RIUTILIZZATORE" if role == "UTILIZZATORE" and happens(rng, 0.15) else role,
        "data_iscrizione": day_between(rng, dt.date(2017, 6, 12), TODAY).strftime("%d/%m/%Y"),
        "stato": "CANCELLATA" if happens(rng, 0.03) else "ISCRITTA",
        "sottoprodotti": [],
    }


def _product(flow: Flow, sheet: Row, rng: random.Random) -> Row:
    number = len(sheet["sottoprodotti"]) + 1
    description, hidden = _description(flow, rng)
    return {
        KEY: f"{sheet[KEY]}/{number}",
        "_flow": flow,
        "_hidden": hidden,
        "codice_ateco": rng.choice(flow.organisation.activity.ateco),
        "attivita": flow.organisation.activity.label_it,
        "nome_commerciale": rng.choice(flow.material.it),
        "descrizione": description,
        "allegato": rng.choice(("No", "", "Sì", "no", "NO")),
    }


def _fill(sheet: Row, direction: str, rng: random.Random) -> None:
    nace = sheet["_org"].activity.nace
    options = list(yields_of(nace) if direction == "offer" else needs_of(nace))
    for material in rng.sample(options, min(len(options), rng.choice((1, 1, 2, 2, 3, 4)))):
        flow = flow_of(sheet["_org"], sheet["_site"], direction, material, rng)
        sheet["sottoprodotti"].append(_product(flow, sheet, rng))


def _sheets(elenco: list[Organisation], rng: random.Random) -> list[Row]:
    sheets: list[Row] = []
    for org in elenco:
        name = _registered_name(org, rng)
        for site in (s for s in org.sites if s.commune.country == "IT"):
            offers, needs = yields_of(org.activity.nace), needs_of(org.activity.nace)
            roles = [role for role, options in (("offer", offers), ("demand", needs)) if options]
            if len(roles) > 1 and not happens(rng, 0.22):
                roles = [roles[0] if happens(rng, 0.66) else roles[1]]
            for role in roles:
                sheet = _sheet(org, name, site, role, len(sheets), rng)
                _fill(sheet, role, rng)
                sheets.append(sheet)
    return sheets


def build(
    seed: int, elenco: list[Organisation], branches: list[Organisation], truth: Truth
) -> tuple[list[Row], list[Published]]:
    """The register's sheets with their by-products, defects planted, and the flows behind them.

    A unit that produces and uses has two sheets, as the register asks. The key of a by-product is
    ``<sheet>/<position on the sheet>``.
    """
    rng = stream(seed, "elenco")
    sheets = _sheets([*elenco, *branches], rng)
    products = [product for sheet in sheets for product in sheet["sottoprodotti"]]
    entries = []
    for sheet in sheets:
        for product in sheet["sottoprodotti"]:
            entries.append(_tell(sheet, product, truth))
    spoil(sheets, SHEET_SPOILERS, stream(seed, "elenco-defects"), truth, "elenco_sottoprodotti", STREAM)
    spoil(products, PRODUCT_SPOILERS, stream(seed, "elenco-product-defects"), truth, "elenco_sottoprodotti", STREAM)
    _tell_texts(products, truth)
    return sheets, entries


def _tell_texts(products: list[Row], truth: Truth) -> None:
    """Bring the truth's texts to what was published; without a name the description speaks."""
    published_text = {p[KEY]: p["nome_commerciale"] or p["descrizione"] for p in products}
    for entry in truth.flows:
        if entry["source"] == "elenco_sottoprodotti":
            entry["text"] = published_text[entry["key"]]
            entry["tellable"] = True


def _tell(sheet: Row, product: Row, truth: Truth) -> Published:
    flow: Flow = product["_flow"]
    source, key = "elenco_sottoprodotti", product[KEY]
    truth.saw_organisation(flow.organisation, source, STREAM, key, "owner")
    truth.saw_address(flow.site, source, STREAM, key)
    public = sheet["stato"] == "ISCRITTA"
    truth.flows.append({
        "source": source, "stream": STREAM, "key": key, "text": product["nome_commerciale"],
        "material": flow.material.id, "direction": flow.direction, "country": "IT",
        "organisation": flow.organisation.id, "low": flow.material.low, "quantity": flow.quantity,
        "unit": flow.unit, "months": list(flow.material.months), "public": public,
        "hidden_in_text": product["_hidden"],
    })  # fmt: skip
    return Published(flow, source, key, public)
