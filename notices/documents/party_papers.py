"""Papers for the party: summons, notice, decision, order to correct, education."""

from typing import ClassVar, Self

from pydantic import computed_field, model_validator

from models.values.money import Band
from models.values.periods import HEARING_REQUEST, PAYMENT, STATEMENT, SUMMONS
from notices.documents.fields import Day, Line, Lines
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Charged, Evidence, Fined


class Summons(Charged):
    """The owner is told to come (浙江省公路条例 art. 40); no penalty is named."""

    kind: ClassVar = DocumentKind.SUMMONS
    periods: ClassVar = (SUMMONS,)
    bands: ClassVar = frozenset({Band.EDUCATION, Band.WARNING, Band.FINE})

    evidence: Evidence

    @model_validator(mode="after")
    def _of_zhejiang(self) -> Self:
        if self.agency.province != "浙江":
            message = f"agency.province: a summons rests on the law of 浙江, got {self.agency.province}"
            raise ValueError(message)
        return self


class ViolationNotice(Charged, Fined):
    """What the agency means to decide, and the right to be heard (行政处罚法 arts 44, 45, 63, 64)."""

    kind: ClassVar = DocumentKind.VIOLATION_NOTICE
    periods: ClassVar = (STATEMENT, HEARING_REQUEST)

    evidence: Evidence
    hearing: bool


class Decision(Charged, Fined):
    """The penalty (行政处罚法 art. 59)."""

    kind: ClassVar = DocumentKind.DECISION
    periods: ClassVar = (PAYMENT,)

    evidence: Evidence
    notice_number: Line
    noticed_on: Day
    statement: Lines
    discretion: Lines
    legal_review: Line | None = None


class CorrectionOrder(Charged):
    """Order to correct (行政处罚法 art. 28)."""

    kind: ClassVar = DocumentKind.CORRECTION_ORDER
    bands: ClassVar = frozenset({Band.EDUCATION, Band.WARNING, Band.FINE})

    correction: Lines
    until: Day | None = None


class Education(Charged):
    """A first mild overload: told and taught, no penalty (浙江省公路条例 art. 53(1)(一))."""

    kind: ClassVar = DocumentKind.EDUCATION
    bands: ClassVar = frozenset({Band.EDUCATION})

    @computed_field
    def applied(self) -> str:
        """Return the article applied."""
        return self.calculation.articles[-1]
