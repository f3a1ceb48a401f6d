"""The Shanghai registry: a token that expires, one plate at a time, pages; errors inside status 200.

Its interface is described in docs/registries/shanghai.openapi.json.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import httpx

from models.clock import clock_ms
from models.values.lookups import WaitReason
from pipeline.registries.answers import only_one
from pipeline.registries.contract import PermitAnswer, Query, VehicleAnswer
from pipeline.registries.errors import PlateFailedError, RegistryError, SourceDownError
from pipeline.registries.line import REST_S, Line
from pipeline.registries.mapping import load_mapping, to_permit, to_vehicle
from pipeline.registries.settings import RegistrySettings

TOKEN, VEHICLES, PERMITS = "/oauth/token", "/v2/vehicles", "/v2/permits"
# Asked for again this long before it ends.
MARGIN_S = 10.0
PAGES_MAX = 20
NO_RECORD, EXPIRED = "NO_RECORD", "TOKEN_EXPIRED"
_ERRORS: dict[str, WaitReason] = {
    "BUSY": WaitReason.THROTTLED,
    "SYSTEM_ERROR": WaitReason.SERVER_ERROR,
    "BAD_CLIENT": WaitReason.UNAUTHORISED,
    "FORBIDDEN": WaitReason.UNAUTHORISED,
    EXPIRED: WaitReason.UNAUTHORISED,
}


class Shanghai:
    """Speaks to the Shanghai registry."""

    batch = 1

    def __init__(self, settings: RegistrySettings, line: Line) -> None:
        """Ask over `line`."""
        self.name = settings.name
        self._settings, self._line = settings, line
        self._mapping = load_mapping("shanghai")
        self._token, self._until = "", 0.0
        self._one_login = asyncio.Lock()

    async def vehicles(self, queries: Sequence[Query]) -> list[VehicleAnswer]:
        """Return the vehicle of the one plate; see `VehicleRegistry`."""
        (query,) = queries
        at_ms = clock_ms()
        records = await self._pages(VEHICLES, query)
        return [
            only_one(
                [
                    to_vehicle(self._mapping, one, query.plate, source=self.name, at_ms=at_ms)
                    for one in records
                ]
            )
        ]

    async def permits(self, queries: Sequence[Query]) -> list[PermitAnswer]:
        """Return the permits of the one plate; see `VehicleRegistry`."""
        (query,) = queries
        records = await self._pages(PERMITS, query)
        return [tuple(to_permit(self._mapping, one, query.plate) for one in records)]

    async def _pages(self, path: str, query: Query) -> list[Any]:
        parameters = {
            "plateNo": query.plate.text,
            "plateColor": self._mapping.code_of(query.plate.colour),
            "day": str(query.day),
            "caseNo": query.case_number,
            "purpose": query.purpose.value,
        }
        records: list[Any] = []
        for page in range(1, PAGES_MAX + 1):
            answer = await self._authorised(path, parameters | {"page": str(page)})
            if answer.get("errorCode") == NO_RECORD:
                return records
            result = answer.get("result")
            rows, pages = (result.get("rows"), result.get("pages")) if isinstance(result, dict) else (0, 0)
            if not isinstance(rows, list) or not isinstance(pages, int):
                raise PlateFailedError(WaitReason.WRONG_SHAPE, "without rows or pages")
            records += rows
            if page >= pages:
                return records
        raise PlateFailedError(WaitReason.TOO_LARGE, f"more than {PAGES_MAX} pages")

    async def _authorised(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        """Ask with the token; one that ended before its time is replaced, once."""
        token = await self._login(stale="")
        answer = await self._get(path, parameters, token)
        if answer.get("errorCode") == EXPIRED:
            answer = await self._get(path, parameters, await self._login(stale=token))
            if answer.get("errorCode") == EXPIRED:
                error = SourceDownError(WaitReason.UNAUTHORISED, "a new token is refused too")
                self._line.breaker.failed(error)
                raise error
        return answer

    async def _get(self, path: str, parameters: dict[str, str], token: str) -> dict[str, Any]:
        async def make() -> httpx.Request:
            headers = {"Authorization": f"Bearer {token}"}
            return self._line.client.build_request("GET", path, params=parameters, headers=headers)

        return await self._line.ask(make, _refusal)

    async def _login(self, stale: str) -> str:
        """Return a token that holds and is not `stale`."""
        async with self._one_login:
            if self._token == stale or time.monotonic() > self._until - MARGIN_S:

                async def make() -> httpx.Request:
                    login = {"client_id": self._settings.client_id, "client_secret": self._settings.secret}
                    return self._line.client.build_request("POST", TOKEN, json=login)

                answer = await self._line.ask(make, _refusal)
                token, lasts_s = answer.get("access_token"), answer.get("expires_in")
                if not isinstance(token, str) or not isinstance(lasts_s, int) or not token.isascii():
                    raise PlateFailedError(WaitReason.WRONG_SHAPE, "without a token")
                # A token shorter than the margin is used until the registry says that it ended.
                self._token = token
                self._until = time.monotonic() + max(lasts_s, 2 * MARGIN_S)
            return self._token


def _refusal(answer: dict[str, Any]) -> RegistryError | None:
    """Return what an answer of status 200 refuses; that there is no record is an answer."""
    code = str(answer.get("errorCode") or "")
    if code in {"", NO_RECORD, EXPIRED}:
        return None
    reason = _ERRORS.get(code, WaitReason.REFUSED)
    if reason is WaitReason.UNAUTHORISED:
        return SourceDownError(reason, code[:40])
    retry_after_s = REST_S if reason is WaitReason.THROTTLED else None
    return PlateFailedError(reason, code[:40], retry_after_s=retry_after_s)
