"""Fit how probable it is that a reading is right, on the tuning half and on rendered plates.

    python benchmarks/plates_fit.py --collect --fit

Tells how well it holds on the validation half. Writes `pipeline/plates/calibration.toml` and the diagram
`docs/plates-reliability.png`.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plates_chart import calibration_error, reliability_chart
from plates_covered import spoilt
from plates_data import FULL, SETS, interval, photos
from plates_rendered import no_plates, rendered

from models.values.plates import MOST_DOUBTED
from pipeline.frame_files import load_frame
from pipeline.plates.calibration import PARAMETERS, confidence, evidence_of
from pipeline.plates.read import PaddlePlateReader, load_reader

ROOT = Path(__file__).parents[1]
COLLECTED = ROOT / "build" / "plates-features.json"
WEIGHTS = ROOT / "build" / "weights"
SEED, SEED_SPOILT = 11, 5
RENDERED, SIGNS = 300, 100
# A rendered plate, or a photo spoilt on purpose, teaches less about real ones than a photo as it is.
MADE = ("rendered", "spoilt")
MADE_WEIGHT = 0.1
PENALTY = 1.0
SHOWN, SURE = 0.8, 0.95
ENOUGH = 1e-8
# These speak against a reading, all others for it.
AGAINST = (
    "narrow",
    "anhui_in_doubt",
    "contradicted",
    "short",
    "cut_off",
    "overlaid",
    "province_alone",
    "rivalled",
)
Floats = NDArray[np.float64]
CARD = """\
# How probable it is that a reading is right: a logistic regression on the features that
# `pipeline.plates.calibration` takes of it.
#
# Fitted on {day} by `python benchmarks/plates_fit.py --fit` to {n} readings (`--collect`, seed {seed}):
# the tuning half of the labelled photos, {spoilt} in frames spoilt on purpose, {rendered} plates and {signs}
# signs rendered by the project (one of these counts {weight}). On the validation half, {m} readings:
# calibration error {error:.3f} (with the first recogniser's own confidence {plain:.3f}); {sure} of them
# at {least} or above, {wrong} of those differ from the label. That half was looked at before.
# Whatever is told here, a reading whose province only one recogniser sees, or in which one of the first two
# thinks of another character, is held at {doubted}.
# Not among them: plates of the police and of embassies, and few photos by infrared flash.
"""


def main() -> None:
    """Collect, fit, write, and say how well it holds on the validation half."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--collect", action="store_true", help="read every picture and keep what speaks for it"
    )
    parser.add_argument(
        "--fit", action="store_true", help="fit what was collected last, and write the result"
    )
    given = parser.parse_args()
    if given.collect:
        COLLECTED.parent.mkdir(exist_ok=True)
        COLLECTED.write_text(json.dumps(list(collect()), ensure_ascii=False), encoding="utf-8")
    if not given.fit:
        print("nothing fitted: that is done with --fit, from what --collect has read")
        return
    rows = json.loads(COLLECTED.read_text(encoding="utf-8"))
    names = list(rows[0]["features"])
    tuning = [row for row in rows if row["tuning"]]
    weights = np.array([MADE_WEIGHT if row["set"] in MADE else 1.0 for row in tuning])
    values = fit_sensibly(names, tuning, weights)
    validation = [row for row in rows if not row["tuning"] and row["set"] not in MADE]
    parameters = dict(zip(["intercept", *names], values.tolist(), strict=True))
    told = _told(validation, parameters)
    before = np.array([row["before"] for row in validation])
    right = _right(validation)
    for words, shares in (("before", before), ("after", told)):
        print(f"validation half, {words}: calibration error {calibration_error(shares, right):.4f}")
    for threshold in (0.5, 0.8, 0.9, 0.95, 0.99):
        kept = right[told >= threshold]
        low, high = interval(int(kept.sum()), len(kept))
        wrong = int((1 - kept).sum())
        print(f"  at {threshold:.2f}: {len(kept)} kept, {wrong} wrong, right {low:.4f} to {high:.4f}")
    hidden = [row for row in rows if not row["tuning"] and row["set"] == "spoilt" and not row["right"]]
    invented = _told(hidden, parameters)
    print(
        f"validation half, first character hidden: {int((invented >= SHOWN).sum())} told at {SHOWN} or above"
    )
    sure = told >= SURE
    card = CARD.format(
        day=datetime.now(UTC).date(),
        seed=SEED,
        n=len(tuning),
        rendered=RENDERED,
        signs=SIGNS,
        weight=MADE_WEIGHT,
        spoilt=sum(row["set"] == "spoilt" for row in tuning),
        m=len(validation),
        error=calibration_error(told, right),
        plain=calibration_error(before, right),
        doubted=MOST_DOUBTED,
        sure=int(sure.sum()),
        least=SURE,
        wrong=int((1 - right[sure]).sum()),
    )
    lines = [f"{name} = {value:.4f}" for name, value in parameters.items()]
    PARAMETERS.write_text(card + "\n[logistic]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    reliability_chart(before, told, right, ROOT / "docs" / "plates-reliability.png")


def collect() -> Iterator[dict[str, Any]]:
    """Yield for each reading of every picture what speaks for it, and whether it is right."""
    reader = load_reader(WEIGHTS, threads=1)
    for set_name in SETS:
        for photo in photos(set_name):
            image = load_frame(photo.path)
            truth = {plate for plate, _, _ in photo.plates}
            yield from _rows(reader, image, truth, set_name, tuning=photo.tuning, crop=set_name not in FULL)
    for frame in spoilt(seed=SEED_SPOILT):
        tuning = frame.photo.tuning
        yield from _rows(reader, frame.image, set(frame.texts), "spoilt", tuning=tuning, crop=False)
    for one in (*rendered(RENDERED, seed=SEED), *no_plates(SIGNS, seed=SEED)):
        yield from _rows(reader, one.image, {one.text}, "rendered", tuning=True, crop=False)


def _rows(
    reader: PaddlePlateReader,
    image: NDArray[np.uint8],
    truth: set[str],
    set_name: str,
    *,
    tuning: bool,
    crop: bool,
) -> Iterator[dict[str, Any]]:
    for group in reader.sighted_crop(image) if crop else reader.sighted(image):
        evidence = evidence_of(group, reader.symbols)
        if evidence is not None:
            first = evidence.weighed.peaks[np.array(evidence.weighed.recognisers) == "first"]
            yield {
                "set": set_name,
                "text": evidence.text,
                "truth": sorted(truth),
                "tuning": tuning,
                "right": evidence.text in truth,
                "features": evidence.features,
                "before": float(first.prod(axis=1).max(initial=0.0)),
            }


def fit_sensibly(names: Sequence[str], rows: Sequence[dict[str, Any]], weights: Floats) -> Floats:
    """Return intercept and coefficients; a feature that would speak the wrong way round is left out, as 0."""
    kept = list(names)
    while True:
        values = fit(_table(rows, kept), _right(rows), weights)
        slopes = dict(zip(kept, values[1:].tolist(), strict=True))
        wrong = {name: slope for name, slope in slopes.items() if slope * (-1 if name in AGAINST else 1) < 0}
        if not wrong:
            return np.array([values[0], *(slopes.get(name, 0.0) for name in names)])
        kept.remove(max(wrong, key=lambda name: abs(wrong[name])))


def fit(table: Floats, right: Floats, weights: Floats) -> Floats:
    """Return intercept and coefficients by Newton's method, with a ridge penalty on standardised features."""
    middle, spread = table.mean(axis=0), table.std(axis=0) + 1e-9
    design = np.hstack([np.ones((len(table), 1)), (table - middle) / spread])
    ridge = np.diag([0.0] + [PENALTY] * table.shape[1])
    values = np.zeros(design.shape[1])
    for _ in range(50):
        told = 1 / (1 + np.exp(-design @ values))
        slope = design.T @ (weights * (right - told)) - ridge @ values
        curve = (design * (weights * told * (1 - told))[:, None]).T @ design + ridge
        step = np.linalg.solve(curve + 1e-9 * np.eye(len(curve)), slope)
        values += step
        if np.abs(step).max() < ENOUGH:
            break
    slopes = values[1:] / spread
    return np.concatenate([[values[0] - slopes @ middle], slopes])


def _table(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> Floats:
    return np.array([[row["features"][name] for name in names] for row in rows])


def _told(rows: Sequence[dict[str, Any]], parameters: dict[str, float]) -> Floats:
    return np.array([confidence(row["features"], parameters) for row in rows])


def _right(rows: Iterable[dict[str, Any]]) -> Floats:
    return np.array([float(row["right"]) for row in rows])


if __name__ == "__main__":
    main()
