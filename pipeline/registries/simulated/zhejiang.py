"""The simulated Zhejiang registry: signed requests, several plates at a time, errors by status."""

import hmac
import time
from datetime import date
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from models.values.plates import PlateColour
from models.values.registry import RegisteredVehicle, VehicleClass, VehicleStatus
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet, permits_on
from pipeline.registries.zhejiang import PERMITS, VEHICLES, signature

PROVINCE = "浙"
CLOCK_WINDOW_S = 300
BATCH_MAX = 50
SPOILED = {"plate": "hphm", "owner": "syr", "class": "cllx"}
KINDS = {
    PlateColour.YELLOW: "01",
    PlateColour.BLUE: "02",
    PlateColour.YELLOW_GREEN: "51",
    PlateColour.GREEN: "52",
}
TRAILER_KIND = "15"
TYPES = {
    VehicleClass.LIGHT_TRUCK: "H31",
    VehicleClass.RIGID_TRUCK: "H11",
    VehicleClass.TRACTOR: "Q11",
    VehicleClass.SEMITRAILER: "B11",
    VehicleClass.CENTRE_AXLE_TRAILER: "G71",
    VehicleClass.FULL_TRAILER: "G11",
}
STATES = {VehicleStatus.NORMAL: "A", VehicleStatus.OVERDUE: "Q"}
_CLOSED = ConfigDict(extra="forbid")


class Item(BaseModel):
    """One plate asked for: number, plate kind (GA 24.7, empty: any), day, case number, purpose."""

    model_config = _CLOSED
    hphm: str = Field(max_length=10)
    hpzl: str = Field(default="", max_length=2)
    rq: date
    ajbh: str = Field(max_length=100)
    cxyy: str = Field(max_length=20)


class Items(BaseModel):
    """The plates of one query."""

    model_config = _CLOSED
    items: Annotated[list[Item], Field(max_length=BATCH_MAX)]


class Vehicle(BaseModel):
    """机动车登记信息; masses in kg, lengths in mm, `zj` joined by +."""

    hphm: str
    hpzl: str
    cllx: str
    jdczt: str
    zs: int
    qdzs: int
    lts: int
    kjlt: str
    kqxj: str
    zj: str
    cwkc: int | None
    zbzl: int
    zzl: int
    qyzzl: int | None
    dlyszh: str
    dlyszyxqz: date
    syr: str
    zsxxdz: str
    lxdh: str
    yhmc: str


class Permit(BaseModel):
    """超限运输车辆通行证."""

    txzh: str
    hphm: str
    gchphm: str
    xslx: str
    yxqs: date
    yxqz: date
    zzl: int
    cwkc: int
    cwkk: int
    cwkg: int


class VehicleEntry(BaseModel):
    """The records of one plate; none: not registered here."""

    hphm: str
    jg: list[Vehicle]


class PermitEntry(BaseModel):
    """The permits of one plate."""

    hphm: str
    jg: list[Permit]


class Vehicles(BaseModel):
    """One entry for each plate asked for."""

    data: list[VehicleEntry]


class Permits(BaseModel):
    """One entry for each plate asked for."""

    data: list[PermitEntry]


def zhejiang_app(fleet: Fleet, dials: Dials, secret: str) -> FastAPI:
    """Return the application; documentation pages are left out, since they load foreign scripts."""
    app = FastAPI(title="模拟浙江车辆登记系统 (simulated)", version="1", docs_url=None, redoc_url=None)
    seen: set[str] = set()

    async def check(request: Request) -> None:
        """Refuse what is not signed, is old, or came before."""
        headers = request.headers
        timestamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
        expected = signature(
            secret, path=request.url.path, timestamp=timestamp, nonce=nonce, body=await request.body()
        )
        given = headers.get("X-Signature", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise HTTPException(401, "signature")
        fresh = timestamp.isdecimal() and abs(time.time() - int(timestamp)) <= CLOCK_WINDOW_S
        if not fresh or nonce in seen:
            raise HTTPException(401, "timestamp or nonce")
        seen.add(nonce)

    refusals: dict[int | str, dict[str, Any]] = {401: {"description": "signature, timestamp or nonce"}}

    @app.post(VEHICLES, response_model=Vehicles, responses=refusals)
    async def vehicles(items: Items, request: Request) -> JSONResponse:
        await check(request)
        data = [
            {"hphm": item.hphm, "jg": dials.spoil(item.hphm, _vehicles(fleet, item), SPOILED)}
            for item in items.items
        ]
        return JSONResponse({"data": data})

    @app.post(PERMITS, response_model=Permits, responses=refusals)
    async def permits(items: Items, request: Request) -> JSONResponse:
        await check(request)
        data = [{"hphm": item.hphm, "jg": _permits(fleet, item)} for item in items.items]
        return JSONResponse({"data": data})

    return app


def _vehicles(fleet: Fleet, item: Item) -> list[dict[str, Any]]:
    vehicle = fleet.vehicles.get(item.hphm)
    if vehicle is None or not item.hphm.startswith(PROVINCE):
        return []
    kind = TRAILER_KIND if vehicle.vehicle_class.is_trailer else KINDS[vehicle.plate.colour]
    if item.hpzl not in {"", kind}:
        return []
    return [_wire(vehicle, kind).model_dump(mode="json")]


def _wire(vehicle: RegisteredVehicle, kind: str) -> Vehicle:
    party = vehicle.party
    if party is None:
        raise AssertionError  # every invented vehicle has one
    return Vehicle(
        hphm=vehicle.plate.text,
        hpzl=kind,
        cllx=TYPES[vehicle.vehicle_class],
        jdczt=STATES[vehicle.status],
        zs=vehicle.axle_count or 0,
        qdzs=vehicle.drive_axles or 0,
        lts=vehicle.tyre_count or 0,
        kjlt="1" if vehicle.wide_tyres else "0",
        kqxj="1" if vehicle.air_suspension else "0",
        zj="+".join(map(str, vehicle.wheelbase_mm)),
        cwkc=vehicle.length_mm,
        zbzl=vehicle.curb_mass_kg or 0,
        zzl=vehicle.registered_mass_kg or 0,
        qyzzl=vehicle.train_mass_kg,
        dlyszh=vehicle.operating_permit,
        dlyszyxqz=vehicle.operating_permit_until or date.max,
        syr=party.owner,
        zsxxdz=party.address,
        lxdh=party.contact,
        yhmc=party.company,
    )


def _permits(fleet: Fleet, item: Item) -> list[dict[str, Any]]:
    if not item.hphm.startswith(PROVINCE):
        return []
    return [
        Permit(
            txzh=one.number,
            hphm=one.plate,
            gchphm=one.trailer_plate,
            xslx="+".join(sorted(one.roads)),
            yxqs=one.valid_from,
            yxqz=one.valid_until,
            zzl=one.gross_kg,
            cwkc=one.length_mm,
            cwkk=one.width_mm,
            cwkg=one.height_mm,
        ).model_dump(mode="json")
        for one in permits_on(fleet, item.hphm, item.rq)
    ]
