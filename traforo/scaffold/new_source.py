"""Writes the files of a new source and the lines that make it known, ready to be filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).with_name("templates")
STALE_AFTER_HOURS = 48
FILES = {
    "connectors/$source/__init__.py": "init.py.tpl",
    "connectors/$source/source.yml": "source.yml.tpl",
    "connectors/$source/connector.py": "connector.py.tpl",
    "connectors/$source/README.md": "README.md.tpl",
    "schemas/sources/$source.py": "contract.py.tpl",
    "dbt_project/models/staging/$source/_${source}__sources.yml": "sources.yml.tpl",
    "dbt_project/models/staging/$source/_${source}__models.yml": "models.yml.tpl",
    "dbt_project/models/staging/$source/stg_${source}__$stream.sql": "staging.sql.tpl",
    "dbt_project/models/intermediate/mapped/$source/int_${source}__$stream.sql": "mapped.sql.tpl",
    "tests/contract/$source/fixture.json": "fixture.json.tpl",
    "tests/contract/$source/recorded.yml": "recorded.yml.tpl",
    "tests/contract/$source/test_${source}_contract.py": "test.py.tpl",
}
_STREAM_LISTS = (
    "dbt_project/models/intermediate/resolved/int_source_status.sql",
    "dbt_project/models/intermediate/unioned/int_lineage.sql",
)
_DBT = "dbt_project/dbt_project.yml"
_CODES = "schemas/canonical/v1/code_lists/source.yml"


@dataclass(frozen=True)
class Written:
    """A file that was written or got a line, and how many lines were added."""

    path: Path
    lines: int
    is_new: bool


def create(root: Path, source: str, *, stream: str, title: str, country: str, language: str) -> list[Written]:
    """Write a new source into the project at ``root``.

    Args:
        source: id: lower-case letters, digits, underscores.
        stream: name of its first stream, the same way.
        country: ``FR``, ``IT`` or ``EU``.
        language: ISO 639-1 code of its texts, ``und`` where they are mixed.

    Returns:
        Every file, new ones first.

    Raises:
        ValueError: a name is not allowed, or the source or one of its files is there already.
    """
    for name in (source, stream):
        if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", name) or name == "core":
            raise ValueError(f"'{name}' is not a name: lower-case letters, digits and underscores, 2 to 31 of them")
    if country not in ("FR", "IT", "EU"):
        raise ValueError(f"country '{country}' is none of FR, IT, EU")
    values = {
        "source": source, "stream": stream, "title": title.replace('"', "'"), "country": country, "language": language,
        "record": "".join(word.capitalize() for word in stream.split("_")), "stale_after_hours": str(STALE_AFTER_HOURS),
    }  # fmt: skip
    targets = {Path(Template(path).substitute(values)): template for path, template in FILES.items()}
    there = [str(path) for path in targets if (root / path).exists()]
    if there or (root / "connectors" / source).exists():
        raise ValueError(f"'{source}' is there already: {', '.join(there) or f'connectors/{source}'}")
    lines = _known_lines(root, values)  # refuses before anything is written
    written = [_write(root, path, template, values) for path, template in targets.items()]
    for path, text in lines.items():
        before = (root / path).read_text(encoding="utf-8")
        (root / path).write_text(text, encoding="utf-8")
        written.append(Written(Path(path), text.count("\n") - before.count("\n"), is_new=False))
    return written


def _write(root: Path, path: Path, template: str, values: Mapping[str, str]) -> Written:
    # dbt's `{{ … }}` and Python's f-strings have no dollar sign, so the templates stay readable as what they become.
    text = Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(values)
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return Written(path, text.count("\n"), is_new=True)


def _known_lines(root: Path, values: Mapping[str, str]) -> dict[str, str]:
    """Existing files with the lines that make the source known: path → new text."""
    source, stream, title = values["source"], values["stream"], values["title"]
    changed = {
        _DBT: _after(root / _DBT, r"  stale_after_hours:\n(?:    \w+: \d+\n)*", f"    {source}: {STALE_AFTER_HOURS}\n"),
        _CODES: _after(
            root / _CODES, r"codes:\n(?:  - .*\n)*",
            f'  - {{code: {source}, label: {{fr: "{title}", it: "{title}", en: "{title}"}}}}\n',
        ),
    }  # fmt: skip
    for path in _STREAM_LISTS:
        pattern = r"\{% set streams = \[\n(?:    .*\n)*?(?=\] %\})"
        changed[path] = _after(root / path, pattern, f"    ('{source}', '{stream}')\n", ",")
    return changed


def _after(path: Path, pattern: str, line: str, separator: str = "") -> str:
    """The file's text with ``line`` after the block that ``pattern`` matches.

    Raises:
        ValueError: the block is not there.
    """
    text = path.read_text(encoding="utf-8")
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"{path.name} does not look as expected; add the line by hand: {line.strip()}")
    block = match[0].rstrip("\n") + separator + "\n" if separator else match[0]
    return text[: match.start()] + block + line + text[match.end() :]
