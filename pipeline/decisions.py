"""What the gate makes of findings: verdict of a lane's day, decisions appended passage by passage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, select
from sqlalchemy.orm import aliased

from models import leases
from models.gate_tables import DecisionRow, LaneDayRow, OverrideRow
from models.passage_rows import passed_between
from models.tables import Finding, Passage
from models.values.states import Outcome, Standing, Word
from models.values.timeline import day_bounds_ms
from pipeline.gate.conditions import Obstacle, hindrances, obstacles_of
from pipeline.lane_rows import lane_days, last_night, overrides, word_on, worst
from pipeline.rules.rule_sets import rule_set_on, rule_sets
from stations.station import Station

SOME = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether findings of one lane and day may become cases, and by what.

    `measured_on` is the day whose measuring it rests on: the last night's while the day isn't measured yet.
    """

    obstacles: tuple[Obstacle, ...]
    standing: Standing
    lane_day_id: int | None
    measured_on: date | None
    override_id: int | None
    certificate: str

    @property
    def outcome(self) -> Outcome:
        """Return what becomes of a finding."""
        return Outcome.LEAD if self.obstacles else Outcome.CASE

    def of_record(self, codes: str, *, spoiled: bool = False) -> "Verdict":
        """Return the verdict on a record by its quality codes: what the station lacked when it was judged.

        `spoiled` says that the way the vehicle was driven spoils its mass.
        """
        lacked = (one for one in obstacles_of(codes) if one not in self.obstacles)
        driven = (Obstacle.MANOEUVRE,) if spoiled else ()
        return replace(self, obstacles=(*lacked, *self.obstacles, *driven))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision that holds for a passage."""

    number: int
    outcome: Outcome
    obstacles: str
    standing: str
    override_id: int | None
    measured_on: date | None

    def says(self, verdict: Verdict) -> bool:
        """Tell whether a verdict would only repeat it."""
        return (self.outcome, self.obstacles, self.standing, self.override_id, self.measured_on) == (
            verdict.outcome,
            " ".join(verdict.obstacles),
            verdict.standing,
            verdict.override_id,
            verdict.measured_on,
        )


def verdict_on(connection: Connection, station: Station, lane: int, day: date) -> Verdict:
    """Return the gate's verdict: a person's word, else that day's measurements, else the last night's."""
    rules = rule_set_on(station.province, day, rule_sets())
    measurings = lane_days(connection, station.id, lane, day, day)
    measured = worst(measurings) if measurings else last_night(connection, station, lane, day)
    word = word_on(overrides(connection, station.id, lane), day)
    held = word.override.standing if word else measured.state.standing if measured else None
    certificate = station.certificate_on(day)
    return Verdict(
        obstacles=hindrances(station, day, held, rules.announcement.days if rules else 0),
        standing=held or Standing.WATCHED,
        lane_day_id=measured.id if measured else None,
        measured_on=measured.day if measured else None,
        override_id=word.id if word else None,
        certificate=certificate.number if certificate else "",
    )


def holding() -> ColumnElement[bool]:
    """Return the condition that joins a passage with the decision that holds for it."""
    newest = aliased(DecisionRow)
    number = (
        select(func.max(newest.number))
        .where(newest.passage_id == Passage.id)
        .correlate(Passage)
        .scalar_subquery()
    )
    return and_(DecisionRow.passage_id == Passage.id, DecisionRow.number == number)


def decisions(connection: Connection, station: Station, day: date) -> dict[int, Decided]:
    """Return the decision that holds for each passage of a local day that has one."""
    rows = connection.execute(
        select(
            DecisionRow.passage_id,
            DecisionRow.number,
            DecisionRow.outcome,
            DecisionRow.obstacles,
            DecisionRow.standing,
            DecisionRow.override_id,
            LaneDayRow.day,
        )
        .join(Passage, Passage.id == DecisionRow.passage_id)
        .outerjoin(LaneDayRow, LaneDayRow.id == DecisionRow.lane_day_id)
        .where(passed_between(station.id, *day_bounds_ms(day, station.zone)))
        .order_by(DecisionRow.number)
    )
    return {
        passage_id: Decided(
            number=number,
            outcome=Outcome(outcome),
            obstacles=obstacles,
            standing=standing,
            override_id=override_id,
            measured_on=date.fromisoformat(measured_on) if measured_on else None,
        )
        for passage_id, number, outcome, obstacles, standing, override_id, measured_on in rows
    }


def restate(connection: Connection, station: Station, day: date, before: Mapping[int, Decided]) -> None:
    """Append, for cases opened before their day was measured, what the gate says by that day's measuring.

    They stay cases, whatever that is: a person may have looked at them.
    """
    early = [
        passage_id
        for passage_id, one in before.items()
        if one.outcome is Outcome.CASE and one.measured_on != day
    ]
    lanes: dict[int, int] = {}
    for start in range(0, len(early), SOME):
        some = Passage.id.in_(early[start : start + SOME])
        lanes |= dict(connection.execute(select(Passage.id, Passage.lane).where(some)).all())
    said = {lane: verdict_on(connection, station, lane, day) for lane in set(lanes.values())}
    verdicts = {
        passage_id: replace(said[lane], obstacles=())
        for passage_id, lane in lanes.items()
        if said[lane].measured_on == day
    }
    append(connection, verdicts, before)


def append(
    connection: Connection, verdicts: Mapping[int, Verdict], before: Mapping[int, Decided]
) -> list[int]:
    """Append a decision for each passage whose verdict isn't the one that holds; return those passages."""
    new = [
        passage_id
        for passage_id, verdict in sorted(verdicts.items())
        if passage_id not in before or not before[passage_id].says(verdict)
    ]
    if new:
        now = leases.now_ms(connection)
        rows = [
            {
                "passage_id": passage_id,
                "number": before[passage_id].number + 1 if passage_id in before else 1,
                "outcome": verdicts[passage_id].outcome.value,
                "obstacles": " ".join(verdicts[passage_id].obstacles),
                "standing": verdicts[passage_id].standing.value,
                "lane_day_id": verdicts[passage_id].lane_day_id,
                "override_id": verdicts[passage_id].override_id,
                "certificate": verdicts[passage_id].certificate,
                "decided_at": now,
            }
            for passage_id in new
        ]
        connection.execute(insert(DecisionRow), rows)
    return new


