"""The simulated national exchange: every province, slow, and only part of what the province itself knows."""

import secrets
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from models.values.registry import RegisteredVehicle
from pipeline.registries.national import EXCHANGE
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet, permits_on
from pipeline.registries.simulated.zhejiang import BATCH_MAX, KINDS, STATES, TRAILER_KIND, TYPES

SPOILED = {"plate": "number", "owner": "holder", "class": "type"}


class Asked(BaseModel):
    """One plate asked for."""

    model_config = ConfigDict(extra="forbid")
    number: str = Field(max_length=10)
    kind: str = Field(default="", max_length=2)
    day: date
    case: str = Field(max_length=100)
    purpose: str = Field(max_length=20)


class Queries(BaseModel):
    """The plates of one query, all for vehicles or all for permits."""

    model_config = ConfigDict(extra="forbid")
    subject: Literal["vehicle", "permit"]
    queries: Annotated[list[Asked], Field(max_length=BATCH_MAX)]


class Vehicle(BaseModel):
    """What is exchanged of a vehicle; masses in kg. Fields that the province withholds are missing."""

    number: str
    kind: str
    type: str
    state: str
    gross: int | None = None
    curb: int | None = None
    holder: str | None = None


class Permit(BaseModel):
    """What is exchanged of a permit."""

    permit: str
    number: str
    trailer: str
    roads: str
    valid_from: Annotated[date, Field(alias="from")]
    until: date
    gross: int
    height: int
    width: int
    length: int


class Records(BaseModel):
    """For each plate asked for, in that order, its records."""

    records: list[list[Vehicle | Permit]]


def national_app(fleet: Fleet, dials: Dials, secret: str) -> FastAPI:
    """Return the application; documentation pages are left out, since they load foreign scripts."""
    app = FastAPI(title="模拟全国交换平台 (simulated)", version="1", docs_url=None, redoc_url=None)

    @app.post(EXCHANGE, response_model=Records, responses={401: {"description": "key"}})
    async def exchange(
        queries: Queries,
        x_api_key: Annotated[str, Header()] = "",
        x_client: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        if not x_client or not secrets.compare_digest(x_api_key.encode(), secret.encode()):
            raise HTTPException(401, "key")
        answer = _vehicles if queries.subject == "vehicle" else _permits
        return JSONResponse(
            {"records": [dials.spoil(one.number, answer(fleet, one), SPOILED) for one in queries.queries]}
        )

    return app


def _vehicles(fleet: Fleet, asked: Asked) -> list[dict[str, Any]]:
    vehicle = fleet.vehicles.get(asked.number)
    if vehicle is None:
        return []
    kind = TRAILER_KIND if vehicle.vehicle_class.is_trailer else KINDS[vehicle.plate.colour]
    if asked.kind not in {"", kind} and not vehicle.vehicle_class.is_trailer:
        return []
    return [_wire(vehicle, kind).model_dump(mode="json", exclude_none=True)]


def _wire(vehicle: RegisteredVehicle, kind: str) -> Vehicle:
    # Every third province keeps the holder's name to itself.
    withheld = ord(vehicle.plate.text[0]) % 3 == 0
    return Vehicle(
        number=vehicle.plate.text,
        kind=kind,
        type=TYPES[vehicle.vehicle_class],
        state=STATES[vehicle.status],
        gross=vehicle.registered_mass_kg,
        curb=vehicle.curb_mass_kg,
        holder=None if withheld or vehicle.party is None else vehicle.party.owner,
    )


def _permits(fleet: Fleet, asked: Asked) -> list[dict[str, Any]]:
    return [
        {
            "permit": one.number,
            "number": one.plate,
            "trailer": one.trailer_plate,
            "roads": "+".join(sorted(one.roads)),
            "from": str(one.valid_from),
            "until": str(one.valid_until),
            "gross": one.gross_kg,
            "height": one.height_mm,
            "width": one.width_mm,
            "length": one.length_mm,
        }
        for one in permits_on(fleet, asked.number, asked.day)
    ]
