"""``python -m publish.claim_rules_page [--check]``: write docs/reference/expense_rules.md from the registry.

The registry is the seed ``expense_rule_seed`` with the limits of ``money_parameter``; the page is never edited.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "dbt_project" / "seeds" / "money"
PAGE = ROOT / "docs" / "reference" / "expense_rules.md"
_INTRO = """# Expense rules

Generated from the registry by `python -m publish.claim_rules_page`. Do not edit.

Each rule is SQL under `dbt_project/models/intermediate/money/int_finding__*.sql`; what it finds stands in the table
`expense_finding`. A finding never changes an amount. R01 to R30 follow the programme's rules; R31 and R32 are about the
files themselves. A rule that rests on something unconfirmed warns only.

"""


def read(name: str) -> list[dict[str, str]]:
    """Rows of a seed."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def page() -> str:
    """The page in Markdown."""
    rules, parameters = read("expense_rule_seed"), read("money_parameter")
    lines = [
        _INTRO + "| rule | severity | about | irregularity | English | français | italiano |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| [{rule['rule_code']}](#{rule['rule_code'].lower()}) | {rule['finding_severity_code'].lower()} | "
        f"{rule['finding_scope_code'].lower()} | {rule['irregularity_code'] or '–'} | "
        + " | ".join(rule[f"rule_label_{language}"] for language in ("en", "fr", "it"))
        + " |"
        for rule in rules
    ]
    for rule in rules:
        lines += _section(rule)
    lines += [
        "",
        "## Parameters",
        "",
        "| name | value | unit | where | when | sure | source |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row['parameter_name']}` | {row['value_number'] or row['value_date']} | {row['unit'] or '–'} | "
        f"{row['country_code'] or 'everywhere'} | {_period(row)} | {row['confidence_code'].lower()} | {row['source']} |"
        for row in parameters
    ]
    return "\n".join(lines) + "\n"


def _section(rule: dict[str, str]) -> list[str]:
    lines = ["", f"## {rule['rule_code']}", ""]
    for language in ("en", "fr", "it"):
        lines.append(
            f"- **{rule[f'rule_label_{language}']}.** {rule[f'rule_text_{language}']}"
            f" *{rule[f'correction_{language}']}*"
        )
    used = ", ".join(f"`{name}`" for name in rule["parameter_names"].split())
    lines += ["", f"Source: {rule['legal_source_en']}." + (f" Parameters: {used}." if used else "")]
    if rule["is_confirmed"] == "false":
        lines[-1] += " Not confirmed for this programme."
    return lines


def _period(row: dict[str, str]) -> str:
    if not row["valid_from"] and not row["valid_to"]:
        return "always"
    return f"{row['valid_from']} to {row['valid_to'] or 'today'}"


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 if ``--check`` finds that the page is not what the registry gives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on a difference")
    options = parser.parse_args(arguments)
    if options.check:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        return 0 if same else 1
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
