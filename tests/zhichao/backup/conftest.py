"""An installation with data in, and another that is empty."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from installation import Place
from nights import Night, fill
from office import add_case, add_officer
from sqlalchemy import insert

from models import audit, head_file, leases
from models.leases import Holder
from models.registry_tables import RegistryAnswer
from models.values.office import Action, Role
from notices.exchange.keys import public_text
from stations.station import Station

NOW_MS = 1_781_740_800_000


@pytest.fixture
def filled(tmp_path: Path, new_database: Callable[[], str], make_station: Callable[..., Station]) -> Place:
    """Return an installation with a night, an officer, cases, logs, a sealed answer, a lease, keys."""
    place = Place(tmp_path / "here", new_database())
    night = Night(place.data, make_station(), place.settings.url)
    fill(night)
    night.run()
    with night.database.write("test") as connection:
        officer = add_officer(connection, "first", Role.REVIEWER)
        add_case(connection, "A-1")
        audit.append(connection, officer, Action.SAW, "A-1", at_ms=NOW_MS, detail={"what": "页面"})
        head = audit.head(connection)
        answer = {
            "source": "x",
            "plate": "浙Z00001",
            "colour": "yellow",
            "subject": "",
            "answered_at": NOW_MS,
        }
        answer |= {"facts": "{}", "sealed": b"\x00\xff\n sealed", "key_id": "k", "answered_at": 1}
        connection.execute(insert(RegistryAnswer).values(answer))
        leases.take(connection, "lease", Holder(name="somebody", lease_ms=1000))
    night.database.close()
    head_file.note(place.settings.head_file, head)
    place.run("make-key")
    return place


@pytest.fixture
def elsewhere(tmp_path: Path, new_database: Callable[[], str]) -> Place:
    public = public_text(Ed25519PrivateKey.generate().public_key())
    partner = f'[[partners]]\nid = "jinshan"\nkeys = [{{ public = "{public}" }}]\n'
    return Place(tmp_path / "elsewhere", new_database(), partner)
