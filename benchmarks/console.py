"""Queue and case page with many cases, beside a nearly empty page of the same server and the same visitor."""

import argparse
import http.client
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from argon2 import PasswordHasher
from runner import Case, arguments, keep, machine, ratio_line, times_s
from sqlalchemy import Connection, event, update

from models.bulk import insert_rows
from models.clock import clock_ms
from models.database import Database
from models.files import FileStore
from models.office_tables import AuditHead
from models.values.office import PROGRAM, Role
from review.access import COOKIE
from review.accounts import NewOfficer, add_officer, sign_in
from review.app import make_app
from review.office import Office
from review.site import Site

AIM = 4
# Few, so that a page and the empty one beside it meet the same load of a machine that others use too.
REQUESTS = 8
PASSWORD = "invented for this run"  # noqa: S105
PASSED_MS = 1_781_712_060_000


def fill(database: Database, count: int) -> None:
    """Insert cases with all that a night leaves of each; every tenth is dismissed."""
    with database.write("fill") as connection:
        source = ("id", "station_id", "sha256", "name", "kind", "state", "size_bytes", "received_at", "rows")
        more = ("rows_new", "rows_known", "rows_quarantined")
        row = (1, "made", "0", "made", "records", "taken", 0, 0, 0, 0, 0, 0)
        insert_rows(connection, "source_file", (*source, *more), [row])
        ids = range(1, count + 1)
        axles, gaps = "9000,10000,10000,9000,9000,9000", "3300,1350,6500,1310,1310"
        passage = ("id", "station_id", "passed_at", "record_key", "content_key", "source_id", "row", "lane")
        passage += ("axle_count", "gross_kg", "axle_kg", "left_kg", "spacing_mm", "speed_kmh", "length_mm")
        passage += ("plate_front", "plate_rear", "plate_colour")
        rows = [
            (
                n,
                "made",
                PASSED_MS + 1000 * n,
                str(n),
                n,
                1,
                n,
                1,
                6,
                56000,
                axles,
                "",
                gaps,
                60.0,
                -1,
                "",
                "",
                "",
            )
            for n in ids
        ]
        insert_rows(connection, "passage", passage, rows)
        judgement = ("passage_id", "severity", "codes", "rule_set", "layout", "limit_kg", "decided_kg")
        judgement += ("excess_kg", "doubts", "plate", "plate_colour", "plate_confidence")
        rows = [
            (n, "accepted", "", "zhejiang_2020", "", 49000, 53200, 4200, "", plate(n), "yellow", 0.99)
            for n in ids
        ]
        insert_rows(connection, "judgement", judgement, rows)
        cases = [(n, f"made-{n}", "made", PASSED_MS + 1000 * n) for n in ids]
        insert_rows(connection, "cases", ("id", "number", "station_id", "passed_at"), cases)
        insert_rows(
            connection, "finding", ("passage_id", "kind", "case_id"), [(n, "overload", n) for n in ids]
        )
        insert_evidence(connection, count)
        steps = ("case_id", "version", "from_state", "to_state", "at", "reason", "note")
        flagged = [(n, 1, "", "flagged", PASSED_MS, "", "") for n in ids]
        dismissed = [(n, 2, "first_review", "dismissed", PASSED_MS, "exempt", "") for n in ids if n % 10 == 0]
        insert_rows(connection, "case_event", steps, flagged + dismissed)
        life = ("case_id", "version", "state", "plate", "first_verdict", "no_partner", "asks_summons")
        life += ("asks_legal_review", "resumes_to", "sampled", "due_on")
        rows = [(n, *standing(n), plate(n), "", False, True, False, "", False, due_on(n)) for n in ids]
        insert_rows(connection, "case_life", life, rows)


def insert_evidence(connection: Connection, count: int) -> None:
    """Insert a frame, a reading, the gate's decision, a look-up and two entries of the log for each case."""
    ids = range(1, count + 1)
    frame = ("id", "station_id", "name", "sha256", "kind", "lane", "received_at", "problem", "passage_id")
    rows: list[tuple[object, ...]] = [(n, "made", f"{n}.jpg", f"{n:064d}", "front", 1, 0, "", n) for n in ids]
    insert_rows(connection, "frame", frame, rows)
    reading = ("id", "frame_id", "reader", "position", "text", "confidence", "colour", "rows", "box")
    reading += ("corners", "characters")
    sure = "[0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99]"
    rows = [(n, n, "made", 0, plate(n), 0.99, "yellow", 1, "[0, 0, 9, 9]", "[]", sure) for n in ids]
    insert_rows(connection, "plate_reading", reading, rows)
    decision = ("passage_id", "number", "outcome", "obstacles", "standing", "certificate", "decided_at")
    insert_rows(connection, "gate_decision", decision, [(n, 1, "case", "", "trusted", "A", 0) for n in ids])
    answer = ("id", "source", "plate", "colour", "subject", "answered_at", "facts", "key_id")
    rows = [(n, "made", plate(n), "yellow", "", 0, "{}", "") for n in ids]
    insert_rows(connection, "registry_answer", answer, rows)
    lookup = ("id", "case_id", "passage_id", "looked_up_at", "asked_by", "state", "reason", "read_plate")
    lookup += ("plate", "colour", "trailer_plate", "probability", "fit", "doubts", "tried", "permits")
    lookup += ("vehicle_answer_id",)
    fit = '{"axles": "agrees", "wheelbase": "agrees"}'
    rows = [
        (n, n, n, 0, "made", "identified", "", plate(n), plate(n), "yellow", "", 1.0, fit, "", "[]", "[]", n)
        for n in ids
    ]
    insert_rows(connection, "case_lookup", lookup, rows)
    judged = ("id", "lookup_id", "passage_id", "rule_set", "layout", "limit_kg", "limit_rule", "decided_kg")
    judged += ("excess_kg", "doubts", "facts")
    rows = [(n, n, n, "zhejiang_2020", "", 46000, "62号令 art. 3(8)", 53200, 7200, "", "{}") for n in ids]
    insert_rows(connection, "registered_judgement", judged, rows)
    entry = ("number", "at", "actor", "action", "subject", "detail", "hash")
    rows = [(n, 0, "made", "saw", f"made-{(n + 1) // 2}", "{}", "0") for n in range(1, 2 * count + 1)]
    insert_rows(connection, "audit_entry", entry, rows)
    connection.execute(update(AuditHead).values(number=len(rows), hash="0"))


