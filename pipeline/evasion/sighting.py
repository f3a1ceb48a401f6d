"""What one detector has to say of a day."""

from collections.abc import Callable
from dataclasses import dataclass

from models.values.driving import Manoeuvre
from pipeline.evasion.scene import Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One manoeuvre by one kind of evidence.

    Attributes:
        kind: the manoeuvre.
        needs: what a record must hold for it to be seen, in Chinese.
        observable: (N,) bool, the record holds it; elsewhere nothing can be said.
        seen: (N,) bool.
        spoils: (N,) bool, where seen it spoils the weighing; elsewhere it is told and excused.
        say: what was seen of the passage at a position, a Chinese sentence without its full stop.

    """

    kind: Manoeuvre
    needs: str
    observable: Mask
    seen: Mask
    say: Callable[[int], str]
    spoils: Mask | None = None
