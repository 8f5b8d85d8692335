"""The pages for people: each is listed, links lead somewhere, commands and tests that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from traforo.cli import app

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), ROOT / "docker" / "README.md"])
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"(?:\.venv/bin/|['`])traforo ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("folder", ["how-to", "reference", "adr"])
def test_every_page_of_a_folder_is_listed(folder: str) -> None:
    index = (ROOT / "docs" / folder / "README.md").read_text()
    pages = {page.name for page in (ROOT / "docs" / folder).glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"({name})" not in index} == set()


def test_every_command_that_a_page_names_exists() -> None:
    commands = get_command(app).commands  # typer gives a click group
    named = {(page.name, found) for page in PAGES for found in COMMAND.findall(page.read_text())}
    assert len(named) > 40
    unknown = []
    for page, found in named:
        first, _, second = found.partition(" ")
        known = first in commands and (not second or second in getattr(commands[first], "commands", {second: None}))
        if not known:
            unknown.append((page, found))
    assert unknown == []


def test_every_test_that_the_list_of_faults_names_exists() -> None:
    page = ROOT / "docs" / "reference" / "faults.md"
    named = re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", page.read_text())
    assert len(named) > 60
    missing = [name for name, path in named if f"def {name}(" not in (page.parent / path).read_text()]
    assert missing == []
