"""Grow a forest of decision trees (Breiman 2001) with numpy: seeded, weighted, small."""

# ruff: noqa: PLR0913 (what a tree is grown from)

import numpy as np
from numpy.typing import NDArray

from pipeline.plates.legibility import Forest

Floats = NDArray[np.float32]


def grow(
    features: Floats,
    labels: NDArray[np.intp],
    weights: Floats,
    *,
    classes: int,
    trees: int,
    depth: int,
    seed: int,
) -> Forest:
    """Return a forest; a split looks at the square root of all features, at 24 values of each."""
    nodes: list[tuple[int, float, int, int, Floats]] = []
    roots = []
    for number in range(trees):
        rng = np.random.default_rng([seed, number])
        rows = rng.integers(0, len(features), len(features))
        roots.append(_tree(features, labels, weights, rows, classes, depth, rng, nodes))
    return Forest(
        roots=np.array(roots, dtype=np.int32),
        feature=np.array([one[0] for one in nodes], dtype=np.int16),
        at_most=np.array([one[1] for one in nodes], dtype=np.float32),
        left=np.array([one[2] for one in nodes], dtype=np.int32),
        right=np.array([one[3] for one in nodes], dtype=np.int32),
        votes=np.array([one[4] for one in nodes], dtype=np.float32),
    )


def _tree(features, labels, weights, rows, classes, depth, rng, nodes) -> int:  # noqa: ANN001 PLR0917
    """Grow one node with all below it; return its number."""
    counts = np.bincount(labels[rows], weights[rows], minlength=classes)
    number = len(nodes)
    # One more row of every class keeps small leaves from being certain.
    votes = ((counts + 0.1) / (counts + 0.1).sum()).astype(np.float32)
    nodes.append((-1, 0.0, 0, 0, votes))
    if depth == 0 or len(rows) < 8 or (counts > 0).sum() < 2:  # noqa: PLR2004  nothing left to tell apart
        return number
    best = _split(features, labels, weights, rows, classes, rng)
    if best is None:
        return number
    feature, at_most = best
    goes = features[rows, feature] <= at_most
    left = _tree(features, labels, weights, rows[goes], classes, depth - 1, rng, nodes)
    right = _tree(features, labels, weights, rows[~goes], classes, depth - 1, rng, nodes)
    nodes[number] = (feature, at_most, left, right, votes)
    return number


def _split(features, labels, weights, rows, classes, rng) -> tuple[int, float] | None:  # noqa: ANN001
    """Return the feature and the value that part the rows best (Gini), each part of at least three."""
    best, found = 0.0, None
    own = np.zeros((len(rows), classes), dtype=np.float64)
    own[np.arange(len(rows)), labels[rows]] = weights[rows]
    total = own.sum(axis=0)
    impure = total.sum() - (total**2).sum() / total.sum()
    chosen = rng.choice(features.shape[1], max(int(features.shape[1] ** 0.5 * 1.5), 1), replace=False)
    for feature in chosen.tolist():
        values = features[rows, feature]
        cuts = np.unique(rng.choice(values, 24))
        below = values[None] <= cuts[:, None]
        left = below.astype(np.float64) @ own
        right = total - left
        enough = (below.sum(axis=1) >= 3) & ((~below).sum(axis=1) >= 3)  # noqa: PLR2004
        after = sum(
            side.sum(axis=1) - (side**2).sum(axis=1) / np.maximum(side.sum(axis=1), 1e-9)
            for side in (left, right)
        )
        gain = np.where(enough, impure - after, 0)
        n = int(gain.argmax())
        if gain[n] > best:
            best, found = float(gain[n]), (feature, float(cuts[n]))
    return found
