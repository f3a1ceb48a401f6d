"""The fleet: every passage with a plate and no other, of all stations or of a region, whatever came late."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hs_file import HEADER, hs_row
from nights import DAY, Night
from sqlalchemy import delete, select, update

from models.database import Database
from models.reidentify_tables import CandidateRow, NamedPassage, PlateConflict, SearchRow
from models.tables import Chunk, Judgement, Passage
from models.values.timeline import day_bounds_ms
from pipeline.archive import put_away, take_out
from pipeline.cases import named_vehicle
from pipeline.reidentify import named
from pipeline.reidentify.named import DAY_MS, Fleets, fleet_until, region_of
from stations.station import Station

ROADS = {frozenset(("west", "middle")): 12.0, frozenset(("middle", "east")): 30.0}
LEAST_PLATES = 12
# Of heavy ones frames are read; what is light and has no frame may leave with its month.
MASSES = (30_000, 62_000, 62_000, 30_000, 62_000, 30_000, 30_000)


def write(night: Night, rows: list[tuple[str, str]]) -> None:
    lines = [f"{HEADER},License_Plate,License_Plate_Color", *(f"{row},{plate},黄" for row, plate in rows)]
    night.inbox.joinpath(f"{len(rows)}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def nights(
    tmp_path: Path, make_station: Callable[..., Station], new_database: Callable[[], str]
) -> Iterator[dict[str, Night]]:
    """Give the judged days of three stations: plates sent, plates read of frames, words, and none."""
    url = new_database()
    made = {name: Night(tmp_path, make_station(id=name), url) for name in ("west", "middle", "east")}
    plates = ["浙Z00001", "", "无车牌", "沪Z00002", "", "浙Z00003", ""]
    for hour, night in enumerate(made.values(), start=1):
        rows = [
            (hs_row(f"2026-06-{18 - place % 2} {hour:02d}:{place:02d}:00.000", MASSES[place]), plate)
            for place, plate in enumerate(plates)
        ]
        write(night, rows)
        night.frame(f"{hour:02d}0400.400", 11)
        for day in (DAY, DAY - timedelta(days=1)):
            night.run(day)
    yield made
    for night in made.values():
        night.database.close()


def sought(database: Database, start_ms: int, end_ms: int, stations: set[str]) -> list[int]:
    """Return the fleet's passages as they are found by reading everything."""
    everything = select(
        Passage.id, Passage.station_id, Passage.passed_at, Passage.plate_front, Judgement.plate
    ).join(Judgement, Judgement.passage_id == Passage.id)
    with database.read() as connection:
        return [
            row.id
            for row in connection.execute(everything.order_by(Passage.passed_at, Passage.id))
            if start_ms <= row.passed_at < end_ms
            and row.station_id in stations
            and named_vehicle(row.plate, row.plate_front)
        ]


def found(database: Database, end_ms: int, region: frozenset[str] = frozenset(), days: int = 30) -> list[int]:
    with database.read() as connection:
        return fleet_until(connection, end_ms, region, days=days).ids.tolist()


def test_the_fleet_is_what_reading_everything_finds(nights: dict[str, Night]) -> None:
    database, (_, last_ms) = nights["west"].database, day_bounds_ms(DAY, nights["west"].station.zone)
    assert len(found(database, last_ms)) >= LEAST_PLATES
    for stations in ({"west"}, {"west", "east"}, set(nights)):
        region = frozenset[str]() if stations == set(nights) else frozenset(stations)
        for end_ms in (last_ms, last_ms - DAY_MS, last_ms - DAY_MS // 2 - 80_000_000):
            for days in (1, 30):
                expected = sought(database, end_ms - days * DAY_MS, end_ms, stations)
                assert found(database, end_ms, region, days) == expected


def test_a_plate_that_frames_bring_late_is_in_it_and_one_they_take_away_is_not(
    nights: dict[str, Night],
) -> None:
    night, (_, end_ms) = nights["east"], day_bounds_ms(DAY, nights["east"].station.zone)
    before = found(night.database, end_ms)
    night.frame("030200.400", 12)
    with night.database.write("test") as connection:
        connection.execute(update(Chunk).values(state="planned"))
        gone = select(Passage.id).where(Passage.station_id == "east", Passage.plate_front == "浙Z00001")
        (one,) = connection.scalars(gone)
        connection.execute(update(Passage).where(Passage.id == one).values(plate_front=""))
    night.run()
    after = found(night.database, end_ms)
    assert after == sought(night.database, 0, end_ms, set(nights))
    assert one in set(before) - set(after)
    assert set(after) - set(before)
    with night.database.read() as connection:
        assert one not in set(connection.scalars(select(NamedPassage.passage_id)))


def test_where_all_are_too_many_a_region_has_its_own(
    nights: dict[str, Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, (_, end_ms) = nights["west"].database, day_bounds_ms(DAY, nights["west"].station.zone)

    def stations(station_id: str) -> list[str]:
        with database.read() as connection:
            fleet = Fleets(connection, end_ms, ROADS).of(connection, station_id)
        return fleet.station.tolist()

    assert {*stations("west")} == {"west", "middle", "east"}
    monkeypatch.setattr(named, "FLEET_MOST", 9)
    assert {*stations("west")} == {"west", "middle"}
    # The latest count: those of the station that was passed last.
    assert stations("middle")[-2:] == ["east"] * 2
    assert len(stations("middle")) <= 9
    assert region_of(ROADS, "apart") == frozenset()
    assert stations("apart") == stations("middle")


def test_it_leaves_with_its_month_and_comes_back(nights: dict[str, Night]) -> None:
    night = nights["middle"]
    with night.database.read() as connection:
        before = set(connection.execute(select(NamedPassage.__table__)).all())
    with night.database.write("test") as connection:
        for table in (CandidateRow, SearchRow, PlateConflict):
            connection.execute(delete(table))
        gone = put_away(connection, night.run_all.store, night.station, DAY.replace(day=1))
        left = set(connection.execute(select(NamedPassage.__table__)).all())
        back = take_out(connection, night.run_all.store, night.station, DAY.replace(day=1))
        again = set(connection.execute(select(NamedPassage.__table__)).all())
    assert 0 < gone == back
    assert left < before
    assert again == before
