"""The fleet: passages whose vehicle is known, found by what is like them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """N readable passages and their vehicles.

    Attributes:
        batch: what was measured, `plate_front` aside.
        ids: (N,) int64.
        station: (N,) object, station ids.
        plate: (N,) object, never "".
        colour: (N,) object, word of a `PlateColour`, "" unknown.
        by_axles: positions by axle count, in order of wheelbase, and the wheelbases.
        vehicles: every plate once.
        characters: by length of plate, how many plates bear each character in each place.

    """

    batch: PassageBatch
    ids: NDArray[np.int64]
    station: NDArray[np.object_]
    plate: NDArray[np.object_]
    colour: NDArray[np.object_]
    by_axles: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = field(init=False)
    vehicles: frozenset[str] = field(init=False)
    characters: dict[int, list[Counter[str]]] = field(init=False)

    def __post_init__(self) -> None:
        """Sort the passages once, so that a search looks at few of them."""
        wheelbase = self.batch.spacing_mm.sum(axis=1)
        index: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        for count in np.unique(self.batch.axle_count).tolist():
            places = np.flatnonzero(self.batch.axle_count == count)
            order = places[np.argsort(wheelbase[places], kind="stable")]
            index[count] = (order, wheelbase[order])
        object.__setattr__(self, "by_axles", index)
        vehicles = frozenset(self.plate.tolist())
        object.__setattr__(self, "vehicles", vehicles)
        lengths = {len(plate) for plate in vehicles}
        alike = {length: [one for one in vehicles if len(one) == length] for length in lengths}
        usual = {
            length: [Counter(place) for place in zip(*some, strict=True)] for length, some in alike.items()
        }
        object.__setattr__(self, "characters", usual)

    def __len__(self) -> int:
        return len(self.ids)

    def near(self, axles: int, wheelbase_mm: float, reach_mm: float) -> NDArray[np.int64]:
        """Return the positions with as many axles and a wheelbase within reach."""
        order, wheelbase = self.by_axles.get(axles, (np.zeros(0, np.int64), np.zeros(0, np.int64)))
        first = np.searchsorted(wheelbase, wheelbase_mm - reach_mm)
        last = np.searchsorted(wheelbase, wheelbase_mm + reach_mm, side="right")
        return order[first:last]

    def of_axles(self, axles: int) -> NDArray[np.int64]:
        """Return the positions with as many axles."""
        return self.by_axles.get(axles, (np.zeros(0, np.int64), np.zeros(0, np.int64)))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """One passage whose vehicle is not known; `read` are the characters seen of its plate, `sure` of each."""

    batch: PassageBatch
    station: str
    read: str = ""
    sure: tuple[float, ...] = ()
    colour: str = ""

    def one(self, name: str) -> Any:  # noqa: ANN401 (a column's value)
        """Return a column's only value."""
        return getattr(self.batch, name)[0]
