"""What the public pages work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from models import clock
from models.apart import Apart
from models.case_life import ZONE
from models.database import Database
from models.files import FileStore
from models.renewed import Renewed
from models.values.calendar import WorkCalendar, work_calendar
from models.values.timeline import from_ms
from models.vault import Vault
from notices.seal.verify import Anchors
from notices.seal.verify_apart import verifier
from notices.service.enclosures import inspector
from review.public.limits import MINUTE_MS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCounter:
    """One installation as the public sees it.

    `told` gives what a case's documents say of it (weighing, calculation, photographs), None where that can't
    be worked out any more; `documents` holds the sealed files, `proofs` what parties enclose, `originals` the
    frames; `apart` is where files are verified, `inspects` where they are looked at.
    """

    database: Database
    documents: FileStore
    proofs: FileStore
    originals: FileStore
    vault: Vault
    anchors: Renewed[Anchors]
    told: Callable[[Connection, str], Mapping[str, Any] | None]
    clock_ms: Callable[[], int] = clock.clock_ms
    days_off: WorkCalendar = field(default_factory=work_calendar)
    limits: Limits = field(default_factory=Limits)
    apart: Apart = field(default_factory=verifier)
    inspects: Apart = field(default_factory=inspector)
    visit_ms: int = 30 * MINUTE_MS

    def today(self) -> date:
        """Return the day in Beijing."""
        return from_ms(self.clock_ms(), ZONE).date()
