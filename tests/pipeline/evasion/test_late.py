"""Records that come late show a manoeuvre otherwise: what is told of it, its findings and the gate agree."""

from hs_file import HEADER, hs_row, write_hs
from nights import DAY, Night
from snapshot import snapshot
from sqlalchemy import insert, select, update

from models.evasion_tables import ManoeuvreRow
from models.tables import Finding, Passage
from models.values.findings import FindingKind
from pipeline.cases import open_cases
from pipeline.evasion.detect import IN_A_QUEUE, WEIGHED_WELL
from pipeline.evasion.rows import NO_LONGER, manoeuvre_counts, manoeuvre_rows
from pipeline.export import lead_rows

CRAWLING = "01:05:00.000"


def row(clock: str, gross_kg: int = 30_000, **columns: object) -> str:
    return hs_row(f"2026-06-18 {clock}", gross_kg, **columns)  # type: ignore[arg-type]


def come(night: Night, name: str, *rows: str) -> None:
    write_hs(night.inbox / f"{name}.csv", list(rows))
    night.run()


def without_last_axle(made: str) -> str:
    cells = made.split(",")
    for column in ("LWheel_6_W", "RWheel_6_W"):
        cells[HEADER.split(",").index(column)] = "0"
    return ",".join(cells)


def traffic(speed: int, count: int) -> list[str]:
    return [row(f"01:05:{10 + 10 * one}.001", speed=speed) for one in range(count)]


def told(night: Night) -> list[tuple[str, str]]:
    """Return what stands of each manoeuvre: its word and its excuse."""
    with night.database.read() as connection:
        rows = manoeuvre_rows(connection, night.station, DAY)
    return [(one["manoeuvre"], one["excused"]) for one in rows]


def accused(night: Night) -> list[int]:
    """Return the masses of the passages that have a finding of evasion."""
    query = select(Passage.gross_kg).join(Finding, Finding.passage_id == Passage.id)
    with night.database.read() as connection:
        of_evasion = query.where(Finding.kind == FindingKind.EVASION.value)
        return list(connection.scalars(of_evasion.order_by(Passage.passed_at)))


def kept(night: Night) -> list[tuple[int, str]]:
    with night.database.read() as connection:
        rows = connection.execute(select(ManoeuvreRow.__table__).order_by(ManoeuvreRow.id)).all()
    return [(one.number, one.excused) for one in rows]


def test_whom_a_late_queue_excuses_is_accused_no_more(night: Night) -> None:
    come(night, "first", row(CRAWLING, 63_000, speed=3))
    assert (told(night), accused(night)) == ([("crawling", "")], [63_000])
    come(night, "late", *traffic(10, 3))
    assert (told(night), accused(night)) == ([("crawling", IN_A_QUEUE)], [])
    assert kept(night) == [(1, ""), (2, IN_A_QUEUE)]
    with night.database.read() as connection:
        (lead,) = lead_rows(connection, night.station, DAY)
    assert (lead["findings"], night.cases()) == ([FindingKind.OVERLOAD], [])
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before


def test_other_words_of_the_same_leave_the_row_that_stands(night: Night) -> None:
    come(night, "first", row(CRAWLING, 63_000, speed=3))
    before = kept(night)
    with night.database.write("test") as connection:
        connection.execute(update(ManoeuvreRow).values(sentence="车速3 km/h，同车道其他车辆60 km/h。"))
    come(night, "late", row("01:40:00.001", 31_000))
    assert (kept(night), accused(night)) == (before, [63_000])


def test_whom_late_traffic_accuses_is_not_told_as_excused(night: Night) -> None:
    come(night, "first", row(CRAWLING, speed=3), *traffic(10, 2))
    assert (told(night), accused(night)) == ([("crawling", IN_A_QUEUE)], [])
    come(night, "late", *[row(f"01:04:{10 + 10 * one}.001", speed=60) for one in range(4)])
    assert (told(night), accused(night)) == ([("crawling", "")], [30_000])


def test_trouble_that_shows_late_spoils_the_weighing_and_opens_no_case(night: Night) -> None:
    abreast = [row("01:05:00.000", 31_000), row("01:05:00.200", 32_000, lane=2)]
    come(night, "first", *abreast)
    assert told(night) == [("side_by_side", WEIGHED_WELL)] * 2
    come(night, "late", without_last_axle(row("01:05:00.250", 33_000, lane=3)))
    assert accused(night) == [32_000, 33_000]
    assert ("side_by_side", "") in told(night)
    assert night.cases() == []
    with night.database.read() as connection:
        spoils = select(ManoeuvreRow.spoils).join(Passage, Passage.id == ManoeuvreRow.passage_id)
        of_passage = spoils.where(Passage.gross_kg == 32_000).order_by(ManoeuvreRow.number)
        assert list(connection.scalars(of_passage)) == [False, True]


def test_what_late_records_show_was_not_there_is_taken_back(night: Night) -> None:
    come(night, "first", row("01:05:00.001", 31_000), row("01:05:01.201", 63_000))
    assert (told(night), accused(night)) == ([("tailgating", "")], [63_000])
    come(night, "late", row("01:05:01.181", 12_000, axles=2))
    stands = [one for one in told(night) if one[1] == NO_LONGER]
    assert stands == [("tailgating", NO_LONGER)]
    assert 63_000 not in accused(night)
    # Nothing keeps the mass from its case any more.
    assert [case["gross_kg"] for case in night.cases()] == [63_000]
    with night.database.read() as connection:
        assert manoeuvre_counts(connection, Passage.gross_kg == 63_000) == {}


def test_driving_alone_opens_no_case_whatever_is_kept_of_its_weighing(night: Night) -> None:
    come(night, "first", row(CRAWLING, speed=3))
    with night.database.write("test") as connection:
        connection.execute(update(ManoeuvreRow).values(spoils=False))
        assert connection.scalars(select(Finding.kind)).all() == [FindingKind.EVASION]
        assert open_cases(connection, night.station, DAY).cases == 0


def test_a_finding_in_a_case_stays_for_its_officers(night: Night) -> None:
    come(night, "first", row(CRAWLING, 63_000), row("01:06:00.000", 31_000))
    (case,) = night.cases()
    assert case["findings"] == [FindingKind.OVERLOAD]
    with night.database.write("test") as connection:
        (found,) = connection.execute(select(Finding.__table__)).all()
        finding = {"passage_id": found.passage_id, "kind": FindingKind.EVASION.value}
        connection.execute(insert(Finding).values(finding | {"case_id": found.case_id}))
    night.run()
    (case,) = night.cases()
    assert case["findings"] == [FindingKind.EVASION, FindingKind.OVERLOAD]
