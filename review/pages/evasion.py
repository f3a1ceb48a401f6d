"""Evasion: how vehicles were driven so that the scale could not weigh them, for a person to look at."""

from collections import defaultdict
from collections.abc import Container, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select
from starlette.responses import Response

from models.case_life import ZONE
from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.legibility_tables import PlateLegibilityRow
from models.reidentify_tables import CandidateRow, PlateCheck, PlateConflict, SearchRow
from models.tables import Finding, Frame, Judgement, Passage
from models.values.findings import FindingKind
from models.values.legibility import Legibility
from models.values.office import Role
from models.values.states import WeighingWord
from pipeline.cases import named_vehicle
from pipeline.evasion.rows import stands
from pipeline.evasion.unweighed import open_unweighed, waiting_unweighed
from pipeline.evasion.words import Said, last_word, say, waiting_leads
from pipeline.gate.conditions import Obstacle
from pipeline.reidentify.lists import CONFLICTS
from review.access import CASE_READERS, Page, Visit, see
from review.forms import line, number
from review.looks import note_look
from review.refusals import BadInputError

# The word that opens the case of a lead without an overload.
OPEN = "open"
SPEAKERS = frozenset({Role.REVIEWER, Role.TEAM_LEADER})
SHOWN, NIGHTS, TOLD = 100, 14, 3
DRIVEN = (
    select(
        ManoeuvreRow.passage_id,
        ManoeuvreRow.sentence,
        ManoeuvreRow.excused,
        WeighingWordRow.word,
        WeighingWordRow.actor,
        WeighingWordRow.reason,
    )
    .join(Passage, Passage.id == ManoeuvreRow.passage_id)
    .outerjoin(WeighingWordRow, last_word())
    .where(ManoeuvreRow.passage_id.in_(bindparam("passages", expanding=True)), stands(ManoeuvreRow))
    .order_by(ManoeuvreRow.passage_id, ManoeuvreRow.sentence)
)
LATEST = (
    select(
        Passage.id,
        Passage.station_id,
        Passage.passed_at,
        Passage.lane,
        Passage.axle_count,
        Passage.gross_kg,
        Passage.plate_front,
        Judgement.plate,
        Finding.id.label("accused"),
        ManoeuvreRow.sentence,
        ManoeuvreRow.excused,
        WeighingWordRow.word,
        WeighingWordRow.actor,
        WeighingWordRow.reason,
    )
    .join(Passage, Passage.id == ManoeuvreRow.passage_id)
    .outerjoin(Judgement, Judgement.passage_id == Passage.id)
    .outerjoin(
        Finding,
        (Finding.passage_id == Passage.id)
        & (Finding.kind == FindingKind.EVASION.value)
        # A finding stays with its case when what it tells of is gone.
        & (ManoeuvreRow.excused == ""),
    )
    .outerjoin(WeighingWordRow, last_word())
    .where(stands(ManoeuvreRow))
    .order_by(ManoeuvreRow.id.desc())
    .limit(SHOWN)
)

CHECKED = select(PlateCheck.__table__).order_by(PlateCheck.day.desc(), PlateCheck.station_id).limit(NIGHTS)
# Who it may have been, of those without a plate; a hint, as on a case's page.
LIKELIEST = (
    select(SearchRow.passage_id, CandidateRow.plate, CandidateRow.probability)
    .join(CandidateRow, CandidateRow.search_id == SearchRow.id)
    .where(SearchRow.passage_id.in_(bindparam("passages", expanding=True)), CandidateRow.place <= TOLD)
    .order_by(SearchRow.passage_id, CandidateRow.place)
)
# What each frame's surest plate, or its place, shows.
PICTURED = (
    select(Frame.passage_id, PlateLegibilityRow.id, PlateLegibilityRow.legibility, PlateLegibilityRow.text)
    .join(Frame, Frame.id == PlateLegibilityRow.frame_id)
    .where(Frame.passage_id.in_(bindparam("passages", expanding=True)))
    .where(PlateLegibilityRow.position == 0)
    .where((PlateLegibilityRow.rows > 0) | (PlateLegibilityRow.legibility == Legibility.MISSING.value))
    .order_by(PlateLegibilityRow.id)
)
HIDDEN = select(Finding.passage_id).where(
    Finding.passage_id.in_(bindparam("passages", expanding=True)),
    Finding.kind == FindingKind.PLATE_OBSCURED.value,
)
TWICE = CONFLICTS.order_by(None).order_by(PlateConflict.id.desc()).limit(SHOWN)


