"""Case work with the partner from the command line, carried by hand between two installations."""

import json
from pathlib import Path
from typing import Any

import pytest
from hs_file import hs_row, write_hs
from nights import DAY, Night
from office import add_case, add_officer
from sqlalchemy import select
from two_folders import agency, carry, run, two_folders
from typer.testing import CliRunner

from models.case_life import Step, life_of, move
from models.database import Database
from models.exchange_tables import OwnClaimRow
from models.values.case_life import CaseState
from models.values.office import PROGRAM, Role
from notices.casework.attachments import describe
from notices.casework.matters import Outgoing, say_matter
from notices.exchange.kinds import Kind, ServiceRequestBody
from zhichao import exchange_wiring
from zhichao.cli import app
from zhichao.settings import load_settings

ROOT = Path(__file__).parents[2]
CASE = "sim-pinghu-20260618-010100-1"
PDF = b"%PDF-1.7 invented"


@pytest.fixture
def both(tmp_path: Path) -> list[Path]:
    made = two_folders(tmp_path)
    with Database(load_settings(made[0]).url).write("test") as connection:
        add_case(connection, "a")
    (tmp_path / "车头.jpg").write_bytes(b"\xff\xd8 invented")
    return made


def matters(config: Path) -> dict[str, dict[str, Any]]:
    rows = run(config, "list", "--json", of="partner").splitlines()
    return {row["kind"]: row for row in map(json.loads, rows)}


def test_a_lead_and_questions_are_answered(both: list[Path], tmp_path: Path) -> None:
    here, there = both
    lead = ("lead", "a", "--text", "虚构", "--due", "2027-01-01", "--file", str(tmp_path / "车头.jpg"))
    who = ("--officer", "虚构", "--purpose", "虚构的核查", "--due", "2027-01-01")
    for _ in range(2):
        assert run(here, *lead, of="partner").strip() == "lead/pinghu/a"
    asked = run(here, "ask", "虚协1", "--text", "虚构", *who, of="partner").strip()
    keeper = run(here, "keeper", "a", *who, "--field", "name", of="partner").strip()
    carry(here, there)
    assert {kind: one["plate"] for kind, one in matters(there).items()} == {
        "lead": "浙Z00001",
        "assistance": "",
        "party_query": "浙Z00001",
    }
    run(there, "answer", "lead/pinghu/a", "--outcome", "filed", "--text", "虚构", of="partner")
    run(there, "answer", "lead/pinghu/a", "--outcome", "filed", of="partner", code=1)
    run(there, "answer", keeper, "--outcome", "done", of="partner", code=1)
    run(there, "answer", asked, "--outcome", "not_found", of="partner")
    told = ("tell-keeper", keeper, "--outcome", "identified", "--name", "虚构公司")
    run(there, *told, "--address", "虚构路1号", of="partner", code=1)
    run(there, *told, of="partner")
    carry(there, here)
    assert {kind: one["outcome"] for kind, one in matters(here).items()} == {
        "lead": "filed",
        "assistance": "not_found",
        "party_query": "identified",
    }
    assert "线索移送" in run(here, "list", of="partner")


def test_what_cannot_be_said_is_told_in_a_line(both: list[Path], tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("x")
    lead = ("lead", "a", "--text", "虚构", "--due", "2027-01-01")
    run(both[0], *lead, "--file", str(wrong), of="partner", code=2)
    run(both[0], *lead, "--partner", "nobody", of="partner", code=2)
    run(both[0], "circular", "a", of="partner", code=1)
    assert matters(both[0]) == {}


def test_a_request_to_serve_is_answered_with_its_proof(both: list[Path], tmp_path: Path) -> None:
    here, there = both
    settings = load_settings(here)
    ours = exchange_wiring.exchange(settings, Database(settings.url))
    file = describe(PDF, "decision.pdf", "application/pdf")
    body = ServiceRequestBody(
        reference="虚-1",
        document_sha256=file.sha256,
        document_kind="decision",
        case="a",
        due_ms=2_000_000_000_000,
        files=(file,),
    )
    said = Outgoing(
        to="jinshan", kind=Kind.SERVICE_REQUEST, reference="1", body=body, files={file.sha256: PDF}
    )
    with ours.database.write("test") as connection:
        message_id = say_matter(ours, connection, said, PROGRAM)
    carry(here, there)
    day = ("--on", "2026-07-01")
    run(there, "served", message_id, *day, of="partner", code=2)
    proof = ("--proof", str(tmp_path / "车头.jpg"))
    run(there, "served", message_id, *day, *proof, "--failed", "虚构", of="partner", code=2)
    run(there, "served", message_id, *day, *proof, of="partner")
    row = matters(there)["service_request"]
    assert (row["outcome"], row["stage"]) == ("served", "served")


def test_a_case_filed_before_there_was_a_partner_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ROOT / "config.toml"
    settings = load_settings(config).model_copy(update={"data_dir": tmp_path})
    station = settings.station("sim-pinghu").model_copy(update={"clock_offset_ms": 0})
    night = Night(tmp_path, station, settings.url)
    write_hs(night.inbox / "night.csv", [hs_row("2026-06-18 01:01:00.000", 64_321)])
    night.frame("010100.400", 11)
    assert night.run(DAY).cases == 1
    with night.database.write("test") as connection:
        officers = [add_officer(connection, name, Role.REVIEWER).officer_id for name in ("a", "b")]
        reviewers = {"first_reviewer_id": officers[0], "second_reviewer_id": officers[1]}
        for to in (CaseState.FIRST_REVIEW, CaseState.SECOND_REVIEW, CaseState.FILED):
            life = life_of(connection, CASE)
            step = Step(case_id=life.case_id, version=life.version, to=to, actor=PROGRAM, at_ms=7)
            changes: dict[str, object] = reviewers if to is CaseState.FILED else {}
            move(connection, step, changes | {"plate": "浙Z00017"})
    public = agency(tmp_path / "jinshan", "jinshan")[1].split('public = "')[1].split('"')[0]
    monkeypatch.setenv("ZHICHAO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHICHAO_PARTNERS", json.dumps([{"id": "jinshan", "keys": [{"public": public}]}]))
    run(config, "init")
    for looked_at in (1, 0):
        done = CliRunner().invoke(app, ["partner", "claim-open", "--config", str(config)])
        assert (done.exit_code, f"looked at {looked_at}," in done.stderr) == (0, True), done.output
    with night.database.read() as connection:
        (claim,) = connection.execute(select(OwnClaimRow.claim_id, OwnClaimRow.contents))
    assert claim.claim_id == f"here:{CASE}"
    assert json.loads(claim.contents)["filed_ms"] == 7
