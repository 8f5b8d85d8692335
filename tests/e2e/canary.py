"""A synthetic person whom the sources name, and where to look for her."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from traforo.settings import Settings
from warehouse.person import Finder, Person

NAME, MAIL, PHONE = "Jeanne Canari", "jeanne.canari@exemple.invalid", "+33 6 55 00 11 22"
FINDER: Finder = Person.called([NAME, MAIL, PHONE]).finder()


def spoil(data: Path) -> None:
    """Put the person where sources hold persons: advisers, contacts, a record that will be rejected."""
    flows = json.loads((data / "actif.json").read_text())
    for flow in flows[:20]:
        flow["conseiller"] = NAME
    flows[0] |= {"conseiller": f"{NAME} {MAIL}", "quantite": "beaucoup"}
    (data / "actif.json").write_text(json.dumps(flows))
    firms = json.loads((data / "elenco.json").read_text())
    for firm in firms[:8]:
        firm |= {"email": MAIL, "telefono": PHONE}
    (data / "elenco.json").write_text(json.dumps(firms))
    places = json.loads((data / "gogocarto.json").read_text())
    for place in places[:5]:
        place |= {"email": MAIL, "telephone": PHONE, "description": f"<p>Écrire à {MAIL}.</p>"}
    (data / "gogocarto.json").write_text(json.dumps(places))


def tables(url: URL | str, condition: str) -> dict[str, str]:
    """Content of the tables of a database as text, by name."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = connection.execute(
            text(f"select format('%I.%I', schemaname, tablename) from pg_tables where {condition}")
        ).scalars()
        found = {
            name: "\n".join(connection.execute(text(f"select t::text from {name} t")).scalars()) for name in list(names)
        }
    engine.dispose()
    return found


def files(*roots: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file under the folders, unpacked."""
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and not path.is_symlink():
                body = path.read_bytes()
                if path.suffix == ".gz":
                    body = gzip.decompress(body)
                elif path.suffix == ".parquet":
                    body = json.dumps(pyarrow.parquet.read_table(path).to_pylist(), default=str).encode()
                yield path, body


def secrets(settings: Settings) -> dict[str, str]:
    """This installation's own secrets by name."""
    values: dict[str, str] = json.loads((settings.home / "secrets.json").read_text())
    return values