def show(visit: Visit) -> Response:
    """Return the leads that wait for a person's word, plates on two vehicles, and the latest manoeuvres."""
    seen: defaultdict[int, list[str]] = defaultdict(list)
    with visit.office.read() as connection:
        rows = connection.execute(LATEST).all()
        conflicts = connection.execute(TWICE).all()
        checked = connection.execute(CHECKED).all()
        waiting = waiting_leads(connection, SHOWN)
        unweighed = waiting_unweighed(connection, SHOWN)
        numbers = [one.id for one in unweighed]
        hidden = set(connection.scalars(HIDDEN, {"passages": numbers}))
        pictures = pictures_of(connection, unweighed, hidden)
        of_waiting = select(ManoeuvreRow.passage_id, ManoeuvreRow.sentence, ManoeuvreRow.excused)
        of_waiting = of_waiting.where(stands(ManoeuvreRow)).order_by(ManoeuvreRow.id)
        for passage_id, sentence, excused in connection.execute(
            of_waiting.where(ManoeuvreRow.passage_id.in_([*(one.id for one in waiting), *numbers]))
        ):
            if not excused or passage_id not in numbers:
                seen[passage_id].append(sentence)
        accused = [*unweighed, *(row for row in rows if row.accused)]
        plates = {row.id: named_vehicle(row.plate or "", row.plate_front) for row in accused}
        nameless = [passage_id for passage_id, plate in plates.items() if not plate]
        likeliest: defaultdict[int, list[Any]] = defaultdict(list)
        for one in connection.execute(LIKELIEST, {"passages": nameless}):
            likeliest[one.passage_id].append(one)
    if conflicts or likeliest or any(plates.values()):
        # Whole plates and where they were, of vehicles that are in no case.
        note_look(visit.office, visit.officer, "evasion/plates")
    return visit.render(
        "evasion.html",
        rows=rows,
        conflicts=conflicts,
        checked=checked,
        waiting=waiting,
        unweighed=unweighed,
        pictures=pictures,
        hidden=hidden,
        seen=seen,
        plates=plates,
        likeliest=likeliest,
        obstacles=[one for one in Obstacle if one is not Obstacle.MANOEUVRE],
        speaks=visit.officer.role in SPEAKERS,
        sites=visit.office.sites,
        shown=SHOWN,
    )


def pictures_of(connection: Connection, leads: Sequence[Any], hidden: Container[int]) -> dict[int, int]:
    """Return by passage the plate to show: an unseen one where hiding is thought of, else its own."""
    plates = {one.id: one.plate for one in leads}
    chosen: dict[int, int] = {}
    for row in connection.execute(PICTURED, {"passages": list(plates)}):
        unseen = row.legibility != Legibility.CLEAR.value
        fits = unseen if row.passage_id in hidden else row.text == plates[row.passage_id]
        if fits or row.passage_id not in chosen:
            chosen[row.passage_id] = row.id
    return chosen


def speak(visit: Visit) -> Response:
    """Keep a reviewer's word on a lead: one on a weighing works the next night, a case is opened at once."""
    word = visit.form.get("word", "")
    if word not in {OPEN, *WeighingWord}:
        raise BadInputError("请选择提请审核、称重有效或者不予立案")
    reason = line(visit.form, "note")
    if not reason:
        raise BadInputError("请填写理由")
    passage_id = number(visit.form, "passage")
    if word == OPEN:
        return _open(visit, passage_id, reason)
    said = Said(passage_id=passage_id, word=WeighingWord(word), reason=reason)
    with visit.office.write("console.weighing") as connection:
        say(connection, said, visit.officer.actor, visit.office.clock_ms())
    return see("/evasion")


def _open(visit: Visit, passage_id: int, reason: str) -> Response:
    office = visit.office
    with office.write("console.lead_opened") as connection:
        station_id = connection.scalar(select(Passage.station_id).where(Passage.id == passage_id))
        site = office.site(station_id or "")
        zone = site.zone if site else ZONE
        opened = open_unweighed(connection, passage_id, zone, reason, visit.officer.actor, office.clock_ms())
    return see(f"/cases/{opened}")


def manoeuvres_of(connection: Connection, passages: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return what was seen of the driving in passages."""
    return connection.execute(DRIVEN, {"passages": passages}).all()


PAGES = (
    Page(path="/evasion", show=show, roles=CASE_READERS),
    Page(path="/evasion", show=speak, roles=SPEAKERS, method="POST"),
)
