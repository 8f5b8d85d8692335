"""What a run staged of a stream, beside what ``raw`` holds of it.

New and changed records stand in ``stage.<name>``. Of those that came as ``raw`` holds them nothing is written: it is
noted in ``stage.<name>__absent`` which of the existing records did *not* come so, which are few.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from warehouse.known import HASH_BYTES, KnownContent


def create(connection: Connection, name: str, run_id: str) -> bool:
    """An empty table for the batch; returns whether it is a stream's first, made to stay (``ops.adopt_batch``)."""
    drop(connection, name)
    is_first = not connection.execute(text(f"select exists (select 1 from raw.{name})")).scalar_one()
    if is_first:
        connection.execute(text(f"create table stage.{name} (like raw.{name} including all excluding indexes)"))
        quoted = run_id.replace("'", "''")
        defaults = ", ".join(f"alter {column} set default '{quoted}'" for column in ("run_id", "first_run_id"))
        connection.execute(text(f"alter table stage.{name} add ordinal bigint, {defaults}"))
    else:
        connection.execute(
            text(
                f"create unlogged table stage.{name} (ordinal bigint, record_key text, payload jsonb, raw_hash bytea,"
                " payload_hash bytea, part text, position text, fetched_at timestamptz)"
            )
        )
    connection.execute(text(f"create unlogged table stage.{name}__absent (record_key text)"))
    # What raw will hold after the merge, for the gate: new and changed payloads over the known ones.
    connection.execute(
        text(
            f"create view stage.{name}__candidate as"
            f" select record_key, payload, true as is_new_content from stage.{name}"
            f" union all select record_key, payload, false from raw.{name} r where {came_as_known(name)}"
            f" and not exists (select 1 from stage.{name} s where s.record_key = r.record_key)"
        )
    )
    quoted = run_id.replace("'", "''")
    connection.execute(text(f"comment on table stage.{name}__absent is '{quoted}'"))
    connection.execute(
        text(f"grant select on stage.{name}, stage.{name}__absent, stage.{name}__candidate to traforo_transformer")
    )
    return is_first


def run_of(connection: Connection, name: str) -> str | None:
    """The run that staged the batch that lies there; None where none does."""
    statement = "select obj_description(to_regclass(:table), 'pg_class')"
    return connection.execute(text(statement), {"table": f"stage.{name}__absent"}).scalar()


def note_absent(connection: Connection, name: str, known: KnownContent) -> None:
    """Which existing records did not come as they are: they changed, were rejected, or are gone."""
    if known.existing and not _note_by_address(connection, name, known):
        are_listed, digests = known.came()
        connection.execute(
            text(
                f"insert into stage.{name}__absent select record_key from raw.{name} where deleted_at is null and"
                f" (length(raw_hash) <> {HASH_BYTES} or raw_hash {'not in' if are_listed else 'in'}"
                "  (select unnest(cast(:digests as bytea[]))))"
            ),
            {"digests": digests},
        )
    connection.execute(text(f"analyze stage.{name}__absent"))


def _note_by_address(connection: Connection, name: str, known: KnownContent) -> bool:
    """The same without a look at every row; false where a row is not where it was when it was asked for."""
    absent = known.absent()
    if absent is None:
        return False
    addresses, digests = absent
    noted = connection.execute(
        text(
            f"insert into stage.{name}__absent select record_key from raw.{name}"
            # The digest as well: another row may have taken the place of one that was erased meanwhile.
            " where ctid = any(cast(:addresses as tid[])) and raw_hash = any(cast(:digests as bytea[]))"
            " and deleted_at is null"
        ),
        {"addresses": addresses, "digests": digests},
    ).rowcount
    if noted != len(addresses):
        connection.execute(text(f"delete from stage.{name}__absent"))
    return noted == len(addresses)


def new_keys(connection: Connection, name: str) -> int:
    """Staged records that ``raw`` does not hold, or only as deleted."""
    return int(
        connection.execute(
            text(
                f"select count(*) from stage.{name} s where not exists"
                f" (select 1 from stage.{name}__absent a where a.record_key = s.record_key)"
            )
        ).scalar_one()
    )


def came_as_known(name: str) -> str:
    """SQL: the record ``r`` of ``raw`` is one that came as it is."""
    return (
        f"r.deleted_at is null and not exists (select 1 from stage.{name}__absent a where a.record_key = r.record_key)"
    )


def release(connection: Connection, name: str) -> None:
    """Take away the view on the batch table: views stay with the table that they were made on."""
    connection.execute(text(f"drop view if exists stage.{name}__candidate"))


def drop(connection: Connection, name: str) -> None:
    """The batch is merged, or of an earlier attempt."""
    connection.execute(text(f"drop table if exists stage.{name}, stage.{name}__absent cascade"))
