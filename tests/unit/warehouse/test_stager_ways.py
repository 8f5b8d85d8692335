"""Records checked column by column give the lines that they give one by one, whatever they hold."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.core.errors import Defect
from connectors.core.source import Drift, RawRecord
from schemas.sources.actif import Flux
from schemas.sources.base import DateText, DecimalText, OptionalText, SourceRecord
from schemas.sources.column_fields import are_plain
from schemas.sources.columns import column_check
from schemas.sources.elenco_sottoprodotti import Iscrizione
from schemas.sources.synergie import Depense
from schemas.sources.tiers_lieux import Actualite, Lieu
from warehouse import stager
from warehouse.counts import Counts
from warehouse.drift import BatchDrift
from warehouse.known import NOTHING_KNOWN
from warehouse.stager import Lines, Stager


class Plain(SourceRecord):
    """One field of each marked kind, and one that is dropped."""

    IGNORED = frozenset({"noise"})
    KEY = ("id", "site")

    id: str
    site: str = "here"
    text: OptionalText = None
    number: DecimalText = None
    day: DateText = None


CELLS = st.one_of(
    st.text(max_size=8),
    st.text(st.characters(max_codepoint=0x2100), max_size=4),
    st.sampled_from(
        ["", " ", "a", "Città d'Aosta", "«Œuvre» – 3 €", "a\u00a0b", "e\u0301", "x\x00", "\ud800", " a", "a ", "a\nb",
         'say "so"', "back\\slash", "1", "-0.50", "1 234,5", "0.0000001", "007", "1e3", "9" * 16, "2026-11-21",
         "21/11/2026", "2026-02-30", "oui", "ENTRANT", "public", "public ?", "100 %"]
    ),
    st.none(), st.booleans(), st.integers(-5, 10**16), st.floats(), st.decimals(), st.dates(),
    st.lists(st.text(max_size=3), max_size=2), st.just({"reseau": "x", "adresse": "y"}),
)  # fmt: skip
CONTRACTS = (Plain, Flux, Iscrizione, Depense, Lieu, Actualite)


@st.composite
def chunks(draw: st.DrawFn) -> tuple[type[SourceRecord], list[RawRecord]]:
    """Some records of one contract: usual ones, in one or two layouts, and a few cells of them replaced."""
    contract = draw(st.sampled_from(CONTRACTS))
    names = [*contract.model_fields, *contract.IGNORED, "unheard_of"]
    layouts = draw(st.lists(st.lists(st.sampled_from(names), unique=True, min_size=1), min_size=1, max_size=2))
    must = [name for name, field in contract.model_fields.items() if field.is_required()]
    if draw(st.booleans()):
        layouts[0] = [*must, *(name for name in layouts[0] if name not in must and name in contract.model_fields)]
    usual = {name: draw(CELLS) for name in names}
    records = []
    for number in range(draw(st.integers(1, 12))):
        data = {name: usual[name] for name in draw(st.sampled_from(layouts))}
        for name in draw(st.lists(st.sampled_from(list(data)), max_size=2)):
            data[name] = draw(CELLS)
        defects = (Defect("row", None, "extra_cells", "one more"),) if draw(st.integers(0, 9)) == 0 else ()
        records.append(RawRecord(f"row {number}", data, defects))
    return contract, records


def lines(
    contract: type[SourceRecord], records: list[RawRecord], policy: Drift
) -> tuple[Lines, Counts, dict[str, Any]]:
    counts, drift = Counts(), BatchDrift(contract, policy)
    one = Stager(contract, b"salt", drift, counts, NOTHING_KNOWN)
    found = one.lines([("part\t1", record, "2026-11-22T00:00:00+00:00") for record in records])
    return found, counts, drift.notes({}, 0)


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@settings(max_examples=300)
@given(chunks(), st.sampled_from([Drift(), Drift(unknown_column="warn", new_code="quarantine")]))
def test_both_ways_give_the_same_lines(chunk: tuple[type[SourceRecord], list[RawRecord]], policy: Drift) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stager, "FEW", 1)
        by_column = lines(*chunk, policy)
        patch.setattr(stager, "FEW", 10_000)
        assert by_column == lines(*chunk, policy)


@given(st.lists(st.text(st.characters(max_codepoint=0x2100), max_size=5), min_size=1, max_size=5))
def test_a_plain_column_is_one_of_plain_texts(cells: list[str]) -> None:
    joined = "".join(cell + "\n" for cell in cells)
    if are_plain(joined, len(cells)):
        for cell in cells:
            assert column_check(Plain).check(("id", "text"), [{"id": "a", "text": cell}]) != [None]
            assert '"' not in cell
            assert "\\" not in cell


def test_usual_records_are_written_by_column() -> None:
    names = ("id", "noise", "text", "number", "day")
    records = [
        dict(zip(names, ("a", "?", "Città", "1.50", "2026-11-21"), strict=True)),
        dict(zip(names, ("b", "?", "", "", None), strict=True)),
        dict(zip(names, ("c", "?", 'a "b"', "1 234,5", datetime.date(2026, 2, 3)), strict=True)),
        dict(zip(names, ("d", "?", "x", "many", None), strict=True)),
    ]
    assert column_check(Plain).check(names, records) == [
        ("a:here", '{"id":"a","site":"here","text":"Città","number":"1.50","day":"2026-11-21"}'),
        ("b:here", '{"id":"b","site":"here","text":null,"number":null,"day":null}'),
        ("c:here", '{"id":"c","site":"here","text":"a \\"b\\"","number":"1234.5","day":"2026-02-03"}'),
        None,
    ]
