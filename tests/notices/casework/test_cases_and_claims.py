"""A case and its claim: what each step says to the partner, and what the partner's words do to the case."""

from datetime import date

import pytest
from case_desks import DAY_MS, FINE_FEN, TO_STATEMENT, Desks
from office import PASSED_AT_MS
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from models.case_life import Step, StepRefusedError, clocks_of, move
from models.case_tables import CaseLife
from models.exchange_tables import ExchangeState
from models.partner_tables import CaseClaim
from models.values.case_life import CaseState
from models.values.office import PROGRAM
from notices.casework.fines import standing_fine
from notices.recognition.docket import Standing

S = CaseState
OURS, THEIRS = "平湖:a", "金山:b"
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@BOTH
def test_a_filed_case_is_claimed_granted_and_fined(desks: Desks) -> None:
    ours = desks.pinghu
    ours.file("a")
    assert ours.agency.standing(OURS) is Standing.WAITING
    ours.step("a", *TO_STATEMENT)
    with pytest.raises(StepRefusedError, match="互认确认"):
        ours.step("a", S.DECIDED)
    desks.heal()
    assert ours.life("a").grant_number == "grant/平湖:a/1"
    ours.step("a", S.DECIDED)
    assert ours.agency.standing(OURS) is Standing.DECIDED
    desks.heal()
    with desks.jinshan.agency.database.read() as connection:
        claim = ours.agency.claims()[OURS].claim
        fine = standing_fine(connection, claim, "平湖")
    assert fine is not None
    assert (fine.amount_fen, fine.is_final) == (FINE_FEN, False)
    desks.pair.same_messages()


def test_the_partner_is_told_the_fine_that_was_lowered(desks: Desks) -> None:
    ours = desks.pinghu
    ours.file("a")
    ours.step("a", *TO_STATEMENT)
    ours.lowered("a", to_fen=100_000)
    desks.heal()
    with pytest.raises(StepRefusedError, match="法制审核"):
        ours.step("a", S.DECIDED)
    ours.step("a", S.LEGAL_REVIEW, S.DECIDED)
    desks.heal()
    with desks.jinshan.agency.database.read() as connection:
        fine = standing_fine(connection, ours.agency.claims()[OURS].claim, "平湖")
    assert fine is not None
    assert fine.amount_fen == 100_000
    desks.pair.same_messages()


@BOTH
def test_filing_and_claim_are_one_transaction(desks: Desks) -> None:
    ours = desks.pinghu
    ours.open("a")
    ours.step("a", S.FIRST_REVIEW, S.SECOND_REVIEW)
    with pytest.raises(RuntimeError, match="stop"), ours.agency.database.write("test") as connection:
        ours.step_in(connection, "a", S.FILED)
        raise RuntimeError("stop")
    assert (ours.state("a"), ours.agency.claims(), ours.agency.waiting()) == ("second_review", {}, 0)
    ours.step("a", S.FILED)
    assert ours.agency.waiting() == 1


