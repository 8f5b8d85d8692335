"""Company numbers by Faker, checked by python-stdnum, and the ways in which they get broken."""

from __future__ import annotations

import random

from faker import Faker
from stdnum import luhn
from stdnum.it import iva


class Numbers:
    """Draws valid French and Italian company numbers; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._fr, self._it = Faker("fr_FR"), Faker("it_IT")
        self._fr.seed_instance(f"{seed}-fr")
        self._it.seed_instance(f"{seed}-it")
        self._seen: set[str] = set()

    def siren(self, *, leading_zero: bool = False) -> str:
        """Nine digits with a valid key; on request with the zero in front that spreadsheets eat."""
        while True:
            number: str = self._fr.siren().replace(" ", "")
            if leading_zero:
                number = "0" + str(1 + int(number[1]) % 9) + number[2:8]
                number += luhn.calc_check_digit(number)
            if number not in self._seen and not number.startswith("00"):
                self._seen.add(number)
                return number

    def siret(self, siren: str, nic: int) -> str:
        """The establishment ``nic`` of a company: 14 digits with a valid key."""
        body = f"{siren}{nic:04d}"
        return body + str(luhn.calc_check_digit(body))

    def partita_iva(self) -> str:
        """Eleven digits with a valid key and an existing office number."""
        while True:
            number: str = self._it.company_vat()[-11:]
            if number not in self._seen and iva.is_valid(number):
                self._seen.add(number)
                return number

    def codice_fiscale(self) -> str:
        """The sixteen characters of an invented person."""
        number: str = self._it.ssn()
        return number

    def surname(self, country: str) -> str:
        """A family name of the country."""
        name: str = (self._fr if country == "FR" else self._it).last_name()
        return name

    def first_name(self, country: str) -> str:
        """A first name of the country."""
        name: str = (self._fr if country == "FR" else self._it).first_name()
        return name


def break_key(number: str, rng: random.Random) -> str:
    """The number with one digit changed, so that its key no longer fits."""
    i = rng.randrange(len(number) - 1)
    return number[:i] + str((int(number[i]) + 1 + rng.randrange(8)) % 10) + number[i + 1 :]


def phone(rng: random.Random, country: str) -> str:
    """A telephone number: ARCEP's range for fiction in France, an unassigned block in Italy."""
    if country == "FR":
        return f"+33 4 65 71 {rng.randrange(100):02d} {rng.randrange(100):02d}"
    return f"+39 011 000{rng.randrange(10000):04d}"
