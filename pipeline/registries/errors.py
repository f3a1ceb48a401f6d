"""What can go wrong with a registry; there are two kinds, and who asks must tell them apart.

RegistryError
├── PlateFailedError    this plate failed: go on with the next
└── SourceDownError     this source can't be used: stop asking it, its cases wait

Their texts name what was wrong with an answer, never what stood in it: they go to logs.
"""

from models.values.lookups import WaitReason


class RegistryError(RuntimeError):
    """Base of both kinds; `reason` is what a waiting case shows."""

    def __init__(self, reason: WaitReason, detail: str = "", *, retry_after_s: float | None = None) -> None:
        """Keep reason, detail and, where the registry said so, how long to wait before the next try."""
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.retry_after_s = retry_after_s


class PlateFailedError(RegistryError):
    """A query failed for one plate; processing continues with the next."""


class SourceDownError(RegistryError):
    """The source can't be used at all, such as without authorisation; callers stop asking it."""
