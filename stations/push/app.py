"""The stations' way in: a web application on a listener of its own. Nothing without a credential is read.

A 2xx says that everything in the message is kept for good. After any other answer nothing of it may be
taken for kept: send the same again after 408, 429 and 503; after the others that is of no use.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from models.database import DatabaseUnavailableError
from models.values.states import Via
from stations.formats import record_format
from stations.push import openapi
from stations.push.bodies import read_body, read_frames
from stations.push.contract import Heartbeat, HeartbeatAnswer, Receipts, taken
from stations.push.credentials import Credential
from stations.push.gather import Gather
from stations.push.heard import heard
from stations.push.pace import Pace, Room
from stations.push.refusals import Reason, RefusedError
from stations.push.settings import Push
from stations.push.take_in import NOT_NOW_S, Delivery, TakeIn, records_name
from stations.station import Station

LOGGER = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
HEARTBEAT_BYTES = 4096
RECORDS, FRAMES, HEARTBEAT = "/v1/records", "/v1/frames", "/v1/heartbeat"
TYPES = {".json": "application/json", ".csv": "text/csv"}
PLAIN = "text/plain"
OF_HTTP = {404: Reason.NO_SUCH_PLACE, 405: Reason.WRONG_METHOD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends: a credential that holds, and its station."""

    credential: Credential
    station: Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What each address does, within the limits of `push`."""

    take_in: TakeIn
    stations: Mapping[str, Station]
    push: Push
    gather: Gather
    pace: Pace
    room: Room

    async def records(self, request: Request) -> Response:
        """Take one message of records."""
        who, push = await self._sender(request), self.push
        _expect(request, records_type(who.station))
        self.pace.take(who.station.id, 1)
        with self.room.keep(who.station.id, _announced(request, push.record_bytes)):
            body = await read_body(request, push.record_bytes, push.body_s)
            return await self._receipts(who, [(records_name(who.station, body), body)])

    async def frames(self, request: Request) -> Response:
        """Take one message of frames."""
        who, push = await self._sender(request), self.push
        _expect(request, "multipart/form-data")
        self.pace.take(who.station.id, 1)
        with self.room.keep(who.station.id, _announced(request, push.frames * push.frame_bytes)):
            files = await read_frames(
                request, frames=push.frames, frame_bytes=push.frame_bytes, time_s=push.body_s
            )
            for name, _ in files:
                expect_frame(who.station, name)
            self.pace.take(who.station.id, len(files) - 1)
            return await self._receipts(who, files)

    async def heartbeat(self, request: Request) -> Response:
        """Take a sign of life."""
        who = await self._sender(request)
        _expect(request, "application/json")
        said = heartbeat_of(await read_body(request, HEARTBEAT_BYTES, self.push.body_s))
        answer = await run_in_threadpool(take_heartbeat, self.take_in, who, said)
        return _json(answer.model_dump(mode="json", by_alias=True))

    async def _sender(self, request: Request) -> Sender:
        authorization = request.headers.get("authorization", "")
        tokens = self.take_in.tokens
        credential = tokens.known(authorization)
        if credential is None:
            credential = await run_in_threadpool(tokens.ask, authorization)
        return Sender(credential=credential, station=station_of(credential, self.stations))

    async def _receipts(self, who: Sender, files: list[tuple[str, bytes]]) -> Response:
        answers = await self.gather.take(
            [
                Delivery(station=who.station, credential=who.credential, via=Via.HTTP, name=name, body=body)
                for name, body in files
            ]
        )
        done = []
        for answer in answers:
            if isinstance(answer, RefusedError):
                raise answer
            done.append(taken(answer))
        return _json(Receipts(taken=done).model_dump(mode="json", by_alias=True))


def push_app(take_in: TakeIn, stations: Mapping[str, Station], push: Push) -> FastAPI:
    """Return the application for these stations by id."""
    app = FastAPI(title="治超 Zhichao 检测点推送", version="1", docs_url=None, redoc_url=None)
    door = Door(
        take_in=take_in,
        stations=stations,
        push=push,
        gather=Gather(take_in),
        pace=Pace(per_second=push.per_second, burst=push.burst),
        room=Room(bytes_max=push.waiting_bytes),
    )
    app.post(RECORDS, response_model=Receipts, **openapi.RECORDS)(door.records)
    app.post(FRAMES, response_model=Receipts, **openapi.FRAMES)(door.frames)
    app.post(HEARTBEAT, response_model=HeartbeatAnswer, **openapi.HEARTBEAT)(door.heartbeat)
    _answer_errors(app)
    return app


def station_of(credential: Credential, stations: Mapping[str, Station]) -> Station:
    """Return a credential's station; one that is declared no more sends nothing."""
    if credential.station_id not in stations:
        raise RefusedError(Reason.NO_SUCH_STATION, f"station {credential.station_id} is not declared")
    return stations[credential.station_id]


def expect_frame(station: Station, name: str) -> None:
    """Refuse a frame that bears the ending of the station's records."""
    if name.lower().endswith(tuple(record_format(station).suffixes)):
        raise RefusedError(Reason.MALFORMED, f"frame {name}: records are sent as records")


def heartbeat_of(body: bytes) -> Heartbeat:
    """Read a heartbeat."""
    try:
        return Heartbeat.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "body"
        raise RefusedError(Reason.MALFORMED, f"{place}: {first['msg']}") from error


def take_heartbeat(take_in: TakeIn, who: Sender, said: Heartbeat) -> HeartbeatAnswer:
    """Note a sign of life."""
    now_ms = take_in.intake.now_ms()
    ahead_ms = round(said.sent_at.timestamp() * 1000) - now_ms
    with take_in.database.write("push.heard") as connection:
        if take_in.tokens.revoked(connection, {who.credential.id}):
            raise RefusedError(Reason.REVOKED_CREDENTIAL, "the credential was revoked")
        heard(connection, who.station.id, now_ms, clock_ahead_ms=ahead_ms, waiting=said.waiting)
    return HeartbeatAnswer(received_at=datetime.fromtimestamp(now_ms / 1000, UTC), clock_ahead_ms=ahead_ms)


def records_type(station: Station) -> str:
    """Return the content type of a station's records."""
    return TYPES.get(min(record_format(station).suffixes), PLAIN)


def _expect(request: Request, wanted: str) -> None:
    got = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if got != wanted:
        raise RefusedError(Reason.WRONG_TYPE, f"content-type: expected {wanted}, got {got[:60]!r}")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise RefusedError(Reason.WRONG_TYPE, "content-encoding: expected bytes as they are")


def _announced(request: Request, bytes_max: int) -> int:
    """Return how much room a body needs: what it says, or all it may have where it doesn't."""
    said = request.headers.get("content-length", "")
    # Chunks come without end, whatever length stands beside them.
    if "transfer-encoding" in request.headers or not (
        said.isascii() and said.isdigit() and len(said) < len(str(1 << 62))
    ):
        return bytes_max
    if int(said) > bytes_max + (bytes_max >> 4) + HEARTBEAT_BYTES:
        raise RefusedError(Reason.TOO_LARGE, f"a body has at most {bytes_max} bytes")
    return int(said)


def _json(content: Any, status: int = 200, media_type: str = "application/json", **more: str) -> Response:  # noqa: ANN401
    return JSONResponse(content, status_code=status, media_type=media_type, headers=more)


def _refuse(error: RefusedError) -> Response:
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
    if error.reason.status == Reason.NO_CREDENTIAL.status:
        headers["WWW-Authenticate"] = "Bearer"
    if error.reason in {Reason.TOO_LARGE, Reason.TOO_SLOW}:
        # What is still to come is not read.
        headers["Connection"] = "close"
    return _json(asdict(error.problem()), error.reason.status, PROBLEM, **headers)


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RefusedError)  # noqa: S101 (the handler's own kind)
        return _refuse(error)

    @app.exception_handler(HTTPException)
    async def of_http(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 0
        return _refuse(RefusedError(OF_HTTP.get(status, Reason.MALFORMED), "see /openapi.json"))

    @app.exception_handler(DatabaseUnavailableError)
    async def unavailable(_request: Request, error: Exception) -> Response:
        LOGGER.error("push.not_kept", extra={"error": str(error)})
        return _refuse(RefusedError(Reason.NOT_NOW, "nothing can be kept just now; send it again", NOT_NOW_S))
