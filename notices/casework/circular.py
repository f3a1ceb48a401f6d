"""The circular (抄告): the agency of registration is told of a fine, its case closed (超限规定 art. 44)."""

from typing import Any

from sqlalchemy import Connection, Row, select

from models.case_tables import CaseEvent
from models.values.case_life import CaseState
from models.values.plates import PlateColour
from notices.casework.claims import claim_of_case
from notices.casework.desk import decision_number
from notices.casework.fines import standing_fine
from notices.casework.matters import MatterError
from notices.exchange.kinds import RecordBody


def circular_of(
    connection: Connection, life: Row[Any], partner: str, plate_colour: PlateColour, text: str
) -> RecordBody:
    """Return what a partner is told of a closed case.

    Raises:
        MatterError: the case is not closed, or it was not this agency that fined.

    """
    if life.state != CaseState.CLOSED or life.no_fine or life.partner_fine:
        raise MatterError(f"{life.number}：只有本机关已处罚并结案的案件可以抄告")
    claim = claim_of_case(connection, life.case_id)
    fine = standing_fine(connection, claim.claim, partner, "sent") if claim else None
    closed = select(CaseEvent.at).where(
        CaseEvent.case_id == life.case_id, CaseEvent.to_state == CaseState.CLOSED
    )
    return RecordBody(
        case=life.number,
        plate=life.plate,
        plate_colour=plate_colour,
        decision=fine.decision if fine else decision_number(connection, life),
        closed_ms=connection.execute(closed).scalar_one(),
        text=text,
    )
