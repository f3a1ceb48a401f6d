"""The units start commands that are there, as a user without rights; systemd itself has nothing to say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from zhichao.cli import COMMANDS

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
PROGRAM = "/opt/zhichao/.venv/bin/zhichao"
HARDENING = "zhichao-.service.d"


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_one_of_our_commands(unit: Path) -> None:
    started = re.findall(r"^ExecStart=(.*)$", unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [line.split()[0] for line in started] == [PROGRAM]
    assert started[0].split()[1] in COMMANDS


def test_no_unit_holds_a_secret_or_runs_as_root() -> None:
    text = (ROOT / "deploy" / "systemd" / HARDENING / "hardening.conf").read_text(encoding="utf-8")
    assert re.search(r"^User=zhichao$", text, flags=re.MULTILINE)
    for path in (*UNITS, ROOT / "deploy" / "Containerfile"):
        assert not re.search(
            r"(?i)(password|token|secret|passphrase)\s*=", path.read_text(encoding="utf-8")
        ), path


def test_systemd_has_nothing_to_say(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not on this machine")
    program = tmp_path / "zhichao"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    folder = tmp_path / "units"
    shutil.copytree(ROOT / "deploy" / "systemd", folder)
    for unit in folder.glob("*.service"):
        unit.write_text(unit.read_text("utf-8").replace(PROGRAM, str(program)), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"]
    units = map(str, folder.glob("zhichao*.service"))
    done = subprocess.run([*command, *units], capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in done.stderr.splitlines() if "zhichao" in line]
    assert ours == []


def test_the_container_runs_without_rights_and_names_no_index() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
    steps = [line for line in text.splitlines() if line and not line.startswith("#")]
    last = max(number for number, line in enumerate(steps) if line.startswith("FROM"))
    assert any(line == "USER 10001" for line in steps[last:])
    assert "ENTRYPOINT" in "".join(steps[last:])
    assert "://" not in text
    assert "index" not in text


def test_the_program_by_hand_runs_as_the_services_do() -> None:
    by_hand = (ROOT / "deploy" / "zhichao").read_text(encoding="utf-8")
    units = (ROOT / "deploy" / "systemd" / HARDENING / "hardening.conf").read_text(encoding="utf-8")
    for wanted in ("ZHICHAO_CONFIG", "ZHICHAO_DATA_DIR", "PYTHONDONTWRITEBYTECODE"):
        (said,) = set(re.findall(rf"{wanted}=(\S+)", units))
        assert f"{wanted}={said}" in by_hand
    assert f"exec {PROGRAM} " in by_hand
    assert "runuser -u zhichao" in by_hand
    assert re.search(r"^UMask=0077$", units, flags=re.MULTILINE)
    assert "umask 077" in by_hand
    (secrets,) = re.findall(r"^EnvironmentFile=-(\S+)$", units, flags=re.MULTILINE)
    assert by_hand.count(secrets) == 2
