"""What is read out of Italian free text, and what is left alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.elenco_sottoprodotti.extract import derive, find_quantities, find_season, find_waste_codes
from connectors.elenco_sottoprodotti.extract_quantity import parse_italian

MONTHS = ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre",
          "novembre", "dicembre"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "low", "high", "unit", "period"),
    [
        ("circa 1.200 tonnellate di siero all'anno", "1200", "1200", "t", "year"),
        ("100-150 q.li/mese", "100", "150", "q", "month"),
        ("sacchi da 25 kg, 300 t/anno", "300", "300", "t", "year"),
        ("produzione annua: 450 t", "450", "450", "t", "year"),
        ("quantitativo stimato annuo di circa 80 tonnellate", "80", "80", "t", "year"),
        ("ogni anno si producono 300 quintali", "300", "300", "q", "year"),
        ("12,5 mc al giorno", "12.5", "12.5", "m3", "day"),
        ("fino a 30 t annue", None, "30", "t", "year"),
        ("non meno di 30 t annue", "30", None, "t", "year"),
        ("oltre 1.000.000 kg per anno", "1000000", None, "kg", "year"),
        ("da 100 a 200 t annue", "100", "200", "t", "year"),
        ("5000 litri a settimana", "5000", "5000", "l", "week"),
        ("20 m³ per campagna", "20", "20", "m3", "season"),
        ("ca. 6.700 pezzi annui", "6700", "6700", "u", "year"),
        ("bancali 300 pezzi/anno", "300", "300", "u", "year"),
        ("2,45 t", "2.45", "2.45", "t", None),
        ("CIRCA 1.200 T/ANNO", "1200", "1200", "t", "year"),
        ("10 t/die", "10", "10", "t", "day"),
        ("circa kg 500/mese", "500", "500", "kg", "month"),
        ("t. 20-30 annue", "20", "30", "t", "year"),
        ("Quantità annua (t): 120", "120", "120", "t", "year"),
        ("MC 300 AL GIORNO", "300", "300", "m3", "day"),
    ],
)
def test_quantities(text: str, low: str | None, high: str | None, unit: str, period: str | None) -> None:
    (found,) = find_quantities(text)
    assert (found.minimum, found.maximum) == (low and Decimal(low), high and Decimal(high))
    assert (found.unit, found.period) == (unit, period)
    assert found.text in text


@pytest.mark.parametrize(
    "text",
    ["densità 1.030 kg/m3", "resa 5 t/ha", "prezzo 50 €/t", "€ 30 t", "umidità 60 %", "3 t-shirt",
     "2 volte l'anno",
     "2 l'anno", "sacchi da 25 kg", "cisterne di 30 mc", "cubi IBC 1000 litri",
     "cubi da 1000 litri", "big bag da 1 t", "art. 12 l. 264/2016",
     "10 tipi", "pH 6, 30 °C", "012345678 tel", "nessuna quantità",
     "1'200 t", "CER 020103 kg", "tel. 0171 kg", "sacchi kg 25", "kg 10/ha", "densità kg/m3 1030", "t 5", "l. 264"],
)  # fmt: skip
def test_what_is_no_quantity(text: str) -> None:
    assert find_quantities(text) == []


def test_confidence_falls_with_doubt() -> None:
    sure, about, bare, lone = (find_quantities(t)[0].confidence for t in ("9 t/anno", "circa 9 t/anno", "9 kg", "9 t"))
    assert sure > about > bare > lone


@settings(deadline=None)
@given(
    value=st.integers(1, 9_999_999), decimals=st.integers(0, 3), dots=st.booleans(),
    unit=st.sampled_from([("t", "t"), ("tonnellate", "t"), ("q.li", "q"), ("quintali", "q"), ("kg", "kg"), ("mc", "m3"),
                          ("metri cubi", "m3"), ("litri", "l"), ("hl", "hl"), ("MWh", "MWh")]),
    period=st.sampled_from([("/anno", "year"), (" all'anno", "year"), (" annue", "year"), (" al mese", "month"),
                            ("/giorno", "day"), (" a settimana", "week"), ("", None)]),
    before=st.sampled_from(["", "residuo di lavorazione; ", "siero fresco, circa ", "(", "disponibili "]),
    after=st.sampled_from(["", ".", "; ritiro a carico dell'utilizzatore", " - da concordare", ")"]),
)  # fmt: skip
def test_a_quantity_is_read_back_from_any_sentence(
    value: int,
    decimals: int,
    dots: bool,
    unit: tuple[str, str],
    period: tuple[str, str | None],
    before: str,
    after: str,
) -> None:
    number = Decimal(value).scaleb(-decimals)
    whole, _, fraction = f"{number:f}".partition(".")
    if dots:
        whole = f"{int(whole):,}".replace(",", ".")
    written = f"{whole},{fraction}" if fraction else whole
    (found,) = find_quantities(f"{before}{written} {unit[0]}{period[0]}{after}")
    assert (found.minimum, found.maximum, found.unit) == (number, number, unit[1])
    assert found.period == period[1]


@settings(deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 999))
def test_italian_numbers(whole: int, thousandths: int) -> None:
    grouped = f"{whole:,}".replace(",", ".")
    assert parse_italian(grouped) == whole
    assert parse_italian(f"{grouped},{thousandths:03d}") == whole + Decimal(thousandths) / 1000


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_survived_and_what_is_found_is_in_it(text: str) -> None:
    flat = " ".join(text.split())
    assert all(found.text in flat for found in find_quantities(text))
    assert all(code.text in flat for code in find_waste_codes(text))
    season = find_season(text)
    assert season is None or (season.months and all(part in flat for part in season.text.split("; ")))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("CER 02 07 01", ["020701"]), ("EER 020701", ["020701"]), ("C.E.R. 02.07.01*", ["020701"]),
        ("codice CER: 020701, 020702 e 020704", ["020701", "020702", "020704"]), ("CER 80318", ["080318"]),
        ("(ex EER 030105)", ["030105"]), ("CER 200140-CAVO", ["200140"]), ("CER/EER 020501", ["020501"]),
        ("codice 02.07.02", ["020702"]), ("i codici rifiuto 19 08 05 / 19 08 12", ["190805", "190812"]),
        ("CER020103", ["020103"]), ("EER02 01 03 e 02 01 06", ["020103", "020106"]),
        ("CER 02 07 01 e siero 02 05 01", ["020701", "020501"]),
    ],
)  # fmt: skip
def test_waste_codes(text: str, codes: list[str]) -> None:
    assert [found.code for found in find_waste_codes(text)] == codes


@pytest.mark.parametrize(
    "text",
    ["CER 777777", "CER 15200140", "ATECO 10.51.20", "codice 10.51.20", "cerca 020701", "data 12 06 2017", "CAP 020701",
     "CER 02 07 00", "CER 21 01 01", "tel. 011 02 07 01 33"],
)  # fmt: skip
def test_what_is_no_waste_code(text: str) -> None:
    assert find_waste_codes(text) == []


def test_marks_and_doubts_of_waste_codes() -> None:
    starred, plain = find_waste_codes("CER 03 01 04*, 03 01 05")
    assert (starred.hazardous, plain.hazardous) == (True, False)
    names = ("CER 020701", "CER 200140-CAVO", "codice 02.07.01", "CER 80318", "non CER 020701", "02 07 01")
    ranked = [find_waste_codes(text)[0].confidence for text in names]
    assert ranked == sorted(ranked, reverse=True)
    assert len(set(ranked)) == len(ranked)


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("disponibile da ottobre a giugno", [1, 2, 3, 4, 5, 6, 10, 11, 12]), ("sett-dic", [9, 10, 11, 12]),
        ("ottobre/novembre", [10, 11]), ("nei mesi di luglio e agosto", [7, 8]),
        ("luglio, agosto e settembre", [7, 8, 9]), ("tutto l'anno", list(range(1, 13))),
        ("tutto l'anno escluso agosto", [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]),
        ("tutto l'anno tranne ad agosto", [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]),
        ("tutto l'anno, agosto escluso", [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]),
        ("tutto l'anno ad eccezione dei mesi di luglio, agosto e dic.", [1, 2, 3, 4, 5, 6, 9, 10, 11]),
        ("tutto l'anno (salvo da giugno ad agosto)", [1, 2, 3, 4, 5, 9, 10, 11, 12]),
        ("tutto l'anno tranne il periodo estivo", [1, 2, 3, 4, 5, 9, 10, 11, 12]),
        ("tutto l'anno escluso agosto, di più a marzo", [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]),
        ("tutto l'anno salvo accordi", list(range(1, 13))),
        ("dal 15 settembre al 30 novembre", [9, 10, 11]), ("tra settembre e novembre", [9, 10, 11]),
        ("da nov. a feb.", [1, 2, 11, 12]), ("da fine agosto a metà ottobre", [8, 9, 10]), ("maggio", [5]),
        ("dalla primavera all'autunno", [3, 4, 5, 6, 7, 8, 9, 10, 11]), ("dall'autunno alla primavera",
         [1, 2, 3, 4, 5, 9, 10, 11, 12]), ("primavera-estate", [3, 4, 5, 6, 7, 8]),
        ("periodo estivo", [6, 7, 8]), ("durante la vendemmia", [9, 10]),
        ("da giugno ad agosto", [6, 7, 8]), ("DA APRILE FINO AD AGOSTO", [4, 5, 6, 7, 8]),
        ("ott., nov. e dic.", [10, 11, 12]), ("marzo e aprile; mag-giu 2022", [3, 4]),
        ("ottobre-marzo e giugno", [1, 2, 3, 6, 10, 11, 12]),
    ],
)  # fmt: skip
def test_seasons(text: str, months: list[int]) -> None:
    found = find_season(text)
    assert found is not None
    assert list(found.months) == months


@pytest.mark.parametrize(
    "text",
    [
        "maggio-giugno 2023",
        "ottobre, novembre e dicembre 2023",
        "da giugno ad agosto del 2021",
        "DM 13 ottobre 2016",
        "iscritta il 12 giugno 2017",
        "un set di pezzi",
        "da gennaio 2020 a marzo 2021",
        "mare",
        "",
    ],
)
def test_what_is_no_season(text: str) -> None:
    assert find_season(text) is None


@settings(deadline=None)
@given(first=st.integers(1, 12), last=st.integers(1, 12), short=st.booleans())
def test_a_range_of_months_is_read_back_over_the_turn_of_the_year(first: int, last: int, short: bool) -> None:
    names = [name[:3] if short else name for name in MONTHS]
    found = find_season(f"disponibile da {names[first - 1]} a {names[last - 1]}, ritiro in sede")
    assert found is not None
    expected, month = {first}, first
    while month != last:
        month = month % 12 + 1
        expected.add(month)
    assert set(found.months) == expected


@settings(deadline=None)
@given(st.sets(st.integers(1, 12), min_size=1, max_size=6))
def test_listed_months_are_read_back(months: set[int]) -> None:
    names = [MONTHS[month - 1] for month in sorted(months)]
    text = ", ".join(names[:-1]) + " e " + names[-1] if len(names) > 1 else names[0]
    found = find_season(f"nei mesi di {text}")
    assert found is not None
    assert found.months == tuple(sorted(months))


def test_the_derived_fields_of_a_by_product() -> None:
    derived = derive(
        ["siero fresco, circa 100-120 t/anno, da ottobre a giugno (ex CER 02 05 01)", "Siero di latte dolce"]
    )
    assert derived["derived_quantity"] is None, "a range is not one number"
    assert (derived["derived_quantity_min"], derived["derived_quantity_max"]) == (100, 120)
    assert derived["derived_eer_codes"] == ["020501"]
    assert derived["derived_season_months"] == [1, 2, 3, 4, 5, 6, 10, 11, 12]
    assert derive([None, ""]) == {}


def test_two_different_quantities_cast_doubt() -> None:
    one = derive(["20 t/anno"])["derived_quantity_confidence"]
    two = derive(["20 t/anno, capacità 500 t/anno"])["derived_quantity_confidence"]
    same = derive(["20 t/anno", "20 t/anno"])["derived_quantity_confidence"]
    assert two < one == same
