"""A case whose filing a restore took back, and whose claim the partner told again."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from case_desks import TO_FILED, TO_STATEMENT, CaseDesk, Desks

from models.case_life import StepRefusedError
from models.values.case_life import CaseState
from notices.casework.fines import standing_fine
from notices.exchange.kinds import Kind
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
