"""Rows in bulk read back as they were, on either database."""

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from models.bulk import insert_rows
from models.database import Database
from models.passage_rows import COLUMNS, Values, from_rows, select_passages, to_rows
from models.tables import Passage, SourceFile
from models.values.passages import PassageBatch, no_text

ODD = ["", "\\N", "a\tb\\", "浙Z\n00001", "'; DROP TABLE passage; --"]


def odd_passages() -> PassageBatch:
    """Return passages whose texts and unknown values a bulk path might trip over."""
    count = len(ODD)
    texts = np.array(ODD, dtype=object)
    return PassageBatch(
        row=np.arange(1, count + 1),
        passed_at_ms=np.full(count, 1_781_715_723_000),
        lane=np.ones(count, dtype=np.int16),
        axle_count=np.full(count, 2, dtype=np.int16),
        gross_kg=np.full(count, 9_000),
        axle_kg=np.array([[4_000 + 10 * number, 5_000, 0] for number in range(count)]),
        left_kg=np.full((count, 3), -1),
        spacing_mm=np.array([[0, 0], [3_300, 0], [0, 1_300], [1, 2], [0, 0]]),
        speed_kmh=np.array([np.nan, 0.0, 61.25, 99.9, np.nan]),
        length_mm=np.full(count, -1),
        serial=np.array(["", "A7", "b\tc", "\\.", ""], dtype=object),
        plate_front=texts,
        plate_rear=texts[::-1],
        plate_colour=no_text(count),
    )


def rows_of_a_source(database: Database) -> list[Values]:
    with database.write("test") as connection:
        made = insert(SourceFile).values(
            station_id="s",
            sha256="0",
            name="a.csv",
            kind="records",
            state="taken",
            size_bytes=0,
            received_at=0,
            rows=0,
            rows_new=0,
            rows_known=0,
            rows_quarantined=0,
        )
        source_id = connection.scalar(made.returning(SourceFile.id))
    return to_rows(odd_passages(), station_id="s", source_id=source_id or 0)


def test_odd_values_come_back(database: Database) -> None:
    rows = rows_of_a_source(database)
    with database.write("test") as connection:
        insert_rows(connection, Passage.__tablename__, COLUMNS, rows[:2])
        insert_rows(connection, Passage.__tablename__, COLUMNS, [])
        insert_rows(connection, Passage.__tablename__, COLUMNS, rows[2:])
    with database.read() as connection:
        ids, read = from_rows(connection.execute(select_passages().order_by(Passage.id)).all())
    given = odd_passages()
    assert ids.tolist() == sorted(ids.tolist())
    for name in ("row", "passed_at_ms", "gross_kg", "spacing_mm", "plate_front", "plate_rear"):
        assert getattr(read, name).tolist() == getattr(given, name).tolist(), name
    assert read.axle_kg.tolist() == given.axle_kg[:, :2].tolist()
    assert read.serial.tolist()[1:4] == given.serial.tolist()[1:4]
    assert np.array_equal(read.speed_kmh, given.speed_kmh, equal_nan=True)


def test_a_row_twice_is_an_error_of_the_usual_family_and_leaves_nothing(database: Database) -> None:
    rows = rows_of_a_source(database)
    with pytest.raises(IntegrityError), database.write("test") as connection:
        insert_rows(connection, Passage.__tablename__, COLUMNS, [*rows, rows[0]])
    with database.read() as connection:
        assert connection.execute(select_passages()).all() == []
