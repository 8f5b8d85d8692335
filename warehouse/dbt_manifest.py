"""dbt's parsed project, read once for each version of the code and kept beside dbt's artifacts.

Parsing takes a third of the CPU time that dbt needs however few records there are. dbt's own partial parsing looks at
single files and has left contracts out of models added later; here the whole is kept or nothing, under a digest of all
files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.dbt import code_digest

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Stands for the schemas of the release in what is kept; each build puts its own in.
_ANY_RELEASE = "build_any_release"
_SCHEMA = "TRAFORO_BUILD_SCHEMA"


def project(target: Path, parse: Callable[[], Manifest]) -> Manifest:
    """The parsed project for the build schema of the environment.

    Args:
        target: folder of dbt's artifacts.
        parse: parses the project in today's environment.
    """
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - dbt takes seconds to import

    kept = target / f"parsed_{_digest()[:32]}.msgpack"
    build_schema = os.environ[_SCHEMA]
    if kept.exists():
        manifest: Manifest = Manifest.from_msgpack(kept.read_bytes())
    else:
        os.environ[_SCHEMA] = _ANY_RELEASE
        try:
            manifest = parse()
        finally:
            os.environ[_SCHEMA] = build_schema
        for older in target.glob("parsed_*.msgpack*"):
            older.unlink(missing_ok=True)
        half = kept.with_suffix(".msgpack.new")
        half.write_bytes(manifest.to_msgpack())
        half.replace(kept)
    _put_schema(manifest, build_schema)
    return manifest


def _digest() -> str:
    """Digest of what a parsed project depends on: files, versions of dbt and its adapter, name of the database."""
    parts = [code_digest(), version("dbt-core"), version("dbt-postgres"), os.environ["TRAFORO_PG_DATABASE"]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _put_schema(manifest: Manifest, build_schema: str) -> None:
    for test in manifest.unit_tests.values():
        test.schema = (test.schema or "").replace(_ANY_RELEASE, build_schema)
    for node in manifest.nodes.values():
        node.schema = (node.schema or "").replace(_ANY_RELEASE, build_schema)
        if relation := getattr(node, "relation_name", None):
            node.relation_name = relation.replace(_ANY_RELEASE, build_schema)
    # What macros know as `graph`.
    manifest.build_flat_graph()
