"""The demo's second half: two agencies, two databases, two processes over TLS, each act fined once."""

import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rich.table import Table
from sqlalchemy import Connection, select

from models.clock import clock_ms
from models.database import Database, DatabaseUnavailableError
from models.exchange_tables import OwnClaimRow
from notices.exchange import log, outbox
from notices.exchange.dockets import own_claim
from notices.exchange.kinds import Kind, Stage
from notices.recognition.docket import OwnClaim, Standing
from notices.recognition.same_act import same_act
from stations.station import Station
from zhichao.demo_agency import AGENCIES, Filing, run_agency, simulated_filing, two_installations
from zhichao.settings import Settings

REST_S = 60.0
POLL_S = 0.2
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the acts; both times are medians, to the partner's receipt of the claim."""

    claims: int
    seen_by_both: int
    fined: dict[str, int]
    recognised: int
    fined_twice: int
    fined_by_nobody: int
    passage_to_receipt_min: float
    filing_to_receipt_s: float
    logs_whole: bool

    @property
    def sound(self) -> bool:
        """Return whether each act is fined once, and the logs are whole."""
        return not self.fined_twice and not self.fined_by_nobody and self.logs_whole

    def as_json(self) -> dict[str, Any]:
        """Return the figures as a dict."""
        return {name: getattr(self, name) for name in self.__slots__}


def run_exchange(
    settings: Settings, stations: Sequence[Station], cases: Sequence[dict[str, Any]], filed_ms: int
) -> Outcome:
    """Let each agency file its station's cases, from `filed_ms` on, and wait until nothing is left to say.

    The agencies' clocks stand at `filed_ms` now, so that times count from the simulated passages.
    """
    both = two_installations(settings, settings.data_dir / "exchange")
    filings = [
        simulated_filing(here.agency.id, station, cases, filed_ms + number)
        for number, (here, station) in enumerate(zip(both, stations, strict=True))
    ]
    behind_ms = clock_ms() - filed_ms
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    processes = [
        context.Process(target=run_agency, args=(here, todo, behind_ms, stop), daemon=True)
        for here, todo in zip(both, filings, strict=True)
    ]
    for process in processes:
        process.start()
    databases = [Database(here.url) for here in both]
    try:
        _await_rest(databases, filings, lambda: all(process.is_alive() for process in processes))
    finally:
        stop.set()
        for process in processes:
            process.join(REST_S)
    outcome = _outcome(databases)
    for database in databases:
        database.close()
    return outcome


def _await_rest(
    databases: Sequence[Database], filings: Sequence[Sequence[Filing]], is_running: Callable[[], bool]
) -> None:
    """Wait until every claim is fined or stands behind one that is, and no message waits."""
    deadline = time.monotonic() + REST_S
    while time.monotonic() < deadline and is_running():
        if all(_rests(database, len(todo)) for database, todo in zip(databases, filings, strict=True)):
            return
        time.sleep(POLL_S)


def _rests(database: Database, claims: int) -> bool:
    try:
        with database.read() as connection:
            standings = [own.standing for own in _claims(connection)]
            waits = any(outbox.waiting(connection, partner) for partner in AGENCIES)
    except DatabaseUnavailableError:
        return False
    return len(standings) == claims and not waits and set(standings) <= {Standing.DECIDED, Standing.BLOCKED}


def _claims(connection: Connection) -> list[OwnClaim]:
    return [own_claim(row) for row in connection.execute(select(*OwnClaimRow.__table__.columns))]


def _outcome(databases: Sequence[Database]) -> Outcome:
    claims: list[OwnClaim] = []
    passages_ms: list[int] = []
    filings_ms: list[int] = []
    whole = True
    for database, partner in zip(databases, AGENCIES[::-1], strict=True):
        with database.read() as connection:
            own = _claims(connection)
            entries = list(log.entries(connection, partner))
            whole &= not log.first_break(entries, log.head(connection, partner))
        receipts = _first_receipts(entries)
        received = [(one.claim, receipts[one.claim.id]) for one in own if one.claim.id in receipts]
        passages_ms += [at - claim.passed_ms for claim, (_, at) in received]
        filings_ms += [at - said for _, (said, at) in received]
        claims += own
    fined = [one.claim for one in claims if one.standing is Standing.DECIDED]
    acts = [(one, other) for one, other in combinations(claims, 2) if same_act(one.claim, other.claim)]
    absorbed = [
        one
        for one in claims
        if one.standing is Standing.BLOCKED and any(same_act(one.claim, claim) for claim in fined)
    ]
    return Outcome(
        claims=len(claims),
        seen_by_both=sum(one.claim.agency != other.claim.agency for one, other in acts),
        fined={name: sum(claim.agency == name for claim in fined) for name in AGENCIES},
        recognised=len(absorbed),
        fined_twice=sum(same_act(one, other) for one, other in combinations(fined, 2)),
        fined_by_nobody=len(claims) - len(fined) - len(absorbed),
        passage_to_receipt_min=round(statistics.median(passages_ms or [0]) / MINUTE_MS, 1),
        filing_to_receipt_s=round(statistics.median(filings_ms or [0]) / 1000, 3),
        logs_whole=whole,
    )


def _first_receipts(entries: Sequence[log.Entry]) -> dict[str, tuple[int, int]]:
    """Return for each own claim when it was said and when its first receipt came, by the claim's id."""
    said = {one.message_id: one for one in entries if (one.direction, one.kind) == ("sent", Kind.CLAIM)}
    times: dict[str, tuple[int, int]] = {}
    for entry in entries:
        if (entry.direction, entry.kind) != ("received", Kind.RECEIPT):
            continue
        body = json.loads(entry.contents)["body"]
        if body["stage"] == Stage.ACCEPTED and (claim := said.get(body["message_id"])) is not None:
            claim_id = json.loads(claim.contents)["body"]["id"]
            times.setdefault(claim_id, (claim.at, entry.at))
    return times


def exchange_table(outcome: Outcome, title: str) -> Table:
    """Return the figures for people."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    fined = [(f"  {name}处罚 fined by {name}", str(count)) for name, count in outcome.fined.items()]
    for row in (
        ("两地立案 cases filed by both agencies", str(outcome.claims)),
        ("同一行程两地都看到 same trip seen by both", str(outcome.seen_by_both)),
        *fined,
        ("  互认，不再处罚 recognised, not fined again", str(outcome.recognised)),
        ("一事两罚 fined twice", str(outcome.fined_twice)),
        ("无人处罚 fined by nobody", str(outcome.fined_by_nobody)),
        ("过车到对方回执 passage to partner's receipt", f"{outcome.passage_to_receipt_min} min"),
        ("立案到对方回执 filing to partner's receipt", f"{outcome.filing_to_receipt_s} s"),
        ("双方日志完整 both logs whole", "是 yes" if outcome.logs_whole else "否 no"),
    ):
        table.add_row(*row)
    return table
