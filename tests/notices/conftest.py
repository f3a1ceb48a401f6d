"""What tests of documents share: a renderer of invented frames, a test seal, the independent checker."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import papers
import pytest
from sqlalchemy import insert

from models.database import Database
from models.files import FileStore
from models.tables import Case
from notices.documents.issue import Office
from notices.documents.render import Renderer
from notices.seal.authority import make_test_authority, make_test_seal
from notices.seal.key import Seal, load_seal
from notices.seal.sealer import Sealer

NOW = papers.SEALED_AT
URL = "https://verify.example.invalid/d"


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(URL, papers.FRAMES.__getitem__)


@pytest.fixture(scope="session")
def seal_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seals") / "浙江"
    make_test_seal(folder, papers.AGENCIES["浙江"].name, make_test_authority(NOW), NOW)
    return folder


@pytest.fixture(scope="session")
def seal(seal_folder: Path) -> Seal:
    return load_seal(seal_folder)


@pytest.fixture(scope="session")
def sealer(seal: Seal) -> Sealer:
    return Sealer(seal, clock=lambda: NOW)


@pytest.fixture
def office(database: Database, tmp_path: Path, renderer: Renderer, sealer: Sealer) -> Office:
    return Office(
        database=database, store=FileStore(tmp_path / "documents"), renderer=renderer, sealer=sealer
    )


@pytest.fixture
def new_case(database: Database) -> Callable[[str], int]:
    """Return a maker of cases."""

    def make(number: str) -> int:
        row = {"number": number, "station_id": "test-1", "passed_at": 0}
        with database.write("test") as connection:
            return int(connection.execute(insert(Case).values(row).returning(Case.id)).scalar_one())

    return make


@pytest.fixture(scope="session")
def pdfsig() -> Callable[[Path], str]:
    """Return poppler's own check of a sealed file; PDFSIG may name the program."""
    program = os.environ.get("PDFSIG") or shutil.which("pdfsig")
    if program is None:
        pytest.skip("pdfsig of poppler-utils is not on this machine")

    def check(path: Path) -> str:
        done = subprocess.run([program, path], capture_output=True, text=True, timeout=20, check=False)
        return done.stdout

    return check
