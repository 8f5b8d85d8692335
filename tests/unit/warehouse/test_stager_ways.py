"""Records checked column by column give the lines that they give one by one, whatever they hold."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.core.blocks import Columns, UnreadBlock
from connectors.core.errors import Defect
from connectors.core.formats import CsvRow, read_csv_blocks
from connectors.core.source import Drift, RawRecord, UnreadRecord
from schemas.sources.actif import Flux
from schemas.sources.base import DateText, DecimalText, OptionalText, SourceRecord
from schemas.sources.column_fields import are_plain
from schemas.sources.columns import column_check
from schemas.sources.elenco_sottoprodotti import Iscrizione
from schemas.sources.synergie import Depense
from schemas.sources.tiers_lieux import Actualite, Lieu
from warehouse import fingerprints, stager
from warehouse.counts import Counts
from warehouse.drift import BatchDrift
from warehouse.fingerprints import Fingerprints
from warehouse.known import NOTHING_KNOWN, KnownContent, each
from warehouse.records import canonical_json
from warehouse.stager import Lines, Stager, chunks

NOTHING = Lines(b"", b"")
WHEN = "2026-11-22T00:00:00+00:00"


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
def batches(draw: st.DrawFn) -> tuple[type[SourceRecord], list[RawRecord]]:
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
    one = Stager(contract, drift, counts, NOTHING_KNOWN)
    chunk: list[Any] = [("part\t1", record, WHEN) for record in records]
    [found] = [lines for lines in one.lines(iter([(chunk, Fingerprints(b"salt").of(chunk))])) if any(lines)] or [
        NOTHING
    ]
    return found, counts, drift.notes({}, 0)


def block_of(records: list[RawRecord]) -> UnreadBlock:
    """The records as a block whose columns are theirs, where they have one layout and no defects."""

    def columns(places: Sequence[int]) -> Columns | None:
        chosen = [records[at] for at in places]
        names = tuple(chosen[0].data)
        if any(tuple(record.data) != names or record.defects for record in chosen):
            return None
        return Columns(names, list(zip(*(record.data.values() for record in chosen), strict=True)))

    texts = [canonical_json(record.data) for record in records]
    return UnreadBlock("row %", range(len(records)), b"context", texts, records.__getitem__, columns)


def told(located: list[Any], policy: Drift, contract: type[Any], known: KnownContent) -> tuple[Lines, Counts, Any, int]:
    """What comes of records or blocks, one after the other."""
    counts, drift = Counts(), BatchDrift(contract, policy)
    one, prints = Stager(contract, drift, counts, known), Fingerprints(b"salt")
    found = list(one.lines((chunk, prints.of(chunk)) for chunk in chunks(iter(located), 4)))
    lines = Lines(b"".join(part.good for part in found), b"".join(part.bad for part in found))
    return lines, counts, drift.notes({}, 0), one.unread


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@settings(max_examples=300)
@given(batches(), st.sampled_from([Drift(), Drift(unknown_column="warn", new_code="quarantine")]))
def test_both_ways_give_the_same_lines(chunk: tuple[type[SourceRecord], list[RawRecord]], policy: Drift) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stager, "FEW", 1)
        by_column = lines(*chunk, policy)
        patch.setattr(stager, "FEW", 10_000)
        assert by_column == lines(*chunk, policy)


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@settings(max_examples=300)
@given(batches(), st.sampled_from([Drift(), Drift(unknown_column="warn", new_code="quarantine")]), st.data())
def test_a_block_gives_the_lines_of_its_records(
    batch: tuple[type[SourceRecord], list[RawRecord]], policy: Drift, data: st.DataObject
) -> None:
    contract, records = batch
    records = [record._replace(position=f"row % {at}") for at, record in enumerate(records)]
    block = block_of(records)
    digests = each(Fingerprints(b"salt").of(("%1", block, WHEN)))
    known = sorted(set(data.draw(st.lists(st.sampled_from(digests)))))
    singles = [UnreadRecord(block.position(at), b"context", text, partial(block.record, at))
               for at, text in enumerate(block.texts)]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stager, "FEW", 1)
        patch.setattr(stager, "SPARSE", data.draw(st.sampled_from([2, 8])))
        patch.setattr(stager, "_WAITING", data.draw(st.sampled_from([1, 3, 500])))
        by_block = told([("%1", block, WHEN), ("%1", block, WHEN)], policy, contract, content(known))
        patch.setattr(stager, "FEW", 10_000)
        one_by_one = told([("%1", one, WHEN) for one in [*singles, *singles]], policy, contract, content(known))
    assert by_block == one_by_one


def content(digests: list[bytes]) -> KnownContent:
    halves = np.frombuffer(b"".join(digests), dtype=">u8").astype("u8").reshape(-1, 2)
    return KnownContent(halves[:, 0], halves[:, 1])


LINES = st.lists(
    st.lists(st.one_of(st.sampled_from(["", "a", "1.5", "2026-11-21", "Città", " b", 'say "so"', "x\\y", "100 %"]),
                       st.text(st.characters(max_codepoint=0x2100, exclude_characters="\x00"), max_size=3)),
             min_size=4, max_size=5),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.sampled_from(";\t,"))
def test_rows_of_a_file_give_the_same_lines(tmp_path: Path, rows: list[list[str]], quoting: int, sign: str) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, delimiter=sign, quoting=quoting)
        table.writerows([["id", "text", "number", "day", "noise"], *rows])

    def record(row: CsvRow) -> RawRecord:
        defects = (Defect("row", None, "missing_cells", "fewer cells"),) if row.missing else ()
        return RawRecord(f"row {row.number}", row.data, defects)

    blocks = [("a.csv", block.unread(record, by_column=True), WHEN) for block in read_csv_blocks(path, delimiter=sign)]
    singles = [("a.csv", UnreadRecord(block.position(at), block.context, text, partial(block.record, at)), WHEN)
               for _, block, _ in blocks for at, text in enumerate(block.texts)]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stager, "FEW", 1)
        by_block = told(blocks, Drift(), Plain, NOTHING_KNOWN)
        patch.setattr(stager, "FEW", 10_000)
        assert by_block == told(singles, Drift(), Plain, NOTHING_KNOWN)


@given(st.lists(st.text(st.characters(max_codepoint=0x2100), max_size=5), min_size=1, max_size=5))
def test_a_plain_column_is_one_of_plain_texts(cells: list[str]) -> None:
    joined = "".join(cell + "\n" for cell in cells)
    if joined.count("\n") == len(cells) and are_plain(joined.encode()):
        for cell in cells:
            table = column_check(Plain).check(("id", "text"), [{"id": "a", "text": cell}])
            assert table
            assert not table.odd
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
    table = column_check(Plain).check(names, records)
    assert table
    assert [pair and (pair[0], pair[1].decode()) for pair in table.records()] == [
        ("a:here", '{"id":"a","day":"2026-11-21","site":"here","text":"Città","number":"1.50"}'),
        ("b:here", '{"id":"b","day":null,"site":"here","text":null,"number":null}'),
        ("c:here", '{"id":"c","day":"2026-02-03","site":"here","text":"a \\"b\\"","number":"1234.5"}'),
        None,
    ]


@pytest.mark.parametrize("most", [0, 1, 10, 1_000])
def test_what_is_hashed_ahead_is_what_comes(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(fingerprints, "_AHEAD", most)
    prints = Fingerprints(b"salt")
    blocks = [block_of([RawRecord(f"row % {at}", {"id": str(at), "of": name}) for at in range(3)]) for name in "abcde"]
    located: list[Any] = [("p", block, WHEN) for block in blocks]
    for enough in range(7):
        left = iter([False] * enough + [True])
        source = chunks(iter(located), 4)
        early = prints.ahead(source, lambda: next(left))  # noqa: B023 - used at once
        assert len(early.hashed) + len(early.digests) == min(enough, 5)
        rest = prints.rest(early, source, lambda: chunks(iter(located), 4))
        assert list(rest) == [(one, prints.of(one)) for one in located]
        assert not early.hashed
