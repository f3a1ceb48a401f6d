"""The one contract of all registries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from models.values.lookups import Purpose
from models.values.permits import Permit
from models.values.registry import Plate, RegisteredVehicle
from pipeline.registries.errors import PlateFailedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question: a plate, for a case of that number. `day` matters to permits alone."""

    plate: Plate
    purpose: Purpose
    case_id: int
    case_number: str
    day: date


VehicleAnswer = RegisteredVehicle | PlateFailedError | None
PermitAnswer = tuple[Permit, ...] | PlateFailedError


class VehicleRegistry(Protocol):
    """A registry of vehicles and permits.

    Answers come in the order of the queries, at most `batch` of which are asked at a time. One plate that
    fails is among the answers as a `PlateFailedError`; it is raised where the whole answer failed.

    Raises:
        PlateFailedError: nothing of the answer can be used; other plates may still be asked.
        SourceDownError: the source can't be used; nothing more should be asked of it.

    """

    @property
    def name(self) -> str:
        """The source's name in settings, log and answers."""

    @property
    def batch(self) -> int:
        """How many plates one query may name."""

    async def vehicles(self, queries: Sequence[Query]) -> list[VehicleAnswer]:
        """Return the vehicle of each plate, None where there is none."""

    async def permits(self, queries: Sequence[Query]) -> list[PermitAnswer]:
        """Return the over-limit permits of each plate from around its day, whether or not they fit."""
