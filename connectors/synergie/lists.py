"""Rows of an expense or claim list: lines, totals, sections and what stands above the heading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from connectors.core.errors import Defect
from connectors.core.formats import Cell, Row
from connectors.synergie.cells import AMOUNT_FIELDS, Converter, as_text, defect_of, shorten
from connectors.synergie.headings import Columns, is_scaled, normalise
from connectors.synergie.labels import is_part, nature_of, read_label, read_preamble, take_label
from connectors.synergie.lines import Line, SplitRule, split_cells
from connectors.synergie.rows import (
    BARE,
    NAMES_A_LINE,
    is_same_heading,
    other_heading,
    section_text,
    total_label,
)
from connectors.synergie.tables import Table
from connectors.synergie.totals import Check, Ledger
from connectors.synergie.values import Style, column_style, read_number

_NAMES_AN_EXPENSE = frozenset(("categorie", "methode", "fournisseur", "fournisseur_id", "type_piece"))
_WORDLESS = AMOUNT_FIELDS | {"code_projet", "acronyme", "partenaire", "devise"}
_NO_EXPENSE = ("part_of_total", "amounts_only")
_NEAR = 75.0  # percent; a heading that is less like another one is not put forward
_UNNAMED = "(sans libellé)"


class ListReader:
    """Reads one table whose columns are known.

    Args:
        table: the table.
        columns: its columns.
        fields: fields of the contract; what the preamble says about others is left out.
        splits: rules for several values in one cell; without a rule a cell is never cut.
        totals_are_lines: rows that sum others are records too, as in a financing plan.

    Attributes:
        checks: printed totals against lines, complete when ``lines`` has been read.
        context: what the rows above the heading, and section labels so far, say about all lines.
    """

    def __init__(
        self,
        table: Table,
        columns: Columns,
        fields: frozenset[str],
        splits: tuple[SplitRule, ...] = (),
        *,
        totals_are_lines: bool = False,
    ) -> None:
        self.table, self.columns, self.fields, self.splits = table, columns, fields, splits
        self.totals_are_lines = totals_are_lines
        self.checks: list[Check] = []
        self.context, self._unread = read_preamble(table, columns)
        self._section: str | None = None
        self._ledger = Ledger()
        self._body = [row for row in table.rows if row.number > columns.row]
        self._converter = self._make_converter()
        self._width = self._usual_width()

    def lines(self) -> Iterator[Line]:
        """The lines in order; ``checks`` is complete when they have been read."""
        for row in self._body:
            cells = {c: cell for c, cell in enumerate(row.cells) if cell.value is not None or cell.defect}
            if not cells or self._repeats_heading(row, cells):
                continue
            label = (
                None
                if self.totals_are_lines
                else total_label(self.columns.columns, cells) or self._silent_total(row, cells)
            )
            if label is not None:
                self._total(row, label, cells)
            elif not self._is_section(cells):
                for line in self._line(row, cells):
                    if not line.defects or not any(defect.rule in _NO_EXPENSE for defect in line.defects):
                        amounts = {
                            n: v for n, v in line.values.items() if n in AMOUNT_FIELDS and isinstance(v, Decimal)
                        }
                        self._ledger.add(amounts)
                    yield line

    def _usual_width(self) -> int | None:
        """Cells of a row of a delimited file: those of the heading, or more where half of the rows have more."""
        if self.table.name is not None:
            return None
        widths = sorted(len(row.cells) for row in self._body)
        heading = max(self.columns.headings, default=-1) + 1
        return max(heading, widths[(len(widths) - 1) // 2]) if widths else heading

    def _make_converter(self) -> Converter:
        self._naming = frozenset(c for c, name in self.columns.columns.items() if name in NAMES_A_LINE)
        styles: dict[str, Style] = {}
        percent: set[str] = set()
        for column, name in self.columns.columns.items():
            values = [row.cells[column].value for row in self._body if column < len(row.cells)]
            if name in AMOUNT_FIELDS:
                styles[name] = column_style(values)
            elif name == "taux_affectation":
                numbers = [read_number(v).value for v in values if not str(v).endswith("%")]
                if any(isinstance(n, Decimal) and n > 1 for n in numbers):
                    percent.add(name)
        return Converter(styles, frozenset(percent), date_1904=self.table.date_1904)

    def _repeats_heading(self, row: Row, cells: Mapping[int, Cell]) -> bool:
        """A heading again; where it names the columns in another way, it holds for the lines below it."""
        again = other_heading(self.columns, row.number, cells)
        if again:
            self.columns = again
            self._converter = self._make_converter()
            self._ledger.boundary()
        return bool(again) or is_same_heading(self.columns, cells)

    def _silent_total(self, row: Row, cells: Mapping[int, Cell]) -> str | None:
        """The name of a row without a word that gives, in all its amounts, the sum of lines above it."""
        names = self.columns.columns
        if not self._naming.isdisjoint(cells):
            return None
        if any(names.get(c) not in _WORDLESS for c in cells) or self._is_merged(row):
            return None
        return _UNNAMED if self._is_sum(cells, 1) else None

    def _is_sum(self, cells: Mapping[int, Cell], lines: int) -> bool:
        amounts = {
            name: self._converter.read(name, cell.value).value
            for c, cell in cells.items()
            if (name := self.columns.columns.get(c)) in AMOUNT_FIELDS and name
        }
        return bool(amounts) and self._ledger.is_sum(
            {n: v for n, v in amounts.items() if isinstance(v, Decimal)}, lines
        )

    def _no_expense(self, line: Line, row: Row, own: Mapping[int, Cell]) -> None:
        """Refuse what only looks like a line: amounts without a word, or a part of a sum."""
        names = self.columns.columns
        if self.totals_are_lines or not self._naming.isdisjoint(own):
            return
        part = next((t for cell in own.values() if isinstance(t := cell.value, str) and is_part(t)), None)
        if part:
            message = "the row says what part of a sum is; where it is an expense, give it a number"
            line.defects.append(Defect("libelle", part[:200], "part_of_total", message))
        elif all(names.get(c) in AMOUNT_FIELDS for c in own) and not self._is_merged(row):
            shown = " / ".join(str(as_text(cell.value) or cell.defect) for cell in own.values())
            message = (
                "the row holds amounts and not a word, and they are not the sum of lines above it; say what the "
                "expense is, or label the row as a total"
            )
            line.defects.append(Defect("libelle", shown[:200], "amounts_only", message))
        elif not any(names.get(c) in _NAMES_AN_EXPENSE for c in own) and self._is_sum(own, 2):
            line.notes.append({"champ": "montant_declare", "regle": "peut_etre_un_total", "valeur": None})

    def _is_merged(self, row: Row) -> bool:
        """A cell of the row stands for a text further up."""
        merged = self.table.merged
        return bool(merged) and any(
            self.columns.row < merged[row.number, c][0] < row.number
            for c in self.columns.columns
            if (row.number, c) in merged
        )

    def _total(self, row: Row, label: str, cells: Mapping[int, Cell]) -> None:
        printed: dict[str, Decimal | None] = {}
        for column, name in self.columns.columns.items():
            cell = cells.get(column)
            if name in AMOUNT_FIELDS and cell and cell.value != label:
                value = self._converter.read(name, cell.value).value
                printed[name] = value if isinstance(value, Decimal) else None
        bare = normalise(label) in BARE or label == _UNNAMED
        self.checks += self._ledger.total(nature_of(label) or "sous_total", row.number, label, printed, bare=bare)
        self._section = None

    def _is_section(self, cells: Mapping[int, Cell]) -> bool:
        """A row with one text and nothing else heads the lines below it, or labels them."""
        text = section_text(self.columns.columns, cells)
        if text is None:
            return False
        labelled = read_label(text)
        if labelled and labelled[1]:
            take_label(self.context, self._unread, *labelled)
        self._section = text
        self._ledger.boundary()
        return True

    def _line(self, row: Row, own: Mapping[int, Cell]) -> Iterator[Line]:
        cells: dict[str, list[Cell]] = {}
        for column, name in self.columns.columns.items():
            cells.setdefault(name, []).append(self._cell(row, column, name))
        for variant, problem in split_cells(cells, self.splits):
            line = Line(row.number)
            if problem:
                line.defects.append(problem)
            for name, candidates in variant.items():
                self._field(line, name, candidates)
            self._unknown(line, row)
            self._no_expense(line, row, own)
            if self._width is not None and len(row.cells) > self._width:
                message = (
                    "the row has more cells than the heading: a separator inside a text is not in quotes, and the "
                    "cells after it have moved; put that text in quotes"
                )
                shown = f"{len(row.cells)} instead of {self._width}"
                line.defects.append(Defect("(row)", shown, "cells", message))
            self._finish(line, row)
            yield line

    def _cell(self, row: Row, column: int, name: str) -> Cell:
        """The cell; a text merged over several lines holds for all of them, an amount only for the first."""
        top = self.table.merged.get((row.number, column))
        if top and name not in AMOUNT_FIELDS and top[0] > self.columns.row:
            return self.table.cell(row.number, column, filled=True)
        return row.cells[column] if column < len(row.cells) else Cell()

    def _field(self, line: Line, name: str, candidates: list[Cell]) -> None:
        for cell in candidates:
            defect = defect_of(name, cell)
            if defect:
                line.defects.append(defect)
                return
            if cell.defect:
                line.notes.append({"champ": name, "regle": "cellule_en_erreur", "valeur": cell.defect})
        filled = [cell for cell in candidates if cell.value is not None]
        cell = filled[0] if filled else Cell()
        if len({as_text(c.value) for c in filled}) > 1:
            shown = " / ".join(str(as_text(c.value)) for c in filled)
            message = "two columns stand for this field and hold different values; remove or rename one"
            line.defects.append(Defect(name, shown[:200], "column_twice", message))
        if name == "periode":
            first, last = self._converter.period(cell.value)
            line.take("periode_debut", cell, first)
            line.take("periode_fin", cell, last)
            return
        line.take(name, cell, self._converter.read(name, cell.value))

    def _unknown(self, line: Line, row: Row) -> None:
        """A value under a heading that nobody knows is neither dropped nor guessed: it rejects the line."""
        for column, (heading, nearest, score) in self.columns.unknown.items():
            cell = row.cells[column] if column < len(row.cells) else Cell()
            text = as_text(cell.value) or cell.defect
            if text is not None:
                line.values[heading] = text
                rule, message = "unknown_column", "unknown column; add it to aliases.yml, as a field or as ignored"
                if is_scaled(heading):
                    rule, message = "scaled_amounts", "the heading counts in thousands or millions; write units"
                elif score >= _NEAR:
                    message += f"; is it '{nearest}'?"
                line.defects.append(Defect(heading, text[:200], rule, message))
        known = set(self.columns.columns) | set(self.columns.headings)
        for column, cell in enumerate(row.cells):
            if column not in known and (cell.value is not None or cell.defect):
                message = "a value in a column without heading; name the column or move the value"
                line.defects.append(
                    Defect(f"column {column + 1}", shorten(cell.value) or cell.defect, "no_heading", message)
                )

    def _currency(self, line: Line, row: Row) -> None:
        """The one currency that signs, headings and the column of the line name; above the table stands a default.

        With an exchange rate the column names the document's currency, and a sign may stand beside what was converted.
        """
        named = line.values.get("devise")
        found = line.currencies | self._named_currencies(row)
        if named and line.amount("taux_change") is None:
            found |= {named}
        if len(found) > 1:
            message = "amounts of one line, or the currency beside them, are in different currencies"
            line.defects.append(Defect("devise", ", ".join(sorted(found)), "currencies", message))
        line.values["devise"] = named or next(iter(sorted(found)), None) or self.context.get("devise") or "EUR"

    def _named_currencies(self, row: Row) -> set[str]:
        """Currencies in the headings of the amounts of this row; none where all headings say euro."""
        if not self.columns.currencies:
            return set()
        filled = {
            code
            for column, code in self.columns.currencies.items()
            if column < len(row.cells) and row.cells[column].value is not None
        }
        return set() if filled <= {"EUR"} else filled

    def _finish(self, line: Line, row: Row) -> None:
        self._currency(line, row)
        for name, value in self.context.items():
            if name in self.fields and line.values.get(name) is None:
                line.values[name] = value
        for name, text in self._unread.items():
            if name in self.fields and line.values.get(name) is None:
                line.notes.append({"champ": name, "regle": "preambule_illisible", "valeur": text[:200]})
        for name, heading in self.columns.accepted.items():
            line.notes.append({"champ": name, "regle": "entete_approchante", "valeur": heading.strip()})
        line.values["section"] = self._section
        line.values["ligne_masquee"] = row.hidden or self.table.hidden
