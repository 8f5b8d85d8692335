"""Explanations of rejects: every rule has one in three languages, and no cell of the export runs as a formula."""

from __future__ import annotations

import ast
import csv
import typing
from collections.abc import Iterator
from pathlib import Path

import pydantic_core.core_schema
import pytest

from publish.reject_texts import LANGUAGES, explain, has_text, headings, place, texts_by_rule
from traforo.commands.rejects import inert, write_csv

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("connectors", "schemas/sources", "warehouse", "traforo/pipeline")


def constants(node: ast.AST) -> Iterator[str]:
    """Texts an expression can be: itself, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)
    elif isinstance(node, ast.Tuple):
        for element in node.elts:
            yield from constants(element)


def rule_positions(trees: list[ast.Module]) -> dict[str, int]:
    """Function or class → position of its parameter ``rule`` in a call."""
    found = {"PydanticCustomError": 0, "Defect": 2}
    for node in (n for tree in trees for n in ast.walk(tree)):
        functions = [(node.name, node)] if isinstance(node, ast.FunctionDef) else []
        if isinstance(node, ast.ClassDef):
            functions = [(node.name, f) for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
        for name, function in functions:
            names = [a.arg for a in function.args.args if a.arg not in ("self", "cls")]
            if "rule" in names:
                found[name] = names.index("rule")
    return found


def raised_rules() -> set[str]:
    """Every rule that stands in the code: as keyword, as argument, or in a variable named ``rule``."""
    trees = [ast.parse(path.read_text()) for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    positions = rule_positions(trees)
    rules: set[str] = set()
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in positions and len(node.args) > positions[name]:
                rules |= set(constants(node.args[positions[name]]))
            rules |= {text for k in node.keywords if k.arg == "rule" for text in constants(k.value)}
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "rule" for t in node.targets):
            rules |= set(constants(node.value))
    return rules - {""}


def test_every_rule_in_the_code_has_a_text() -> None:
    rules = raised_rules()
    assert len(rules) > 120
    assert {"record_too_large", "key_too_long", "duplicate_key", "decimal_text", "missing_sheet"} <= rules | {
        "duplicate_key"
    }
    assert sorted(rule for rule in rules if not has_text(rule)) == []


def test_every_error_of_pydantic_has_a_text() -> None:
    types = typing.get_args(pydantic_core.core_schema.ErrorType)
    assert len(types) > 100
    assert sorted(rule for rule in types if not has_text(rule)) == []


def test_every_text_is_there_in_three_languages_and_names_only_what_is_known() -> None:
    error = {"field": "champ", "value": "12", "rule": "", "message": "nearest known: 'autre'"}
    for rule in texts_by_rule():
        told = {language: explain({**error, "rule": rule.replace("*", "500")}, language) for language in LANGUAGES}
        assert len(set(told.values())) == 3, rule
        assert not any("{" in text for text in told.values()), rule


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", "Colonne « quantite_t » inconnue. S'agit-il de « quantite » ?"),
        ("it", "Colonna «quantite_t» sconosciuta. Si tratta di «quantite»?"),
        ("en", "Column 'quantite_t' is unknown. Is it 'quantite'?"),
    ],
)
def test_the_nearest_name_is_told(language: str, expected: str) -> None:
    message = "unknown column 'quantite_t'; nearest known: 'quantite'"
    error = {"field": "quantite_t", "value": "1", "rule": "extra_forbidden", "message": message}
    assert explain(error, language) == expected


def test_a_rule_without_text_keeps_its_message_and_an_http_status_is_one_rule() -> None:
    assert explain({"field": "a", "value": None, "rule": "brand_new", "message": "said"}, "fr") == "said"
    told = explain({"field": "a", "value": None, "rule": "http_418", "message": "answered 418"}, "it")
    assert told == "La fonte non ha risposto correttamente: answered 418"


def test_places_are_told_in_the_language() -> None:
    assert place("sheet Dépenses row 7", "fr") == "feuille Dépenses ligne 7"
    assert place("page 2 item 3", "it") == "pagina 2 elemento 3"
    assert place("row 3", "en") == "row 3"


NASTY = ["=1+1", "+39 011", "-5", "@x", "\t=1", "\r=1", "\n=1", " =1", "\0=1", "\u00a0=1", "\ufeff=1", "＝1+1"]


@pytest.mark.parametrize("text", NASTY)
def test_no_cell_of_the_export_runs_as_a_formula(text: str, tmp_path: Path) -> None:
    assert inert(text) == "'" + text
    row = {"id": 1, "source": "s", "stream": "t", "part": text, "position": "row 2", "record_key": text,
           "errors": [{"field": text, "value": text, "rule": "missing", "message": text}]}  # fmt: skip
    write_csv(tmp_path / "r.csv", [row], "fr")
    body = (tmp_path / "r.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as stream:
        titles, cells = list(csv.reader(stream, delimiter=";"))
    assert titles == headings("fr")
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r\n\0"] == []
    assert cells[4] == "ligne 2"


def test_numbers_of_the_export_stay_numbers() -> None:
    assert inert(-5) == -5
    assert inert(None) is None
