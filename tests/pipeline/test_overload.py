"""Judging a batch that several laws and certificates cover."""

from collections.abc import Callable
from datetime import date, datetime

import numpy as np

from models.values.findings import Doubt
from models.values.passages import PassageBatch, no_text
from models.values.timeline import to_ms
from models.values.vehicles import VehicleFacts
from pipeline.overload import judge_overload
from pipeline.rules.rule_sets import rule_sets
from stations.station import Certificate, Station


def trucks(times_ms: list[int], gross_kg: int, length_mm: int = -1) -> PassageBatch:
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
        length_mm=np.full(count, length_mm),
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
    assert overload.tolerance.tolist() == ["不作扣除", "扣除5%", "扣除10%", "不作扣除"]
    assert overload.doubts.tolist() == [(Doubt.LICENCE_UNKNOWN,)] * 3 + [()]


def test_what_a_registry_knows_belongs_to_its_own_passage(make_station: Callable[..., Station]) -> None:
    station = make_station()
    noons = [datetime(2026, month, 1, 12, tzinfo=station.zone) for month in (6, 5, 4)]
    ruleless = datetime(2015, 1, 1, 12, tzinfo=station.zone)
    batch = trucks([to_ms(noon) for noon in [noons[0], ruleless, *noons[1:]]], 20_000)
    facts = [VehicleFacts(registered_gross_kg=kg) for kg in (16_000, 15_000, 30_000, 9_000)]
    overload = judge_overload(batch, station, rule_sets(), facts)
    assert overload.limit_kg.tolist() == [16_000, 0, 18_000, 9_000]
    assert overload.excess_kg.tolist() == [3_000, 0, 1_000, 10_000]
    assert overload.doubts.tolist() == [()] * 4
    assert judge_overload(batch, station, rule_sets()).limit_kg.tolist() == [18_000, 0, 18_000, 18_000]


def test_a_long_vehicle_is_a_doubt_and_never_an_overload(make_station: Callable[..., Station]) -> None:
    station = make_station()
    noon = to_ms(datetime(2026, 6, 1, 12, tzinfo=station.zone))
    for length_mm, doubted in ((-1, False), (18_100, False), (18_101, True)):
        overload = judge_overload(trucks([noon], 18_000, length_mm), station, rule_sets())
        assert (Doubt.LENGTH_OVER in overload.doubts[0]) == doubted
        assert overload.excess_kg.tolist() == [0]
