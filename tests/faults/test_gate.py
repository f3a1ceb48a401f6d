"""A gate that opens again, its night killed at every edge: one end state."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from faults import end_state, finish, start_night
from nights import DAY, Night

from models.values.states import Standing
from stations.station import Station


def test_a_gate_that_opens_again_killed_at_every_edge(
    make: Callable[[], tuple[Path, str]], station: Station
) -> None:
    def reopened() -> tuple[Night, str]:
        folder, url = make()
        night = Night(folder, station, url, chunk_size=7)
        night.run()
        night.say(Standing.WATCHED)
        return night, url

    night, url = reopened()
    night.run(DAY + timedelta(days=1))
    night.database.close()
    whole = end_state(night.folder, url)
    assert Counter(row[2] for row in whole["gate_decision"]) == {"case": 22, "lead": 11}  # type: ignore[attr-defined]
    for edge in ("cases.opened: before commit", "cases.opened: after commit"):
        for nth in (1, 2):
            night, url = reopened()
            night.database.close()
            finish(start_night(night.folder, station, url, die_at=(edge, nth), day=DAY + timedelta(days=1)))
            assert finish(start_night(night.folder, station, url, day=DAY + timedelta(days=1))) == 0
            assert end_state(night.folder, url) == whole, (edge, nth)
