from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.timeline import from_ms, local_days, to_ms

EARLIEST, LATEST = (to_ms(datetime(year, 1, 1, tzinfo=UTC)) for year in (1990, 2100))
HALF_YEAR_MS = 183 * 86_400_000


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Asia/Kathmandu", "Europe/Zurich", "America/Sao_Paulo", "Pacific/Apia"]
)
@given(st.integers(EARLIEST, LATEST), st.lists(st.integers(0, HALF_YEAR_MS), max_size=40))
def test_days_are_those_of_the_single_instants(zone: str, start_ms: int, later_ms: list[int]) -> None:
    instants = np.array([start_ms + ms for ms in later_ms], dtype=np.int64)
    days, which = local_days(instants, ZoneInfo(zone))
    expected = [from_ms(instant, ZoneInfo(zone)).date() for instant in instants.tolist()]
    assert [days[place] for place in which.tolist()] == expected
    assert days == sorted(set(expected))


def test_a_day_ends_at_local_midnight() -> None:
    midnight_ms = to_ms(datetime(2026, 6, 18, tzinfo=ZoneInfo("Asia/Shanghai")))
    instants = np.array([midnight_ms - 1, midnight_ms, midnight_ms + 86_399_999, midnight_ms + 86_400_000])
    days, which = local_days(instants, ZoneInfo("Asia/Shanghai"))
    assert [day.isoformat() for day in days] == ["2026-06-17", "2026-06-18", "2026-06-19"]
    assert which.tolist() == [0, 1, 1, 2]
