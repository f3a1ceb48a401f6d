"""The night's cases for people and programs: CSV and JSON, the same content each time."""

import csv
import io
import json
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from models.evasion_tables import ManoeuvreRow
from models.gate_tables import DecisionRow, LaneDayRow, OverrideRow
from models.passage_rows import passed_between
from models.tables import Case, Finding, Frame, Judgement, Passage, PlateReadingRow
from models.values.findings import Doubt, FindingKind, doubts_on_plate
from models.values.plates import PlateColour
from models.values.quality import QualityCode
from models.values.states import Outcome, Standing
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.decisions import holding
from pipeline.evasion.rows import let_stand, stands
from stations.station import Station

# A cell that begins so would be run as a formula by spreadsheet programs.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def case_rows(
    connection: Connection, station: Station, day: date | None, number: str = ""
) -> list[dict[str, Any]]:
    """Return one dict for each passage of each case of a station, by time; of one local day, or of all.

    With `number`, only of that case.
    """
    query = (
        _flagged(connection, station, day)
        .add_columns(Case.number)
        .join(Case, Case.id == Finding.case_id)
        .where(Case.station_id == station.id)
        .group_by(Case.id)
        .order_by(Case.passed_at, Case.number, Passage.passed_at, Passage.record_key)
    )
    if number:
        query = query.where(Case.number == number)
    rows = (row._mapping for row in connection.execute(query))  # noqa: SLF001 (public in SQLAlchemy)
    return [{"case": row["number"]} | _row(station, row) for row in rows]


def lead_rows(connection: Connection, station: Station, day: date | None) -> list[dict[str, Any]]:
    """Return one dict for each passage that the gate keeps as a lead, by time; see `case_rows`."""
    query = (
        _flagged(connection, station, day)
        .where(Passage.station_id == station.id, Finding.case_id.is_(None))
        .where(DecisionRow.outcome == Outcome.LEAD)
        .order_by(Passage.passed_at, Passage.record_key)
    )
    rows = (row._mapping for row in connection.execute(query))  # noqa: SLF001 (public in SQLAlchemy)
    return [_row(station, row) | {"obstacles": row["obstacles"].split()} for row in rows]


