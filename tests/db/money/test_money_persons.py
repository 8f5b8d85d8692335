"""The name on a payslip: the finance role reads it, nobody who reads the release or the star does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.db.money.conftest import SCHEMA, Money
from tests.db.money.programme import PERSON
from warehouse import release
from warehouse.cluster import Role

pytestmark = pytest.mark.db
TABLES = {
    "": ("expense", "expense_finding", "staff_time_check"),
    "_bi": ("fct_expense",),
    "_finance": ("expense_person",),
}
SEEN = "select count(*) from {table} as t where t::text like :person"


@pytest.fixture(scope="module")
def released(money: Money) -> Iterator[Money]:
    """The built tables that speak of expenses, published."""
    publisher, transformer = money.cluster.engine("publisher"), money.cluster.engine("transformer")
    opened = release.open_release(publisher, {"test": True})
    with transformer.begin() as connection:
        for suffix, names in TABLES.items():
            connection.execute(text(f'create schema "{opened.build_schema}{suffix}"'))
            for name in names:
                source, copy = f'"{SCHEMA}{suffix}"."{name}"', f'"{opened.build_schema}{suffix}"."{name}"'
                connection.execute(text(f"create table {copy} (like {source} including all)"))
                connection.execute(text(f"insert into {copy} select * from {source}"))
    release.set_status(publisher, opened.release_id, "audited")
    release.switch(publisher, opened.release_id)
    yield money
    with publisher.begin() as connection:
        for suffix in TABLES:
            connection.execute(text(f'drop schema "{opened.schema}{suffix}" cascade'))
        connection.execute(text("update ops.release set status = 'superseded' where status = 'published'"))
    publisher.dispose()
    transformer.dispose()


def rows_with_the_person(money: Money, role: Role, table: str) -> int:
    engine = money.cluster.engine(role)
    try:
        with engine.connect() as connection:
            return int(connection.execute(text(SEEN.format(table=table)), {"person": f"%{PERSON}%"}).scalar_one())
    finally:
        engine.dispose()


def test_finance_reads_the_name_on_the_payslip(released: Money) -> None:
    engine = released.cluster.engine("finance")
    with engine.connect() as connection:
        shown = connection.execute(
            text(
                "select p.supplier_name, e.supplier_name as masked from finance.expense_person p"
                " join traforo_v1.expense e using (expense_id) where e.document_type_code = 'PAYSLIP'"
                " and p.supplier_name = :person"
            ),
            {"person": PERSON},
        ).all()
    engine.dispose()
    paid = sum(line.fournisseur == PERSON for line in released.programme.lines)
    assert [tuple(row) for row in shown] == [(PERSON, None)] * paid
    assert paid > 1


@pytest.mark.parametrize("role", ["reader", "finance"])
@pytest.mark.parametrize(
    "table", ["traforo_v1.expense", "traforo_v1.expense_finding", "traforo_v1.staff_time_check", "bi.fct_expense"]
)
def test_what_is_published_does_not_hold_it(released: Money, role: Role, table: str) -> None:
    assert rows_with_the_person(released, role, table) == 0


def test_the_reader_never_sees_it(released: Money) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        rows_with_the_person(released, "reader", "finance.expense_person")
