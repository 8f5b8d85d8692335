"""A person is found however the name is written, and nobody else is hit. All persons are synthetic."""

from __future__ import annotations

import json

import pytest

from warehouse.person import ERASED, Person, marked, words

PERSON = Person.called(["Jeanne Dôé", "jeanne.doe@exemple.fr", "+33 6 00 00 00 01"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Contact : Jeanne Dôé (fictif)", f"Contact : {ERASED} (fictif)"),
        ("DOE  JEANNE", ERASED),
        ("Doe, Jeanne; Autre", f"{ERASED}; Autre"),
        ("Jeanne De\u0301 et Jeanne Do\u0302e\u0301.", f"Jeanne Dé et {ERASED}."),
        ("écrire à Jeanne.Doe@Exemple.FR.", f"écrire à {ERASED}."),
        ("<a href='mailto:jeanne.doe@exemple.fr'>", f"<a href='mailto:{ERASED}'>"),
        ("Jeanne_Doe.xlsx", f"{ERASED}.xlsx"),
        ("Nom;Doe;Jeanne;06", f"Nom;{ERASED};06"),
        ("tél. +33 6 00 00 00 01", f"tél. +{ERASED}"),
        ("Jeanne Doe Jeanne Doe", f"{ERASED} {ERASED}"),
    ],
)
def test_names_are_found_however_they_are_written(text: str, expected: str) -> None:
    finder = PERSON.finder()
    assert finder.redact(text) == expected
    assert finder.in_text(text)
    key = "a key that is long enough"
    assert marked(key, PERSON.marks(key)).redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Jeanne",
        "Doe",
        "Jeanne Martin",
        "Jeanne et Doe",
        "Jeanneret Doe",
        "jeanned oe",
        "06 00 00 00 01",
        "",
        "x" * 9999,
    ],
)
def test_nobody_else_is_hit(text: str) -> None:
    finder = PERSON.finder()
    assert finder.redact(text) is text
    assert not finder.in_text(text)
    assert marked("key", PERSON.marks("key")).redact(text) is text


@pytest.mark.parametrize(
    "texts",
    [["Doe"], ["Jo D"], [""], [], ["Martin"], ["--"], ["12"], ["1234567"], ["Mandarine"], ["Jeanne Doe", "Doe"]],
)
def test_what_could_hit_others_is_refused(texts: list[str]) -> None:
    with pytest.raises(ValueError, match=r"person|full name"):
        Person.called(texts)


def test_every_text_of_a_value_is_cleaned_and_the_rest_is_the_same_object() -> None:
    finder = PERSON.finder()
    value = {"a": ["x", {"b": "Jeanne Doe"}], "n": 1.5, "c": None, "d": {"e": "x"}}
    cleaned = finder.redact_value(value)
    assert cleaned == {"a": ["x", {"b": ERASED}], "n": 1.5, "c": None, "d": {"e": "x"}}
    assert cleaned["d"] is value["d"]
    assert finder.redact_value(cleaned) is cleaned


@pytest.mark.parametrize(
    "body",
    [
        "Jeanne Dôé".encode(), "Jeanne Dôé".encode("cp1252"), "Jeanne Dôé".encode("utf-16"),
        json.dumps({"n": "Jeanne Dôé"}).encode(), b"<p>Jeanne D&ocirc;&eacute;</p>",
    ],
)  # fmt: skip
def test_bytes_are_searched_in_their_encodings_and_escapes(body: bytes) -> None:
    assert PERSON.finder().in_bytes(body)
    assert not PERSON.finder().in_bytes(body.replace(b"e", b"o").replace(b"\xe9", b"o"))


def test_marks_tell_nothing_without_their_key() -> None:
    marks = PERSON.marks("one key")
    assert not marks & PERSON.marks("another key")
    assert all(len(digest) == 32 for _, digest in marks)
    assert not marked("another key", marks).in_text("Jeanne Doe")


def test_words_of_a_text() -> None:
    assert words("D'Été, l'an 2026: à Aosta/Aoste") == ("d", "ete", "l", "an", "2026", "a", "aosta", "aoste")
