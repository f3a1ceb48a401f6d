"""How partners are reached, whatever carries it: by network, or in a test by hand."""

from collections.abc import Callable
from dataclasses import dataclass


class UnreachableError(OSError):
    """The partner can't be reached now, or takes nothing in now; the next message would fare no better."""


class NotTakenError(ValueError):
    """The partner refuses this one message; the text is its problem document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """What can be asked of a partner by name; both raise UnreachableError.

    Attributes:
        post: brings a message and returns the reply; raises NotTakenError where it is refused.
        page: returns the next entries of the partner's log with us after a number, as JSON lines; a frozen
            partner's log is about to change, and is shown only where the last argument is true.

    """

    post: Callable[[str, bytes], bytes]
    page: Callable[[str, int, bool], bytes]
