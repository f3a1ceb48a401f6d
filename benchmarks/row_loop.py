"""The same judging as one plain loop over rows, the way it is written without columns."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from models.values.quality import QualityCode
from models.values.timeline import to_ms
from models.values.vehicles import Layout
from pipeline import quality
from pipeline.rules.limits_tables import TRAIN, GrossMass
from pipeline.rules.rule_sets import RuleSet, rule_set_on, rule_sets
from stations.formats.hs_data import LEFT, RIGHT, SPACINGS
from stations.station import Certificate, Station

BIT = {code: 1 << bit for bit, code in enumerate(quality.CODES)}
Row = tuple[datetime, int, int, int, list[int], list[int], list[int], float]


def plain_rows(path: Path) -> list[Row]:
    """Read a file as tuples of time, lane, axles, gross, left and right wheels, spacings, speed."""
    with path.open(encoding="utf-8", newline="") as source:
        return [
            (
                datetime.fromisoformat(row["HSData_DT"]),
                int(row["Lane_Id"]),
                int(row["Axle_Num"]),
                int(row["Gross_Load"]),
                [int(row[name]) for name in LEFT],
                [int(row[name]) for name in RIGHT],
                [int(row[name]) for name in SPACINGS],
                float(row["Speed"]),
            )
            for row in csv.DictReader(source)
        ]


def judge_rows(rows: list[Row], station: Station, now_ms: int) -> list[tuple[int, int]]:
    """Return for each record its quality codes as bits and its excess, kg."""
    sets, lanes = rule_sets(), {lane.number for lane in station.lanes}
    of_day: dict[date, tuple[Certificate | None, RuleSet | None]] = {}
    seen: set[tuple[object, ...]] = set()
    judged = []
    for row in rows:
        time, lane, axles, gross_kg, left, right, spacings, _ = row
        day = time.date()
        if day not in of_day:
            of_day[day] = (station.certificate_on(day), rule_set_on(station.province, day, sets))
        certificate, rules = of_day[day]
        key = (time, lane, axles, gross_kg, *left, *right, *spacings, row[-1])
        codes = [*_record_codes(row), *_day_codes(row, certificate, rules, station)]
        if key in seen:
            codes.append(QualityCode.REPEATED)
        seen.add(key)
        if lane not in lanes:
            codes.append(QualityCode.LANE_UNKNOWN)
        if to_ms(time.replace(tzinfo=station.zone)) > now_ms + quality.CLOCK_AHEAD_MS:
            codes.append(QualityCode.CLOCK_AHEAD)
        judged.append((sum(BIT[code] for code in codes), _excess_kg(row, certificate, rules)))
    return judged


def _record_codes(row: Row) -> Iterator[QualityCode]:
    _, _, axles, gross_kg, left, right, spacings, _ = row
    axle_kg = [one + other for one, other in zip(left, right, strict=True) if one + other]
    if not quality.AXLES[0] <= axles <= quality.AXLES[1]:
        yield QualityCode.AXLES_IMPOSSIBLE
    if len(axle_kg) != axles:
        yield QualityCode.AXLES_DISAGREE
    if abs(sum(axle_kg) - gross_kg) > quality.SUM_TOLERANCE_KG_PER_AXLE * axles:
        yield QualityCode.GROSS_NOT_SUM
    if not 0 < gross_kg <= quality.GROSS_MAX_KG:
        yield QualityCode.GROSS_IMPOSSIBLE
    if gross_kg >= quality.GROSS_DOUBTFUL_KG:
        yield QualityCode.GROSS_DOUBTFUL
    if axle_kg and max(axle_kg) > quality.AXLE_DOUBTFUL_KG:
        yield QualityCode.AXLE_OVERWEIGHT
    if axle_kg:
        share = sum(left) / sum(axle_kg)
        if not quality.LEFT_SHARE[0] <= share <= quality.LEFT_SHARE[1]:
            yield QualityCode.ONE_SIDED
        if left == right:
            yield QualityCode.SIDES_REPEAT
    yield from _spacing_codes(axles, spacings)


def _spacing_codes(axles: int, spacings: list[int]) -> Iterator[QualityCode]:
    given = [spacing for spacing in spacings if spacing > 0]
    if not given:
        yield QualityCode.SPACING_UNKNOWN
    else:
        if len(given) != axles - 1:
            yield QualityCode.SPACINGS_DISAGREE
        if min(given) < quality.SPACING_POSSIBLE_MM[0] or max(given) > quality.SPACING_POSSIBLE_MM[1]:
            yield QualityCode.SPACING_IMPOSSIBLE
        if min(given) < quality.SPACING_MM[0] or max(given) > quality.SPACING_MM[1]:
            yield QualityCode.SPACING_DOUBTFUL


def _day_codes(
    row: Row, certificate: Certificate | None, rules: RuleSet | None, station: Station
) -> Iterator[QualityCode]:
    speed_kmh = row[-1]
    if certificate is None:
        yield QualityCode.CERTIFICATE_NOT_VALID
    elif not certificate.speed_min_kmh <= speed_kmh <= certificate.speed_max_kmh:
        yield QualityCode.SPEED_OUT_OF_CERTIFICATE
    if rules is None:
        yield QualityCode.NO_RULE
    elif row[0].date() < station.announced_on + timedelta(days=rules.announcement.days):
        yield QualityCode.NOT_ANNOUNCED


def _excess_kg(row: Row, certificate: Certificate | None, rules: RuleSet | None) -> int:
    if rules is None:
        return 0
    _, _, axles, gross_kg, _, _, spacings, _ = row
    deducted_permille = round(10 * certificate.mpe_percent) if certificate else 0
    limit_kg = _limit_kg(axles, spacings, rules.gross_mass)
    decided_kg = gross_kg * (1000 - deducted_permille) // 1000
    return max(decided_kg - limit_kg, 0) if limit_kg else 0


def _limit_kg(axles: int, spacings: list[int], rules: GrossMass) -> int:
    words = []
    for place, spacing in enumerate(spacings[: max(axles - 1, 0)]):
        near, below_mm = (
            ("group", rules.spacing.group_below_mm) if place else ("steer", rules.spacing.steer_below_mm)
        )
        words.append("" if spacing <= 0 else near if spacing < below_mm else "wide")
    highest_kg = limit_kg = 0
    for row in rules.limit:
        if row.layout not in {Layout.RIGID, TRAIN} or row.drive_axles or row.air_suspension:
            continue
        if row.axles == axles or (row.or_more and axles > row.axles):
            if not row.spacings or list(row.spacings) == words:
                limit_kg = row.limit_kg
                break
            highest_kg = max(highest_kg, row.limit_kg)
    limit_kg = limit_kg or highest_kg
    carried_kg = _carried_kg(axles, spacings, rules) if limit_kg else None
    return limit_kg if carried_kg is None else min(limit_kg, carried_kg)


def _carried_kg(axles: int, spacings: list[int], rules: GrossMass) -> int | None:
    total_kg, group = 0, [0]
    for place in range(axles):
        last = place == axles - 1
        spacing = 0 if last or place >= len(spacings) else spacings[place]
        if not last and spacing <= 0:
            return None
        if not last and spacing < rules.spacing.group_below_mm:
            group.append(spacing)
            continue
        reach_mm, most_kg = max(group) + rules.spacing.error_mm, 0
        for load in rules.axle_load:
            if load.axles != len(group) or load.limit_kg <= most_kg:
                continue
            if len(group) == 1:
                fits = (load.place == "first") == (place == 0)
            else:
                fits = load.spacing_from_mm <= reach_mm < (load.spacing_below_mm or reach_mm + 1)
            if fits:
                most_kg = load.limit_kg
        if not most_kg:
            return None
        total_kg += most_kg
        group = [0]
    return total_kg
