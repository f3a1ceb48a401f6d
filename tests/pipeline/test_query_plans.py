"""What the summary and a case ask of the database, and that no answer reads a whole table."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from nights import DAY
from sqlalchemy import Connection, event, insert, text

from models.database import Database
from models.gate_tables import DecisionRow, LaneDayRow
from models.legibility_tables import PlateLegibilityRow
from models.named_rows import note_named
from models.tables import Case, Chunk, Finding, Frame, Judgement, Passage, PlateReadingRow, SourceFile
from models.values.states import Standing
from models.values.timeline import day_bounds_ms
from pipeline.decisions import count_waiting, days_to_judge_again, decisions, verdict_on
from pipeline.export import case_rows, lead_rows
from pipeline.gate.state import GateState, Override
from pipeline.gate.values import LaneDay
from pipeline.lane_rows import MEASURES, STATE, add_override
from pipeline.look_again import readable_frames, unread_frames
from pipeline.obscured_rows import judge_obscured_day
from pipeline.reidentify.named import fleet_until
from pipeline.summary import night_summary
from stations.station import Station

DAYS, PER_DAY, OVER_EVERY = 40, 250, 10
BIG = {
    "passage",
    "judgement",
    "finding",
    "frame",
    "plate_reading",
    "plate_legibility",
    "cases",
    "gate_decision",
    "named_passage",
}
LEAD_EVERY = 50


def fill(connection: Connection, station: Station) -> None:
    """Insert forty judged days with a case for each tenth passage, a lead for each fiftieth."""
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
        connection.execute(insert(LaneDayRow).values(_lane_day(day + 1, str(local), station)))
        over = [one for one in ids if one % OVER_EVERY == 0]
        case = {"station_id": station.id}
        connection.execute(
            insert(Case),
            [case | {"id": one, "number": f"case-{one}", "passed_at": start_ms + 1000 * one} for one in over],
        )
        cased = {one: None if one % LEAD_EVERY == 0 else one for one in over}
        connection.execute(
            insert(Finding),
            [{"passage_id": one, "kind": "overload", "case_id": case_id} for one, case_id in cased.items()],
        )
        connection.execute(
            insert(DecisionRow), [_decision(one, day + 1, case_id) for one, case_id in cased.items()]
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
        seen = {
            "judge": "j",
            "position": 0,
            "legibility": "clear",
            "probability": 1.0,
            "cause": "",
            "rows": 1,
        }
        shown = dict.fromkeys(["box", "corners", "visible", "mask"], "[]") | {"text": "", "sentence": ""}
        connection.execute(insert(PlateLegibilityRow), [seen | shown | {"frame_id": one} for one in over])
        note_named(connection, Passage.chunk_id == day + 1)


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


def _lane_day(number: int, day: str, station: Station) -> dict[str, Any]:
    state = GateState(standing=Standing.BARRED, day=date.fromisoformat(day))
    measured = LaneDay(lane=1, day=date.fromisoformat(day), measures=())
    return {
        "id": number,
        "station_id": station.id,
        "lane": 1,
        "day": day,
        "passages": PER_DAY,
        "measured_at": 0,
        "certificate": "A",
        "standing": "barred",
        "decided_kind": "sides_repeat",
        "decided_by": "",
        "measures": MEASURES.dump_json(measured).decode(),
        "state": STATE.dump_json(state).decode(),
    }


def _decision(number: int, lane_day_id: int, case_id: int | None) -> dict[str, Any]:
    return {
        "passage_id": number,
        "number": 1,
        "outcome": "lead" if case_id is None else "case",
        "obstacles": "lane_barred" if case_id is None else "",
        "standing": "barred" if case_id is None else "watched",
        "lane_day_id": lane_day_id,
        "certificate": "A",
        "decided_at": 0,
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
    leads = PER_DAY // LEAD_EVERY
    assert (night.passages, night.frames) == (PER_DAY, PER_DAY // OVER_EVERY)
    assert (night.cases, night.leads[0]["passages"]) == (PER_DAY // OVER_EVERY - leads, leads)
    assert len(statements) == 13
    with database.read() as connection:
        for statement, parameters in statements:
            assert scanned(connection, statement, parameters) == set(), statement


def test_one_case_reads_no_whole_table(filled: tuple[Database, Station]) -> None:
    database, station = filled
    with recorded(database) as statements, database.read() as connection:
        rows = case_rows(connection, station, None, "case-510")
    assert [row["case"] for row in rows] == ["case-510"]
    assert len(statements) == 1
    with database.read() as connection:
        assert scanned(connection, *statements[0]) == set()


def test_leads_and_what_the_gate_asks_read_no_whole_table(filled: tuple[Database, Station]) -> None:
    database, station = filled
    word = Override(standing=Standing.TRUSTED, actor="张三", reason="复核", first_day=DAY, last_day=DAY)
    with database.write("test") as connection:
        add_override(connection, station.id, 1, word)
    with recorded(database) as statements, database.read() as connection:
        leads = lead_rows(connection, station, DAY)
        again = days_to_judge_again(connection, station)
        waiting = count_waiting(connection, station, 1, DAY, DAY)
        assert len(decisions(connection, station, DAY)) == PER_DAY // OVER_EVERY
        assert verdict_on(connection, station, 1, DAY).outcome == "case"
    assert (len(leads), again, waiting) == (PER_DAY // LEAD_EVERY, [DAY], PER_DAY // LEAD_EVERY)
    assert len(statements) == 6
    with database.read() as connection:
        for statement, parameters in statements:
            assert scanned(connection, statement, parameters) == set(), statement


def test_hidden_plates_of_a_day_are_sought_without_reading_a_whole_table(
    filled: tuple[Database, Station],
) -> None:
    database, station = filled
    if database.engine.dialect.name == "sqlite":
        # Nothing counts an embedded database's rows: the plan has to be right without.
        with database.write("test") as connection:
            connection.execute(text("DELETE FROM sqlite_stat1"))
    database.engine.dispose()
    with recorded(database) as statements, database.write("test") as connection:
        judge_obscured_day(connection, station, DAY)
    assert len(statements) == 4
    with database.read() as connection:
        for statement, parameters in statements:
            assert scanned(connection, statement, parameters) == set(), statement


def test_frames_to_look_at_again_are_found_without_reading_a_whole_table(
    filled: tuple[Database, Station],
) -> None:
    database, station = filled
    with recorded(database) as statements, database.read() as connection:
        unread_frames(connection, station, DAY)
        readable_frames(connection, station, DAY)
    assert len(statements) == 2
    with database.read() as connection:
        for statement, parameters in statements:
            assert scanned(connection, statement, parameters) == set(), statement


def test_the_fleet_of_the_last_days_is_found_without_reading_a_whole_table(
    filled: tuple[Database, Station],
) -> None:
    database, station = filled
    with recorded(database) as statements, database.read() as connection:
        fleet = fleet_until(connection, day_bounds_ms(DAY, station.zone)[1], days=2)
    assert len(fleet) == 2 * PER_DAY // OVER_EVERY
    with database.read() as connection:
        assert scanned(connection, *statements[0]) == set()


def test_a_scan_would_be_seen(filled: tuple[Database, Station]) -> None:
    database, _ = filled
    with recorded(database) as statements, database.read() as connection:
        connection.execute(text("SELECT count(*) FROM passage WHERE gross_kg > 5"))
    with database.read() as connection:
        assert scanned(connection, *statements[0]) == {"passage"}
