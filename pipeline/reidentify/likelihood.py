"""How likely what was measured is if two passages are one vehicle, beside any vehicle of the fleet.

All are natural logarithms of a ratio, so that evidence adds up and 0 says nothing. Axles by the
model of Cetin, Monsere and Nichols (docs/evasion.md).
"""

from collections import Counter
from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch
from pipeline.reidentify.fleet import Fleet, Unread
from pipeline.reidentify.noise import Noise

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
# Another trailer, a lifted axle: how often a vehicle comes back on other axles.
OTHER_AXLES = 0.03
# How often a load stays on, just after and in the long run, and how fast that fades (judgement).
LOAD_STAYS, LOAD_LIKE, LOAD_FADES_H = 0.9, 0.05, 8.0
SAMPLE = 2000
# Width of kernels beside Scott's rule, which is for smooth densities: builders offer few wheelbases.
KERNEL = 0.35
# A fleet never holds all there is: so often a vehicle is like none of it, each
# spacing within so many mm, each load within so many powers of e.
ANYWHERE, ANY_LENGTH_MM, ANY_LOAD = 0.05, 3000.0, 2.5
CHARACTERS, SOME_DOUBT, OTHER_LENGTH = 34, 0.98, 0.01
SAME_COLOUR, OTHER_COLOUR = 1.5, 0.15
LEAST_LENGTHS = 20