def _flagged(connection: Connection, station: Station, day: date | None) -> Select[*tuple[Any, ...]]:
    """Return the query of passages with findings, what was judged of them and what the gate says."""
    kinds = func.group_concat if connection.dialect.name == "sqlite" else func.string_agg
    query = (
        select(
            Passage.passed_at,
            Passage.lane,
            Passage.axle_count,
            Passage.gross_kg,
            Judgement,
            Passage.plate_front,
            Passage.plate_rear,
            Frame.sha256,
            _plate_box().label("box"),
            kinds(Finding.kind, " ").label("kinds"),
            DecisionRow.standing,
            DecisionRow.obstacles,
            DecisionRow.certificate,
            LaneDayRow.decided_by,
            OverrideRow.reason,
            _barred_since().label("barred_since"),
            exists()
            .where(ManoeuvreRow.passage_id == Passage.id, stands(ManoeuvreRow), let_stand(ManoeuvreRow))
            .label("let_stand"),
        )
        .join(Finding, Finding.passage_id == Passage.id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .outerjoin(Frame, Frame.id == Judgement.plate_frame_id)
        .outerjoin(DecisionRow, holding())
        .outerjoin(LaneDayRow, LaneDayRow.id == DecisionRow.lane_day_id)
        .outerjoin(OverrideRow, OverrideRow.id == DecisionRow.override_id)
        .group_by(Passage.id, Judgement.passage_id, Frame.id, DecisionRow.id, LaneDayRow.id, OverrideRow.id)
    )
    if day is None:
        return query
    return query.where(passed_between(station.id, *day_bounds_ms(day, station.zone)))


def _barred_since() -> ColumnElement[bool]:
    """Return whether lane and day were barred since the case was opened: by night, records, or a person."""
    later, word, newer = aliased(LaneDayRow), aliased(OverrideRow), aliased(OverrideRow)

    def covers(said: type[OverrideRow]) -> ColumnElement[bool]:
        return and_(
            said.station_id == LaneDayRow.station_id,
            said.lane == LaneDayRow.lane,
            said.first_day <= LaneDayRow.day,
            said.last_day >= LaneDayRow.day,
        )

    by_records = exists().where(
        DecisionRow.override_id.is_(None),
        later.station_id == LaneDayRow.station_id,
        later.lane == LaneDayRow.lane,
        later.day == LaneDayRow.day,
        later.passages > LaneDayRow.passages,
        later.standing == Standing.BARRED,
    )
    by_word = exists().where(
        covers(word),
        word.standing == Standing.BARRED,
        ~exists().where(covers(newer), newer.id > word.id),
    )
    by_night = DecisionRow.standing == Standing.BARRED
    return (DecisionRow.outcome == Outcome.CASE) & (by_night | by_records | by_word)


def _plate_box() -> ScalarSelect[str]:
    """Return where the plate that names the vehicle lies in its frame, as JSON."""
    return (
        select(func.min(PlateReadingRow.box))
        .where(
            PlateReadingRow.frame_id == Judgement.plate_frame_id,
            PlateReadingRow.text == Judgement.plate,
        )
        .correlate(Judgement)
        .scalar_subquery()
    )


def _row(station: Station, row: Any) -> dict[str, Any]:  # noqa: ANN401 (a row mapping)
    codes = [QualityCode(word) for word in row["codes"].split()]
    doubts = [Doubt(word) for word in row["doubts"].split()]
    doubts += [Doubt.LANE_WATCHED] * (row["standing"] == Standing.WATCHED)
    doubts += [Doubt.LANE_BARRED_SINCE] * bool(row["barred_since"])
    doubts += [Doubt.WEIGHING_LET_STAND] * bool(row["let_stand"])
    kinds = sorted(FindingKind(word) for word in set(row["kinds"].split()))
    doubts += doubts_on_plate(kinds, row["plate"])
    return {
        "station": station.id,
        "time": from_ms(row["passed_at"], station.zone).isoformat(timespec="milliseconds"),
        "lane": row["lane"],
        "findings": list(kinds),
        "plate": row["plate"],
        "plate_colour": row["plate_colour"],
        "plate_confidence": round(row["plate_confidence"], 4),
        "plate_by_station": row["plate_front"],
        "plate_rear_by_station": row["plate_rear"],
        "axle_count": row["axle_count"],
        "gross_kg": row["gross_kg"],
        "decided_kg": row["decided_kg"],
        "limit_kg": row["limit_kg"],
        "excess_kg": row["excess_kg"],
        "excess_ratio": round(row["excess_kg"] / row["limit_kg"], 6) if row["limit_kg"] else 0.0,
        "rule_set": row["rule_set"],
        "quality": list(codes),
        "doubts": list(doubts),
        "reasons": [kind.label for kind in kinds]
        + [code.label for code in codes]
        + [d.label for d in doubts],
        "plate_frame_sha256": row["sha256"] or "",
        "plate_box": json.loads(row["box"] or "[]"),
        "standing": row["standing"] or "",
        "standing_by": row["reason"] or row["decided_by"] or "",
        "certificate": row["certificate"] or "",
    }


HEADINGS = {
    "case": "案件编号",
    "station": "检测点",
    "time": "过车时间",
    "lane": "车道",
    "findings": "涉嫌违法情形",
    "plate": "识别号牌",
    "plate_colour": "号牌颜色",
    "plate_confidence": "识别置信度",
    "plate_by_station": "站点上传号牌",
    "plate_rear_by_station": "站点上传车尾号牌",
    "axle_count": "轴数",
    "gross_kg": "实测总质量(kg)",
    "decided_kg": "认定总质量(kg)",
    "limit_kg": "限值(kg)",
    "excess_kg": "超限质量(kg)",
    "excess_ratio": "超限率",
    "rule_set": "适用规则",
    "quality": "记录质量",
    "doubts": "疑点",
    "reasons": "事由与疑点",
    "plate_frame_sha256": "号牌图片SHA-256",
    "plate_box": "号牌位置(像素)",
    "standing": "车道状态",
    "standing_by": "车道状态依据",
    "certificate": "检定证书",
}


def write_exports(rows: Sequence[dict[str, Any]], folder: Path) -> list[Path]:
    """Write cases.csv (Chinese headings, opens in spreadsheet programs) and cases.json into `folder`."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(HEADINGS.values())
    writer.writerows([_cell(name, row[name]) for name in HEADINGS] for row in rows)
    text = json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n"
    return [
        _replace(folder / "cases.csv", table.getvalue().encode("utf-8-sig")),
        _replace(folder / "cases.json", text.encode()),
    ]


def _replace(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees the old or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(content)
    return half.replace(path)


def _cell(name: str, value: Any) -> str:  # noqa: ANN401 (a JSON value)
    match name:
        case "findings":
            text = "；".join(FindingKind(word).label for word in value)
        case "quality":
            text = "；".join(QualityCode(word).label for word in value)
        case "doubts":
            text = "；".join(Doubt(word).label for word in value)
        case "standing":
            text = Standing(value).label if value else ""
        case "plate_colour":
            text = PlateColour(value).label
        case _:
            text = "；".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
