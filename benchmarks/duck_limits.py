"""The limits in SQL: the rule file's own tables as one CASE over the axle spacings, and axle loads summed."""

from pathlib import Path

from models.values.vehicles import Layout
from pipeline.rules.limits_tables import TRAIN, AxleLoad, GrossLimit, GrossMass
from pipeline.rules.rule_sets import rule_sets
from stations.formats.hs_data import AXLES, COLUMNS, SPACINGS
from stations.roadside.hs_data import HEADER
from stations.station import Station

FAR_MM = 1_000_000
TYPES = {"integer": "BIGINT", "number": "DOUBLE", "text": "VARCHAR", "time": "TIMESTAMP"}


def findings_query(path: Path, station: Station) -> str:
    """Return the query for time, lane, axles, gross, decided mass, limit, excess, layout and its openness."""
    rules = next(one for one in rule_sets() if one.province == station.province).gross_mass
    kinds = {column.name: TYPES[column.kind] for column in COLUMNS}
    columns = ", ".join(f"'{name}': '{kinds[name]}'" for name in HEADER)
    kept_permille = round(1000 - 10 * station.certificates[0].mpe_percent)
    return f"""
        WITH record AS (
            SELECT *, {_chosen(rules)} AS chosen, Gross_Load * {kept_permille} // 1000 AS decided_kg
            FROM read_csv('{path}', header = true, auto_detect = false, columns = {{{columns}}})
        ), judged AS (
            SELECT *, least({_of_chosen(rules, "limit_kg")}, {_axle_loads(rules)}) AS limit_kg FROM record
        )
        SELECT strftime(HSData_DT, '%Y-%m-%d %H:%M:%S.%g'), Lane_Id, Axle_Num, Gross_Load, decided_kg,
            limit_kg, decided_kg - limit_kg, {_of_chosen(rules, "layout")}, {_of_chosen(rules, "open")}
        FROM judged WHERE limit_kg > 0 AND decided_kg > limit_kg
    """  # noqa: S608 (the path is ours)


def _rows(rules: GrossMass) -> list[GrossLimit]:
    """Return the rows that need no facts, and for each axle count one for the layouts that none lists."""
    told = [
        row
        for row in rules.limit
        if row.layout in {Layout.RIGID, TRAIN} and row.drive_axles is None and not row.air_suspension
    ]
    highest: dict[int, GrossLimit] = {}
    for row in told:
        if row.axles not in highest or row.limit_kg > highest[row.axles].limit_kg:
            highest[row.axles] = row
    rest = {"spacings": (), "open": True}
    return [*told, *(row.model_copy(update=rest) for row in highest.values())]


def _chosen(rules: GrossMass) -> str:
    cases = " ".join(f"WHEN {_holds(row, rules)} THEN {number}" for number, row in enumerate(_rows(rules)))
    return f"CASE {cases} ELSE -1 END"


def _holds(row: GrossLimit, rules: GrossMass) -> str:
    conditions = [f"Axle_Num {'>=' if row.or_more else '='} {row.axles}"]
    for name, word in zip(SPACINGS, row.spacings, strict=False):
        below_mm = rules.spacing.steer_below_mm if name == SPACINGS[0] else rules.spacing.group_below_mm
        conditions.append(
            f"{name} >= {below_mm}" if word == "wide" else f"{name} BETWEEN 1 AND {below_mm - 1}"
        )
    return " AND ".join(conditions)


def _of_chosen(rules: GrossMass, field: str) -> str:
    values = []
    for row in _rows(rules):
        value = "" if field == "layout" and row.open else getattr(row, field)
        values.append(f"'{value}'" if isinstance(value, str) else str(value))
    cases = " ".join(f"WHEN {number} THEN {value}" for number, value in enumerate(values))
    default = {"limit_kg": "0", "layout": "''", "open": "false"}[field]
    return f"CASE chosen {cases} ELSE {default} END"


def _axle_loads(rules: GrossMass) -> str:
    """Return the sum of what axles and groups may carry, NULL where the table gives none."""
    unknown = " OR ".join(f"(Axle_Num > {n} AND {name} <= 0)" for n, name in enumerate(SPACINGS, start=1))
    terms = " + ".join(_carried(axle, rules) for axle in range(1, AXLES + 1))
    return f"CASE WHEN Axle_Num > {AXLES} OR {unknown} THEN NULL ELSE {terms} END"


def _carried(axle: int, rules: GrossMass) -> str:
    """Return what the group that begins with an axle may carry, 0 where none begins there."""

    def near(place: int) -> str:
        if not 0 < place < AXLES:
            return "false"
        return f"(Axle_Num > {place} AND {SPACINGS[place - 1]} < {rules.spacing.group_below_mm})"

    names = SPACINGS[axle - 1 : axle + 1]
    alone = max(
        one.limit_kg for one in rules.axle_load if one.axles == 1 and (one.place == "first") == (axle == 1)
    )
    cases = [f"WHEN Axle_Num < {axle} OR {near(axle - 1)} THEN 0", f"WHEN NOT {near(axle)} THEN {alone}"]
    for more in range(1, len(names) + 1):
        spacing = names[0] if more == 1 else f"greatest({', '.join(names[:more])})"
        loads = [one for one in rules.axle_load if one.axles == more + 1]
        cases.append(f"WHEN NOT {near(axle + more)} THEN {_of_group(spacing, loads, rules)}")
    return f"CASE {' '.join(cases)} ELSE NULL END"


def _of_group(spacing: str, loads: list[AxleLoad], rules: GrossMass) -> str:
    reach = f"{spacing} + {rules.spacing.error_mm}"
    cases = []
    for one in sorted(loads, key=lambda one: -one.limit_kg):
        least, below = one.spacing_from_mm, one.spacing_below_mm or FAR_MM
        cases.append(f"WHEN {reach} >= {least} AND {reach} < {below} THEN {one.limit_kg}")
    return f"CASE {' '.join(cases)} ELSE NULL END"
