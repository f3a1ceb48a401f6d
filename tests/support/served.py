"""Sealed documents without the work of sealing, and a desk that serves them, for tests."""

import hashlib
import io
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from office import add_case, add_officer
from sqlalchemy import insert

from models.case_life import Step, life_of, move
from models.database import Database
from models.document_tables import Document
from models.files import FileStore
from models.values.case_life import CaseState
from models.values.office import PROGRAM, Role
from models.values.service import Channel
from models.values.timeline import to_ms
from models.vault import Vault
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import CODE_LETTERS
from notices.service.carriers import Carrier, Contact
from notices.service.contacts import keep_contact
from notices.service.desk import ServiceDesk
from notices.service.partner import PartnerService

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 7, 1, 12, tzinfo=ZONE)
WHO = Contact(
    name="虚构物流有限公司", address="虚构市不存在路88号", email="zhang@example.invalid", phone="13800000000"
)
CONFIRMED = "c" * 64
WAY = {
    DocumentKind.SUMMONS: ("first_review", "second_review", "filed"),
    DocumentKind.VIOLATION_NOTICE: ("first_review", "second_review", "filed"),
    DocumentKind.DECISION: ("first_review", "second_review", "filed", "notified", "statement", "decided"),
}


def sound(*_: object) -> str:
    """Say of any document that it is sound."""
    return ""


class Counter:
    """A service desk with a clock that tests turn."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        carriers: dict[Channel, Carrier] | None = None,
        partner: PartnerService | None = None,
    ) -> None:
        self.database, self.now = database, NOON
        self.desk = ServiceDesk(
            database=database,
            documents=FileStore(folder / "documents"),
            proofs=FileStore(folder / "proofs"),
            vault=Vault([b"k" * 32]),
            clock_ms=lambda: to_ms(self.now),
            problem_of=sound,
            carriers=carriers or {},
            partner=partner,
            look_up_url="https://look.example.invalid",
            abroad=("虚构区",),
        )

    def later(self, days: int) -> None:
        self.now += timedelta(days=days)

    @property
    def today(self) -> date:
        return self.now.date()

    def case(self, number: str, kind: DocumentKind, *, asks_summons: bool = False) -> int:
        """Open a case and bring it to where a document of that kind is served."""
        with self.database.write("test") as connection:
            case_id = add_case(connection, number, asks_summons=asks_summons)
            people = [add_officer(connection, f"{number}-{n}", Role.REVIEWER).officer_id for n in range(2)]
            for state in WAY.get(kind, ()):
                step = Step(
                    case_id=case_id,
                    version=life_of(connection, number).version,
                    to=CaseState(state),
                    actor=PROGRAM,
                    at_ms=to_ms(self.now),
                    no_partner=True,
                )
                reviewers = {"first_reviewer_id": people[0], "second_reviewer_id": people[1]}
                move(connection, step, reviewers if state == "filed" else None)
        return case_id

    def document(
        self,
        case_id: int,
        kind: DocumentKind = DocumentKind.DECISION,
        *,
        state: str = "sealed",
        amount_fen: int | None = None,
        copy: int = 1,
    ) -> str:
        """File a document; what seals it is tested elsewhere."""
        number = f"虚{kind.mark}〔2026〕{case_id}-{copy}号"
        pdf = b"%PDF-1.7 /ByteRange invented " + number.encode()
        self.desk.documents.put(io.BytesIO(pdf))
        code = "".join(CODE_LETTERS[byte % 32] for byte in hashlib.sha256(number.encode()).digest()[:16])
        row: dict[str, object] = {
            "agency": "虚",
            "kind": kind.value,
            "year": 2026,
            "sequence": case_id * 10 + copy,
            "number": number,
            "case_id": case_id,
            "copy": copy,
            "code": code,
            "issued_on": str(self.today),
            "state": state,
            "amount_fen": amount_fen,
        }
        if state == "sealed":
            row |= {
                "sha256": hashlib.sha256(pdf).hexdigest(),
                "sealed_by": "虚构市交通运输局 测试 TEST",
                "certificate": "d" * 64,
                "sealed_at": to_ms(self.now),
            }
        with self.database.write("test") as connection:
            connection.execute(insert(Document).values(row))
        return number

    def reach(self, case_id: int, contact: Contact = WHO, *, confirmed: bool = True) -> None:
        with self.database.write("test") as connection:
            keep_contact(
                connection,
                self.desk.vault,
                case_id,
                contact,
                confirmation_sha256=CONFIRMED if confirmed else "",
                actor=PROGRAM,
                at_ms=to_ms(self.now),
            )

    def life(self, number: str) -> object:
        with self.database.read() as connection:
            return life_of(connection, number)


def state(counter: Counter, number: str = "case-1") -> str:
    with counter.database.read() as connection:
        return str(life_of(connection, number).state)


def moved(counter: Counter, to: CaseState) -> None:
    with counter.database.write("test") as connection:
        life = life_of(connection, "case-1")
        actor, at_ms = PROGRAM, to_ms(counter.now)
        move(
            connection,
            Step(case_id=life.case_id, version=life.version, to=to, actor=actor, at_ms=at_ms, reason="x"),
        )
