"""One organisation or two: the rules, each on a handful of invented mentions (all names are fictitious)."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from warehouse.matching.evidence import contradict
from warehouse.matching.identity import components, resolve
from warehouse.matching.mentions import Mention, mention_of


def mention(key: str, name: str, **fields: Any) -> Mention:
    """A French mention in Chambéry unless said otherwise; ``key`` is ``source:number``."""
    row: dict[str, Any] = {
        "mention_id": key, "member_key": key.replace(":", "|"), "role": "operator", "name": name, "site_name": None,
        "country_code": "FR", "place_country_code": "FR", "lau_code": "73065", "street_given": None,
        "phone_given": None, "email_given": None, "website_given": None, "legal_form_code": None,
        "identity_keys": None, "damaged": None,
    }  # fmt: skip
    return mention_of({**row, **fields})


def together(*mentions: Mention, **decisions: Any) -> set[frozenset[str]]:
    found = resolve(mentions, **decisions)
    groups: dict[str, set[str]] = {}
    for key, basis in found.basis.items():
        groups.setdefault(basis, set()).add(key)
    return {frozenset(group) for group in groups.values()}


def one(*keys: str) -> frozenset[str]:
    return frozenset(keys)


SIREN, OTHER = ["FR:732829320"], ["FR:356000000"]


def test_a_number_in_common_decides() -> None:
    a = mention("actif:1", "Cidrerie des Cimes (fictif)", identity_keys=SIREN)
    b = mention("synergie:1", "Tout autre nom", identity_keys=SIREN, lau_code="06088")
    found = resolve([a, b])
    assert found.basis == {"actif:1": "id|FR:732829320", "synergie:1": "id|FR:732829320"}
    assert set(found.method.values()) == {"IDENTIFIER"}


def test_two_numbers_keep_namesakes_apart() -> None:
    a = mention("actif:1", "Cidrerie des Cimes", identity_keys=SIREN)
    b = mention("actif:2", "Cidrerie des Cimes", identity_keys=OTHER)
    assert together(a, b) == {one("actif:1"), one("actif:2")}


def test_a_mention_without_number_joins_its_namesake_in_the_same_place() -> None:
    a = mention("actif:1", "Cidrerie des Cimes", identity_keys=SIREN)
    b = mention("tl:1", "CIDRERIE DES CIMES SARL")
    assert together(a, b) == {one("actif:1", "tl:1")}


def test_a_common_name_elsewhere_is_somebody_else() -> None:
    a = mention("actif:1", "Boulangerie Martin", identity_keys=SIREN)
    b = mention("tl:1", "Boulangerie Martin", lau_code="06088")
    assert together(a, b) == {one("actif:1"), one("tl:1")}


def test_a_name_that_two_identified_bodies_have_joins_neither() -> None:
    a = mention("actif:1", "Cidrerie des Cimes", identity_keys=SIREN)
    b = mention("actif:2", "Cidrerie des Cimes", identity_keys=OTHER)
    c = mention("tl:1", "Cidrerie des Cimes")
    found = resolve([a, b, c])
    assert together(a, b, c) == {one("actif:1"), one("actif:2"), one("tl:1")}
    assert {why for _, why in found.clustering.review} == {"rivals"}


def test_missing_values_say_nothing() -> None:
    full = mention("actif:1", "Estampage Prairie Claire", identity_keys=SIREN, phone_given="04 79 11 22 33")
    bare = mention("synergie:1", "Estampage Prairie Claire", lau_code=None, place_country_code=None)
    assert together(full, bare) == {one("actif:1", "synergie:1")}


@pytest.mark.parametrize(
    ("damaged", "same"),
    [(["9814033800017"], True), (["09814033800018"], True), (["098140336"], True), (["44306184100047"], False)],
)
def test_a_damaged_number_is_evidence_never_repaired(damaged: list[str], same: bool) -> None:
    """A lost zero, a wrong check digit, one wrong digit; but not another number altogether."""
    good = mention("actif:1", "Parfums Aiguille", identity_keys=["FR:098140338"], lau_code="05145")
    bad = mention("actif:2", "Parfums Aiguille", damaged=damaged, lau_code="74970")
    assert (together(good, bad) == {one("actif:1", "actif:2")}) is same


def test_telephone_counts_by_how_few_share_it() -> None:
    a = mention("actif:1", "Tessuti Bertoli", phone_given="04 79 11 22 33")
    b = mention("actif:2", "Tessuti Bertolli", phone_given="0479112233", lau_code="06088")
    assert together(a, b) == {one("actif:1", "actif:2")}
    accountant = [
        mention(f"actif:{number}", f"Firma{number} Bertoli{number}", phone_given="0479112233", lau_code=None)
        for number in range(3, 40)
    ]
    assert len(together(*accountant)) == len(accountant)


def test_italian_seat_of_a_french_company() -> None:
    french = mention("actif:1", "Biogaz Pelvoux SAS", identity_keys=["FR:786447979"], lau_code="73031")
    seat = mention(
        "elenco:1", "Biogaz Pelvoux SAS - sede secondaria italiana", country_code="IT", place_country_code="IT",
        lau_code="008055", identity_keys=["IT:88812770258"],
    )  # fmt: skip
    assert together(french, seat) == {one("actif:1", "elenco:1")}
    stranger = replace(seat, key="elenco:2", words=frozenset({"hotel", "alpi"}), name="hotel alpi", is_branch=False)
    hotel = mention("actif:2", "Hotel Alpi", identity_keys=["FR:356000000"])
    assert together(hotel, stranger) == {one("actif:2"), one("elenco:2")}


def test_legal_forms_of_two_kinds_are_two_bodies() -> None:
    a = mention("actif:1", "Falegnameria Gran", legal_form_code="COOPERATIVE")
    b = mention("actif:2", "Falegnameria Gran", legal_form_code="SOLE_TRADER", lau_code="06088")
    assert together(a, b) == {one("actif:1"), one("actif:2")}


def test_one_word_exchanged_is_another_name() -> None:
    a = mention("elenco:1", "Ghiaia e Sabbia Rocca del Gallo", identity_keys=["IT:62737110114"])
    b = mention("elenco:2", "Ghiaia e Sabbia Rocca Cecilia", lau_code="06088")
    assert together(a, b) == {one("elenco:1"), one("elenco:2")}


def test_a_place_is_not_the_name_of_who_runs_it() -> None:
    operator = mention("actif:1", "Association Aiguille", identity_keys=SIREN)
    listing = mention(
        "tl:1", "Le Living Lab des Marmottes", site_name="Le Living Lab des Marmottes", role="third_place_operator",
        identity_keys=SIREN,
    )  # fmt: skip
    namesake = mention("tl:2", "Le Living Lab des Marmottes", identity_keys=OTHER)
    assert together(operator, listing, namesake) == {one("actif:1", "tl:1"), one("tl:2")}


def test_two_numbers_of_one_register_in_a_record_tie_nobody() -> None:
    joined = components({"a": frozenset(SIREN), "b": frozenset(OTHER), "c": frozenset(SIREN + OTHER)})
    assert joined["a"] != joined["b"]
    tax = components({"a": frozenset({"IT:1"}), "b": frozenset({"IT:1", "IT:2"}), "c": frozenset({"IT:2"})})
    assert len(set(tax.values())) == 1


def test_what_contradicts() -> None:
    assert contradict(frozenset(SIREN), frozenset(OTHER))
    assert not contradict(frozenset(SIREN), frozenset({"IT:00743110157"}))
    assert not contradict(frozenset({"IT:80001070178"}), frozenset({"IT:00743110157"}))
    assert not contradict(frozenset({"IT:RSSMRA80A01F205X"}), frozenset({"IT:00743110157"}))
    assert not contradict(frozenset(SIREN), frozenset())


def test_persons_decide() -> None:
    a = mention("actif:1", "Cidrerie des Cimes", identity_keys=SIREN)
    b = mention("actif:2", "Les Cimes Boissons", identity_keys=OTHER)
    c = mention("actif:3", "Cidrerie des Cimes", identity_keys=SIREN, lau_code="06088")
    assert together(a, b, c, merges=[("actif:1", "actif:2")]) == {one("actif:1", "actif:2", "actif:3")}
    assert together(a, b, c, splits=[("actif:1", "actif:3")]) == {one("actif:1"), one("actif:2"), one("actif:3")}
    found = resolve([a, b, c], merges=[("actif:1", "actif:2")])
    assert found.method["actif:2"] == "MANUAL"
    assert set(found.basis.values()) == {"id|FR:356000000"}


WORLD = [
    mention("actif:1", "Cidrerie des Cimes", identity_keys=SIREN, phone_given="0479112233"),
    mention("actif:2", "Cidrerie des Cimes", damaged=["73282932"], lau_code="06088"),
    mention("synergie:1", "Cidrerie des Cimes SAS", identity_keys=SIREN, lau_code=None),
    mention("tl:1", "Cidreire des Cimes", email_given="info@cimes.example"),
    mention("elenco:1", "Segheria Valle Stretta S.r.l.", identity_keys=["IT:00743110157"], lau_code="004078",
            country_code="IT", place_country_code="IT", phone_given="0171 123456"),
    mention("elenco:2", "SEGHERIA VALLE STRETTA", lau_code="001272", country_code="IT", place_country_code="IT",
            phone_given="0171/123456"),
    mention("synergie:2", "Comune di Valle", country_code="IT", place_country_code=None, lau_code=None),
    mention("actif:3", "Boulangerie Martin", lau_code="06088"),
    mention("actif:4", "Boulangerie Martin"),
]  # fmt: skip


def test_the_order_of_mentions_changes_nothing() -> None:
    first = resolve(WORLD)
    for seed in range(20):
        mixed = list(WORLD)
        random.Random(seed).shuffle(mixed)
        again = resolve(mixed)
        assert (again.basis, again.method, again.score) == (first.basis, first.method, first.score)


def test_a_source_that_leaves_takes_only_what_it_said() -> None:
    whole = resolve(WORLD).basis
    for source in ("actif", "synergie", "tl", "elenco"):
        left = [m for m in WORLD if not m.key.startswith(source)]
        rest = resolve(left).basis
        pairs = {(a.key, b.key) for a in left for b in left if a.key < b.key}
        assert {(a, b) for a, b in pairs if rest[a] == rest[b]} <= {(a, b) for a, b in pairs if whole[a] == whole[b]}
        numbered = [m.key for m in left if m.numbers]
        assert {key: rest[key] for key in numbered} == {key: whole[key] for key in numbered}


def test_swapping_the_countries_keeps_who_is_who() -> None:
    """Evidence knows no favourite: with France and Italy exchanged, the same mentions belong together."""
    other = {"FR": "IT", "IT": "FR", None: None}
    phones = {"+33": "+39", "+39": "+33"}
    swapped = [
        replace(
            m,
            country=other[m.country],
            place=f"{other[m.place[:2]]}{m.place[2:]}" if m.place else None,
            phone=phones[m.phone[:3]] + m.phone[3:] if m.phone else None,
        )
        for m in WORLD
    ]
    assert together(*swapped) == together(*WORLD)


def test_a_new_record_about_a_known_body_moves_no_id() -> None:
    before = resolve(WORLD).basis
    newer = mention("actif:0", "Cidrerie des Cimes", identity_keys=SIREN, street_given="1 rue du Lac")
    after = resolve([*WORLD, newer]).basis
    assert {key: after[key] for key in before} == before
    assert after["actif:0"] == before["actif:1"]