def standing(number: int) -> tuple[int, str]:
    """Return version and state: every tenth case is dismissed."""
    return (1, "flagged") if number % 10 else (2, "dismissed")


def due_on(number: int) -> str:
    """Return a day of half a year."""
    return f"2026-{7 + number % 6:02}-{1 + number % 28:02}"


def plate(number: int) -> str:
    """Return an invented plate; each is seen in twenty cases."""
    return f"浙Z{number % 5000:05}"


@contextmanager
def served(office: Office) -> Iterator[int]:
    """Serve the console on a free port of this machine, and give the port."""
    server = uvicorn.Server(
        uvicorn.Config(make_app(office), port=0, log_level="error", ws="none", timeout_keep_alive=300)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


def pages(port: int, token: str, path: str) -> Callable[..., int]:
    """Return a function that asks for a page many times over one connection, and returns its bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(times: int = REQUESTS) -> int:
        size = 0
        for _ in range(times):
            connection.request("GET", path, headers={"Cookie": f"{COOKIE}={token}"})
            answer = connection.getresponse()
            size = len(answer.read())
            if answer.status != http.client.OK:
                raise SystemExit(f"{path}: {answer.status}")
        return size

    return ask


def main() -> None:
    """Fill, serve, time, tell."""
    given = arguments(__doc__ or "", rows=100_000, repeats=40)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/console.sqlite")
        fill(database, given.rows)
        office = make_office(database, Path(folder))
        with office.write("officer") as connection:
            new = NewOfficer(login="one", name="虚构", badge="", role=Role.REVIEWER, password=PASSWORD)
            add_officer(connection, office.hasher, PROGRAM, new, clock_ms())
        token = sign_in(office, "one", PASSWORD)
        asked: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        with served(office) as port:
            tell(given, port, token, asked)


def make_office(database: Database, folder: Path) -> Office:
    """Return an office without stations' facts."""
    site = Site(
        id="made",
        name="虚构",
        province="浙江",
        road="",
        chainage="",
        direction="",
        zone=ZoneInfo("Asia/Shanghai"),
        announced_on=date(2026, 1, 1),
        legal_review_on=None,
        technical_review_on=None,
        lanes=(),
        certificates=(),
    )
    return Office(
        database=database,
        store=FileStore(folder / "originals"),
        sites={"made": site},
        head_file=folder / "head.json",
        hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
    )


def tell(given: argparse.Namespace, port: int, token: str, asked: list[str]) -> None:
    """Time every page against the empty one."""
    paths = {
        "empty page (own settings)": "/me",
        "queue": "/queue",
        "queue, free cases of one station": "/queue?whose=free&station=made",
        "queue, closed cases": "/queue?stage=done",
        "case page": f"/cases/made-{given.rows // 2 + 1}",
        "search by plate": "/search?q=%E6%B5%99Z00042",
    }
    asks = {name: pages(port, token, path) for name, path in paths.items()}
    lines = machine(("starlette", "uvicorn", "jinja2", "sqlalchemy"))
    # On a machine that others use too, the processor's time tells what the clock can't.
    cpu: dict[str, list[float]] = {name: [] for name in asks}
    cases = [
        Case(name=name, run=partial(in_cpu_time, ask, cpu[name]), rows=REQUESTS) for name, ask in asks.items()
    ]
    seconds = times_s(cases, given.repeats)
    cpu = {name: taken[1:] for name, taken in cpu.items()}
    empty = next(iter(paths))
    for name, ask in asks.items():
        asked.clear()
        size = ask(1)
        queries = len([one for one in asked if one.lstrip().upper().startswith("SELECT")])
        milliseconds = [1000 * statistics.median(one) / REQUESTS for one in (seconds[name], cpu[name])]
        took = f"{milliseconds[0]:.1f} ms, {milliseconds[1]:.1f} ms of processor"
        lines.append(f"{name}: {took}, {size:,} bytes, {queries} queries")
        if name != empty:
            lines.append(
                "  " + ratio_line("beside the empty page", seconds[name], seconds[empty], f"<= {AIM}")
            )
            lines.append("  " + ratio_line("in processor time", cpu[name], cpu[empty], f"<= {AIM}"))
    keep("console", given, lines)


def in_cpu_time(ask: Callable[[], int], kept: list[float]) -> None:
    """Ask, and keep the processor time that server and visitor took for it."""
    before = time.process_time()
    ask()
    kept.append(time.process_time() - before)


if __name__ == "__main__":
    main()