def spacings(query: Unread, fleet: Fleet, at: Places, noise: Noise) -> Floats:
    """Return the ratio for the axle spacings of the passages `at` (M,); an error of speed is common."""
    axles = int(query.one("axle_count"))
    gaps = axles - 1
    mine = query.one("spacing_mm")[: max(gaps, 0)].astype(np.float64)
    others = fleet.of_axles(axles)
    if gaps < 1 or len(mine) < gaps or not (mine > 0).all() or not len(others):
        return np.zeros(len(at))
    alike = fleet.batch.axle_count[at] == axles
    same = np.full(len(at), -np.inf)
    theirs = fleet.batch.spacing_mm[at[alike]][:, :gaps].astype(np.float64)
    same[alike] = _normal(theirs - mine, noise.spacing_mm, noise.speed * mine)
    some = fleet.batch.spacing_mm[others[:: max(1, len(others) // SAMPLE)]][:, :gaps].astype(np.float64)
    anywhere = np.log(ANYWHERE) - gaps * np.log(ANY_LENGTH_MM)
    any_vehicle = np.logaddexp(np.log1p(-ANYWHERE) + _density(some, mine, noise.spacing_mm / 2), anywhere)
    return np.asarray(np.logaddexp(np.log1p(-OTHER_AXLES) + same - any_vehicle, np.log(OTHER_AXLES)))


def loads(query: Unread, fleet: Fleet, at: Places, noise: Noise) -> Floats:
    """Return the ratio for the axle loads (M,): the same load as then, or another one."""
    axles = int(query.one("axle_count"))
    mine = query.one("axle_kg")[:axles].astype(np.float64)
    ratio = np.zeros(len(at))
    others = _weighed(fleet, fleet.of_axles(axles), axles)
    alike = np.isin(at, others)
    if len(mine) < axles or not (mine > 0).all() or not alike.any():
        return ratio
    logs = np.log(mine)
    theirs = np.log(fleet.batch.axle_kg[at[alike]][:, :axles])
    same = _normal(theirs - logs, noise.axle, np.full(axles, noise.gross))
    some = np.log(fleet.batch.axle_kg[others[:: max(1, len(others) // SAMPLE)]][:, :axles])
    anything = np.log(ANYWHERE) - axles * np.log(ANY_LOAD)
    any_load = np.logaddexp(np.log1p(-ANYWHERE) + _density(some, logs, noise.axle / 2), anything)
    hours = np.abs(fleet.batch.passed_at_ms[at[alike]] - query.one("passed_at_ms")) / 3_600_000
    stays = LOAD_LIKE + (LOAD_STAYS - LOAD_LIKE) * np.exp(-hours / LOAD_FADES_H)
    ratio[alike] = np.logaddexp(np.log(stays) + same - any_load, np.log1p(-stays))
    return ratio


def _weighed(fleet: Fleet, at: Places, axles: int) -> Places:
    """Return those of the positions whose every axle has a load."""
    return at[(fleet.batch.axle_kg[at][:, :axles] > 0).all(axis=1)]


def _normal(off: Floats, own: float, common: Floats) -> Floats:
    """Return the density (M,) of differences (M, D): each its own error, and one along `common`."""
    own2, along = 2 * own**2, np.sqrt(2) * common
    whole = own2 + float(along @ along)
    square = ((off**2).sum(axis=1) - (off @ along) ** 2 / whole) / own2
    determinant = (off.shape[1] - 1) * np.log(own2) + np.log(whole)
    return np.asarray(-(square + determinant + off.shape[1] * np.log(2 * np.pi)) / 2, dtype=np.float64)


def _density(sample: Floats, point: Floats, least: float) -> float:
    """Return the density at a point (D,) by kernels on a sample (n, D), wide by its spread and size."""
    size, dimensions = sample.shape
    width = np.maximum(KERNEL * sample.std(axis=0) * size ** (-1 / (dimensions + 4)), least)
    heights = -(((sample - point) / width) ** 2).sum(axis=1) / 2
    top = float(heights.max())
    mean = top + log(float(np.exp(heights - top).mean()))
    return float(mean - np.log(width).sum() - dimensions * log(2 * np.pi) / 2)


def overhangs(query: Unread, fleet: Fleet, at: Places, noise: Noise) -> Floats:
    """Return the ratio for what a vehicle is longer than its axles, where both lengths are known."""
    theirs, known = _overhangs(fleet.batch)
    mine, measured = _overhangs(query.batch)
    population = theirs[known]
    if not measured[0] or len(population) < LEAST_LENGTHS:
        return np.zeros(len(at))
    error, spread = np.sqrt(2) * noise.length_mm, float(np.hypot(population.std(), noise.length_mm))
    same = -(((theirs[at] - mine[0]) / error) ** 2) / 2 - np.log(error)
    other = -(((mine[0] - population.mean()) / spread) ** 2) / 2 - np.log(spread)
    return np.where(known[at], np.maximum(same - other, np.log(OTHER_AXLES)), 0.0)


def _overhangs(batch: PassageBatch) -> tuple[Floats, NDArray[np.bool_]]:
    return (batch.length_mm - batch.spacing_mm.sum(axis=1)).astype(np.float64), batch.length_mm > 0


def plates(query: Unread, fleet: Fleet, at: Places) -> Floats:
    """Return the ratio for the characters read of the plate; `?` stands for one that nobody saw.

    A character that half the fleet bears says little: most trucks are of the province.
    """
    if not query.read:
        return np.zeros(len(at))
    usual = fleet.characters.get(len(query.read), [])
    known = {plate: _plate(query, plate, usual) for plate in set(fleet.plate[at].tolist())}
    return np.array([known[plate] for plate in fleet.plate[at].tolist()])


def _plate(query: Unread, plate: str, usual: Sequence[Counter[str]]) -> float:
    if len(plate) != len(query.read):
        return log(OTHER_LENGTH)
    total = 0.0
    for seen, sure, true, others in zip(query.read, query.sure, plate, usual, strict=True):
        if seen != "?":
            right = min(sure, SOME_DOUBT)
            wrong = (1 - right) / (CHARACTERS - 1)
            share = (others[seen] + 1) / (others.total() + CHARACTERS)
            by_chance = right * share + wrong * (1 - share)
            total += log((right if seen == true else wrong) / by_chance)
    return total


def colours(query: Unread, fleet: Fleet, at: Places) -> Floats:
    """Return the ratio for the colour of the plate, where both are known."""
    theirs = fleet.colour[at]
    known = (theirs != "") & (query.colour != "")
    ratio = np.where(theirs == query.colour, np.log(SAME_COLOUR), np.log(OTHER_COLOUR))
    return np.where(known, ratio, 0.0)
