import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from two_folders import agency, run, two_folders

from models.database import Database
from models.values.plates import PlateColour
from notices.exchange.resync import FENCED, why_frozen
from notices.recognition.claim import Claim
from zhichao import exchange_wiring
from zhichao.settings import load_settings


@pytest.fixture
def both(tmp_path: Path) -> list[Path]:
    return two_folders(tmp_path)


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    config, told = agency(tmp_path / "pinghu", "pinghu")
    keys = tmp_path / "pinghu/data/keys"
    for name in ("agency.pem", "tls.key"):
        assert stat.S_IMODE((keys / name).stat().st_mode) == 0o600
        assert (keys / name).read_text() not in told
    before = (keys / "agency.pem").read_bytes()
    run(config, "init", code=3)
    assert (keys / "agency.pem").read_bytes() == before


def test_by_file_between_two_installations(both: list[Path], tmp_path: Path) -> None:
    pinghu, jinshan = both
    settings = load_settings(pinghu)
    ours = exchange_wiring.exchange(settings, Database(settings.url))
    claim = Claim(
        id="平湖-1",
        agency="pinghu",
        plate="浙F00001",
        plate_colour=PlateColour.YELLOW,
        violation="overload",
        passed_ms=1,
        heading="",
        axles=6,
        gross_kg=60_000,
        mpe_percent=5.0,
        filed_ms=2,
        policy="assumed-1",
        scope=frozenset({"jinshan"}),
    )
    with ours.database.write("test") as connection:
        ours.file(connection, claim)
    there, back = str(tmp_path / "there.zip"), str(tmp_path / "back.zip")
    run(pinghu, "pack", "jinshan", there)
    run(jinshan, "unpack", there, back)
    run(pinghu, "unpack", back, str(tmp_path / "none.zip"))
    assert json.loads(run(pinghu, "status", "--json")) == {
        "partner": "jinshan",
        "log": 2,
        "waiting": 0,
        "problem": "",
    }
    assert json.loads(run(jinshan, "status", "--json"))["waiting"] == 1
    assert "完整 whole, 3 entries" in run(jinshan, "verify-log")
    run(jinshan, "export-log", str(tmp_path / "logs"))
    assert len((tmp_path / "logs/jinshan-pinghu.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    run(jinshan, "unpack", str(tmp_path / "bad.zip"), back, code=2)
    run(jinshan, "pack", "nobody", there, code=2)


def test_a_changed_log_is_told(both: list[Path], tmp_path: Path) -> None:
    test_by_file_between_two_installations(both, tmp_path)
    settings = load_settings(both[1])
    with Database(settings.url).write("test") as connection:
        connection.execute(text("UPDATE exchange_log SET at = at + 1 WHERE number = 2"))
    assert "entry 2 (sent grant/平湖-1/1) was changed" in run(both[1], "verify-log", code=1)


def test_a_restore_is_made_good_by_hand(both: list[Path], tmp_path: Path) -> None:
    pinghu, jinshan = both
    first, second, fences = str(tmp_path / "first.log"), str(tmp_path / "second.log"), tmp_path / "fences"
    run(jinshan, "show-log", "pinghu", first)
    run(jinshan, "show-log", "pinghu", first, code=2)
    run(pinghu, "resync", "--log", first, "--fences", str(fences))
    ours = exchange_wiring.exchange(load_settings(pinghu), Database(load_settings(pinghu).url))
    assert why_frozen(ours) == FENCED
    run(jinshan, "unpack", str(fences / "jinshan.zip"), str(tmp_path / "back.zip"))
    run(jinshan, "show-log", "pinghu", second)
    run(pinghu, "resync", "--log", second, "--fences", str(fences))
    assert why_frozen(ours) == ""
    run(pinghu, "resync", "--log", str(fences / "jinshan.zip"), code=2)


def test_serve_stops_when_told(both: list[Path]) -> None:
    command = [sys.executable, "-m", "zhichao", "exchange", "serve", "--config", str(both[0])]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | {"COLUMNS": "200"}) as process:
        assert process.stderr is not None
        assert "监听" in process.stderr.readline().decode()
        process.terminate()
        assert process.wait(60) == 0
