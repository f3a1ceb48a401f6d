"""The service desk: hands documents to carriers, follows what became of them, keeps the proof.

An attempt is kept before anything is sent. A run killed between sending and noting sends it again under the
same reference, which arrives once.
"""

import io
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from models import edges
from models.case_life import ZONE
from models.database import Database, DatabaseUnavailableError
from models.document_tables import Document
from models.errors import NotDoneError
from models.files import FileStore
from models.tables import Case
from models.trace import trace_of_case
from models.values.office import PROGRAM, Actor
from models.values.periods import LONGER
from models.values.service import Channel, Outcome
from models.values.timeline import from_ms
from models.vault import Vault
from notices.documents.issue import sound_row
from notices.documents.kinds import DocumentKind
from notices.service import rules
from notices.service.attempt_rows import failures, open_attempts, sent_of
from notices.service.attempts import Ending, ServiceError, begin, document_row, note
from notices.service.carriers import (
    Carrier,
    CarrierAwayError,
    CarrierRefusedError,
    Contact,
    Parcel,
    Report,
)
from notices.service.contacts import contact_of
from notices.service.leaving import obstacle_to_leaving
from notices.service.partner import PartnerRequest, PartnerService
from notices.service.rules import Reach

LOG = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one run of the desk did; `problems` are for people, without personal data."""

    sent: int = 0
    delivered: int = 0
    failed: int = 0
    overdue: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDesk:
    """What serves documents: `documents` holds the sealed files, `proofs` what proves each delivery.

    `problem_of` says of a document's row what is wrong with it as it lies there: such a one never leaves
    nor counts as served.
    Where an address begins with one of `abroad`, the partner serves for us.
    """

    database: Database
    documents: FileStore
    proofs: FileStore
    vault: Vault
    clock_ms: Callable[[], int]
    problem_of: Callable[[Row[Any]], str]
    carriers: Mapping[Channel, Carrier] = field(default_factory=dict)
    partner: PartnerService | None = None
    look_up_url: str = ""
    announced_days: int = LONGER
    abroad: tuple[str, ...] = ()

    def today(self) -> date:
        """Return the day in Beijing."""
        return from_ms(self.clock_ms(), ZONE).date()

    def channels(self, number: str) -> tuple[Channel, dict[Channel, str]]:
        """Return the channel to try next, and why each of them may not be used now, "" where it may."""
        with self.database.read() as connection:
            document = document_row(connection, number)
            reach = self._reach(connection, document.case_id)
            failed = failures(connection, document.id)
        kind = DocumentKind(document.kind)
        obstacles = {one: rules.obstacle(kind, one, reach, failed) for one in Channel}
        return rules.next_channel(kind, reach, failed), obstacles

    def start(self, number: str, channel: Channel | None = None, *, actor: Actor) -> str:
        """Begin to serve a document, by the next channel unless one is given; return the reference.

        Raises:
            ServiceError, NumberError: nothing was begun.

        """
        channel = channel or self.channels(number)[0]
        with self.database.write("service.begun") as connection:
            if channel is Channel.PARTNER and self.partner is not None:
                self.partner.lock(connection)
            document = document_row(connection, number)
            known = contact_of(connection, self.vault, document.case_id)
            reach = self._reach(connection, document.case_id)
            attempt = begin(
                connection,
                number,
                channel,
                reach,
                problem_of=self.problem_of,
                contact_id=known.contact_id if known else None,
                actor=actor,
                at_ms=self.clock_ms(),
            )
            if channel is Channel.PARTNER and self.partner is not None:
                wanted = PartnerRequest(
                    reference=attempt.reference,
                    document_sha256=attempt.sha256,
                    document_kind=document.kind,
                    case_number=document.case_number,
                    due_on=date.fromisoformat(attempt.due_on),
                )
                self.partner.request(connection, wanted)
        return str(attempt.reference)

    def note(self, reference: str, report: Report, *, actor: Actor = PROGRAM) -> bool:
        """Note what came of an attempt; the proof is stored first.

        Raises:
            ServiceError, NumberError: nothing was noted.

        """
        proof = self.proofs.put(io.BytesIO(report.proof)).sha256 if report.proof else ""
        ending = Ending(
            outcome=report.outcome,
            on=report.on,
            tracking=report.tracking,
            reason=report.reason,
            proof_sha256=proof,
        )
        with self.database.write("service.noted") as connection:
            return note(
                connection,
                reference,
                ending,
                problem_of=self.problem_of,
                actor=actor,
                at_ms=self.clock_ms(),
                announced_days=self.announced_days,
            )

    def run(self) -> Tally:
        """Send what waits, follow what was sent, name what is overdue; what fails keeps the rest going."""
        tally = Tally()
        with self.database.read() as connection:
            waiting = [
                (row, sent_of(connection, row.id), trace_of_case(connection, row.case_id))
                for row in open_attempts(connection)
            ]
        for attempt, sent, trace in waiting:
            try:
                self._attend(attempt, sent, tally)
            except (CarrierAwayError, NotDoneError, OSError) as error:
                tally.problems.append(f"{attempt.reference}: {error}")
            except DatabaseUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 (one that nobody foresaw must not keep the others back)
                # Its text may name the party.
                where = traceback.extract_tb(error.__traceback__)[-1]
                told = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
                said = {"reference": attempt.reference, "trace": trace, "error": told}
                LOG.error("service.failed", extra=said)  # noqa: TRY400
                tally.problems.append(f"{attempt.reference}: {told}")
        return tally

    def _attend(self, attempt: Row[Any], sent: Row[Any] | None, tally: Tally) -> None:
        channel, today = Channel(attempt.channel), self.today()
        carrier = self.carriers.get(channel)
        if channel is Channel.ANNOUNCEMENT and sent is not None:
            self._announced(attempt, sent, tally)
        elif carrier is None:
            if channel not in rules.BY_HAND | {Channel.PARTNER}:
                tally.problems.append(f"{attempt.reference}: 没有配置{channel.label}")
        elif sent is None:
            self._send(carrier, attempt, tally)
        else:
            told = Report(outcome=Outcome.SENT, on=date.fromisoformat(sent.on_day), tracking=sent.tracking)
            report = carrier.follow(attempt.reference, told, today)
            if report is not None:
                self._ended(attempt, sent, report, tally)
                return
        if attempt.due_on < str(today) and channel is not Channel.ANNOUNCEMENT:
            tally.overdue.append(f"{attempt.reference}: {channel.label}至{attempt.due_on}仍无结果")

    def _send(self, carrier: Carrier, attempt: Row[Any], tally: Tally) -> None:
        parcel = self._parcel(attempt)
        try:
            report = carrier.send(parcel, self.today())
        except CarrierRefusedError as error:
            refused = Report(outcome=Outcome.FAILED, on=self.today(), reason=str(error))
            self.note(attempt.reference, refused)
            tally.failed += 1
            return
        edges.passed("service.sent: before noted")
        tally.sent += self.note(attempt.reference, report)

    def _ended(self, attempt: Row[Any], sent: Row[Any], report: Report, tally: Tally) -> None:
        if report.outcome is Outcome.DELIVERED and not report.proof:
            # What was sent is what proves it.
            report = Report(
                outcome=report.outcome,
                on=report.on,
                tracking=report.tracking,
                proof=self.proofs.read(sent.proof_sha256),
            )
        noted = self.note(attempt.reference, report)
        if report.outcome is Outcome.DELIVERED:
            tally.delivered += noted
        else:
            tally.failed += noted

    def _announced(self, attempt: Row[Any], sent: Row[Any], tally: Tally) -> None:
        """Count an announcement as service once its period is over."""
        on = date.fromisoformat(sent.on_day)
        if rules.served_on(Channel.ANNOUNCEMENT, on, self.announced_days) < self.today():
            self._ended(attempt, sent, Report(outcome=Outcome.DELIVERED, on=on), tally)

    def _parcel(self, attempt: Row[Any]) -> Parcel:
        with self.database.read() as connection:
            document = connection.execute(
                select(*Document.__table__.columns).where(Document.id == attempt.document_id)
            ).one()
            known = contact_of(connection, self.vault, document.case_id)
            agency = document.sealed_by
            case_number = connection.scalar(select(Case.number).where(Case.id == document.case_id))
            # What was void or revoked since the attempt began stays here.
            sound_row(connection, document.number, self.problem_of)
            refused = obstacle_to_leaving(connection, document, self.today())
        if refused:
            raise ServiceError(f"案件 {case_number}：{refused}，请登记本次未送达")
        if known is None:
            raise ServiceError(f"案件 {case_number} 没有送达地址")
        if known.contact_id != attempt.contact_id:
            # What allowed the channel, a consent above all, was the contact of that moment.
            raise ServiceError(f"案件 {case_number} 的送达地址在发起送达之后有变，请登记本次未送达后重新发起")
        return Parcel(
            reference=attempt.reference,
            title=DocumentKind(document.kind).label,
            number=document.number,
            code=document.code,
            sha256=attempt.sha256,
            pdf=self.documents.read(attempt.sha256),
            agency=agency,
            contact=known.contact,
            look_up_url=self.look_up_url,
        )

    def _reach(self, connection: Any, case_id: int) -> Reach:  # noqa: ANN401 (a connection)
        known = contact_of(connection, self.vault, case_id)
        contact = known.contact if known else Contact(name="")
        return Reach(
            email=bool(contact.email),
            phone=bool(contact.phone),
            address=bool(contact.address),
            consent=known is not None and known.consent,
            partner=self.partner is not None and contact.address.startswith(self.abroad),
        )
