"""/health, /ready and /metrics before every listener's application, and what makes each fail."""

import asyncio
import datetime
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography import x509
from office import add_case
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp
from timetable import Timetable

from models.database import Database
from models.exchange_tables import ExchangeState
from models.files import FileStore
from models.listener_tls import validity_problem
from zhichao import console, exchange_wiring, listen_command
from zhichao.health import readiness, watched
from zhichao.health.metrics import Figures
from zhichao.health.watched import Watched
from zhichao.health.wiring import metrics_token
from zhichao.health.wiring import watched as wired
from zhichao.settings import Settings

NOTHING: dict[str, readiness.Check] = {}


def ask(app: Watched, path: str, **headers: str) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here.test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(get())


@dataclass
class Here:
    settings: Settings
    database: Database

    def watched(
        self, checks: dict[str, readiness.Check] = NOTHING, app: ASGIApp | None = None, token: str = ""
    ) -> Watched:
        figures = Figures("test", self.database, self.settings.data_dir)
        return Watched(listener="test", checks=checks, figures=figures, token=token, app=app)


@pytest.fixture
def here(tmp_path: Path, new_database: Callable[[], str]) -> Iterator[Here]:
    settings = Settings(data_dir=tmp_path, database_url=new_database())
    made = Here(settings, Database(settings.url))
    yield made
    made.database.close()


