"""File formats, read within limits: the one place where bytes of a source become rows and trees.

Every reader refuses by name what it cannot read safely or exactly (``Fatal`` with a ``rule``), and none of
them guesses: an encoding that fits nothing, a formula that was never calculated, a duplicate JSON key are
reported, not repaired. Characters that PostgreSQL text cannot hold (NUL, lone surrogates) come out as
U+FFFD, the sign for "could not be read"; the untouched bytes stay in the landing.
"""

from connectors.core.formats_csv import CsvBlock, CsvRow, CsvTextRow, read_csv, read_csv_blocks, read_csv_rows
from connectors.core.formats_json import load_json, read_json_items
from connectors.core.formats_ndjson import JsonBlock, read_json_blocks
from connectors.core.formats_text import decode, detect_encoding
from connectors.core.formats_xlsx import Cell, CellValue, Row, Sheet, XlsxBlock, XlsxLimits, read_xlsx
from connectors.core.formats_xml import iter_xml, parse_html, parse_xml, xml_parser

__all__ = [
    "Cell",
    "CellValue",
    "CsvBlock",
    "CsvRow",
    "CsvTextRow",
    "JsonBlock",
    "Row",
    "Sheet",
    "XlsxBlock",
    "XlsxLimits",
    "decode",
    "detect_encoding",
    "iter_xml",
    "load_json",
    "parse_html",
    "parse_xml",
    "read_csv",
    "read_csv_blocks",
    "read_csv_rows",
    "read_json_blocks",
    "read_json_items",
    "read_xlsx",
    "xml_parser",
]
