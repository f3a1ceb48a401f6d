"""Intake: files from drop folders into the store, passages and frames into the database.

Each file is one transaction. Its original bytes are on disk before anything else happens; it leaves
the drop folder only after the transaction that took it. Whatever is killed in between is repeated, and
repeating changes nothing.
"""

import hashlib
import shutil
import stat
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from models import edges, leases
from models.clock import clock_ms
from models.database import Database
from models.files import FileStore, StoredFile
from models.leases import Holder
from models.values.states import SourceKind
from stations.contents import frame_problems, take_records
from stations.drop_folder import stamp
from stations.formats import record_format
from stations.frames import add_frame, fetch_referenced
from stations.images import SUFFIXES, image_damage
from stations.intake_report import IntakeReport, Outcome, Taken
from stations.names import is_plain_name
from stations.quarantine import QuarantineFolder
from stations.source_files import RowCounts, add_source, finish_source, is_known
from stations.station import Station


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes files of stations."""

    database: Database
    store: FileStore
    quarantine: QuarantineFolder
    holder: Holder
    now_ms: Callable[[], int] = clock_ms

    def take(
        self,
        station: Station,
        paths: Iterable[Path],
        *,
        remove: bool,
        step: Callable[[], None] = lambda: None,
    ) -> IntakeReport:
        """Take files, records first so that frames find their passages; `remove` empties a drop folder.

        One runner at a time takes for a station, so that nobody judges half of what it has.
        """
        with self.alone(station):
            return self._take(station, paths, remove=remove, step=step)

    def alone(self, station: Station) -> AbstractContextManager[None]:
        """Wait until no other runner changes what a station has, and keep them out."""
        return leases.hold(self.database, f"station:{station.id}", self.holder)

    def _take(
        self, station: Station, paths: Iterable[Path], *, remove: bool, step: Callable[[], None]
    ) -> IntakeReport:
        report = IntakeReport()
        suffixes = record_format(station).suffixes
        for path in sorted(paths, key=lambda path: (path.suffix.lower() not in suffixes, path.name)):
            before = stamp(path)
            outcome = self._take_one(station, path, report)
            edges.passed("intake: before removal")
            # A station may still be writing: what was not stored is not removed.
            if remove and outcome is not Outcome.LEFT and stamp(path) == before:
                path.unlink(missing_ok=True)
            step()
        self._fetch(station, report)
        return report

    def retry(self, station: Station) -> IntakeReport:
        """Take again what lies in the quarantine folder, mended or not, and settle what changed."""
        with self.alone(station):
            return self._retry(station)

    def _retry(self, station: Station) -> IntakeReport:
        report = IntakeReport()
        with self.database.read() as connection:
            self.quarantine.restore(connection, station.id, self.store)
        for folder in self.quarantine.folders(station.id):
            outcomes = [
                self._retry_one(station, folder, path, report) for path in sorted((folder / "file").iterdir())
            ]
            if Outcome.LEFT in outcomes or any((folder / "file").iterdir()):
                continue
            with self.database.write("quarantine.settled") as connection:
                mended = Outcome.QUARANTINED not in outcomes
                self.quarantine.settle(connection, station.id, folder, mended=mended)
            shutil.rmtree(folder)
        self._fetch(station, report)
        return report

    def _retry_one(self, station: Station, folder: Path, path: Path, report: IntakeReport) -> Outcome:
        """Take one copy again; it stays where it is if it waits for the same reasons as before."""
        with path.open("rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        outcome = self._take_one(station, path, report, again=True)
        unchanged = folder == self.quarantine.folder(station.id, path.name, sha256)
        if outcome is Outcome.TAKEN or (outcome is Outcome.QUARANTINED and not unchanged):
            path.unlink()
        return outcome

    def _fetch(self, station: Station, report: IntakeReport) -> None:
        problems = fetch_referenced(self.database, self.store, station, self.now_ms())
        report.frames_awaited += len(problems)
        report.messages += [f"{station.id}: {problem}" for problem in problems]

    def _take_one(
        self, station: Station, path: Path, report: IntakeReport, *, again: bool = False
    ) -> Outcome:
        where = f"{station.id}/{path.name!r}"
        try:
            if not stat.S_ISREG(path.lstat().st_mode) or not is_plain_name(path.name):
                return _leave(report, f"{where}: no regular file with a plain name")
            with path.open("rb") as source:
                stored = self.store.put(source)
        except FileNotFoundError:
            # Another runner took it between the listing and now.
            return Outcome.TAKEN
        except OSError as error:
            return _leave(report, f"{where}: not stored: {error}")
        edges.passed("intake: stored")
        report.files += 1
        with self.database.write("intake.file") as connection:
            if not again and is_known(connection, station.id, path.name, stored.sha256):
                report.files_known += 1
                return Outcome.TAKEN
            leases.renew(connection, self.holder)
            taken = self.take_stored(connection, station, path.name, stored)
        report.add(f"{station.id}/{path.name}", taken)
        return Outcome.QUARANTINED if taken.problems else Outcome.TAKEN

    def take_stored(
        self,
        connection: Connection,
        station: Station,
        name: str,
        stored: StoredFile,
        latest_ms: int | None = None,
    ) -> Taken:
        """Take one stored file of a station, within the caller's transaction.

        Records of after `latest_ms` go to quarantine.
        """
        suffix = Path(name).suffix.lower()
        kind = SourceKind.RECORDS if suffix in record_format(station).suffixes else SourceKind.FRAME
        source_id = add_source(connection, station.id, name, stored, kind, self.now_ms())
        counts, damage = RowCounts(), ""
        if kind is SourceKind.RECORDS:
            counts, problems = take_records(connection, station, stored, source_id, latest_ms)
        else:
            problems = frame_problems(stored, suffix)
            if not problems:
                damage = image_damage(stored.path) if suffix in SUFFIXES else ""
                add_frame(connection, station, stored, name, self.now_ms(), damage)
        finish_source(connection, source_id, counts, quarantined=len(problems))
        if problems:
            self.quarantine.add(connection, station.id, name, stored, problems)
        return Taken(source_id=source_id, kind=kind, counts=counts, problems=tuple(problems), damage=damage)


def _leave(report: IntakeReport, reason: str) -> Outcome:
    report.files_left += 1
    report.messages.append(f"{reason}; left in place")
    return Outcome.LEFT
