"""What goes wrong in the register: nobody checks a filing before it is listed."""

from __future__ import annotations

from random import Random

from sandbox.truth import Row, Spoiler
from sandbox.world.identifiers import break_key
from sandbox.world.wording import mojibake, typo, upper_plain

_COMPANY_NUMBER = 11


def _company(row: Row) -> bool:
    return len(row["codice_fiscale"]) == _COMPANY_NUMBER


def _cf_zero(row: Row, _rng: Random) -> bool:
    if not row["codice_fiscale"].startswith("0"):
        return False
    row["codice_fiscale"] = row["codice_fiscale"].lstrip("0")
    return True


def _cf_prefix(row: Row, _rng: Random) -> bool:
    if not _company(row):
        return False
    row["codice_fiscale"] = "IT" + row["codice_fiscale"]
    return True


def _cf_key(row: Row, rng: Random) -> bool:
    if not _company(row):
        return False
    row["codice_fiscale"] = break_key(row["codice_fiscale"], rng)
    return True


def _cf_empty(row: Row, _rng: Random) -> bool:
    row["codice_fiscale"] = ""
    return True


def _comune_province(row: Row, _rng: Random) -> bool:
    row["comune"] = f"{row['comune']} ({row['provincia']})"
    return True


def _comune_capitals(row: Row, _rng: Random) -> bool:
    row["comune"] = upper_plain(row["comune"])
    return True


def _comune_typo(row: Row, rng: Random) -> bool:
    row["comune"] = typo(row["comune"], rng)
    return True


def _cap_empty(row: Row, _rng: Random) -> bool:
    row["cap"] = ""
    return True


def _role_unknown(row: Row, rng: Random) -> bool:
    row["qualifica"] = rng.choice(("INTERMEDIARIO", "-", "N.D."))
    return True


def _date_impossible(row: Row, rng: Random) -> bool:
    row["data_iscrizione"] = rng.choice(("30/02/2021", "31/11/2019", "00/00/0000"))
    return True


def _date_dashes(row: Row, _rng: Random) -> bool:
    row["data_iscrizione"] = row["data_iscrizione"].replace("/", "-")
    return True


SHEET_SPOILERS = (
    Spoiler("role_unknown", ("qualifica",), 0.004, _role_unknown, unreadable=True),
    Spoiler("date_impossible", ("data_iscrizione",), 0.004, _date_impossible, unreadable=True),
    Spoiler("cf_lost_zero", ("codice_fiscale",), 0.35, _cf_zero),
    Spoiler("cf_country_prefix", ("codice_fiscale",), 0.05, _cf_prefix),
    Spoiler("cf_bad_key", ("codice_fiscale",), 0.02, _cf_key),
    Spoiler("cf_empty", ("codice_fiscale",), 0.02, _cf_empty),
    Spoiler("province_in_commune", ("comune",), 0.06, _comune_province),
    Spoiler("commune_capitals", ("comune",), 0.12, _comune_capitals),
    Spoiler("commune_typo", ("comune",), 0.02, _comune_typo),
    Spoiler("postcode_empty", ("cap",), 0.03, _cap_empty),
    Spoiler("date_style", ("data_iscrizione",), 0.05, _date_dashes),
)


def _ateco_style(row: Row, rng: Random) -> bool:
    code = row["codice_ateco"]
    row["codice_ateco"] = rng.choice((code.replace(".", ""), code[:5], code.replace(".", " ")))
    return True


def _ateco_zero(row: Row, _rng: Random) -> bool:
    if not row["codice_ateco"].startswith("0"):
        return False
    row["codice_ateco"] = row["codice_ateco"][1:]
    return True


def _name_empty(row: Row, _rng: Random) -> bool:
    # The material then stands in the description only.
    row["descrizione"] = f"{row['nome_commerciale']}: {row['descrizione']}"
    row["nome_commerciale"] = ""
    return True


def _name_capitals(row: Row, _rng: Random) -> bool:
    row["nome_commerciale"] = upper_plain(row["nome_commerciale"])
    return True


def _name_typo(row: Row, rng: Random) -> bool:
    row["nome_commerciale"] = typo(row["nome_commerciale"], rng)
    return True


def _name_html(row: Row, _rng: Random) -> bool:
    row["nome_commerciale"] = f"<b>{row['nome_commerciale']}</b>"
    return True


def _description_mojibake(row: Row, _rng: Random) -> bool:
    before = row["descrizione"]
    row["descrizione"] = mojibake(before)
    return bool(row["descrizione"] != before)


def _description_empty(row: Row, _rng: Random) -> bool:
    row["descrizione"] = ""
    return True


def _attachment_words(row: Row, rng: Random) -> bool:
    row["allegato"] = rng.choice(("true", "OUI", "Si", "1", "presente"))
    return True


PRODUCT_SPOILERS = (
    Spoiler("ateco_lost_zero", ("codice_ateco",), 0.1, _ateco_zero),
    Spoiler("ateco_style", ("codice_ateco",), 0.08, _ateco_style),
    Spoiler("name_empty", ("nome_commerciale", "descrizione"), 0.004, _name_empty, unreadable=True),
    Spoiler("name_capitals", ("nome_commerciale",), 0.15, _name_capitals),
    Spoiler("name_typo", ("nome_commerciale",), 0.06, _name_typo),
    Spoiler("name_html", ("nome_commerciale",), 0.01, _name_html),
    Spoiler("description_mojibake", ("descrizione",), 0.02, _description_mojibake),
    Spoiler("description_empty", ("descrizione",), 0.06, _description_empty),
    Spoiler("yes_no_words", ("allegato",), 0.08, _attachment_words),
)
