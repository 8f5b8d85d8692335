"""The data dictionary: one CSV for machines, one page a language for people."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.canonical.model import LANGUAGES, CodeList, Column, Layer, Model, Table
from schemas.compiler.render import NOTICE, csv_text

FOLDER = "schemas/generated"
CSV_COLUMNS = (
    "layer",
    "table_name",
    "position",
    "column_name",
    "type",
    "nullable",
    "key",
    "references",
    "code_list",
    "unit",
    "personal_data",
    "semantic",
    *(f"label_{language}" for language in LANGUAGES),
    *(f"definition_{language}" for language in LANGUAGES),
)
LAYERS: tuple[Layer, ...] = ("core", "bi", "operations")
WORDS = {
    "fr": {
        "title": "Dictionnaire des données",
        "intro": "Version {version} de l'interface. Les noms de colonnes et les codes ne sont jamais traduits.",
        "core": "Tables harmonisées",
        "bi": "Tables pour l'informatique décisionnelle",
        "operations": "Vues d'exploitation (schéma `traforo_ops`, hors versions)",
        "lists": "Listes de codes",
        "planned": "Tables annoncées",
        "planned_note": "Décrites, mais pas encore produites.",
        "key": "Clé",
        "column": "Colonne",
        "type": "Type",
        "label": "Libellé",
        "definition": "Définition",
        "code": "Code",
        "standard": "Norme",
        "optional": "facultatif",
        "list": "liste",
        "organisation": "donnée d'organisation",
        "natural_person": "donnée personnelle, masquée avant publication",
        "unit": "unité",
    },
    "it": {
        "title": "Dizionario dei dati",
        "intro": "Versione {version} dell'interfaccia. I nomi delle colonne e i codici non sono mai tradotti.",
        "core": "Tabelle armonizzate",
        "bi": "Tabelle per la business intelligence",
        "operations": "Viste d'esercizio (schema `traforo_ops`, fuori dalle versioni)",
        "lists": "Elenchi di codici",
        "planned": "Tabelle annunciate",
        "planned_note": "Descritte, ma non ancora prodotte.",
        "key": "Chiave",
        "column": "Colonna",
        "type": "Tipo",
        "label": "Etichetta",
        "definition": "Definizione",
        "code": "Codice",
        "standard": "Standard",
        "optional": "facoltativo",
        "list": "elenco",
        "organisation": "dato di organizzazione",
        "natural_person": "dato personale, oscurato prima della pubblicazione",
        "unit": "unità",
    },
    "en": {
        "title": "Data dictionary",
        "intro": "Version {version} of the interface. Column names and codes are never translated.",
        "core": "Harmonised tables",
        "bi": "Tables for business intelligence",
        "operations": "Views for operating it (schema `traforo_ops`, not part of a release)",
        "lists": "Code lists",
        "planned": "Announced tables",
        "planned_note": "Described, but not produced yet.",
        "key": "Key",
        "column": "Column",
        "type": "Type",
        "label": "Label",
        "definition": "Definition",
        "code": "Code",
        "standard": "Standard",
        "optional": "optional",
        "list": "list",
        "organisation": "organisation data",
        "natural_person": "personal data, masked before publication",
        "unit": "unit",
    },
}


def build(model: Model) -> dict[str, str]:
    """``data_dictionary.csv`` and ``data_dictionary_<language>.md``."""
    files = {f"{FOLDER}/data_dictionary.csv": csv_text(CSV_COLUMNS, _csv_rows(model))}
    for language in LANGUAGES:
        files[f"{FOLDER}/data_dictionary_{language}.md"] = "\n".join(_page(model, language)) + "\n"
    return files


def _csv_rows(model: Model) -> Iterator[tuple[object, ...]]:
    for table in (*model.published("core"), *model.published("bi"), *model.published("operations")):
        for position, column in enumerate(table.columns, start=1):
            yield (
                table.layer,
                table.name,
                position,
                column.name,
                column.type,
                str(column.nullable).lower(),
                _key(table, column),
                column.references,
                column.code_list,
                column.unit,
                column.personal_data,
                column.semantic,
                *(column.label.get(language) for language in LANGUAGES),
                *(column.definition.get(language) for language in LANGUAGES),
            )


def _key(table: Table, column: Column) -> str:
    """``PK``, ``FK``, both or nothing."""
    keys = []
    if column.name in table.primary_key:
        keys.append("PK")
    if column.references:
        keys.append("FK")
    return " ".join(keys)


def _page(model: Model, language: str) -> Iterator[str]:
    words = WORDS[language]
    yield f"<!-- {NOTICE} -->"
    yield f"# {words['title']}: {model.label.get(language)}"
    yield ""
    yield model.definition.get(language)
    yield ""
    yield words["intro"].format(version=model.version)
    for layer in LAYERS:
        if produced := model.published(layer):
            yield from ("", f"## {words[layer]}")
            for table in produced:
                yield from _table(table, language)
    yield from _planned(model, language)
    yield from ("", f"## {words['lists']}")
    for code_list in model.published_code_lists():
        yield from _code_list(code_list, language)


def _table(table: Table, language: str) -> Iterator[str]:
    words = WORDS[language]
    yield from ("", f"### `{table.name}`: {table.label.get(language)}", "", table.definition.get(language), "")
    yield f"| {words['column']} | {words['type']} | {words['label']} | {words['definition']} |"
    yield "|---|---|---|---|"
    for column in table.columns:
        yield _row(
            f"`{column.name}`",
            _type(table, column, words),
            column.label.get(language),
            column.definition.get(language),
        )


def _type(table: Table, column: Column, words: dict[str, str]) -> str:
    parts = [f"`{column.type}`"]
    if column.name in table.primary_key:
        parts.append(words["key"].lower())
    if column.nullable:
        parts.append(words["optional"])
    if column.references:
        parts.append(f"→ `{column.references}`")
    if column.code_list:
        parts.append(f"{words['list']} [{column.code_list}](#{column.code_list})")
    if column.unit:
        parts.append(f"{words['unit']} {column.unit}")
    if column.personal_data != "none":
        parts.append(words[column.personal_data])
    return ", ".join(parts)


def _planned(model: Model, language: str) -> Iterator[str]:
    words = WORDS[language]
    planned = [table for _, table in sorted({**model.tables, **model.bi}.items()) if table.status == "planned"]
    if not planned:
        return
    yield from ("", f"## {words['planned']}", "", words["planned_note"], "")
    for table in planned:
        yield f"- `{table.name}`: {table.definition.get(language)}"


def _code_list(code_list: CodeList, language: str) -> Iterator[str]:
    words = WORDS[language]
    name = code_list.name
    yield from ("", f'### <a id="{name}"></a>`{name}`: {code_list.label.get(language)}', "")
    if code_list.standard:
        yield from (f"{words['standard']}: {code_list.standard}", "")
    yield f"| {words['code']} | {words['label']} | {words['definition']} | {words['standard']} |"
    yield "|---|---|---|---|"
    for code in code_list.codes:
        definition = code.definition.get(language) if code.definition else ""
        yield _row(f"`{code.code}`", code.label.get(language), definition, code.standard_code or "")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
