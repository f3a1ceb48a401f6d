"""Two agencies with officers: cases that are filed, stepped and decided, and what the partner hears of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agencies import JINSHAN, PINGHU, Agency, Pair
from office import PASSED_AT_MS, add_case, add_officer
from sqlalchemy import Connection, Row, insert, select

from models.case_life import Step, life_of, move
from models.case_tables import CaseEvent
from models.document_tables import Document
from models.files import FileStore
from models.tables import Case
from models.values.case_life import CaseState
from models.values.office import Role
from models.values.plates import PlateColour
from models.values.service import Answer, DefenceKind, Mitigation
from models.vault import Vault
from notices.casework.casework import joined
from notices.casework.claims import Act
from notices.casework.desk import PartnerDesk
from notices.exchange.inbox import Inbox
from notices.exchange.relay import Relay
from notices.service.answers import Reply, answer_defence
from notices.service.defence import Filing, file_defence
from notices.service.lowered import Lowering

S = CaseState
DAY_MS = 86_400_000
FINE_FEN = 147_390


def made_act(*, passed_ms: int = PASSED_AT_MS, gross_kg: int = 60_000, fine_fen: int = FINE_FEN) -> Act:
    """Return what a six-axle truck did, as its case says it to the partner."""
    return Act(
        plate_colour=PlateColour.YELLOW,
        violation="overload",
        passed_ms=passed_ms,
        heading="",
        axles=6,
        gross_kg=gross_kg,
        mpe_percent=5.0,
        fine_fen=fine_fen,
    )


TO_FILED = (S.FIRST_REVIEW, S.SECOND_REVIEW, S.FILED)
TO_STATEMENT = (S.SUMMONED, S.APPEARED, S.NOTIFIED, S.STATEMENT)


@dataclass
class CaseDesk:
    """The officers of one agency."""

    agency: Agency
    folder: Path
    acts: dict[str, Act] = field(default_factory=dict)

    def __post_init__(self) -> None:
        agency = self.agency
        self.received = FileStore(self.folder)
        agency.exchange = joined(agency.exchange, self.received)
        agency.inbox = Inbox(agency.exchange)
        agency.relay = Relay(
            exchange=agency.exchange, partners=agency.partners, holder=agency.relay.holder, chance=lambda: 0.5
        )
        self.desk = PartnerDesk(
            exchange=agency.exchange, policy="assumed-1", act_of=self._act_of, received=self.received
        )
        with agency.database.write("test") as connection:
            roles = (Role.REVIEWER, Role.REVIEWER, Role.TEAM_LEADER)
            self.officers = [
                add_officer(connection, f"officer{number}", role) for number, role in enumerate(roles)
            ]

    def _act_of(self, connection: Connection, case_id: int) -> Act | None:
        return self.acts.get(connection.execute(select(Case.number).where(Case.id == case_id)).scalar_one())

    def open(
        self,
        number: str,
        *,
        plate: str = "浙Z00001",
        fine_fen: int = FINE_FEN,
        passed_ms: int = PASSED_AT_MS,
        gross_kg: int = 60_000,
    ) -> None:
        """Open a case; a fine of 0 is a case whose band carries none."""
        self.acts[number] = made_act(passed_ms=passed_ms, gross_kg=gross_kg, fine_fen=fine_fen)
        with self.agency.database.write("test") as connection:
            add_case(connection, number, plate=plate)

    def step(self, number: str, *states: CaseState, reason: str = "虚构理由", **more: bool) -> None:
        """Take steps as the console does, each its own transaction."""
        for to in states:
            with self.agency.database.write("test.step") as connection:
                self.step_in(connection, number, to, reason=reason, **more)

    def step_in(
        self, connection: Connection, number: str, to: CaseState, *, reason: str = "虚构理由", **more: bool
    ) -> None:
        self.desk.lock(connection)
        before = life_of(connection, number)
        actor = self.officers[to is S.SECOND_REVIEW]
        step = Step(
            case_id=before.case_id,
            version=before.version,
            to=to,
            actor=actor,
            at_ms=self.agency.clock(),
            reason=reason,
            **more,
        )
        reviewers = {
            "first_reviewer_id": self.officers[0].officer_id,
            "second_reviewer_id": self.officers[1].officer_id,
        }
        move(connection, step, reviewers if to is S.FILED else None)
        self.desk.moved(connection, before)

    def file(self, number: str, **how: Any) -> None:  # noqa: ANN401 (what `open` takes)
        """Open a case and file it."""
        self.open(number, **how)
        self.step(number, *TO_FILED)

    def lowered(self, number: str, *, to_fen: int) -> None:
        """Tell the party of the fine, take its statement, and accept it in part."""
        at_ms, vault = self.agency.clock(), Vault([b"k" * 32])
        with self.agency.database.write("test") as connection:
            case_id = life_of(connection, number).case_id
            notice = {
                "agency": "虚", "kind": "violation_notice", "year": 2026, "sequence": case_id, "copy": 1,
                "number": f"虚违通{case_id}", "case_id": case_id, "code": f"{case_id:016}",
                "issued_on": "2026-07-01", "state": "sealed", "sha256": "a" * 64, "sealed_by": "虚构",
                "certificate": "d" * 64, "sealed_at": at_ms, "left_at": at_ms, "amount_fen": FINE_FEN,
            }  # fmt: skip
            made = insert(Document).values(notice).returning(Document.id)
            filing = Filing(kind=DefenceKind.STATEMENT, text="虚构", name="虚构")
            document_id = connection.scalar(made) or 0
            receipt = file_defence(connection, vault, document_id, filing, at_ms=at_ms)
            lowering = Lowering(amount_fen=to_fen, ground=Mitigation.HELPED)
            reply = Reply(answer=Answer.PARTLY, reason="虚构理由", lowered=lowering)
            answer_defence(connection, receipt, reply, self.officers[2], at_ms=at_ms)

    def life(self, number: str) -> Row[Any]:
        with self.agency.database.read() as connection:
            return life_of(connection, number)

    def state(self, number: str) -> str:
        return str(self.life(number).state)

    def path(self, number: str) -> list[tuple[str, str]]:
        """Return the states entered, with the reason of each."""
        with self.agency.database.read() as connection:
            events = connection.execute(
                select(CaseEvent.to_state, CaseEvent.reason)
                .where(CaseEvent.case_id == self.life(number).case_id)
                .order_by(CaseEvent.version)
            )
            return [(event.to_state, event.reason) for event in events]


class Desks:
    """Both agencies' desks, their clocks a day after the passages."""

    def __init__(self, new_database: Callable[[], str], folder: Path) -> None:
        self.pair = Pair([new_database(), new_database()])
        self.pinghu, self.jinshan = (CaseDesk(self.pair[name], folder / name) for name in (PINGHU, JINSHAN))
        self.turn_clocks(PASSED_AT_MS + DAY_MS)

    def turn_clocks(self, now_ms: int) -> None:
        for agency in self.pair.agencies.values():
            agency.clock.now_ms = now_ms

    def later(self, days: float) -> None:
        for agency in self.pair.agencies.values():
            agency.clock.now_ms += int(days * DAY_MS)

    def heal(self) -> None:
        self.pair.heal()

    def close(self) -> None:
        self.pair.close()
