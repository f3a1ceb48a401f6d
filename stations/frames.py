"""Frames into the table: by file name, or fetched where a record names a URL."""

import re
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Select, func, or_, select

from models.database import Database
from models.files import FileStore, StoredFile
from models.inserts import insert_new
from models.tables import Frame, FrameReference, Passage, SourceFile
from models.values.passages import FrameKind
from models.values.timeline import to_ms
from stations.download import FrameUnreachableError, fetch_frame, host_of
from stations.exif import taken_at_ms
from stations.images import CLIP_BYTES, CLIP_SUFFIXES, FRAME_BYTES, image_damage, image_problem
from stations.names import URL_STARTS
from stations.station import Station

# Whole seconds first: a fraction would take the last two digits of a time without one.
TIME_FORMATS = ("%Y%m%dT%H%M%S", "%Y%m%dT%H%M%S.%f", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S%f")
RETRY_MS = 7 * 86_400_000
HOST_FAILURES = 3


def add_frame(
    connection: Connection,
    station: Station,
    stored: StoredFile,
    name: str,
    received_at_ms: int,
    problem: str = "",
) -> None:
    """Insert one frame unless it is known; lane and camera time come from its name where that tells them.

    A time that the name doesn't tell comes from inside the file, where that does.
    `problem` says what is damaged of a frame that can still be shown.
    """
    lane, taken_at, kind = frame_name_parts(station, name)
    if taken_at is None and kind is not FrameKind.VIDEO:
        taken_at = taken_at_ms(stored.path, station.zone)
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
    is_clip = Path(name).suffix.lower() in CLIP_SUFFIXES
    match = re.fullmatch(station.frame_pattern, Path(name).stem)
    if match is None:
        return None, None, FrameKind.VIDEO if is_clip else FrameKind.UNKNOWN
    kind = FrameKind.VIDEO if is_clip else _kind(match["kind"])
    lane = int(match["lane"]) if re.fullmatch("[0-9]{1,2}", match["lane"]) else None
    return lane, _camera_time(match["time"], station), kind


def _kind(word: str) -> FrameKind:
    return FrameKind(word) if word in set(FrameKind) else FrameKind.UNKNOWN


def _camera_time(text: str, station: Station) -> int | None:
    for time_format in TIME_FORMATS:
        try:
            local = datetime.strptime(text, time_format).replace(tzinfo=station.zone)
            return to_ms(local)
        except (ValueError, OverflowError):
            continue
    return None


def fetch_referenced(database: Database, store: FileStore, station: Station, now_ms: int) -> list[str]:
    """Fetch the frames that records of a station name by URL and that are not here yet.

    Returns what could not be fetched and why. The reference stays and is tried again next time, until
    RETRY_MS after its record came; a host that fails HOST_FAILURES times is left alone for this time.
    """
    with database.read() as connection:
        named = connection.execute(_missing_urls(station, now_ms - RETRY_MS)).all()
    problems = []
    failures: Counter[str] = Counter()
    for url, kind in named:
        host = host_of(url)
        if failures[host] >= HOST_FAILURES:
            problems.append(f"{url}: not asked, {host} failed {HOST_FAILURES} times")
            continue
        try:
            _fetch_one(database, store, station, url, FrameKind(kind), now_ms)
        except FrameUnreachableError as error:
            problems.append(str(error))
            failures[host] += error.asked
    return problems


def _fetch_one(
    database: Database, store: FileStore, station: Station, url: str, kind: FrameKind, now_ms: int
) -> None:
    is_clip = kind is FrameKind.VIDEO
    with tempfile.TemporaryDirectory(prefix="frame-") as folder:
        target = Path(folder) / "frame"
        fetch_frame(url, target, hosts=station.image_hosts, bytes_max=CLIP_BYTES if is_clip else FRAME_BYTES)
        if not is_clip and (problem := image_problem(target)):
            raise FrameUnreachableError(f"{url}: {problem}")
        with target.open("rb") as source:
            stored = store.put(source)
    with database.write("frame.fetched") as connection:
        damage = "" if is_clip else image_damage(stored.path)
        add_frame(connection, station, stored, url, now_ms, damage)


def _missing_urls(station: Station, since_ms: int) -> Select[str, str]:
    here = select(Frame.name).where(Frame.station_id == station.id)
    is_url = or_(*(FrameReference.name.startswith(start) for start in URL_STARTS))
    return (
        select(FrameReference.name, func.min(FrameReference.kind))
        .join(Passage, Passage.id == FrameReference.passage_id)
        .join(SourceFile, SourceFile.id == Passage.source_id)
        .where(Passage.station_id == station.id, is_url, FrameReference.name.not_in(here))
        .where(SourceFile.received_at >= since_ms)
        .group_by(FrameReference.name)
        .order_by(FrameReference.name)
    )
