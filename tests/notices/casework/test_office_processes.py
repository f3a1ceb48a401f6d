"""Officers of two agencies in two processes, killed with -9 again and again: each act is fined once."""

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from agencies import NAMES
from exchange_process import kill, outcome, start
from office_process import behind_ms, numbers_of, open_cases, run_office, states

from models.database import Database
from notices.casework.claims import without_case
from notices.exchange import outbox
from zhichao.demo_agency import two_installations
from zhichao.settings import Settings

ACTS, KILLS = 30, 36


def at_rest(databases: list[Database]) -> bool:
    waits = 0
    for database, partner in zip(databases, NAMES[::-1], strict=True):
        with database.read() as connection:
            waits += outbox.waiting(connection, partner)
    return not waits and all(set(states(one).values()) == {"closed"} for one in databases)


def disturbed(both: list[Settings], databases: list[Database], chance: random.Random) -> None:
    late_ms = behind_ms()
    running = [start(here, ACTS, late_ms, run_office) for here in both]
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.5))
            victim = chance.randrange(2)
            kill(running[victim])
            running[victim] = start(both[victim], ACTS, late_ms, run_office)
        deadline = time.monotonic() + 600
        while not at_rest(databases):
            assert all(process.exitcode is None for process in running)
            assert time.monotonic() < deadline, [Counter(states(one).values()) for one in databases]
            time.sleep(0.5)
    finally:
        for process in running:
            process.kill()
            process.join(30)


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_no_case_is_fined_twice_and_none_is_lost(tmp_path: Path, new_database: Callable[[], str]) -> None:
    both = two_installations(Settings(), tmp_path, [new_database(), new_database()])
    for here in both:
        open_cases(here, ACTS)
    databases = [Database(here.url) for here in both]
    try:
        disturbed(both, databases, random.Random(3))  # noqa: S311 (no secret)
        for database, here in zip(databases, both, strict=True):
            with database.read() as connection:
                assert without_case(connection) == []
            assert sorted(states(database)) == numbers_of(here.agency.id, ACTS)
    finally:
        for database in databases:
            database.close()
    # A case whose claim is closed was closed as recognised: its officers never decided it.
    by_standing: dict[str, Counter[str]] = {"decided": Counter(), "closed": Counter()}
    told = {}
    for here in both:
        standings, entries, problem, incidents = outcome(here)
        assert (problem, incidents) == ("", [])
        for claim, standing in standings.items():
            by_standing[standing][claim.split(":")[1]] += 1
        told[here.agency.id] = {
            way: sorted((one.message_id, one.contents) for one in entries if one.direction == way)
            for way in ("sent", "received")
        }
    assert by_standing["decided"] == {f"{act:03}": 1 for act in range(ACTS)}
    assert by_standing["closed"] == {f"{act:03}": 1 for act in range(2, ACTS, 3)}
    for one, other in (NAMES, NAMES[::-1]):
        assert told[one]["sent"] == told[other]["received"]
