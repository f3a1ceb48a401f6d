import datetime
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from snapshot import snapshot

from models.database import Database
from stations.roadside.night import simulate_night
from stations.roadside.station import RoadsideStation

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2026, 6, 18)
STATION = RoadsideStation(station_id="sim-pinghu", station_code="sim-pinghu", format="hs_data")


def start(data: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "zhichao", "nightly", "--date", str(DAY), "--station", "sim-pinghu"]
    settings = {"ZHICHAO_DATA_DIR": str(data), "ZHICHAO_WORKERS": "1", "ZHICHAO_CHUNK_SIZE": "50"}
    # A process group of its own, so that the kill reaches whatever it started and nothing else.
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def chunks_done(data: Path) -> int:
    try:
        with sqlite3.connect(f"file:{data / 'zhichao.sqlite'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM chunk WHERE state = 'done'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_a_night_killed_half_way_ends_like_one_never_killed(tmp_path: Path) -> None:
    simulate_night(tmp_path / "killed", date=DAY, seed=5, passages_per_station=80, stations=[STATION])
    shutil.copytree(tmp_path / "killed", tmp_path / "whole")
    doomed = start(tmp_path / "killed")
    deadline = time.monotonic() + 120
    while chunks_done(tmp_path / "killed") < 1 and doomed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert doomed.poll() is None, "the run was over before it could be killed"
    os.killpg(doomed.pid, signal.SIGKILL)
    doomed.wait()
    killed = Database(f"sqlite:///{tmp_path / 'killed' / 'zhichao.sqlite'}")
    states = {row[3] for row in snapshot(killed)["chunk"]}
    assert states == {"done", "planned"}
    # The night's bad input was quarantined, and said, by the run that was killed.
    assert start(tmp_path / "killed").wait(timeout=200) == 0
    assert start(tmp_path / "whole").wait(timeout=200) == 1
    whole = Database(f"sqlite:///{tmp_path / 'whole' / 'zhichao.sqlite'}")
    assert snapshot(killed) == snapshot(whole)
    assert (tmp_path / "killed/exports/2026-06-18/sim-pinghu/cases.csv").read_bytes() == (
        tmp_path / "whole/exports/2026-06-18/sim-pinghu/cases.csv"
    ).read_bytes()
