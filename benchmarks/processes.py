"""What the processes of a benchmark took together: processor time and the most memory each held."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
LOOK_S = 0.5


@dataclass(slots=True)
class Watched:
    """Processor seconds and peak memory (KiB) by process, as last seen while it lived."""

    cpu_s: dict[int, float] = field(default_factory=dict)
    peak_kib: dict[int, int] = field(default_factory=dict)

    def look(self, root: int) -> None:
        """Look at a process and all below it."""
        for pid in _tree(root):
            try:
                self.cpu_s[pid] = cpu_s(pid)
                self.peak_kib[pid] = peak_kib(pid)
            except (OSError, StopIteration):
                # It ended meanwhile; what was seen of it last stands.
                continue

    @property
    def total_s(self) -> float:
        """Processor seconds of all."""
        return sum(self.cpu_s.values())


@contextmanager
def watched(root: int) -> Iterator[Watched]:
    """Watch a process and all below it."""
    seen, over = Watched(), threading.Event()
    seen.look(root)
    before = dict(seen.cpu_s)

    def watch() -> None:
        while not over.wait(LOOK_S):
            seen.look(root)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
        seen.look(root)
        for pid, spent in before.items():
            seen.cpu_s[pid] -= spent


def peak_kib(pid: int) -> int:
    """Return the most memory that a process ever held."""
    # Not getrusage: what it says of a new process includes the memory of the one that started it.
    status = (PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def _tree(root: int) -> Iterator[int]:
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        for children in (PROC / str(pid) / "task").glob("*/children"):
            try:
                waiting += map(int, children.read_text(encoding="ascii").split())
            except OSError:
                continue


def cpu_s(pid: int) -> float:
    """Return the processor seconds that a process has taken."""
    # After the name, which may hold anything but ends with the last bracket: utime and stime.
    fields = (
        (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / TICKS
