"""What answers make of a case: identified, contradicted, unregistered, or waiting. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from models.values.lookups import LookupDoubt, LookupState, WaitReason
from models.values.permits import Permit, PermitUse
from models.values.registry import Plate, RegisteredVehicle
from pipeline.registries.fit import SURE_READING, WEAK, Fit, Seen, fit, suspicions
from pipeline.rules.permits import check_permit


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a registry said of a plate: a vehicle, None for no such vehicle, or why that is not known."""

    vehicle: RegisteredVehicle | None = None
    waits: WaitReason | None = None
    answer_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A near miss that was asked, and what came of it in one word."""

    plate: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a case came to; `vehicle` is the one that stands, with its trailer if that fits."""

    state: LookupState
    plate: Plate
    reason: str = ""
    vehicle: RegisteredVehicle | None = None
    trailer: RegisteredVehicle | None = None
    fit: Fit | None = None
    probability: float = 0.0
    doubts: tuple[LookupDoubt, ...] = ()
    tried: tuple[Tried, ...] = ()
    permits: tuple["PermitVerdict", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitVerdict:
    """A permit held against the passage: whether it covers it, what does not fit, what is unknown."""

    number: str
    covers: bool
    misfits: tuple[str, ...]
    unchecked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the plate was read: its probability in 0..1, and whether frames or station disagree."""

    plate: Plate
    confidence: float
    disputed: bool

    @property
    def sure(self) -> bool:
        """Tell whether a misreading is improbable."""
        return self.confidence >= SURE_READING and not self.disputed


def decide_own(reading: Reading, seen: Seen, own: Answered, trailer: RegisteredVehicle | None) -> Decision:
    """Decide by the plate as it was read; CONTRADICTED and UNREGISTERED call for its near misses."""
    if own.waits is not None:
        return Decision(state=LookupState.WAITING, plate=reading.plate, reason=own.waits.value)
    if own.vehicle is None:
        misread = () if reading.sure else (LookupDoubt.MAY_BE_MISREAD,)
        return Decision(state=LookupState.UNREGISTERED, plate=reading.plate, doubts=misread)
    found = fit(seen, own.vehicle, trailer)
    doubts = (*found.doubts, *suspicions(found, reading_is_sure=reading.sure))
    if found.contradicted:
        return Decision(
            state=LookupState.CONTRADICTED,
            plate=reading.plate,
            vehicle=own.vehicle,
            fit=found,
            probability=found.probability(reading.confidence),
            doubts=doubts,
        )
    return _identified(reading, seen, own.vehicle, trailer, found, doubts)


def decide_near_misses(
    decision: Decision,
    seen: Seen,
    near: Sequence[tuple[Plate, Answered]],
    trailer: RegisteredVehicle | None,
    others: Collection[str] = (),
) -> Decision:
    """Decide by the near misses of a plate that is not registered, or not to a vehicle that fits.

    A near miss stands only if it alone fits, its fit is strong, and every other one was answered and speaks
    against itself. It stands with a doubt that asks a person to confirm it; nothing is corrected silently.
    `others` are plates that other frames or the station read.
    """
    for _, answered in near:
        if answered.waits is not None and answered.waits is not WaitReason.NO_SOURCE:
            return replace(decision, state=LookupState.WAITING, reason=answered.waits.value)
    fits = [
        (plate, answered.vehicle, fit(seen, answered.vehicle, trailer))
        for plate, answered in near
        if answered.vehicle is not None
    ]
    strong = {plate.text for plate, _, found in fits if found.strong(read_elsewhere=plate.text in others)}
    words = {plate.text: _word(found, strong=plate.text in strong) for plate, _, found in fits}
    tried = tuple(
        Tried(plate=plate.text, outcome=words.get(plate.text, "no_source" if one.waits else "unregistered"))
        for plate, one in near
    )
    possible = [one for one in fits if not one[2].contradicted]
    if len(possible) == 1 and possible[0][0].text in strong:
        plate, vehicle, found = possible[0]
        # Half: before the registry spoke, the reading was against this plate.
        stands = Reading(plate=plate, confidence=0.5, disputed=True)
        doubts = (*found.doubts, LookupDoubt.PLATE_FROM_REGISTRY)
        return replace(_identified(stands, seen, vehicle, trailer, found, doubts), tried=tried)
    tied = (LookupDoubt.NEAR_MISSES_TIED,) if len(possible) > 1 else ()
    return replace(decision, doubts=(*decision.doubts, *tied), tried=tried)


def decide_permits(decision: Decision, permits: Sequence[Permit], use: PermitUse) -> Decision:
    """Close a finding that a permit covers; a permit that doesn't fit is shown as such."""
    checks = [(permit, check_permit(permit, use)) for permit in permits]
    verdicts = tuple(
        PermitVerdict(
            number=permit.number,
            # Height and width are not measured at a weighing station; plates and road must be known.
            covers=check.covers and not {"plate", "trailer_plate", "route"} & set(check.unchecked),
            misfits=tuple(check.misfits),
            unchecked=tuple(check.unchecked),
        )
        for permit, check in checks
    )
    if any(one.covers for one in verdicts) and decision.state is LookupState.IDENTIFIED:
        return replace(decision, state=LookupState.PERMITTED, permits=verdicts)
    doubt = (LookupDoubt.PERMIT_DOES_NOT_FIT,) if verdicts else ()
    return replace(decision, doubts=(*decision.doubts, *doubt), permits=verdicts)


def decide_waiting_permits(decision: Decision, reason: WaitReason) -> Decision:
    """Let a case wait whose party is known but not whether a permit covers the passage."""
    return replace(
        decision,
        state=LookupState.WAITING,
        reason=reason.value,
        doubts=(*decision.doubts, LookupDoubt.PERMITS_UNKNOWN),
    )


def permit_use(
    plate: str, trailer: str, *, on: date, road: str, decided_kg: int, length_mm: int
) -> PermitUse:
    """Return a passage as a permit sees it; `road` begins with the road's number."""
    return PermitUse(
        plate=plate,
        trailer_plate=trailer,
        on=on,
        road=road.split(maxsplit=1)[0] if road.split() else "",
        gross_kg=decided_kg,
        length_mm=length_mm or None,
    )


def _identified(
    reading: Reading,
    seen: Seen,
    vehicle: RegisteredVehicle,
    trailer: RegisteredVehicle | None,
    found: Fit,
    doubts: Sequence[LookupDoubt],
) -> Decision:
    more = list(doubts)
    if found.worth < WEAK:
        more.append(LookupDoubt.FIT_WEAK)
    draws = vehicle.axle_count is not None and seen.axle_count > vehicle.axle_count
    if draws and not found.trailer_fits:
        more.append(LookupDoubt.TRAILER_UNKNOWN)
    if vehicle.party is None or not vehicle.party.owner or not vehicle.party.address:
        more.append(LookupDoubt.PARTY_PARTIAL)
    return Decision(
        state=LookupState.IDENTIFIED,
        plate=reading.plate,
        vehicle=vehicle,
        trailer=trailer if found.trailer_fits else None,
        fit=found,
        probability=found.probability(reading.confidence),
        doubts=tuple(dict.fromkeys(more)),
    )


def _word(found: Fit, *, strong: bool) -> str:
    if found.contradicted:
        return "contradicted"
    return "fits" if strong else "fits_weakly"
