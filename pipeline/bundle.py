"""One case as one archive for a court: everything it rests on, digests of all of it, and a signature."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from models.audit import head
from models.case_life import ZONE, clocks_of, life_of
from models.case_tables import CaseEvent, CaseReview, PlateCorrection
from models.defence_tables import Defence, DefenceAnswer
from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.files import FileStore
from models.hash_chain import START
from models.keys import SigningKey
from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.office_tables import AuditEntry, Officer
from models.tables import Finding, Frame, Judgement, Passage, PlateReadingRow, SourceFile
from models.values.findings import FindingKind
from models.values.timeline import from_ms
from pipeline import verify_bundle
from pipeline.bundle_defences import defences, enclosures
from pipeline.bundle_exchange import exchanged
from pipeline.export import case_rows
from pipeline.rules.rule_sets import FOLDER, rule_sets
from pipeline.verify import digest_of
from pipeline.worked import worked_out
from stations.station import Station

README = """证据包 evidence bundle

核验 to verify: python verify_bundle.py 本文件.zip --fingerprint 公布的公钥指纹
核验程序和公钥指纹请从公布渠道取得，不要使用包内副本。
Take the script and the fingerprint from the authority's published page, not from this archive.
"""


class EvidenceError(RuntimeError):
    """An original is missing or was changed, so no bundle can be made; the message names it."""


def write_bundle(
    connection: Connection,
    number: str,
    station: Station,
    store: FileStore,
    key: SigningKey,
    at_ms: int,
    *,
    handed_in: FileStore,
) -> bytes:
    """Return the archive of a case; `handed_in` keeps what parties enclosed.

    Raises:
        UnknownCaseError: there is no such case.
        EvidenceError: an original or an enclosure is missing or was changed.

    """
    files = {name: _json(content) for name, content in _documents(connection, number, station).items()}
    files |= _frames(connection, number, store)
    case_id = life_of(connection, number).case_id
    files |= exchanged(connection, case_id)
    for name, sha256 in enclosures(connection, case_id).items():
        files[name] = _original(handed_in, sha256, name)
    rule_set = json.loads(files["case.json"])["passages"][0]["judgement"]["rule_set"]
    files |= _rules(rule_set)
    files["README.txt"] = README.encode()
    files["verify_bundle.py"] = Path(verify_bundle.__file__).read_bytes()
    manifest = {
        "case": number,
        "made_at": from_ms(at_ms, ZONE).isoformat(timespec="seconds"),
        "program": f"zhichao {version('zhichao')}",
        "audit_head": {"number": head(connection).number, "hash": head(connection).hash},
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    signed = _json(manifest)
    files[verify_bundle.SIGNED] = signed
    files[verify_bundle.SIGNATURE] = key.private.sign(signed).hex().encode()
    files[verify_bundle.KEY] = key.public_pem
    return _zip(files)


def _documents(connection: Connection, number: str, station: Station) -> dict[str, object]:
    life = life_of(connection, number)
    passages = connection.execute(
        select(*Passage.__table__.columns, SourceFile.sha256.label("record_sha256"))
        .join(SourceFile, SourceFile.id == Passage.source_id)
        .where(Passage.id.in_(select(Finding.passage_id).where(Finding.case_id == life.case_id)))
        .order_by(Passage.passed_at, Passage.record_key)
    ).all()
    listed = case_rows(connection, station, None, number)
    passed_on = from_ms(life.passed_at, station.zone).date()
    certificate = station.certificate_on(passed_on)
    return {
        "case.json": {
            "number": number,
            "life": _plain(life),
            "clocks": [str(clock.due) for clock in clocks_of(connection, life)],
            "passages": [
                # What became doubtful since the judgement is told where the case is listed.
                _passage(connection, life.case_id, passage) | {"doubts": row["doubts"]}
                for passage, row in zip(passages, listed, strict=True)
            ],
        },
        "station.json": station.model_dump(mode="json", exclude={"certificates", "image_hosts"}),
        "certificate.json": certificate.model_dump(mode="json") if certificate else None,
        "steps.json": _all(connection, CaseEvent, CaseEvent.case_id == life.case_id),
        "reviews.json": _all(connection, CaseReview, CaseReview.case_id == life.case_id),
        "plate_corrections.json": _all(connection, PlateCorrection, PlateCorrection.case_id == life.case_id),
        "defences.json": defences(connection, life.case_id),
        "officers.json": _officers(connection, life.case_id),
        "audit.json": _audit_excerpt(connection, number),
    }


def _passage(connection: Connection, case_id: int, passage: Any) -> dict[str, object]:  # noqa: ANN401 (a row)
    judgement = connection.execute(
        select(*Judgement.__table__.columns).where(Judgement.passage_id == passage.id)
    ).one()
    of_case = (Finding.passage_id == passage.id) & (Finding.case_id == case_id)
    kinds = connection.scalars(select(Finding.kind).where(of_case).order_by(Finding.kind)).all()
    frames = select(Frame.id).where(Frame.passage_id == passage.id)
    readings = connection.execute(
        select(*PlateReadingRow.__table__.columns, Frame.sha256)
        .join(Frame, Frame.id == PlateReadingRow.frame_id)
        .where(Frame.passage_id == passage.id)
        .order_by(PlateReadingRow.id)
    )
    return {
        "record": _plain(passage),
        "judgement": _plain(judgement),
        "findings": list(kinds),
        "calculation": (
            worked_out(judgement, passage).lines() if FindingKind.OVERLOAD.value in kinds else []
        ),
        "plate_readings": [_plain(reading) for reading in readings],
        "plate_legibility": _all(connection, PlateLegibilityRow, PlateLegibilityRow.frame_id.in_(frames)),
        "plate_hidden": _all(connection, ObscuringRow, ObscuringRow.passage_id == passage.id),
        "manoeuvres": _all(connection, ManoeuvreRow, ManoeuvreRow.passage_id == passage.id),
        "words": _all(connection, WeighingWordRow, WeighingWordRow.passage_id == passage.id),
    }


def _audit_excerpt(connection: Connection, number: str) -> list[dict[str, object]]:
    """Return the log's entries on the case, each with the hash of the entry before it."""
    rows = connection.execute(
        select(*AuditEntry.__table__.columns).where(AuditEntry.subject == number).order_by(AuditEntry.number)
    ).all()
    before = dict(
        connection.execute(
            select(AuditEntry.number, AuditEntry.hash).where(
                AuditEntry.number.in_([row.number - 1 for row in rows])
            )
        ).all()
    )
    return [{**_plain(row), "before": before.get(row.number - 1, START)} for row in rows]


