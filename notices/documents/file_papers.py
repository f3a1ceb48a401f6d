"""Papers of the file: filing form, closing report, evidence sheet."""

from typing import ClassVar, Self

from pydantic import model_validator

from models.values.money import Band
from models.values.periods import DECISION
from notices.documents.fields import Day, Fen, Line, Lines, Moment
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper, Photographs, Worked
from notices.documents.parts import Party, Photograph, Weighing


class FilingForm(Paper):
    """The moment that decides precedence between provinces (行政处罚法 arts 25, 54)."""

    kind: ClassVar = DocumentKind.FILING_FORM
    periods: ClassVar = (DECISION,)

    party: Party | None = None
    weighing: Weighing
    source: Line
    facts: Lines
    basis: Lines
    officers: tuple[Line, Line]
    filed_at: Moment


class ClosingReport(Paper):
    """How the case ended."""

    kind: ClassVar = DocumentKind.CLOSING_REPORT

    party: Party
    filed_at: Moment
    closed_on: Day
    facts: Lines
    outcome: Lines
    decision_number: Line | None = None
    amount_fen: Fen | None = None
    execution: Lines
    officers: tuple[Line, Line]

    @model_validator(mode="after")
    def _fine_has_a_decision(self) -> Self:
        if self.amount_fen is not None and self.decision_number is None:
            raise ValueError("decision_number: an amount needs the decision that set it")
        return self


class EvidenceSheet(Worked):
    """Frames, axles and the worked calculation of one passage; the owner may be unknown yet."""

    kind: ClassVar = DocumentKind.EVIDENCE_SHEET
    bands: ClassVar = frozenset({Band.EDUCATION, Band.WARNING, Band.FINE})

    party: Party | None = None
    photographs: Photographs = ()
    record_sha256: Line | None = None
    doubts: tuple[Line, ...] = ()

    @property
    def photographs_shown(self) -> tuple[Photograph, ...]:
        """Return every frame."""
        return self.photographs
