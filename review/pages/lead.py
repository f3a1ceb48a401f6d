"""One lead on which a person may speak: its pictures, what accuses it, who it may have been."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from starlette.responses import Response

from models.case_life import ZONE
from models.tables import Case, Finding, Frame, Judgement, Passage
from models.values.findings import FindingKind
from models.values.timeline import from_ms
from pipeline.cases import named_vehicle
from pipeline.evasion.unweighed import waiting_unweighed
from pipeline.evasion.words import is_lead
from review.access import CASE_READERS, Page, Visit, see
from review.drawing import AxleDrawing, draw_axles
from review.forms import whole
from review.identity import Identity, identity_of
from review.looks import note_look
from review.pages.evasion import SPEAKERS, manoeuvres_of, pictures_of
from review.pages.legibility import PlatesSeen, plates_seen
from review.refusals import NotFoundError
from review.site import Site

BESIDE = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A lead as an officer sees it."""

    record: Any
    vehicle: str
    passed: datetime
    site: Site | None
    kinds: tuple[FindingKind, ...]
    frames: tuple[Any, ...]
    axles: AxleDrawing
    manoeuvres: tuple[Any, ...]
    plates_seen: PlatesSeen
    identity: Identity

    @property
    def weighed(self) -> bool:
        """Whether an overload stands in it, so that a person is asked about its mass."""
        return FindingKind.OVERLOAD in self.kinds


def show(visit: Visit) -> Response:
    """Return the page of a lead, or its case where it has one."""
    passage_id = whole(visit.path("passage")) or 0
    with visit.office.read() as connection:
        numbers = select(Case.number).join(Finding, Finding.case_id == Case.id)
        number = connection.scalar(numbers.where(Finding.passage_id == passage_id).limit(1))
        lead = _lead(visit, connection, passage_id) if is_lead(connection, passage_id) else None
        beside = waiting_unweighed(connection, BESIDE)
        pictures = pictures_of(connection, beside, ())
    if lead is None and number is not None:
        return see(f"/cases/{number}")
    if lead is None:
        raise NotFoundError("没有这条线索")
    note_look(visit.office, visit.officer, f"passage/{passage_id}")
    return visit.render(
        "lead.html", lead=lead, beside=beside, pictures=pictures, speaks=visit.officer.role in SPEAKERS
    )


def _lead(visit: Visit, connection: Connection, passage_id: int) -> Lead:
    record = connection.execute(
        select(Passage, Judgement.plate, Judgement.decided_kg, Judgement.limit_kg)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(Passage.id == passage_id)
    ).one()
    site = visit.office.site(record.station_id)
    kinds = select(Finding.kind).where(Finding.passage_id == passage_id, Finding.case_id.is_(None))
    frames = select(Frame.id, Frame.sha256, Frame.kind, Frame.problem).where(Frame.passage_id == passage_id)
    these = [passage_id]
    return Lead(
        record=record,
        vehicle=named_vehicle(record.plate, record.plate_front),
        passed=from_ms(record.passed_at, site.zone if site else ZONE),
        site=site,
        kinds=tuple(sorted(map(FindingKind, connection.scalars(kinds)))),
        frames=tuple(connection.execute(frames.order_by(Frame.kind, Frame.id))),
        axles=draw_axles(_numbers(record.axle_kg), _numbers(record.spacing_mm)),
        manoeuvres=tuple(manoeuvres_of(connection, these)),
        plates_seen=plates_seen(connection, these),
        identity=identity_of(connection, these),
    )


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",") if one]


PAGES = (Page(path="/evasion/{passage}", show=show, roles=CASE_READERS),)