def _officers(connection: Connection, case_id: int) -> list[dict[str, object]]:
    acted = (
        select(CaseEvent.officer_id)
        .where(CaseEvent.case_id == case_id)
        .union(
            select(CaseReview.officer_id).where(CaseReview.case_id == case_id),
            select(Defence.officer_id).where(Defence.case_id == case_id),
            select(DefenceAnswer.officer_id)
            .join(Defence, Defence.id == DefenceAnswer.defence_id)
            .where(Defence.case_id == case_id),
        )
    )
    rows = connection.execute(
        select(Officer.id, Officer.name, Officer.badge, Officer.role)
        .where(Officer.id.in_(acted))
        .order_by(Officer.id)
    )
    return [_plain(row) for row in rows]


def _frames(connection: Connection, number: str, store: FileStore) -> dict[str, bytes]:
    life = life_of(connection, number)
    frames = connection.execute(
        select(Frame.sha256, Frame.name, Frame.kind)
        .join(Finding, Finding.passage_id == Frame.passage_id)
        .where(Finding.case_id == life.case_id)
        .distinct()
        .order_by(Frame.sha256)
    )
    files = {}
    for sha256, name, kind in frames:
        suffix = Path(name).suffix.lower()
        files[f"frames/{kind}-{sha256}{suffix}"] = _original(store, sha256, name)
    return files


def _original(store: FileStore, sha256: str, name: str) -> bytes:
    path = store.path(sha256)
    if not path.exists() or digest_of(path) != sha256:
        raise EvidenceError(f"original {sha256} ({name}) is missing or was changed: no bundle was made")
    return path.read_bytes()


def _rules(rule_set_id: str) -> dict[str, bytes]:
    """Return the texts of the rule set and of the tables it names."""
    rules = next((one for one in rule_sets() if one.id == rule_set_id), None)
    names = [rules.id, rules.gross_mass.id, rules.national.id] if rules else []
    paths = [FOLDER / f"{name}.toml" for name in names]
    return {f"rules/{path.name}": path.read_bytes() for path in paths if path.exists()}


def _all(connection: Connection, table: type[Any], condition: Any) -> list[dict[str, object]]:  # noqa: ANN401 (SQL)
    columns = table.__table__.columns
    keys = table.__table__.primary_key.columns
    return [_plain(row) for row in connection.execute(select(*columns).where(condition).order_by(*keys))]


def _plain(row: Any) -> dict[str, object]:  # noqa: ANN401 (a row)
    return dict(row._mapping)  # noqa: SLF001 (public in SQLAlchemy)


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            # Without times of their own, the same case gives the same archive.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()
