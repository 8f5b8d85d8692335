"""Decisions outlive a re-import; what people enter shows in the next build."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from publish.claim_data import read_findings
from tests.db.money.conftest import SCHEMA, SCHEMA_AGAIN, Money, store
from warehouse import decisions

pytestmark = pytest.mark.db


def find(findings: list[dict[str, Any]], project: str, rule: str) -> dict[str, Any]:
    [found] = [f for f in findings if f["project_code"] == project and f["rule_code"] == rule]
    return found


def test_ids_and_decisions_survive_a_re_import_until_the_amount_changes(money: Money) -> None:
    kept, changed = find(money.first, "T-R06", "R06"), find(money.first, "T-R02", "R02")
    publisher = money.cluster.engine("publisher")
    with publisher.begin() as connection:
        made = decisions.decide(connection, SCHEMA, kept["expense_finding_id"][:20], "REJECTED", "A. Prova", "payée")
        decisions.decide(connection, SCHEMA, changed["expense_finding_id"], "ACCEPTED", "A. Prova", "juste")
    assert (made.finding_id, made.decision_code) == (kept["expense_finding_id"], "REJECTED")
    with publisher.connect() as connection:
        shown = {finding.id: finding for finding in read_findings(connection, SCHEMA)}
    assert shown[kept["expense_finding_id"]].status == "REJECTED", "the report does not wait for a build"

    owner = money.cluster.engine("owner")
    with owner.begin() as connection:
        moved = [
            line.model_copy(update={"fichier": f"neu {line.fichier}", "ligne": line.ligne + 7})
            for line in reversed(money.programme.lines)
        ]
        other = [
            line.model_copy(update={"montant_declare": line.montant_declare - 1})
            for line in moved
            if line.code_projet == "T-R02"
        ]
        store(connection, "depenses", [*moved, *other])
    partner_id = money.rows('select partner_id from "{s}".claim where amount_declared_eur = 422.30')[0]["partner_id"]
    with publisher.begin() as connection:
        decisions.record_payment(
            connection, SCHEMA, partner_id, Decimal("358.95"), date(2019, 12, 1), "A. Prova", claim="1"
        )
        decisions.record_evidence(connection, SCHEMA, "CIRCUITO", "I.2", "Annuaire", date(2020, 1, 1), "A. Prova")
    money.rebuild()

    again = money.findings(SCHEMA_AGAIN)
    assert {f["expense_finding_id"] for f in again} == {f["expense_finding_id"] for f in money.first}
    assert find(again, "T-R06", "R06")["finding_status_code"] == "REJECTED"
    assert find(again, "T-R06", "R06")["source_file_name"].startswith("neu ")
    assert find(again, "T-R02", "R02")["finding_status_code"] == "OPEN", "the amount at stake is another"
    received = money.rows(
        'select amount_received_eur from "{s}".claim where amount_declared_eur = 422.30', SCHEMA_AGAIN
    )
    assert received == [{"amount_received_eur": Decimal("358.95")}]
    query = (
        "select reached_value, measured_date from \"{s}\".indicator where indicator_code = 'I.2' and reached_value > 0"
    )
    reached = money.rows(query, SCHEMA_AGAIN)
    assert [(int(row["reached_value"]), row["measured_date"]) for row in reached] == [(1, date(2020, 1, 1))]
    publisher.dispose()
    owner.dispose()


def test_a_decision_needs_a_finding_a_name_and_a_reason(money: Money) -> None:
    engine = money.cluster.engine("publisher")
    with engine.connect() as connection:
        with pytest.raises(LookupError, match="no finding"):
            decisions.decide(connection, SCHEMA, "fnd_nothing", "ACCEPTED", "A. Prova", "x")
        with pytest.raises(LookupError, match="several"):
            decisions.decide(connection, SCHEMA, "fnd_", "ACCEPTED", "A. Prova", "x")
        with pytest.raises(ValueError, match="who and why"):
            decisions.decide(connection, SCHEMA, money.first[0]["expense_finding_id"], "ACCEPTED", " ", "x")
        with pytest.raises(LookupError, match="no partner"):
            decisions.record_payment(connection, SCHEMA, "Niemand", Decimal(1), date(2020, 1, 1), "A. Prova")
        with pytest.raises(ValueError, match="cents"):
            decisions.record_payment(connection, SCHEMA, "Niemand", Decimal("1.001"), date(2020, 1, 1), "A. Prova")
    engine.dispose()


def test_the_loader_cannot_write_decisions(money: Money) -> None:
    engine = money.cluster.engine("loader")
    with engine.connect() as connection, pytest.raises(Exception, match="permission denied") as caught:
        decisions.current_decisions(connection)
    assert not isinstance(caught.value, IntegrityError)
    engine.dispose()
