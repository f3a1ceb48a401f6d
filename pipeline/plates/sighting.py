"""Sightings of plates: each one outline and what the recognisers made of it, several to a plate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.values.plates import PlateColour
from pipeline.plates.find import Candidate, box_of, overlap
from pipeline.plates.weigh import LENGTHS, View

# Two outlines that share this much of the smaller one are the same plate.
SAME_PLATE_OVERLAP = 0.5
# Where both recognisers read the same with this confidence, nothing more is asked: 2 of 910 such readings of
# the development photos differed from the label, one of them by the label's fault.
SURE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """One outline of a plate and what the recognisers made of it.

    `score` is the corner detector's; text boxes have none, 0. `third` is the third recogniser's view, where
    it was asked; `closer` says that the plate was looked at once more, `cut_off` that the frame ends at its
    left or right, `overlaid` (0..1) how much of it text burnt into the picture had hidden.
    """

    candidate: Candidate
    score: float
    colour: PlateColour
    views: tuple[View, ...]
    third: View | None = None
    closer: bool = False
    cut_off: bool = False
    overlaid: float = 0.0

    @property
    def sure(self) -> bool:
        """Whether all recognisers read the same, and surely, and the colour bears such a plate."""
        best = [view.decoded[0] if view.decoded else None for view in self.views]
        text = best[0].text if best[0] else ""
        agreed = len(best) > 1 and all(
            one is not None and one.text == text and one.confidence >= SURE for one in best
        )
        return agreed and LENGTHS.get(self.colour, len(text)) == len(text)

    @property
    def legible(self) -> float:
        """The confidence of the recognisers in their own best plates, on the whole."""
        return sum(view.decoded[0].confidence for view in self.views if view.decoded) / max(
            len(self.views), 1
        )


def by_plate(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    """Return the sightings by plate, the most legible of each first."""
    groups: list[list[Sighting]] = []
    for sighting in sorted(sightings, key=lambda one: -one.legible):
        box = box_of(sighting.candidate.corners)
        group = next(
            (g for g in groups if overlap(box, box_of(g[0].candidate.corners)) > SAME_PLATE_OVERLAP), None
        )
        if group is None:
            groups.append([sighting])
        else:
            group.append(sighting)
    return groups


def shown_by(group: Sequence[Sighting], text: str) -> Sighting:
    """Return the sighting that shows `text` best; by their corners where there is a choice."""
    reading_it = [
        sighting
        for sighting in group
        if any(view.decoded and view.decoded[0].text == text for view in sighting.views)
    ]
    return max(reading_it or group, key=lambda one: (one.score > 0, one.legible))
