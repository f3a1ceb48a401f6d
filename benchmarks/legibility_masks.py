"""Measure whether what is named and tinted on a covered plate is what is hidden: tuning half, made specimens.

    python benchmarks/legibility_masks.py --share 0.1

Skips with a reason where the photos are absent.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import cv2
import numpy as np
from legibility import of_plate
from legibility_data import loaded_reader, share_of, specimens
from legibility_made import Specimen
from plates_data import PHOTOS
from runner import RESULTS, machine

from models.values.legibility import Legibility, PlateLegibility
from models.values.plate_layout import character_cells
from pipeline.plates.find import part

SEED, SHARE = 8100, 0.1
# A character is hidden from here, readable below there; between the two it is neither.
HIDDEN, READABLE = 0.5, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Of each character of a specimen: the share that is hidden, whether it is tinted, whether named."""

    crop: bool
    hidden: tuple[float, ...]
    tinted: tuple[bool, ...]
    named: tuple[bool, ...]


def main() -> None:
    """Look at specimens and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=SHARE, help="share of all specimens to look at")
    parser.add_argument("--seed", type=int, default=SEED, help="of the specimens")
    given = parser.parse_args()
    if not PHOTOS.is_dir():
        print(f"skipped: no labelled photos at {PHOTOS}")
        return
    today = datetime.now(UTC).date()
    lines = [f"legibility, masks: {today}, tuning half, seed {given.seed}, share {given.share}"]
    lines += [*told(list(looked(given.share, given.seed))), *machine(("onnxruntime", "numpy")), ""]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"legibility-masks-{today}.txt").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def looked(share: float, seed: int) -> Iterator[Named]:
    """Yield what is tinted and named of each specimen that an object covers and that is called covered."""
    reader = loaded_reader()
    for one in specimens(tuning=True, seed=seed, share=share):
        if one.truth is not Legibility.COVERED or one.mask is None:
            continue
        seen = of_plate(one, reader.look(one.image, crop=one.plain.crop))
        if seen is not None and seen.legibility is Legibility.COVERED:
            places = range(1, len(one.hidden) + 1)
            yield Named(
                crop=one.plain.crop,
                hidden=one.hidden,
                tinted=tinted(one, seen),
                named=tuple(n in seen.hidden_places for n in places),
            )


def tinted(one: Specimen, seen: PlateLegibility) -> tuple[bool, ...]:
    """Tell of each character's true place whether half of it lies under the mask."""
    mask = np.zeros(one.image.shape[:2], dtype=np.uint8)
    for outline in seen.mask:
        cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], (1,))
    found = []
    for cell in character_cells(len(one.hidden), one.plain.rows):
        place = np.zeros_like(mask)
        cv2.fillPoly(place, [np.rint(part(one.corners, *cell)).astype(np.int32)], (1,))
        found.append(bool(mask[place > 0].mean() >= HIDDEN))
    return tuple(found)


def told(looked_at: Sequence[Named]) -> Iterator[str]:
    """Tell for crops and frames how much of what is hidden is marked, and how much that can be read."""
    for words, crop in (("crops", True), ("frames", False)):
        group = [one for one in looked_at if one.crop is crop]
        yield f"{words}: {len(group)} called covered"
        for what in ("tinted", "named"):
            pairs = [pair for one in group for pair in zip(one.hidden, getattr(one, what), strict=True)]
            hidden = [marked for share, marked in pairs if share >= HIDDEN]
            readable = [marked for share, marked in pairs if share < READABLE]
            both = sum(hidden) / max(len(hidden) + sum(readable), 1)
            yield share_of(f"  hidden characters {what}", sum(hidden), len(hidden))
            yield share_of(f"  readable characters {what}", sum(readable), len(readable))
            yield f"  overlap of hidden and {what}: {both:.2f}"


if __name__ == "__main__":
    main()
