"""The simulated registries as the demo and the command line start them."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

from models.private_file import write_private
from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet, invent_fleet
from pipeline.registries.simulated.serve import APPS, Server, registry_server, settings_of
from stations.roadside.night import simulate_vehicles
from stations.roadside.station import RoadsideStation
from stations.station import Station


def roadside_stations(stations: Sequence[Station]) -> list[RoadsideStation]:
    """Return what the simulation must know of declared stations."""
    return [
        RoadsideStation(
            station_id=station.id,
            station_code=station.code or station.id,
            format="hs_data" if station.format == "hs_data" else "station_upload",
            lanes=len(station.lanes),
            camera_offset_ms=station.clock_offset_ms,
        )
        for station in stations
    ]


def fleet_of(stations: Sequence[Station], day: date, seed: int, passages: int) -> Fleet:
    """Return the fleet of a simulated night: whoever passes there is registered here."""
    traffic = simulate_vehicles(day, seed, passages, roadside_stations(stations))
    roads = {station.id: station.road.split()[0] for station in stations}
    return invent_fleet((true for night in traffic for true in night), seed, roads)


def secret_of(kind: str, folder: Path) -> Path:
    """Return the file of the secret that both sides share, made at its first use."""
    path = folder / f"{kind}.secret"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32).encode())
    return path


def servers(
    fleet: Fleet, folder: Path, dials: Dials, ports: Sequence[int], host: str
) -> list[tuple[Server, RegistrySettings]]:
    """Return a server of each kind with the settings that reach it; each has dials of its own."""
    made = []
    for (kind, port), number in zip(zip(APPS, ports, strict=True), range(len(APPS)), strict=True):
        secret = secret_of(kind, folder)
        own = Dials(
            latency_s=dials.latency_s,
            error_share=dials.error_share,
            wrong_share=dials.wrong_share,
            per_second=dials.per_second,
            outages=dials.outages,
            seed=dials.seed + number,
        )
        server = registry_server(kind, fleet, own, secret.read_text("ascii"), port=port, host=host)
        made.append((server, settings_of(kind, server.port, secret)))
    return made


@contextmanager
def running(fleet: Fleet, folder: Path, dials: Dials) -> Iterator[tuple[RegistrySettings, ...]]:
    """Serve all kinds on free loopback ports, from threads of this process, and yield how to reach them."""
    made = servers(fleet, folder, dials, (0,) * len(APPS), "127.0.0.1")
    with ExitStack() as stack:
        for server, _ in made:
            stack.enter_context(server)
        yield tuple(settings for _, settings in made)
