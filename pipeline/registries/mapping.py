"""Field names, codes and units of a registry, as data: `<kind>.toml` beside this file."""

import tomllib
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from models.values.lookups import WaitReason
from models.values.permits import Permit
from models.values.plates import PlateColour
from models.values.registry import (
    Party,
    Plate,
    RegisteredVehicle,
    VehicleClass,
    VehicleStatus,
)
from pipeline.registries.errors import PlateFailedError

FOLDER = Path(__file__).parent
# What a scale can meet; a number beyond is a fault of the answer and no vehicle.
NUMBER_MAX = 1_000_000
_PARTY = ("owner", "address", "contact", "company")


class Mapping(BaseModel):
    """How one registry spells what we know by other names.

    `vehicle` and `permit` give the wire's name of each field; a code's key is matched as a whole, or up to
    `*`; where several keys fit, the longest counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mass_unit: Literal["kg", "t"]
    list_separator: str
    yes: str
    no: str
    required: tuple[str, ...]
    vehicle: dict[str, str]
    permit: dict[str, str]
    colour: dict[str, PlateColour]
    vehicle_class: dict[str, VehicleClass]
    status: dict[str, VehicleStatus]

    @model_validator(mode="after")
    def _fields_are_known(self) -> Self:
        known = {*RegisteredVehicle.__dataclass_fields__, *_PARTY, "colour"}
        if unknown := {*self.vehicle, *self.required} - known:
            message = f"vehicle: unknown fields {sorted(unknown)}"
            raise ValueError(message)
        if unknown := set(self.permit) - set(Permit.__dataclass_fields__):
            message = f"permit: unknown fields {sorted(unknown)}"
            raise ValueError(message)
        return self

    def code_of(self, colour: PlateColour) -> str:
        """Return the registry's code of a colour, "" where it has none."""
        return next((code for code, one in self.colour.items() if one is colour), "")


