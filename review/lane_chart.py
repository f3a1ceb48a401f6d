"""A lane's last measured days as bars: how many passed, and how the lane stood by what it measured."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from models.gate_tables import LaneDayRow
from models.values.states import Standing

NIGHTS = 14
WIDTH, TALLEST, STEP = 252.0, 34.0, 18.0
# Colour alone tells nothing to who can't see it.
SIGNS = {Standing.TRUSTED: "", Standing.WATCHED: "△", Standing.BARRED: "✕"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneNight:
    """One measured day; `x` and `height` place its bar, 0 high where nothing passed."""

    day: date
    passages: int
    standing: Standing
    decided_by: str
    x: float
    height: float

    @property
    def sign(self) -> str:
        """Return what stands under the bar."""
        return SIGNS[self.standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneChart:
    """The nights of one lane, oldest first; days that were not measured leave a gap."""

    nights: tuple[LaneNight, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Return how many days each standing held, by its label."""
        return [
            (standing.label, sum(one.standing is standing for one in self.nights)) for standing in Standing
        ]


def lane_charts(connection: Connection, station_id: str) -> dict[int, LaneChart]:
    """Return the chart of each lane that was measured, over the days up to the station's latest."""
    of_station = LaneDayRow.station_id == station_id
    latest = connection.scalar(select(func.max(LaneDayRow.day)).where(of_station))
    if latest is None:
        return {}
    first = date.fromisoformat(latest) - timedelta(days=NIGHTS - 1)
    rows = connection.execute(
        select(
            LaneDayRow.lane, LaneDayRow.day, LaneDayRow.passages, LaneDayRow.standing, LaneDayRow.decided_by
        )
        .where(of_station, LaneDayRow.day >= str(first))
        .order_by(LaneDayRow.lane, LaneDayRow.day, LaneDayRow.passages)
    )
    # A day that was measured again with late records counts by its last measuring.
    lanes: defaultdict[int, dict[str, tuple[int, str, str]]] = defaultdict(dict)
    for lane, day, passages, standing, decided_by in rows:
        lanes[lane][day] = (passages, standing, decided_by)
    return {lane: draw_nights(first, list(days.items())) for lane, days in lanes.items()}


def draw_nights(first: date, days: Sequence[tuple[str, tuple[int, str, str]]]) -> LaneChart:
    """Lay out days by (day, (passages, standing, what decided)); the first stands at the left edge."""
    most = max((passages for _, (passages, _, _) in days), default=0) or 1
    return LaneChart(
        nights=tuple(
            LaneNight(
                day=date.fromisoformat(day),
                passages=passages,
                standing=Standing(standing),
                decided_by=decided_by,
                x=STEP * (date.fromisoformat(day) - first).days,
                height=round(TALLEST * passages / most, 1),
            )
            for day, (passages, standing, decided_by) in days
        )
    )
