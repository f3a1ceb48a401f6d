"""What the axles and axle groups of one vehicle may carry in sum (62号令 art. 3 para. 2, GB 1589-2016)."""

from models.values.vehicles import VehicleFacts
from pipeline.rules.limits_tables import AxleLoad, GrossMass


def axle_load_sum_kg(spacing_mm: tuple[int, ...], rules: GrossMass, facts: VehicleFacts) -> int | None:
    """Return the highest lawful sum for spacings front to rear, None where the table gives no sum.

    Each group counts with the highest figure that the facts don't exclude, and its largest spacing may
    be as much longer than measured as the rules allow for.
    """
    if 0 in spacing_mm:
        return None
    total_kg = 0
    for number, group in enumerate(_groups(spacing_mm, rules.spacing.group_below_mm)):
        reach_mm = max(group, default=0) + rules.spacing.error_mm
        # An axle alone has no spacing: only its place matters.
        fitting = [
            load.limit_kg
            for load in rules.axle_load
            if load.axles == len(group) + 1
            and (not group or _in_range(reach_mm, load))
            and (group or (load.place == "first") == (number == 0))
            and not _excluded(load, facts)
        ]
        if not fitting:
            return None
        total_kg += max(fitting)
    return total_kg


def _groups(spacing_mm: tuple[int, ...], below_mm: int) -> list[list[int]]:
    """Return the inner spacings of each axle group, none for an axle alone."""
    groups: list[list[int]] = [[]]
    for mm in spacing_mm:
        if mm < below_mm:
            groups[-1].append(mm)
        else:
            groups.append([])
    return groups


def _in_range(mm: int, load: AxleLoad) -> bool:
    return load.spacing_from_mm <= mm and (load.spacing_below_mm is None or mm < load.spacing_below_mm)


def _excluded(load: AxleLoad, facts: VehicleFacts) -> bool:
    return (load.wide_tyres is True and facts.wide_tyres is False) or (
        load.air_suspension is True and facts.air_suspension is False
    )
