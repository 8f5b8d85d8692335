"""Short stand-ins for the project's macros, used by sqlfluff only.

The linter checks the layout of the models, not what the macros expand to: rendered in full, the check digits alone are
thousands of lines, and a run takes minutes instead of seconds. Each stand-in has the shape of the real thing: a scalar
expression, a list of columns, or a query.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from re import findall

_MACROS = Path(__file__).resolve().parent.parent / "macros"
_SHAPES = {"lineage_columns": "record_key", "line_findings": "select rule_code"}


def _stand_in(name: str) -> Callable[..., str]:
    def render(*arguments: object, **named: object) -> str:
        del named
        return _SHAPES.get(name) or f"{name}({', '.join(str(argument) for argument in arguments)})"

    return render


for _file in _MACROS.rglob("*.sql"):
    for _name in findall(r"macro (?!default__|postgres__|generate_)(\w+)\(", _file.read_text(encoding="utf-8")):
        globals()[_name] = _stand_in(_name)
