"""A release with few rows and every kind of nastiness, in tables that the canonical model declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from publish.files import publish_release
from schemas.canonical.model import load_model
from warehouse.cluster import Cluster, connect_cluster

RELEASE = "20261121t101500"
SCHEMA = f"release_{RELEASE}"
SCRIPT = "</script><script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
MULTILINE = 'two "quoted"\nlines, with comma; and È€'
PUBLISHED_AT = datetime(2026, 11, 21, 10, 20, tzinfo=UTC)


def create_tables(connection: Connection, schema: str, release_id: str) -> None:
    """Every published table with the column that releases add."""
    connection.execute(text(f'drop schema if exists "{schema}" cascade'))
    connection.execute(text(f'create schema "{schema}"'))
    for table in load_model().published("core"):
        columns = ", ".join(f'"{c.name}" {c.type}{"" if c.nullable else " not null"}' for c in table.columns)
        key = ", ".join(f'"{name}"' for name in table.primary_key)
        connection.execute(
            text(
                f'create table "{schema}"."{table.name}" ({columns},'
                f" release_id text not null default '{release_id}', primary key ({key}))"
            )
        )


def insert(connection: Connection, schema: str, table_name: str, **values: Any) -> None:
    """One row; columns that must not be empty get a value of their type or code list."""
    model = load_model()
    table = model.tables[table_name]
    defaults: Mapping[str, Any] = {
        "text": "x", "jsonb": "{}", "integer": 1, "boolean": False, "date": date(2026, 1, 2),
        "timestamptz": PUBLISHED_AT,
    }  # fmt: skip
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name in values:
            row[column.name] = values[column.name]
        elif not column.nullable:
            codes = model.code_lists[column.code_list].values() if column.code_list else None
            if column.is_array:
                row[column.name] = list(codes[:1]) if codes else []
            else:
                row[column.name] = codes[0] if codes else defaults.get(column.type, Decimal(1))
    assert set(values) <= set(row), f"no such column: {set(values) - set(row)}"
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f"cast(:{name} as jsonb)" if table.column(name).type == "jsonb" else f":{name}" for name in row)
    connection.execute(text(f'insert into "{schema}"."{table_name}" ({names}) values ({marks})'), row)


def fill(connection: Connection, schema: str) -> None:
    """Two countries with a grid of municipalities each, and rows of every table that the page reads."""

    def add(table_name: str, **values: Any) -> None:
        insert(connection, schema, table_name, **values)

    for country, nuts3, name, west in (("FR", "FRK27", "Savoie", 6), ("IT", "ITC11", "Torino", 7)):
        label = {f"territory_name{suffix}": name for suffix in ("", "_fr", "_it", "_en")}
        add("territory", territory_code=country, territory_level_code="COUNTRY", country_code=country, **label)
        add("territory", territory_code=nuts3, territory_level_code="NUTS3", country_code=country,
            parent_territory_code=country, nuts3_code=nuts3, **label)  # fmt: skip
        for number in range(25):
            place = {f"territory_name{suffix}": f"{name} {number}" for suffix in ("", "_fr", "_it", "_en")}
            add("territory", territory_code=f"{country}_{number:05}", territory_level_code="LAU", country_code=country,
                parent_territory_code=nuts3, nuts3_code=nuts3, lau_code=f"{number:05}",
                latitude=Decimal("45") + Decimal(number // 5) / 10,
                longitude=Decimal(west) + Decimal(number % 5) / 5, **place)  # fmt: skip
    for code in ("020704", "030105"):
        add("waste_code", low_code=code, low_level_code="CODE")
    add("material", material_code="GRAPE_MARC", material_family_code="FOOD_AGRI", low_code="020704",
        physical_state_code=None, is_hazardous=False)  # fmt: skip
    add("material", material_code="OAK_CHIP", material_family_code="WOOD", low_code="030105")
    for number, name in enumerate((f"{FORMULA} (fictif)", SCRIPT, MULTILINE, "Cantina Alpina (fittizio)")):
        add("organisation", organisation_id=f"org_{number}", organisation_name=name,
            country_code="IT" if number == 3 else "FR", source_id="elenco_sottoprodotti" if number == 3 else "actif",
            territory_code="FR_00001", activity_code=None, website_url=None)  # fmt: skip
    flows: tuple[dict[str, Any], ...] = (
        {"direction_code": "OFFER", "material_code": "GRAPE_MARC", "material_text": "<img src=x onerror=alert(1)>",
         "quantity_t_per_year": Decimal("1234567890.125"), "latitude": Decimal("45.123456"),
         "longitude": Decimal("6.654321"), "territory_code": "FR_00001"},
        {"direction_code": "DEMAND", "material_code": "GRAPE_MARC", "material_text": '=HYPERLINK("http://evil")',
         "quantity_t_per_year": Decimal("0.001"), "territory_code": "IT_00002"},
        {"direction_code": "OFFER", "material_code": "OAK_CHIP", "material_text": MULTILINE,
         "territory_code": "IT_00002"},
        {"direction_code": "OFFER", "material_text": "-"},
    )  # fmt: skip
    for number, flow in enumerate(flows):
        add("flow", flow_id=f"flow_{number}", organisation_id=f"org_{number}", source_id="actif",
            **{"territory_code": None, "material_code": None, **flow})  # fmt: skip
    for number, (name, url) in enumerate(
        ((SCRIPT, "javascript:alert(1)"), ("La Ruche (fictif)", "https://ruche.example"))
    ):
        add("third_place", third_place_id=f"place_{number}", third_place_name=name, website_url=url,
            third_place_type_code="COWORKING", third_place_type_codes=["COWORKING", "CULTURAL"], country_code="FR",
            territory_code="FR_00003", latitude=None, longitude=None, phone="+33612345678", source_id="tiers_lieux",
            attribution_text="Synthetic data of the test", licence_text="CC0-1.0", language_code="fr")  # fmt: skip
    add("project", project_id="prj_1", project_code="P-1", project_name="BOUCLE (fictif)", source_id="synergie")
    add("partner", partner_id="ptn_1", project_id="prj_1", partner_name="Chambre (fictif)", organisation_id="org_0",
        partner_role_code="LEAD", country_code="FR", source_id="synergie", cup_code=None)  # fmt: skip
    add("partner", partner_id="ptn_2", project_id="prj_1", partner_name="Ente (fittizio)", parent_partner_id="ptn_1",
        partner_role_code="PARTNER", country_code="IT", source_id="synergie")  # fmt: skip
    add("budget", budget_id="bud_1", project_id="prj_1", partner_id="ptn_1", amount_budget_eur=Decimal("1000.10"),
        currency_code="EUR", budget_level_code="PARTNER", is_counted=True, source_id="synergie")  # fmt: skip
    money = (
        ("ptn_1", "STAFF", Decimal("100.10"), Decimal("90.05")),
        ("ptn_1", "EQUIPMENT", Decimal("0.20"), None),
        ("ptn_2", None, None, None),
    )
    for number, (partner, category, declared, certified) in enumerate(money):
        add("expense", expense_id=f"exp_{number}", project_id="prj_1", partner_id=partner, cost_category_code=category,
            amount_declared_eur=declared, amount_declared_given=declared or Decimal("5.00"),
            amount_certified_eur=certified, currency_code="EUR" if declared else "CHF",
            exchange_rate=None if declared else Decimal("0E-8"), source_id="synergie")  # fmt: skip
    for code, severity in (("R01", "ERROR"), ("R02", "INFO")):
        add("expense_rule", rule_code=code, finding_severity_code=severity, rule_label_fr=f"{code} fr")
    for number, rule in enumerate(("R02", "R02", "R01")):
        add("expense_finding", expense_finding_id=f"fin_{number}", expense_id="exp_0", project_id="prj_1",
            rule_code=rule, amount_at_stake_eur=Decimal("10.01"), finding_status_code="OPEN" if number else "ACCEPTED",
            evidence='{"other": "exp_1"}')  # fmt: skip
    add("claim", claim_id="clm_1", project_id="prj_1", partner_id="ptn_1", source_id="synergie")
    add("indicator", project_id="prj_1", indicator_code="RCO87", indicator_kind_code="OUTPUT",
        target_value=Decimal(4), reached_value=Decimal(3))  # fmt: skip
    loads = (("actif", "flux", PUBLISHED_AT), ("synergie", "depenses", PUBLISHED_AT), ("tiers_lieux", "lieux", None))
    for source, stream, at in loads:
        add("source_status", source_id=source, stream_name=stream, is_stale=at is None, last_good_at=at)


def open_release(engine: Engine, release_id: str = RELEASE) -> str:
    """A live release with rows. Returns its schema."""
    schema = f"release_{release_id}"
    with engine.begin() as connection:
        create_tables(connection, schema, release_id)
        fill(connection, schema)
        connection.execute(text("update ops.release set status = 'superseded' where status = 'published'"))
        connection.execute(
            text(
                "insert into ops.release (release_id, status, schema_version, source_runs, code_digest, published_at)"
                " values (:id, 'published', '1.0.0', '{}', 'x', :at)"
            ),
            {"id": release_id, "at": PUBLISHED_AT},
        )
    return schema


@pytest.fixture
def publisher(warehouse: Cluster) -> Iterator[Engine]:
    """A publisher before whom an unpublished but live release lies."""
    engine = warehouse.engine("publisher")
    open_release(engine)
    yield engine
    with engine.begin() as connection:
        connection.execute(text(f'drop schema "{SCHEMA}" cascade'))
    engine.dispose()


@pytest.fixture(scope="module")
def published(server_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder of a published release, for tests that only look."""
    root = tmp_path_factory.mktemp("published")
    with connect_cluster(server_home) as cluster:
        engine = cluster.engine("publisher")
        with engine.begin() as connection:
            connection.execute(text("delete from ops.publication"))
        owner = cluster.engine("owner")
        with owner.begin() as connection:
            connection.execute(text("truncate ops.release cascade"))
        owner.dispose()
        open_release(engine)
        publish_release(engine, RELEASE, SCHEMA, root)
        with engine.begin() as connection:
            connection.execute(text(f'drop schema "{SCHEMA}" cascade'))
        engine.dispose()
    yield root / "latest"
