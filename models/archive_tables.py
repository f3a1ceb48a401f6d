"""The table of months whose plain passages lie in Parquet files instead of in rows."""

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id


class ArchivedMonth(Base):
    """One station's local month in the archive; its manifest lies in the file store under `manifest`."""

    __tablename__ = "archived_month"
    __table_args__ = (UniqueConstraint("station_id", "month"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    month: Mapped[str] = mapped_column(Text)
    manifest: Mapped[str] = mapped_column(Text)
    passages: Mapped[int] = mapped_column(BigInteger)
    archived_at: Mapped[int] = mapped_column(BigInteger)
