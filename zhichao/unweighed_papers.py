"""What the database knows of a case that rests on no overload, as the fields of a letter to the police."""

from typing import Any

from sqlalchemy import Connection, select

from models.case_life import life_of
from models.evasion_tables import ManoeuvreRow
from models.legibility_tables import ObscuringRow
from models.tables import Finding, Frame
from models.values.case_life import CaseState
from models.values.findings import FindingKind
from models.values.passages import FrameKind
from models.values.timeline import from_ms
from pipeline.evasion.rows import stands
from pipeline.obscured_rows import as_told
from stations.station import Station
from zhichao.paper_fields import CaseFacts
from zhichao.settings import ConfigError

SHOWS = {
    FrameKind.FRONT: "车头",
    FrameKind.SIDE: "车侧",
    FrameKind.REAR: "车尾",
    FrameKind.PANORAMA: "全景",
    FrameKind.UNKNOWN: "抓拍",
}
MOST_PHOTOGRAPHS = 6


def unweighed_facts(connection: Connection, station: Station, number: str, row: Any) -> CaseFacts:  # noqa: ANN401 (a row of several tables)
    """Return what was seen of the passage `row`, and nothing of its mass.

    The act found is a person's word, given in a file; the description may be, too.

    Raises:
        ConfigError: no plate is thought hidden, or the case was not handed on yet: no letter may say so.

    """
    of_plate = (Finding.case_id == row.case_id) & (Finding.kind == FindingKind.PLATE_OBSCURED)
    if connection.scalar(select(Finding.id).where(of_plate).limit(1)) is None:
        raise ConfigError(f"案件 {number} 没有涉嫌遮挡号牌的情形，不出具文书；规避检测由承办机构依法查处")
    state = CaseState(life_of(connection, number).state)
    if state is not CaseState.TRANSFERRED:
        raise ConfigError(f"案件 {number} 为“{state.label}”，审核查清、由班长转为“已移送”后才能出具移送函")
    shown = photographs(connection, row.passage_id, station)
    return CaseFacts(
        case_id=row.case_id,
        unweighed=True,
        fields={
            "case_number": number,
            "place": f"{station.road} {station.chainage}",
            "seen_at": from_ms(row.passed_at, station.zone),
            "description": _seen(connection, row.passage_id),
            "photographs": shown,
            "record_sha256": row.record_sha256,
            "evidence": [
                f"过车记录1份（SHA-256：{row.record_sha256[:16]}…）",
                f"抓拍图片{len(shown)}张",
            ],
        },
    )


def _seen(connection: Connection, passage_id: int) -> str:
    """Return what the night saw of the plate and the driving, a line each."""
    hidden = select(ObscuringRow).where(ObscuringRow.passage_id == passage_id)
    last = connection.execute(hidden.order_by(ObscuringRow.number.desc()).limit(1)).first()
    told = as_told(last) if last is not None else None
    # Reasons are kept of what accuses nobody, too.
    reasons = told.reasons if told is not None and told.flagged else ()
    driven = select(ManoeuvreRow.sentence).where(
        ManoeuvreRow.passage_id == passage_id, ManoeuvreRow.excused == "", stands(ManoeuvreRow)
    )
    return "\n".join([*reasons, *connection.scalars(driven.order_by(ManoeuvreRow.id))])


def photographs(connection: Connection, passage_id: int, station: Station) -> list[dict[str, Any]]:
    """Return a passage's frames, the first six, as documents show them."""
    frames = connection.execute(
        select(Frame.sha256, Frame.kind, Frame.taken_at)
        .where(Frame.passage_id == passage_id, Frame.problem == "", Frame.kind != FrameKind.VIDEO)
        .order_by(Frame.kind, Frame.taken_at, Frame.sha256)
        .limit(MOST_PHOTOGRAPHS)
    )
    return [
        {
            "sha256": frame.sha256,
            "shows": SHOWS[FrameKind(frame.kind)],
            "taken_at": from_ms(frame.taken_at, station.zone) if frame.taken_at is not None else None,
        }
        for frame in frames
    ]
