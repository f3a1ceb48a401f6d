"""A listener in a process of its own, to be killed."""

import multiprocessing
import socket
import time
from multiprocessing.context import SpawnProcess
from pathlib import Path

from pushing import Pushing

from models.database import Database
from stations.push.listener import listener
from stations.station import Station


def serve(folder: Path, url: str, stations: tuple[Station, ...], port: int) -> None:
    """Serve, in a process of its own, the database and folder as they are."""
    pushing = Pushing(folder, Database(url), *stations)
    server = listener(pushing.app, pushing.push, None)
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        bound.listen(64)
        server.run([bound])


def started(folder: Path, url: str, stations: tuple[Station, ...], port: int) -> SpawnProcess:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve, args=(folder, url, stations, port), daemon=True)
    process.start()
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
            continue
        return process
    raise AssertionError("the listener does not start")
