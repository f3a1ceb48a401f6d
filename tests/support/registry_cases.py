"""Cases of simulated vehicles in a database, as a night would have left them, and registries around them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import insert

from models.database import Database
from models.leases import this_process
from models.tables import Case, Finding, Frame, Judgement, Passage, PlateReadingRow, SourceFile
from models.values.lookups import Purpose
from models.values.plates import PlateColour
from models.values.registry import Plate
from models.values.timeline import to_ms
from pipeline.registries.asking import Outcome, Traffic, ask
from pipeline.registries.contract import Query
from pipeline.registries.look_up import Registries
from pipeline.registries.settings import RegistrySettings
from stations.roadside.night import simulate_vehicles
from stations.roadside.station import RoadsideStation
from stations.roadside.vehicle import Layout, TrueVehicle
from stations.station import Station

DAY = date(2026, 6, 18)


def trucks(count: int, provinces: str = "浙沪", seed: int = 7) -> list[TrueVehicle]:
    """Return simulated trucks of these provinces."""
    roadside = [RoadsideStation(station_id=f"s{n}", station_code="x", format="hs_data") for n in range(4)]
    found: list[TrueVehicle] = []
    passages = min(max(count, 50), 20_000)
    for night in simulate_vehicles(DAY, seed, passages, roadside):
        found += [
            one for one in night if one.layout is not Layout.LIGHT and one.front_plate.text[0] in provinces
        ]
    if len(found) < count:
        message = f"{count} trucks asked for, {len(found)} made"
        raise ValueError(message)
    return found[:count]


def add_cases(
    database: Database,
    station: Station,
    vehicles: Sequence[TrueVehicle],
    *,
    read_as: Mapping[str, str] | None = None,
    confidence: float = 0.97,
    characters: Callable[[str], Sequence[float]] = lambda text: [0.99] * len(text),
) -> None:
    """Open one case for each vehicle; `read_as` gives the misread text of true plates."""
    names = read_as or {}
    with database.write("test") as connection:
        source = {
            "station_id": station.id, "sha256": "0" * 64, "name": "made", "kind": "records", "state": "taken",
            "size_bytes": 1, "received_at": 1, "rows": 1, "rows_new": 1, "rows_known": 0,
            "rows_quarantined": 0,
        }  # fmt: skip
        source_id = connection.execute(
            insert(SourceFile).values(source).returning(SourceFile.id)
        ).scalar_one()
        for number, true in enumerate(vehicles):
            text = names.get(true.front_plate.text, true.front_plate.text)
            trailer = true.rear_plate.text if true.rear_plate.text.endswith("挂") else ""
            passed_at = to_ms(true.passed_at) + number
            passage = {
                "station_id": station.id, "passed_at": passed_at, "record_key": str(number),
                "content_key": number, "source_id": source_id, "row": number, "lane": true.lane,
                "axle_count": true.axle_count, "gross_kg": true.measured_gross_kg,
                "axle_kg": ",".join(map(str, true.axle_kg)), "left_kg": "",
                "spacing_mm": ",".join(map(str, true.spacings_mm)), "speed_kmh": 60.0,
                "length_mm": true.length_mm,
                "plate_front": "", "plate_rear": trailer, "plate_colour": "",
            }  # fmt: skip
            passage_id = connection.execute(
                insert(Passage).values(passage).returning(Passage.id)
            ).scalar_one()
            frame = {
                "station_id": station.id, "name": f"{number}.jpg", "sha256": f"{number:064d}",
                "kind": "front", "lane": 1, "taken_at": passed_at, "received_at": 1, "passage_id": passage_id,
            }  # fmt: skip
            frame_id = connection.execute(insert(Frame).values(frame).returning(Frame.id)).scalar_one()
            reading = {
                "frame_id": frame_id, "reader": "made", "position": 0, "text": text, "confidence": confidence,
                "colour": true.front_plate.colour.value, "rows": 1, "box": "[]", "corners": "[]",
                "characters": json.dumps(list(characters(text))),
            }  # fmt: skip
            connection.execute(insert(PlateReadingRow).values(reading))
            judgement = {
                "passage_id": passage_id, "severity": "accepted", "codes": "", "rule_set": "x", "layout": "",
                "limit_kg": true.limit_kg, "decided_kg": true.measured_gross_kg,
                "excess_kg": max(true.measured_gross_kg - true.limit_kg, 1), "doubts": "", "plate": text,
                "plate_colour": true.front_plate.colour.value, "plate_confidence": confidence,
                "plate_frame_id": frame_id,
            }  # fmt: skip
            connection.execute(insert(Judgement).values(judgement))
            case = {"number": f"{station.id}-{number}", "station_id": station.id, "passed_at": passed_at}
            case_id = connection.execute(insert(Case).values(case).returning(Case.id)).scalar_one()
            connection.execute(
                insert(Finding).values(passage_id=passage_id, kind="overload", case_id=case_id)
            )


def registries_of(
    database: Database, settings: Sequence[RegistrySettings], folder: Path, **changes: float
) -> Registries:
    """Return registries that keep their key in `folder`."""
    values: dict[str, float] = {
        "cache_days": 30, "negative_minutes": 60, "keep_days": 730, "patience_s": 0, "plate_threshold": 0.8,
    } | changes  # fmt: skip
    return Registries(
        database=database,
        registries=tuple(settings),
        vault_path=folder / "registry.key",
        holder=this_process(600_000),
        **values,  # type: ignore[arg-type]
    )


def query_for(
    text: str, colour: PlateColour = PlateColour.YELLOW, purpose: Purpose = Purpose.CASE, case_id: int = 1
) -> Query:
    """Return a question about one plate."""
    plate = Plate(text=text, colour=colour)
    return Query(plate=plate, purpose=purpose, case_id=case_id, case_number="case-1", day=DAY)


def asked(
    settings: Sequence[RegistrySettings],
    queries: Sequence[Query],
    *,
    patience_s: float = 0,
    traffic: Traffic | None = None,
) -> dict[str, Outcome]:
    """Ask and return the outcomes by plate."""
    outcomes: list[Outcome] = []
    ask(tuple(settings), queries, outcomes.append, patience_s=patience_s, traffic=traffic)
    assert len(outcomes) == len(queries)
    return {one.query.plate.text: one for one in outcomes}
