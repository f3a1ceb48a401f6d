"""Two agencies with databases and keys of their own, and a network between them that can do anything."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select, update

from models.database import Database
from models.exchange_tables import (
    ExchangeIncident,
    ExchangeLog,
    ExchangePartner,
    ExchangeState,
    Outgoing,
    OwnClaimRow,
    TheirClaimRow,
)
from models.keys import SigningKey
from models.leases import Holder
from models.tables import Base, Lease
from models.values.plates import PlateColour
from notices.exchange import log, outbox
from notices.exchange.app import log_page
from notices.exchange.comparison import RESTORED
from notices.exchange.dockets import own_claim
from notices.exchange.exchange import Exchange
from notices.exchange.inbox import Inbox
from notices.exchange.keys import AgencyKey, KeyRing
from notices.exchange.kinds import FinedBody, RevokedBody
from notices.exchange.make_good import SUPERSEDED
from notices.exchange.partners import NotTakenError, Partners, UnreachableError
from notices.exchange.refusals import RefusedError
from notices.exchange.relay import Relay
from notices.exchange.resync import freeze, resync, why_frozen
from notices.recognition.claim import Claim
from notices.recognition.docket import OwnClaim, Standing
from notices.recognition.same_act import same_act

PINGHU, JINSHAN = "平湖", "金山"
NAMES = (PINGHU, JINSHAN)
START_MS = 1_780_000_000_000
HOUR_MS = 3_600_000
# Keys made from fixed bytes, so that a run can be repeated; they are good for nothing else.
KEYS = {
    name: SigningKey(private=Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    for number, name in enumerate((*NAMES, "安吉"), 1)
}
Backup = dict[type[Base], list[dict[str, Any]]]
TABLES = (Outgoing, ExchangeLog, ExchangePartner, ExchangeIncident, OwnClaimRow, TheirClaimRow, Lease)


def public(name: str, **times: int) -> AgencyKey:
    return AgencyKey(agency=name, public=KEYS[name].private.public_key(), **times)


def claim_of(
    agency: str, number: int, *, passed_h: float = 0, filed_ms: int = START_MS, plate: str = "浙F00001"
) -> Claim:
    return Claim(
        id=f"{agency}-{number}",
        agency=agency,
        plate=plate,
        plate_colour=PlateColour.YELLOW,
        violation="overload",
        passed_ms=int(START_MS - 90 * HOUR_MS + passed_h * HOUR_MS),
        heading="",
        axles=6,
        gross_kg=60_000,
        mpe_percent=5.0,
        filed_ms=filed_ms,
        policy="assumed-1",
        scope=frozenset(NAMES) - {agency},
    )


@dataclass
class Clock:
    now_ms: int = START_MS

    def __call__(self) -> int:
        return self.now_ms


@dataclass
class Agency:
    """One agency: what its officers and its relay do."""

    name: str
    database: Database
    partners: Partners
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.exchange = Exchange(
            database=self.database,
            agency=self.name,
            key=KEYS[self.name],
            ring=KeyRing(public(name) for name in NAMES),
            clock=self.clock,
        )
        self.inbox = Inbox(self.exchange)
        holder = Holder(name=f"{self.name}/1/1", lease_ms=60_000)
        self.relay = Relay(exchange=self.exchange, partners=self.partners, holder=holder, chance=lambda: 0.5)

    @property
    def is_frozen(self) -> bool:
        return bool(why_frozen(self.exchange))

    @property
    def partner(self) -> str:
        return next(iter(self.exchange.partners))

    def file(self, claim: Claim) -> None:
        with self.database.write("test.file") as connection:
            self.exchange.file(connection, claim)

    def decide(self, claim_id: str, decision: str = "") -> None:
        fined = FinedBody(
            claim_id=claim_id,
            decision=decision or f"罚-{claim_id}",
            decided_ms=self.clock(),
            amount_fen=50_000,
        )
        with self.database.write("test.decide") as connection:
            self.exchange.decide(connection, fined)

    def revoke(self, claim_id: str, decision: str = "") -> None:
        revoked = RevokedBody(claim_id=claim_id, decision=decision or f"罚-{claim_id}", reason="虚构")
        with self.database.write("test.revoke") as connection:
            self.exchange.revoke(connection, revoked)

    def release(self, claim_id: str) -> None:
        with self.database.write("test.release") as connection:
            self.exchange.release(connection, claim_id)

    def claims(self) -> dict[str, OwnClaim]:
        with self.database.read() as connection:
            rows = connection.execute(select(*OwnClaimRow.__table__.columns)).all()
        return {row.claim_id: own_claim(row) for row in rows}

    def standing(self, claim_id: str) -> Standing:
        return self.claims()[claim_id].standing

    def log(self) -> list[log.Entry]:
        with self.database.read() as connection:
            return list(log.entries(connection, self.partner))

    def decision_on(self, claim_id: str) -> str:
        """Return the last decision told on a claim."""
        told = [json.loads(entry.contents)["body"] for entry in self.log() if entry.kind == "fined"]
        return next(body["decision"] for body in reversed(told) if body["claim_id"] == claim_id)

    def waiting(self) -> int:
        with self.database.read() as connection:
            return outbox.waiting(connection, self.partner)

    def incidents(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.scalars(select(ExchangeIncident.reason)))

    def check_log(self) -> None:
        with self.database.read() as connection:
            end = log.head(connection, self.partner)
        assert log.first_break(self.log(), end) == ""

    def backup(self) -> Backup:
        with self.database.read() as connection:
            return {
                table: [dict(row._mapping) for row in connection.execute(select(*table.__table__.columns))]
                for table in (*TABLES[::-1], ExchangeState)
            }

    def restore(self, backup: Backup) -> None:
        with self.database.write("test.restore") as connection:
            for table in (*TABLES, ExchangeState):
                connection.execute(delete(table))
            for table, rows in backup.items():
                for row in rows:
                    connection.execute(insert(table).values(row))

    def clear(self) -> None:
        with self.database.write("test.clear") as connection:
            for table in TABLES:
                connection.execute(delete(table))
            connection.execute(update(ExchangeState).values(steps=0, incarnation=1, frozen=""))


class Pair:
    """Both agencies; `fate` says what the network does with each message that is sent.

    "arrives"; "lost" before it arrives; "reply lost" after; "late": it comes some time after that.
    """

    def __init__(self, urls: Iterable[str]) -> None:
        self.late: list[tuple[str, bytes]] = []
        self.sent: list[tuple[str, bytes]] = []
        self.fate: Callable[[], str] = lambda: "arrives"
        self.agencies = {
            name: Agency(name, Database(url), self.partners_of(name))
            for name, url in zip(NAMES, urls, strict=True)
        }

    def __getitem__(self, name: str) -> Agency:
        return self.agencies[name]

    def close(self) -> None:
        for agency in self.agencies.values():
            agency.database.close()

    def clear(self) -> None:
        for agency in self.agencies.values():
            agency.clear()
            agency.clock.now_ms = START_MS
        self.late, self.sent, self.fate = [], [], lambda: "arrives"

    def post(self, partner: str, contents: bytes) -> bytes:
        fate = self.fate()
        if fate == "late":
            self.late.append((partner, contents))
        if fate in {"lost", "late"}:
            raise UnreachableError(fate)
        self.sent.append((partner, contents))
        try:
            reply = self.agencies[partner].inbox.accept(contents)
        except RefusedError as refused:
            raise NotTakenError(str(refused)) from refused
        except BaseException as error:
            # Whatever kills the partner's process is a broken connection on this side.
            if isinstance(error, Exception):
                raise
            raise UnreachableError("the partner died") from error
        if fate == "reply lost":
            raise UnreachableError(fate)
        assert reply is not None
        return reply

    def partners_of(self, name: str) -> Partners:
        return Partners(
            post=self.post,
            page=lambda partner, after, even_frozen: self.page(name, partner, after, even_frozen=even_frozen),
        )

    def page(self, name: str, partner: str, after: int, *, even_frozen: bool) -> bytes:
        if self.fate() in {"lost", "reply lost"}:
            raise UnreachableError("no page")
        try:
            return log_page(self[partner].exchange, name, after, even_frozen=even_frozen)
        except RefusedError as refused:
            raise UnreachableError(str(refused)) from refused

    def go_back(self, name: str, backup: Backup) -> None:
        """Go back to a backup; as long as it was not made good, nothing is said."""
        self[name].restore(backup)
        freeze(self[name].exchange)

    def resync(self, name: str) -> None:
        resync(self[name].exchange, self[name].partners)

    def restore(self, name: str, backup: Backup) -> None:
        """Go back to a backup, then resync."""
        self.go_back(name, backup)
        self.resync(name)

    def heal(self, rounds: int = 60) -> None:
        """Let everything arrive until nothing waits and each side has looked into the other's log."""
        self.fate, have_looked = lambda: "arrives", False
        for _ in range(rounds):
            for agency in self.agencies.values():
                agency.clock.now_ms += 6 * 60_000
                if agency.is_frozen:
                    self.resync(agency.name)
                agency.relay.round()
            if any(agency.waiting() or agency.is_frozen for agency in self.agencies.values()):
                have_looked = False
            elif have_looked:
                return
            else:
                have_looked = True
                for agency in self.agencies.values():
                    agency.relay.seen.clear()
        raise AssertionError("the backlog does not drain")

    def never_two(self) -> None:
        firm = [
            own
            for agency in self.agencies.values()
            if not agency.is_frozen
            for own in agency.claims().values()
            if own.standing.is_firm
        ]
        for one, other in combinations(firm, 2):
            assert not same_act(one.claim, other.claim), f"{one.claim.id} and {other.claim.id} are both fined"

    def never_none(self) -> None:
        """Fine what may be fined, and hold that every open claim is fined or stands behind one that is."""
        for agency in self.agencies.values():
            for claim_id, own in agency.claims().items():
                if own.standing is Standing.HELD:
                    agency.decide(claim_id, f"罚-{claim_id}-末")
        self.heal()
        everything = [own for agency in self.agencies.values() for own in agency.claims().values()]
        decided = [own.claim for own in everything if own.standing is Standing.DECIDED]
        for own in everything:
            if own.standing in {Standing.WAITING, Standing.BLOCKED}:
                assert any(same_act(own.claim, other) for other in decided), (
                    f"{own.claim.id}: fined by nobody"
                )
            assert own.standing is not Standing.HELD

    def same_messages(self) -> None:
        """Hold that each side received exactly what the other sent, byte for byte, and knows nothing else."""
        for agency in self.agencies.values():
            other = self.agencies[agency.partner]
            sent = {entry.message_id: entry.contents for entry in agency.log() if entry.direction == "sent"}
            received = {
                entry.message_id: entry.contents for entry in other.log() if entry.direction == "received"
            }
            assert sent == received
            agency.check_log()
            assert set(agency.incidents()) <= {SUPERSEDED, RESTORED}
