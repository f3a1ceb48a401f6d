"""The doctor names what is broken, and what to do about it; it changes nothing."""

import json
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import Encoding
from revoked_lists import revoked_list
from sqlalchemy import make_url, text
from typer.testing import CliRunner

from models import audit
from models.clock import clock_ms
from models.database import PATIENCE, Database, patience
from models.values.office import PROGRAM, Action
from notices.seal.authority import KEY_FILE, make_test_authority, make_test_seal
from notices.seal.key import load_seal
from zhichao import doctor_command
from zhichao.cli import app
from zhichao.doctor import here
from zhichao.doctor.finding import Finding
from zhichao.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]


class Patient:
    """An installation and what the doctor says of it."""

    def __init__(self, folder: Path) -> None:
        self.config, self.data = folder / "config.toml", folder / "data"
        shutil.copy(ROOT / "config.toml", self.config)

    def add(self, more: str) -> None:
        self.config.write_text(self.config.read_text("utf-8") + more, encoding="utf-8")

    def change(self, old: str, new: str) -> None:
        before = self.config.read_text("utf-8")
        assert old in before
        self.config.write_text(before.replace(old, new), encoding="utf-8")

    def look(self, code: int = 0) -> dict[str, list[dict[str, str]]]:
        done = CliRunner().invoke(app, ["doctor", "--json", "--config", str(self.config)])
        assert done.exit_code == code, done.output
        told: dict[str, list[dict[str, str]]] = {}
        for line in done.stdout.splitlines():
            told.setdefault(json.loads(line)["thing"], []).append(json.loads(line))
        for finding in (one for group in told.values() for one in group):
            assert (finding["health"] == "sound") == (finding["do"] == ""), finding
        return told

    def broken(self, thing: str) -> dict[str, str]:
        (found,) = [one for one in self.look(code=1)[thing] if one["health"] == "broken"]
        return found

    def database(self) -> Database:
        return Database(load_settings(self.config).url)


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path)


def test_a_fresh_installation_is_looked_over_and_left_as_it_is(patient: Patient) -> None:
    told = patient.look()
    assert told["数据库"][0]["health"] == "warning"
    assert not patient.data.exists()
    patient.database().close()
    told = patient.look()
    assert told["数据库"][0]["health"] == "sound"
    assert told["时钟"][0]["health"] == "sound"
    assert told["识别模型"][0]["health"] == "sound"
    assert "没有进程值守" in told["定时任务"][0]["says"]
    plain = CliRunner().invoke(app, ["doctor", "--config", str(patient.config)]).stdout
    assert "    → systemctl start zhichao-schedule" in plain


def test_settings_that_cant_be_used(patient: Patient) -> None:
    patient.add("\nworker = 3\n")
    assert "worker" in patient.broken("设置")["says"]


def test_a_database_away_tells_no_password(patient: Patient) -> None:
    patient.change('database_url = ""', 'database_url = "postgresql+psycopg://me:hunter2@127.0.0.1:1/none"')
    says = patient.broken("数据库")["says"]
    assert "me:***@127.0.0.1:1" in says
    assert "hunter2" not in says


