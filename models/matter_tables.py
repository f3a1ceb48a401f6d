"""Tables of what passes between the agencies beside the claims: matters, attachments, rulings."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base


class Matter(Base):
    """Something between the agencies that people work on, beside the claims: a lead, a request, a notice.

    `direction` tells who said it; `message_id` names its entry in the exchange's log, which a restore may
    take out. `due_at` is null where no answer is due; `answer_id` is the message that answered, or "".
    `stage` is how far it has come on the receiving side.
    """

    __tablename__ = "matter"
    __table_args__ = (
        CheckConstraint("direction IN ('sent', 'received')", name="direction"),
        CheckConstraint("stage IN ('accepted', 'delivered', 'opened', 'served')", name="stage"),
        CheckConstraint("(answer_id = '') = (answered_at IS NULL)", name="answered"),
        Index("ix_matter_kind", "kind", "direction", "answered_at", "due_at"),
        Index("ix_matter_plate", "plate"),
        Index("ix_matter_case_id", "case_id"),
    )

    partner: Mapped[str] = mapped_column(Text, primary_key=True)
    direction: Mapped[str] = mapped_column(Text, primary_key=True)
    message_id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
    plate: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    due_at: Mapped[int | None] = mapped_column(BigInteger)
    stage: Mapped[str] = mapped_column(Text)
    answer_id: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[int | None] = mapped_column(BigInteger)


class Attachment(Base):
    """A file that a matter names by its digest; whole once every part has come and the digest holds."""

    __tablename__ = "attachment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["partner", "direction", "message_id"],
            ["matter.partner", "matter.direction", "matter.message_id"],
        ),
        CheckConstraint("direction IN ('sent', 'received')", name="direction"),
        CheckConstraint("state IN ('awaited', 'whole', 'spoiled')", name="state"),
        CheckConstraint("size_bytes > 0", name="size"),
        Index("ix_attachment_sha256", "partner", "sha256"),
    )

    partner: Mapped[str] = mapped_column(Text, primary_key=True)
    direction: Mapped[str] = mapped_column(Text, primary_key=True)
    message_id: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)


class RulingRow(Base):
    """A ruling on whose act it is; in force once both sides said it in the same words.

    `contents` is what was said, as canonical JSON. `ours` and `theirs` are when each side said it.
    """

    __tablename__ = "ruling"
    __table_args__ = (CheckConstraint("ours_at IS NOT NULL OR theirs_at IS NOT NULL", name="said"),)

    partner: Mapped[str] = mapped_column(Text, primary_key=True)
    ruling: Mapped[str] = mapped_column(Text, primary_key=True)
    contents: Mapped[str] = mapped_column(Text)
    ours_at: Mapped[int | None] = mapped_column(BigInteger)
    theirs_at: Mapped[int | None] = mapped_column(BigInteger)
    applied_at: Mapped[int | None] = mapped_column(BigInteger)
