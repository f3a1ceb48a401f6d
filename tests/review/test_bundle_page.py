"""The evidence bundle from the case page: for who answers for it, verified by a stranger, always logged."""

from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk
from nights import Night
from sqlalchemy import Connection, func, select

from models.keys import load_key, make_key
from models.office_tables import AuditEntry
from models.tables import Frame
from pipeline import verify_bundle
from pipeline.bundle import write_bundle
from review.office import Office

Desks = Callable[[str], Desk]


@pytest.fixture
def key_file(office: Office, night: Night, tmp_path: Path) -> Path:
    """Let the office write bundles, signed with a key that is still to be made."""
    path = tmp_path / "keys" / "evidence.pem"

    def bundle(connection: Connection, number: str, at_ms: int) -> bytes:
        return write_bundle(connection, number, night.station, office.store, load_key(path), at_ms)

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
