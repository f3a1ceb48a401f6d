"""Grow the two forests by which legibility is judged, on the tuning half of the photos.

    python benchmarks/legibility_fit.py --collect --fit

Writes `pipeline/plates/legibility.npz`. The cells' votes that the plates learn from are those of trees that
did not see the same photo.
"""

import argparse
import hashlib
import pickle
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from forest import grow
from legibility_data import Looked, looked_at, specimens
from numpy.typing import NDArray
from plates_data import SETS

from pipeline.plates.legibility import CELL_CLASSES, FOREST, PLATE_CLASSES, Forest, plate_row
from pipeline.plates.look import load_looking_reader

ROOT = Path(__file__).parents[1]
COLLECTED, WEIGHTS = ROOT / "build" / "legibility-tuning.pickle", ROOT / "build" / "weights"
SEED, SHARE = 200, 0.16
CELL_TREES, CELL_DEPTH, PLATE_TREES, PLATE_DEPTH = 40, 9, 60, 10
# A character hidden by this much is hidden; between the two it teaches nothing.
HIDDEN, SEEN = 0.5, 0.12
READ = 0.9
_FIELDS = ("roots", "feature", "at_most", "left", "right", "votes")
Floats = NDArray[np.float32]
Ints = NDArray[np.intp]


def main() -> None:
    """Collect, fit, or both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collect", action="store_true", help="look at the specimens of the tuning half")
    parser.add_argument("--fit", action="store_true", help="grow the forests on what was collected")
    given = parser.parse_args()
    if given.collect:
        COLLECTED.parent.mkdir(exist_ok=True)
        with ProcessPoolExecutor(2) as pool:
            parts = [one for part in pool.map(collect, SETS) for one in part]
        COLLECTED.write_bytes(pickle.dumps(parts))
    if given.fit:
        fit(pickle.loads(COLLECTED.read_bytes()))  # noqa: S301  what --collect wrote


def collect(set_name: str) -> list[Looked]:
    """Look at the specimens of one set of the tuning half."""
    reader = load_looking_reader(WEIGHTS, threads=1)
    made = specimens(tuning=True, seed=SEED, share=SHARE, sets=(set_name,))
    looked = [looked for one in made for looked in looked_at(reader, one)]
    print(set_name, len(looked), flush=True)
    return looked


def fit(looked: Sequence[Looked]) -> tuple[Forest, Forest]:
    """Grow both forests and write them."""
    looked = sorted(looked, key=lambda one: (one.name, one.kind, one.measured.plate.tobytes()))
    names = sorted({one.name for one in looked})
    halves = dict(zip(names, np.random.default_rng(SEED).permutation(len(names)) % 2, strict=True))
    by_half = [_cells([one for one in looked if halves[one.name] == half]) for half in (0, 1)]
    rows, labels = [], []
    for one in looked:
        label = plate_label(one)
        if label is not None:
            votes = by_half[1 - halves[one.name]].shares(one.measured.cells)
            rows.append(plate_row(one.measured, votes))
            labels.append(PLATE_CLASSES.index(label))
    features, classes = np.array(rows, dtype=np.float32), np.array(labels)
    print("plates", dict(zip(PLATE_CLASSES, np.bincount(classes), strict=True)))
    plates = grow(
        features,
        classes,
        _weights(classes, 0.6),
        classes=len(PLATE_CLASSES),
        trees=PLATE_TREES,
        depth=PLATE_DEPTH,
        seed=SEED,
    )
    cells = _cells(looked)
    write(cells, plates, FOREST)
    return cells, plates


def _cells(looked: Iterable[Looked]) -> Forest:
    pairs = [
        (one.measured.cells[n], CELL_CLASSES.index(label))
        for one in looked
        for n in range(len(one.measured.cells))
        if (label := cell_label(one, n)) is not None
    ]
    features, classes = np.array([one for one, _ in pairs], dtype=np.float32), np.array([n for _, n in pairs])
    return grow(
        features,
        classes,
        _weights(classes, 0.5),
        classes=len(CELL_CLASSES),
        trees=CELL_TREES,
        depth=CELL_DEPTH,
        seed=SEED,
    )


def cell_label(one: Looked, n: int) -> str | None:
    """Return what a character is to be called; None where it teaches nothing."""
    if not one.on_plate:
        return None
    read = len(one.place.characters) == len(one.measured.cells) and one.place.characters[n] > READ
    hidden = one.hidden[n] if one.hidden else 0.0
    match one.kind:
        case "plain" | "shadow":
            return "visible"
        case "flipped":
            return "object"
        case "object" | "dirt":
            if hidden >= HIDDEN:
                return one.kind
            return "visible" if hidden < SEEN else None
        case "fault" | "cut_off" | "bent":
            return "visible" if read else "lost"
    return None


def plate_label(one: Looked) -> str | None:
    """Return what a plate is to be called; None where it teaches nothing."""
    read = bool(one.place.characters) and min(one.place.characters) > READ
    if not one.on_plate:
        return "nothing" if not one.place.characters and one.kind in {"plain", "missing", "object"} else None
    match one.kind:
        case "plain" | "shadow":
            return "clear"
        case "missing":
            return "nothing"
        case "flipped":
            return "covered"
        case "object":
            return one.truth if one.truth in {"covered", "clear"} else None
    if read:
        return "clear"
    if one.kind == "dirt":
        return "dirty" if one.most_hidden > 0.3 else None  # noqa: PLR2004  enough to see
    return "damaged" if one.kind == "bent" else "camera"


def _weights(classes: Ints, power: float) -> Floats:
    """Return weights that raise what is rare, but not to the share of what is common."""
    weights = (1 / np.bincount(classes) ** power)[classes]
    return np.asarray(weights / weights.mean(), dtype=np.float32)


def write(cells: Forest, plates: Forest, path: Path) -> None:
    """Write both forests, votes in half precision, named by what is in them: same data, same bytes."""
    kept: dict[str, NDArray[np.generic]] = {}
    for name, forest in (("cell", cells), ("plate", plates)):
        for field in _FIELDS:
            values = getattr(forest, field)
            kept[f"{name}_{field}"] = values.astype(np.float16) if field == "votes" else values
    digest = hashlib.sha256(b"".join(kept[name].tobytes() for name in sorted(kept)))
    np.savez_compressed(path, made=np.array(digest.hexdigest()[:10]), **kept)


if __name__ == "__main__":
    main()
