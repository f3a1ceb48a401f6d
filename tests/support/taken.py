"""What an intake took: a record to take, and what lies in the database afterwards."""

from sqlalchemy import func, select

from models.database import Database
from models.tables import Quarantine

TIME = "2026-06-18 01:02:03.000"
UPLOAD = {
    "previewDate": "2026-06-18 01:02:03",
    "previewStationCode": "S",
    "axisNum": "2",
    "speed": "55",
    "laneNo": "1",
    "totalWeight": "18500",
    "axle1Weight": "6500",
    "axle2Weight": "12000",
}


def count(database: Database, table: type) -> int:
    """Return how many rows a table has."""
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def open_reasons(database: Database) -> list[tuple[str, int, str, str]]:
    """Return name, row, field and code of what waits in quarantine."""
    columns = (Quarantine.name, Quarantine.row, Quarantine.field, Quarantine.code)
    with database.read() as connection:
        rows = connection.execute(select(*columns).where(Quarantine.state == "open").order_by(*columns))
        return [(name, row, field, code) for name, row, field, code in rows]
