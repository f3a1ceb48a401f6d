"""What the plate benchmarks read: folders of labelled photos, split once and for all into two halves.

Everything that was chosen by trying was tried on the tuning half alone; the validation half is only reported.
"""

import csv
import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PHOTOS = Path(__file__).parents[1].parent / "shared" / "data" / "plates"
SETS = ("easypr_full", "ccpd_full", "easypr_crop", "lyl_crop", "lprnet_crop", "ccpd_rect", "real_two_row")
FULL = ("easypr_full", "ccpd_full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture, and the plates that can be seen in it as (text, colour, rows).

    `boxes` are those of a frame's plates as x1, y1, x2, y2 in pixels; crops have none.
    """

    set_name: str
    path: Path
    plates: tuple[tuple[str, str, int], ...]
    boxes: tuple[tuple[float, ...], ...] = ()

    @property
    def tuning(self) -> bool:
        """Whether the picture belongs to the tuning half.

        By the parity of the first byte of SHA-256 of the name without its ending and without a running
        number, so that a frame and the crops cut from it fall into the same half.
        """
        stem = re.sub(r"_\d$", "", self.path.stem)
        return hashlib.sha256(stem.encode()).digest()[0] % 2 == 0


def photos(set_name: str, folder: Path = PHOTOS) -> Iterator[Photo]:
    """Yield the pictures of one set in the order of its labels."""
    with (folder / set_name / "labels.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for name in dict.fromkeys(row["path"] for row in rows):
        own = [row for row in rows if row["path"] == name]
        plates = tuple((row["plate"], row["colour"], int(row["rows"])) for row in own)
        boxes = tuple(tuple(map(float, row["box"].split(","))) for row in own if row["kind"] == "full_frame")
        yield Photo(set_name=set_name, path=folder / set_name / name, plates=plates, boxes=boxes)


def interval(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    z = 1.96
    share = right / n
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max((middle - spread) / (1 + z * z / n), 0.0), min((middle + spread) / (1 + z * z / n), 1.0)
