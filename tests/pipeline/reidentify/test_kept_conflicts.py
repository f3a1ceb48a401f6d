"""Conflicts of plates keep their versions: what present rules or later records don't tell is taken back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hs_file import HEADER, hs_row
from nights import DAY, Night
from snapshot import snapshot
from sqlalchemy import insert, select, update

from models.archive_tables import ArchivedMonth
from models.errors import MisuseError, NotDoneError
from models.office_tables import AuditEntry
from models.reidentify_tables import PlateConflict
from models.tables import Passage
from models.values.office import Actor
from pipeline.reidentify.conflicts import RULES
from pipeline.reidentify.kept_conflicts import NO_LONGER, close, standing
from pipeline.reidentify.lists import conflict_rows
from stations.station import Station

WHO = Actor(officer_id=None, name="张三(虚构)")


@pytest.fixture
def night(
    tmp_path: Path, make_station: Callable[..., Station], new_database: Callable[[], str]
) -> Iterator[Night]:
    """Return a night in which one plate passed on two vehicles, and another twice on one."""
    made = Night(tmp_path, make_station(), new_database())
    rows = [
        (hs_row("2026-06-18 01:00:00.000", 30_000), "浙Z00007"),
        (hs_row("2026-06-18 01:30:00.000", 30_000, axles=4), "浙Z00008"),
        (hs_row("2026-06-18 02:00:00.000", 30_100), "浙Z00007"),
        (hs_row("2026-06-18 02:30:00.000", 30_200), "浙Z00008"),
    ]
    lines = [f"{HEADER},License_Plate,License_Plate_Color", *(f"{row},{plate},黄" for row, plate in rows)]
    (made.inbox / "night.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    made.run()
    yield made
    made.database.close()


def told(night: Night) -> list[tuple[str, str]]:
    with night.database.read() as connection:
        return [(row["plate"], row["rules"]) for row in conflict_rows(connection, night.station, DAY)]


def kept(night: Night) -> list[tuple[str, int, str, str]]:
    columns = PlateConflict.plate, PlateConflict.number, PlateConflict.withdrawn, PlateConflict.actor
    with night.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(PlateConflict.id))]


def tell_by_older_rules(night: Night) -> None:
    """Keep a conflict of the plate that is one vehicle's, as rules of before may have told it."""
    with night.database.write("test") as connection:
        of_plate = select(Passage.id).where(Passage.plate_front == "浙Z00007").order_by(Passage.passed_at)
        earlier, later = connection.scalars(of_plate).all()
        row = {"plate": "浙Z00007", "passage_id": later, "other_passage_id": earlier, "kind": "travel_time"}
        connection.execute(insert(PlateConflict).values(row | {"sentence": "行程时间不可能", "found_at": 1}))


def test_what_only_older_rules_told_is_taken_back_and_stays_kept(night: Night) -> None:
    tell_by_older_rules(night)
    assert told(night) == [("浙Z00007", ""), ("浙Z00008", RULES)]
    night.run()
    assert told(night) == [("浙Z00008", RULES)]
    assert kept(night)[1:] == [("浙Z00007", 1, "", ""), ("浙Z00007", 2, NO_LONGER, "")]
    before = snapshot(night.database)
    night.run()
    assert snapshot(night.database) == before


def test_what_present_rules_tell_as_well_is_told_by_them(night: Night) -> None:
    with night.database.write("test") as connection:
        connection.execute(update(PlateConflict).values(rules="plate_conflicts_1"))
    night.run()
    assert (told(night), [row[1] for row in kept(night)]) == ([("浙Z00008", RULES)], [1, 2])


def test_where_a_month_is_in_the_archive_nothing_is_taken_back(night: Night) -> None:
    tell_by_older_rules(night)
    with night.database.write("test") as connection:
        month = {"station_id": "another", "month": "2026-05", "manifest": "x", "passages": 1}
        connection.execute(insert(ArchivedMonth).values(month | {"archived_at": 0}))
    night.run()
    assert [plate for plate, _ in told(night)] == ["浙Z00007", "浙Z00008"]


def test_a_person_closes_a_conflict_for_good(night: Night) -> None:
    with night.database.write("test") as connection:
        number = connection.scalars(select(PlateConflict.id).where(standing())).one()
        with pytest.raises(MisuseError):
            close(connection, number, " ", WHO, 1)
        close(connection, number, "换了牵引车，已核对行驶证", WHO, 1)
        with pytest.raises(NotDoneError):
            close(connection, number, "再次核对", WHO, 1)
        logged = connection.execute(select(AuditEntry.action, AuditEntry.actor)).all()
    assert ("clone_checked", WHO.name) in [tuple(one) for one in logged]
    assert told(night) == []
    before = kept(night)
    assert before[-1] == ("浙Z00008", 2, "换了牵引车，已核对行驶证", WHO.name)
    # Neither the night again nor other rules open what a person closed.
    night.run()
    with night.database.write("test") as connection:
        connection.execute(update(PlateConflict).values(rules="plate_conflicts_1"))
    night.run()
    assert (kept(night), told(night)) == (before, [])


def test_what_was_taken_back_is_told_anew_once_it_is_found_again(night: Night) -> None:
    with night.database.write("test") as connection:
        connection.execute(update(PlateConflict).values(withdrawn=NO_LONGER))
    assert told(night) == []
    night.run()
    assert told(night) == [("浙Z00008", RULES)]
    assert [row[1:3] for row in kept(night)] == [(1, NO_LONGER), (2, "")]
