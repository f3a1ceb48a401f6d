"""What the console knows of a station; it is handed over, since the console imports no stations."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLane:
    """One lane as the device numbers it."""

    number: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCertificate:
    """The verification certificate of the weighing device."""

    number: str
    regulation: str
    accuracy_class: str
    mpe_percent: float
    verified_by: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A station as officers see it."""

    id: str
    name: str
    province: str
    road: str
    chainage: str
    direction: str
    zone: ZoneInfo
    announced_on: date
    legal_review_on: date | None
    technical_review_on: date | None
    lanes: tuple[SiteLane, ...]
    certificates: tuple[SiteCertificate, ...]

    def certificate_on(self, day: date) -> SiteCertificate | None:
        """Return the certificate valid on that local day, the newest where two overlap."""
        valid = [one for one in self.certificates if one.valid_from <= day <= one.valid_until]
        return max(valid, key=lambda one: one.valid_from, default=None)

    def lane_name(self, number: int) -> str:
        """Return a lane's number and name for people."""
        name = next((lane.name for lane in self.lanes if lane.number == number), "")
        return f"{number} {name}".strip()
