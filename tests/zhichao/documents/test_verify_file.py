"""A file is verified: whose seal it carries, when it was pressed, and what the register says of it."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner, Result

from models.database import Database
from notices.seal.sm2 import Sm2Known
from notices.seal.verify import Anchors
from zhichao import trusted, verify
from zhichao.cli import app
from zhichao.settings import load_settings

ROOT = Path(__file__).parents[3]
FINE = "sim-pinghu-20260618-010100-1"
Run = Callable[..., Result]


@pytest.mark.usefixtures("sealed")
def test_a_changed_file_is_said_to_be_changed(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "sheet.pdf"
    assert run("notice", FINE, "--kind", "evidence_sheet", "--out", out).exit_code == 0
    out.write_bytes(out.read_bytes() + b"%")
    done = run("verify", out)
    assert done.exit_code == 1
    assert "已被改动 CHANGED" in done.stdout
    out.write_bytes(b"no pdf")
    done = run("verify", out)
    assert done.exit_code == 1
    assert "sheet.pdf: no document whose seal can be read" in done.stderr


@pytest.mark.usefixtures("sealed")
def test_verify_reads_the_sealed_documents_too(run: Run, data: Path) -> None:
    done = run("notice", FINE, "--kind", "evidence_sheet", "--json")
    sha = json.loads(done.stdout)["sha256"]
    path = next((data / "documents").rglob(sha))
    whole = path.read_bytes()
    assert run("verify").exit_code == 0, run("verify").stdout
    path.write_bytes(whole[:-1] + b"x")
    broken = run("verify")
    path.write_bytes(whole)
    assert broken.exit_code == 1
    assert f"({sha}): was changed" in broken.stdout


@pytest.mark.usefixtures("sealed")
def test_a_file_on_record_is_verified_by_when_it_was_sealed(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "sheet.pdf"
    assert run("notice", FINE, "--kind", "evidence_sheet", "--out", out).exit_code == 0

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=3 * 365)

    monkeypatch.setattr(verify, "datetime", Later)
    told = run("verify", out)
    assert (told.exit_code, "其后证书到期 expired since" in told.stdout) == (0, True)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(data / "seals", elsewhere / "seals")
    monkeypatch.setattr(verify, "_on_record", lambda *_: None)
    strange = run("verify", out)
    assert (strange.exit_code, "NOT TRUSTED" in strange.stdout) == (1, True)
    monkeypatch.undo()
    given = ["verify", str(out), "--config", str(ROOT / "config.toml")]
    unregistered = CliRunner().invoke(app, given, env={"ZHICHAO_DATA_DIR": str(elsewhere)})
    assert (unregistered.exit_code, (elsewhere / "zhichao.sqlite").exists()) == (0, False)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("url", ["sqlite:///{}/older.sqlite", "sqlite:///{}/none.sqlite", "nonsense"])
def test_a_file_is_verified_without_a_word_to_the_database(
    run: Run, data: Path, tmp_path: Path, url: str
) -> None:
    out, config = tmp_path / "sheet.pdf", tmp_path / "config.toml"
    assert run("notice", FINE, "--kind", "evidence_sheet", "--out", out).exit_code == 0
    older = tmp_path / "older.sqlite"
    Database(f"sqlite:///{older}", revision="0020").close()
    before = older.read_bytes()
    lines = (ROOT / "config.toml").read_text("utf-8")
    assert 'database_url = ""' in lines
    config.write_text(lines.replace('database_url = ""', f'database_url = "{url.format(tmp_path)}"'), "utf-8")
    given = ["verify", str(out), "--config", str(config)]
    told = CliRunner().invoke(app, given, env={"ZHICHAO_DATA_DIR": str(data)})
    assert (told.exit_code, "证书可信 trusted" in told.stdout) == (0, True), told.output
    assert ("the register was not asked" in told.stderr) == ("none" not in url)
    assert (older.read_bytes(), (tmp_path / "none.sqlite").exists()) == (before, False)


@pytest.mark.usefixtures("sealed")
def test_a_void_document_is_said_to_be_whatever_its_seal_is_worth(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "sheet.pdf"
    done = run("notice", FINE, "--kind", "evidence_sheet", "--copy", 7, "--out", out, "--json")
    number = json.loads(done.stdout)["number"]
    assert run("verify", out).exit_code == 0
    assert run("documents", "--void", number, "--reason", "重复立案").exit_code == 0
    told, rows = run("verify", out), run("verify", out, "--json")
    assert (told.exit_code, f"VOID on record: 技术监控记录证据单 {number}" in told.stdout) == (1, True)
    assert (rows.exit_code, *(json.loads(rows.stdout)[key] for key in ("void", "holds"))) == (1, True, False)


@pytest.mark.usefixtures("sealed")
def test_a_list_of_revoked_certificates_is_its_issuers_own(run: Run, data: Path, tmp_path: Path) -> None:
    out, path = tmp_path / "sheet.pdf", data / "seals" / "浙江" / "issuer.crl"
    assert run("notice", FINE, "--kind", "evidence_sheet", "--out", out).exit_code == 0
    root = trusted.anchors(load_settings(ROOT / "config.toml").model_copy(update={"data_dir": data})).seals[0]
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateRevocationListBuilder().issuer_name(root.subject)
    made = made.last_update(now).next_update(now + timedelta(days=1))
    for content, told in (
        (b"none", "no list of"),
        (made.sign(key, SHA256()).public_bytes(Encoding.PEM), "not signed by"),
    ):
        path.write_bytes(content)
        refused = run("verify", out)
        assert (refused.exit_code, told in refused.stderr, path.name in refused.stderr) == (1, True, True)
    # The list may name the certificate: whether it holds is not settled, whatever else can be said.
    path.write_bytes(b"-----BEGIN X509 CRL-----\nMIIB")
    assert "证书是否可信不明 NOT SETTLED" in run("verify", out).stdout
    path.unlink()


@pytest.mark.usefixtures("sealed")
def test_whose_sm2_key_held_is_said_and_so_is_that_none_is_known(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, beside = tmp_path / "sheet.pdf", tmp_path / "sm2"
    assert run("notice", FINE, "--kind", "evidence_sheet", "--out", out).exit_code == 0
    beside.write_bytes(b"signed")
    told = ("verify", out, "--sm2", beside)

    def known(mark: str, *, sound: bool) -> Result:
        roots = trusted.anchors(
            load_settings(ROOT / "config.toml").model_copy(update={"data_dir": data})
        ).seals
        sm2 = (Sm2Known(agency="虚构机关", mark=mark, public=(b"x",)),)
        monkeypatch.setattr(verify, "anchors", lambda *_: Anchors(seals=roots, sm2=sm2))
        monkeypatch.setattr(verify, "holds", lambda *_: sound)
        return run(*told)

    own = known("虚浙交", sound=True)
    assert (own.exit_code, "SM2 holds: 虚构机关" in own.stdout) == (0, True)
    false = known("虚浙交", sound=False)
    assert (false.exit_code, "SM2 DOES NOT HOLD: 虚构机关" in false.stdout) == (1, True)
    other = known("虚沪交", sound=True)
    assert (other.exit_code, "no SM2 key is known here" in other.stdout) == (1, True)
