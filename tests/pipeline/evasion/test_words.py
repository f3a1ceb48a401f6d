"""A person's word on a mass weighed under a manoeuvre: kept, logged, and what the next night makes of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hs_file import HEADER, hs_row
from nights import DAY, MakeNight, Night
from snapshot import snapshot
from sqlalchemy import select, update

from models import audit
from models.errors import MisuseError, NotDoneError
from models.evasion_tables import ManoeuvreRow, WeighingWordRow
from models.tables import Passage
from models.values.findings import Doubt, FindingKind
from models.values.office import Actor
from models.values.states import WeighingWord
from pipeline.evasion.words import Said, days_let_stand, say, waiting_leads
from pipeline.export import lead_rows
from stations.station import Station

TAPPED = 1 << 5
NEXT = DAY + timedelta(days=1)
ACTOR = Actor(officer_id=None, name="李四(虚构)")


@pytest.fixture
def night(make_night: MakeNight) -> Night:
    """Return a night judged: two overloaded trucks and a light one, each with a tapped brake."""
    made = make_night(hs_driving={"violation_byte": True})
    masses = [("01:05", 63_000), ("01:07", 64_000), ("01:09", 30_000)]
    rows = [f"{hs_row(f'2026-06-18 {clock}:00.000', mass)},{TAPPED}" for clock, mass in masses]
    text = "\n".join([f"{HEADER},Violation_Id", *rows]) + "\n"
    (made.inbox / "night.csv").write_text(text, encoding="utf-8")
    made.run()
    return made


def passage(night: Night, gross_kg: int) -> int:
    with night.database.read() as connection:
        return connection.scalars(select(Passage.id).where(Passage.gross_kg == gross_kg)).one()


def tell(night: Night, gross_kg: int, word: WeighingWord, reason: str = "前后轴重一致") -> None:
    said = Said(passage_id=passage(night, gross_kg), word=word, reason=reason)
    with night.database.write("weighing.said") as connection:
        say(connection, said, ACTOR, 7)


def waiting(night: Night) -> list[int]:
    with night.database.read() as connection:
        return sorted(row.id for row in waiting_leads(connection, 10))


def test_a_weighing_that_stands_becomes_a_case_with_the_doubt_the_next_night(night: Night) -> None:
    assert night.cases() == []
    assert waiting(night) == [passage(night, 63_000), passage(night, 64_000)]
    tell(night, 63_000, WeighingWord.STANDS)
    assert waiting(night) == [passage(night, 64_000)]
    night.run(NEXT)
    assert night.report.leads_revived == {("test-1", DAY): 1}
    (case,) = night.cases()
    assert case["gross_kg"] == 63_000
    assert case["findings"] == [FindingKind.EVASION, FindingKind.OVERLOAD]
    assert Doubt.WEIGHING_LET_STAND in case["doubts"]  # type: ignore[operator]
    with night.database.read() as connection:
        assert [row["gross_kg"] for row in lead_rows(connection, night.station, DAY)] == [64_000, 30_000]
        assert days_let_stand(connection, night.station) == set()
    before = snapshot(night.database)
    night.run(NEXT)
    night.run()
    assert snapshot(night.database) == before


def test_no_case_stays_a_lead_and_the_last_word_holds(night: Night) -> None:
    tell(night, 63_000, WeighingWord.STANDS)
    tell(night, 63_000, WeighingWord.NO_CASE, "复核后认为不可靠")
    night.run(NEXT)
    assert night.cases() == []
    tell(night, 63_000, WeighingWord.STANDS)
    night.run(NEXT)
    assert len(night.cases()) == 1
    with night.database.read() as connection:
        words = connection.scalars(select(WeighingWordRow.word).order_by(WeighingWordRow.id)).all()
        logged = [(one["action"], one["actor"]) for one in audit.entries(connection)]
        assert audit.first_break(connection) == ""
    assert words == ["stands", "no_case", "stands"]
    assert logged == [("weighing", ACTOR.name)] * 3


def test_a_word_holds_for_what_was_seen_before_it(night: Night) -> None:
    tell(night, 63_000, WeighingWord.STANDS)
    late = update(ManoeuvreRow).where(ManoeuvreRow.passage_id == passage(night, 63_000))
    with night.database.write("test") as connection:
        connection.execute(late.values(seen_at=ManoeuvreRow.seen_at + 3_600_000))
    night.run(NEXT)
    assert night.cases() == []
    assert passage(night, 63_000) in waiting(night)


def test_a_barred_station_is_lifted_by_no_word(night: Night, make_station: Callable[..., Station]) -> None:
    tell(night, 63_000, WeighingWord.STANDS)
    night.station = make_station(hs_driving={"violation_byte": True}, legal_review_on=None)
    night.run(NEXT)
    assert night.cases() == []


def test_only_overload_leads_that_driving_holds_back_take_a_word(night: Night) -> None:
    with pytest.raises(NotDoneError, match="超限记录"):
        tell(night, 30_000, WeighingWord.STANDS)
    with pytest.raises(MisuseError, match="理由"):
        tell(night, 63_000, WeighingWord.STANDS, " ")
    tell(night, 63_000, WeighingWord.STANDS)
    night.run(NEXT)
    with pytest.raises(NotDoneError, match="已经立案"):
        tell(night, 63_000, WeighingWord.NO_CASE)
