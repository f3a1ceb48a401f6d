"""Claims and words of the protocol as message bodies, and back."""

from typing import Any

from notices.exchange.kinds import ClaimBody, ClaimFields, Kind
from notices.recognition.claim import Claim
from notices.recognition.docket import Message, Word

WORDS = {Kind.CLAIM: Word.CLAIM, Kind.GRANT: Word.GRANT, Kind.YIELD: Word.YIELD, Kind.RELEASE: Word.RELEASE}


def claim_fields(claim: Claim) -> dict[str, Any]:
    """Return a claim as JSON keeps it."""
    fields = {name: getattr(claim, name) for name in claim.__slots__}
    return fields | {"plate_colour": claim.plate_colour.value, "scope": sorted(claim.scope)}


def body_of(message: Message) -> dict[str, Any]:
    """Return the body that says the word."""
    return claim_fields(message.claim) | {"epoch": message.epoch}


def id_of(message: Message) -> str:
    """Return the id: a word about a claim is said once in each epoch, however often it is repeated."""
    return f"{message.word}/{message.claim.id}/{message.epoch}"


def claim_of(body: ClaimFields) -> Claim:
    """Return the claim that a body or a row tells.

    Raises:
        ValueError: the claim asks its own agency.

    """
    fields = body.model_dump(exclude={"epoch"})
    return Claim(**fields | {"scope": frozenset(body.scope)})


def message_of(kind: Kind, body: ClaimBody, *, sender: str, to: str) -> Message:
    """Return the word that a body says."""
    return Message(word=WORDS[kind], claim=claim_of(body), epoch=body.epoch, sender=sender, to=to)
