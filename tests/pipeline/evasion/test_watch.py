"""How vehicles were driven, through the night: kept, held back from cases, shown, and the same on a rerun."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hs_file import HEADER, hs_row
from nights import DAY, MakeNight, Night
from snapshot import snapshot

from models.values.findings import FindingKind
from pipeline.evasion.rows import manoeuvre_rows
from pipeline.evasion.watch import observable_on
from pipeline.export import lead_rows
from stations.station import Station

TAPPED = 1 << 5


@pytest.fixture
def night(make_night: MakeNight) -> Night:
    return make_night(hs_driving={"violation_byte": True})


def write(night: Night, name: str, rows: list[tuple[str, int]]) -> None:
    lines = [f"{HEADER},Violation_Id", *(f"{row},{bits}" for row, bits in rows)]
    (night.inbox / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_mass_spoiled_by_driving_is_a_lead_and_the_driving_a_finding(night: Night) -> None:
    heavy = [
        (hs_row("2026-06-18 01:01:00.000", 62_000), 0),
        (hs_row("2026-06-18 01:05:00.000", 63_000), TAPPED),
        (hs_row("2026-06-18 01:09:00.000", 30_000), TAPPED),
    ]
    write(night, "night.csv", heavy)
    counted = night.run()
    assert counted.manoeuvres == {"brake_tapping": 2}
    assert [row["gross_kg"] for row in night.cases()] == [62_000]
    with night.database.read() as connection:
        leads = lead_rows(connection, night.station, DAY)
        shown = manoeuvre_rows(connection, night.station, DAY)
    assert [(row["gross_kg"], row["findings"]) for row in leads] == [
        (63_000, [FindingKind.EVASION, FindingKind.OVERLOAD]),
        (30_000, [FindingKind.EVASION]),
    ]
    assert {tuple(row["obstacles"]) for row in leads} == {("manoeuvre",)}
    assert [row["sentence"] for row in shown] == ["点刹：设备违规标记第5位"] * 2


def test_a_rerun_and_a_second_arrival_change_nothing(night: Night) -> None:
    rows = [(hs_row("2026-06-18 01:05:00.000", 63_000), TAPPED)]
    write(night, "night.csv", rows)
    night.run()
    before = snapshot(night.database)
    write(night, "again.csv", [*rows])
    night.run()
    after = snapshot(night.database)
    assert before["manoeuvre"] == after["manoeuvre"] != []
    assert {name for name in before if before[name] != after[name]} <= {"source_file"}


def test_frames_that_come_late_leave_the_finding(night: Night) -> None:
    write(night, "night.csv", [(hs_row("2026-06-18 01:05:00.000", 63_000), TAPPED)])
    night.run()
    night.frame("010500.400", 11)
    night.run()
    with night.database.read() as connection:
        (lead,) = lead_rows(connection, night.station, DAY)
    assert lead["plate"]
    assert lead["findings"] == [FindingKind.EVASION, FindingKind.OVERLOAD]


def test_a_byte_that_nobody_declared_says_nothing(
    tmp_path: Path, make_station: Callable[..., Station]
) -> None:
    plain = Night(tmp_path, make_station(), f"sqlite:///{tmp_path / 'plain.sqlite'}")
    write(plain, "night.csv", [(hs_row("2026-06-18 01:05:00.000", 63_000), TAPPED)])
    assert plain.run().manoeuvres == {}
    assert len(plain.cases()) == 1
    with plain.database.read() as connection:
        told = {one.kind.value: one.observable for one in observable_on(connection, plain.station, DAY)}
    assert told["brake_tapping"] == 0
    assert told["crawling"] == 1
