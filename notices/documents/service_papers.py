"""Papers of service: receipt, confirmation of the address, request to the partner."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from models.values.periods import SERVICE
from notices.documents.fields import Form, Line, Lines
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.parts import OtherAgency, Party


class ServedPaper(Form):
    """One document as a letter or receipt names it."""

    title: Line
    number: Line
    copies: Annotated[int, Field(gt=0, le=99)] = 1


ServedPapers = Annotated[tuple[ServedPaper, ...], Field(min_length=1, max_length=20)]
Channel = Literal["电子送达", "短信", "邮寄送达", "委托送达", "直接送达", "留置送达", "公告送达"]


class ServiceReceipt(Paper):
    """Proof of service, filled in by hand or by the system on the spot."""

    kind: ClassVar = DocumentKind.SERVICE_RECEIPT
    periods: ClassVar = (SERVICE,)

    party: Party
    served: ServedPapers
    channel: Channel
    place: Lines
    servers: Annotated[tuple[Line, ...], Field(min_length=2, max_length=4)]
    remark: Lines | None = None


class AddressConfirmation(Paper):
    """Where and how the party agrees to be served (行政处罚法 art. 61(2))."""

    kind: ClassVar = DocumentKind.ADDRESS_CONFIRMATION

    party: Party
    postal_address: Lines
    recipient: Line
    phone: Line
    email: Line | None = None
    electronic: bool


class ServiceRequest(Paper):
    """The partner is asked to serve documents for us (行政处罚法 art. 26)."""

    kind: ClassVar = DocumentKind.SERVICE_REQUEST

    to: OtherAgency
    party: Party
    served: ServedPapers
    reason: Lines
    reply_to: Lines
