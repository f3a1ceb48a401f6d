"""The simulated Shanghai registry: tokens that end, pages of two, and every error inside status 200."""

import secrets
import time
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from models.values.plates import PlateColour
from models.values.registry import RegisteredVehicle, VehicleClass, VehicleStatus
from pipeline.registries.shanghai import EXPIRED, NO_RECORD, PERMITS, TOKEN, VEHICLES
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet, permits_on

PROVINCE = "沪"
PAGE_SIZE = 2
SPOILED = {"plate": "plateNo", "owner": "ownerName", "class": "vehicleType"}
COLOURS = {
    PlateColour.BLUE: "1",
    PlateColour.YELLOW: "2",
    PlateColour.YELLOW_GREEN: "93",
    PlateColour.GREEN: "94",
}
TYPES = {
    VehicleClass.LIGHT_TRUCK: "轻型厢式货车",
    VehicleClass.RIGID_TRUCK: "重型自卸货车",
    VehicleClass.TRACTOR: "重型半挂牵引车",
    VehicleClass.SEMITRAILER: "重型半挂车",
    VehicleClass.CENTRE_AXLE_TRAILER: "重型中置轴挂车",
    VehicleClass.FULL_TRAILER: "重型全挂车",
}
STATES = {VehicleStatus.NORMAL: "正常", VehicleStatus.OVERDUE: "逾期未检验"}
ErrorCode = Literal["NO_RECORD", "TOKEN_EXPIRED", "BAD_CLIENT", "BUSY", "SYSTEM_ERROR", "FORBIDDEN"]


class Asked(BaseModel):
    """One plate asked for; without `plateColor`, of any colour."""

    plateNo: str = Field(max_length=10)
    plateColor: str = Field(default="", max_length=2)
    day: date
    caseNo: str = Field(max_length=100)
    purpose: str = Field(max_length=20)
    page: int = Field(default=1, ge=1, le=1000)


class Vehicle(BaseModel):
    """A registered vehicle; masses in tonnes, lengths in mm, `wheelbase` joined by commas."""

    plateNo: str
    plateColor: str
    vehicleType: str
    registrationStatus: str
    axleCount: int
    driveAxleCount: int
    tyreCount: int
    wideBaseTyre: Literal["Y", "N"]
    airSuspension: Literal["Y", "N"]
    wheelbase: str
    overallLength: int | None
    curbWeight: str
    maxGrossWeight: str
    maxTrainWeight: str | None
    operatingLicenceNo: str
    operatingLicenceExpiry: date
    ownerName: str
    ownerAddress: str
    ownerPhone: str
    operatorName: str


class Permit(BaseModel):
    """An over-limit transport permit."""

    permitNo: str
    plateNo: str
    trailerPlateNo: str
    route: str
    validFrom: date
    validTo: date
    grossWeight: str
    height: int
    width: int
    length: int


class VehiclePage(BaseModel):
    """One page of vehicles."""

    page: int
    pages: int
    total: int
    rows: list[Vehicle]


class PermitPage(BaseModel):
    """One page of permits."""

    page: int
    pages: int
    total: int
    rows: list[Permit]


class Vehicles(BaseModel):
    """What a query for vehicles answers; `result` is missing where `errorCode` stands."""

    status: Literal["OK", "FAIL"]
    errorCode: ErrorCode | None = None
    result: VehiclePage | None = None


class Permits(BaseModel):
    """What a query for permits answers."""

    status: Literal["OK", "FAIL"]
    errorCode: ErrorCode | None = None
    result: PermitPage | None = None


class Login(BaseModel):
    """Who asks."""

    client_id: str = Field(max_length=100)
    client_secret: str = Field(max_length=200)


class Token(BaseModel):
    """A token, or why there is none."""

    status: Literal["OK", "FAIL"]
    errorCode: ErrorCode | None = None
    access_token: str | None = None
    expires_in: int | None = None


