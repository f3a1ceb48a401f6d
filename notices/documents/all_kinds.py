"""Which model belongs to which kind of document."""

from notices.documents.file_papers import ClosingReport, EvidenceSheet, FilingForm
from notices.documents.hearing import HearingNotice
from notices.documents.kinds import DocumentKind
from notices.documents.letters import Circular, LeadTransfer, PoliceTransfer, Recognition
from notices.documents.paper import Paper
from notices.documents.party_papers import CorrectionOrder, Decision, Education, Summons, ViolationNotice
from notices.documents.service_papers import AddressConfirmation, ServiceReceipt, ServiceRequest

PAPERS: dict[DocumentKind, type[Paper]] = {
    paper.kind: paper
    for paper in (
        Summons,
        ViolationNotice,
        HearingNotice,
        Decision,
        CorrectionOrder,
        Education,
        ServiceReceipt,
        AddressConfirmation,
        FilingForm,
        ClosingReport,
        EvidenceSheet,
        Circular,
        ServiceRequest,
        LeadTransfer,
        PoliceTransfer,
        Recognition,
    )
}
