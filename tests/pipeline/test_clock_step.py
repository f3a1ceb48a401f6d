"""The clock stepped in the middle of a night: leases end early or late, and nothing else changes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from faults import mixed_input
from nights import Night, Silent
from snapshot import snapshot

from models import leases
from models.clock import clock_ms
from stations.station import Station

DAY_MS = 86_400_000


class StepAfter(Silent):
    """Steps the clock that leases go by when so many chunks are judged."""

    def __init__(self, patched: pytest.MonkeyPatch, chunks: int, step_ms: int) -> None:
        self._patched, self._left, self._step_ms = patched, chunks, step_ms
        self._judging, self.stepped = False, False

    def stage(self, label: str, total: int) -> None:
        super().stage(label, total)
        self._judging = "judge" in label

    def step(self) -> None:
        self._left -= self._judging
        if self._judging and self._left == 0:
            self.stepped = True
            self._patched.setattr(leases, "clock_ms", lambda: clock_ms() + self._step_ms)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_stepped_in_the_night_changes_nothing(
    tmp_path: Path, make_station: Callable[..., Station], monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    station = make_station()
    nights = [Night(tmp_path / name, station, f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("so", "as")]
    for night in nights:
        mixed_input(night, trucks=12)
    calm, stepped = nights
    steps = StepAfter(monkeypatch, chunks=2, step_ms=days * DAY_MS)
    stepped.run_all = replace(stepped.run_all, progress=steps)
    calm.run(), stepped.run()
    assert steps.stepped
    assert stepped.report.failures == []
    assert stepped.report.chunks == calm.report.chunks > 3
    assert snapshot(stepped.database) == snapshot(calm.database)