def days_to_judge_again(connection: Connection, station: Station) -> Sequence[date]:
    """Return days with leads of a barred lane for which a person's word may have opened the gate since."""
    waiting = exists().where(
        DecisionRow.lane_day_id == LaneDayRow.id,
        DecisionRow.obstacles == Obstacle.LANE_BARRED,
        Finding.passage_id == DecisionRow.passage_id,
        Finding.case_id.is_(None),
    )
    covered = (
        (OverrideRow.station_id == LaneDayRow.station_id)
        & (OverrideRow.lane == LaneDayRow.lane)
        & (OverrideRow.first_day <= LaneDayRow.day)
        & (OverrideRow.last_day >= LaneDayRow.day)
    )
    opening = OverrideRow.standing != Word.BARRED
    days = (
        select(LaneDayRow.day)
        .join(OverrideRow, covered)
        .where(OverrideRow.station_id == station.id, opening, waiting)
        .distinct()
        .order_by(LaneDayRow.day)
    )
    return [date.fromisoformat(day) for day in connection.scalars(days)]


def count_waiting(connection: Connection, station: Station, lane: int, first: date, last: date) -> int:
    """Return how many passages of a lane and days are leads that only its standing keeps from cases."""
    waiting = (
        select(func.count(func.distinct(DecisionRow.passage_id)))
        .join(LaneDayRow, LaneDayRow.id == DecisionRow.lane_day_id)
        .join(Finding, Finding.passage_id == DecisionRow.passage_id)
        .where(LaneDayRow.station_id == station.id, LaneDayRow.lane == lane)
        .where(LaneDayRow.day >= str(first), LaneDayRow.day <= str(last))
        .where(DecisionRow.obstacles == Obstacle.LANE_BARRED, Finding.case_id.is_(None))
    )
    return connection.scalar(waiting) or 0
