"""What an agency claims: one act that it filed and that may carry a fine."""

from dataclasses import dataclass

from models.values.plates import PlateColour


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One filed case as the other agencies need to know it; it never changes, whatever becomes of the case.

    Attributes:
        id: the agency's number of the case, unique among all agencies.
        agency: who filed.
        plate: the head plate, confirmed by the registry.
        violation: the kind of act, such as "overload".
        passed_ms: when the vehicle crossed the station, UTC milliseconds.
        heading: the direction of travel in the words that the agencies agreed on, "" where unknown.
        axles: axles on the ground, 0 where unknown.
        gross_kg: as weighed, 0 where not weighed.
        mpe_percent: the device's maximum permissible error in service, percent of the mass.
        filed_ms: when the case was first filed, UTC milliseconds; the first decides (行政处罚法 art. 25).
        policy: the agreement on what is one act, by name and version.
        scope: the agencies whose grant it needs.

    """

    id: str
    agency: str
    plate: str
    plate_colour: PlateColour
    violation: str
    passed_ms: int
    heading: str
    axles: int
    gross_kg: int
    mpe_percent: float
    filed_ms: int
    policy: str
    scope: frozenset[str]

    def __post_init__(self) -> None:
        """Refuse a claim that asks its own agency."""
        if self.agency in self.scope:
            raise ValueError(f"claim {self.id}: {self.agency} can't be in the scope of its own claim")

    @property
    def priority(self) -> tuple[int, str, str]:
        """Return the place in the order of filing, the earliest first; no two claims share one."""
        return self.filed_ms, self.agency, self.id
