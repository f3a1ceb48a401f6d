"""Archive: a month's passages that nothing rests on, out of the tables into Parquet files, and back again.

What anything else refers to (a frame, a finding, a search) stays in the tables, and every original stays. The
files and their manifest lie among the originals by digest, so backups hold them too. Rows leave the tables
in the transaction that notes the manifest, after the files were read back and found equal.
"""

import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, cast

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, insert, select

from models import audit
from models.archive_tables import ArchivedMonth
from models.bulk import insert_rows
from models.errors import MisuseError, NotDoneError
from models.evasion_tables import PassageDriving
from models.files import FileStore
from models.leases import now_ms
from models.named_rows import note_named
from models.passage_rows import passed_between
from models.reidentify_tables import NamedPassage
from models.tables import Base, FrameReference, Judgement, Passage
from models.values.office import PROGRAM, Action
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.verify import digest_of
from stations.station import Station

# What goes along with a passage; whatever else refers to one keeps it in the tables.
ALONG = ("frame_reference", "passage_driving", "judgement", "named_passage")
MODELS = (Passage, FrameReference, PassageDriving, Judgement)
KINDS: dict[type, type[pl.DataType]] = {int: pl.Int64, float: pl.Float64, str: pl.String}
BATCH = 50_000


class ArchiveBrokenError(NotDoneError):
    """A file of the archive is missing or is not what its manifest says; nothing was changed."""


def month_of(text: str) -> date:
    """Return the first day of a month written as 2026-06.

    Raises:
        MisuseError: it is not written so.

    """
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise MisuseError(f"month {text!r}: expected year and month, such as 2026-06") from error


def archived(connection: Connection, station_id: str) -> dict[str, Any]:
    """Return the rows of a station's archived months by month."""
    query = select(ArchivedMonth.__table__).where(ArchivedMonth.station_id == station_id)
    return {row.month: row for row in connection.execute(query.order_by(ArchivedMonth.month))}


def refuse_archived(connection: Connection, stations: Iterable[Station], day: date) -> None:
    """Refuse to judge a day whose passages are in the archive.

    Raises:
        NotDoneError: it is; the message says how to take them out.

    """
    for station in stations:
        if (name := f"{day:%Y-%m}") in archived(connection, station.id):
            raise NotDoneError(f"{day}: first `zhichao archive take-out {station.id} {name}`")


def months_before(connection: Connection, station: Station, end: date) -> Iterator[date]:
    """Yield the first day of each month since the oldest passage that ended by `end` and is not archived."""
    there = archived(connection, station.id)
    oldest_ms = connection.scalar(select(func.min(Passage.passed_at)).where(Passage.station_id == station.id))
    if oldest_ms is None:
        return
    month = from_ms(oldest_ms, station.zone).date().replace(day=1)
    while (after := _next(month)) <= end:
        if f"{month:%Y-%m}" not in there:
            yield month
        month = after


def put_away(connection: Connection, store: FileStore, station: Station, month: date) -> int:
    """Move a station's month into the archive, within the caller's transaction; return how many passages.

    Raises:
        NotDoneError: the month is in the archive already, or some of it is not judged yet.

    """
    name = f"{month:%Y-%m}"
    if name in archived(connection, station.id):
        raise NotDoneError(f"{station.id} {name}: already in the archive")
    of_month = passed_between(station.id, *_bounds_ms(station, month))
    unjudged = ~exists().where(Judgement.passage_id == Passage.id)
    if connection.scalar(select(Passage.id).where(of_month, unjudged).limit(1)) is not None:
        raise NotDoneError(f"{station.id} {name}: some passages are not judged yet; run their nights first")
    plain = select(Passage.id).where(of_month, *_nothing_rests_on_it())
    tables: dict[str, dict[str, Any]] = {}
    for model in MODELS:
        rows = _read(connection, select(model.__table__).where(_key(model).in_(plain)).order_by(_key(model)))
        tables[model.__tablename__] = {"rows": len(rows), "sha256": _stored(store, rows)}
    passages: int = tables[Passage.__tablename__]["rows"]
    if not passages:
        return 0
    content = {"station": station.id, "month": name, "tables": tables}
    manifest = store.put(io.BytesIO(json.dumps(content, sort_keys=True).encode())).sha256
    # Not kept: it says what the others say.
    connection.execute(delete(NamedPassage).where(NamedPassage.passage_id.in_(plain)))
    for model in reversed(MODELS):
        gone = connection.execute(delete(model).where(_key(model).in_(plain))).rowcount
        if gone != tables[model.__tablename__]["rows"]:
            raise NotDoneError(f"{station.id} {name}: {model.__tablename__} changed meanwhile; try again")
    at_ms, row = now_ms(connection), {"manifest": manifest, "passages": passages}
    connection.execute(
        insert(ArchivedMonth).values(station_id=station.id, month=name, archived_at=at_ms, **row)
    )
    audit.append(connection, PROGRAM, Action.ARCHIVED, f"{station.id} {name}", at_ms=at_ms, detail=row)
    return passages


