"""The limits in SQL: the rule file's own table as one CASE over the axle spacings."""

from pathlib import Path

from pipeline.rules.rule_sets import GrossLimit, GrossMass, rule_sets
from stations.formats.hs_data import COLUMNS, SPACINGS
from stations.roadside.hs_data import HEADER
from stations.station import Station

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
            SELECT *, {_of_chosen(rules, "limit_kg")} AS limit_kg FROM record
        )
        SELECT strftime(HSData_DT, '%Y-%m-%d %H:%M:%S.%g'), Lane_Id, Axle_Num, Gross_Load, decided_kg,
            limit_kg, decided_kg - limit_kg, {_of_chosen(rules, "layout")}, {_of_chosen(rules, "open")}
        FROM judged WHERE limit_kg > 0 AND decided_kg > limit_kg
    """  # noqa: S608 (the path is ours)


def _rows(rules: GrossMass) -> list[GrossLimit]:
    """Return the table's rows, and for each axle count one more for the layouts that it doesn't list."""
    highest: dict[int, GrossLimit] = {}
    for row in rules.limit:
        if row.axles not in highest or row.limit_kg > highest[row.axles].limit_kg:
            highest[row.axles] = row
    rest = {"spacings": (), "open": True}
    return [*rules.limit, *(row.model_copy(update=rest) for row in highest.values())]


def _chosen(rules: GrossMass) -> str:
    cases = " ".join(f"WHEN {_holds(row, rules)} THEN {number}" for number, row in enumerate(_rows(rules)))
    return f"CASE {cases} ELSE -1 END"


def _holds(row: GrossLimit, rules: GrossMass) -> str:
    conditions = [f"Axle_Num {'>=' if row.or_more else '='} {row.axles}"]
    for name, word in zip(SPACINGS, row.spacings, strict=False):
        below_mm = rules.steer_below_mm if name == SPACINGS[0] else rules.group_below_mm
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
