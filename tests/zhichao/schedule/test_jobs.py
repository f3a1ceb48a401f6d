"""The jobs of a real installation: a night by itself, deadlines, lanes, retention, verification."""

import errno
import io
import json
import os
import shutil
import time as clock
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fake_reader import fake_reader
from hs_file import hs_row, write_hs
from nights import Silent
from office import add_case
from sqlalchemy import insert, select, update
from typer.testing import CliRunner

from models.case_tables import CaseLife
from models.database import Database
from models.files import FileStore
from models.gate_tables import OverrideRow
from models.office_tables import SignIn
from models.schedule_tables import JobRun
from models.tables import Case, Judgement, Passage
from models.values.timeline import to_ms
from pipeline.stream import StreamRun
from zhichao import archiving, logs, wiring
from zhichao.cli import app
from zhichao.schedule import child, night, office_jobs, upkeep
from zhichao.schedule.child import ChildFailedError, Told, run_command
from zhichao.schedule.installation import Installation
from zhichao.schedule.jobs import jobs
from zhichao.settings import load_settings

ROOT = Path(__file__).parents[3]
ZONE = ZoneInfo("Asia/Shanghai")
NOON = to_ms(datetime(2026, 6, 19, 12, tzinfo=ZONE))


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    config = tmp_path / "config.toml"
    shutil.copy(ROOT / "config.toml", config)
    config.write_text(config.read_text("utf-8").replace("workers = 2", "workers = 1"), encoding="utf-8")
    settings = load_settings(config)
    made = Installation(
        config=config, settings=settings, database=Database(settings.url), clock_ms=lambda: NOON
    )
    yield made
    made.database.close()


def here(installation: Installation, arguments: Sequence[str], **_: object) -> Told:
    """Run a command in this process: starting one for each night takes seconds."""
    done = CliRunner().invoke(app, [*arguments, "--config", str(installation.config)])
    assert done.exit_code in {0, 1}, done.output
    return Told(out=done.stdout, notes=done.stderr, troubled=done.exit_code == 1)


def test_the_night_judges_its_day_and_days_whose_records_came_late(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "run_command", here)
    monkeypatch.setattr(wiring, "load_looking_reader", lambda *_: fake_reader())
    inbox = installation.settings.inbox / "hs-sample"
    write_hs(
        inbox / "night.csv",
        [
            hs_row("2026-06-18 01:00:00.000", 62_000),
            hs_row("2026-06-17 01:00:00.000", 62_000),
            # Not over yet, and too long ago.
            hs_row("2026-06-19 01:00:00.000", 62_000),
            hs_row("2026-04-18 01:00:00.000", 62_000),
        ],
    )
    job = next(one for one in jobs(installation) if one.name.startswith("nightly"))
    slot = job.timing.latest(NOON)
    assert slot == to_ms(datetime(2026, 6, 19, 0, 40, tzinfo=ZONE))
    done = job.work(installation, slot)
    assert (
        done.summary
        == "2026-06-18：3 个检测点，1 条过车记录，1 件案件；2026-06-17：3 个检测点，1 条过车记录，1 件案件"
    )
    with installation.database.read() as connection:
        judged = select(Passage.passed_at).where(Passage.chunk_id.is_not(None)).order_by(Passage.passed_at)
        days = [datetime.fromtimestamp(at / 1000, ZONE).date() for at in connection.scalars(judged)]
        cases = connection.scalars(select(Case.number)).all()
    assert days == [date(2026, 6, 17), date(2026, 6, 18)]
    assert len(cases) == 2
    assert job.work(installation, slot).summary.startswith("2026-06-18：3 个检测点，1 条过车记录，1 件案件")


def test_the_night_of_a_day_to_which_the_stream_added_comes_again(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "run_command", here)
    monkeypatch.setattr(wiring, "load_looking_reader", lambda *_: fake_reader())
    station = next(one for one in installation.settings.stations if one.id == "hs-sample")
    job = next(one for one in jobs(installation) if one.name.startswith("nightly"))
    slot = job.timing.latest(NOON)
    run = wiring.nightly_run(installation.settings, installation.database, Silent())
    path = write_hs(installation.config.parent / "late.csv", [hs_row("2026-06-17 01:00:00.000", 62_000)])
    run.intake.take(station, [path], remove=True)
    StreamRun(night=run, settle_ms=1000, patience_ms=1000).round([station])
    assert "2026-06-17：3 个检测点，1 条过车记录" in job.work(installation, slot).summary
    assert "2026-06-17" not in job.work(installation, slot).summary