def test_a_case_without_a_fine_claims_nothing_and_needs_no_grant(desks: Desks) -> None:
    desks.pinghu.file("a", fine_fen=0)
    desks.jinshan.file("b")
    assert desks.pinghu.agency.claims() == {}
    desks.pinghu.step("a", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    assert desks.jinshan.life("b").grant_number == "grant/金山:b/1"
    assert desks.pinghu.life("a").no_fine


@BOTH
def test_the_later_filing_yields_is_recognised_and_closed(desks: Desks) -> None:
    ours, theirs = desks.pinghu, desks.jinshan
    ours.file("a")
    desks.later(0.1)
    theirs.file("b")
    theirs.step("b", S.SUMMONED)
    desks.heal()
    assert theirs.state("b") == "suspended"
    assert theirs.life("b").resumes_to == "summoned"
    with pytest.raises(StepRefusedError, match="在先"):
        theirs.step("b", S.SUMMONED)
    ours.step("a", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    assert theirs.path("b")[-2:] == [("suspended", "partner_first"), ("recognised", "partner_fined")]
    with pytest.raises(StepRefusedError, match="尚未生效"):
        theirs.step("b", S.CLOSED)
    ours.step("a", S.SERVED, S.CLOSED)
    desks.heal()
    assert theirs.life("b").partner_fine == "a:9"
    theirs.step("b", S.CLOSED)
    assert theirs.agency.standing(THEIRS) is Standing.CLOSED
    desks.heal()
    desks.pair.same_messages()


@pytest.mark.parametrize(
    "before",
    [(), (S.SUMMONED,), TO_STATEMENT[:3], TO_STATEMENT, (*TO_STATEMENT, S.HEARING, S.LEGAL_REVIEW)],
)
def test_a_yield_halts_a_case_from_every_state_before_the_decision(
    desks: Desks, before: tuple[CaseState, ...]
) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.jinshan.step("b", *before)
    stood = desks.jinshan.state("b")
    desks.heal()
    assert (desks.jinshan.state("b"), desks.jinshan.life("b").resumes_to) == ("suspended", stood)
    desks.pinghu.step("a", S.WITHDRAWN)
    desks.heal()
    assert desks.jinshan.state("b") == stood
    assert desks.jinshan.path("b")[-1] == (stood, "goes_on")
    assert desks.jinshan.life("b").grant_number == "grant/金山:b/2"


@pytest.mark.parametrize("end", [S.WITHDRAWN, S.TRANSFERRED])
def test_a_case_given_up_gives_the_act_free(desks: Desks, end: CaseState) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.heal()
    desks.pinghu.step("a", end)
    desks.heal()
    assert desks.pinghu.agency.standing(OURS) is Standing.CLOSED
    assert desks.jinshan.agency.standing(THEIRS) is Standing.HELD


def test_a_decision_without_a_fine_gives_the_act_free(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.heal()
    desks.pinghu.step("a", *TO_STATEMENT)
    desks.pinghu.step("a", S.DECIDED, no_fine=True)
    desks.heal()
    assert desks.pinghu.agency.standing(OURS) is Standing.CLOSED
    assert desks.jinshan.state("b") == "filed"
    desks.jinshan.step("b", *TO_STATEMENT, S.DECIDED)
    assert desks.jinshan.agency.standing(THEIRS) is Standing.DECIDED


def test_a_decision_without_a_fine_needs_no_grant_and_is_not_fined_later(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.pinghu.step("a", *TO_STATEMENT)
    desks.pinghu.step("a", S.DECIDED, no_fine=True)
    desks.pinghu.step("a", S.SERVED, S.CLOSED)
    desks.heal()
    assert [entry.kind for entry in desks.pinghu.agency.log() if entry.direction == "sent"] == [
        "claim",
        "release",
        "receipt",
    ]


@BOTH
def test_an_annulled_fine_halts_again_and_the_refund_gives_free(desks: Desks) -> None:
    ours, theirs = desks.pinghu, desks.jinshan
    ours.file("a")
    desks.later(0.1)
    theirs.file("b")
    desks.heal()
    ours.step("a", *TO_STATEMENT, S.DECIDED, S.SERVED)
    desks.heal()
    assert theirs.state("b") == "recognised"
    ours.step("a", S.WITHDRAWN)
    desks.heal()
    # Nobody may fine before the money is back.
    assert theirs.state("b") == "suspended"
    assert ours.agency.standing(OURS) is Standing.HELD
    with ours.agency.database.write("test") as connection:
        ours.desk.refunded(connection, "a", PROGRAM)
    with pytest.raises(StepRefusedError), ours.agency.database.write("test") as connection:
        ours.desk.refunded(connection, "a", PROGRAM)
    desks.heal()
    assert theirs.state("b") == "filed"
    assert [word for word, _ in theirs.path("b")[-4:]] == ["suspended", "recognised", "suspended", "filed"]


def test_a_decision_not_yet_served_is_given_free_at_once(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.heal()
    desks.pinghu.step("a", *TO_STATEMENT, S.DECIDED, S.WITHDRAWN)
    desks.heal()
    assert desks.jinshan.state("b") == "filed"


def test_a_case_filed_after_the_partners_fine_is_recognised_at_once(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.heal()
    desks.pinghu.step("a", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    desks.jinshan.file("b")
    assert [word for word, _ in desks.jinshan.path("b")[-3:]] == ["filed", "suspended", "recognised"]


@pytest.mark.parametrize(
    ("days", "word", "decision_due"),
    [(80, "goes_on", date(2026, 9, 17)), (100, "filed_again", date(2026, 12, 26))],
)
def test_the_ninety_days_of_a_case_that_was_kept_waiting(
    desks: Desks, days: int, word: str, decision_due: date
) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.heal()
    desks.turn_clocks(PASSED_AT_MS + DAY_MS + days * DAY_MS)
    desks.pinghu.step("a", S.WITHDRAWN)
    desks.heal()
    assert desks.jinshan.path("b")[-1] == ("filed", word)
    with desks.jinshan.agency.database.read() as connection:
        clocks = clocks_of(connection, desks.jinshan.life("b"))
    due = {clock.due.period.code: clock.due.last_on for clock in clocks if clock.runs}
    assert due["decision"] == decision_due
    # Being kept waiting costs no place in the order of filing.
    assert desks.jinshan.agency.claims()[THEIRS].claim.filed_ms < PASSED_AT_MS + 2 * DAY_MS


def test_an_act_that_can_no_longer_be_pursued_is_withdrawn(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.heal()
    desks.turn_clocks(PASSED_AT_MS + 740 * DAY_MS)
    desks.pinghu.step("a", S.WITHDRAWN)
    desks.heal()
    assert desks.jinshan.path("b")[-1] == ("withdrawn", "time_barred")
    assert desks.jinshan.agency.standing(THEIRS) is Standing.CLOSED


def test_a_halt_by_an_officer_is_no_partners_business(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.jinshan.step("b", S.SUSPENDED)
    desks.heal()
    desks.pinghu.step("a", S.WITHDRAWN)
    desks.heal()
    assert desks.jinshan.state("b") == "suspended"
    desks.jinshan.step("b", S.FILED)
    assert desks.jinshan.state("b") == "filed"


@BOTH
def test_a_case_dismissed_and_reopened_makes_a_claim_of_its_own(desks: Desks) -> None:
    ours = desks.pinghu
    ours.file("a")
    desks.heal()
    ours.step("a", S.SUMMONED, S.APPEARED, S.NOTIFIED, S.DISMISSED)
    assert ours.agency.standing(OURS) is Standing.CLOSED
    desks.later(3)
    ours.step("a", S.FIRST_REVIEW, S.SECOND_REVIEW, S.FILED)
    assert ours.life("a").grant_number is None
    desks.heal()
    assert ours.life("a").grant_number == "grant/平湖:a:2/1"
    with ours.agency.database.read() as connection:
        assert list(connection.scalars(select(CaseClaim.claim_id).order_by(CaseClaim.number))) == [
            "平湖:a",
            "平湖:a:2",
        ]


@BOTH
def test_words_out_of_order_end_the_same(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.heal()
    desks.pair.sent.clear()
    desks.pinghu.step("a", *TO_STATEMENT, S.DECIDED, S.SERVED, S.WITHDRAWN)
    with desks.pinghu.agency.database.write("test") as connection:
        desks.pinghu.desk.refunded(connection, "a", PROGRAM)
    waiting = [entry.contents.encode() for entry in desks.pinghu.agency.log() if entry.direction == "sent"]
    for contents in reversed(waiting[-3:]):
        desks.jinshan.agency.inbox.accept(contents)
    assert desks.jinshan.state("b") == "filed"
    desks.heal()
    assert desks.jinshan.life("b").grant_number == "grant/金山:b/2"


@BOTH
def test_the_database_refuses_a_decision_without_a_grant(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.pinghu.step("a", *TO_STATEMENT)
    life = desks.pinghu.life("a")
    step = Step(
        case_id=life.case_id, version=life.version, to=S.DECIDED, actor=PROGRAM, at_ms=0, no_partner=True
    )
    with pytest.raises(IntegrityError, match="granted"), desks.pinghu.agency.database.write("test") as one:
        move(one, step, {"no_partner": False})


def test_a_grant_written_by_hand_is_no_grant(desks: Desks) -> None:
    desks.pinghu.file("a")
    desks.pinghu.step("a", *TO_STATEMENT)
    with desks.pinghu.agency.database.write("test") as connection:
        connection.execute(update(CaseLife).values(grant_number="grant/平湖:a/1"))
    with pytest.raises(StepRefusedError, match="互认确认不在"):
        desks.pinghu.step("a", S.DECIDED)
    assert desks.pinghu.state("a") == "statement"


def test_while_the_exchange_is_frozen_nothing_is_filed(desks: Desks) -> None:
    desks.pinghu.open("a")
    desks.pinghu.step("a", S.FIRST_REVIEW, S.SECOND_REVIEW)
    with desks.pinghu.agency.database.write("test") as connection:
        connection.execute(update(ExchangeState).values(frozen="备份恢复中"))
    with pytest.raises(StepRefusedError, match="暂停"):
        desks.pinghu.step("a", S.FILED)
    assert desks.pinghu.state("a") == "second_review"


def test_a_case_filed_before_there_was_a_partner_is_claimed_in_its_place(desks: Desks) -> None:
    ours = desks.pinghu
    ours.open("a")
    with ours.agency.database.write("test") as connection:
        connection.execute(update(ExchangeState).values(frozen=""))
    ours.acts, kept = {}, ours.acts
    ours.step("a", S.FIRST_REVIEW, S.SECOND_REVIEW, S.FILED)
    filed_ms = ours.agency.clock()
    ours.acts = kept
    desks.later(5)
    with ours.agency.database.write("test") as connection:
        ours.desk.claim_open(connection, "a")
        ours.desk.claim_open(connection, "a")
    assert [own.claim.filed_ms for own in ours.agency.claims().values()] == [filed_ms]
    assert not ours.life("a").no_fine
