"""What can be said: each kind of message with the body that it carries, versioned as a whole."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from models.values.labelled import Labelled
from models.values.plates import PlateColour
from notices.exchange.attached import AttachmentBody, WithFiles
from notices.exchange.fields import HIGHEST, Body, Count, Digest, Instant, Millis, Name, Text, Word

VERSION = 1


class Kind(Labelled):
    """The kind of a message."""

    CLAIM = "claim", "互认申请"
    GRANT = "grant", "互认确认"
    YIELD = "yield", "让渡"
    RELEASE = "release", "解除"
    FINED = "fined", "处罚决定告知"
    REVOKED = "revoked", "撤销处罚告知"
    FINAL = "final", "处罚决定生效告知"
    RECEIPT = "receipt", "回执"
    LOG_HEAD = "log_head", "日志摘要"
    RESTORED = "restored", "备份恢复告知"
    RULING = "ruling", "联席裁定"
    LEAD = "lead", "线索移送"
    LEAD_ANSWER = "lead_answer", "线索反馈"
    SERVICE_REQUEST = "service_request", "委托送达"
    SERVICE_RESULT = "service_result", "送达结果"
    ASSISTANCE = "assistance", "协查请求"
    ASSISTANCE_REPLY = "assistance_reply", "协查答复"
    CIRCULAR = "circular", "抄告"
    OFFENDER = "offender", "违法车辆记录"
    PARTY_QUERY = "party_query", "当事人查询"
    PARTY_ANSWER = "party_answer", "当事人查询答复"
    ATTACHMENT = "attachment", "附件"


class Stage(Labelled):
    """How far a message has come at the other side; each stage is said by who saw it."""

    ACCEPTED = "accepted", "已接收"
    DELIVERED = "delivered", "已送办案人员"
    OPENED = "opened", "已查阅"
    SERVED = "served", "已送达当事人"


class AnswerOutcome(Labelled):
    """What came of what was asked or handed over."""

    FILED = "filed", "已立案"
    FINED = "fined", "已处罚"
    DONE = "done", "已办理"
    NOT_FOUND = "not_found", "未查实"
    NOT_OURS = "not_ours", "不属本机关管辖"
    REFUSED = "refused", "不予受理"


class ClaimFields(Body):
    """A claim as it was filed (see `notices.recognition.claim`)."""

    id: Word
    agency: Name
    plate: Word
    plate_colour: Annotated[PlateColour, Field(strict=False)]
    violation: Word
    passed_ms: Instant
    heading: Annotated[str, StringConstraints(max_length=200)]
    axles: Annotated[int, Field(ge=0, le=100)]
    gross_kg: Count
    mpe_percent: Annotated[float, Field(ge=0, le=100)]
    filed_ms: Instant
    policy: Word
    scope: Annotated[tuple[Name, ...], Field(strict=False, max_length=20)]


class ClaimBody(ClaimFields):
    """A claim in one of its epochs."""

    epoch: Annotated[int, Field(ge=1, le=1_000_000)]


class FinedBody(Body):
    """A decision on a held claim; the amount is what the party pays."""

    claim_id: Word
    decision: Word
    decided_ms: Instant
    amount_fen: Annotated[int, Field(ge=0, le=1_000_000_000)]


class RevokedBody(Body):
    """A decision taken back; the act stays with its agency until a release."""

    claim_id: Word
    decision: Word
    reason: Text


class FinalBody(Body):
    """A decision that nothing can undo any more: served, and paid or enforced; the case is closed."""

    claim_id: Word
    decision: Word
    final_ms: Instant


class ReceiptBody(Body):
    """Who signs has seen the message of this id and digest come this far."""

    message_id: Word
    sha256: Digest
    stage: Annotated[Stage, Field(strict=False)]
    at_ms: Instant


class LogHeadBody(Body):
    """The last entry of the sender's log of what passed between the two, and the hash that covers all."""

    number: Millis
    hash: Digest


