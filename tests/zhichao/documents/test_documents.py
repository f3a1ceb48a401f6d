"""Documents are issued from the command line."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import papers
import pypdfium2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hs_file import hs_row, write_hs
from nights import DAY, Night
from office import add_officer
from revoked_lists import revoked_list
from served import sound
from sqlalchemy import Connection, insert, select, update
from typer.testing import CliRunner, Result

from models.database import Database
from models.defence_tables import Defence, DefenceAnswer
from models.document_tables import Document
from models.values.office import Role
from notices.documents.issue import hand_out
from notices.documents.kinds import DocumentKind
from notices.seal.authority import ROOTS_FILE, make_test_authority, make_test_seal
from notices.seal.key import load_seal
from notices.seal.sm2 import SM2_PUBLIC_FILE
from zhichao import documents
from zhichao.case_papers import case_facts
from zhichao.cli import app
from zhichao.office import AGENCY_FILE, STAMP_ROOTS_FILE
from zhichao.paper_fields import OF_THE_CASE
from zhichao.settings import load_settings

ROOT = Path(__file__).parents[3]
FINE, MILD = "sim-pinghu-20260618-010100-1", "sim-pinghu-20260618-010200-1"
Run = Callable[..., Result]


def facts_file(tmp_path: Path, kind: DocumentKind, **changes: object) -> Path:
    known = OF_THE_CASE | {"evidence", "amount_fen"}
    given = {name: value for name, value in papers.facts(kind).items() if name not in known} | changes
    path = tmp_path / f"{kind}.json"
    path.write_text(json.dumps(given, default=plain, ensure_ascii=False), encoding="utf-8")
    return path


def plain(value: object) -> object:
    return value.model_dump(mode="python") if hasattr(value, "model_dump") else str(value)


def printed(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return text.replace("\r\n", "").replace(" ", "").replace("\u3000", "")


def test_without_an_agency_nothing_is_issued(run: Run, data: Path) -> None:
    if (data / "seals").exists():
        pytest.skip("a seal has been made by another test")
    done = run("notice", FINE, "--kind", "evidence_sheet")
    assert done.exit_code == 2
    assert "no agency issues for 浙江; `zhichao seal-init` makes a test one" in done.stderr


@pytest.mark.usefixtures("sealed")
def test_an_evidence_sheet_needs_nothing_but_the_case(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "sheet.pdf"
    done = run("notice", FINE, "--kind", "evidence_sheet", "--out", out, "--json")
    assert done.exit_code == 0, done.stderr
    assert "document.issued" in done.stderr
    assert "trace=sim-pinghu/" in done.stderr
    row = json.loads(done.stdout)
    assert row["number"].startswith("虚浙交证〔")
    text = printed(out)
    assert "\u200b" not in text
    for words in (
        FINE,
        "浙Z00011（黄色号牌）",
        "64,321千克",
        "61,104千克（扣除5%）",
        "《超限运输车辆行驶公路管理规定》第三条第一款第（八）项",
        "61,104千克−49,000千克=12,104千克",
        "金额：691.20元",
        "图2车尾",
        "设置地点2026年1月1日向社会公布",
    ):
        assert words in text, words


@pytest.mark.usefixtures("sealed")
def test_what_nothing_knows_yet_is_named(run: Run) -> None:
    done = run("notice", FINE, "--kind", "summons")
    assert done.exit_code == 2
    assert "接受处理告知书 party: Field required" in done.stderr
    assert "接受处理告知书 review: Field required" in done.stderr
    assert "接受处理告知书" not in run("documents", FINE).stdout


@pytest.mark.usefixtures("sealed")
def test_a_hearing_of_which_nobody_can_be_told_in_time_takes_no_number(run: Run, tmp_path: Path) -> None:
    facts = facts_file(tmp_path, DocumentKind.HEARING_NOTICE, hearing_on="2026-07-20")
    done = run("notice", FINE, "--kind", "hearing_notice", "--facts", facts)
    assert done.exit_code == 2
    assert "通知至迟应在2026-07-08送达" in done.stderr
    assert "听证通知书" not in run("documents", FINE).stdout


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("kind", DocumentKind)
def test_every_kind_is_issued_from_a_case_and_a_file_of_facts(
    kind: DocumentKind, run: Run, tmp_path: Path
) -> None:
    case = MILD if kind is DocumentKind.EDUCATION else FINE
    to_come = {"hearing_on": "2099-06-01"} if kind is DocumentKind.HEARING_NOTICE else {}
    facts = facts_file(tmp_path, kind, **to_come)
    done = run("notice", case, "--kind", kind, "--facts", facts, "--copy", 2, "--json")
    assert done.exit_code == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["new"] is True
    out = Path(row["file"])
    assert kind.label in printed(out)
    assert row["number"] in printed(out)
    found = run("verify", out, "--json")
    assert found.exit_code == 0, found.stdout
    told = json.loads(found.stdout)
    assert (told["holds"], told["document"]) == (True, f"{kind.label} {row['number']}")
    again = json.loads(run("notice", case, "--kind", kind, "--facts", facts, "--copy", 2, "--json").stdout)
    assert again == row | {"new": False}
    listed = [json.loads(line) for line in run("documents", case, "--json").stdout.splitlines()]
    assert [one["sha256"] for one in listed if one["number"] == row["number"]] == [row["sha256"]]


@pytest.mark.usefixtures("sealed")
def test_a_decision_is_not_handed_out_before_the_case_is_decided(run: Run, tmp_path: Path) -> None:
    facts, out = facts_file(tmp_path, DocumentKind.DECISION), tmp_path / "out.pdf"
    done = run("notice", FINE, "--kind", "decision", "--facts", facts, "--copy", 3, "--out", out)
    assert (done.exit_code, out.exists()) == (1, False)
    assert "案件尚未作出处罚决定，决定书不能送达" in done.stderr


@pytest.mark.usefixtures("sealed")
def test_a_notice_of_a_hearing_fixed_anew_is_not_given_again(run: Run, data: Path, tmp_path: Path) -> None:
    facts = facts_file(tmp_path, DocumentKind.HEARING_NOTICE, hearing_on="2099-06-01")
    words = ("notice", MILD, "--kind", "hearing_notice", "--facts", facts)
    assert run(*words).exit_code == 0
    settings = load_settings(ROOT / "config.toml").model_copy(update={"data_dir": data})
    database = Database(settings.url)
    with database.write("test") as connection:
        document = connection.execute(select(Document).order_by(Document.id.desc()).limit(1)).one()
        officer_id = add_officer(connection, "虚构", Role.TEAM_LEADER).officer_id
        defence = {"document_id": document.id, "case_id": document.case_id, "kind": "hearing", "receipt": "x"}
        defence |= {"at": 0, "late": False, "text_sha256": "a" * 64, "sealed": b"", "key_id": ""}
        defence_id = connection.scalar(insert(Defence).values(defence).returning(Defence.id))
        fixed = {"defence_id": defence_id, "at": document.sealed_at + 1, "officer_id": officer_id}
        fixed |= {"answer": "hearing_fixed", "settled": False, "reason": "x", "place": "x"}
        connection.execute(insert(DefenceAnswer).values(fixed | {"hearing_on": "2099-06-02"}))
    database.close()
    given = json.loads(facts.read_text(encoding="utf-8"))
    left = {
        name: value for name, value in given.items() if name not in ("receipt", "hearing_on", "hearing_place")
    }
    facts.write_text(json.dumps(left, ensure_ascii=False), encoding="utf-8")
    done = run(*words)
    assert (done.exit_code, "又定于2099-06-02，须先作废" in done.stderr) == (1, True), done.stderr
    assert run(*words, "--copy", 2).exit_code == 0


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("weighing = 1", "weighing: no document takes this field from a file"),
        ("photographs = []", "photographs: no document takes this field from a file"),
        ("amount = 1", "amount: no document takes this field from a file"),
        ("party = ", "Invalid value"),
    ],
)
def test_facts_that_may_not_be_given_are_refused(run: Run, tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "facts.toml"
    path.write_text(text, encoding="utf-8")
    done = run("notice", FINE, "--kind", "decision", "--facts", path)
    assert done.exit_code == 2
    assert complaint in done.stderr


@pytest.mark.usefixtures("sealed")
def test_an_amount_that_disagrees_with_the_case_is_refused(run: Run, tmp_path: Path) -> None:
    facts = facts_file(tmp_path, DocumentKind.DECISION, amount_fen=69_121)
    done = run("notice", FINE, "--kind", "decision", "--facts", facts, "--copy", 9)
    assert done.exit_code == 2
    assert "amount_fen 69121, but the calculation gives 69120" in done.stderr


@pytest.mark.usefixtures("sealed")
def test_a_case_that_is_none_is_refused(run: Run) -> None:
    for case in ("sim-pinghu-20260618-999999-1", "nowhere-1"):
        done = run("notice", case, "--kind", "evidence_sheet")
        assert done.exit_code == 2
        assert case in done.stderr


@pytest.mark.usefixtures("sealed")
def test_a_number_is_declared_void_with_a_reason(run: Run, tmp_path: Path) -> None:
    facts = facts_file(tmp_path, DocumentKind.FILING_FORM)
    issued = run("notice", FINE, "--kind", "filing_form", "--facts", facts, "--copy", 7, "--json")
    number = json.loads(issued.stdout)["number"]
    assert run("documents", "--void", number).exit_code == 1
    assert run("documents", "--void", number, "--reason", "重复立案").exit_code == 0
    assert "已作废：重复立案" in run("documents", FINE).stdout.replace("\n", "")


@pytest.mark.usefixtures("sealed")
def test_a_seal_is_never_overwritten(run: Run) -> None:
    done = run("seal-init")
    assert done.exit_code == 1
    assert "a seal is never overwritten" in done.stderr


def test_the_gravest_passage_of_a_case_is_what_its_documents_speak_of(tmp_path: Path) -> None:
    settings = load_settings(ROOT / "config.toml").model_copy(update={"data_dir": tmp_path})
    station = settings.station("sim-pinghu").model_copy(update={"clock_offset_ms": 0})
    night = Night(tmp_path, station, settings.url)
    rows = [hs_row(f"2026-06-18 01:01:{second:02}.000", mass) for second, mass in ((0, 62_000), (30, 63_000))]
    write_hs(night.inbox / "night.csv", rows)
    for clock in ("010100.400", "010130.400"):
        night.frame(clock, 11)
    assert night.run(DAY).cases == 1
    with night.database.read() as connection:
        weighing = case_facts(connection, station, FINE).fields["weighing"]
    assert (weighing["gross_kg"], weighing["passed_at"].second) == (63_000, 30)
    assert weighing["passed_at"].utcoffset() == timedelta(hours=8)
    night.database.close()


@pytest.mark.usefixtures("sealed")
def test_what_verify_does_not_trust_is_not_handed_out(data: Path, tmp_path: Path) -> None:
    here, out, now = tmp_path / "data", tmp_path / "sheet.pdf", datetime.now(UTC)
    shutil.copytree(data, here)
    folder, authority = here / "seals" / "浙江", make_test_authority(now)
    agency = (folder / AGENCY_FILE).read_bytes()
    shutil.rmtree(folder)
    make_test_seal(folder, "虚构某机关", authority, now)
    (folder / AGENCY_FILE).write_bytes(agency)

    def run(*given: object) -> Result:
        told = [*map(str, given), "--config", str(ROOT / "config.toml")]
        return CliRunner().invoke(app, told, env={"ZHICHAO_DATA_DIR": str(here)})

    words = ("notice", FINE, "--kind", "evidence_sheet", "--copy", 8)
    assert run(*words).exit_code == 0
    number = load_seal(folder).certificate.serial_number
    listed = revoked_list(authority, number, now - timedelta(days=1))
    (folder / "issuer.crl").write_bytes(listed.public_bytes(Encoding.PEM))
    refused = run(*words, "--out", out)
    assert (refused.exit_code, out.exists()) == (1, False)
    assert "核验不通过，不得送出" in refused.stderr
    assert "the certificate was revoked" in refused.stderr
    (folder / "issuer.crl").unlink()
    assert (run(*words, "--out", out).exit_code, out.exists()) == (0, True)


@pytest.mark.usefixtures("sealed")
def test_what_cannot_be_read_beside_a_seal_stops_its_agency_alone(data: Path, tmp_path: Path) -> None:
    here, out, now = tmp_path / "data", tmp_path / "sheet.pdf", datetime.now(UTC)
    shutil.copytree(data, here)
    ours, theirs = here / "seals" / "浙江", here / "seals" / "上海"
    agency = (theirs / AGENCY_FILE).read_bytes()
    shutil.rmtree(theirs)
    make_test_seal(theirs, "虚构的另一机关", make_test_authority(now), now)

    def run(*given: object) -> Result:
        told = [*map(str, given), "--config", str(ROOT / "config.toml")]
        return CliRunner().invoke(app, told, env={"ZHICHAO_DATA_DIR": str(here)})

    words = ("notice", FINE, "--kind", "evidence_sheet", "--copy", 9, "--out", out)
    assert run(*words[:-2]).exit_code == 0
    sm2 = theirs / SM2_PUBLIC_FILE
    for name in ("issuer.crl", "OLDER.CRL", ROOTS_FILE, STAMP_ROOTS_FILE, SM2_PUBLIC_FILE, AGENCY_FILE):
        sm2.touch()
        (theirs / AGENCY_FILE).write_bytes(agency)
        (theirs / name).write_bytes(b"-----BEGIN half")
        assert (run(*words).exit_code, out.exists()) == (0, True), name
        told = run("verify", out)
        assert (told.exit_code, str(theirs / name) in told.stderr) == (0, True), (name, told.stderr)
        # None is configured, which is asked for ours whatever lies beside the other seal.
        assert "no time-stamp authority" in run("documents", "--stamp").stderr, name
        (theirs / name).unlink()
        out.unlink()
    sm2.unlink()
    shutil.copy(ours / ROOTS_FILE, theirs)
    for folder in (ours, theirs):
        # Whom the same issuer certified, the list may name as well.
        (folder / "issuer.crl").write_bytes(b"-----BEGIN half")
        refused = run(*words)
        assert (refused.exit_code, out.exists()) == (1, False)
        assert str(folder / "issuer.crl") in refused.stderr
        (folder / "issuer.crl").unlink()


@pytest.mark.usefixtures("sealed")
def test_a_second_signature_beside_the_file_is_its_own_or_none(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, beside = tmp_path / "sheet.pdf", tmp_path / "sheet.pdf.sm2"
    given = ("notice", FINE, "--kind", "evidence_sheet", "--out", out)
    beside.write_bytes(b"of another file")
    assert run(*given).exit_code == 0
    assert not beside.exists()

    def stamped_meanwhile(connection: Connection, number: str, _: object) -> str:
        one = Document.number == number
        connection.execute(update(Document).where(one).values(sm2="00"))
        return hand_out(connection, number, sound)

    with monkeypatch.context() as patch:
        patch.setattr(documents, "hand_out", stamped_meanwhile)
        assert run(*given).exit_code == 0
    assert beside.read_bytes() == b"\0"
    database = Database(f"sqlite:///{data / 'zhichao.sqlite'}")
    with database.write("test") as connection:
        connection.execute(update(Document).values(sm2=None))
    database.close()
