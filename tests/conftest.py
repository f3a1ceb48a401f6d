"""What tests share: stations, made record files, a database of their own, real data where it is."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from models.database import Database
from stations.station import Certificate, Lane, Station

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'test.sqlite'}")


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Return a file of the real data, or skip the test where that is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"the real data {name} is not on this machine")
        return path

    return find


@pytest.fixture
def make_station() -> Callable[..., Station]:
    """Return a maker of invented stations."""

    def make(**changes: object) -> Station:
        certificate = Certificate(
            number="虚构-0001",
            regulation="JJG 907-2006",
            accuracy_class="5",
            mpe_percent=5,
            verified_by="虚构计量院",
            valid_from=date(2021, 1, 1),
            valid_until=date(2026, 12, 31),
        )
        values: dict[str, object] = {
            "id": "test-1",
            "name": "虚构站",
            "province": "浙江",
            "road": "G000",
            "chainage": "K0+000",
            "direction": "东",
            "format": "hs_data",
            "lanes": (Lane(number=1), Lane(number=2)),
            "certificates": (certificate,),
            "announced_on": date(2021, 1, 1),
        }
        return Station.model_validate(values | changes)

    return make