def test_a_database_that_never_answers_is_not_waited_for(patient: Patient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://me@127.0.0.1:{silent.getsockname()[1]}/none?connect_timeout=2"
        patient.change('database_url = ""', f'database_url = "{url}"')
        assert "timeout" in patient.broken("数据库")["says"]
    assert patience(make_url(url)).keys() == PATIENCE.keys() - {"connect_timeout"}
    assert patience(make_url("sqlite:///x")) == {}


def test_a_look_that_never_ends_keeps_the_others_going(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = threading.Event()

    def hangs(_settings: Settings) -> Iterator[Finding]:
        end.wait(30)
        return iter(())

    monkeypatch.setattr(doctor_command, "LOOKS", (hangs, here.disk))
    monkeypatch.setattr(doctor_command, "LOOK_S", 0.1)
    try:
        told = patient.look(code=1)
    finally:
        end.set()
    assert "没有应答" in told["hangs"][0]["says"]
    assert told["磁盘"]


def test_a_schema_of_another_version_is_told_and_not_touched(patient: Patient) -> None:
    database = patient.database()
    for revision, word in (("0004", "自动升级"), ("9999", "升级本程序")):
        with database.write("test") as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
        assert word in patient.look()["数据库"][0]["do"]
        assert database.revision == revision
    database.close()


def test_a_clock_behind_the_audit_log(patient: Patient) -> None:
    database = patient.database()
    with database.write("test") as connection:
        audit.append(connection, PROGRAM, Action.SAW, "x", at_ms=clock_ms() + 3_600_000)
    database.close()
    assert "慢于审计日志" in patient.broken("时钟")["says"]


def test_too_little_room(patient: Patient) -> None:
    patient.change("disk_reserve_mb = 512", "disk_reserve_mb = 999999999999")
    assert "kept in reserve" in patient.broken("磁盘")["says"]


def test_a_key_that_others_may_read(patient: Patient) -> None:
    patient.data.mkdir()
    key = patient.data / "registry.key"
    key.write_text("x")
    key.chmod(0o644)
    assert patient.broken("密钥")["do"] == f"chmod 600 {key}"
    key.chmod(0o600)
    assert "密钥" not in patient.look()


@pytest.mark.parametrize("listener", ["push", "pages"])
@pytest.mark.parametrize(("ends", "health"), [(-1, "broken"), (10, "warning"), (400, "sound")])
def test_a_certificate_that_expires(patient: Patient, ends: int, health: str, listener: str) -> None:
    patient.data.mkdir()
    until = datetime.now(UTC) + timedelta(days=ends)
    made = trustme.CA().issue_cert("127.0.0.1", not_after=until)
    path = patient.data / "tls.pem"
    made.private_key_and_cert_chain_pem.write_to_path(path)
    if listener == "push":
        patient.change('\ncertificate = ""', f'\ncertificate = "{path}"')
    else:
        patient.change('tls_certificate = ""', 'tls_certificate = "tls.pem"')
    told = patient.look(code=1 if health == "broken" else 0)["证书"]
    assert [one["health"] for one in told] == [health]


def test_a_certificate_of_another_key(patient: Patient) -> None:
    patient.data.mkdir()
    made = [trustme.CA().issue_cert("127.0.0.1") for _ in range(2)]
    made[0].cert_chain_pems[0].write_to_path(patient.data / "tls.pem")
    made[1].private_key_pem.write_to_path(patient.data / "tls.key")
    patient.change('tls_certificate = ""', 'tls_certificate = "tls.pem"')
    patient.change('tls_key = ""', 'tls_key = "tls.key"')
    assert "mismatch" in patient.broken("证书")["says"]


def test_seals_are_opened(patient: Patient) -> None:
    assert CliRunner().invoke(app, ["seal-init", "--config", str(patient.config)]).exit_code == 0
    assert {one["health"] for one in patient.look()["印章"]} == {"sound"}
    province = min((patient.data / "seals").glob("*/"))
    (province / KEY_FILE).write_bytes(b"no key")
    assert KEY_FILE in patient.broken("印章")["says"]


@pytest.mark.parametrize(("days", "own", "health"), [(1, 0, "sound"), (-1, 0, "warning"), (1, 1, "broken")])
def test_a_revoked_seal_and_an_old_list_of_revoked_ones_are_told(
    patient: Patient, days: int, own: int, health: str
) -> None:
    now, folder = datetime.now(UTC), patient.data / "seals" / "浙江"
    authority = make_test_authority(now)
    make_test_seal(folder, "虚构某机关", authority, now)
    number = load_seal(folder).certificate.serial_number + 1 - own
    listed = revoked_list(authority, number, now - timedelta(days=2), now + timedelta(days=days))
    (folder / "issuer.crl").write_bytes(listed.public_bytes(Encoding.PEM))
    told = [one for one in here.certificates(load_settings(patient.config)) if one.thing == "印章"]
    assert [one.health.value for one in told] == [health]


def test_a_backup_is_missed_and_found(patient: Patient) -> None:
    patient.database().close()
    assert "没有备份" in patient.look()["备份"][0]["says"]
    assert CliRunner().invoke(app, ["backup", "--config", str(patient.config)]).exit_code == 0
    told = patient.look()["备份"]
    assert [one["health"] for one in told] == ["sound", "warning"]
    assert "同一磁盘" in told[1]["says"]
    (made,) = (patient.data / "backup").glob("2*")
    made.rename(made.with_name("20200101T000000Z"))
    assert "小时" in patient.look()["备份"][0]["says"]


def test_partners_and_registries_that_dont_answer(patient: Patient, tmp_path: Path) -> None:
    registry = '[[registries]]\nname = "x"\nkind = "zhejiang"\nurl = "http://127.0.0.1:1"\nplates = ["浙"]\n'
    secret = tmp_path / "secret"
    patient.add(f'\n{registry}client_id = "x"\nsecret_file = "{secret}"\n')
    assert "secret" in patient.broken("登记系统")["says"]
    secret.write_text("s3cret-of-the-test", encoding="utf-8")
    says = patient.broken("登记系统")["says"]
    assert "Connection refused" in says
    assert "s3cret" not in says


def test_a_look_that_fails_keeps_the_others_going(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ssl.SSLError("invented")

    monkeypatch.setattr("zhichao.doctor.here.chinese_font", fails)
    told = patient.look(code=1)
    assert "invented" in told["字体"][0]["says"]
    assert "登记系统" in told
