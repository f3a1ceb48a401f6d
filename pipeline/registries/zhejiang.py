"""The Zhejiang registry: signed requests, several plates at a time, errors by HTTP status.

Its interface is described in docs/registries/zhejiang.openapi.json.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import httpx

from models.clock import clock_ms
from models.values.lookups import WaitReason
from models.values.permits import Permit
from models.values.registry import Plate, RegisteredVehicle
from pipeline.plates.fuse import TRAILER
from pipeline.registries.answers import only_one
from pipeline.registries.contract import PermitAnswer, Query, VehicleAnswer
from pipeline.registries.errors import PlateFailedError
from pipeline.registries.line import Line
from pipeline.registries.mapping import load_mapping, to_permit, to_vehicle
from pipeline.registries.settings import RegistrySettings

T = TypeVar("T")
VEHICLES, PERMITS = "/api/v1/vehicles", "/api/v1/permits"
TRAILER_KIND = "15"


def signature(secret: str, *, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the HMAC-SHA256, in hexadecimal, of method, path, time, nonce and digest of the body."""
    canonical = "\n".join(("POST", path, timestamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), canonical.encode(), hashlib.sha256).hexdigest()


class Zhejiang:
    """Speaks to the Zhejiang registry."""

    def __init__(self, settings: RegistrySettings, line: Line) -> None:
        """Ask over `line`."""
        self.name, self.batch = settings.name, settings.batch
        self._settings, self._line = settings, line
        self._mapping = load_mapping("zhejiang")

    async def vehicles(self, queries: Sequence[Query]) -> list[VehicleAnswer]:
        """Return the vehicle of each plate; see `VehicleRegistry`."""
        at_ms = clock_ms()

        def vehicle(records: list[Any], plate: Plate) -> RegisteredVehicle | None:
            return only_one(
                [to_vehicle(self._mapping, one, plate, source=self.name, at_ms=at_ms) for one in records]
            )

        return await self._ask(VEHICLES, queries, vehicle)

    async def permits(self, queries: Sequence[Query]) -> list[PermitAnswer]:
        """Return the permits of each plate; see `VehicleRegistry`."""

        def permits(records: list[Any], plate: Plate) -> tuple[Permit, ...]:
            return tuple(to_permit(self._mapping, one, plate) for one in records)

        return await self._ask(PERMITS, queries, permits)

    async def _ask(
        self, path: str, queries: Sequence[Query], read: Callable[[list[Any], Plate], T]
    ) -> list[T | PlateFailedError]:
        items = [
            {
                "hphm": query.plate.text,
                "hpzl": self._kind(query.plate),
                "rq": str(query.day),
                "ajbh": query.case_number,
                "cxyy": query.purpose.value,
            }
            for query in queries
        ]
        body = json.dumps({"items": items}, ensure_ascii=False).encode()

        async def make() -> httpx.Request:
            return self._signed(path, body)

        answer = await self._line.ask(make)
        entries = answer.get("data")
        if not isinstance(entries, list):
            raise PlateFailedError(WaitReason.WRONG_SHAPE, "without data")
        found = {str(entry.get("hphm")): entry.get("jg") for entry in entries if isinstance(entry, dict)}
        return [self._one(found, query.plate, read) for query in queries]

    def _kind(self, plate: Plate) -> str:
        if plate.text.endswith(TRAILER):
            return TRAILER_KIND
        return self._mapping.code_of(plate.colour)

    @staticmethod
    def _one(
        found: dict[str, Any], plate: Plate, read: Callable[[list[Any], Plate], T]
    ) -> T | PlateFailedError:
        try:
            if plate.text not in found:
                reason = WaitReason.WRONG_VEHICLE if found else WaitReason.CUT_SHORT
                return PlateFailedError(reason, "the plate asked for is not in the answer")
            records = found[plate.text]
            if not isinstance(records, list):
                return PlateFailedError(WaitReason.WRONG_SHAPE, "without records")
            return read(records, plate)
        except PlateFailedError as error:
            return error

    def _signed(self, path: str, body: bytes) -> httpx.Request:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        headers = {
            "Content-Type": "application/json",
            "X-App-Id": self._settings.client_id,
            "X-Timestamp": timestamp,
            "X-Nonce": nonce,
            "X-Signature": signature(
                self._settings.secret, path=path, timestamp=timestamp, nonce=nonce, body=body
            ),
        }
        return self._line.client.build_request("POST", path, content=body, headers=headers)
