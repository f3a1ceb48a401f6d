"""Simulated registries on real loopback ports over a small invented fleet."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import stamina
from registry_cases import trucks

from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet, invent_fleet
from pipeline.registries.simulated.serve import registry_server, settings_of
from stations.roadside.vehicle import TrueVehicle

SECRET = "only in these tests"  # noqa: S105 (a simulation's)
Serve = Callable[..., tuple[RegistrySettings, Dials]]


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(scope="session")
def vehicles() -> list[TrueVehicle]:
    return trucks(60)


@pytest.fixture(scope="session")
def fleet(vehicles: list[TrueVehicle]) -> Fleet:
    return invent_fleet(vehicles, 1, {f"s{number}": "G000" for number in range(4)})


@pytest.fixture
def serve(fleet: Fleet, tmp_path: Path) -> Iterator[Serve]:
    """Return a maker of running registries: their settings and their dials."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    with ExitStack() as stack:

        def start(kind: str, dials: Dials | None = None, **changes: object) -> tuple[RegistrySettings, Dials]:
            own = dials or Dials()
            server = stack.enter_context(registry_server(kind, fleet, own, SECRET))
            values = {"concurrency": 4, "per_second": 1000, "timeout_s": 2.0} | changes
            return settings_of(kind, server.port, secret, **values), own

        yield start