def shanghai_app(fleet: Fleet, dials: Dials, secret: str) -> FastAPI:
    """Return the application; documentation pages are left out, since they load foreign scripts."""
    app = FastAPI(title="模拟上海车辆登记系统 (simulated)", version="2", docs_url=None, redoc_url=None)
    tokens: dict[str, float] = {}

    def holds(authorization: str) -> bool:
        return tokens.get(authorization.removeprefix("Bearer "), 0) > time.monotonic()

    @app.post(TOKEN, response_model_exclude_none=True)
    async def token(login: Login) -> Token:
        if not login.client_id or not secrets.compare_digest(login.client_secret.encode(), secret.encode()):
            return Token(status="FAIL", errorCode="BAD_CLIENT")
        made = secrets.token_urlsafe(24)
        tokens[made] = time.monotonic() + dials.token_lasts_s
        return Token(status="OK", access_token=made, expires_in=dials.token_lasts_s)

    @app.get(VEHICLES, response_model=Vehicles)
    async def vehicles(
        asked: Annotated[Asked, Query()], authorization: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        if not holds(authorization):
            return _failed(EXPIRED)
        records = dials.spoil(asked.plateNo, _vehicles(fleet, asked), SPOILED)
        return _page(records, asked.page)

    @app.get(PERMITS, response_model=Permits)
    async def permits(
        asked: Annotated[Asked, Query()], authorization: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        if not holds(authorization):
            return _failed(EXPIRED)
        return _page(_permits(fleet, asked), asked.page)

    return app


def _failed(code: str) -> JSONResponse:
    return JSONResponse({"status": "FAIL", "errorCode": code})


def _page(records: list[dict[str, Any]], page: int) -> JSONResponse:
    rows = records[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    if not rows:
        return _failed(NO_RECORD)
    pages = -(-len(records) // PAGE_SIZE)
    return JSONResponse(
        {"status": "OK", "result": {"page": page, "pages": pages, "total": len(records), "rows": rows}}
    )


def _vehicles(fleet: Fleet, asked: Asked) -> list[dict[str, Any]]:
    vehicle = fleet.vehicles.get(asked.plateNo)
    if vehicle is None or not asked.plateNo.startswith(PROVINCE):
        return []
    if asked.plateColor not in {"", COLOURS[vehicle.plate.colour]}:
        return []
    return [_wire(vehicle).model_dump(mode="json")]


def _wire(vehicle: RegisteredVehicle) -> Vehicle:
    party = vehicle.party
    if party is None:
        raise AssertionError  # every invented vehicle has one
    return Vehicle(
        plateNo=vehicle.plate.text,
        plateColor=COLOURS[vehicle.plate.colour],
        vehicleType=TYPES[vehicle.vehicle_class],
        registrationStatus=STATES[vehicle.status],
        axleCount=vehicle.axle_count or 0,
        driveAxleCount=vehicle.drive_axles or 0,
        tyreCount=vehicle.tyre_count or 0,
        wideBaseTyre="Y" if vehicle.wide_tyres else "N",
        airSuspension="Y" if vehicle.air_suspension else "N",
        wheelbase=",".join(map(str, vehicle.wheelbase_mm)),
        overallLength=vehicle.length_mm,
        curbWeight=_tonnes(vehicle.curb_mass_kg or 0),
        maxGrossWeight=_tonnes(vehicle.registered_mass_kg or 0),
        maxTrainWeight=_tonnes(vehicle.train_mass_kg) if vehicle.train_mass_kg else None,
        operatingLicenceNo=vehicle.operating_permit,
        operatingLicenceExpiry=vehicle.operating_permit_until or date.max,
        ownerName=party.owner,
        ownerAddress=party.address,
        ownerPhone=party.contact,
        operatorName=party.company,
    )


def _permits(fleet: Fleet, asked: Asked) -> list[dict[str, Any]]:
    if not asked.plateNo.startswith(PROVINCE):
        return []
    return [
        Permit(
            permitNo=one.number,
            plateNo=one.plate,
            trailerPlateNo=one.trailer_plate,
            route=",".join(sorted(one.roads)),
            validFrom=one.valid_from,
            validTo=one.valid_until,
            grossWeight=_tonnes(one.gross_kg),
            height=one.height_mm,
            width=one.width_mm,
            length=one.length_mm,
        ).model_dump(mode="json")
        for one in permits_on(fleet, asked.plateNo, asked.day)
    ]


def _tonnes(mass_kg: int) -> str:
    return f"{mass_kg / 1000:.3f}"
