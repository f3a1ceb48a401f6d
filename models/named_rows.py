"""Passages that somebody read a plate of, noted apart: few among all, and asked for by station and time."""

from sqlalchemy import ColumnElement, Connection, select

from models.inserts import insert_new
from models.reidentify_tables import NamedPassage
from models.tables import Judgement, Passage


def note_named(connection: Connection, which: ColumnElement[bool]) -> None:
    """Note which of the judged passages have a plate, read by us or sent by the station; twice is as once."""
    named = (
        select(Passage.id, Passage.station_id, Passage.passed_at)
        .join(Judgement, Judgement.passage_id == Passage.id)
        .where(which, (Judgement.plate != "") | (Passage.plate_front != ""))
    )
    noted = insert_new(connection, NamedPassage)
    connection.execute(noted.from_select(["passage_id", "station_id", "passed_at"], named))
