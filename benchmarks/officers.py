"""Many officers at once on PostgreSQL: no decision lost or doubled, p95 beside that of an empty page.

Each officer takes the next case, looks at it, decides, and looks at the queue and an empty page now and then.
"""

import argparse
import asyncio
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from console import PASSWORD, fill
from runner import RESULTS, machine
from sqlalchemy import func, select

from models.case_tables import CaseEvent, CaseReview
from models.clock import clock_ms
from models.database import Database
from models.office_tables import Officer
from models.tables import Case
from models.values.office import PROGRAM, Role
from review.accounts import NewOfficer, add_officer
from review.office import Office

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from desk import CHEAP
from postgres import Postgres

SECONDS_TO_START, KEPT_S = 60, 2
EMPTY, SHOWN = "/me", ("case page", "verdict", "next case", "queue")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@dataclass(slots=True, kw_only=True)
class Tally:
    """What all officers did: seconds by kind of request, verdicts taken as (case, officer), other answers."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    taken: list[tuple[str, str]] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)


def login(number: int) -> str:
    """Return the login of an officer."""
    return f"officer-{number:02}"


def people(database: Database, folder: Path, count: int) -> None:
    """Add the officers."""
    office = Office(
        database=database,
        store=None,
        sites={},
        head_file=folder / "head.json",
        hasher=CHEAP,  # type: ignore[arg-type]
    )
    with office.write("officers") as connection:
        for number in range(count):
            new = NewOfficer(
                login=login(number), name=login(number), badge="", role=Role.REVIEWER, password=PASSWORD
            )
            add_officer(connection, CHEAP, PROGRAM, new, clock_ms())


@contextmanager
def serving(folder: Path, url: str, port: int) -> Iterator[str]:
    """Run `zhichao serve` in a process of its own until the block ends."""
    config = folder / "config.toml"
    config.write_text(f'data_dir = "data"\ndatabase_url = "{url}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "zhichao", "serve", "--port", str(port), "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 (our own program)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(10 * SECONDS_TO_START):
            try:
                httpx.get(f"{address}/health", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


async def officer(number: int, address: str, until: float, think_s: float, tally: Tally) -> None:
    """Work until the time is over, as one officer with one browser."""
    dice = random.Random(number)  # noqa: S311 (a simulation)
    # Shorter than the server keeps an idle connection, so that none is closed under a request.
    limits = httpx.Limits(keepalive_expiry=KEPT_S)
    async with httpx.AsyncClient(base_url=address, timeout=60, trust_env=False, limits=limits) as client:

        async def ask(kind: str, method: str, path: str, **form: str) -> httpx.Response:
            began = time.perf_counter()
            answer = await client.request(method, path, data=form or None)
            tally.seconds[kind].append(time.perf_counter() - began)
            return answer

        await ask("sign-in", "POST", "/sign-in", login=login(number), password=PASSWORD)
        where = ""
        while time.monotonic() < until:
            await asyncio.sleep(dice.expovariate(1 / think_s))
            page = await ask("empty page", "GET", EMPTY)
            csrf = dict(HIDDEN.findall(page.text))["csrf"]
            if not where.startswith("/cases/"):
                await ask("queue", "GET", "/queue")
                where = (await ask("next case", "POST", "/queue/next", csrf=csrf)).headers["location"]
                continue
            page = await ask("case page", "GET", where)
            fields = dict(HIDDEN.findall(page.text))
            if "plate_seen" not in fields:
                tally.refused[page.status_code] += 1
                where = ""
                continue
            path, plate = where.partition("?")[0], fields["plate_seen"]
            act = {"act": "confirm"} if dice.random() < 0.8 else {"act": "reject", "reason": "exempt"}  # noqa: PLR2004
            form = {"csrf": fields["csrf"], "version": fields["version"], "plate_seen": plate, "plate": plate}
            answer = await ask("verdict", "POST", f"{path}/verdict", **form, **act)
            where = answer.headers.get("location", "")
            if answer.is_redirect:
                tally.taken.append((path.rpartition("/")[2], login(number)))
            else:
                tally.refused[answer.status_code] += 1


async def work(given: argparse.Namespace, address: str) -> Tally:
    """Let all officers work side by side."""
    tally, until = Tally(), time.monotonic() + 60 * given.minutes
    await asyncio.gather(
        *(officer(number, address, until, given.think, tally) for number in range(given.officers))
    )
    return tally


def check(database: Database, tally: Tally) -> list[str]:
    """Hold what the officers were told against what is kept."""
    with database.read() as connection:
        rows = connection.execute(
            select(Case.number, Officer.login, CaseReview.stage)
            .join(Case, Case.id == CaseReview.case_id)
            .join(Officer, Officer.id == CaseReview.officer_id)
        ).all()
        steps = connection.execute(
            select(CaseEvent.case_id, func.count(), func.max(CaseEvent.version)).group_by(CaseEvent.case_id)
        ).all()
    kept, told = Counter((row.number, row.login) for row in rows), Counter(tally.taken)
    twice = [one for one, count in Counter((row.number, row.stage) for row in rows).items() if count > 1]
    gaps = [one for one in steps if one[1] != one[2]]
    differ = f"lost {(told - kept).total()}, never told {(kept - told).total()}, doubled {len(twice)}"
    return [
        f"decisions told as taken {told.total():,}, kept {kept.total():,}: {differ}",
        f"cases with a gap in their steps: {len(gaps)}; refused: {dict(tally.refused) or 'none'}",
    ]


def p95_ms(seconds: list[float]) -> float:
    """Return the 95th percentile in milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else 0.0


def main() -> None:
    """Fill, serve, work, check, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--officers", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--rows", type=int, default=20_000, help="cases")
    parser.add_argument("--think", type=float, default=8, help="seconds between two looks, on average")
    parser.add_argument("--port", type=int, default=18_420)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Postgres(folder / "postgres")
        try:
            database = Database(server.new_database())
            fill(database, given.rows)
            people(database, folder, given.officers)
            with serving(folder, database.url, given.port) as address:
                tally = asyncio.run(work(given, address))
            lines = tell(tally, check(database, tally))
            database.close()
        finally:
            server.stop()
    heading = f"officers: {given.officers} for {given.minutes:g} min on {given.rows:,} cases, PostgreSQL"
    text = "\n".join([heading, *machine(("starlette", "uvicorn", "sqlalchemy", "psycopg")), *lines, ""])
    (RESULTS / f"officers-{given.officers}-{given.minutes:g}min.txt").write_text(text, encoding="utf-8")
    print(text)


def tell(tally: Tally, checked: list[str]) -> list[str]:
    """Say how many requests there were, and p95 beside that of the empty page."""
    empty = p95_ms(tally.seconds["empty page"])
    lines = [f"empty page: {len(tally.seconds['empty page']):,} requests, p95 {empty:.0f} ms"]
    for kind in SHOWN:
        seconds = tally.seconds[kind]
        p95 = p95_ms(seconds)
        lines.append(f"{kind}: {len(seconds):,} requests, p95 {p95:.0f} ms, {p95 / empty:.2f} beside empty")
    return [*lines, *checked]


if __name__ == "__main__":
    main()
