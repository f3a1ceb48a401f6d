"""Two agencies as two processes on loopback TLS with client certificates, killed and started again."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.context import ForkServerProcess

from agencies import HOUR_MS, NAMES, START_MS, claim_of
from sqlalchemy import select

from models.database import Database, DatabaseUnavailableError
from models.exchange_tables import ExchangeIncident, OwnClaimRow
from notices.exchange import log, outbox
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import FinedBody
from notices.recognition.claim import Claim
from notices.recognition.docket import Standing
from zhichao import exchange_wiring
from zhichao.settings import Settings

AWAY_MS = 72 * HOUR_MS
PRELOADED = ["exchange_process", "office_process", "zhichao.exchange_wiring"]
Run = Callable[[Settings, int, int], None]


def acts_of(name: str, acts: int) -> list[Claim]:
    """The claims of an agency: of three acts each sees one alone, and both see the third."""
    first = NAMES.index(name)
    return [
        claim_of(name, act, passed_h=first, plate=f"浙F{act:05}", filed_ms=START_MS + act * HOUR_MS + first)
        for act in range(acts)
        if act % 3 in {first, 2}
    ]


def run_agency(settings: Settings, acts: int, behind_ms: int) -> None:
    """Serve the partner, file every act, fine whatever may be fined; for ever, until killed."""
    now = exchange_wiring.exchange(settings, Database(settings.url))
    exchange = replace(now, clock=lambda: now.clock() - behind_ms)
    with exchange_wiring.open_to_partners(settings, exchange):
        for claim in acts_of(settings.agency.id, acts):
            with exchange.database.write("process.file") as connection:
                exchange.file(connection, claim)
            if claim.id.endswith("7"):
                decide_held(exchange)
        while True:
            decide_held(exchange)
            time.sleep(0.2)


def decide_held(exchange: Exchange) -> None:
    with exchange.database.read() as connection:
        held = connection.scalars(
            select(OwnClaimRow.claim_id).where(OwnClaimRow.standing == Standing.HELD)
        ).all()
    for claim_id in held:
        fined = FinedBody(
            claim_id=claim_id, decision=f"罚-{claim_id}", decided_ms=START_MS, amount_fen=50_000
        )
        with exchange.database.write("process.decide") as connection:
            exchange.decide(connection, fined)


def start(settings: Settings, acts: int, behind_ms: int = 0, run: Run = run_agency) -> ForkServerProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=run, args=(settings, acts, behind_ms), daemon=True)
    process.start()
    return process


def kill(process: ForkServerProcess) -> None:
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


def alone(settings: Settings, acts: int, away_s: float) -> int:
    """Run one agency three days ago, its partner away; return how much waits for the partner's return."""
    process = start(settings, acts, AWAY_MS)
    time.sleep(away_s)
    kill(process)
    database = Database(settings.url)
    with database.read() as connection:
        waits = outbox.waiting(connection, settings.partners[0].id)
        standings = set(connection.scalars(select(OwnClaimRow.standing)))
    database.close()
    assert standings <= {Standing.WAITING, Standing.BLOCKED}
    return waits


def disturbed(both: list[Settings], acts: int, kills: int, chance: random.Random, pause_s: float) -> None:
    """Run both, kill one or the other at random, then let them come to rest, and end them."""
    running = [start(settings, acts) for settings in both]
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.1, pause_s))
            victim = chance.randrange(2)
            kill(running[victim])
            running[victim] = start(both[victim], acts)
        _await_rest(both, acts, running)
    finally:
        for process in running:
            process.kill()
            process.join(30)


def _await_rest(both: list[Settings], acts: int, running: list[ForkServerProcess]) -> None:
    databases = [Database(settings.url) for settings in both]
    try:
        deadline = time.monotonic() + 120 + acts
        while time.monotonic() < deadline:
            assert all(process.exitcode is None for process in running)
            if all(
                _rests(database, settings, acts) for database, settings in zip(databases, both, strict=True)
            ):
                return
            time.sleep(0.3)
        raise AssertionError("the two do not come to rest")
    finally:
        for database in databases:
            database.close()


def _rests(database: Database, settings: Settings, acts: int) -> bool:
    try:
        with database.read() as connection:
            standings = list(connection.scalars(select(OwnClaimRow.standing)))
            waits = outbox.waiting(connection, settings.partners[0].id)
    except DatabaseUnavailableError:
        return False
    settled = {Standing.DECIDED, Standing.BLOCKED}
    return (
        not waits and len(standings) == len(acts_of(settings.agency.id, acts)) and set(standings) <= settled
    )


def outcome(settings: Settings) -> tuple[dict[str, str], list[log.Entry], str, list[str]]:
    """Return standings by claim, the log, where its chain breaks, incidents."""
    database, partner = Database(settings.url), settings.partners[0].id
    with database.read() as connection:
        rows = connection.execute(select(OwnClaimRow.claim_id, OwnClaimRow.standing)).all()
        entries = list(log.entries(connection, partner))
        problem = log.first_break(entries, log.head(connection, partner))
        incidents = list(connection.scalars(select(ExchangeIncident.reason)))
    database.close()
    return {row.claim_id: row.standing for row in rows}, entries, problem, incidents
