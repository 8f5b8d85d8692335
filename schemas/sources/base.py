"""Base of all source contracts and the value types they share."""

from __future__ import annotations

import functools
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema


class SourceRecord(BaseModel):
    """One record of a source, checked strictly.

    Subclasses name their fields as the source does (snake_case, the source's own language), list in
    ``IGNORED`` the source fields that are deliberately dropped, and build ``record_key`` from raw mandatory
    fields: cleaning never changes a key. A field that is neither declared nor ignored is an error.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True)
    IGNORED: ClassVar[frozenset[str]] = frozenset()
    KEY: ClassVar[tuple[str, ...]] = ()

    def record_key(self) -> str:
        """Stable key of the record within its stream: the mandatory texts that ``KEY`` names, joined by colons."""
        if not self.KEY:
            raise NotImplementedError
        return ":".join(str(getattr(self, name)) for name in self.KEY)


class Usual:
    """Marks a field whose values in their usual writing the validator's compiled core may take by itself.

    ``schemas.sources.quick`` puts it to use. ``schema`` must accept only values that it leaves exactly as the field's
    own Python functions would; every other value still goes through them. ``kind`` says that whole columns of them
    may be checked at once (``schemas.sources.columns``).
    """

    def __init__(self, schema: core_schema.CoreSchema, kind: Literal["", "text", "number"] = "") -> None:
        self.schema, self.kind = schema, kind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """The field's schema as it would be, with the shorter way beside it."""
        schema: Any = handler(source)
        return {**schema, "metadata": {**schema.get("metadata", {}), "usual": self.schema, "usual_kind": self.kind}}


def _blank_to_none(value: Any) -> Any:
    return (clean_text(value) or None) if isinstance(value, str) else value


def clean_text(value: str) -> str:
    """NFC, no NUL, no-break spaces as spaces, no blank ends. PostgreSQL text refuses NUL."""
    if value.isascii():  # most are, and nothing but NUL and blanks can be wrong with them
        return value.replace("\x00", "").strip()
    text = unicodedata.normalize("NFC", value.replace("\x00", ""))
    return text.replace("\u00a0", " ").replace("\u202f", " ").strip()


def fold(value: Any) -> str:
    """Lower case, without accents, signs as single spaces: how labels and words of an enum are compared."""
    return _folded(str(value))


@functools.lru_cache(maxsize=8192)
def _folded(value: str) -> str:
    """Words of an enumeration and headings come again and again."""
    text = unicodedata.normalize("NFD", clean_text(value).casefold())
    return re.sub(r"[^a-z0-9]+", " ", "".join(c for c in text if not unicodedata.combining(c))).strip()


_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
_COMMA = re.compile(r"[+-]?\d{1,3}(?:[ .]?\d{3})*,\d+|[+-]?\d+,\d+|[+-]?\d{1,3}(?: \d{3})+")


# Thin and figure spaces, and the minus sign, which typesetters put into numbers.
_TYPESET = {**dict.fromkeys(range(0x2000, 0x200B), " "), 0x2212: "-"}


