"""Manoeuvres that the device itself states: the violation byte of roadside controllers."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from models.values.driving import BITS, UNKNOWN_BITS, Manoeuvre
from pipeline.evasion.scene import Scene
from pipeline.evasion.sighting import Sighting


def stated(scene: Scene) -> Iterator[Sighting]:
    """Yield what each bit says."""
    bits = scene.driving.bits
    observable = bits != UNKNOWN_BITS
    for bit, kind in enumerate(BITS):
        yield Sighting(
            kind=kind,
            needs="设备违规标记",
            observable=observable,
            seen=np.asarray(observable & ((bits >> bit & 1) == 1), dtype=np.bool_),
            say=partial(_words, bit),
        )


def _words(bit: int, _position: int) -> str:
    if BITS[bit] is Manoeuvre.UNSTATED:
        return "记录带有逃避检测标记"
    return f"设备违规标记第{bit}位"
