"""What people decide and enter about programme money: findings judged, payments received, proofs of indicators.

All three tables are append only. Nothing here changes an amount of an expense.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection, text

DecisionCode = Literal["OPEN", "ACCEPTED", "REJECTED"]
FUNDS = ("ERDF", "NATIONAL_PUBLIC")


@dataclass(frozen=True)
class Decision:
    """The last word on a finding.

    Attributes:
        decision_code: ``ACCEPTED`` the finding is right; ``REJECTED`` it is dismissed; ``OPEN`` taken back.
        amount_at_stake_eur: amount of the finding when it was decided; another amount opens it again.
    """

    finding_id: str
    decision_code: DecisionCode
    decided_by: str
    reason: str
    amount_at_stake_eur: Decimal | None
    decided_at: datetime

    def holds_for(self, amount_at_stake_eur: Decimal | None) -> bool:
        """The finding still is the one that was decided on."""
        return self.amount_at_stake_eur == amount_at_stake_eur


def find_finding(connection: Connection, schema: str, prefix: str) -> tuple[str, str, Decimal | None]:
    """Id, rule and amount at stake of the finding whose id begins with ``prefix``.

    Args:
        schema: schema of the release to look in.
        prefix: the id or its beginning, with or without ``fnd_``.

    Raises:
        LookupError: no finding begins so, or several do.
    """
    wanted = prefix if prefix.startswith("fnd_") else f"fnd_{prefix}"
    statement = text(
        "select expense_finding_id, rule_code, amount_at_stake_eur"  # noqa: S608 - the schema is our own name
        f' from "{schema}".expense_finding where starts_with(expense_finding_id, :prefix) order by 1 limit 2'
    )
    rows = connection.execute(statement, {"prefix": wanted}).all()
    if not rows:
        raise LookupError(f"no finding '{prefix}' in the live release; 'traforo claim check' lists them")
    if len(rows) > 1:
        raise LookupError(f"several findings begin with '{prefix}'; give more letters")
    finding_id, rule, amount = rows[0]
    return str(finding_id), str(rule), amount


def decide(connection: Connection, schema: str, prefix: str, code: DecisionCode, who: str, why: str) -> Decision:
    """Write a decision on a finding of the live release.

    Raises:
        LookupError: see ``find_finding``.
        ValueError: ``who`` or ``why`` is blank.
    """
    if not who.strip() or not why.strip():
        raise ValueError("a decision needs who and why")
    finding_id, rule, amount = find_finding(connection, schema, prefix)
    connection.execute(
        text(
            "insert into ops.finding_decision (finding_id, rule_code, decision_code, decided_by, reason,"
            " amount_at_stake_eur) values (:finding, :rule, :code, :who, :why, :amount)"
        ),
        {"finding": finding_id, "rule": rule, "code": code, "who": who.strip(), "why": why.strip(), "amount": amount},
    )
    return current_decisions(connection)[finding_id]


def current_decisions(connection: Connection) -> Mapping[str, Decision]:
    """The last decision on each finding, by finding id."""
    rows = connection.execute(
        text(
            "select distinct on (finding_id) finding_id, decision_code, decided_by, reason, amount_at_stake_eur,"
            " decided_at from ops.finding_decision order by finding_id, id desc"
        )
    )
    return {str(row[0]): Decision(*row) for row in rows}


def record_payment(
    connection: Connection,
    schema: str,
    partner: str,
    amount_eur: Decimal,
    received: date,
    who: str,
    *,
    project: str | None = None,
    claim: str | None = None,
    fund: str = "ERDF",
    reference: str | None = None,
) -> str:
    """Write a payment that a partner received; gives the partner's id.

    Args:
        schema: schema of the live release.
        partner: name of the partner or its id.
        amount_eur: euros, two decimals; negative for a repayment.
        project: code or name, when partners of several projects have this name.
        fund: one of ``FUNDS``.

    Raises:
        LookupError: no partner of this name, or several.
        ValueError: the amount is zero or finer than a cent, or the fund is unknown.
    """
    if amount_eur == 0 or amount_eur != amount_eur.quantize(Decimal("0.01")):
        raise ValueError(f"{amount_eur} is not an amount in euros and cents")
    if fund not in FUNDS:
        raise ValueError(f"'{fund}' is not one of {', '.join(FUNDS)}")
    project_id, partner_id = find_partner(connection, schema, partner, project)
    connection.execute(
        text(
            "insert into ops.payment_received (project_id, partner_id, claim_number, fund_code, amount_eur,"
            " received_date, reference, entered_by)"
            " values (:project, :partner, :claim, :fund, :amount, :received, :reference, :who)"
        ),
        {
            "project": project_id, "partner": partner_id, "claim": claim, "fund": fund, "amount": amount_eur,
            "received": received, "reference": reference, "who": who,
        },
    )  # fmt: skip
    return partner_id


def record_evidence(
    connection: Connection, schema: str, project: str, indicator: str, evidence: str, since: date, who: str
) -> None:
    """Write a proof of an indicator, for example a service that was set up.

    Raises:
        LookupError: the project or the indicator is not in the live release.
    """
    statement = text(
        "select i.project_id"  # noqa: S608 - the schema is our own name
        f' from "{schema}".indicator i join "{schema}".project p on p.project_id = i.project_id'
        " where :project in (p.project_code, p.project_name, p.project_id) and i.indicator_code = :indicator"
    )
    project_id = connection.execute(statement, {"project": project, "indicator": indicator}).scalar()
    if project_id is None:
        raise LookupError(f"no indicator '{indicator}' of a project '{project}'")
    connection.execute(
        text(
            "insert into ops.indicator_evidence (project_id, indicator_code, evidence_text, evidence_date, entered_by)"
            " values (:project, :indicator, :evidence, :since, :who)"
        ),
        {"project": project_id, "indicator": indicator, "evidence": evidence, "since": since, "who": who},
    )


def find_partner(connection: Connection, schema: str, partner: str, project: str | None) -> tuple[str, str]:
    """``(project_id, partner_id)`` of the partner with this name or id.

    Raises:
        LookupError: no such partner, or partners of several projects.
    """
    statement = text(
        "select p.project_id, p.partner_id"  # noqa: S608 - the schema is our own name
        f' from "{schema}".partner p join "{schema}".project j on j.project_id = p.project_id'
        " where (p.partner_id = :partner or lower(p.partner_name) = lower(:partner))"
        " and (cast(:project as text) is null or :project in (j.project_code, j.project_name, j.project_id)) limit 2"
    )
    rows = connection.execute(statement, {"partner": partner, "project": project}).all()
    if len(rows) != 1:
        raise LookupError(f"{'several partners' if rows else 'no partner'} '{partner}'")
    return str(rows[0][0]), str(rows[0][1])
