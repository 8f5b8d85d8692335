"""Waste: the European List of Waste, R/D operations and hazard properties."""

from __future__ import annotations

from schemas.reference.seed import ReferenceDataError, Row, read_list, require_unique

CHAPTERS, SUBCHAPTERS, CODES, HAZARDOUS = 20, 111, 842, 408
LEVEL_OF_LENGTH = {2: "chapter", 4: "subchapter", 6: "code"}


def low_code() -> list[Row]:
    """The List of Waste of Decision 2000/532/EC as amended by 2014/955/EU, with chapters and sub-chapters.

    Raises:
        ReferenceDataError: the list is not complete, or a row has no parent.
    """
    rows: list[Row] = []
    for entry in read_list("low_code"):
        code = entry["code"]
        level = LEVEL_OF_LENGTH[len(code)]
        hazardous = entry["hazardous"] == "1" if level == "code" else None
        rows.append(
            {
                "low_code": code,
                "low_level": level,
                "parent_code": code[:-2] or None,
                "display_code": display(code, hazardous=bool(hazardous)),
                "is_hazardous": hazardous,
                "entry_type": entry["entry_type"] or None,
                "is_unspecified": code.endswith("99") if level == "code" else None,
                "label_fr": entry["label_fr"],
                "label_it": entry["label_it"],
                "label_it_status": entry["label_it_status"],
                "label_en": entry["label_en"],
            }
        )
    _check_low(rows)
    return rows


def display(code: str, *, hazardous: bool) -> str:
    """The code as the Decision prints it: ``030104`` hazardous → ``03 01 04*``."""
    pairs = " ".join(code[start : start + 2] for start in range(0, len(code), 2))
    return f"{pairs}*" if hazardous else pairs


def _check_low(rows: list[Row]) -> None:
    require_unique("low_code", rows, "low_code")
    levels = [row["low_level"] for row in rows]
    counts = tuple(levels.count(level) for level in LEVEL_OF_LENGTH.values())
    if counts != (CHAPTERS, SUBCHAPTERS, CODES):
        raise ReferenceDataError(f"low_code: {counts} chapters, sub-chapters and codes")
    if sum(row["is_hazardous"] is True for row in rows) != HAZARDOUS:
        raise ReferenceDataError("low_code: wrong number of hazardous codes")
    known = {row["low_code"] for row in rows}
    for row in rows:
        if row["parent_code"] and row["parent_code"] not in known:
            raise ReferenceDataError(f"low_code: {row['low_code']} has no parent")
        if row["low_level"] == "code" and ("non_hazardous" in str(row["entry_type"])) == row["is_hazardous"]:
            raise ReferenceDataError(f"low_code: entry type and hazard of {row['low_code']} disagree")


def waste_operation() -> list[Row]:
    """Recovery and disposal operations of Directive 2008/98/EC, annexes I and II."""
    return [
        {**row, "is_recovery": row["operation_code"].startswith("R"), "is_final": row["is_final"] == "1"}
        for row in read_list("waste_operation")
    ]


def hazard_property() -> list[Row]:
    """Hazard properties HP 1-15 of Directive 2008/98/EC, annex III (Regulation (EU) 1357/2014)."""
    return [dict(row) for row in read_list("hazard_property")]
