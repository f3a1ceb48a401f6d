"""Judging a batch that several laws and certificates cover."""

from collections.abc import Callable
from datetime import date, datetime

import numpy as np

from models.values.passages import PassageBatch, no_text
from models.values.timeline import to_ms
from pipeline.overload import judge_overload
from pipeline.rules.rule_sets import rule_sets
from stations.station import Certificate, Station


def trucks(times_ms: list[int], gross_kg: int) -> PassageBatch:
    """Return two-axle trucks of one mass."""
    count = len(times_ms)
    return PassageBatch(
        row=np.arange(count),
        passed_at_ms=np.array(times_ms, dtype=np.int64),
        lane=np.ones(count, dtype=np.int16),
        axle_count=np.full(count, 2, dtype=np.int16),
        gross_kg=np.full(count, gross_kg),
        axle_kg=np.full((count, 2), gross_kg // 2),
        left_kg=np.full((count, 2), gross_kg // 4 + 10),
        spacing_mm=np.full((count, 1), 5000),
        speed_kmh=np.full(count, 60.0),
        length_mm=np.full(count, -1),
        serial=no_text(count),
        plate_front=no_text(count),
        plate_rear=no_text(count),
        plate_colour=no_text(count),
    )


def test_each_day_is_judged_by_its_own_law_and_certificate(make_station: Callable[..., Station]) -> None:
    first = make_station().certificates[0].model_dump() | {
        "valid_until": date(2026, 6, 17),
        "mpe_percent": 10,
    }
    second = first | {"valid_from": date(2026, 6, 18), "valid_until": date(2026, 6, 18), "mpe_percent": 5}
    certificates = tuple(Certificate.model_validate(one) for one in (first, second))
    station = make_station(certificates=certificates)
    noons = [datetime(*day, 12, tzinfo=station.zone) for day in ((2026, 6, 19), (2026, 6, 17), (2015, 1, 1))]
    noons.insert(1, datetime(2026, 6, 18, 12, tzinfo=station.zone))
    batch = trucks([to_ms(noon) for noon in noons], 20_000)
    overload = judge_overload(batch, station, rule_sets())
    assert overload.decided_kg.tolist() == [20_000, 19_000, 18_000, 0]
    assert overload.excess_kg.tolist() == [2_000, 1_000, 0, 0]
    assert overload.limit_kg.tolist() == [18_000, 18_000, 18_000, 0]
    assert overload.rule_set.tolist() == ["zhejiang_2020"] * 3 + [""]
    assert overload.layout.tolist() == ["rigid"] * 3 + [""]
