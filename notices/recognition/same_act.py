"""Whether two claims are of one act, computed from nothing but what both say.

No published text fixes the time within which two records are one act (行政处罚法 art. 29 has none), so
each claim names the policy that its agencies agreed on. One trip with one load is one act: the same
vehicle, the same kind of act, the same direction, the same axles, and a mass that two devices can differ
in. What a claim leaves unknown separates nothing: in doubt a driver is fined once, not twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from notices.recognition.claim import Claim

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One agreement: the longest time apart, and how many times the devices' errors the masses may differ."""

    window_h: float
    mass_errors: float


# An assumption that the agreement of the agencies replaces by a policy with a name of its own.
POLICIES: Mapping[str, Policy] = MappingProxyType({"assumed-1": Policy(window_h=24, mass_errors=1.0)})


class UnknownPolicyError(ValueError):
    """A claim names an agreement that this agency does not have."""


def same_act(one: Claim, other: Claim, policies: Mapping[str, Policy] = POLICIES) -> bool:
    """Tell whether fining both would be fining twice; the order of the two makes no difference.

    Where the claims name different policies, what either takes for one act is one act.

    Raises:
        UnknownPolicyError: a policy is not among `policies`.

    """
    named = [_policy(claim, policies) for claim in (one, other)]
    return any(_joins(policy, one, other) for policy in named)


def _policy(claim: Claim, policies: Mapping[str, Policy]) -> Policy:
    if claim.policy not in policies:
        raise UnknownPolicyError(
            f"claim {claim.id}: expected one of {sorted(policies)}, got {claim.policy!r}"
        )
    return policies[claim.policy]


def _joins(policy: Policy, one: Claim, other: Claim) -> bool:
    return (
        (one.plate, one.plate_colour, one.violation) == (other.plate, other.plate_colour, other.violation)
        and abs(one.passed_ms - other.passed_ms) <= policy.window_h * HOUR_MS
        and _agree(one.heading, other.heading)
        and _agree(one.axles, other.axles)
        and _masses_agree(policy, one, other)
    )


def _agree(one: str | int, other: str | int) -> bool:
    return not one or not other or one == other


def _masses_agree(policy: Policy, one: Claim, other: Claim) -> bool:
    if not one.gross_kg or not other.gross_kg:
        return True
    errors = one.gross_kg * one.mpe_percent + other.gross_kg * other.mpe_percent
    return abs(one.gross_kg - other.gross_kg) * 100 <= policy.mass_errors * errors