def test_ready_names_what_fails_and_keeps_the_reason_to_the_logs(here: Here) -> None:
    assert ask(here.watched(), "/ready").json() == {"status": "ready"}
    checks: dict[str, readiness.Check] = {"disk": lambda: "/secret/path: full", "database": lambda: ""}
    answer = ask(here.watched(checks), "/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "failing": ["disk"]}
    assert ask(here.watched(checks), "/health").status_code == 200

    def breaks() -> str:
        raise RuntimeError("a check that breaks has not passed")

    assert ask(here.watched({"x": breaks}), "/ready").json()["failing"] == ["x"]


def test_a_check_that_never_answers_is_not_waited_for(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "PATIENCE_S", 0.05)
    done = []

    def slow() -> str:
        while not done:
            pass
        return ""

    app = here.watched({"slow": slow})

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://x") as client:
            answer = await client.get("/ready")
            done.append(True)
            return answer

    assert asyncio.run(get()).json()["failing"] == ["slow"]


def test_slow_work_and_checks_that_hang_leave_health_and_figures_alone(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "PATIENCE_S", 0.2)
    monkeypatch.setattr(watched, "FRESH_S", 0.0)
    end, asked = threading.Event(), []

    def hangs() -> str:
        asked.append(threading.current_thread())
        end.wait(30)
        return ""

    app = here.watched({"hangs": hangs, "sound": lambda: ""}, token="t0ken")  # noqa: S106 (made up)

    async def work() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            # As many as the pools of asyncio and of the framework hold, and more.
            slow = [asyncio.create_task(asyncio.to_thread(end.wait, 30)) for _ in range(40)]
            slow += [asyncio.create_task(run_in_threadpool(end.wait, 30)) for _ in range(60)]
            await asyncio.sleep(0.1)
            for _ in range(10):
                assert (await client.get("/ready")).json() == {"status": "not ready", "failing": ["hangs"]}
            assert (await client.get("/health")).json() == {"status": "ok"}
            figures = await client.get("/metrics", headers={"authorization": "Bearer t0ken"})
            assert figures.status_code == 200
            end.set()
            await asyncio.gather(*slow)

    try:
        asyncio.run(work())
    finally:
        end.set()
    assert len(asked) == 1
    assert asked[0].daemon


def test_checks_run_once_a_second_however_often_they_are_asked_for(here: Here) -> None:
    asked = []
    app = here.watched({"x": lambda: asked.append(1) or ""})
    for _ in range(20):
        ask(app, "/ready")
    assert len(asked) <= 3


def test_metrics_want_their_token_and_are_not_there_without_one(here: Here) -> None:
    assert ask(here.watched(), "/metrics").status_code == 404
    app = here.watched(token="t0ken")  # noqa: S106 (made up)
    assert ask(app, "/metrics").status_code == 401
    assert ask(app, "/metrics", authorization="Bearer other").status_code == 401
    assert ask(app, "/metrics", authorization="Bearer t0ken").status_code == 200


def test_the_figures_are_those_of_the_database_and_of_the_answers(here: Here, tmp_path: Path) -> None:
    with here.database.write("test") as connection:
        add_case(connection, "A-1")
    timetable = Timetable(tmp_path, here.settings.url)
    timetable.beat_at("06-18 12:00")
    timetable.database.close()
    app = here.watched(app=PlainTextResponse("hello", 202), token="t")  # noqa: S106 (made up)
    assert ask(app, "/anything").text == "hello"
    answer = ask(app, "/metrics", authorization="Bearer t")
    found = {
        (one.name, *sorted(one.labels.values())): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }
    assert found["zhichao_database_up",] == 1
    assert found["zhichao_cases", "flagged"] == 1
    assert found["zhichao_requests_total", "202", "test"] == 1
    assert found["zhichao_job_state", "done", "night"] == 1
    assert found["zhichao_job_state", "failed", "night"] == 0
    assert found["zhichao_schedule_kept",] == 1
    assert found["zhichao_exchange_frozen",] == 0
    assert found["zhichao_disk_free_bytes",] > 0


def test_figures_without_the_database_say_that_it_is_away(here: Here) -> None:
    away = Database(f"sqlite:///{here.settings.data_dir / 'away.sqlite'}")
    here.database, kept = away, here.database
    app = here.watched(token="t")  # noqa: S106 (made up)
    away.close()
    (here.settings.data_dir / "away.sqlite").write_bytes(b"no database at all, and long enough to tell" * 99)
    answer = ask(app, "/metrics", authorization="Bearer t")
    here.database = kept
    away.close()
    assert answer.status_code == 200
    assert "zhichao_database_up 0.0" in answer.text


def test_a_database_of_a_newer_program_is_not_ready(here: Here) -> None:
    check = readiness.database(here.database)
    assert check() == ""
    with here.database.write("test") as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "restart" in check()


def test_too_little_room_is_not_ready_and_nothing_is_put(here: Here, tmp_path: Path) -> None:
    assert readiness.disk(here.settings)() == ""
    greedy = here.settings.model_copy(update={"disk_reserve_mb": 1 << 40})
    assert "kept in reserve" in readiness.disk(greedy)()
    store = FileStore(tmp_path / "store", reserve_bytes=1 << 60)
    source = tmp_path / "file"
    source.write_bytes(b"x")
    with source.open("rb") as opened, pytest.raises(OSError, match="disk_reserve_mb"):
        store.put(opened)
    assert list(store.root.iterdir()) == []


def test_a_certificate_that_expires_overnight_is_told_before_and_after(tmp_path: Path) -> None:
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=20)
    path = tmp_path / "tls.pem"
    trustme.CA().issue_cert("here.test", not_after=ends).cert_chain_pems[0].write_to_path(path)
    found = x509.load_pem_x509_certificate(path.read_bytes())

    def at(instant: datetime.datetime) -> Callable[[], int]:
        return lambda: int(instant.timestamp() * 1000)

    now, month = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=30)
    assert validity_problem(path, now_ms=at(now)) == ""
    assert "expires" in validity_problem(path, month, now_ms=at(now))
    assert "expired" in validity_problem(path, now_ms=at(ends + datetime.timedelta(hours=1)))
    before = found.not_valid_before_utc - datetime.timedelta(days=1)
    assert "is the clock right?" in validity_problem(path, now_ms=at(before))
    assert validity_problem(tmp_path / "none.pem")


def test_a_frozen_exchange_is_not_ready(here: Here) -> None:
    check = readiness.exchange(here.database)
    assert check() == ""
    with here.database.write("test") as connection:
        connection.execute(update(ExchangeState).values(frozen="restored"))
    assert check() == "restored"


def test_the_token_comes_from_a_variable_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert metrics_token(Settings(data_dir=tmp_path)) == ""
    (tmp_path / "token").write_text("from a file\n", encoding="utf-8")
    settings = Settings(data_dir=tmp_path, metrics_token_file="token")  # noqa: S106 (a file's name)
    assert metrics_token(settings) == "from a file"
    monkeypatch.setenv("ZHICHAO_METRICS_TOKEN", "from a variable")
    assert metrics_token(settings) == "from a variable"


def test_every_listener_is_watched(here: Here) -> None:
    for module in (console, listen_command, exchange_wiring):
        assert module.watched is wired
    app = wired("x", PlainTextResponse("inside"), here.settings, here.database)
    assert ask(app, "/ready").status_code == 200
    assert set(app.checks) == {"database", "disk"}
    assert ask(app, "/other").text == "inside"
