"""Quarantine: what could not be used, with its reason, as a copy that a person can mend."""

import csv
import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, update

from models.database import Database
from models.files import StoredFile
from models.inserts import insert_new
from models.tables import Quarantine
from stations.formats.base import Problem

REASONS = "reasons.csv"
DIGEST_CHARACTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFolder:
    """`root`/station/digest/ holds a copy of one file and its reasons; `intake --retry` takes it again.

    The copy is the whole file: rows that were taken are known by their natural key, so only the mended
    ones are new.
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
        folder = self.root / station_id / stored.sha256[:DIGEST_CHARACTERS]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stored.path, folder / name)
        with (folder / REASONS).open("w", encoding="utf-8-sig", newline="") as sink:
            writer = csv.writer(sink)
            writer.writerow(["file", "row", "field", "code", "reason", "text"])
            writer.writerows([name, p.row, p.column, p.code, p.reason, p.raw] for p in problems)
        for problem in problems:
            row = {
                "station_id": station_id,
                "sha256": stored.sha256,
                "name": name,
                "row": problem.row,
                "field": problem.column,
                "code": problem.code,
                "reason": problem.reason,
                "state": "open",
            }
            connection.execute(insert_new(connection, Quarantine), row)

    def files(self, station_id: str) -> Iterator[tuple[Path, Path]]:
        """Yield (folder, file) for everything of a station that waits to be mended."""
        for folder in sorted((self.root / station_id).glob("*")):
            yield from ((folder, path) for path in sorted(folder.iterdir()) if path.name != REASONS)

    def folder_name(self, path: Path) -> str:
        """Return the folder name that a file of these bytes would have."""
        with path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()[:DIGEST_CHARACTERS]

    def settle(self, database: Database, station_id: str, folder: Path, *, clean: bool) -> None:
        """Close the reasons of a file that was taken again and remove its copy.

        Where it is still not clean, its new reasons have a folder of their own and the old ones are
        superseded.
        """
        with database.write() as connection:
            connection.execute(
                update(Quarantine)
                .where(
                    Quarantine.station_id == station_id,
                    Quarantine.sha256.startswith(folder.name),
                    Quarantine.state == "open",
                )
                .values(state="mended" if clean else "superseded")
            )
        shutil.rmtree(folder)
