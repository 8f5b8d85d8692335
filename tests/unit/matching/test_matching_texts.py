"""Cleaning of texts: damage that sources really do, and the texts that must not change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.matching.texts import clean, close_gaps, content_words, normalise, repair_encoding, stem


@pytest.mark.parametrize(
    ("damaged", "clean_text"),
    [
        ("DrÃªches de brasserie", "Drêches de brasserie"),
        ("caffÃ¨ esausto", "caffè esausto"),
        ("chaufferie bois Ã\xa0 alimenter", "chaufferie bois à alimenter"),
        ("argent&eacute;es de l&#39;usine", "argentées de l'usine"),
        ("marc &amp;amp; lies", "marc & lies"),
        ("<b>tralci di vite</b>", "tralci di vite"),
        ("  deux \n lignes ", "deux lignes"),
        ("ÂµPCR, 5 Â°C", "µPCR, 5 °C"),
    ],
)
def test_damage_is_undone(damaged: str, clean_text: str) -> None:
    assert clean(damaged) == clean_text


@pytest.mark.parametrize("good", ["CITTÀ", "Château", "forêt d’Ânes", "São", "Âge", "perché", "5 < 6 et 7 > 3"])
def test_good_text_stays(good: str) -> None:
    assert repair_encoding(good) == good
    assert clean(good) == good


@given(st.text(alphabet="abcéèàùôçìòÀÉ œæ'-0123", max_size=40))
def test_repair_undoes_what_a_wrong_reading_did(text: str) -> None:
    # Bytes that Windows-1252 does not know travel as control characters, as browsers and Excel do.
    wrong = "".join(
        bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte)
        for byte in text.encode()
    )
    assert repair_encoding(wrong) == text


def test_letters_lost_inside_words_leave_no_gap() -> None:
    assert close_gaps("Brian_on, Ch?teau") == "Brianon, Chteau"
    assert close_gaps("fab_ lab ? oui") == "fab_ lab ? oui"


def test_words_that_mean_something() -> None:
    assert content_words("Cuves IBC 1000 L à 6 bar", "fr") == ["cuves", "ibc"]
    assert content_words("béton concassé 0/80, 28 °C", "fr") == ["beton", "concasse"]
    assert content_words("rottami non ferrosi di ferro", "it") == ["rottami", "nonferrosi", "ferro"]
    assert content_words("son de blé", "fr") == ["son", "ble"]


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("boue boues", "fr"),
        ("déclassé déclassée déclassées", "fr"),
        ("eau eaux", "fr"),
        ("animal animaux", "fr"),
        ("fango fanghi", "it"),
        ("scoria scorie", "it"),
        ("usato usata usate usati", "it"),
    ],
)
def test_number_and_gender_share_a_stem(words: str, language: str) -> None:
    assert len({stem(word, language) for word in normalise(words).split()}) == 1


def test_normalise_like_the_database() -> None:
    assert normalise("L'Œuf d’Or – Straße & Co.") == "l oeuf d or strasse co"
