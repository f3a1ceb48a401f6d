"""What a stored file holds: records into the table, or a reason why it can't serve."""

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from models.files import StoredFile
from models.kept import savepoint
from stations.formats import record_format
from stations.formats.base import FileRefusedError, Problem
from stations.future import without_future
from stations.images import CLIP_BYTES, CLIP_SUFFIXES, SUFFIXES, image_problem
from stations.passages import add_passages
from stations.source_files import RowCounts
from stations.station import Station

PROBLEMS_MAX = 10_000


def take_records(
    connection: Connection,
    station: Station,
    stored: StoredFile,
    source_id: int,
    latest_ms: int | None = None,
) -> tuple[RowCounts, list[Problem]]:
    """Insert the passages of one record file; a file refused as a whole leaves none."""
    problems: list[Problem] = []
    counts = RowCounts()
    try:
        with savepoint(connection):
            for block in record_format(station).read(stored.path):
                if latest_ms is not None:
                    block = without_future(block, latest_ms, station)  # noqa: PLW2901 (the same block, less those)
                added = add_passages(connection, station, block, source_id)
                problems += [*block.problems, *added.conflicts]
                counts = RowCounts(
                    rows=counts.rows + len(block.batch) + len(block.problems),
                    rows_new=counts.rows_new + added.new,
                    rows_known=counts.rows_known + added.known,
                )
                if len(problems) > PROBLEMS_MAX:
                    reason = f"more than {PROBLEMS_MAX} rows can't be read: probably another format"
                    raise FileRefusedError("too_many_problems", reason)
    except FileRefusedError as error:
        return RowCounts(), [
            Problem(row=0, column=error.column, code=error.code, reason=error.reason, raw="")
        ]
    except (DBAPIError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 (no file from outside may stop the others)
        reason = f"the file can't be read: {type(error).__name__}: {error}"
        return RowCounts(), [Problem(row=0, column="", code="unreadable", reason=reason, raw="")]
    return counts, problems


def frame_problems(stored: StoredFile, suffix: str) -> list[Problem]:
    """Return why a file can't serve as frame or clip, empty if it can."""
    if suffix in SUFFIXES:
        reason, code = image_problem(stored.path), "no_image"
    elif suffix in CLIP_SUFFIXES:
        reason, code = ("the clip is too large" if stored.size_bytes > CLIP_BYTES else ""), "no_clip"
    else:
        reason, code = (
            f"files ending in {suffix or 'nothing'} are neither records nor frames here",
            "unknown_kind",
        )
    return [Problem(row=0, column="", code=code, reason=reason, raw="")] if reason else []
