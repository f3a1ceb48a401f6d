"""What the database knows of a case, as the fields of a document."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from models.registry_tables import CaseLookup, RegisteredJudgement
from models.tables import Case, Finding, Judgement, Passage, SourceFile
from models.unweighed import is_unweighed
from models.values.findings import Doubt
from models.values.lookups import LookupState
from models.values.money import Consequence
from models.values.plates import PlateColour
from models.values.quality import QualityCode
from models.values.timeline import from_ms
from models.values.vehicles import VehicleFacts
from notices.documents.fields import format_day
from pipeline.overload import allowance_on
from pipeline.rules.consequences import Context, consequence
from pipeline.rules.limits import gross_limits
from pipeline.rules.rule_sets import RuleSet, rule_sets
from pipeline.rules.tolerance import Allowance
from pipeline.worked import limit_article
from stations.station import Certificate, Station
from zhichao.case_course import confirmed_plate, course_facts
from zhichao.paper_fields import CaseFacts
from zhichao.settings import ConfigError
from zhichao.unweighed_papers import photographs, unweighed_facts

VEHICLE_FACTS = TypeAdapter(VehicleFacts)


def case_facts(connection: Connection, station: Station, number: str) -> CaseFacts:
    """Return what the database knows of a case: its gravest passage, with frames and what follows.

    Raises:
        ConfigError: there is no such case at the station, or its judgement is not that of today's rules.

    """
    row = _gravest(connection, station, number)
    if row.unweighed:
        return unweighed_facts(connection, station, number, row)
    day = from_ms(row.passed_at, station.zone).date()
    certificate = station.certificate_on(day)
    rules = next((one for one in rule_sets() if one.id == row.rule_set), None)
    if certificate is None or rules is None:
        raise ConfigError(f"{number}: no certificate or no rules on {day}, so nothing follows from it")
    known = _registered(connection, row)
    weighing = _weighing(row, known, station, certificate, rules)
    follows = _follows(weighing, rules)
    shown = photographs(connection, row.passage_id, station)
    return CaseFacts(
        case_id=row.case_id,
        fields={
            "case_number": number,
            "weighing": weighing,
            "calculation": follows,
            "amount_fen": follows.amount_fen or None,
            "photographs": shown,
            "record_sha256": row.record_sha256,
            "doubts": [
                *(QualityCode(word).label for word in row.codes.split()),
                *(Doubt(word).label for word in row.doubts.split()),
            ],
            "evidence": [
                f"车辆称重记录1份（SHA-256：{row.record_sha256[:16]}…）",
                f"抓拍图片{len(shown)}张",
                f"计量检定证书（{certificate.number}）",
            ],
            "source": "技术监控设备自动检测",
            **course_facts(connection, row.case_id, datetime.now(UTC)),
        },
    )


def _gravest(connection: Connection, station: Station, number: str) -> Any:  # noqa: ANN401 (a row of several tables)
    row = connection.execute(
        select(
            Case.id.label("case_id"),
            is_unweighed(Case.id).label("unweighed"),
            Passage,
            Judgement,
            Judgement.plate_colour.label("colour"),
            SourceFile.sha256.label("record_sha256"),
        )
        .join(Finding, Finding.case_id == Case.id)
        .join(Passage, Passage.id == Finding.passage_id)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .join(SourceFile, SourceFile.id == Passage.source_id)
        .where(Case.number == number, Case.station_id == station.id)
        .order_by(Judgement.excess_kg.desc(), Passage.passed_at)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise ConfigError(f"no case {number} at {station.id}")
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The vehicle as it stands: the plate that two officers confirmed, and the limit by its registration."""

    plate: str
    colour: str
    registered: Any = None


