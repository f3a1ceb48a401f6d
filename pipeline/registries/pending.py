"""Which cases are to be looked up, and what was weighed and read of each."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, false, func, select

from models.case_tables import PlateCorrection
from models.registry_tables import CaseLookup
from models.tables import Case, Finding, Frame, Judgement, Passage, PlateReadingRow
from models.values.findings import Doubt
from models.values.lookups import LookupState
from models.values.plates import PlateColour
from models.values.registry import Plate
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.cases import named_vehicle
from pipeline.plates.fuse import TRAILER
from pipeline.plates.grammar import pattern_of
from pipeline.registries.decide import Reading
from pipeline.registries.fit import Seen
from stations.station import Station

# The station's own reading names a vehicle where ours does not; it brings no confidence of its own.
STATION_CONFIDENCE = 0.5
# An officer who looked at the frames.
OFFICER_CONFIDENCE = 0.99
_IN_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCase:
    """A case to be looked up, by its best read passage.

    `characters` is how sure each character of the plate is; `others` are other readings of that passage;
    `trailer` is the trailer's plate, "" if none was read. `corrected` says that an officer read the plate, in
    place of what was read before.
    """

    case_id: int
    number: str
    station: Station
    day: date
    passage_id: int
    reading: Reading
    characters: tuple[float, ...]
    others: tuple[str, ...]
    trailer: str
    seen: Seen
    decided_kg: int
    corrected: bool = False


def pending_cases(
    connection: Connection, stations: Sequence[Station], day: date | None, threshold: float
) -> list[PendingCase]:
    """Return the cases of a day that were never looked up, and of any day those that wait or were corrected.

    A case whose plate reads otherwise now counts as never looked up. Without `day` only those of any day.
    """
    waits = (CaseLookup.state == LookupState.WAITING) | _otherwise()
    return _pending(connection, stations, threshold, lambda station: waits | _of_day(station, day))


def corrected_cases(
    connection: Connection, stations: Sequence[Station], threshold: float, also: Collection[int] = ()
) -> list[PendingCase]:
    """Return the cases whose plate an officer corrected since they were looked up.

    Those of the ids `also` are among them where they were never looked up, or still wait.
    """
    return _pending(connection, stations, threshold, lambda _: _otherwise() | Case.id.in_(also))


def _pending(
    connection: Connection,
    stations: Sequence[Station],
    threshold: float,
    wanted: Callable[[Station], ColumnElement[bool]],
) -> list[PendingCase]:
    pending = []
    for station in stations:
        rows = connection.execute(_query(station).where(wanted(station))).all()
        readings = _readings(connection, [row.passage_id for row in rows])
        by_case: defaultdict[int, list[Any]] = defaultdict(list)
        for row in rows:
            by_case[row.id].append(row)
        for of_case in by_case.values():
            # The passage whose plate was read best speaks for the case.
            best = max(of_case, key=lambda row: (row.plate_confidence, row.gross_kg))
            case = _case(best, station, readings[best.passage_id], threshold)
            if best.state in {None, LookupState.WAITING} or best.read_plate != case.reading.plate.text:
                pending.append(case)
    return pending


def _corrected() -> ScalarSelect[str]:
    """Return the plate as an officer last corrected it, NULL where nobody did."""
    return (
        select(PlateCorrection.after)
        .where(PlateCorrection.case_id == Case.id)
        .order_by(PlateCorrection.id.desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )


def _otherwise() -> ColumnElement[bool]:
    """Tell whether an officer's correction is not the plate that was looked up."""
    corrected = Case.id.in_(select(PlateCorrection.case_id))
    return corrected & (CaseLookup.id.is_(None) | (CaseLookup.read_plate != _corrected()))


def _of_day(station: Station, day: date | None) -> ColumnElement[bool]:
    if day is None:
        return false()
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    return (Case.passed_at >= start_ms) & (Case.passed_at < end_ms)


def _query(station: Station) -> Select[*tuple[Any, ...]]:
    latest = (
        select(func.max(CaseLookup.id)).where(CaseLookup.case_id == Case.id).correlate(Case).scalar_subquery()
    )
    return (
        select(
            Case.id,
            Case.number,
            _corrected().label("corrected"),
            Passage.id.label("passage_id"),
            Passage.passed_at,
            Passage.axle_count,
            Passage.gross_kg,
            Passage.spacing_mm,
            Passage.length_mm,
            Passage.plate_front,
            Passage.plate_rear,
            Judgement.plate,
            Judgement.plate_colour,
            Judgement.plate_confidence,
            Judgement.doubts,
            Judgement.decided_kg,
            CaseLookup.state,
            CaseLookup.reason,
            CaseLookup.read_plate,
        )
        .join(Finding, Finding.case_id == Case.id)
        .join(Passage, Passage.id == Finding.passage_id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .outerjoin(CaseLookup, CaseLookup.id == latest)
        .where(Case.station_id == station.id)
        .distinct()
        .order_by(Case.id, Passage.id)
    )


def _readings(connection: Connection, passage_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Return all readings of each passage's frames, the surest first."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for start in range(0, len(passage_ids), _IN_MAX):
        rows = connection.execute(
            select(
                Frame.passage_id,
                PlateReadingRow.text,
                PlateReadingRow.confidence,
                PlateReadingRow.characters,
            )
            .join(Frame, Frame.id == PlateReadingRow.frame_id)
            .where(Frame.passage_id.in_(passage_ids[start : start + _IN_MAX]))
            .order_by(PlateReadingRow.confidence.desc(), PlateReadingRow.id)
        )
        for row in rows:
            found[row.passage_id].append(row)
    return found


def _case(row: Any, station: Station, readings: Sequence[Any], threshold: float) -> PendingCase:  # noqa: ANN401 (a row)
    corrected = row.corrected is not None
    text = row.corrected if corrected else named_vehicle(row.plate, row.plate_front)
    read = OFFICER_CONFIDENCE if corrected else row.plate_confidence if row.plate else STATION_CONFIDENCE
    colour = PlateColour(row.plate_colour) if row.plate else PlateColour.UNKNOWN
    disputed = bool({Doubt.FRAMES_DISAGREE, Doubt.PLATE_DISAGREES} & set(row.doubts.split()))
    trailers = [one.text for one in readings if one.text.endswith(TRAILER) and one.confidence >= threshold]
    if row.plate_rear.endswith(TRAILER) and pattern_of(row.plate_rear):
        trailers.append(row.plate_rear)
    others = [one.text for one in readings if not one.text.endswith(TRAILER)]
    others += [plate for plate in (row.plate_front, row.plate_rear) if not plate.endswith(TRAILER)]
    sure: list[float] = next((json.loads(one.characters) for one in readings if one.text == text), [])
    return PendingCase(
        case_id=row.id,
        number=row.number,
        station=station,
        day=from_ms(row.passed_at, station.zone).date(),
        passage_id=row.passage_id,
        reading=Reading(
            plate=Plate(text=text, colour=colour),
            confidence=read,
            disputed=disputed and not corrected,
        ),
        characters=tuple(sure),
        others=tuple(dict.fromkeys(other for other in others if other)),
        trailer=trailers[0] if trailers else "",
        seen=Seen(
            axle_count=row.axle_count,
            gross_kg=row.gross_kg,
            spacing_mm=tuple(int(part) for part in row.spacing_mm.split(",") if part),
            length_mm=row.length_mm,
            colour=colour,
        ),
        decided_kg=row.decided_kg,
        corrected=corrected,
    )
