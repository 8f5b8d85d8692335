"""The short way through a contract: usual values are taken by pydantic's compiled core, all others as ever.

A contract's fields are cleaned and read by Python functions, one call a cell. Most cells need none of it: they are
plain text, ``12.5`` or ``2026-11-21`` already. For fields marked ``Usual`` the quick validator tries the compiled
pattern first and falls back to the field's own functions. What it accepts is what the contract accepts, value for
value; what it refuses is asked of the contract itself, which says why.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from pydantic_core import CoreSchema, SchemaValidator, core_schema


@cache
def quick_validator(contract: Any) -> SchemaValidator:
    """A validator whose ``validate_python`` gives an instance of the ``SourceRecord``, or raises ``ValidationError``.

    Its errors also name the ways it tried: ask ``contract.model_validate`` for those that people read.
    """
    # A validator that pydantic has built for the class would be taken instead of this schema.
    return SchemaValidator(cast("CoreSchema", shortened(contract.__pydantic_core_schema__)), _use_prebuilt=False)


def shortened(schema: Any) -> Any:
    """A core schema with a union in the place of every node that has a usual form."""
    if isinstance(schema, list | tuple):
        return type(schema)(shortened(item) for item in schema)
    if not isinstance(schema, dict):
        return schema
    inner = {name: value if name == "metadata" else shortened(value) for name, value in schema.items()}
    usual = (schema.get("metadata") or {}).get("usual")
    return core_schema.union_schema([usual, inner], mode="left_to_right") if usual else inner
