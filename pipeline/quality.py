"""Gate quality per record: impossible or doubtful values, each with its code."""

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch
from models.values.quality import QualityCode, Severity
from models.values.timeline import local_days
from pipeline.rules.rule_sets import RuleSet, rule_set_on
from stations.formats import tells_seconds
from stations.station import Station

# Masses come in steps of 10 kg or more and are rounded per axle; beyond that the sum must be the gross.
SUM_TOLERANCE_KG_PER_AXLE = 10
GROSS_MAX_KG = 300_000
# Zhejiang's reports treat 100 t and more as suspect; a 25 t axle is over twice any permitted one.
GROSS_DOUBTFUL_KG = 100_000
AXLE_DOUBTFUL_KG = 25_000
# 62号令 art. 3 allows 18.1 m in all; axles closer than 1 m are closer than any tyre of a truck permits.
SPACING_MM = (1_000, 18_000)
# Tyres of trucks are near a metre across, and no permitted vehicle is longer than 25 m between two axles.
SPACING_POSSIBLE_MM = (500, 25_000)
FAR_MM = np.iinfo(np.int64).max
LEFT_SHARE = (0.3, 0.7)
CLOCK_AHEAD_MS = 5 * 60_000
AXLES = (2, 20)

CODES = tuple(QualityCode)
STATION_LACKS = (QualityCode.NOT_ANNOUNCED, QualityCode.CERTIFICATE_NOT_VALID)


def quality_codes(
    batch: PassageBatch,
    station: Station,
    sets: tuple[RuleSet, ...],
    *,
    received_at_ms: NDArray[np.int64],
    repeated: NDArray[np.bool_],
) -> NDArray[np.uint64]:
    """Return one bit for each code of `CODES` that a passage carries, shape (N,).

    `received_at_ms` (N,) is when each record reached us; `repeated` (N,) marks records that another one
    equals in time, lane and every measured value.
    """
    found: dict[QualityCode, NDArray[np.bool_]] = {QualityCode.REPEATED: repeated}
    found[QualityCode.CLOCK_AHEAD] = batch.passed_at_ms > received_at_ms + CLOCK_AHEAD_MS
    found[QualityCode.TIME_INEXACT] = np.full(len(batch), not tells_seconds(station))
    found[QualityCode.LANE_UNKNOWN] = ~np.isin(batch.lane, [lane.number for lane in station.lanes])
    found |= _masses(batch) | _geometry(batch) | _sides(batch) | _certified(batch, station, sets)
    mask = np.zeros(len(batch), dtype=np.uint64)
    for bit, code in enumerate(CODES):
        if found[code].any():
            mask |= found[code].astype(np.uint64) << np.uint64(bit)
    return mask


def _masses(batch: PassageBatch) -> dict[QualityCode, NDArray[np.bool_]]:
    count = batch.axle_count.astype(np.int64)
    gap_kg = np.abs(batch.axle_kg.sum(axis=1) - batch.gross_kg)
    return {
        QualityCode.AXLES_IMPOSSIBLE: (count < AXLES[0]) | (count > AXLES[1]),
        QualityCode.AXLES_DISAGREE: (batch.axle_kg > 0).sum(axis=1) != count,
        QualityCode.GROSS_NOT_SUM: gap_kg > SUM_TOLERANCE_KG_PER_AXLE * count,
        QualityCode.GROSS_IMPOSSIBLE: (batch.gross_kg <= 0) | (batch.gross_kg > GROSS_MAX_KG),
        QualityCode.GROSS_DOUBTFUL: batch.gross_kg >= GROSS_DOUBTFUL_KG,
        QualityCode.AXLE_OVERWEIGHT: batch.axle_kg.max(axis=1, initial=0) > AXLE_DOUBTFUL_KG,
    }


