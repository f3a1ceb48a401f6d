"""Once a day each side tells the other where its log ends: who rewrites a log must answer for the head."""

from sqlalchemy import Connection, select

from models.exchange_tables import ExchangeLog
from notices.exchange import log
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import Kind

DAY_MS = 86_400_000


def say_heads(exchange: Exchange) -> None:
    """Tell each partner the head of the log kept with it, unless that was said within the last day."""
    for partner in sorted(exchange.partners):
        with exchange.database.read() as connection:
            is_due = _is_due(connection, partner, exchange.clock())
        if is_due:
            with exchange.database.write("exchange.head") as connection:
                say_head(connection, exchange, partner)


def say_head(connection: Connection, exchange: Exchange, partner: str) -> None:
    """Tell a partner the head of the log as it is now."""
    incarnation, head = exchange.lock(connection), log.head(connection, partner)
    body = {"number": head.number, "hash": head.hash}
    # After a restore the same number may have another hash: then it is another message.
    exchange.say(connection, partner, Kind.LOG_HEAD, f"log_head/{incarnation}/{head.number}", body)


def _is_due(connection: Connection, partner: str, now_ms: int) -> bool:
    """Tell whether there is a log whose head was not said within a day."""
    if not log.head(connection, partner).number:
        return False
    said = (
        select(ExchangeLog.at)
        .where(
            ExchangeLog.partner == partner, ExchangeLog.direction == "sent", ExchangeLog.kind == Kind.LOG_HEAD
        )
        .order_by(ExchangeLog.number.desc())
        .limit(1)
    )
    last_ms = connection.scalar(said)
    return last_ms is None or now_ms - last_ms >= DAY_MS
