"""What carries a document: one adapter for each channel that a program can use."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from models.values.service import Channel, Outcome


class CarrierError(Exception):
    """A carrier did not take a document.

    CarrierError
    ├── CarrierAwayError      it may take it later: the attempt stays open and is sent again
    └── CarrierRefusedError   it never will: the attempt has failed
    """


class CarrierAwayError(CarrierError):
    """The carrier can't be reached or is busy; the same attempt is sent again later."""


class CarrierRefusedError(CarrierError):
    """The carrier or the other end refused the document for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a party is reached; personal, never part of a log or an error's text."""

    name: str
    address: str = ""
    email: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        return "Contact(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One sealed document on its way; `reference` is the same however often one attempt is sent."""

    reference: str
    title: str
    number: str
    code: str
    sha256: str
    pdf: bytes
    agency: str
    contact: Contact
    look_up_url: str

    def __post_init__(self) -> None:
        if b"/ByteRange" not in self.pdf:
            message = f"{self.number}: only a sealed document is served"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of an attempt: on which day, why not, and the bytes that prove it."""

    outcome: Outcome
    on: date
    tracking: str = ""
    reason: str = ""
    proof: bytes = b""


class Carrier(Protocol):
    """A channel that a program can use."""

    @property
    def channel(self) -> Channel:
        """Return the channel that it is."""

    def send(self, parcel: Parcel, on: date) -> Report:
        """Hand the document over; sent twice under one reference, it arrives once.

        Raises:
            CarrierAwayError, CarrierRefusedError: it was not taken.

        """

    def follow(self, reference: str, sent: Report, today: date) -> Report | None:
        """Return what came of it, None while that is not known.

        Raises:
            CarrierAwayError: nobody could be asked.

        """
