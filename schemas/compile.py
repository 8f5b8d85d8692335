"""``python -m schemas.compile [--check | --freeze]``: write the files generated from the canonical model.

``--check`` compares only. ``--freeze`` also keeps the interface as that of a released version: from then on a
change that the version number does not announce is refused.

Folders listed in ``OWNED`` hold generated files only: one that no generator makes any more is removed (or
reported by ``--check``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from schemas.canonical.model import ModelError, load_model
from schemas.compiler import coverage, dbt, diagram, dictionary, json_schema, odcs, source_contracts, versions

ROOT = Path(__file__).resolve().parent.parent
OWNED = ("schemas/generated", "dbt_project/seeds/generated")
GENERATORS = (
    json_schema.build,
    odcs.build,
    dictionary.build,
    diagram.build,
    dbt.build,
    source_contracts.build,
    coverage.build,
)


def generate(version: str = "v1") -> dict[str, str]:
    """All generated files of a version: path from the root of the repository → text.

    Raises:
        ModelError: the model's YAML is wrong, or changed without a new version.
    """
    model = load_model(version)
    if problems := versions.unannounced(model, versions.released_path(version)):
        raise ModelError(problems)
    return {path: text for build in GENERATORS for path, text in build(model).items()}


def differences(files: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """What stands in ``root`` otherwise than generated, one line a file."""
    found = []
    for path, text in sorted(files.items()):
        target = root / path
        if not target.exists():
            found.append(f"missing: {path}")
        elif target.read_text(encoding="utf-8") != text:
            found.append(f"differs: {path}")
    return found + [f"left over: {path}" for path in _left_over(files, root)]


def write(files: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """Bring ``root`` to what was generated; the paths that changed."""
    changed = []
    for path, text in sorted(files.items()):
        target = root / path
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        changed.append(path)
    for path in _left_over(files, root):
        (root / path).unlink()
        changed.append(path)
    return changed


def _left_over(files: Mapping[str, str], root: Path) -> list[str]:
    present = (path for folder in OWNED for path in (root / folder).rglob("*") if path.is_file())
    names = (path.relative_to(root).as_posix() for path in present)
    return sorted(name for name in names if name not in files and not name.endswith((".pyc", ".gitkeep")))


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 if ``--check`` finds a difference, 2 if the model is wrong."""
    parser = argparse.ArgumentParser(prog="python -m schemas.compile", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on any difference")
    parser.add_argument("--freeze", action="store_true", help="keep the interface as that of a released version")
    options = parser.parse_args(arguments)
    try:
        files = generate()
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.freeze:
        versions.freeze(load_model(), versions.released_path())
    lines = differences(files) if options.check else write(files)
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(files)} generated files, {len(lines)} {'different' if options.check else 'changed'}\n")
    return 1 if options.check and lines else 0


if __name__ == "__main__":
    sys.exit(main())