def test_stations_of_other_clocks_have_nights_of_their_own(installation: Installation) -> None:
    text = installation.config.read_text("utf-8")
    text = text.replace('id = "sim-pinghu"', 'id = "sim-pinghu"\nnightly_at = 02:15:00', 1)
    text = text.replace('id = "hs-sample"', 'id = "hs-sample"\ntimezone = "Asia/Urumqi"', 1)
    installation.config.write_text(text, encoding="utf-8")
    assert installation.refresh()
    nights = {one.name: one.timing for one in jobs(installation) if one.name.startswith("nightly")}
    assert list(nights) == [
        "nightly Asia/Shanghai 00:40",
        "nightly Asia/Shanghai 02:15",
        "nightly Asia/Urumqi 00:40",
    ]
    late = nights["nightly Asia/Urumqi 00:40"].latest(NOON) - nights["nightly Asia/Shanghai 00:40"].latest(
        NOON
    )
    assert late == timedelta(hours=2) // timedelta(milliseconds=1)


def test_a_night_that_takes_too_much_memory_is_ended(installation: Installation) -> None:
    with pytest.raises(ChildFailedError, match=r"内存超限 memory: \d+ MB of 1"):
        run_command(installation, ["nightly", "--date", "2026-06-18"], memory_mb=1)


def test_a_command_that_fails_says_why(installation: Installation) -> None:
    with pytest.raises(ChildFailedError, match=r"exit code 2: .*station 'nowhere' is not declared"):
        run_command(installation, ["nightly", "--date", "2026-06-18", "--station", "nowhere"])


