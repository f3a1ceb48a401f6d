"""The published documents: what the simulated registries serve, and what their answers keep to."""

import re
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case

from models.values.plates import PlateColour
from models.values.registry import Plate
from pipeline.registries.plate_paths import PlatePath, plate_path
from pipeline.registries.shanghai import TOKEN
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet
from pipeline.registries.simulated.serve import APPS
from zhichao.registries_command import documents

DOCS = Path(__file__).parents[3] / "docs" / "registries"
SECRET = "only in these tests"  # noqa: S105 (a simulation's)


@pytest.mark.parametrize("kind", APPS)
def test_the_published_document_is_the_one_served(kind: str) -> None:
    assert (DOCS / f"{kind}.openapi.json").read_text(encoding="utf-8") == documents()[kind]


@pytest.mark.parametrize("kind", APPS)
def test_no_request_breaks_a_registry_or_its_promise(kind: str, fleet: Fleet) -> None:
    app = APPS[kind](fleet, Dials(), SECRET)
    served = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [one.ok() for one in served.get_all_operations()]
    assert len(operations) == {"zhejiang": 2, "shanghai": 3, "national": 1}[kind]
    for operation in operations:
        _hold_to_its_schema(operation.as_strategy(), _credentials(kind, app))


def _credentials(kind: str, app: FastAPI) -> dict[str, str]:
    """Return headers that let a request in; a signature can't be made before the body is."""
    if kind == "shanghai":
        login = {"client_id": "test", "client_secret": SECRET}
        token = TestClient(app).post(TOKEN, json=login).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}
    return {"X-Api-Key": SECRET, "X-Client": "test"} if kind == "national" else {}


def _hold_to_its_schema(cases: SearchStrategy[Case], headers: dict[str, str]) -> None:
    @given(case=cases)
    @settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(case: Case) -> None:
        answer = case.call(headers=headers)
        case.validate_response(
            answer,
            checks=[
                schemathesis.checks.not_a_server_error,
                schemathesis.checks.response_schema_conformance,
                schemathesis.checks.status_code_conformance,
            ],
        )

    check()


@pytest.mark.parametrize(
    ("text", "colour", "path"),
    [
        ("浙F12345", PlateColour.YELLOW, PlatePath.REGISTRY),
        ("粤B12345", PlateColour.YELLOW, PlatePath.REGISTRY),
        ("沪AD12345", PlateColour.GREEN, PlatePath.REGISTRY),
        ("浙F1234学", PlateColour.YELLOW, PlatePath.REGISTRY),
        ("浙F1234挂", PlateColour.YELLOW, PlatePath.TRAILER),
        ("浙A1234警", PlateColour.WHITE, PlatePath.POLICE),
        ("224578使", PlateColour.BLACK, PlatePath.EMBASSY),
        ("使014578", PlateColour.UNKNOWN, PlatePath.EMBASSY),
        ("沪A0023领", PlateColour.BLACK, PlatePath.EMBASSY),
        ("粤Z1234港", PlateColour.BLACK, PlatePath.HONG_KONG_MACAO),
        ("粤Z1234澳", PlateColour.BLACK, PlatePath.HONG_KONG_MACAO),
        ("WJ3112345", PlateColour.WHITE, PlatePath.MILITARY),
        ("空A12345", PlateColour.WHITE, PlatePath.MILITARY),
        ("无车牌", PlateColour.UNKNOWN, PlatePath.UNKNOWN),
        ("", PlateColour.UNKNOWN, PlatePath.UNKNOWN),
    ],
)
def test_each_kind_of_plate_has_its_way(text: str, colour: PlateColour, path: PlatePath) -> None:
    assert plate_path(Plate(text=text, colour=colour)) is path


def test_the_documented_ways_are_the_ones_in_force() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", (DOCS / "README.md").read_text("utf-8"), re.MULTILINE
    )
    ways = {name: (what.strip(), asks.strip() == "是") for name, what, asks in rows if name in {*PlatePath}}
    assert ways == {one.value: (one.label, one.asks) for one in PlatePath}
