"""Each check of a record, by an example that must trip it and one just inside."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from models.values.passages import PassageBatch, no_text
from models.values.quality import QualityCode, Severity
from models.values.timeline import to_ms
from pipeline.quality import CODES, codes_of, quality_codes, severity_rank
from pipeline.rules.rule_sets import rule_sets
from stations.station import Certificate, Station

NOON = to_ms(datetime(2026, 6, 18, 4, 0, tzinfo=UTC))


def truck() -> PassageBatch:
    """Return one sound 3-axle truck of 24.0 t."""
    return PassageBatch(
        row=np.array([1]),
        passed_at_ms=np.array([NOON]),
        lane=np.array([1], dtype=np.int16),
        axle_count=np.array([3], dtype=np.int16),
        gross_kg=np.array([24_000]),
        axle_kg=np.array([[6000, 9000, 9000, 0]]),
        left_kg=np.array([[2990, 4600, 4400, -1]]),
        spacing_mm=np.array([[4000, 1350, 0]]),
        speed_kmh=np.array([60.0]),
        length_mm=np.array([9000]),
        serial=no_text(1),
        plate_front=no_text(1),
        plate_rear=no_text(1),
        plate_colour=no_text(1),
    )


def codes(
    batch: PassageBatch, station: Station, *, received_at_ms: int = NOON, repeated: bool = False
) -> set[str]:
    masks = quality_codes(
        batch,
        station,
        rule_sets(),
        received_at_ms=np.array([received_at_ms]),
        repeated=np.array([repeated]),
    )
    return set(codes_of(int(masks[0])))


def test_a_sound_record_carries_no_code(make_station: Callable[..., Station]) -> None:
    assert codes(truck(), make_station()) == set()


def array(*values: float) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([values])


@pytest.mark.parametrize(
    ("code", "wrong", "just_right"),
    [
        ("axles_impossible", {"axle_count": np.array([1])}, {}),
        ("axles_disagree", {"axle_count": np.array([4])}, {}),
        ("spacings_disagree", {"spacing_mm": array(4000, 0, 0)}, {}),
        ("gross_not_sum", {"gross_kg": np.array([24_031])}, {"gross_kg": np.array([24_030])}),
        ("gross_not_sum", {"gross_kg": np.array([23_969])}, {"gross_kg": np.array([23_970])}),
        ("gross_impossible", {"gross_kg": np.array([0])}, {}),
        ("gross_impossible", {"gross_kg": np.array([300_001])}, {}),
        ("lane_unknown", {"lane": np.array([3])}, {"lane": np.array([2])}),
        ("speed_out_of_certificate", {"speed_kmh": np.array([100.1])}, {"speed_kmh": np.array([100.0])}),
        ("speed_out_of_certificate", {"speed_kmh": np.array([0.4])}, {"speed_kmh": np.array([0.5])}),
        ("speed_unknown", {"speed_kmh": np.array([np.nan])}, {}),
        (
            "axle_overweight",
            {"axle_kg": array(6000, 9000, 25_001, 0)},
            {"axle_kg": array(6000, 9000, 25_000, 0)},
        ),
        ("spacing_impossible", {"spacing_mm": array(499, 1350, 0)}, {"spacing_mm": array(500, 1350, 0)}),
        ("spacing_doubtful", {"spacing_mm": array(4000, 999, 0)}, {"spacing_mm": array(4000, 1000, 0)}),
        ("spacing_doubtful", {"spacing_mm": array(18_001, 1350, 0)}, {"spacing_mm": array(18_000, 1350, 0)}),
        ("spacing_unknown", {"spacing_mm": array(0, 0, 0)}, {}),
        ("length_disagrees", {"length_mm": np.array([5349])}, {"length_mm": np.array([5350])}),
        ("one_sided", {"left_kg": array(1000, 2000, 4199, -1)}, {"left_kg": array(1000, 2000, 4200, -1)}),
        ("one_sided", {"left_kg": array(5000, 6000, 5801, -1)}, {"left_kg": array(5000, 6000, 5800, -1)}),
        ("sides_repeat", {"left_kg": array(3000, 4500, 4500, -1)}, {"left_kg": array(3000, 4500, 4510, -1)}),
    ],
)
def test_check(
    code: str, wrong: dict[str, object], just_right: dict[str, object], make_station: Callable[..., Station]
) -> None:
    station = make_station()
    assert code in codes(replace(truck(), **wrong), station)  # type: ignore[arg-type]
    assert code not in codes(replace(truck(), **just_right), station)  # type: ignore[arg-type]


def test_a_hundred_tonnes_are_doubted(make_station: Callable[..., Station]) -> None:
    axles = array(20_000, 20_000, 20_000, 20_000, 20_000)
    heavy = replace(
        truck(),
        axle_kg=axles,
        left_kg=axles // 2 - 10,
        axle_count=np.array([5]),
        gross_kg=np.array([100_000]),
        spacing_mm=array(3600, 6000, 1310, 1310),
        length_mm=np.array([16_000]),
    )
    assert codes(heavy, make_station()) == {"gross_doubtful"}
    lighter = replace(heavy, gross_kg=np.array([99_990]))
    assert codes(lighter, make_station()) == set()


def test_a_clock_ahead_and_a_record_sent_twice(make_station: Callable[..., Station]) -> None:
    station = make_station()
    assert codes(truck(), station, received_at_ms=NOON - 300_000) == set()
    assert codes(truck(), station, received_at_ms=NOON - 300_001) == {"clock_ahead"}
    assert codes(truck(), station, repeated=True) == {"repeated"}


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "valid"),
    [
        (date(2026, 6, 18), date(2026, 6, 18), True),
        (date(2026, 6, 19), date(2026, 12, 31), False),
        (date(2025, 6, 18), date(2026, 6, 17), False),
    ],
)
def test_the_certificate_of_that_day(
    valid_from: date, valid_until: date, valid: bool, make_station: Callable[..., Station]
) -> None:
    given = make_station().certificates[0].model_dump() | {
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    station = make_station(certificates=(Certificate.model_validate(given),))
    assert codes(truck(), station) == (set() if valid else {"certificate_not_valid"})


@pytest.mark.parametrize(
    ("province", "announced_on", "enough"),
    [
        ("浙江", date(2026, 6, 3), True),
        ("浙江", date(2026, 6, 4), False),
        ("上海", date(2026, 6, 18), True),
        ("上海", date(2026, 6, 19), False),
    ],
)
def test_fifteen_days_of_public_notice_in_zhejiang(
    province: str, announced_on: date, enough: bool, make_station: Callable[..., Station]
) -> None:
    station = make_station(province=province, announced_on=announced_on)
    assert codes(truck(), station) == (set() if enough else {"not_announced"})


def test_no_rule_before_the_law(make_station: Callable[..., Station]) -> None:
    early = replace(truck(), passed_at_ms=np.array([to_ms(datetime(2015, 1, 1, tzinfo=UTC))]))
    assert "no_rule" in codes(early, make_station())


def test_severity_of_masks_is_that_of_the_gravest_code() -> None:
    masks = np.array([0] + [1 << bit for bit in range(len(CODES))], dtype=np.uint64)
    expected = [0] + [code.severity.rank for code in CODES]
    assert severity_rank(masks).tolist() == expected
    both = 1 << CODES.index(QualityCode.ONE_SIDED) | 1 << CODES.index(QualityCode.REPEATED)
    assert severity_rank(np.array([both], dtype=np.uint64)).tolist() == [Severity.REJECT.rank]
