"""What waits to be sent: put there by the step that says it, taken away by the partner's receipt."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from models.exchange_tables import ExchangeLog, ExchangePartner, Outgoing

PUT = insert(Outgoing)
REMOVE = delete(Outgoing).where(Outgoing.partner == bindparam("of"), Outgoing.number == bindparam("entry"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One message that has no receipt yet."""

    partner: str
    number: int
    message_id: str
    contents: bytes
    attempts: int


def put(connection: Connection, partner: str, number: int, *, due_at_ms: int) -> None:
    """Queue the log's entry of that number."""
    row = {"partner": partner, "number": number, "attempts": 0, "due_at": due_at_ms, "problem": ""}
    connection.execute(PUT, row)


def remove(connection: Connection, partner: str, number: int) -> None:
    """Take away what was received."""
    connection.execute(REMOVE, {"of": partner, "entry": number})


def due(connection: Connection, partner: str, *, now_ms: int, longest_ms: int, limit: int) -> list[Waiting]:
    """Return what may be sent now, in the order in which it was said.

    What would wait longer than `longest_ms` was put off by a clock that has been set back since.
    """
    is_due = (Outgoing.due_at <= now_ms) | (Outgoing.due_at > now_ms + longest_ms)
    return all_waiting(connection, partner, limit, is_due)


def all_waiting(
    connection: Connection, partner: str, limit: int, where: ColumnElement[bool] | None = None
) -> list[Waiting]:
    """Return what has no receipt yet, in the order in which it was said."""
    in_log = (ExchangeLog.partner == Outgoing.partner) & (ExchangeLog.number == Outgoing.number)
    query = (
        select(ExchangeLog.message_id, ExchangeLog.contents, Outgoing.number, Outgoing.attempts)
        .join(ExchangeLog, in_log)
        .where(Outgoing.partner == partner, *(() if where is None else (where,)))
        .order_by(Outgoing.number)
        .limit(limit)
    )
    return [
        Waiting(
            partner=partner,
            number=row.number,
            message_id=row.message_id,
            contents=row.contents.encode(),
            attempts=row.attempts,
        )
        for row in connection.execute(query)
    ]


def waiting(connection: Connection, partner: str) -> int:
    """Return how many messages have no receipt yet."""
    return connection.scalar(select(func.count()).where(Outgoing.partner == partner)) or 0


def put_off(connection: Connection, one: Waiting, *, until_ms: int, problem: str) -> None:
    """Note why a message was not taken, and when it is tried again."""
    place = (Outgoing.partner == one.partner) & (Outgoing.number == one.number)
    values = {"attempts": one.attempts + 1, "due_at": until_ms, "problem": problem[:1000]}
    connection.execute(update(Outgoing).where(place).values(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """How often in a row a partner could not be reached, and until when it is left alone."""

    attempts: int
    due_at: int
    problem: str


def pause_of(connection: Connection, partner: str) -> Pause:
    """Return the partner's pause."""
    row = connection.execute(
        select(ExchangePartner.attempts, ExchangePartner.due_at, ExchangePartner.problem).where(
            ExchangePartner.partner == partner
        )
    ).one_or_none()
    return Pause(attempts=row.attempts, due_at=row.due_at, problem=row.problem) if row else REACHED


def pause(connection: Connection, partner: str, pause: Pause) -> None:
    """Note that a partner could not be reached, or that it could."""
    values = {"attempts": pause.attempts, "due_at": pause.due_at, "problem": pause.problem[:1000]}
    connection.execute(update(ExchangePartner).where(ExchangePartner.partner == partner).values(values))


REACHED = Pause(attempts=0, due_at=0, problem="")
