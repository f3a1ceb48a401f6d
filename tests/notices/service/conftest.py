"""A service desk for the tests of the service."""

from pathlib import Path

import pytest
from served import Counter

from models.database import Database


@pytest.fixture
def counter(database: Database, tmp_path: Path) -> Counter:
    return Counter(database, tmp_path)
