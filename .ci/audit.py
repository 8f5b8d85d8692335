"""Known weaknesses of the locked packages: ``python .ci/audit.py``, part of ``make lint``.

Ends with an error where a package has one. Where the index cannot be asked (no network, or a mirror that holds packages
only), it says how many packages nobody could judge, and ends well: that is no fault of the code.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = ["--skip-editable", "--progress-spinner", "off", "--format", "json"]


def judge(report: dict[str, Any]) -> tuple[list[str], int, int]:
    """Lines on each weakness, how many packages were judged, and how many could not be.

    Args:
        report: what ``pip-audit --format json`` printed.
    """
    packages = report["dependencies"]
    judged = [package for package in packages if "vulns" in package]
    found = [
        f"{package['name']} {package['version']}: {weakness['id']},"
        f" fixed in {', '.join(weakness['fix_versions']) or 'no release yet'}"
        for package in judged
        for weakness in package["vulns"]
    ]
    unknown = sum("could not be audited" in package.get("skip_reason", "") for package in packages)
    return found, len(judged), unknown


def main() -> int:
    """Ask, tell, and return the exit code."""
    pip_audit = Path(sys.executable).with_name("pip-audit")
    command = [pip_audit, *COMMAND]
    # As pip and uv do: the certificates that this machine trusts, a company's mirror included.
    trusted = ssl.get_default_verify_paths().cafile
    environment = ({"REQUESTS_CA_BUNDLE": trusted} if trusted else {}) | os.environ
    done = subprocess.run(  # noqa: S603 - our own program
        command, capture_output=True, text=True, check=False, env=environment
    )
    if not done.stdout.startswith("{"):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        sys.stderr.write(f"packages NOT AUDITED: {last}\n")
        return 0 if last.startswith("requests.exceptions.") else 1
    found, judged, unknown = judge(json.loads(done.stdout))
    for line in found:
        sys.stderr.write(line + "\n")
    sys.stderr.write(f"{judged} packages audited, {len(found)} weaknesses known")
    sys.stderr.write(f"; {unknown} NOT AUDITED, the index tells nothing of them\n" if unknown else "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