@cache
def load_mapping(kind: str) -> Mapping:
    """Read the mapping of a kind of registry."""
    return Mapping.model_validate(tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8")))


def to_vehicle(
    mapping: Mapping, record: object, asked: Plate, *, source: str, at_ms: int
) -> RegisteredVehicle:
    """Return the vehicle of a record.

    Raises:
        PlateFailedError: the record lacks a field, a field is not as agreed, or it is of another vehicle.

    """
    fields = _Fields(mapping, mapping.vehicle, record)
    if missing := [name for name in mapping.required if fields.text(name) == ""]:
        raise PlateFailedError(WaitReason.WRONG_SHAPE, f"without {', '.join(missing)}")
    if fields.text("plate") != asked.text:
        raise PlateFailedError(WaitReason.WRONG_VEHICLE, "the answer names another plate")
    colour = PlateColour(fields.code("colour", mapping.colour, PlateColour.UNKNOWN))
    if PlateColour.UNKNOWN not in {colour, asked.colour} and colour is not asked.colour:
        raise PlateFailedError(WaitReason.WRONG_VEHICLE, "the answer names another plate colour")
    party = Party(**{name: fields.text(name) for name in _PARTY}) if fields.text("owner") else None
    return RegisteredVehicle(
        plate=Plate(text=asked.text, colour=colour),
        source=source,
        answered_at_ms=at_ms,
        vehicle_class=VehicleClass(fields.code("vehicle_class", mapping.vehicle_class, VehicleClass.OTHER)),
        status=VehicleStatus(fields.code("status", mapping.status, VehicleStatus.NORMAL)),
        axle_count=fields.number("axle_count"),
        drive_axles=fields.number("drive_axles"),
        tyre_count=fields.number("tyre_count"),
        wide_tyres=fields.flag("wide_tyres"),
        air_suspension=fields.flag("air_suspension"),
        wheelbase_mm=tuple(_whole(part, "wheelbase_mm") for part in fields.parts("wheelbase_mm")),
        length_mm=fields.number("length_mm"),
        curb_mass_kg=fields.mass_kg("curb_mass_kg"),
        registered_mass_kg=fields.mass_kg("registered_mass_kg"),
        train_mass_kg=fields.mass_kg("train_mass_kg"),
        operating_permit=fields.text("operating_permit"),
        operating_permit_until=fields.day("operating_permit_until"),
        party=party,
    )


def to_permit(mapping: Mapping, record: object, asked: Plate) -> Permit:
    """Return the permit of a record; errors as `to_vehicle`."""
    fields = _Fields(mapping, mapping.permit, record)
    if fields.text("plate") != asked.text:
        raise PlateFailedError(WaitReason.WRONG_VEHICLE, "the permit names another plate")
    valid_from, valid_until, gross_kg = (
        fields.day("valid_from"),
        fields.day("valid_until"),
        fields.mass_kg("gross_kg"),
    )
    height_mm, width_mm, length_mm = (fields.number(name) for name in ("height_mm", "width_mm", "length_mm"))
    number, roads = fields.text("number"), frozenset(fields.parts("roads"))
    if (
        valid_from is None
        or valid_until is None
        or gross_kg is None
        or height_mm is None
        or width_mm is None
        or length_mm is None
        or not number
        or not roads
    ):
        raise PlateFailedError(WaitReason.WRONG_SHAPE, "a permit without number, days, roads, mass or size")
    return Permit(
        number=number,
        plate=asked.text,
        trailer_plate=fields.text("trailer_plate"),
        roads=roads,
        valid_from=valid_from,
        valid_until=valid_until,
        gross_kg=gross_kg,
        height_mm=height_mm,
        width_mm=width_mm,
        length_mm=length_mm,
    )


class _Fields:
    """The values of one record by our names."""

    def __init__(self, mapping: Mapping, names: dict[str, str], record: object) -> None:
        if not isinstance(record, dict):
            raise PlateFailedError(WaitReason.WRONG_SHAPE, f"a record that is {type(record).__name__}")
        self._mapping, self._names, self._record = mapping, names, record

    def text(self, name: str) -> str:
        value: Any = self._record.get(self._names.get(name, ""))
        if value is None:
            return ""
        if not isinstance(value, str | int | float):
            raise PlateFailedError(WaitReason.WRONG_SHAPE, f"{name}: {type(value).__name__}")
        return str(value).strip()

    def parts(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(self._mapping.list_separator) if part.strip()]

    def number(self, name: str) -> int | None:
        text = self.text(name)
        return _whole(text, name) if text else None

    def mass_kg(self, name: str) -> int | None:
        text = self.text(name)
        if not text:
            return None
        try:
            mass = Decimal(text) * (1000 if self._mapping.mass_unit == "t" else 1)
            return _whole(str(mass.quantize(Decimal(1))), name)
        except InvalidOperation as error:
            raise PlateFailedError(WaitReason.WRONG_SHAPE, f"{name}: no mass") from error

    def flag(self, name: str) -> bool | None:
        text = self.text(name)
        if text not in {"", self._mapping.yes, self._mapping.no}:
            raise PlateFailedError(WaitReason.UNKNOWN_CODE, name)
        return None if not text else text == self._mapping.yes

    def day(self, name: str) -> date | None:
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            raise PlateFailedError(WaitReason.WRONG_SHAPE, f"{name}: no day") from error

    def code(self, name: str, codes: dict[str, Any], absent: str) -> str:
        text = self.text(name)
        if not text:
            return absent
        keys = [key for key in codes if key == text or (key.endswith("*") and text.startswith(key[:-1]))]
        if not keys:
            raise PlateFailedError(WaitReason.UNKNOWN_CODE, name)
        return str(codes[max(keys, key=len)])


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > NUMBER_MAX:
        raise PlateFailedError(WaitReason.WRONG_SHAPE, f"{name}: no number of a vehicle")
    return int(text)
