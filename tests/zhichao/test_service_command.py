"""Service from the command line, to the case's own page of rows."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from served import Counter, sound
from typer.testing import CliRunner, Result

from models.case_life import ZONE
from models.database import Database
from notices.documents.kinds import DocumentKind
from zhichao import service_wiring
from zhichao.cli import app
from zhichao.settings import load_settings

ROOT = Path(__file__).parents[2]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def invoke(*arguments: object) -> Result:
        given = [*map(str, arguments), "--config", str(ROOT / "config.toml")]
        variables = {"ZHICHAO_DATA_DIR": str(tmp_path), "ZHICHAO_SERVICE": '{"post": true}'}
        return CliRunner().invoke(app, given, env=variables)

    return invoke


@pytest.fixture
def number(tmp_path: Path) -> str:
    settings = load_settings(ROOT / "config.toml").model_copy(update={"data_dir": tmp_path})
    counter = Counter(Database(settings.url), tmp_path)
    case_id = counter.case("case-1", DocumentKind.DECISION)
    made = counter.document(case_id, DocumentKind.DECISION)
    counter.database.close()
    return made


def test_what_is_no_sealed_document_is_not_served(run: Run, number: str) -> None:
    kept = run("service", "contact", "case-1", "--name", "虚构", "--address", "虚构市不存在路1号")
    assert kept.exit_code == 0, kept.stderr
    refused = run("service", "start", number)
    assert (refused.exit_code, "核验不通过，不得送出" in refused.stderr) == (1, True), refused.stderr
    assert run("service", "list", "case-1", "--json").stdout == ""


def test_a_decision_goes_by_post_comes_back_and_is_taken_by_hand(
    run: Run, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_wiring, "problem_here", sound)
    nowhere = run("service", "start", number, "--channel", "post")
    assert (nowhere.exit_code, "没有邮寄地址" in nowhere.stderr) == (1, True)
    kept = run("service", "contact", "case-1", "--name", "虚构", "--address", "虚构市不存在路1号")
    assert kept.exit_code == 0, kept.stderr
    reference = run("service", "start", number).stdout.strip()
    assert json.loads(run("service", "run", "--json").stdout)["sent"] == 1
    assert (tmp_path / "post" / "out" / reference / "letter.pdf").exists()
    day = f"{datetime.now(ZONE):%Y-%m-%d}"
    assert run("service", "note", reference, "--outcome", "delivered", "--on", day).exit_code == 1
    proof = tmp_path / "receipt.jpg"
    proof.write_bytes(b"signed")
    done = run("service", "note", reference, "--outcome", "delivered", "--on", day, "--proof", proof)
    assert done.exit_code == 0, done.stderr
    row = json.loads(run("service", "list", "case-1", "--json").stdout)
    assert (row["outcome"], row["served_on"]) == ("delivered", day)
    assert "第九十一条" in row["article"]
    assert run("service", "list", "case-9").exit_code == 2


def test_who_declares_void_what_is_on_its_way_is_told_to_say_so(
    run: Run, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_wiring, "problem_here", sound)
    run("service", "contact", "case-1", "--name", "虚构", "--address", "虚构市不存在路1号")
    reference = run("service", "start", number).stdout.strip()
    done = run("documents", "--void", number, "--reason", "重复立案")
    assert (done.exit_code, f"{reference}：送达已开始" in done.stderr.replace("\n", "")) == (1, True)
    assert "已作废" in run("documents", "case-1").stdout
