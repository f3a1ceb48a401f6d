"""What becomes of a claim at every step that a case can take after its filing."""

from case_desks import Desks
from sqlalchemy import select

from models.exchange_tables import OwnClaimRow
from models.values.case_life import AFTER_FILING, CaseState, transitions
from notices.recognition.docket import Standing

C = CaseState
# The shortest way from the filing to each state after it.
WAYS: dict[CaseState, tuple[CaseState, ...]] = {
    C.FILED: (),
    C.SUMMONED: (C.SUMMONED,),
    C.APPEARED: (C.SUMMONED, C.APPEARED),
    C.SUMMONS_LAPSED: (C.SUMMONED, C.SUMMONS_LAPSED),
    C.NOTIFIED: (C.SUMMONED, C.APPEARED, C.NOTIFIED),
    C.STATEMENT: (C.SUMMONED, C.APPEARED, C.NOTIFIED, C.STATEMENT),
    C.HEARING: (C.SUMMONED, C.APPEARED, C.NOTIFIED, C.HEARING),
    C.LEGAL_REVIEW: (C.SUMMONED, C.APPEARED, C.NOTIFIED, C.STATEMENT, C.LEGAL_REVIEW),
    C.DECIDED: (C.SUMMONED, C.APPEARED, C.NOTIFIED, C.STATEMENT, C.DECIDED),
    C.SERVED: (C.SUMMONED, C.APPEARED, C.NOTIFIED, C.STATEMENT, C.DECIDED, C.SERVED),
}
KEEPS = dict.fromkeys((C.DECIDED, C.SERVED, C.CLOSED), Standing.DECIDED)
GIVES_FREE = {C.DISMISSED, C.TRANSFERRED, C.WITHDRAWN}


def expected(was: CaseState, now: CaseState) -> Standing:
    if (was, now) == (C.SERVED, C.WITHDRAWN):
        return Standing.HELD  # the money may have been paid: nobody else fines before it is back
    return Standing.CLOSED if now in GIVES_FREE else KEEPS.get(now, Standing.HELD)


def test_every_step_after_the_filing_keeps_the_claim_or_gives_it_free(desks: Desks) -> None:
    ours = desks.pinghu
    ours.file("a")
    desks.heal()
    # The place's rules ask for a summons before the notice.
    steps = [one for one in transitions() if one[0] in AFTER_FILING and one != (C.FILED, C.NOTIFIED)]
    assert set(WAYS) == AFTER_FILING
    stands = {}
    with ours.agency.database.write("test") as connection:
        for was, now in steps:
            tried = connection.begin_nested()
            for to in (*WAYS[was], now):
                ours.step_in(connection, "a", to)
            stands[was, now] = Standing(connection.scalar(select(OwnClaimRow.standing)) or "")
            tried.rollback()
    assert stands == {step: expected(*step) for step in steps}
