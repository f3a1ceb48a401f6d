"""What re-identification found, for people and programs: both passages side by side."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, select
from sqlalchemy.orm import aliased

from models.passage_rows import passed_between
from models.reidentify_tables import CandidateRow, PlateConflict, SearchRow
from models.tables import Passage
from models.values.timeline import day_bounds_ms, from_ms
from pipeline.reidentify.kept_conflicts import standing
from pipeline.reidentify.rank import is_likely
from stations.station import Station

# What is shown of each of two passages.
SHOWN = (
    "station_id", "passed_at", "lane", "axle_count", "gross_kg",
    "axle_kg", "spacing_mm", "length_mm", "speed_kmh",
)  # fmt: skip
Other = aliased(Passage, name="other")


def beside(other: type[Passage]) -> list[ColumnElement[Any]]:
    """Return the columns that show a passage and another."""
    own = [getattr(Passage, name) for name in SHOWN]
    return [*own, *(getattr(other, name).label(f"other_{name}") for name in SHOWN)]


CANDIDATES = (
    select(
        *beside(Other),
        SearchRow.passage_id,
        SearchRow.fleet,
        SearchRow.vehicles,
        SearchRow.unknown,
        SearchRow.trouble,
        CandidateRow.place,
        CandidateRow.plate,
        CandidateRow.probability,
        CandidateRow.evidence,
    )
    .join(SearchRow, SearchRow.passage_id == Passage.id)
    .outerjoin(CandidateRow, CandidateRow.search_id == SearchRow.id)
    .outerjoin(Other, Other.id == CandidateRow.passage_id)
    .order_by(Passage.passed_at, Passage.id, CandidateRow.place)
)
CONFLICTS = (
    select(
        *beside(Other),
        PlateConflict.passage_id,
        PlateConflict.plate,
        PlateConflict.kind,
        PlateConflict.sentence,
        PlateConflict.rules,
        PlateConflict.id.label("conflict_id"),
    )
    .join(PlateConflict, PlateConflict.passage_id == Passage.id)
    .join(Other, Other.id == PlateConflict.other_passage_id)
    .where(standing())
    .order_by(Passage.passed_at, Passage.id, PlateConflict.kind)
)


def candidate_rows(connection: Connection, station: Station, day: date | None) -> list[dict[str, Any]]:
    """Return one dict for each candidate of each unread passage, by time and place; of one day, or of all.

    A passage without candidates has one with place 0, and why.
    """
    return [
        _both(station, row)
        | {
            "fleet": row["fleet"],
            "vehicles": row["vehicles"],
            "unknown": row["unknown"],
            "trouble": row["trouble"],
            "place": row["place"] or 0,
            "plate": row["plate"] or "",
            "probability": row["probability"] or 0.0,
            "likely": is_likely(row["place"] or 0, row["probability"] or 0.0, row["vehicles"]),
            "evidence": json.loads(row["evidence"] or "{}"),
        }
        for row in _rows(connection, CANDIDATES, station, day)
    ]


def conflict_rows(connection: Connection, station: Station, day: date | None) -> list[dict[str, Any]]:
    """Return one dict for each standing conflict whose later passage is the station's, by time."""
    return [
        _both(station, row) | {name: row[name] for name in ("plate", "kind", "sentence", "rules")}
        for row in _rows(connection, CONFLICTS, station, day)
    ]


def _rows(
    connection: Connection, query: Select[*tuple[Any, ...]], station: Station, day: date | None
) -> Sequence[RowMapping]:
    query = query.where(Passage.station_id == station.id)
    if day is not None:
        query = query.where(passed_between(station.id, *day_bounds_ms(day, station.zone)))
    return [row._mapping for row in connection.execute(query)]  # noqa: SLF001 (public in SQLAlchemy)


def _both(station: Station, row: RowMapping) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for which in ("", "other_"):
        at_ms = row[f"{which}passed_at"]
        shown[f"{which}station"] = row[f"{which}station_id"] or ""
        shown[f"{which}time"] = from_ms(at_ms, station.zone).isoformat() if at_ms is not None else ""
        shown |= {f"{which}{name}": row[f"{which}{name}"] for name in SHOWN[2:]}
    return shown