def _registered(connection: Connection, row: Any) -> _Known:  # noqa: ANN401 (a row of several tables)
    """Return the confirmed plate, and the judgement by the registered facts of that very vehicle."""
    plate = confirmed_plate(connection, row.case_id) or row.plate
    latest = connection.execute(
        select(CaseLookup).where(CaseLookup.case_id == row.case_id).order_by(CaseLookup.id.desc()).limit(1)
    ).one_or_none()
    if latest is None or latest.state != LookupState.IDENTIFIED or latest.plate != plate:
        return _Known(plate=plate, colour=row.colour)
    again = connection.execute(
        select(RegisteredJudgement).where(
            RegisteredJudgement.lookup_id == latest.id, RegisteredJudgement.passage_id == row.passage_id
        )
    ).one_or_none()
    known = latest.colour not in {"", PlateColour.UNKNOWN.value}
    return _Known(plate=plate, colour=latest.colour if known else row.colour, registered=again)


def _weighing(
    row: Any,  # noqa: ANN401 (a row of several tables)
    known: _Known,
    station: Station,
    certificate: Certificate,
    rules: RuleSet,
) -> dict[str, Any]:
    axle_kg = [int(word) for word in row.axle_kg.split(",")]
    spacing_mm = [int(word) for word in row.spacing_mm.split(",") if int(word) > 0]
    allowed = allowance_on(station, from_ms(row.passed_at, station.zone).date(), rules)
    judged, citation = _judged(row, known, spacing_mm, rules, allowed)
    lane = next((lane.name for lane in station.lanes if lane.number == row.lane), "")
    return {
        "station": station.name,
        "place": f"{station.road} {station.chainage}",
        "direction": station.direction,
        "lane": lane or f"车道{row.lane}",
        "certificate": f"检定证书{certificate.number}，{certificate.regulation}，"
        f"准确度等级{certificate.accuracy_class}，有效期至{format_day(certificate.valid_until)}",
        "device": _device(station),
        "passed_at": from_ms(row.passed_at, station.zone),
        "vehicle": {"plate": known.plate, "colour": known.colour},
        "axle_kg": axle_kg,
        "spacing_mm": spacing_mm if len(spacing_mm) == len(axle_kg) - 1 else [],
        "gross_kg": row.gross_kg,
        "tolerance": allowed.words,
        "decided_kg": judged.decided_kg,
        "limit_kg": judged.limit_kg,
        "limit_rule": _limit_article(citation),
        "excess_kg": judged.excess_kg,
    }


def _judged(
    row: Any,  # noqa: ANN401 (a row of several tables)
    known: _Known,
    spacing_mm: list[int],
    rules: RuleSet,
    allowed: Allowance,
) -> tuple[Any, str]:
    """Return the judgement that stands, and its citation, held against today's rules."""
    registered = known.registered
    facts = []
    if registered is not None:
        if registered.excess_kg <= 0:
            raise ConfigError(f"by its registration ({known.plate}) the vehicle is not over the limit")
        facts = [VEHICLE_FACTS.validate_json(registered.facts)]
    judged = row if registered is None else registered
    limits = gross_limits(
        np.array([row.axle_count], dtype=np.int16),
        np.array([spacing_mm or [0]], dtype=np.int64),
        rules.gross_mass,
        facts,
        raised=allowed.raised,
    )
    if limits.limit_kg[0] != judged.limit_kg:
        raise ConfigError(
            f"the judgement has a limit of {judged.limit_kg} kg, the rules {limits.limit_kg[0]} kg"
        )
    return judged, str(limits.rule[0])


def _limit_article(citation: str) -> str:
    article = limit_article(citation)
    if not article:
        raise ConfigError(f"no words for the citation {citation!r} of the limit")
    return article


def _follows(weighing: dict[str, Any], rules: RuleSet) -> Consequence:
    context = Context(
        limit_rule=weighing["limit_rule"], measured_kg=weighing["gross_kg"], tolerance=weighing["tolerance"]
    )
    return consequence(weighing["limit_kg"], weighing["decided_kg"], rules, context)


def _device(station: Station) -> str | None:
    """Say when the site was published and the device reviewed; None where a review is not known."""
    if station.legal_review_on is None or station.technical_review_on is None:
        return None
    return (
        f"设置地点{format_day(station.announced_on)}向社会公布；"
        f"{format_day(station.legal_review_on)}通过法制审核，{format_day(station.technical_review_on)}通过技术审核"
    )
