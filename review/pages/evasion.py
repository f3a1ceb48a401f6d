"""Evasion: how vehicles were driven so that the scale could not weigh them, for a person to look at."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select
from starlette.responses import Response

from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.reidentify_tables import CandidateRow, PlateCheck, PlateConflict, SearchRow
from models.tables import Finding, Judgement, Passage
from models.values.findings import FindingKind
from models.values.office import Role
from models.values.states import WeighingWord
from pipeline.cases import named_vehicle
from pipeline.evasion.rows import stands
from pipeline.evasion.words import Said, last_word, say, waiting_leads
from pipeline.gate.conditions import Obstacle
from pipeline.reidentify.lists import CONFLICTS
from review.access import CASE_READERS, Page, Visit, see
from review.forms import line, number
from review.looks import note_look
from review.refusals import BadInputError

SPEAKERS = frozenset({Role.REVIEWER, Role.TEAM_LEADER})
SHOWN, NIGHTS, TOLD = 100, 14, 3
OF_CASE = (
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
    .join(Finding, Finding.passage_id == ManoeuvreRow.passage_id)
    .where(Finding.case_id == bindparam("case_id"), stands(ManoeuvreRow))
    .distinct()
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
TWICE = CONFLICTS.order_by(None).order_by(PlateConflict.id.desc()).limit(SHOWN)


def show(visit: Visit) -> Response:
    """Return the leads that wait for a person's word, plates on two vehicles, and the latest manoeuvres."""
    seen: defaultdict[int, list[str]] = defaultdict(list)
    with visit.office.read() as connection:
        rows = connection.execute(LATEST).all()
        conflicts = connection.execute(TWICE).all()
        checked = connection.execute(CHECKED).all()
        waiting = waiting_leads(connection, SHOWN)
        of_waiting = select(ManoeuvreRow.passage_id, ManoeuvreRow.sentence)
        of_waiting = of_waiting.where(stands(ManoeuvreRow)).order_by(ManoeuvreRow.id)
        for passage_id, sentence in connection.execute(
            of_waiting.where(ManoeuvreRow.passage_id.in_([one.id for one in waiting]))
        ):
            seen[passage_id].append(sentence)
        plates = {row.id: named_vehicle(row.plate or "", row.plate_front) for row in rows if row.accused}
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
        seen=seen,
        plates=plates,
        likeliest=likeliest,
        obstacles=[one for one in Obstacle if one is not Obstacle.MANOEUVRE],
        words=WeighingWord,
        speaks=visit.officer.role in SPEAKERS,
        sites=visit.office.sites,
        shown=SHOWN,
    )


def speak(visit: Visit) -> Response:
    """Keep a reviewer's word on a weighing; the next night opens the case where it stands."""
    word = visit.form.get("word", "")
    if word not in set(WeighingWord):
        raise BadInputError("请选择称重有效或者不予立案")
    reason = line(visit.form, "note")
    if not reason:
        raise BadInputError("请填写理由")
    said = Said(passage_id=number(visit.form, "passage"), word=WeighingWord(word), reason=reason)
    with visit.office.write("console.weighing") as connection:
        say(connection, said, visit.officer.actor, visit.office.clock_ms())
    return see("/evasion")


def manoeuvres_of(connection: Connection, case_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return what was seen of the driving in a case's passages."""
    return connection.execute(OF_CASE, {"case_id": case_id}).all()


PAGES = (
    Page(path="/evasion", show=show, roles=CASE_READERS),
    Page(path="/evasion", show=speak, roles=SPEAKERS, method="POST"),
)
