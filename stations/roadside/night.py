"""One simulated night at several stations: drop folders for the pipeline, and the truth to judge it by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from stations.roadside.evaders import with_clone, with_evaders
from stations.roadside.numbers import NumberOffice
from stations.roadside.sights import Weather
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.traffic import CONDITION_SHARES, simulate_traffic
from stations.roadside.trips import share_trips
from stations.roadside.truth import Troubles, write_troubles, write_truth
from stations.roadside.vehicle import PlateCondition, TrueVehicle
from stations.roadside.write import StationNight, write_station

__all__ = ["RoadsideStation", "SimulatedNight", "simulate_night"]

INBOX = "inbox"
TRUTH_FILE = "truth.jsonl"
TROUBLES_FILE = "troubles.json"
LEAST_PASSAGES = 2  # the troubles need two vehicles and a pause between them


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedNight:
    """What was written: `inbox` holds a drop folder for each station; passages by station, then time."""

    inbox: Path
    truth_path: Path
    vehicles: tuple[TrueVehicle, ...]
    troubles: tuple[Troubles, ...]


def simulate_vehicles(
    date: date,
    seed: int,
    passages_per_station: int,
    stations: Sequence[RoadsideStation],
    conditions: Mapping[PlateCondition, float] = CONDITION_SHARES,
) -> list[tuple[TrueVehicle, ...]]:
    """Return the passages of each station's night, by time; nothing is drawn."""
    office = NumberOffice(random_stream(seed, "numbers"))
    return [
        simulate_traffic(station, date, passages_per_station, seed, office, conditions)
        for station in stations
    ]


def simulate_night(  # noqa: PLR0913 (each is a dial of the night)
    out_dir: Path,
    *,
    date: date,
    seed: int,
    passages_per_station: int = 240,
    stations: Sequence[RoadsideStation],
    shared_trips: int = 0,
    evaders: int = 0,
    conditions: Mapping[PlateCondition, float] = CONDITION_SHARES,
    weather: Weather | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SimulatedNight:
    """Write the night of `date`, 00:00 to 06:00, below `out_dir`; the same seed writes the same bytes.

    Up to `shared_trips` overloaded vehicles of the first station pass the second one too, on the same trip;
    so many `evaders` pass each station, and the second one sees a plate of the first on another vehicle.
    `conditions` are the shares of plates in each condition; `weather` is what all frames suffer from.
    `progress` is called with the passages done and their total.
    """
    if passages_per_station < LEAST_PASSAGES:
        message = f"passages_per_station: at least {LEAST_PASSAGES} expected, got {passages_per_station}"
        raise ValueError(message)
    traffic = simulate_vehicles(date, seed, passages_per_station, stations, conditions)
    if shared_trips:
        traffic[1] = share_trips(traffic[0], traffic[1], shared_trips, random_stream(seed, "trips"))
    if evaders:
        traffic = [
            with_evaders(one, evaders, random_stream(seed, "evaders", number))
            for number, one in enumerate(traffic)
        ]
        traffic[1] = with_clone(traffic[0], traffic[1], random_stream(seed, "clone"))
    nights = [
        StationNight(station=station, vehicles=vehicles, seed=seed, weather=weather)
        for station, vehicles in zip(stations, traffic, strict=True)
    ]
    done, total = count(1), passages_per_station * len(stations)

    def passage_done() -> None:
        if progress is not None:
            progress(next(done), total)

    inbox = out_dir / INBOX
    troubles = tuple(write_station(inbox / night.station.station_id, night, passage_done) for night in nights)
    vehicles = tuple(vehicle for night in nights for vehicle in night.vehicles)
    write_truth(out_dir / TRUTH_FILE, vehicles)
    write_troubles(out_dir / TROUBLES_FILE, troubles)
    return SimulatedNight(inbox=inbox, truth_path=out_dir / TRUTH_FILE, vehicles=vehicles, troubles=troubles)
