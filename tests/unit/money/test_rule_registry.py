"""The registry of rules: complete in three languages, its limits known, its page up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from publish.claim_rules_page import PAGE, ROOT, main, page, read

RULES, PARAMETERS = read("expense_rule_seed"), read("money_parameter")
MODELS = ROOT / "dbt_project" / "models"


def test_thirty_rules_of_the_programme_and_two_of_our_own() -> None:
    assert [rule["rule_code"] for rule in RULES] == [f"R{number:02d}" for number in range(1, 33)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["rule_code"])
def test_a_rule_is_told_in_three_languages_with_its_source(rule: dict[str, str]) -> None:
    texts = [
        rule[f"{part}_{language}"]
        for part in ("rule_label", "rule_text", "correction", "legal_source")
        for language in ("fr", "it", "en")
    ]
    assert all(text.strip() for text in texts)
    assert len(set(texts)) == len(texts), "a text was copied from one language to another"


def test_what_is_not_confirmed_warns_and_does_not_accuse() -> None:
    unconfirmed = {row["parameter_name"] for row in PARAMETERS if row["confidence_code"] == "UNCONFIRMED"}
    for rule in RULES:
        if rule["is_confirmed"] == "false":
            assert rule["finding_severity_code"] == "WARNING", rule["rule_code"]
    resting = {rule["rule_code"] for rule in RULES if unconfirmed & set(rule["parameter_names"].split())}
    # R04 and R28 accuse on what is confirmed in them; their own SQL turns the unconfirmed part into a warning.
    assert resting - {"R04", "R28"} <= {rule["rule_code"] for rule in RULES if rule["is_confirmed"] == "false"}


def test_every_limit_is_used_and_every_used_limit_is_there() -> None:
    known = {row["parameter_name"] for row in PARAMETERS}
    named = {name for rule in RULES for name in rule["parameter_names"].split()}
    assert named <= known
    sql = "".join(path.read_text(encoding="utf-8") for path in MODELS.rglob("*.sql"))
    used = set(re.findall(r"money_parameter(?:_date)?\('(\w+)'\)", sql)) | set(
        re.findall(r"parameter_name = '(\w+)'", sql)
    )
    assert used == known


def test_no_limit_is_written_into_the_sql_of_a_rule() -> None:
    for path in (MODELS / "intermediate" / "money").glob("int_finding__*.sql"):
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"\b(0\.85|0\.15|0\.20?|1720|40000|25000|85|2014|2023)\b", text), path.name


def test_the_page_is_what_the_registry_gives(capsys: pytest.CaptureFixture[str]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_the_page_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publish.claim_rules_page.PAGE", tmp_path / "page.md")
    monkeypatch.setattr("publish.claim_rules_page.ROOT", tmp_path)
    assert main(["--check"]) == 1
    assert main([]) == 0
    written = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert written.count("\n## R") == 32
    assert "Not confirmed for this programme" in written
