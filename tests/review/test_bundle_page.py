"""The evidence bundle from the case page: for who answers for it, verified by a stranger, always logged."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk
from handed_in import picture
from nights import Night
from office import add_officer
from served import Counter, sound
from sqlalchemy import Connection, delete, func, insert, select, update

from models.case_life import life_of
from models.document_tables import Document
from models.evasion_tables import ManoeuvreRow
from models.keys import load_key, make_key
from models.office_tables import AuditEntry
from models.tables import Case, Finding, Frame, Judgement
from models.values.findings import Doubt, FindingKind
from models.values.office import Role
from models.values.service import Answer, DefenceKind
from models.values.timeline import to_ms
from notices.documents.issue import hand_out
from notices.documents.kinds import DocumentKind
from notices.service.answers import Reply, answer_defence
from notices.service.defence import Filing, file_defence
from notices.service.enclosed import enclose
from notices.service.enclosures import Enclosure
from pipeline import verify_bundle
from pipeline.bundle import write_bundle
from pipeline.export import case_rows
from review.office import Office

Desks = Callable[[str], Desk]


@pytest.fixture
def key_file(office: Office, night: Night, tmp_path: Path) -> Path:
    """Let the office write bundles, signed with a key that is still to be made."""
    path = tmp_path / "keys" / "evidence.pem"

    def bundle(connection: Connection, number: str, at_ms: int) -> bytes:
        return write_bundle(
            connection, number, night.station, office.store, load_key(path), at_ms, handed_in=office.store
        )

    office.bundle = bundle
    return path


def exported(office: Office) -> list[str]:
    with office.read() as connection:
        query = select(AuditEntry.actor).where(AuditEntry.action == "exported")
        return list(connection.scalars(query.order_by(AuditEntry.number)))


def test_a_bundle_is_downloaded_verified_and_logged(
    desk: Desks, office: Office, numbers: list[str], key_file: Path, tmp_path: Path
) -> None:
    fingerprint = make_key(key_file).fingerprint
    for login in ("auditor", "legal_reviewer", "team_leader"):
        one = desk(login)
        assert "下载证据包" in one.get(f"/cases/{numbers[0]}").text
        answer = one.post(f"/cases/{numbers[0]}/bundle")
        assert answer.headers["content-disposition"] == f'attachment; filename="{numbers[0]}.zip"'
        path = tmp_path / f"{login}.zip"
        path.write_bytes(answer.content)
        manifest, _ = verify_bundle.verify(path, fingerprint)
        assert manifest["case"] == numbers[0]
    assert "下载证据包" not in desk("reviewer").get(f"/cases/{numbers[0]}").text
    assert desk("reviewer").post(f"/cases/{numbers[0]}/bundle").status_code == 403
    assert exported(office) == ["虚构auditor", "虚构legal_reviewer", "虚构team_leader"]
    assert desk("auditor").post("/cases/nowhere/bundle").status_code == 404


def test_what_can_not_be_signed_or_was_changed_leaves_nothing_and_no_entry(
    desk: Desks, office: Office, numbers: list[str], key_file: Path
) -> None:
    assert desk("auditor").post(f"/cases/{numbers[0]}/bundle").status_code == 503
    make_key(key_file)
    with office.read() as connection:
        sha256 = connection.scalar(select(func.min(Frame.sha256)).where(Frame.passage_id.is_not(None)))
    office.store.path(str(sha256)).write_bytes(b"other")
    answer = desk("auditor").post(f"/cases/{numbers[0]}/bundle")
    assert answer.status_code == 410
    assert "不能制作证据包" in answer.text
    assert exported(office) == []


def test_a_doubt_on_a_plate_thought_hidden_leaves_with_the_case(
    desk: Desks, office: Office, night: Night, numbers: list[str], key_file: Path, tmp_path: Path
) -> None:
    make_key(key_file)
    with office.write("test") as connection:
        of_case = select(Finding.passage_id, Finding.case_id).join(Case, Case.id == Finding.case_id)
        passage_id, case_id = connection.execute(of_case.where(Case.number == numbers[0]).limit(1)).one()
        hides = {"passage_id": passage_id, "case_id": case_id, "kind": FindingKind.PLATE_OBSCURED.value}
        connection.execute(insert(Finding).values(hides))
        listed = [row["doubts"] for row in case_rows(connection, night.station, None, numbers[0])]
    path = tmp_path / "case.zip"
    path.write_bytes(desk("auditor").post(f"/cases/{numbers[0]}/bundle").content)
    with zipfile.ZipFile(path) as archive:
        passages = json.loads(archive.read("case.json"))["passages"]
    assert [one["doubts"] for one in passages] == listed
    assert Doubt.PLATE_IN_DOUBT in listed[0]
    assert Doubt.PLATE_IN_DOUBT.label in desk("auditor").get(f"/cases/{numbers[0]}").text
    with office.write("test") as connection:
        # A trailer's reading names no vehicle that could be doubted.
        connection.execute(update(Judgement).where(Judgement.passage_id == passage_id).values(plate=""))
        listed = [row["doubts"] for row in case_rows(connection, night.station, None, numbers[0])]
    assert not any(Doubt.PLATE_IN_DOUBT in doubts for doubts in listed)
    assert Doubt.PLATE_IN_DOUBT.label not in desk("auditor").get(f"/cases/{numbers[0]}").text


def test_a_case_without_an_overload_leaves_with_what_was_seen_and_no_calculation(
    desk: Desks, office: Office, hidden: tuple[str, int], key_file: Path, tmp_path: Path
) -> None:
    make_key(key_file)
    with office.write("test") as connection:
        life = life_of(connection, hidden[0])
        of_case = Finding.case_id == life.case_id
        passage = connection.scalars(select(Finding.passage_id).where(of_case)).first()
        connection.execute(delete(Finding).where(of_case, Finding.kind != FindingKind.OVERLOAD))
        connection.execute(update(Finding).where(of_case).values(kind=FindingKind.PLATE_OBSCURED))
        word = {"passage_id": passage, "kind": "straddling", "sentence": "跨道", "excused": ""}
        connection.execute(insert(ManoeuvreRow).values(word | {"rules": "x", "seen_at": 0}))
    answer = desk("team_leader").post(f"/cases/{hidden[0]}/bundle")
    path = tmp_path / "case.zip"
    path.write_bytes(answer.content)
    verify_bundle.verify(path)
    with zipfile.ZipFile(path) as archive:
        case = json.loads(archive.read("case.json"))
    (told,) = case["passages"]
    assert case["life"]["unweighed"] is True
    assert (told["findings"], told["calculation"]) == ([FindingKind.PLATE_OBSCURED], [])
    assert [one["sentence"] for one in told["manoeuvres"]] == ["跨道"]
    assert [one["id"] for one in told["plate_legibility"]] == [hidden[1]]
    assert "号牌均看不到" in told["plate_hidden"][-1]["reasons"]


def test_what_a_party_handed_in_is_in_the_bundle_and_its_words_are_not(
    desk: Desks, office: Office, numbers: list[str], key_file: Path, tmp_path: Path
) -> None:
    make_key(key_file)
    server = Counter(office.database, tmp_path)
    at_ms = to_ms(server.now)
    with office.read() as connection:
        case_id = life_of(connection, numbers[0]).case_id
    number = server.document(case_id, DocumentKind.VIOLATION_NOTICE, amount_fen=69_120)
    with office.write("test") as connection:
        hand_out(connection, number, sound)
        document_id = connection.scalar(select(Document.id).where(Document.number == number))
        clerk, leader = (add_officer(connection, name, Role.TEAM_LEADER) for name in ("clerk", "leader"))
        filing = Filing(kind=DefenceKind.STATEMENT, text="并线，请复核", name="虚构物流有限公司")
        receipt = file_defence(
            connection, server.desk.vault, document_id or 0, filing, actor=clerk, at_ms=at_ms
        )
        refused = Reply(answer=Answer.NOT_UPHELD, reason="虚构理由")
        answer_defence(connection, receipt, refused, leader, at_ms=at_ms)
        given = [Enclosure(content=picture(), media_type="image/jpeg")]
        enclose(connection, office.store, receipt, given, at_ms=at_ms)
    path = tmp_path / "case.zip"
    path.write_bytes(desk("auditor").post(f"/cases/{numbers[0]}/bundle").content)
    verify_bundle.verify(path)
    with zipfile.ZipFile(path) as archive:
        (name,) = (one for one in archive.namelist() if one.startswith("enclosures/"))
        assert archive.read(name) == picture()
        (filed,) = json.loads(archive.read("defences.json"))
        names = {one["id"]: one["name"] for one in json.loads(archive.read("officers.json"))}
        assert not any("并线" in archive.read(one).decode("utf-8", "replace") for one in archive.namelist())
    assert (filed["receipt"], filed["document"]) == (receipt, number)
    (answer,) = filed["answers"]
    assert [names[one["officer_id"]] for one in (filed, answer)] == ["虚构clerk", "虚构leader"]
    assert name.startswith(f"enclosures/{receipt}-")
    office.store.path(name.rpartition("-")[2].removesuffix(".jpg")).write_bytes(b"other")
    assert desk("auditor").post(f"/cases/{numbers[0]}/bundle").status_code == 410
