"""Tables that join the exchange to the case work."""

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base


class CaseClaim(Base):
    """The claim that a filing of a case made; a case that was reopened and filed again has a further one."""

    __tablename__ = "case_claim"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint("number >= 1", name="number"),
    )

    claim_id: Mapped[str] = mapped_column(Text, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int]
