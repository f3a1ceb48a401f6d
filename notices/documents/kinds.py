"""The kinds of document, and the word by which each is numbered."""

from models.values.labelled import Labelled


class DocumentKind(Labelled):
    """A kind of document; the value is the word in database, command line and template name."""

    SUMMONS = "summons", "接受处理告知书"
    VIOLATION_NOTICE = "violation_notice", "违法行为通知书"
    HEARING_NOTICE = "hearing_notice", "听证通知书"
    DECISION = "decision", "行政处罚决定书"
    CORRECTION_ORDER = "correction_order", "责令改正违法行为通知书"
    EDUCATION = "education", "批评教育告知书"
    SERVICE_RECEIPT = "service_receipt", "送达回证"
    ADDRESS_CONFIRMATION = "address_confirmation", "送达地址确认书"
    FILING_FORM = "filing_form", "立案登记表"
    CLOSING_REPORT = "closing_report", "结案报告"
    EVIDENCE_SHEET = "evidence_sheet", "技术监控记录证据单"
    CIRCULAR = "circular", "违法超限运输案件抄告函"
    SERVICE_REQUEST = "service_request", "协助送达函"
    LEAD_TRANSFER = "lead_transfer", "案件线索移送函"
    POLICE_TRANSFER = "police_transfer", "涉嫌号牌违法线索移送函"
    RECOGNITION = "recognition", "处罚互认告知书"

    @property
    def mark(self) -> str:
        """Return the word in its numbers, as 罚 in 虚平交罚〔2026〕12号."""
        return MARKS[self]


MARKS = {
    DocumentKind.SUMMONS: "处告",
    DocumentKind.VIOLATION_NOTICE: "违通",
    DocumentKind.HEARING_NOTICE: "听通",
    DocumentKind.DECISION: "罚",
    DocumentKind.CORRECTION_ORDER: "责改",
    DocumentKind.EDUCATION: "教",
    DocumentKind.SERVICE_RECEIPT: "送证",
    DocumentKind.ADDRESS_CONFIRMATION: "址确",
    DocumentKind.FILING_FORM: "立",
    DocumentKind.CLOSING_REPORT: "结",
    DocumentKind.EVIDENCE_SHEET: "证",
    DocumentKind.CIRCULAR: "抄",
    DocumentKind.SERVICE_REQUEST: "协送",
    DocumentKind.LEAD_TRANSFER: "线移",
    DocumentKind.POLICE_TRANSFER: "公移",
    DocumentKind.RECOGNITION: "互认",
}
# What a party may read; letters between agencies and papers of the file are not for the public.
FOR_THE_PARTY = frozenset(
    {
        DocumentKind.SUMMONS,
        DocumentKind.VIOLATION_NOTICE,
        DocumentKind.HEARING_NOTICE,
        DocumentKind.DECISION,
        DocumentKind.CORRECTION_ORDER,
        DocumentKind.EDUCATION,
        DocumentKind.RECOGNITION,
    }
)
