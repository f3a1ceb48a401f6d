"""Axles that were weighed twice: a vehicle that rolled back over the sensor counts as a longer one."""

from collections.abc import Iterator

import numpy as np

from models.values.driving import UNKNOWN_NUMBER, Manoeuvre
from pipeline.evasion.scene import Scene
from pipeline.evasion.sighting import Sighting


def reversing(scene: Scene) -> Iterator[Sighting]:
    """Yield vehicles with axles that went back, or with more between their axles than they are long."""
    back = scene.driving.reversed_axles
    yield Sighting(
        kind=Manoeuvre.REVERSING,
        needs="设备的倒轴数",
        observable=back != UNKNOWN_NUMBER,
        seen=back > 0,
        say=lambda at: f"设备测到{back[at]}根轴倒退，记录为{scene.batch.axle_count[at]}轴",
    )
    rules = scene.rules.reversing
    length, wheelbase = scene.batch.length_mm.astype(np.float64), scene.wheelbase_mm
    known = (length > 0) & ~np.isnan(wheelbase)
    too_long = (wheelbase > length * rules.over_length) & (wheelbase > length + rules.over_mm)
    yield Sighting(
        kind=Manoeuvre.REVERSING,
        needs="车长和轴距",
        observable=known,
        seen=np.asarray(known & too_long, dtype=np.bool_),
        say=lambda at: (
            f"轴距合计{wheelbase[at] / 1000:.1f}米，大于车长{length[at] / 1000:.1f}米，"
            f"{scene.batch.axle_count[at]}轴中应有重复计数"
        ),
    )
