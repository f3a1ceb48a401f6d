"""Two real processes over loopback TLS, killed with -9: nothing is lost, nothing doubled."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from agencies import NAMES
from exchange_process import alone, disturbed, outcome

from models.database import Database
from notices.exchange.export import write_log
from notices.exchange.keys import public_text
from notices.exchange.log import Entry
from zhichao import exchange_wiring
from zhichao.demo_agency import two_installations
from zhichao.settings import Settings

SCRIPT = Path(__file__).parents[3] / "docs/verify_exchange.py"


def told(entries: list[Entry], direction: str) -> list[tuple[str, str]]:
    return sorted((one.message_id, one.contents) for one in entries if one.direction == direction)


def hold(both: list[Settings], acts: int) -> None:
    """Hold that each act is fined once, and that both logs tell the same, byte for byte."""
    fined: Counter[str] = Counter()
    logs = {}
    for settings in both:
        standings, entries, problem, incidents = outcome(settings)
        assert (problem, incidents) == ("", [])
        fined.update(claim.split("-")[1] for claim, standing in standings.items() if standing == "decided")
        logs[settings.agency.id] = entries
    assert fined == {str(act): 1 for act in range(acts)}
    for one, other in (NAMES, NAMES[::-1]):
        assert told(logs[one], "sent") == told(logs[other], "received")
    a_third_party_verifies(both)


def a_third_party_verifies(both: list[Settings]) -> None:
    exported, keys = [], []
    for settings in both:
        database = Database(settings.url)
        exchange = exchange_wiring.exchange(settings, database)
        with database.read() as connection:
            folder = settings.data_dir / "logs"
            exported.append(str(write_log(connection, exchange.agency, settings.partners[0].id, folder)))
        keys.append(f"--key={exchange.agency}={public_text(exchange.key.private.public_key())}")
        database.close()
    command = [sys.executable, "-I", str(SCRIPT), *exported, *keys]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "verified"), done.stdout + done.stderr


def test_killed_at_random(tmp_path: Path, new_database: Callable[[], str]) -> None:
    both = two_installations(Settings(), tmp_path, [new_database(), new_database()])
    disturbed(both, acts=30, kills=5, chance=random.Random(1), pause_s=1.0)  # noqa: S311 (no secret)
    hold(both, 30)


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_killed_many_times(tmp_path: Path, new_database: Callable[[], str]) -> None:
    both = two_installations(Settings(), tmp_path, [new_database(), new_database()])
    assert alone(both[0], acts=200, away_s=10) > 50
    disturbed(both, acts=200, kills=60, chance=random.Random(2), pause_s=1.5)  # noqa: S311 (no secret)
    hold(both, 200)
