"""Quarantine: what could not be used, with its reason, as a copy that a person can mend."""

import csv
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select, update

from models.files import FileStore, StoredFile
from models.inserts import insert_new
from models.tables import Quarantine
from models.values.states import QuarantineState
from stations.formats.base import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFolder:
    """`root`/station/id/ holds reasons.csv, and in file/ a copy; `intake --retry` takes the copy again.

    One folder belongs to one name with one content. The copy is the whole file: rows that were taken are
    known by their natural key, so only the mended ones are new.
    """

    root: Path

    def add(
        self,
        connection: Connection,
        station_id: str,
        name: str,
        stored: StoredFile,
        problems: Sequence[Problem],
    ) -> None:
        """Keep the reasons in the database and the copy in the folder."""
        folder = self.folder(station_id, name, stored.sha256)
        _copy(stored.path, folder / "file" / name)
        with (folder / "reasons.csv").open("w", encoding="utf-8-sig", newline="") as sink:
            writer = csv.writer(sink)
            writer.writerow(["文件 file", "行 row", "字段 field", "代码 code", "原因 reason", "原文 text"])
            writer.writerows([name, p.row, p.column, p.code, p.reason, p.raw] for p in problems)
        rows = [
            {
                "station_id": station_id,
                "sha256": stored.sha256,
                "name": name,
                "row": problem.row,
                "field": problem.column,
                "code": problem.code,
                "reason": problem.reason,
                "state": QuarantineState.OPEN.value,
            }
            for problem in problems
        ]
        connection.execute(insert_new(connection, Quarantine), rows)

    def folder(self, station_id: str, name: str, sha256: str) -> Path:
        """Return the folder of one name with one content."""
        return self.root / station_id / hashlib.sha256(f"{sha256}/{name}".encode()).hexdigest()[:16]

    def restore(self, connection: Connection, station_id: str, store: FileStore) -> None:
        """Put back the copies of open entries whose folder is gone, from the originals."""
        for sha256, name in self._open(connection, station_id):
            folder = self.folder(station_id, name, sha256)
            if not any((folder / "file").glob("*")):
                _copy(store.path(sha256), folder / "file" / name)

    def folders(self, station_id: str) -> list[Path]:
        """Return the folders of a station."""
        return sorted(folder for folder in (self.root / station_id).glob("*") if (folder / "file").is_dir())

    def settle(self, connection: Connection, station_id: str, folder: Path, *, mended: bool) -> None:
        """Close the reasons that belong to a folder: mended, or superseded by reasons of another folder."""
        state = QuarantineState.MENDED if mended else QuarantineState.SUPERSEDED
        for sha256, name in self._open(connection, station_id):
            if self.folder(station_id, name, sha256) == folder:
                connection.execute(
                    update(Quarantine)
                    .where(
                        Quarantine.station_id == station_id,
                        Quarantine.sha256 == sha256,
                        Quarantine.name == name,
                        Quarantine.state == QuarantineState.OPEN,
                    )
                    .values(state=state.value)
                )

    def _open(self, connection: Connection, station_id: str) -> list[tuple[str, str]]:
        query = (
            select(Quarantine.sha256, Quarantine.name)
            .where(Quarantine.station_id == station_id, Quarantine.state == QuarantineState.OPEN)
            .distinct()
            .order_by(Quarantine.sha256, Quarantine.name)
        )
        return [(sha256, name) for sha256, name in connection.execute(query)]


def _copy(source: Path, target: Path) -> None:
    """Copy so that a kill leaves either no copy or a whole one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.parent.parent / "copying"
    shutil.copyfile(source, half)
    half.replace(target)
