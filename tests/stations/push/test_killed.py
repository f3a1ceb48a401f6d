"""The listener killed at random while stations push: every record once, nothing acknowledged is lost."""

import json
import random
import socket
import threading

import httpx
import pytest
from fake_reader import frame_bytes
from listener_process import started
from pushing import Pushing, upload
from sqlalchemy import select

from models.tables import Frame, Passage
from stations.station import Station


def push_through(
    pushing: Pushing, stations: tuple[Station, ...], kills: int, records: int, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 (no secret)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    url = pushing.database.url
    process = started(pushing.folder, url, stations, port)
    kill_at = sorted(chance.sample(range(1, records), kills))
    acknowledged: set[str] = set()
    died = 0
    try:
        for number in range(records):
            record = upload(str(number), frontImage=f"{number}.png")
            messages = [
                ("/v1/records", {"content": json.dumps(record).encode()}),
                ("/v1/frames", {"files": [("frame", (f"{number}.png", frame_bytes(number % 250)))]}),
            ]
            for path, more in messages:
                while True:
                    if number in kill_at:
                        # At any moment of the next request.
                        kill_at.remove(number)
                        threading.Timer(chance.uniform(0, 0.05), process.kill).start()
                    headers = pushing.headers()
                    if "content" in more:
                        headers["Content-Type"] = "application/json"
                    try:
                        answer = httpx.post(
                            f"http://127.0.0.1:{port}{path}",
                            headers=headers,
                            trust_env=False,
                            timeout=30,
                            **more,  # type: ignore[arg-type]
                        )
                    except httpx.TransportError:
                        process.join()
                        process = started(pushing.folder, url, stations, port)
                        died += 1
                        continue
                    assert answer.status_code == 200, answer.text
                    acknowledged.add(answer.json()["taken"][0]["sha256"])
                    if chance.random() < 0.8:
                        break
    finally:
        process.kill()
        process.join()
    assert died >= max(1, kills // 2)
    with pushing.database.read() as connection:
        keys = list(connection.scalars(select(Passage.record_key)))
        frames = list(connection.scalars(select(Frame.name)))
    assert sorted(keys) == sorted(f"330482A01-{number}" for number in range(records))
    assert sorted(frames) == sorted(f"{number}.png" for number in range(records))
    store = pushing.take_in.intake.store
    assert all(store.path(sha256).is_file() for sha256 in acknowledged)


def test_killed_once_every_record_is_there_once(pushing: Pushing, two_stations: tuple[Station, ...]) -> None:
    push_through(pushing, two_stations, kills=1, records=8, seed=1)


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_killed_thirty_times_every_record_is_there_once(
    pushing: Pushing, two_stations: tuple[Station, ...]
) -> None:
    push_through(pushing, two_stations, kills=30, records=600, seed=2)
