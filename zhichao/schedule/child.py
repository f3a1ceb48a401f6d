"""A command of ours in a process of its own: what it takes is given back, and its death ends nothing else."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from zhichao.exits import Exit
from zhichao.schedule.installation import Installation

LOOK_S = 0.5
PATIENCE_S = 30
MB = 1 << 20


class ChildFailedError(RuntimeError):
    """The command did not come to its end; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a command printed, and whether it left something for a person to look at."""

    out: str
    notes: str
    troubled: bool


def run_command(
    installation: Installation, arguments: Sequence[str], *, memory_mb: int = 0, workers: int = 0
) -> Told:
    """Run a command to its end; ended early where all stops, or where it takes more memory than allowed.

    Raises:
        ChildFailedError: it was ended, died, or could not do its work.

    """
    command = [sys.executable, "-m", "zhichao", *arguments, "--config", str(installation.config)]
    environment = os.environ | ({"ZHICHAO_WORKERS": str(workers)} if workers else {})
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as notes:
        with subprocess.Popen(command, stdout=out, stderr=notes, env=environment) as process:  # noqa: S603 (our own command)
            reason = _watch(installation, process, memory_mb)
        code = process.returncode
        for stream in (out, notes):
            stream.seek(0)
        said, told = out.read(), notes.read().strip()
    if reason or code not in {Exit.DONE, Exit.TROUBLE}:
        raise ChildFailedError(reason or f"exit code {code}: {told[-800:]}")
    return Told(out=said, notes=told, troubled=code == Exit.TROUBLE)


def _watch(installation: Installation, process: subprocess.Popen[bytes], memory_mb: int) -> str:
    """Wait for the process; return why it was ended, "" where it ended by itself."""
    while True:
        try:
            process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            pass
        else:
            return ""
        reason = ""
        if installation.stopping.is_set():
            reason = "停止 stopped with the schedule"
        elif memory_mb and (taken := _memory(process.pid)) > memory_mb:
            reason = f"内存超限 memory: {taken} MB of {memory_mb}"
        if reason:
            _end(process)
            return reason


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _memory(pid: int) -> int:
    """Return what the process and its children have in memory, in MB."""
    total = 0
    for one in _family(pid):
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total // MB


def _end(process: subprocess.Popen[bytes]) -> None:
    family = _family(process.pid)
    for one in family:
        try:
            one.terminate()
        except psutil.Error:
            continue
    _, stubborn = psutil.wait_procs(family, timeout=PATIENCE_S)
    for one in stubborn:
        try:
            one.kill()
        except psutil.Error:
            continue
