"""Tables of what could be seen of plates, and of whether hiding was meant. Rows are only added."""

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.legibility import Legibility


class PlateLegibilityRow(Base):
    """What could be seen of one plate in one frame; box, corners, visible and mask are JSON.

    `rows` is 0 where no plate was seen in the frame at all.
    """

    __tablename__ = "plate_legibility"
    __table_args__ = (
        UniqueConstraint("frame_id", "judge", "position"),
        one_of("legibility", Legibility),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    frame_id: Mapped[int] = mapped_column(ForeignKey("frame.id"))
    judge: Mapped[str] = mapped_column(Text)
    position: Mapped[int]
    legibility: Mapped[str] = mapped_column(Text)
    probability: Mapped[float]
    cause: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    rows: Mapped[int]
    box: Mapped[str] = mapped_column(Text)
    corners: Mapped[str] = mapped_column(Text)
    visible: Mapped[str] = mapped_column(Text)
    mask: Mapped[str] = mapped_column(Text)
    sentence: Mapped[str] = mapped_column(Text)


class ObscuringRow(Base):
    """Whether a passage's plate was hidden on purpose, as far as the night tells; the latest stands.

    `reasons` is JSON: sentences that an officer reads. `problem` says why nothing could be concluded.
    """

    __tablename__ = "obscuring"
    __table_args__ = (UniqueConstraint("passage_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    number: Mapped[int]
    judged_at: Mapped[int] = mapped_column(BigInteger)
    probability: Mapped[float]
    reasons: Mapped[str] = mapped_column(Text)
    problem: Mapped[str] = mapped_column(Text)
