from pathlib import Path

import pytest

from models.database import Database
from models.files import FileStore
from models.leases import this_process
from stations.intake import Intake
from stations.quarantine import QuarantineFolder


@pytest.fixture
def taking(database: Database, tmp_path: Path) -> Intake:
    return Intake(
        database=database,
        store=FileStore(tmp_path / "originals"),
        quarantine=QuarantineFolder(root=tmp_path / "quarantine"),
        holder=this_process(600_000),
        now_ms=lambda: 1_800_000_000_000,
    )


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder
