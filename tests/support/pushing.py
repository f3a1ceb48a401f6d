"""A station that pushes to a listener of ours, in the process or over loopback."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from models.clock import clock_ms
from models.database import Database
from models.files import FileStore
from models.leases import this_process
from stations.intake import Intake
from stations.push.app import push_app
from stations.push.credentials import make_credential
from stations.push.listener import listener, tls_of
from stations.push.settings import Push
from stations.push.take_in import TakeIn
from stations.quarantine import QuarantineFolder
from stations.station import Station

NOW_MS = 1_781_740_800_000  # 2026-06-18 08:00:00 in Shanghai


def upload(
    serial: str = "0001",
    time: str = "2026-06-18 07:59:58",
    gross_kg: int = 49_000,
    **more: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return one record of six axles in the format of the station's upload."""
    axles = [7_000, *[(gross_kg - 7_000) // 5] * 4]
    record = {
        "previewCode": f"330482A01-{serial}",
        "previewDate": time,
        "previewStationCode": "330482A01",
        "axisNum": "6",
        "speed": "60",
        "laneNo": "1",
        "totalWeight": str(gross_kg),
        **{f"axle{n}Weight": str(kg) for n, kg in enumerate([*axles, gross_kg - sum(axles)], start=1)},
        **{f"axle{n}Spacing": str(mm) for n, mm in enumerate([3300, 1350, 6500, 1310, 1310], start=1)},
        "vehicleLength": "16000",
    }
    return record | more


class Pushing:
    """A listener on a database and a folder, with a credential for each station."""

    def __init__(self, folder: Path, database: Database, *stations: Station, **push: Any) -> None:  # noqa: ANN401
        self.folder, self.database, self.now_ms = folder, database, NOW_MS
        self.push = Push(port=0, **push)
        self.stations = {station.id: station for station in stations}
        self.take_in = TakeIn(
            intake=Intake(
                database=database,
                store=FileStore(folder / "originals"),
                quarantine=QuarantineFolder(root=folder / "quarantine"),
                holder=this_process(600_000),
                now_ms=lambda: self.now_ms or clock_ms(),
            ),
            future_ms=round(self.push.future_s * 1000),
            quarantine_max=self.push.quarantine,
        )
        self.app = push_app(self.take_in, self.stations, self.push)
        with database.write("test") as connection:
            self.tokens = {
                name: make_credential(connection, name, "虚构设备", NOW_MS) for name in self.stations
            }

    @property
    def token(self) -> str:
        return next(iter(self.tokens.values()))

    def headers(self, token: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token if token is None else token}"}

    def ask(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:  # noqa: ANN401
        more["headers"] = self.headers(token) | more.get("headers", {})

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://push.test") as client:
                return await client.request(method, path, **more)

        return asyncio.run(go())

    def records(self, *records: Mapping[str, Any], token: str | None = None) -> httpx.Response:
        return self.ask("POST", "/v1/records", token, json=list(records))

    def frames(self, *frames: tuple[str, bytes], token: str | None = None) -> httpx.Response:
        return self.ask("POST", "/v1/frames", token, files=[("frame", one) for one in frames])

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Listen on loopback and give the address."""
        server = listener(self.app, self.push, tls_of(self.push))
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            bound.listen(256)
            thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{bound.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join()


def problem(answer: httpx.Response) -> str:
    """Return the word of a problem document, and hold the answer to its form."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    said = json.loads(answer.text)
    assert said["status"] == answer.status_code
    assert set(said) == {"type", "title", "status", "detail"}
    return str(said["type"]).removeprefix("urn:zhichao:problem:")