class RestoredBody(Body):
    """The sender went back to a backup; of its log with the receiver the part up to this head still stands.

    What it said in an earlier incarnation and comes only now doesn't count, but for what `still_said` names
    by digest, in as many parts as that needs. It is taken by whoever knows the incarnation `after` as the
    present one, so that a restore which both sides have forgotten is not told again by a late copy.
    """

    incarnation: Annotated[int, Field(ge=2, le=HIGHEST)]
    after: Annotated[int, Field(ge=1, le=HIGHEST)]
    number: Millis
    hash: Digest
    still_said: Annotated[tuple[Digest, ...], Field(strict=False, max_length=500)]


class RulingBody(Body):
    """A ruling of the joint conference or of the common superior; it counts once both sides said it alike."""

    ruling: Word
    by: Literal["conference", "superior"]
    prevailing_claim: Word
    yielding_claims: Annotated[tuple[Word, ...], Field(strict=False, min_length=1, max_length=50)]
    document_sha256: Digest


class LeadBody(WithFiles):
    """A case handed over with its evidence; an answer is due."""

    subject: Word
    plate: Word
    plate_colour: Annotated[PlateColour, Field(strict=False)]
    text: Text
    answer_due_ms: Instant


class AnswerBody(WithFiles):
    """An answer to the message of that id."""

    in_reply_to: Word
    outcome: Annotated[AnswerOutcome, Field(strict=False)]
    text: Text


class ServiceRequestBody(WithFiles):
    """A sealed document to be served on a party of the other province (行政处罚法 art. 26)."""

    reference: Word
    document_sha256: Digest
    document_kind: Word
    case: Word
    due_ms: Instant


class ServiceResultBody(WithFiles):
    """What came of a service: `on` is the day of it, `proof_sha256` what proves a delivery."""

    in_reply_to: Word
    reference: Word
    served: bool
    on: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    reason: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
    proof_sha256: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]


class AssistanceBody(WithFiles):
    """A question to the other agency: who asks, and what for."""

    officer: Word
    purpose: Text
    text: Text
    answer_due_ms: Instant


class RecordBody(Body):
    """A fine told to the agency of registration (超限规定 art. 44), or an entry of the shared record."""

    plate: Word
    plate_colour: Annotated[PlateColour, Field(strict=False)]
    case: Word
    decision: Word
    closed_ms: Instant
    text: Text


class PartyQueryBody(Body):
    """Who keeps this vehicle? Officer and purpose are part of the question; nothing but `fields` is told."""

    officer: Word
    purpose: Annotated[str, StringConstraints(min_length=4, max_length=500, pattern=r"^[^\x00]*$")]
    case: Word
    plate: Word
    plate_colour: Annotated[PlateColour, Field(strict=False)]
    fields: Annotated[
        tuple[Literal["name", "kind", "address"], ...], Field(strict=False, min_length=1, max_length=3)
    ]
    answer_due_ms: Instant


class PartyAnswerBody(Body):
    """The keeper, in no more fields than were asked for; "" where a field was not asked or is not known."""

    in_reply_to: Word
    outcome: Literal["identified", "unknown", "refused"]
    name: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] = ""
    kind: Literal["person", "company", ""] = ""
    address: Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")] = ""
    text: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = ""


BODIES: dict[Kind, type[Body]] = {
    Kind.CLAIM: ClaimBody,
    Kind.GRANT: ClaimBody,
    Kind.YIELD: ClaimBody,
    Kind.RELEASE: ClaimBody,
    Kind.FINED: FinedBody,
    Kind.REVOKED: RevokedBody,
    Kind.FINAL: FinalBody,
    Kind.RECEIPT: ReceiptBody,
    Kind.LOG_HEAD: LogHeadBody,
    Kind.RESTORED: RestoredBody,
    Kind.RULING: RulingBody,
    Kind.LEAD: LeadBody,
    Kind.LEAD_ANSWER: AnswerBody,
    Kind.SERVICE_REQUEST: ServiceRequestBody,
    Kind.SERVICE_RESULT: ServiceResultBody,
    Kind.ASSISTANCE: AssistanceBody,
    Kind.ASSISTANCE_REPLY: AnswerBody,
    Kind.CIRCULAR: RecordBody,
    Kind.OFFENDER: RecordBody,
    Kind.PARTY_QUERY: PartyQueryBody,
    Kind.PARTY_ANSWER: PartyAnswerBody,
    Kind.ATTACHMENT: AttachmentBody,
}