def _geometry(batch: PassageBatch) -> dict[QualityCode, NDArray[np.bool_]]:
    given = batch.spacing_mm > 0
    given_count = given.sum(axis=1)
    unknown = given_count == 0
    most_mm = batch.spacing_mm.max(axis=1, initial=0)
    least_mm = np.where(given, batch.spacing_mm, FAR_MM).min(axis=1, initial=FAR_MM)

    def outside(least: int, most: int) -> NDArray[np.bool_]:
        return np.asarray((least_mm < least) | (most_mm > most), dtype=np.bool_)

    return {
        QualityCode.SPACINGS_DISAGREE: ~unknown & (given_count != batch.axle_count.astype(np.int64) - 1),
        QualityCode.SPACING_UNKNOWN: unknown,
        QualityCode.SPACING_IMPOSSIBLE: outside(*SPACING_POSSIBLE_MM),
        QualityCode.SPACING_DOUBTFUL: outside(*SPACING_MM),
        QualityCode.LENGTH_DISAGREES: (batch.length_mm > 0)
        & (batch.spacing_mm.sum(axis=1) > batch.length_mm),
    }


def _sides(batch: PassageBatch) -> dict[QualityCode, NDArray[np.bool_]]:
    known = (batch.left_kg >= 0) & (batch.axle_kg > 0)
    left_kg, both_kg = batch.left_kg * known, batch.axle_kg * known
    sum_kg = both_kg.sum(axis=1)
    share = left_kg.sum(axis=1) / np.maximum(sum_kg, 1)
    any_known = sum_kg > 0
    return {
        QualityCode.ONE_SIDED: any_known & ((share < LEFT_SHARE[0]) | (share > LEFT_SHARE[1])),
        QualityCode.SIDES_REPEAT: any_known & (2 * left_kg == both_kg).all(axis=1),
    }


def _certified(
    batch: PassageBatch, station: Station, sets: tuple[RuleSet, ...]
) -> dict[QualityCode, NDArray[np.bool_]]:
    """Check what changes by day: certificate and its speed range, publication, rules."""
    days, which = local_days(batch.passed_at_ms, station.zone)
    certificates = [station.certificate_on(day) for day in days]
    rules = [rule_set_on(station.province, day, sets) for day in days]
    certified = np.array([one is not None for one in certificates], dtype=bool)[which]
    ranges = [(one.speed_min_kmh, one.speed_max_kmh) if one else (0.0, 0.0) for one in certificates]
    speed_min, speed_max = np.array(ranges, dtype=np.float64).reshape(-1, 2).T[:, which]
    ruled = np.array([one is not None for one in rules], dtype=bool)[which]
    announced = np.array(
        [
            one is not None and station.announced_for(day, one.announcement.days)
            for day, one in zip(days, rules, strict=True)
        ],
        dtype=bool,
    )[which]
    speed = batch.speed_kmh
    in_range = (speed >= speed_min) & (speed <= speed_max)
    speed_known = ~np.isnan(speed)
    return {
        QualityCode.CERTIFICATE_NOT_VALID: ~certified,
        QualityCode.SPEED_OUT_OF_CERTIFICATE: certified & speed_known & ~in_range,
        QualityCode.SPEED_UNKNOWN: ~speed_known,
        QualityCode.NO_RULE: ~ruled,
        QualityCode.NOT_ANNOUNCED: ruled & ~announced,
    }


def codes_of(mask: int) -> list[QualityCode]:
    """Return the codes whose bits `mask` carries, in the order of `CODES`."""
    return [code for bit, code in enumerate(CODES) if mask >> bit & 1]


def rejected_itself(masks: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return which records are rejected for a fault of their own, (N,): not for what the station lacks."""
    bits = sum(1 << CODES.index(code) for code in STATION_LACKS)
    return severity_rank(masks & ~np.uint64(bits)) >= Severity.REJECT.rank


def severity_rank(masks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the rank of the gravest severity in each mask, (N,), 0 for accepted."""
    rank = np.zeros(len(masks), dtype=np.int64)
    for severity in list(Severity)[1:]:
        bits = sum(1 << bit for bit, code in enumerate(CODES) if code.severity is severity)
        rank = np.where(masks & np.uint64(bits), severity.rank, rank)
    return rank
