"""A ruling of both sides overrides the order of filing; said by one side alone it does nothing."""

import pytest
from agencies import JINSHAN, PINGHU
from case_desks import TO_STATEMENT, CaseDesk, Desks

from models.case_life import StepRefusedError
from models.values.case_life import CaseState
from models.values.office import PROGRAM
from notices.casework.matters import MatterError
from notices.casework.rulings import say_ruling
from notices.exchange.kinds import RulingBody
from notices.recognition.docket import Standing

S = CaseState
RULING = RulingBody(
    ruling="联席〔2026〕1号",
    by="conference",
    prevailing_claim="金山:b",
    yielding_claims=("平湖:a",),
    document_sha256="0" * 64,
)


def rule(desk: CaseDesk, ruling: RulingBody = RULING) -> None:
    agency = desk.agency
    with agency.database.write("test") as connection:
        say_ruling(agency.exchange, connection, agency.partner, ruling, PROGRAM)


def both_filed(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.heal()
    assert desks.pinghu.agency.standing("平湖:a") is Standing.HELD
    assert desks.jinshan.agency.standing("金山:b") is Standing.BLOCKED


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("first", [PINGHU, JINSHAN])
def test_what_both_sides_rule_goes_to_the_other(desks: Desks, first: str) -> None:
    both_filed(desks)
    sides = [desks.pinghu, desks.jinshan]
    for desk in sides if first == PINGHU else sides[::-1]:
        assert desks.pinghu.agency.standing("平湖:a") is Standing.HELD
        rule(desk)
        desks.heal()
    assert desks.pinghu.agency.standing("平湖:a") is Standing.CLOSED
    assert desks.pinghu.path("a")[-1] == ("suspended", "ruled")
    assert desks.pinghu.life("a").grant_number is None
    assert desks.jinshan.agency.standing("金山:b") is Standing.HELD
    with pytest.raises(StepRefusedError, match="裁定"):
        desks.pinghu.step("a", S.FILED)
    desks.jinshan.step("b", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    assert desks.pinghu.state("a") == "recognised"
    desks.pair.never_two()
    desks.pair.same_messages()


def test_the_side_that_gave_way_may_go_on_once_the_other_gave_up(desks: Desks) -> None:
    both_filed(desks)
    rule(desks.pinghu)
    rule(desks.jinshan)
    desks.heal()
    desks.jinshan.step("b", S.WITHDRAWN)
    desks.heal()
    desks.pinghu.step("a", S.FILED)
    desks.heal()
    assert desks.pinghu.agency.standing("平湖:a:2") is Standing.HELD


def test_two_contents_of_one_ruling_are_an_incident(desks: Desks) -> None:
    both_filed(desks)
    rule(desks.pinghu)
    other = RULING.model_copy(update={"prevailing_claim": "平湖:a", "yielding_claims": ("金山:b",)})
    rule(desks.jinshan, other)
    for agency in desks.pair.agencies.values():
        agency.relay.round()
    assert desks.pinghu.agency.standing("平湖:a") is Standing.HELD
    assert [len(agency.incidents()) for agency in desks.pair.agencies.values()] == [1, 1]
    with pytest.raises(MatterError, match="不一致"):
        rule(desks.pinghu, other)


def test_a_fine_that_stands_is_not_released_by_a_ruling(desks: Desks) -> None:
    both_filed(desks)
    desks.pinghu.step("a", *TO_STATEMENT, S.DECIDED)
    rule(desks.pinghu)
    rule(desks.jinshan)
    desks.heal()
    assert desks.pinghu.agency.standing("平湖:a") is Standing.DECIDED
    assert desks.jinshan.state("b") == "recognised"
    desks.pinghu.step("a", S.WITHDRAWN)
    desks.heal()
    assert desks.jinshan.agency.standing("金山:b") is Standing.HELD


def test_a_ruling_on_claims_that_nobody_filed_is_refused(desks: Desks) -> None:
    both_filed(desks)
    with pytest.raises(MatterError, match="无此案"):
        rule(desks.pinghu, RULING.model_copy(update={"prevailing_claim": "无此案"}))
    with pytest.raises(MatterError, match="不能既"):
        rule(desks.pinghu, RULING.model_copy(update={"prevailing_claim": "平湖:a"}))
