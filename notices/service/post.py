"""Service by post: letters are laid into a folder for the post, which lays what came of them into another.

Out: `<reference>/letter.pdf` and `<reference>/letter.csv` (recipient, address, title, number, reference).
Back: one `<reference>.csv` each, with the columns tracking, state (`accepted`, `delivered`, `returned`,
`refused`), on (day), reason, and beside it `<reference>.proof`, a picture or PDF of the signed receipt.
"""

import csv
import io
import os
import stat
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.durable import sync, sync_tree
from models.values.service import Channel, Outcome
from notices.service.carriers import CarrierAwayError, Parcel, Report

COLUMNS = ("tracking", "state", "on", "reason")
MOST_BYTES = 20_000_000
MOST_ROW_BYTES = 64_000
REFUSED = "拒收"


class StatusError(CarrierAwayError):
    """A status file can't be used; the text names file and field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCarrier:
    """Exports letters to the folder `out` and reads what came of them from the folder `back`."""

    out: Path
    back: Path

    @property
    def channel(self) -> Channel:
        """Return the channel."""
        return Channel.POST

    def send(self, parcel: Parcel, on: date) -> Report:
        """Lay the letter out, whole or not at all."""
        half, whole = self.out / f".{parcel.reference}", self.out / parcel.reference
        label = io.StringIO()
        contact = parcel.contact
        writer = csv.writer(label)
        writer.writerow(("recipient", "address", "title", "number", "reference"))
        words = (contact.name, contact.address, parcel.title, parcel.number, parcel.reference)
        # A spreadsheet must not take a name for a formula.
        writer.writerow([f"'{word}" if word[:1] in "=+-@\t" else word for word in words])
        try:
            if not whole.exists():
                half.mkdir(parents=True, exist_ok=True)
                (half / "letter.pdf").write_bytes(parcel.pdf)
                (half / "letter.csv").write_text(label.getvalue(), encoding="utf-8-sig")
                sync_tree(half)
                half.rename(whole)
            # What is noted as sent outlives a power cut.
            sync(self.out)
        except OSError as error:
            raise CarrierAwayError(f"post folder {self.out}: {error.strerror}") from error
        return Report(outcome=Outcome.SENT, on=on, proof=label.getvalue().encode())

    def follow(self, reference: str, sent: Report, today: date) -> Report | None:
        """Read what the post says; a delivery needs its day and the picture of its receipt."""
        path = self.back / f"{reference}.csv"
        if not os.path.lexists(path):
            return None
        row = _row(path)
        if row["state"] == "accepted":
            return None
        on = _day(path, row["on"], sent.on, today)
        if row["state"] == "delivered":
            proof = _proof(path.with_suffix(".proof"))
            return Report(outcome=Outcome.DELIVERED, on=on, tracking=row["tracking"], proof=proof)
        reason = REFUSED if row["state"] == "refused" else row["reason"] or "退回"
        return Report(outcome=Outcome.FAILED, on=on, tracking=row["tracking"], reason=reason)


def _row(path: Path) -> dict[str, str]:
    try:
        rows = list(csv.DictReader(io.StringIO(_content(path, MOST_ROW_BYTES).decode("utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StatusError(f"{path}: {error}") from error
    if len(rows) != 1 or set(rows[0]) != set(COLUMNS):
        raise StatusError(f"{path}: expected one row of {', '.join(COLUMNS)}")
    row = {name: (rows[0][name] or "").strip()[:200] for name in COLUMNS}
    if row["state"] not in {"accepted", "delivered", "returned", "refused"}:
        raise StatusError(f"{path}: state: expected accepted, delivered, returned or refused")
    return row


def _day(path: Path, text: str, sent_on: date, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise StatusError(f"{path}: on: expected a day such as 2026-06-18, got {text!r}") from error
    if not sent_on <= day <= today:
        raise StatusError(f"{path}: on: {day} is not between the sending on {sent_on} and today")
    return day


def _proof(path: Path) -> bytes:
    try:
        content = _content(path, MOST_BYTES)
    except OSError as error:
        raise StatusError(f"{path}: a delivery needs the picture of its receipt") from error
    if not content:
        raise StatusError(f"{path}: 0 bytes are no picture of a receipt")
    return content


def _content(path: Path, most: int) -> bytes:
    """Read a file that others laid there: a plain one, no link to another place, and not without end."""
    # Without O_NONBLOCK the opening of a pipe would wait for whoever writes into it.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as source:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise StatusError(f"{path}: no plain file")
        content = source.read(most + 1)
    if len(content) > most:
        raise StatusError(f"{path}: more than {most} bytes")
    return content
