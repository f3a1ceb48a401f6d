"""A database of every older version, with data in it, is brought up to date and loses nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

import models
from models import audit
from models.database import Database

FOLDER = Path(models.__file__).parent / "migrations" / "versions"
VERSIONS = sorted(path.name.partition("_")[0] for path in FOLDER.glob("0*.py"))
# As the first version kept them; later ones added columns and tables, and took none away.
PASSAGE = """
INSERT INTO passage (id, station_id, passed_at, record_key, content_key, source_id, row, lane, axle_count,
    gross_kg, axle_kg, left_kg, spacing_mm, speed_kmh, length_mm, plate_front, plate_rear, plate_colour,
    chunk_id)
VALUES (1, 's-1', 1781712060000, 'k', 7, 1, 2, 1, 6, 62000, '1,2', '', '', 50.5, 17000, '浙Z00011', '', '',
    1)
"""
ROWS = (
    "INSERT INTO source_file VALUES (1, 's-1', 'd1', 'night.csv', 'records', 'taken', 9, 5, 1, 1, 0, 0)",
    "INSERT INTO chunk VALUES (1, 's-1', '2026-06-18', 1, 'done', '')",
    PASSAGE,
    "INSERT INTO cases VALUES (1, 'A-1', 's-1', 1781712060000)",
    "INSERT INTO finding VALUES (1, 1, 'overload', 1)",
    "INSERT INTO judgement VALUES (1, 'accepted', '', 'r', '', 0, 0, 0, '', '', '', 0, NULL)",
)
# From the fourth version on each case has a life.
EVENT = """
INSERT INTO case_event (case_id, version, from_state, to_state, at, reason, note)
VALUES (1, 1, '', 'flagged', 1781712060000, '', '')
"""
STATE = """
INSERT INTO case_life (case_id, version, state, plate, first_verdict, no_partner, asks_summons,
    asks_legal_review, resumes_to, sampled, due_on)
VALUES (1, 1, 'flagged', '', '', false, true, false, '', false, '2026-06-25')
"""
LIFE = (EVENT, STATE)
# From this one on a passage with a plate is noted apart as it is judged.
NAMED = "INSERT INTO named_passage VALUES (1, 's-1', 1781712060000)"


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[2], VERSIONS[5], VERSIONS[-2]])
def test_an_older_database_is_brought_up_to_date(bare_database: Callable[[], str], version: str) -> None:
    url = bare_database()
    old = Database(url, revision=version)
    with old.write("test") as connection:
        for row in ROWS:
            connection.execute(text(row))
        if version >= "0004":
            for row in LIFE:
                connection.execute(text(row))
        if version >= "0023":
            connection.execute(text(NAMED))
    assert old.revision == version
    old.close()
    new = Database(url)
    assert new.revision == VERSIONS[-1]
    with new.read() as connection:
        kept = connection.execute(text("SELECT gross_kg, plate_front, speed_kmh FROM passage")).all()
        life = connection.execute(text("SELECT state FROM case_life JOIN cases ON cases.id = case_id")).all()
        assert [tuple(row) for row in kept] == [(62000, "浙Z00011", 50.5)]
        assert [tuple(row) for row in life] == [("flagged",)]
        assert connection.scalar(text("SELECT case_id FROM finding")) == 1
        named = connection.execute(text("SELECT passage_id, station_id, passed_at FROM named_passage")).all()
        assert [tuple(row) for row in named] == [(1, "s-1", 1781712060000)]
        assert audit.first_break(connection) == ""
    new.close()