def take_out(connection: Connection, store: FileStore, station: Station, month: date) -> int:
    """Put a month's rows back into the tables, within the caller's transaction; return how many passages.

    Those that came again meanwhile stay as they came; the audit log tells how many.

    Raises:
        NotDoneError: the month is not in the archive.
        ArchiveBrokenError: a file is missing, changed, or of another schema.

    """
    name = f"{month:%Y-%m}"
    row = archived(connection, station.id).get(name)
    if row is None:
        raise NotDoneError(f"{station.id} {name}: not in the archive")
    tables = json.loads(_bytes(store, row.manifest))["tables"]
    loaded = {model: _loaded(store, model, tables[model.__tablename__]) for model in MODELS}
    passages = loaded[Passage]
    of_month = passed_between(station.id, *_bounds_ms(station, month))
    held = {
        tuple(one)
        for one in connection.execute(select(Passage.passed_at, Passage.record_key).where(of_month))
    }
    keys = zip(passages["passed_at"], passages["record_key"], strict=True)
    ids = passages["id"].filter(pl.Series([one not in held for one in keys], dtype=pl.Boolean))
    shift = _shift(connection, ids) if len(ids) else 0
    for model, rows in loaded.items():
        moved = rows.filter(pl.col(_key(model).name).is_in(ids.to_list()))
        moved = moved.with_columns(pl.col(_key(model).name) + shift)
        if model is FrameReference:
            # Nothing refers to these by number.
            moved = moved.drop("id")
        insert_rows(connection, model.__tablename__, moved.columns, moved.rows())
    note_named(connection, of_month)
    at_ms = now_ms(connection)
    detail = {"manifest": row.manifest, "came_again": len(passages) - len(ids)}
    connection.execute(delete(ArchivedMonth).where(ArchivedMonth.id == row.id))
    audit.append(connection, PROGRAM, Action.TAKEN_OUT, f"{station.id} {name}", at_ms=at_ms, detail=detail)
    return len(ids)


def _nothing_rests_on_it() -> Iterator[ColumnElement[bool]]:
    """Yield that nothing but what goes along refers to a passage, by column; tables to come are asked too.

    Together in one "not any" PostgreSQL could not join them, and would take a month for a handful of rows.
    """
    columns = (
        key.parent
        for table in Base.metadata.sorted_tables
        if table.name not in ALONG
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table.name == Passage.__tablename__
    )
    yield from (~exists().where(column == Passage.id) for column in columns)


def _key(model: type[Base]) -> Any:  # noqa: ANN401 (a column of any of the tables)
    return Passage.id if model is Passage else cast("Any", model).passage_id


def _shift(connection: Connection, ids: pl.Series) -> int:
    """Return what to add to ids that came to be others' meanwhile: SQLite gives the highest ones again."""
    first, last = int(cast("int", ids.min())), int(cast("int", ids.max()))
    held = set(connection.scalars(select(Passage.id).where(Passage.id.between(first, last))))
    if held.isdisjoint(ids.to_list()):
        return 0
    return (connection.scalar(select(func.max(Passage.id))) or 0) + 1 - first


def _read(connection: Connection, query: Select[Any]) -> pl.DataFrame:
    """Return rows as columns, read in portions: as rows a month would take much memory."""
    schema = {column.name: KINDS[column.type.python_type] for column in query.selected_columns}
    rows = connection.execute(query.execution_options(yield_per=BATCH))
    parts = [
        pl.DataFrame([tuple(row) for row in part], schema=schema, orient="row") for part in rows.partitions()
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _stored(store: FileStore, rows: pl.DataFrame) -> str:
    """Store rows as Parquet, read them back, and return the file's digest."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd")
    buffer.seek(0)
    stored = store.put(buffer)
    if not pl.read_parquet(stored.path).equals(rows):
        raise ArchiveBrokenError(f"{stored.path}: not what was written; nothing was archived")
    return stored.sha256


def _loaded(store: FileStore, model: type[Base], entry: dict[str, Any]) -> pl.DataFrame:
    rows = pl.read_parquet(io.BytesIO(_bytes(store, entry["sha256"])))
    columns = [column.name for column in model.__table__.columns]
    if rows.columns != columns or len(rows) != entry["rows"]:
        raise ArchiveBrokenError(
            f"{model.__tablename__}: expected {entry['rows']} rows of {', '.join(columns)}"
        )
    return rows


def _bytes(store: FileStore, sha256: str) -> bytes:
    path = store.path(sha256)
    if not path.is_file():
        raise ArchiveBrokenError(f"{path}: missing")
    if digest_of(path) != sha256:
        raise ArchiveBrokenError(f"{path}: changed: not what its digest says")
    return path.read_bytes()


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _bounds_ms(station: Station, month: date) -> tuple[int, int]:
    return day_bounds_ms(month, station.zone)[0], day_bounds_ms(_next(month), station.zone)[0]
