"""The tables by which the service is watched: workers that are alive, and running totals."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, String
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.tables import Base


class WorkerRow(Base):
    """A worker, and when it last said that it is there."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(36), primary_key=True)
    seen_at: Mapped[datetime]


class TotalRow(Base):
    """How often something happened, and how much of it there was in all; it only grows."""

    __tablename__ = "totals"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    label: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[float] = mapped_column(Double)
