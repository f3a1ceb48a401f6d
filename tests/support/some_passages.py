"""Passages of no contents, for tables that hang on them."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from models.tables import Passage, SourceFile

SOURCE_NUMBERS = ("size_bytes", "received_at", "rows", "rows_new", "rows_known", "rows_quarantined")
NUMBERS = ("content_key", "row", "lane", "axle_count", "gross_kg", "length_mm")
TEXTS = ("axle_kg", "left_kg", "spacing_mm", "plate_front", "plate_rear", "plate_colour")


def add_passages(connection: Connection, ids: Sequence[int]) -> None:
    """Insert passages of these ids."""
    source = {"station_id": "a", "sha256": "0", "name": "a", "kind": "records", "state": "taken"}
    connection.execute(insert(SourceFile).values(id=1, **source, **dict.fromkeys(SOURCE_NUMBERS, 0)))
    plain = dict.fromkeys(NUMBERS, 0) | dict.fromkeys(TEXTS, "") | {"station_id": "a", "source_id": 1}
    rows = [plain | {"id": one, "passed_at": one, "record_key": str(one)} for one in ids]
    connection.execute(insert(Passage), rows)