def test_a_command_ends_when_the_schedule_stops(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LOOK_S", 0.05)
    installation.stopping.set()
    with pytest.raises(ChildFailedError, match="停止 stopped"):
        run_command(installation, ["nightly", "--date", "2026-06-18"])


def test_deadlines_are_worked_out_anew_and_counted(installation: Installation) -> None:
    with installation.database.write("test") as connection:
        right, wrong = add_case(connection, "A-1"), add_case(connection, "A-2")
        kept = connection.scalar(select(CaseLife.due_on).where(CaseLife.case_id == right))
        moved = update(CaseLife).where(CaseLife.case_id == wrong)
        connection.execute(moved.values(due_on="2026-06-30"))
    done = office_jobs.deadlines(installation, NOON)
    assert done.summary == "逾期 0 件，今日到期 0 件，三日内 0 件，改期 1 件"
    assert not done.troubled
    with installation.database.read() as connection:
        assert connection.scalars(select(CaseLife.due_on)).all() == [kept, kept]
    day = date.fromisoformat(str(kept))
    for later, expected in (
        (-3, "逾期 0 件，今日到期 0 件，三日内 2 件"),
        (0, "逾期 0 件，今日到期 2 件，三日内 0 件"),
        (1, "逾期 2 件，今日到期 0 件，三日内 0 件"),
    ):
        now = to_ms(datetime.combine(day + timedelta(days=later), time(12), tzinfo=ZONE))
        installation.clock_ms = lambda now=now: now
        done = office_jobs.deadlines(installation, now)
        assert done.summary.startswith(expected)
        assert done.troubled == (later == 1)


def test_overrides_and_certificates_that_end_are_told_ahead(installation: Installation) -> None:
    with installation.database.write("test") as connection:
        word = {
            "station_id": "sim-pinghu",
            "lane": 2,
            "standing": "watched",
            "actor": "虚构",
            "reason": "复核",
        }
        word |= {"first_day": "2026-06-01", "last_day": "2026-06-25", "entered_at": 0}
        connection.execute(insert(OverrideRow).values(word))
    assert office_jobs.gate(installation, NOON).summary == "sim-pinghu 车道 2 的人工指定 2026-06-25 到期"
    for month, word in ((12, "检定证书 2026-12-31 到期"), (13, "检定证书已于 2026-12-31 到期")):
        now = to_ms(datetime(2026, 12, 15, tzinfo=ZONE) + timedelta(days=30 * (month - 12)))
        installation.clock_ms = lambda now=now: now
        done = office_jobs.gate(installation, now)
        assert f"sim-jinshan {word}" in done.summary
        assert done.troubled


def test_old_sign_ins_runs_and_halves_are_deleted(installation: Installation) -> None:
    with installation.database.write("test") as connection:
        run = {"job": "x", "state": "done", "attempts": 1, "summary": "", "holder": ""}
        old = NOON - 181 * 86_400_000
        connection.execute(insert(JobRun), [run | {"slot": at, "started_at": at} for at in (old, NOON)])
    store = FileStore(installation.settings.data_dir / "originals")
    kept = store.put(io.BytesIO(b"evidence")).path
    for name, age_s in (("incoming-old", 90_000), ("incoming-new", 10)):
        (store.root / name).write_bytes(b"half")
        os.utime(store.root / name, (clock.time() - age_s,) * 2)
    os.utime(kept, (0, 0))
    assert upkeep.retention(installation, NOON).summary.endswith(
        "登录记录 0，运行记录 1，归档过车记录 0，半截文件 1"
    )
    assert [path.name for path in store.root.glob("incoming-*")] == ["incoming-new"]
    assert kept.exists()
    with installation.database.read() as connection:
        assert connection.scalars(select(JobRun.slot)).all() == [NOON]
        assert connection.scalars(select(SignIn.token_sha256)).all() == []


def test_a_month_that_can_not_be_archived_keeps_back_neither_deletion_nor_other_months(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = installation.settings.model_copy(update={"archive_after_days": 93})
    installation.settings = settings
    station = next(one for one in settings.stations if one.id == "hs-sample")
    rows = [hs_row(f"2026-{month}-02 01:00:00.000", 30_000) for month in ("01", "02")]
    path = write_hs(installation.config.parent / "old.csv", rows)
    wiring.intake(settings, installation.database).take(station, [path], remove=True)
    run = {"job": "x", "state": "done", "attempts": 1, "summary": "", "holder": "", "slot": 0}
    with installation.database.write("test") as connection:
        connection.execute(insert(JobRun).values(run | {"started_at": 0}))
        may = connection.scalar(select(Passage.id).order_by(Passage.passed_at.desc()).limit(1))
        texts = ("codes", "rule_set", "layout", "doubts", "plate", "plate_colour")
        numbers = ("limit_kg", "decided_kg", "excess_kg", "plate_confidence")
        judged = (
            {"passage_id": may, "severity": "accepted"} | dict.fromkeys(texts, "") | dict.fromkeys(numbers, 0)
        )
        connection.execute(insert(Judgement).values(judged))
    done = upkeep.retention(installation, NOON)
    assert "运行记录 1，归档过车记录 1，" in done.summary
    assert "；未归档：hs-sample 2026-01: some passages are not judged yet" in done.summary
    assert done.troubled
    told = CliRunner().invoke(
        app, ["archive", "put-away", "--before", "2026-03-01", "--config", str(installation.config)]
    )
    assert told.exit_code != 0
    assert "2026-01: some passages are not judged yet" in " ".join(told.stderr.split())

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    # Whatever else keeps the archive from its work comes after the deletions.
    monkeypatch.setattr(archiving, "put_away", full)
    with installation.database.write("test") as connection:
        connection.execute(insert(JobRun).values(run | {"started_at": 0}))
    with pytest.raises(OSError, match="no room"):
        upkeep.retention(installation, NOON)
    with installation.database.read() as connection:
        assert connection.scalars(select(JobRun.slot)).all() == []


def test_verification_names_the_first_break(installation: Installation) -> None:
    assert upkeep.verify(installation, NOON).summary == "完整"
    installation.settings.head_file.write_text(json.dumps({"number": 5, "hash": "0" * 64}), encoding="utf-8")
    done = upkeep.verify(installation, NOON)
    assert done.troubled
    assert "entry 5 was noted outside" in done.summary


def test_the_command_runs_what_is_due_and_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The streams of this process's logs are not the command's to change.
    monkeypatch.setattr(logs, "set_up", lambda **_: None)
    config = tmp_path / "config.toml"
    config.write_text("", encoding="utf-8")
    runner = CliRunner()
    done = runner.invoke(app, ["schedule", "--once", "--json", "--config", str(config)])
    assert done.exit_code == 0, done.output
    shown = runner.invoke(app, ["schedule", "--status", "--json", "--config", str(config)])
    lines = {line["name"]: line for line in map(json.loads, shown.stdout.splitlines())}
    assert list(lines) == ["deadlines", "service", "gate", "retention", "backup", "verify"]
    assert lines["retention"]["state"] == "done"
    assert "定时任务" in runner.invoke(app, ["schedule", "--status", "--config", str(config)]).stdout
