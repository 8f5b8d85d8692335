"""One list in one file, in several, twice, or with its partners in another order: the same expenses."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.core.http import HttpClient
from connectors.core.landing import land
from connectors.core.registry import get_connector, get_contract, get_source
from connectors.core.source import FetchContext

HEADINGS = (
    "N° projet", "Partenaire", "N° dépense", "N° demande de remboursement", "Fournisseur", "N° facture",
    "Date de paiement", "Libellé", "Montant déclaré",
)  # fmt: skip
PROVENANCE = frozenset(("fichier", "feuille", "ligne", "sha256_fichier", "occurrence"))
WRITINGS = ("{:.2f}", "{:.2f} €", "EUR {:.2f}")
Line = tuple[int, int, int, int, int]

lines = st.lists(
    st.tuples(
        st.integers(1, 3), st.integers(1, 4), st.integers(-(10**7), 10**9), st.integers(0, 2), st.integers(1, 10**6)
    ),
    min_size=1,
    max_size=9,
    unique_by=lambda line: (line[2], line[4]),
)


def row(line: Line) -> str:
    """A line: partner, number (often one for several expenses), amount in cents, writing, document."""
    partner, number, amount, writing, document = line
    text = WRITINGS[writing].format(Decimal(amount) / 100).replace(".", ",")
    return ";".join((
        "9901", f"Ente {partner} (fittizio)", str(number), "1", f"Ditta {document} (fittizio)", f"F{document}",
        "02/10/2019", "Prova", text,
    ))  # fmt: skip


def read(files: list[list[Line]]) -> Counter[tuple[tuple[str, Any], ...]]:
    """What the connector reads from the files, the last of them the newest; every key is there once."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, content in enumerate(files):
            path = Path(folder) / f"liste {number}.csv"
            path.write_text("\n".join([";".join(HEADINGS), *map(row, content)]), encoding="utf-8")
            os.utime(path, (10**9 + number, 10**9 + number))
            paths.append(str(path))
        source = get_source("synergie", {"options": {"files": paths}})
        stream = source.stream("depenses")
        connector, contract = get_connector("synergie"), get_contract(stream)
        context = FetchContext(HttpClient(source), source)
        landed = land(Path(folder) / "landing", "synergie", "depenses", "r", connector.fetch(stream, context), {})
        records = [
            contract.model_validate(record.data)
            for part in landed.parts
            for record in connector.read(source, stream, part)
        ]
    keys = Counter(record.record_key() for record in records)
    assert all(count == 1 for count in keys.values()), "no line overwrites another"
    contents = [record.model_dump(exclude=PROVENANCE, mode="json") for record in records]
    return Counter(tuple(sorted((name, str(value)) for name, value in content.items())) for content in contents)


@settings(max_examples=40, deadline=None)
@given(lines, st.randoms(use_true_random=False))
def test_splitting_a_file_and_the_order_of_its_lines_change_nothing(content: list[Line], chance: Any) -> None:
    whole = read([content])
    assert sum(whole.values()) == len(content)
    shuffled = chance.sample(content, len(content))
    cut = chance.randrange(len(content) + 1)
    assert read([part for part in (shuffled[:cut], shuffled[cut:]) if part]) == whole


@settings(max_examples=20, deadline=None)
@given(lines, st.integers(0, 8))
def test_a_list_that_comes_again_longer_changes_nothing(content: list[Line], first: int) -> None:
    earlier = content[: first % len(content) + 1]
    assert read([earlier, content]) == read([content])
    assert read([content, content]) == read([content])


def test_one_number_for_two_expenses_in_two_files_keeps_both_and_a_correction_replaces() -> None:
    first: Line = (1, 7, 12000, 0, 11)
    assert sum(read([[first], [(1, 7, 55000, 0, 22)]]).values()) == 2
    corrected: Line = (1, 7, 12550, 0, 11)
    assert read([[first], [corrected]]) == read([[corrected]])
