"""Frames into the table: by file name, or fetched where a record names a URL."""

import re
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Select, select

from models.database import Database
from models.files import FileStore, StoredFile
from models.inserts import insert_new
from models.tables import Frame, FrameReference, Passage
from models.values.passages import FrameKind
from models.values.timeline import to_ms
from stations.download import FrameUnreachableError, fetch_frame
from stations.images import image_damage, image_problem
from stations.station import Station

TIME_FORMATS = ("%Y%m%dT%H%M%S.%f", "%Y%m%dT%H%M%S", "%Y%m%d%H%M%S%f", "%Y%m%d%H%M%S")
URL_PREFIXES = ("http://%", "https://%")


def add_frame(
    connection: Connection,
    station: Station,
    stored: StoredFile,
    name: str,
    received_at_ms: int,
    problem: str = "",
) -> None:
    """Insert one frame unless it is known; lane and camera time come from its name where that tells them.

    `problem` says what is damaged of a frame that can still be shown.
    """
    lane, taken_at, kind = frame_name_parts(station, name)
    row = {
        "station_id": station.id,
        "name": name,
        "sha256": stored.sha256,
        "kind": kind,
        "lane": lane,
        "taken_at": taken_at,
        "received_at": received_at_ms,
        "problem": problem,
    }
    connection.execute(insert_new(connection, Frame), row)


def frame_name_parts(station: Station, name: str) -> tuple[int | None, int | None, FrameKind]:
    """Return lane, camera time in milliseconds UTC and kind, as far as a file name tells them."""
    match = re.fullmatch(station.frame_pattern, Path(name).stem)
    if match is None:
        return None, None, FrameKind.UNKNOWN
    for time_format in TIME_FORMATS:
        try:
            local = datetime.strptime(match["time"], time_format).replace(tzinfo=station.zone)
        except ValueError:
            continue
        return int(match["lane"]), to_ms(local), FrameKind(match["kind"])
    return int(match["lane"]), None, FrameKind(match["kind"])


def fetch_referenced(database: Database, store: FileStore, station: Station, now_ms: int) -> list[str]:
    """Fetch the frames that records of a station name by URL and that are not here yet.

    Returns what could not be fetched and why; the reference stays and is tried again next time.
    """
    with database.read() as connection:
        named = connection.scalars(_missing_urls(station)).all()
    problems = []
    for url in named:
        with tempfile.TemporaryDirectory(prefix="frame-") as folder:
            target = Path(folder) / "frame"
            try:
                fetch_frame(url, target, hosts=station.image_hosts)
            except FrameUnreachableError as error:
                problems.append(str(error))
                continue
            if problem := image_problem(target):
                problems.append(f"{url}: {problem}")
                continue
            with target.open("rb") as source:
                stored = store.put(source)
        with database.write() as connection:
            add_frame(connection, station, stored, url, now_ms, image_damage(stored.path))
    return problems


def _missing_urls(station: Station) -> Select[str]:
    here = select(Frame.name).where(Frame.station_id == station.id)
    is_url = FrameReference.name.like(URL_PREFIXES[0]) | FrameReference.name.like(URL_PREFIXES[1])
    return (
        select(FrameReference.name)
        .join(Passage, Passage.id == FrameReference.passage_id)
        .where(Passage.station_id == station.id, is_url, FrameReference.name.not_in(here))
        .distinct()
        .order_by(FrameReference.name)
    )