def parse_decimal(value: Any) -> Any:
    """A number written the French, Italian or technical way, as ``Decimal``.

    ``1 234,5``, ``1.234,5`` and ``1234.5`` are read; ``1.234`` alone is read as 1.234 because point is the
    technical decimal sign, so a source that writes thousands with a point must use its own rule.

    Raises:
        PydanticCustomError: the text is not a number, or one that no quantity or amount reaches.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, Decimal, float)):
        return _in_range(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    text = clean_text(str(value)).translate(_TYPESET)
    if not text:
        return None
    if _COMMA.fullmatch(text):
        text = text.replace(" ", "")
        if "," in text:
            text = text.replace(".", "").replace(",", ".")
    if not _PLAIN.fullmatch(text):
        raise PydanticCustomError("decimal_text", "expected a number such as 1 234,5 or 1234.5")
    try:
        return _in_range(Decimal(text))
    except InvalidOperation as error:  # pragma: no cover - the pattern admits only numbers
        raise PydanticCustomError("decimal_text", "expected a number such as 1 234,5 or 1234.5") from error


_MAX_DIGITS, _MIN_EXPONENT = 15, -40
"""The warehouse stores numeric(18,3): 15 digits before the sign. A longer number would stop a whole release."""


def _in_range(number: Decimal) -> Decimal:
    if number and number.is_finite() and (number.adjusted() >= _MAX_DIGITS or number.adjusted() < _MIN_EXPONENT):
        raise PydanticCustomError("decimal_range", "expected a number of at most 15 digits before the decimal sign")
    return number


_DATE_PATTERNS = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"), (3, 2, 1)),
)


def parse_date(value: Any) -> Any:
    """A day written ``2026-11-21``, ``21/11/2026``, ``21.11.2026`` or ``21-11-2026`` (day first, as both countries do).

    Raises:
        PydanticCustomError: the text is not such a day.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = clean_text(str(value))
    if not text:
        return None
    for pattern, (year, month, day) in _DATE_PATTERNS:
        match = pattern.fullmatch(text)
        if match:
            try:
                return date(int(match[year]), int(match[month]), int(match[day]))
            except ValueError:
                break
    raise PydanticCustomError("date_text", "expected a day such as 2026-11-21 or 21/11/2026")


_TRUE = frozenset({"oui", "o", "si", "true", "vrai", "vero", "1", "yes", "x"})
_FALSE = frozenset({"non", "n", "no", "false", "faux", "falso", "0"})


def parse_boolean(value: Any) -> Any:
    """OUI/NON, Si/Sì/No, true/false, 1/0 and a cross, in any case, as ``bool``; blank is None.

    Raises:
        PydanticCustomError: it is none of these.
    """
    if value is None or isinstance(value, bool):
        return value
    word = fold(value)
    if not word:
        return None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise PydanticCustomError("bool_text", "expected OUI or NON")


_SIGN = "!-~\u00a1-\u024f\u2010-\u2027\u20ac"
"""Signs that stand alone and are none of ``clean_text``'s business: printable Latin, dashes, quotation marks."""
_LATIN = core_schema.str_schema(pattern=f"^[{_SIGN}](?:[ {_SIGN}]*[{_SIGN}])?$", strip_whitespace=False)
_NUMBER = core_schema.str_schema(pattern=r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?$", strip_whitespace=False)
_ISO_DAY = core_schema.str_schema(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", strip_whitespace=False)
_BLANK = core_schema.chain_schema(
    [
        core_schema.literal_schema([""]),
        core_schema.with_default_schema(core_schema.none_schema(), default=None, on_error="default"),
    ]
)


def _or_nothing(schema: core_schema.CoreSchema) -> core_schema.CoreSchema:
    return core_schema.union_schema([core_schema.nullable_schema(schema), _BLANK], mode="left_to_right")


USUAL_TEXT = Usual(_or_nothing(_LATIN), "text")
"""Text that ``clean_text`` leaves as it is, or nothing."""
USUAL_NUMBER = Usual(_or_nothing(core_schema.chain_schema([_NUMBER, core_schema.decimal_schema()])), "number")
"""A number in the technical writing, or nothing."""
USUAL_DAY = Usual(_or_nothing(core_schema.chain_schema([_ISO_DAY, core_schema.date_schema()])))
"""A day in ISO writing, or nothing."""

OptionalText = Annotated[str | None, BeforeValidator(_blank_to_none), USUAL_TEXT]
"""Text or nothing: blanks become None, white space is cleaned."""
DecimalText = Annotated[Decimal | None, BeforeValidator(parse_decimal), USUAL_NUMBER]
"""A number in French, Italian or technical writing, or nothing."""
DateText = Annotated[date | None, BeforeValidator(parse_date), USUAL_DAY]
"""A day in ISO, French or Italian writing, or nothing."""
BoolText = Annotated[bool | None, BeforeValidator(parse_boolean)]
"""OUI/NON in its many spellings, or nothing."""
