"""What every step of sealing refuses with."""

from models.errors import NotDoneError


class SealError(NotDoneError, RuntimeError):
    """Nothing was sealed; the message says why."""
