"""The axle diagram: axles at their true distances, loads as bars, drawn as plain numbers for an SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, MARGIN = 600.0, 44.0
TALLEST = 70.0
# Spacings that were not recorded are drawn evenly.
UNKNOWN_MM = 3000
FULL_BAR_KG = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Axle:
    """One axle: its place `x` and its load, the bar `height` and `y` in the units of the drawing."""

    number: int
    x: float
    load_kg: int
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The distance between two axles, written at `x`."""

    x: float
    spacing_mm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AxleDrawing:
    """A truck from its side, front axle on the left, in a box of WIDTH units; `known` says to scale."""

    axles: tuple[Axle, ...]
    gaps: tuple[Gap, ...]
    known: bool

    @property
    def words(self) -> str:
        """Return the drawing in words, for who can't see it."""
        loads = "、".join(f"第{axle.number}轴{axle.load_kg:,}千克" for axle in self.axles)
        gaps = "、".join(f"{gap.spacing_mm}毫米" for gap in self.gaps if self.known)
        return f"{loads}；轴距{gaps}" if gaps else f"{loads}；轴距未记录"


def draw_axles(loads_kg: Sequence[int], spacings_mm: Sequence[int]) -> AxleDrawing:
    """Lay out axles by their loads (A,) and spacings (A - 1,), millimetres."""
    count = len(loads_kg)
    known = count > 1 and len(spacings_mm) >= count - 1 and all(gap > 0 for gap in spacings_mm[: count - 1])
    gaps = list(spacings_mm[: count - 1]) if known else [UNKNOWN_MM] * max(count - 1, 0)
    scale = (WIDTH - 2 * MARGIN) / max(sum(gaps), 1)
    places = [MARGIN + scale * sum(gaps[:number]) for number in range(count)]
    # Axles of a group stand close; every second distance is written a line lower by the template.
    return AxleDrawing(
        axles=tuple(
            Axle(
                number=number + 1,
                x=round(x, 1),
                load_kg=load,
                height=round(min(load / FULL_BAR_KG, 1) * TALLEST, 1),
            )
            for number, (x, load) in enumerate(zip(places, loads_kg, strict=True))
        ),
        gaps=tuple(
            Gap(x=round((places[number] + places[number + 1]) / 2, 1), spacing_mm=gap)
            for number, gap in enumerate(gaps)
        ),
        known=known,
    )
