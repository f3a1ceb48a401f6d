"""Old passages out of the tables into the archive, and back, on both kinds of database."""

import io
import json
from datetime import date
from pathlib import Path

import pytest
from faults import mixed_input
from nights import MakeNight, Night
from snapshot import snapshot
from sqlalchemy import Connection, PrimaryKeyConstraint, UniqueConstraint, func, insert, select

from models import audit
from models.archive_tables import ArchivedMonth
from models.database import Database
from models.errors import MisuseError, NotDoneError
from models.files import FileStore
from models.office_tables import AuditEntry
from models.tables import Base, Finding, Frame, Judgement, Passage
from pipeline.archive import (
    ArchiveBrokenError,
    archived,
    month_of,
    months_before,
    put_away,
    refuse_archived,
    take_out,
)
from pipeline.verify import breaks, originals_of

JUNE = date(2026, 6, 1)
LOGS = {"audit_entry", "audit_head", "archived_month"}


@pytest.fixture
def night(make_night: MakeNight) -> Night:
    made = make_night()
    mixed_input(made)
    made.run()
    made.run(date(2026, 6, 17))
    return made


def away(night: Night) -> int:
    with night.database.write("test") as connection:
        return put_away(connection, night.run_all.store, night.station, JUNE)


def out(night: Night) -> int:
    with night.database.write("test") as connection:
        return take_out(connection, night.run_all.store, night.station, JUNE)


def count(night: Night, table: type[Base]) -> int:
    with night.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def broken(connection: Connection, store: FileStore) -> list[str]:
    return list(breaks(connection, originals_of(connection, store), None, lambda: None))


def state(night: Night) -> dict[str, object]:
    return {name: rows for name, rows in snapshot(night.database).items() if name not in LOGS}


def test_what_nothing_rests_on_goes_and_comes_back_the_same(night: Night) -> None:
    before, cases = state(night), night.cases()
    passages = count(night, Passage)
    gone = away(night)
    assert 0 < gone < passages
    assert count(night, Passage) == count(night, Judgement) == passages - gone
    assert night.cases() == cases
    assert state(night)["finding"] == before["finding"]
    assert out(night) == gone
    assert state(night) == before
    assert count(night, ArchivedMonth) == 0


def test_whatever_refers_to_a_passage_is_found_by_it() -> None:
    keys = [
        key.parent
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "passage"
    ]
    assert len(keys) > 10
    for column in keys:
        unique = (
            one
            for one in column.table.constraints
            if isinstance(one, UniqueConstraint | PrimaryKeyConstraint)
        )
        leading = {next(iter(one.columns)).name for one in [*column.table.indexes, *unique] if one.columns}
        assert column.name in leading, f"{column}: the archive would read the whole table for each passage"


def test_whatever_is_referred_to_stays(night: Night) -> None:
    away(night)
    with night.database.read() as connection:
        left = set(connection.scalars(select(Passage.id)))
        found = set(connection.scalars(select(Finding.passage_id)))
        shown = set(connection.scalars(select(Frame.passage_id).where(Frame.passage_id.is_not(None))))
    assert found
    assert shown
    assert left == found | shown


def test_both_ways_stand_in_the_audit_log(night: Night) -> None:
    away(night), out(night)
    with night.database.read() as connection:
        told = connection.execute(select(AuditEntry.action, AuditEntry.subject)).all()
        assert audit.first_break(connection) == ""
    subject = f"{night.station.id} 2026-06"
    assert [tuple(one) for one in told][-2:] == [("archived", subject), ("taken_out", subject)]


def test_a_changed_or_missing_file_is_refused_and_nothing_changes(night: Night) -> None:
    away(night)
    before, store = state(night), night.run_all.store
    with night.database.read() as connection:
        manifest = archived(connection, night.station.id)["2026-06"].manifest
        tables = json.loads(store.path(manifest).read_bytes())["tables"]
        assert broken(connection, store) == []
        for sha256 in [*(one["sha256"] for one in tables.values()), manifest]:
            path, original = store.path(sha256), f"{sha256} (archive {night.station.id} 2026-06)"
            whole = path.read_bytes()
            path.write_bytes(whole[::-1])
            assert any(f"{original} was changed" in one for one in broken(connection, store))
            with pytest.raises(ArchiveBrokenError, match="changed"):
                out(night)
            path.unlink()
            assert any(f"{original} can't be read" in one for one in broken(connection, store))
            with pytest.raises(ArchiveBrokenError, match="missing"):
                out(night)
            path.write_bytes(whole)
    assert state(night) == before
    out(night)


