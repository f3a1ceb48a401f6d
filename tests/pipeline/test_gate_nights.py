"""The station gate in the nightly run: leads, cases, persons' words, late records, verifications."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hs_file import hs_row, write_hs
from nights import DAY, MakeNight, Night, fill
from snapshot import snapshot
from sqlalchemy import select

from models.gate_tables import DecisionRow, LaneDayRow
from models.tables import Finding
from models.values.states import Standing
from pipeline.export import lead_rows
from pipeline.gate.values import Kind
from pipeline.lane_list import lane_row
from pipeline.lane_rows import lane_days
from pipeline.ledger import plan_chunks
from pipeline.nightly import NightReport
from stations.station import Certificate

TRUCKS, LEAN, ALIKE = 54, 10, 0
LIGHT_KG, HEAVY_KG = 48_000, 60_000
NEXT = DAY + timedelta(days=1)


def trucks(
    lane: int, lean_kg: int = LEAN, day: date = DAY, *, first: int = 0, count: int = TRUCKS
) -> list[str]:
    """Return trucks minutes apart, each third one over the limit."""
    return [
        hs_row(
            f"{day} {number // 60:02d}:{number % 60:02d}:0{lane}.000",
            LIGHT_KG if number % 3 else HEAVY_KG,
            lane=lane,
            lean_kg=lean_kg,
        )
        for number in range(first, first + count)
    ]


def put(night: Night, *lanes: list[str]) -> None:
    write_hs(night.inbox / "night.csv", [row for lane in lanes for row in lane])


def leads(night: Night, day: date | None = DAY) -> list[dict[str, object]]:
    with night.database.read() as connection:
        return lead_rows(connection, night.station, day)


def lane_standings(night: Night, lane: int = 2) -> list[tuple[str, int, str]]:
    with night.database.read() as connection:
        rows = connection.execute(
            select(LaneDayRow.day, LaneDayRow.passages, LaneDayRow.standing)
            .where(LaneDayRow.lane == lane)
            .order_by(LaneDayRow.id)
        )
        return [(day, passages, standing) for day, passages, standing in rows]


def test_a_barred_lane_opens_no_case_and_keeps_leads(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    put(night, trucks(1), trucks(2, ALIKE))
    found = night.run()
    assert (found.findings, found.cases) == (36, 18)
    assert found.leads == [
        {
            "lane": 2,
            "standing": "barred",
            "decided_kind": "sides_repeat",
            "obstacles": ["lane_barred"],
            "passages": 18,
        }
    ]
    assert (night.report.cases_opened, night.report.leads_opened) == (18, 18)
    cases = night.cases()
    assert {(case["lane"], case["standing"], case["certificate"]) for case in cases} == {
        (1, "watched", "虚构-0001")
    }
    assert all("lane_watched" in case["doubts"] for case in cases)  # type: ignore[operator]
    assert {(lead["lane"], lead["standing"], *lead["obstacles"]) for lead in leads(night)} == {  # type: ignore[misc]
        (2, "barred", "lane_barred")
    }
    assert "左右轮重逐轴完全相同的货车占 100.0%（54 条" in str(leads(night)[0]["standing_by"])


def test_every_finding_has_a_case_or_is_a_lead_and_never_both(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    put(night, trucks(1), trucks(2, ALIKE))
    night.run()
    with night.database.read() as connection:
        said = dict(connection.execute(select(DecisionRow.passage_id, DecisionRow.outcome)).all())
        findings = connection.execute(select(Finding.passage_id, Finding.case_id)).all()
    assert {passage_id for passage_id, _ in findings} == set(said)
    assert all((said[passage_id] == "case") == (case_id is not None) for passage_id, case_id in findings)
    assert Counter(said.values()) == {"case": 18, "lead": 18}


def test_a_rerun_changes_nothing(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    put(night, trucks(1), trucks(2, ALIKE))
    first, before = night.run(), snapshot(night.database)
    assert len(before["lane_day"]) == 2
    put(night, trucks(1), trucks(2, ALIKE))
    assert night.run() == first
    assert snapshot(night.database) == before
    assert (night.report.lanes_measured, night.report.leads_opened) == (0, 0)


def test_a_persons_word_opens_the_gate_and_the_next_night_judges_the_leads_again(
    make_night: MakeNight,
) -> None:
    night = make_night(None, 30)
    put(night, trucks(2, ALIKE))
    night.run()
    night.say(Standing.WATCHED)
    night.run(NEXT)
    assert night.report.leads_revived == {("test-1", DAY): 18}
    assert leads(night) == []
    cases = night.cases()
    assert {(case["standing"], case["standing_by"]) for case in cases} == {("watched", "检衡车复核")}
    with night.database.read() as connection:
        said = select(DecisionRow.number, DecisionRow.outcome, DecisionRow.standing).distinct()
        assert connection.execute(said.order_by(DecisionRow.number)).all() == [
            (1, "lead", "barred"),
            (2, "case", "watched"),
        ]
    assert night.run().leads_revived == 18
    before = snapshot(night.database)
    night.run(NEXT)
    assert snapshot(night.database) == before
    assert night.report.leads_revived == {}


def test_a_word_for_other_days_or_lanes_opens_nothing(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    put(night, trucks(2, ALIKE))
    night.run()
    night.say(Standing.TRUSTED, first=NEXT, last=NEXT)
    night.say(Standing.TRUSTED, lane=1)
    night.say(Standing.TRUSTED)
    night.say(Standing.BARRED)  # the last word on the day
    night.run(NEXT)
    assert (len(leads(night)), night.cases()) == (18, [])
    night.say(None)  # back to the measurements, which bar it too
    night.run(NEXT)
    assert len(leads(night)) == 18


def test_a_word_bars_a_lane_that_measures_well_and_taken_back_its_leads_are_cases(
    make_night: MakeNight,
) -> None:
    night = make_night(None, 30)
    night.say(Standing.BARRED)
    put(night, trucks(2))
    assert night.run().leads[0]["decided_kind"] == "override"
    assert {lead["standing_by"] for lead in leads(night)} == {"检衡车复核"}
    night.say(None)
    assert night.run().leads_revived == 18


def test_a_case_says_that_its_lane_was_barred_since(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    put(night, trucks(2))
    night.run()
    assert not any("lane_barred_since" in case["doubts"] for case in night.cases())  # type: ignore[operator]
    night.say(Standing.BARRED)
    assert all("lane_barred_since" in case["doubts"] for case in night.cases())  # type: ignore[operator]
    night.say(Standing.TRUSTED)
    assert not any("lane_barred_since" in case["doubts"] for case in night.cases())  # type: ignore[operator]


LACKING = {
    "no_legal_review": {"legal_review_on": None},
    "no_technical_review": {"technical_review_on": None},
}


@pytest.mark.parametrize("lacking", LACKING)
def test_without_a_review_everything_is_a_lead_and_no_word_lifts_that(
    make_night: MakeNight, lacking: str
) -> None:
    night = make_night(None, 30, **LACKING[lacking])
    put(night, trucks(1))
    found = night.run()
    assert (found.cases, [lead["obstacles"] for lead in found.leads]) == (0, [[lacking]])
    night.say(Standing.TRUSTED, lane=1)
    assert night.run().cases == 0
    # a review that comes later makes no evidence of what was measured before it
    night.station = night.station.model_copy(update={f"{lacking[3:]}_on": NEXT})
    assert (night.run().cases, len(leads(night))) == (0, 18)
    # a review that was there on the day and only not declared does
    night.station = night.station.model_copy(update={f"{lacking[3:]}_on": DAY})
    again = night.run()
    assert (again.cases, again.leads, again.leads_revived) == (18, [], 18)


def certificate(number: str, valid_from: date) -> Certificate:
    return Certificate(
        number=number,
        regulation="JJG 907-2006",
        accuracy_class="5",
        mpe_percent=5,
        verified_by="虚构计量院",
        valid_from=valid_from,
        valid_until=date(2099, 12, 31),
    )


UNLAWFUL = {
    "not_announced": {"announced_on": DAY - timedelta(days=14)},
    "no_certificate": {"certificates": (certificate("A", NEXT),)},
}


@pytest.mark.parametrize("lacking", UNLAWFUL)
def test_what_was_measured_before_publication_or_without_certificate_never_becomes_a_case(
    make_night: MakeNight, lacking: str
) -> None:
    night = make_night(None, 30, **UNLAWFUL[lacking])
    put(night, trucks(1))
    found = night.run()
    assert (found.over_limit_rejected, found.cases) == (18, 0)
    assert [(lead["obstacles"], lead["passages"]) for lead in found.leads] == [([lacking], 18)]
    night.say(Standing.TRUSTED, lane=1)
    lawful = {"announced_on": date(2021, 1, 1), "certificates": (certificate("A", date(2021, 1, 1)),)}
    night.station = night.station.model_copy(update=lawful)
    assert (night.run().cases, {*leads(night)[0]["obstacles"]}) == (0, {lacking})  # type: ignore[misc]


def test_plates_that_could_not_be_read_are_measured(make_night: MakeNight) -> None:
    night = make_night(clock_offset_ms=400)
    fill(night)
    night.run()
    with night.database.read() as connection:
        (stored,) = lane_days(connection, night.station.id, 1, DAY, DAY)
    unread = stored.measured.measure(Kind.PLATE_UNREAD)
    assert unread is not None
    # of five over the limit one is rejected, two are read
    assert (unread.n, unread.value) == (4, 50)


def test_a_fault_of_the_record_is_no_lead(make_night: MakeNight) -> None:
    night = make_night(None, 30, **UNLAWFUL["not_announced"])
    put(night, [hs_row(f"{DAY} 01:00:00.000", HEAVY_KG, speed=140)])
    assert (night.run().findings, leads(night)) == (0, [])


def test_late_records_are_measured_with_the_day_and_what_was_stored_stays(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    put(night, trucks(2, count=12))
    assert night.run().cases == 4
    put(night, trucks(2, ALIKE, first=100))
    with night.database.read() as connection:
        row = lane_row(connection, night.station, 2, DAY)
    assert row is not None
    assert (row["standing"], row["passages"], row["late"]) == ("watched", 12, 0)
    night.run_all.intake.take(night.station, list(night.inbox.iterdir()), remove=True)
    with night.database.read() as connection:
        late = lane_row(connection, night.station, 2, DAY)
    assert late == row | {"late": TRUCKS}
    found = night.run()
    assert lane_standings(night) == [(str(DAY), 12, "watched"), (str(DAY), 12 + TRUCKS, "barred")]
    assert (found.cases, [lead["passages"] for lead in found.leads]) == (4, [18])
    assert all("lane_barred_since" in case["doubts"] for case in night.cases())  # type: ignore[operator]


def test_late_records_that_dilute_a_bad_day_give_no_trust_back(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    put(night, trucks(2, ALIKE))
    night.run()
    put(night, trucks(2, first=100, count=500))
    found = night.run()
    assert [standing for _, _, standing in lane_standings(night)] == ["barred", "watched"]
    assert (found.cases, len(leads(night))) == (0, 18 + 166)


def test_days_run_out_of_order_each_follow_the_day_before(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    days = [DAY + timedelta(days=number) for number in range(4)]
    put(night, *(trucks(2, ALIKE if number == 1 else LEAN, day) for number, day in enumerate(days)))
    for number in (0, 2, 3, 1):
        night.run(days[number])
    assert lane_standings(night) == [
        (str(days[0]), TRUCKS, "watched"),
        (str(days[2]), TRUCKS, "watched"),
        (str(days[3]), TRUCKS, "watched"),
        (str(days[1]), TRUCKS, "barred"),
    ]
    before = snapshot(night.database)
    night.run(days[2])
    assert snapshot(night.database) == before
    following = days[3] + timedelta(days=1)
    put(night, trucks(2, day=following))
    night.run(following)
    assert lane_standings(night)[-1] == (str(following), TRUCKS, "watched")


def test_a_barred_lane_stays_barred_the_days_after(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    days = [DAY + timedelta(days=number) for number in range(3)]
    put(night, *(trucks(2, ALIKE if number == 0 else LEAN, day) for number, day in enumerate(days)))
    for day in days:
        night.run(day)
    assert [standing for _, _, standing in lane_standings(night)] == ["barred"] * 3
    assert night.cases(None) == []


def test_a_new_verification_starts_anew_and_revives_nothing(make_night: MakeNight) -> None:
    old, new = certificate("A", date(2021, 1, 1)), certificate("B", NEXT)
    night = make_night(None, 30, certificates=(old, new))
    put(night, trucks(2, ALIKE), trucks(2, day=NEXT))
    night.run()
    night.run(NEXT)
    assert [standing for _, _, standing in lane_standings(night)] == ["barred", "watched"]
    assert (len(leads(night)), len(night.cases(None))) == (18, 18)
    assert {case["certificate"] for case in night.cases(None)} == {"B"}


def test_a_lane_that_shows_nothing_is_not_measured(make_night: MakeNight) -> None:
    night = make_night()
    put(night, trucks(1, count=3))
    night.run()
    assert (len(lane_standings(night, 1)), lane_standings(night, 2)) == (1, [])


def test_a_lane_no_longer_declared_opens_no_case(make_night: MakeNight) -> None:
    night = make_night(None, 30)
    put(night, trucks(2))
    night.run_all.intake.take(night.station, list(night.inbox.iterdir()), remove=True)
    whole = night.station
    with night.database.write("test") as connection:
        plan_chunks(connection, whole, DAY, 100)
    night.run_all._judge([whole], NightReport(day=DAY), set())
    night.station = whole.model_copy(update={"lanes": whole.lanes[:1]})
    found = night.run()
    assert [lead["obstacles"] for lead in found.leads] == [["lane_unmeasured"]]
