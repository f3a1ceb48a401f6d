"""What a step of a case says to the other agencies, in the transaction of the step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from models import audit
from models.case_life import StepRefusedError, carries_fine, grant, life_of
from models.document_tables import Document
from models.exchange_tables import ExchangeState
from models.files import FileStore
from models.trace import trace_of_case, traced
from models.values.case_life import BEFORE_DECISION, IN_REVIEW, CaseState
from models.values.documents import DocumentState
from models.values.office import PROGRAM, Action, Actor
from notices.casework.claims import (
    Act,
    Filer,
    claim_for,
    claim_of_case,
    forgotten,
    is_released,
    prevailing,
    without_case,
)
from notices.casework.fines import StandingFine, standing_fine
from notices.casework.settle import settle
from notices.documents.kinds import DocumentKind
from notices.exchange.dockets import vehicle_of
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import FinalBody, FinedBody, Kind, RevokedBody
from notices.exchange.refusals import RefusedError
from notices.recognition.docket import OwnClaim, Standing
from notices.recognition.protocol import NotHeldError
from notices.service.lowered import lowered_of

S = CaseState
GIVEN_UP = frozenset({S.DISMISSED, S.TRANSFERRED, S.WITHDRAWN})
UNDECIDED = BEFORE_DECISION | {S.SUSPENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerDesk:
    """The officers' side of the exchange.

    `act_of` tells what a case accuses of, None where it can't; `received` holds the files that partners sent.
    """

    exchange: Exchange
    policy: str
    act_of: Callable[[Connection, int], Act | None]
    received: FileStore

    @property
    def _filer(self) -> Filer:
        return Filer(agency=self.exchange.agency, policy=self.policy, scope=self.exchange.partners)

    def lock(self, connection: Connection) -> None:
        """Take the exchange's lock; each step of a case begins so, or two could wait for each other."""
        connection.execute(update(ExchangeState).values(steps=ExchangeState.steps + 1))

    def moved(self, connection: Connection, before: Row[Any]) -> None:
        """Let the partners know of the step that a case has just taken from where it stood `before`.

        Raises:
            StepRefusedError: the exchange does not allow the step; the caller's transaction must not end.

        """
        life = life_of(connection, before.number)
        try:
            with traced(trace_of_case(connection, life.case_id)):
                self._moved(connection, CaseState(before.state), CaseState(life.state), life)
        except NotHeldError as error:
            raise StepRefusedError("对方的互认确认不在，不能办理") from error
        except RefusedError as error:
            raise StepRefusedError("与对方的交换暂停中（备份恢复），请稍后再试") from error

    def _moved(self, connection: Connection, was: CaseState, now: CaseState, life: Row[Any]) -> None:
        claim = claim_of_case(connection, life.case_id)
        if now in GIVEN_UP and (claim is None or claim.standing is Standing.CLOSED):
            claim = self._forgotten(connection, life) or claim
        if claim is not None and claim.standing is Standing.DECIDED and was in UNDECIDED:
            self._decide_again(connection, life, claim, now)
            return
        match now:
            case S.FILED if was in IN_REVIEW:
                self._file(connection, life)
            case S.DECIDED if claim is not None:
                self._decide(connection, life, claim)
            case S.CLOSED if claim is not None:
                self._close(connection, claim, was)
            case state if state in GIVEN_UP and claim is not None:
                self._give_up(connection, life, claim, was)
            case state if was is S.SUSPENDED and state in BEFORE_DECISION - IN_REVIEW:
                self._resume(connection, life, claim)
            case _:
                pass

    def refunded(self, connection: Connection, number: str, actor: Actor) -> None:
        """Give the act free after a fine was taken back and its money returned, or never paid.

        Raises:
            StepRefusedError: no decision of this case was taken back.

        """
        life = life_of(connection, number)
        claim = claim_of_case(connection, life.case_id)
        if claim is None or claim.standing is not Standing.HELD or life.state != S.WITHDRAWN:
            raise StepRefusedError("本案没有已撤销而尚未解除的处罚决定")
        self.exchange.release(connection, claim.claim.id)
        detail = {"released": claim.claim.id, "because": "罚款已退还或者未缴纳"}
        audit.append(connection, actor, Action.EXCHANGED, number, at_ms=self.exchange.clock(), detail=detail)

    def claim_open(self, connection: Connection, number: str) -> None:
        """Claim a case that was filed while no partner was declared; one with a claim stays as it is."""
        life = life_of(connection, number)
        undecided = CaseState(life.state) in BEFORE_DECISION - IN_REVIEW
        if undecided and claim_of_case(connection, life.case_id) is None:
            self._file(connection, life)

    def _file(self, connection: Connection, life: Row[Any]) -> None:
        if life.grant_number is not None:
            # The grant of an earlier filing, whose claim was released.
            grant(connection, life.case_id, None, PROGRAM, self.exchange.clock())
        act = self.act_of(connection, life.case_id)
        fine = act is not None and act.fine_fen > 0
        carries_fine(connection, life.case_id, fine=fine)
        if act is not None and fine:
            claim = claim_for(connection, self._filer, life, act, self.exchange.protocol.one_act)
            self.exchange.file(connection, claim)
            # A claim that a restore brought back stands already, so that filing it changes no docket.
            settle(self.exchange, connection, vehicle_of(claim.plate, claim.plate_colour))

    def _forgotten(self, connection: Connection, life: Row[Any]) -> OwnClaim | None:
        """Return the claim that a restore made the case forget; what is given up must give it free."""
        if not without_case(connection, life.plate):
            return None
        act = self.act_of(connection, life.case_id)
        if act is None:
            return None
        return forgotten(connection, self._filer, life, act, self.exchange.protocol.one_act)

    def _decide(self, connection: Connection, life: Row[Any], claim: OwnClaim) -> None:
        act = self.act_of(connection, life.case_id)
        if life.no_fine or act is None or not act.fine_fen:
            carries_fine(connection, life.case_id, fine=False)
            self.exchange.release(connection, claim.claim.id)
            return
        fined = FinedBody(
            claim_id=claim.claim.id,
            decision=decision_number(connection, life),
            decided_ms=self.exchange.clock(),
            amount_fen=_decided_fen(connection, life.case_id, act),
        )
        self.exchange.decide(connection, fined)

    def _decide_again(self, connection: Connection, life: Row[Any], claim: OwnClaim, now: CaseState) -> None:
        """Bring a case whose decision a restore took back to the fine that the partners were told of."""
        told = next(iter(self._told(connection, claim).values()))
        if now in GIVEN_UP or (now is S.DECIDED and life.no_fine):
            raise StepRefusedError(
                f"恢复备份之前已作出并告知对方处罚决定{told.decision}，须先补录该决定，再按撤销办理"
            )
        if now is S.DECIDED and told.decision != decision_number(connection, life):
            self._revoke(connection, claim, f"恢复备份后由案件{life.number}的新决定代替")
            self._decide(connection, life, claim)

    def _close(self, connection: Connection, claim: OwnClaim, was: CaseState) -> None:
        if was is S.RECOGNISED:
            self.exchange.release(connection, claim.claim.id)
        for partner, fine in self._told(connection, claim).items():
            final = FinalBody(claim_id=claim.claim.id, decision=fine.decision, final_ms=self.exchange.clock())
            body = final.model_dump(mode="json")
            self.exchange.say(connection, partner, Kind.FINAL, f"final/{fine.decision}", body)

    def _give_up(self, connection: Connection, life: Row[Any], claim: OwnClaim, was: CaseState) -> None:
        if claim.standing is Standing.DECIDED:
            self._revoke(connection, claim, f"案件{life.number}已撤销")
        # What was served may have been paid: the act is kept until somebody says that the money is back.
        if was is not S.SERVED:
            self.exchange.release(connection, claim.claim.id)

    def _revoke(self, connection: Connection, claim: OwnClaim, reason: str) -> None:
        fine = next(iter(self._told(connection, claim).values()))
        revoked = RevokedBody(claim_id=claim.claim.id, decision=fine.decision, reason=reason)
        self.exchange.revoke(connection, revoked)

    def _resume(self, connection: Connection, life: Row[Any], claim: OwnClaim | None) -> None:
        if claim is not None and claim.standing is Standing.BLOCKED:
            raise StepRefusedError("同一违法行为已由在先的互认申请占用，解除之前不能恢复办理")
        if claim is not None and any(
            not is_released(connection, one) for one in prevailing(connection, claim.claim.id)
        ):
            raise StepRefusedError("裁定由对方办理，对方解除之前不能恢复办理")
        if claim is None or claim.standing is Standing.CLOSED:
            self._file(connection, life)

    def _told(self, connection: Connection, claim: OwnClaim) -> dict[str, StandingFine]:
        """Return the own fine that stands, by the partner that was told of it."""
        fines = {
            partner: standing_fine(connection, claim.claim, partner, "sent")
            for partner in sorted(claim.claim.scope)
        }
        return {partner: fine for partner, fine in fines.items() if fine is not None}


def _decided_fen(connection: Connection, case_id: int, act: Act) -> int:
    """Return the fine of the decision: that of the act, or what it was lowered to."""
    lowered = lowered_of(connection, case_id)
    return lowered.amount_fen if lowered is not None else act.fine_fen


def decision_number(connection: Connection, life: Row[Any]) -> str:
    """Return the number of the case's decision, or what stands for it where no document was issued."""
    issued = select(Document.number).where(
        Document.case_id == life.case_id,
        Document.kind == DocumentKind.DECISION,
        Document.state != DocumentState.VOID,
    )
    number = connection.scalar(issued.order_by(Document.id.desc()).limit(1))
    return number or f"{life.number}:{life.version}"