@pytest.mark.parametrize("odd", [b"[]", b'{"tables": []}', b'{"tables": {"p": 1}}', b"{}", b"\xff"])
def test_a_manifest_that_is_as_stored_and_none_is_named(
    database: Database, tmp_path: Path, odd: bytes
) -> None:
    store = FileStore(tmp_path)
    row = {"station_id": "test-1", "month": "2026-06", "passages": 0, "archived_at": 0}
    with database.write("test") as connection:
        manifest = store.put(io.BytesIO(odd)).sha256
        connection.execute(insert(ArchivedMonth).values(row | {"manifest": manifest}))
    with database.read() as connection:
        (told,) = broken(connection, store)
    assert f"original {manifest} (archive test-1 2026-06) is no manifest" in told


def test_passages_that_came_again_stay_as_they_came(night: Night) -> None:
    with night.database.read() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(Passage.__table__))]
    gone = away(night)
    with night.database.write("test") as connection:
        left = set(connection.scalars(select(Passage.id)))
        again = next(row for row in rows if row["id"] not in left)
        connection.execute(Passage.__table__.insert().values(again | {"chunk_id": None, "id": 9_999}))
    assert out(night) == gone - 1
    with night.database.read() as connection:
        ids = set(connection.scalars(select(Passage.id)))
        judged = set(connection.scalars(select(Judgement.passage_id)))
        told = connection.scalar(select(AuditEntry.detail).order_by(AuditEntry.number.desc()).limit(1))
        assert archived(connection, night.station.id) == {}
    assert ids == {row["id"] for row in rows} - {again["id"]} | {9_999}
    assert judged == ids - {9_999}
    assert json.loads(str(told))["came_again"] == 1


def test_a_month_goes_once_and_only_when_judged(night: Night, make_night: MakeNight) -> None:
    away(night)
    with pytest.raises(NotDoneError, match="already in the archive"):
        away(night)
    other = make_night()
    mixed_input(other)
    other.run()  # leaves the day before unjudged
    with pytest.raises(NotDoneError, match="not judged"):
        away(other)


def test_numbers_given_again_meanwhile_are_no_hindrance(night: Night) -> None:
    before = state(night)
    away(night)
    with night.database.write("test") as connection:
        top = connection.execute(select(Passage.__table__).order_by(Passage.id.desc()).limit(1)).one()
        source = dict(top._mapping)
        for number in range(1, top.id):
            if connection.scalar(select(Passage.id).where(Passage.id == number)) is None:
                taken = source | {"id": number, "passed_at": 1_000 + number, "chunk_id": None}
                connection.execute(Passage.__table__.insert().values(taken))
                break
    out(night)
    with night.database.write("test") as connection:
        connection.execute(Passage.__table__.delete().where(Passage.passed_at < 1_000_000))
    assert state(night) == before


def test_a_night_of_an_archived_month_is_refused(night: Night) -> None:
    def refuse() -> None:
        with night.database.read() as connection:
            refuse_archived(connection, [night.station], date(2026, 6, 18))

    refuse()
    away(night)
    with pytest.raises(NotDoneError, match=f"archive take-out {night.station.id} 2026-06"):
        refuse()
    out(night)
    refuse()


def test_which_months_are_old_enough(night: Night) -> None:
    def months(end: date) -> list[date]:
        with night.database.read() as connection:
            return list(months_before(connection, night.station, end))

    assert months(date(2026, 6, 30)) == []
    assert months(date(2026, 7, 1)) == [JUNE]
    assert months(date(2026, 8, 15)) == [JUNE, date(2026, 7, 1)]
    away(night)
    assert months(date(2026, 7, 1)) == []


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-06-01", "六月"])
def test_a_month_that_is_none(text: str) -> None:
    with pytest.raises(MisuseError, match="2026-06"):
        month_of(text)


def test_a_disk_that_is_full_leaves_all_as_it_was(night: Night) -> None:
    before = state(night)
    full = FileStore(night.run_all.store.root, reserve_bytes=1 << 60)
    with pytest.raises(OSError, match="reserve"), night.database.write("test") as connection:
        put_away(connection, full, night.station, JUNE)
    assert state(night) == before
