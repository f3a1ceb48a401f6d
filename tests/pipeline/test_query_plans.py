"""What the summary and a case ask of the database, and that no answer reads a whole table."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from nights import DAY
from sqlalchemy import Connection, event, insert, text

from models.database import Database
from models.tables import Case, Chunk, Finding, Frame, Judgement, Passage, PlateReadingRow, SourceFile
from models.values.timeline import day_bounds_ms
from pipeline.export import case_rows
from pipeline.summary import night_summary
from stations.station import Station

DAYS, PER_DAY, OVER_EVERY = 40, 250, 10
BIG = {"passage", "judgement", "finding", "frame", "plate_reading", "cases"}


def fill(connection: Connection, station: Station) -> None:
    """Insert forty judged days with a case for each tenth passage."""
    source = {"station_id": station.id, "sha256": "0", "name": "a", "kind": "records", "state": "taken"}
    numbers = dict.fromkeys(
        ["size_bytes", "received_at", "rows", "rows_new", "rows_known", "rows_quarantined"], 0
    )
    connection.execute(insert(SourceFile).values(id=1, **source, **numbers))
    for day in range(DAYS):
        local = DAY - timedelta(days=day)
        start_ms, _ = day_bounds_ms(local, station.zone)
        chunk = {"station_id": station.id, "day": str(local), "number": 1, "state": "done", "reason": ""}
        connection.execute(insert(Chunk).values(id=day + 1, **chunk))
        ids = range(day * PER_DAY + 1, (day + 1) * PER_DAY + 1)
        connection.execute(
            insert(Passage), [_passage(one, start_ms + 1000 * one, day + 1, station) for one in ids]
        )
        connection.execute(insert(Judgement), [_judgement(one) for one in ids])
        over = [one for one in ids if one % OVER_EVERY == 0]
        case = {"station_id": station.id}
        connection.execute(
            insert(Case),
            [case | {"id": one, "number": f"case-{one}", "passed_at": start_ms + 1000 * one} for one in over],
        )
        connection.execute(
            insert(Finding), [{"passage_id": one, "kind": "overload", "case_id": one} for one in over]
        )
        frame = {"station_id": station.id, "kind": "front", "lane": 1, "received_at": 0, "problem": ""}
        connection.execute(
            insert(Frame),
            [
                frame
                | {
                    "id": one,
                    "name": f"{one}.jpg",
                    "sha256": str(one),
                    "taken_at": start_ms,
                    "passage_id": one,
                }
                for one in over
            ],
        )
        reading = {"reader": "r", "position": 0, "text": "浙Z00001", "confidence": 1.0, "colour": "yellow"}
        places = {"rows": 1, "box": "[]", "corners": "[]", "characters": "[]"}
        connection.execute(insert(PlateReadingRow), [reading | places | {"frame_id": one} for one in over])


def _passage(number: int, passed_at: int, chunk_id: int, station: Station) -> dict[str, Any]:
    return {
        "id": number,
        "station_id": station.id,
        "passed_at": passed_at,
        "record_key": str(number),
        "content_key": number,
        "source_id": 1,
        "row": number,
        "lane": 1,
        "axle_count": 6,
        "gross_kg": 60_000,
        "axle_kg": "",
        "left_kg": "",
        "spacing_mm": "",
        "speed_kmh": 60.0,
        "length_mm": -1,
        "plate_front": "",
        "plate_rear": "",
        "plate_colour": "",
        "chunk_id": chunk_id,
    }


def _judgement(number: int) -> dict[str, Any]:
    over = number % OVER_EVERY == 0
    return {
        "passage_id": number,
        "severity": "accepted",
        "codes": "",
        "rule_set": "zhejiang_2020",
        "layout": "",
        "limit_kg": 49_000,
        "decided_kg": 57_000 if over else 40_000,
        "excess_kg": 8_000 if over else 0,
        "doubts": "",
        "plate": "浙Z00001" if over else "",
        "plate_colour": "yellow",
        "plate_confidence": 1.0,
        "plate_frame_id": None,
    }


@contextmanager
def recorded(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collect every statement with its parameters."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:  # noqa: ANN401
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def scanned(connection: Connection, statement: str, parameters: Any) -> set[str]:  # noqa: ANN401
    """Return the big tables that a statement reads from end to end."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [row[3].split() for row in plan]
        return {words[1] for words in steps if words[0] == "SCAN" and words[1] in BIG}
    # In tables this small a scan is cheap; forbidden to choose it, the planner shows whether it needs one.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    tables: set[str] = set()

    def walk(node: dict[str, Any]) -> None:
        if node["Node Type"] == "Seq Scan":
            tables.add(node["Relation Name"])
        for child in node.get("Plans", []):
            walk(child)

    walk((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return tables & BIG


@pytest.fixture
def filled(database: Database, make_station: Callable[..., Station]) -> tuple[Database, Station]:
    station = make_station()
    with database.write("test") as connection:
        fill(connection, station)
    with database.write("test") as connection:
        connection.execute(text("ANALYZE"))
    return database, station


def test_the_summary_of_a_night_reads_no_whole_table(filled: tuple[Database, Station]) -> None:
    database, station = filled
    with recorded(database) as statements, database.read() as connection:
        (night,) = night_summary(connection, [station], DAY)
    assert (night.passages, night.cases, night.frames) == (
        PER_DAY,
        PER_DAY // OVER_EVERY,
        PER_DAY // OVER_EVERY,
    )
    assert len(statements) == 16
    with database.read() as connection:
        for statement, parameters in statements:
            assert scanned(connection, statement, parameters) == set(), statement


def test_one_case_reads_no_whole_table(filled: tuple[Database, Station]) -> None:
    database, station = filled
    with recorded(database) as statements, database.read() as connection:
        rows = case_rows(connection, station, None, "case-500")
    assert [row["case"] for row in rows] == ["case-500"]
    assert len(statements) == 1
    with database.read() as connection:
        assert scanned(connection, *statements[0]) == set()


def test_a_scan_would_be_seen(filled: tuple[Database, Station]) -> None:
    database, _ = filled
    with recorded(database) as statements, database.read() as connection:
        connection.execute(text("SELECT count(*) FROM passage WHERE gross_kg > 5"))
    with database.read() as connection:
        assert scanned(connection, *statements[0]) == {"passage"}
