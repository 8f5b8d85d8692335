"""CSV files: writing, layouts that change, rules of a mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.core.errors import BadConfig, Fatal

FIELDS: dict[str, Any] = {
    "identifiant": "ID", "nom": "NOM", "code_postal": "CP",
    "code_commune": {"column": ["INSEE", "INSEE2"], "empty": "0"},
    "latitude": "LAT", "longitude": "LONG", "types": {"column": "TYPO", "cut": "|"}, "sites_web": "WEB",
}  # fmt: skip
HEAD = "ID;NOM;CP;INSEE;INSEE2;LAT;LONG;TYPO;WEB"
ROW = "1;Tiers-lieu fictif;5100;0;05023;44,9;6,6;A|B;www.exemple.example"


def local(path: Path, body: str | bytes, **more: Any) -> dict[str, Any]:
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    mapping = {"fields": FIELDS, **more.pop("mapping", {})}
    return {"id": "liste", "family": "generic_csv", "path": str(path), "mapping": mapping, **more}


def test_values_stay_as_sent(tmp_path: Path, run: Any) -> None:
    place = run(local(tmp_path / "a.csv", f"{HEAD}\n{ROW}\n", country="FR")).only
    assert place["code_postal"] == "5100"  # the lost zero is put back by the harmonisation, not here
    assert place["code_commune"] == "05023"
    assert (place["latitude"], place["longitude"]) == ("44.9", "6.6")
    assert place["types"] == ["A", "B"]
    assert place["sites_web"] == ["www.exemple.example"]
    assert place["pays"] == "FR"


@pytest.mark.parametrize(
    "body",
    [
        ("\ufeff" + f"{HEAD}\n{ROW}\n").encode(),
        f"{HEAD}\r{ROW}\r".encode(),
        f"{HEAD}\n{ROW}\n".replace("Tiers-lieu", "Lieu créé").encode("cp1252"),
        f"{HEAD}\n{ROW}\n".replace(";", "\t").encode(),
    ],
)
def test_writings_of_the_same_table(tmp_path: Path, run: Any, body: bytes) -> None:
    place = run(local(tmp_path / "a.csv", body)).only
    assert place["identifiant"] == "1"
    assert place["nom"] in {"Tiers-lieu fictif", "Lieu créé fictif"}


def test_zero_is_no_postcode_and_no_coordinates_are_none(tmp_path: Path, run: Any) -> None:
    place = run(local(tmp_path / "a.csv", f"{HEAD}\n1;N;0;;;;;;\n")).only
    assert (place["code_postal"], place["latitude"], place["longitude"]) == (None, None, None)
    assert place["avertissements"] == ["code_postal_zero"]


@pytest.mark.parametrize(
    ("latitude", "longitude", "doubt"),
    [
        ("0", "0,0", "coordonnees_nulles"),
        ("45,4642", "9,19", "coordonnees_par_defaut"),
        ("9,75396", "-83,677", "coordonnees_par_defaut"),
        ("6,6", "44,9", "coordonnees_inversees"),
        ("44,9", "", "coordonnees_incompletes"),
    ],
)
def test_doubtful_coordinates_are_kept_and_flagged(
    tmp_path: Path, run: Any, latitude: str, longitude: str, doubt: str
) -> None:
    body = f"{HEAD}\n1;N;;;;{latitude};{longitude};;\n"
    place = run(local(tmp_path / "a.csv", body, default_coordinates=[["45.4642", "9.19"]])).only
    assert place["avertissements"] == [doubt]
    assert place["latitude"] is not None


@pytest.mark.parametrize(
    ("row", "rejected"),
    [
        ("1;N;;;;nord;6,6;;", ["latitude:decimal_text"]),
        ("1;N;;;;4524,5;6,6;;", ["latitude:coordinate_range"]),
        (";;;;;;;;", None),
        (";N;;;;;;;", ["identifiant:missing"]),
        ("1;N;;;;;;;;trop;de;cases", ["row:extra_cells"]),
    ],
)
def test_rejects(tmp_path: Path, run: Any, row: str, rejected: list[str] | None) -> None:
    result = run(local(tmp_path / "a.csv", f"{HEAD}\n{ROW.replace('1;', '9;', 1)}\n{row}\n"))
    assert result.rejected == ([rejected] if rejected else [])
    assert len(result.valid) == 1


def test_mojibake_is_flagged_and_left(tmp_path: Path, run: Any) -> None:
    place = run(local(tmp_path / "a.csv", f"{HEAD}\n1;La CordÃ©e;;;;;;;\n")).only
    assert place["nom"] == "La CordÃ©e"
    assert place["avertissements"] == ["texte_degrade"]


def test_unknown_column_is_noted_or_rejected(tmp_path: Path, run: Any) -> None:
    body = f"{HEAD};NEUF\n{ROW};x\n"
    assert run(local(tmp_path / "a.csv", body)).only["champs_inconnus"] == ["NEUF"]
    strict = run(local(tmp_path / "a.csv", body, unknown_columns="reject"))
    assert strict.rejected == [["NEUF:unknown_field"]]
    ignored = run(local(tmp_path / "a.csv", body, unknown_columns="reject", mapping={"ignore": ["NE*"]}))
    assert ignored.only["champs_inconnus"] == []


def test_lost_column_is_noted_and_lost_key_refuses_the_table(tmp_path: Path, run: Any) -> None:
    place = run(local(tmp_path / "a.csv", "id;Nom\n1;N\n")).only  # other case: still found
    assert "colonne_absente:code_postal" in place["avertissements"]
    with pytest.raises(Fatal) as caught:
        run(local(tmp_path / "a.csv", "IDENT;NOM\n1;N\n"))
    assert caught.value.rule == "layout"


def test_mapping_rules(tmp_path: Path, run: Any) -> None:
    fields = {
        "identifiant": {"hash": ["NOM", "RUE"]},
        "nom": "NOM",
        "adresse": {"join": ["NUM", "RUE"], "sep": " "},
        "latitude": {"column": "GEO", "cut": "|", "part": 0},
        "longitude": {"column": "GEO", "cut": "|", "part": 1},
        "services": {"terms": [
            {"column": "CODES", "tokens": [5], "term": "impression 3D"},
            {"column": "CODES", "tokens": ["15"], "term": "découpe"},
        ]},
        "publics": {"flags": {"JEUNES": "jeunes", "PRO": "professionnels"}},
        "statut": {"column": "ETAT", "translate": {"Ouvert": "active", "En projet": "planned"}, "default": "unknown"},
        "reseaux_sociaux": {"named": {"facebook": "FB"}},
        "horaires": {"named": {"lundi": "LU", "mardi": "MA"}, "reader": "day_columns"},
        "pays": {"constant": "IT"},
    }  # fmt: skip
    body = (
        "NOM,RUE,NUM,GEO,CODES,JEUNES,PRO,ETAT,FB,LU,MA\n"
        'Uno (fittizio),Via Prova,3,45.1|7.6,"15,99",1,0,ouvert,"a b",9h-12h,\n'
        "Due (fittizio),Via Prova,4,,5,oui,x,fermé,,,\n"
    )
    path = tmp_path / "a.csv"
    path.write_text(body, encoding="utf-8")
    result = run({"id": "liste", "family": "generic_csv", "path": str(path), "mapping": {"fields": fields}})
    one, two = result.valid.values()
    assert one["identifiant"].startswith("h")
    assert one["identifiant"] != two["identifiant"]
    assert one["adresse"] == "3 Via Prova"
    assert (one["latitude"], one["longitude"]) == ("45.1", "7.6")
    assert one["services"] == ["découpe"]  # 5 is not in 15
    assert one["avertissements"] == ["terme_inconnu:CODES=99"]
    assert (one["publics"], two["publics"]) == (["jeunes"], ["jeunes", "professionnels"])
    assert (one["statut"], two["statut"]) == ("active", "unknown")
    assert one["reseaux_sociaux"] == [
        {"reseau": "facebook", "adresse": "a"}, {"reseau": "facebook", "adresse": "b"}
    ]  # fmt: skip
    assert one["horaires"] == "lundi 9h-12h"
    assert two["avertissements"] == ["terme_inconnu:statut=fermé"]
    assert one["pays"] == "IT"
    assert one["champs_inconnus"] == []


@pytest.mark.parametrize("sign", ["|", ";"])
def test_national_schema(site: Any, run: Any, sign: str) -> None:
    body = (
        "id,pivot,nom,commune,code_postal,code_insee,adresse,latitude,longitude,typologie,telephone,courriels,"
        "site_web,horaires,presentation_resume,structure_parente,date_maj,services,nouveau\n"
        f'fic-1,00000000000000,Espace fictif,Gap,05000,05061,1 rue Imaginaire,44.56,6.08,TIERS_LIEUX{sign}FABLAB,'
        f'+33400000000,a@exemple.example{sign}b@exemple.example,https://x.example{sign}https://y.example,'
        f'Mo-Fr 09:00-17:00,Un espace.,Association fictive,2024-05-06,"Aide{sign}Wifi",z\n'
    )  # fmt: skip
    site.on("/lieux.csv", body, "text/csv")
    place = run({"id": "mednum", "family": "national_schema", "url": site.url("/lieux.csv")}).only
    assert place["siret"] == "00000000000000"
    assert place["types"] == ["TIERS_LIEUX", "FABLAB"]
    assert place["services"] == ["Aide", "Wifi"]
    assert place["courriels"] == ["a@exemple.example", "b@exemple.example"]
    assert place["sites_web"] == ["https://x.example", "https://y.example"]
    assert place["horaires_osm"] == place["horaires"] == "Mo-Fr 09:00-17:00"
    assert place["date_maj"] == "2024-05-06"
    assert place["champs_inconnus"] == ["nouveau"]
    assert place["avertissements"] == []


@pytest.mark.parametrize(("body", "rule"), [("<html>", "html_not_csv"), ("", "empty_file")])
def test_pages_and_empty_answers_are_no_table(site: Any, run: Any, body: str, rule: str) -> None:
    site.on("/lieux.csv", body, "text/csv")
    with pytest.raises(Fatal) as caught:
        run({"id": "mednum", "family": "national_schema", "url": site.url("/lieux.csv")})
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "inconnue"}, "no family 'inconnue'"),
        ({"mapping": {"fields": {"nom": "N"}}}, "identifiant"),
        ({"mapping": {"fields": {"nome": "N"}}}, "no such field: nome"),
        ({"mapping": {"fields": {"nom": {"column": "a", "join": ["b"]}}}}, "exactly one"),
        ({"path": None}, "either url or path"),
        ({"id": "Avec Espace"}, "pattern"),
        ({"licence": ""}, "licence"),
        ({"mapping": None, "mapping_file": "/nowhere.yml"}, "cannot be read"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_settings_are_named_before_anything_is_asked(
    tmp_path: Path, run: Any, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadConfig, match=message):
        run({**local(tmp_path / "a.csv", f"{HEAD}\n{ROW}\n"), **change})


def test_no_instance_is_a_configuration_error(run: Any) -> None:
    with pytest.raises(BadConfig, match="no instance"):
        run()


def test_one_failing_instance_fails_the_run_and_is_named(tmp_path: Path, site: Any, run: Any) -> None:
    good = local(tmp_path / "a.csv", f"{HEAD}\n{ROW}\n")
    bad = {"id": "absente", "family": "national_schema", "url": site.url("/gone.csv")}
    with pytest.raises(Fatal, match=r"1 of 2 instances failed.*404"):
        run(good, bad)
