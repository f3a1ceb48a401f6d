"""The plates of those who evade the scale: read once the driving is known, and judged if they are hidden."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hs_file import HEADER, hs_row
from looking_reader import HIDDEN, FakeLookingReader, looking_reader
from nights import DAY, Night
from numpy.typing import NDArray
from snapshot import snapshot
from sqlalchemy import select, update

from models.legibility_tables import PlateLegibilityRow
from models.reidentify_tables import SearchRow
from models.tables import Chunk, Finding, Judgement, Passage
from models.values.states import Standing
from pipeline import nightly
from pipeline.evasion.unread import unread_evaders
from pipeline.executor import InlineExecutor
from pipeline.export import lead_rows
from pipeline.plates.look import FrameLook
from pipeline.stream import StreamRun
from stations.station import Station

TAPPED, LIGHT, HEAVY = 1 << 5, 30_000, 62_000
MORNING_MS = 1_781_740_800_000  # 2026-06-18 08:00 in Shanghai
Make = Callable[..., Night]


@pytest.fixture
def make(
    tmp_path: Path, make_station: Callable[..., Station], new_database: Callable[[], str]
) -> Iterator[Make]:
    """Return a maker of nights whose device tells of driving and whose reader tells what can be seen."""
    made: list[Night] = []

    def new(reader: Callable[[], FakeLookingReader] = looking_reader) -> Night:
        station = make_station(hs_driving={"violation_byte": True})
        folder = tmp_path / f"night-{len(made)}"
        made.append(Night(folder, station, new_database(), InlineExecutor(reader)))
        made[-1].say(Standing.WATCHED, 1)
        return made[-1]

    yield new
    for night in made:
        night.database.close()


def trucks(night: Night, *cross: tuple[int, int, int], speed: float = 60.0) -> None:
    """Let trucks cross a minute apart, told by its mass, its violation byte and its frame's plate."""
    lines = [f"{HEADER},Violation_Id"]
    for minute, (gross_kg, bits, plate) in enumerate(cross):
        lines.append(f"{hs_row(f'2026-06-18 01:{minute:02d}:00.000', gross_kg, speed=speed)},{bits}")
        night.frame(f"01{minute:02d}00.400", plate)
        if plate == HIDDEN:
            # One picture alone would accuse nobody.
            night.frame(f"01{minute:02d}00.400", plate, "rear")
    (night.inbox / "night.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def plates(night: Night) -> dict[int, str]:
    """Return what was read of each passage, by its minute."""
    with night.database.read() as connection:
        rows = connection.execute(
            select(Passage.passed_at, Judgement.plate).join(Judgement, Judgement.passage_id == Passage.id)
        ).all()
    return {passed_at // 60_000 % 60: plate for passed_at, plate in rows}


def findings(night: Night) -> list[tuple[int, str, bool]]:
    """Return minute and kind of each finding, and whether it is in a case."""
    with night.database.read() as connection:
        rows = connection.execute(
            select(Passage.passed_at, Finding.kind, Finding.case_id).join(
                Finding, Finding.passage_id == Passage.id
            )
        ).all()
    return sorted((at // 60_000 % 60, kind, case_id is not None) for at, kind, case_id in rows)


def test_who_evades_is_read_and_who_only_passes_is_not(make: Make) -> None:
    night = make()
    trucks(night, (LIGHT, TAPPED, 11), (LIGHT, 0, 12), (HEAVY, 0, 13))
    night.run()
    assert plates(night) == {0: "浙Z00011", 1: "", 2: "浙Z00013"}
    assert findings(night) == [(0, "evasion", False), (2, "overload", True)]
    with night.database.read() as connection:
        (lead,) = lead_rows(connection, night.station, DAY)
        assert connection.scalars(select(SearchRow.id)).all() == []
    assert (lead["plate"], lead["obstacles"]) == ("浙Z00011", ["manoeuvre"])
    # What the registration would tell bears on a mass, and none is held against it.
    assert lead["doubts"] == ["lane_watched"]
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before


def test_hiding_the_plate_and_evading_together_is_judged_and_opens_no_case(make: Make) -> None:
    night = make()
    trucks(
        night,
        *((HEAVY, 0, plate) for plate in (11, 12, 13)),
        (LIGHT, TAPPED, HIDDEN),
        (HEAVY, 0, 14),
        (HEAVY, 0, 15),
    )
    night.run()
    assert [one for one in findings(night) if one[0] == 3] == [
        (3, "evasion", False),
        (3, "plate_obscured", False),
    ]
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before


def test_a_record_that_is_worth_nothing_is_no_reason_not_to_ask_who_it_was(make: Make) -> None:
    night = make()
    trucks(night, (HEAVY, TAPPED, 11), speed=140.0)
    night.run()
    assert plates(night) == {0: "浙Z00011"}
    assert findings(night) == [(0, "evasion", False)]


def test_frames_that_come_late_are_read_late(make: Make) -> None:
    night = make()
    trucks(night, (LIGHT, TAPPED, HIDDEN))
    night.run()
    night.frame("010000.900", 11)
    night.run()
    assert plates(night) == {0: "浙Z00011"}


def test_the_night_reads_who_the_stream_judged(make: Make) -> None:
    night = make()
    trucks(night, (LIGHT, TAPPED, 11), (HEAVY, 0, 12))
    run = night.run_all
    taking = replace(run.intake, now_ms=lambda: MORNING_MS)
    for path in sorted(night.inbox.iterdir()):
        taking.take(night.station, [path], remove=True)
    later = replace(run.intake, now_ms=lambda: MORNING_MS + 3_000_000)
    StreamRun(night=replace(run, intake=later), settle_ms=5_000, patience_ms=10_000).round([night.station])
    assert plates(night) == {0: "", 1: "浙Z00012"}
    night.run()
    assert plates(night) == {0: "浙Z00011", 1: "浙Z00012"}


def test_what_was_seen_beside_another_vehicle_is_no_reading(make: Make) -> None:
    night = make()
    trucks(night, (LIGHT, TAPPED, 11))
    night.run()
    with night.database.write("test") as connection:
        connection.execute(update(PlateLegibilityRow).values(judge="fake, beside"))
        connection.exec_driver_sql("DELETE FROM plate_reading")
        assert len(unread_evaders(connection, night.station, DAY)) == 1
        # Another runner has it in hand.
        connection.execute(update(Chunk).values(state="planned"))
        assert unread_evaders(connection, night.station, DAY) == []


class Stumbling(FakeLookingReader):
    """Stumbles at its first look."""

    def __init__(self) -> None:
        self.stumbled = False

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        if not self.stumbled:
            self.stumbled = True
            raise RuntimeError("no memory")
        return super().look(image, crop=crop)


def test_a_reader_that_stumbles_is_told_once_and_the_next_run_goes_on(make: Make) -> None:
    night = make(Stumbling)
    trucks(night, (LIGHT, TAPPED, 11))
    night.run()
    (told,) = night.report.failures
    assert told.endswith("RuntimeError: no memory")
    # What was judged before stands.
    assert plates(night) == {0: ""}
    night.run()
    assert (night.report.failures, plates(night)) == ([], {0: "浙Z00011"})


def test_a_chunk_that_fails_is_not_tried_again_the_same_night(make: Make) -> None:
    night = make(Stumbling)
    trucks(night, (HEAVY, 0, 11))
    night.run()
    assert (len(night.report.failures), plates(night)) == (1, {})


def test_more_evaders_than_drivers_are_is_told_and_left_to_further_runs(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "MOST_EVADERS", 1)
    night = make()
    trucks(night, (LIGHT, TAPPED, 11), (LIGHT, TAPPED, 12))
    night.run()
    (told,) = night.report.failures
    assert "1 vehicles that evade are left" in told
    night.run()
    assert (night.report.failures, plates(night)) == ([], {0: "浙Z00011", 1: "浙Z00012"})
