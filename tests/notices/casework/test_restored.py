"""A case whose filing a restore took back, and whose claim the partner told again."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from case_desks import TO_FILED, TO_STATEMENT, CaseDesk, Desks

from models.case_life import StepRefusedError
from models.values.case_life import CaseState
from models.values.office import PROGRAM
from notices.casework.fines import standing_fine
from notices.casework.rulings import say_ruling
from notices.exchange.kinds import Kind, RulingBody
from notices.exchange.resync import freeze
from notices.recognition.docket import Standing

S = CaseState
OURS = "平湖:a"


def copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


@pytest.fixture
def ours(desks: Desks, tmp_path: Path) -> CaseDesk:
    """Return the desk whose database is backed up before its case is filed."""
    desks.pinghu.open("a")
    desks.pinghu.step("a", *TO_FILED[:-1])
    copy(tmp_path / "agency-1.sqlite", tmp_path / "backup.sqlite")
    desks.later(0.1)
    desks.pinghu.step("a", S.FILED)
    desks.heal()
    return desks.pinghu


def restore(desks: Desks, tmp_path: Path) -> None:
    copy(tmp_path / "backup.sqlite", tmp_path / "agency-1.sqlite")
    freeze(desks.pinghu.agency.exchange)
    desks.pair.resync("平湖")
    desks.later(3)
    assert desks.pinghu.state("a") == "second_review"


def test_a_case_filed_again_takes_the_claim_that_came_back(
    desks: Desks, ours: CaseDesk, tmp_path: Path
) -> None:
    filed_ms = ours.agency.claims()[OURS].claim.filed_ms
    restore(desks, tmp_path)
    ours.step("a", S.FILED)
    assert {one: own.claim.filed_ms for one, own in ours.agency.claims().items()} == {OURS: filed_ms}
    desks.heal()
    assert str(ours.life("a").grant_number).startswith("grant/平湖:a/")
    ours.step("a", *TO_STATEMENT, S.DECIDED)
    assert ours.agency.standing(OURS) is Standing.DECIDED


def test_a_claim_that_was_released_stays_so_and_the_filing_makes_another(
    desks: Desks, ours: CaseDesk, tmp_path: Path
) -> None:
    ours.step("a", S.WITHDRAWN)
    desks.heal()
    restore(desks, tmp_path)
    ours.step("a", S.FILED)
    desks.heal()
    assert ours.agency.standing(OURS) is Standing.CLOSED
    assert ours.life("a").grant_number == "grant/平湖:a:2/1"


def test_a_claim_of_another_act_is_not_the_filings(desks: Desks, ours: CaseDesk, tmp_path: Path) -> None:
    restore(desks, tmp_path)
    ours.acts["a"] = replace(ours.acts["a"], axles=3)
    ours.step("a", S.FILED)
    desks.heal()
    assert ours.life("a").grant_number == "grant/平湖:a:2/1"


@pytest.mark.parametrize("before", [TO_STATEMENT, (*TO_STATEMENT, S.LEGAL_REVIEW)])
def test_a_fine_that_a_restore_took_back_is_decided_again_and_stands_once(
    desks: Desks, ours: CaseDesk, tmp_path: Path, before: tuple[CaseState, ...]
) -> None:
    ours.step("a", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    restore(desks, tmp_path)
    assert ours.agency.standing(OURS) is Standing.DECIDED
    ours.step("a", S.FILED)
    # It can't be given up as if nothing had been decided.
    with pytest.raises(StepRefusedError, match="补录"):
        ours.step("a", S.WITHDRAWN)
    ours.step("a", *before)
    with pytest.raises(StepRefusedError, match="补录"):
        ours.step("a", S.DECIDED, no_fine=True)
    ours.step("a", S.DECIDED)
    desks.heal()
    with desks.jinshan.agency.database.read() as connection:
        fine = standing_fine(connection, ours.agency.claims()[OURS].claim, "平湖")
    assert fine is not None
    assert fine.decision == f"a:{ours.life('a').version}"
    kinds = [one.kind for one in desks.jinshan.agency.log()]
    assert kinds.count(Kind.FINED) - kinds.count(Kind.REVOKED) == 1
    ours.step("a", S.SERVED, S.CLOSED)
    desks.heal()
    desks.pair.same_messages()


@pytest.mark.parametrize(
    "end", [(S.DISMISSED,), (S.TRANSFERRED,), (S.SUSPENDED, S.WITHDRAWN)], ids=lambda end: end[-1]
)
def test_a_case_given_up_in_review_gives_free_the_claim_that_came_back(
    desks: Desks, ours: CaseDesk, tmp_path: Path, end: tuple[CaseState, ...]
) -> None:
    desks.jinshan.file("b")
    desks.heal()
    assert desks.jinshan.state("b") == "suspended"
    restore(desks, tmp_path)
    ours.step("a", *end)
    desks.heal()
    assert ours.agency.standing(OURS) is Standing.CLOSED
    assert desks.jinshan.agency.standing("金山:b") is Standing.HELD
    desks.pair.same_messages()


def test_a_fine_that_a_restore_took_back_keeps_its_case_from_being_dismissed_in_review(
    desks: Desks, ours: CaseDesk, tmp_path: Path
) -> None:
    ours.step("a", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    restore(desks, tmp_path)
    with pytest.raises(StepRefusedError, match="补录"):
        ours.step("a", S.DISMISSED)
    assert (ours.state("a"), ours.agency.standing(OURS)) == ("second_review", Standing.DECIDED)


def test_a_case_given_up_leaves_the_claims_of_other_acts(
    desks: Desks, ours: CaseDesk, tmp_path: Path
) -> None:
    restore(desks, tmp_path)
    ours.open("other", gross_kg=90_000)
    ours.step("other", S.FIRST_REVIEW, S.DISMISSED)
    assert ours.agency.standing(OURS) is Standing.HELD


@pytest.mark.parametrize("refunded", [False, True])
def test_a_fine_taken_back_after_the_backup_is_not_served_after_the_restore(
    desks: Desks, ours: CaseDesk, tmp_path: Path, *, refunded: bool
) -> None:
    ours.step("a", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    copy(tmp_path / "agency-1.sqlite", tmp_path / "backup.sqlite")
    ours.step("a", S.SERVED, S.WITHDRAWN)
    if refunded:
        with ours.agency.database.write("test") as connection:
            ours.desk.refunded(connection, "a", PROGRAM)
    desks.heal()
    copy(tmp_path / "backup.sqlite", tmp_path / "agency-1.sqlite")
    freeze(ours.agency.exchange)
    desks.heal()
    assert ours.path("a")[-2:] == [("decided", "虚构理由"), ("withdrawn", "revoked_before")]
    assert ours.agency.standing(OURS) is (Standing.CLOSED if refunded else Standing.HELD)


def test_a_restore_that_lost_its_halt_follows_the_ruling_again(desks: Desks, tmp_path: Path) -> None:
    ours = desks.pinghu
    ours.file("a")
    copy(tmp_path / "agency-1.sqlite", tmp_path / "backup.sqlite")
    desks.later(0.1)
    desks.jinshan.file("b")
    desks.heal()
    ruling = RulingBody(
        ruling="联席〔2026〕1号",
        by="conference",
        prevailing_claim="金山:b",
        yielding_claims=(OURS,),
        document_sha256="0" * 64,
    )
    for desk in (ours, desks.jinshan):
        with desk.agency.database.write("test") as connection:
            say_ruling(desk.agency.exchange, connection, desk.agency.partner, ruling, PROGRAM)
        desks.heal()
    desks.jinshan.step("b", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    assert ours.path("a")[-2:] == [("suspended", "ruled"), ("recognised", "partner_fined")]
    copy(tmp_path / "backup.sqlite", tmp_path / "agency-1.sqlite")
    freeze(ours.agency.exchange)
    desks.heal()
    assert ours.path("a")[-2:] == [("suspended", "ruled"), ("recognised", "partner_fined")]
