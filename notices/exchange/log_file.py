"""The log kept with a partner as a file, where the two meet by hand alone.

The first line is the head, signed by whose log it is; each further line is an entry. Whoever carries the file
can leave nothing out: the entries must make up the chain that ends with the signed head.
"""

from pathlib import Path

from pydantic import ValidationError

from models.hash_chain import Head
from models.private_file import write_private
from notices.exchange import log, shown
from notices.exchange.envelope import hear, refuse_revoked
from notices.exchange.exchange import Exchange
from notices.exchange.export import ENTRY, line
from notices.exchange.kinds import Kind, LogHeadBody
from notices.exchange.refusals import Reason, RefusedError
from notices.exchange.shown import Shown

# A message has at most 64 KiB, and is JSON within JSON here.
LINE_BYTES = 1 << 18


def write_log_file(exchange: Exchange, partner: str, path: Path) -> int:
    """Write the log kept with `partner` for that partner, and return how many entries it has.

    Raises:
        FileExistsError: there is such a file already.

    """
    with exchange.database.snapshot() as connection:
        head = log.head(connection, partner)
        lines = [line(entry) for entry in log.entries(connection, partner)]
    signed = exchange.sign(
        1,
        to=partner,
        kind=Kind.LOG_HEAD,
        message_id=f"shown/{head.number}",
        body={"number": head.number, "hash": head.hash},
    )
    # Its messages may be of persons.
    write_private(path, b"".join((signed + b"\n", *lines)))
    return len(lines)


def read_log_file(exchange: Exchange, path: Path) -> tuple[str, Shown]:
    """Return whose log with us the file holds, and what it shows.

    Raises:
        RefusedError: it is no such file, or not the whole log that the head was signed for.

    """
    with path.open("rb") as source:
        lines = iter(lambda: source.readline(LINE_BYTES), b"")
        partner, head = _signed_head(exchange, path, next(lines, b"").rstrip(b"\n"))
        entries = [_entry(path, number, one) for number, one in enumerate(lines, 2)]
    if problem := log.first_break(entries, head):
        raise RefusedError(Reason.BUNDLE, f"{path.name}: {problem}")
    return partner, shown.read(exchange, partner, entries)


def _signed_head(exchange: Exchange, path: Path, contents: bytes) -> tuple[str, Head]:
    try:
        heard = hear(contents, exchange.ring, exchange.clock())
        refuse_revoked(heard, exchange.ring)
    except RefusedError as error:
        raise RefusedError(Reason.BUNDLE, f"{path.name}: line 1, the head: {error}") from error
    body, sender = heard.body, heard.envelope.sender
    if not isinstance(body, LogHeadBody) or heard.envelope.to != exchange.agency or sender == exchange.agency:
        raise RefusedError(Reason.BUNDLE, f"{path.name}: expected a partner's log with {exchange.agency}")
    return sender, Head(number=body.number, hash=body.hash)


def _entry(path: Path, number: int, contents: bytes) -> log.Entry:
    try:
        return ENTRY.validate_json(contents, strict=True)
    except ValidationError as error:
        raise RefusedError(Reason.BUNDLE, f"{path.name}: line {number} is no entry of a log") from error
