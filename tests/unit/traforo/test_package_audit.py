"""The linter's look at known weaknesses of packages."""

from __future__ import annotations

import json
import runpy
import subprocess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / ".ci" / "audit.py"
WEAK = {"name": "weak", "version": "1.0", "vulns": [{"id": "PYSEC-0", "fix_versions": ["1.1", "2.0"]}]}
UNMENDED = {"name": "old", "version": "3", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}
SOUND = {"name": "sound", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "far", "skip_reason": "Dependency not found on PyPI and could not be audited: far (1.0)"}
OURS = {"name": "traforo", "skip_reason": "distribution marked as editable"}


def audit(stdout: str, stderr: str = "") -> int:
    answer = subprocess.CompletedProcess([], 1, stdout, stderr)
    with patch("subprocess.run", lambda *_args, **_options: answer):
        return int(runpy.run_path(str(SCRIPT))["main"]())


def report(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


def test_a_weakness_fails_and_is_told_with_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(report(SOUND, WEAK, UNMENDED, OURS)) == 1
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "weak 1.0: PYSEC-0, fixed in 1.1, 2.0",
        "old 3: PYSEC-1, fixed in no release yet",
        "3 packages audited, 2 weaknesses known",
    ]


def test_sound_packages_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(report(SOUND, OURS)) == 0
    assert capsys.readouterr().err == "1 packages audited, 0 weaknesses known\n"


def test_what_nobody_could_judge_is_never_called_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(report(SOUND, UNKNOWN)) == 0
    assert "1 NOT AUDITED" in capsys.readouterr().err


def test_no_network_is_said_and_any_other_failure_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit("", "Traceback\nrequests.exceptions.ConnectionError: nobody there") == 0
    assert "NOT AUDITED: requests.exceptions.ConnectionError: nobody there" in capsys.readouterr().err
    assert audit("", "requests.exceptions.SSLError: nobody known") == 0
    assert audit("", "ERROR: something else") == 1
