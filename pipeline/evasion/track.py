"""Manoeuvres across the lane: straddling, lane edge, weaving."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.values.driving import UNKNOWN_NUMBER, Manoeuvre
from pipeline.evasion.scene import Mask, Scene
from pipeline.evasion.sighting import Sighting

LEAST_TRUCKS = 20
HALF = 0.5


def off_the_lane(scene: Scene) -> Iterator[Sighting]:
    """Yield vehicles too far from the middle of their lane, and those that the device saw in two lanes."""
    offset = scene.driving.offset_mm
    rules = scene.rules.track
    to_marking = (scene.lane_width_mm - rules.vehicle_width_mm) / 2
    edge, beyond = to_marking + rules.beyond_edge_mm, to_marking + rules.beyond_lane_mm
    known, off = ~np.isnan(offset), np.abs(offset)

    def words(at: int) -> str:
        side = "右" if offset[at] > 0 else "左"
        return f"车身中线偏{side}{off[at] / 10:.0f}厘米，最宽车辆在{to_marking / 10:.0f}厘米处即压标线"

    for kind, seen in (
        (Manoeuvre.STRADDLING, off >= beyond),
        (Manoeuvre.LANE_EDGE, (off >= edge) & (off < beyond)),
    ):
        yield Sighting(kind=kind, needs="横向位置", observable=known, seen=known & seen, say=words)
    second = scene.driving.second_lane
    yield Sighting(
        kind=Manoeuvre.STRADDLING,
        needs="设备的第二车道",
        observable=second != UNKNOWN_NUMBER,
        seen=(second != UNKNOWN_NUMBER) & (second != scene.batch.lane),
        say=lambda at: f"设备同时在{scene.batch.lane[at]}、{second[at]}车道测到该车",
    )


def one_sided(scene: Scene) -> Iterator[Sighting]:
    """Yield vehicles whose every axle presses on one side, by far more than is usual in the lane.

    A load that leans does not press on the steered axle so; a scale that leans does it to all vehicles.
    """
    batch = scene.batch
    share = _left_shares(scene)
    known = ~np.isnan(share)
    usual, measured = _usual_shares(scene, share)
    off = share - usual[:, None]
    least = np.where(known, off, np.inf).min(axis=1, initial=np.inf)
    most = np.where(known, off, -np.inf).max(axis=1, initial=-np.inf)
    limit = scene.rules.sides.share
    complete = known.sum(axis=1) == batch.axle_count

    def words(at: int) -> str:
        shares = 100 * share[at][known[at]]
        return (
            f"各轴左侧轮重占{shares.min():.0f}%至{shares.max():.0f}%，"
            f"该车道当日中位数为{100 * usual[at]:.0f}%，一侧车轮未完全压上传感器"
        )

    yield Sighting(
        kind=Manoeuvre.STRADDLING,
        needs="左右轮重，且该车道当日至少20辆货车",
        observable=complete & measured,
        seen=complete & measured & ((least >= limit) | (most <= -limit)),
        say=words,
    )


def left_shares_off(scene: Scene) -> NDArray[np.float64]:
    """Return by how much each axle's left share is off its lane's median, (N, A), NaN where not known."""
    share = _left_shares(scene)
    usual, _ = _usual_shares(scene, share)
    return share - usual[:, None]


def _left_shares(scene: Scene) -> NDArray[np.float64]:
    """Return the left wheels' share of each axle, (N, A), NaN where not known."""
    batch = scene.batch
    known = (batch.left_kg >= 0) & (batch.axle_kg > 0)
    return np.where(known, batch.left_kg / np.maximum(batch.axle_kg, 1), np.nan)


def _usual_shares(scene: Scene, share: NDArray[np.float64]) -> tuple[NDArray[np.float64], Mask]:
    """Return the median left share (N,) of the lane's trucks, and where enough of them tell it."""
    usual, told = np.full(len(share), HALF), np.zeros(len(share), dtype=bool)
    of_vehicle = np.where(np.isnan(share), 0, share).sum(axis=1) / np.maximum(
        (~np.isnan(share)).sum(axis=1), 1
    )
    tells = scene.heavy & ~np.isnan(share).all(axis=1)
    for lane in np.unique(scene.batch.lane):
        of_lane = scene.batch.lane == lane
        trucks = of_vehicle[of_lane & tells]
        if len(trucks) >= LEAST_TRUCKS:
            usual[of_lane], told[of_lane] = np.median(trucks), True
    return usual, told


def weaving(scene: Scene) -> Iterator[Sighting]:
    """Yield vehicles whose axles don't follow each other."""
    offsets = scene.driving.axle_offset_mm
    known = ~np.isnan(offsets)
    several = known.sum(axis=1) >= 2  # noqa: PLR2004 (two places make a direction)
    most = np.where(known, offsets, -np.inf).max(axis=1)
    least = np.where(known, offsets, np.inf).min(axis=1)
    apart = np.where(several, np.where(several, most, 0) - np.where(several, least, 0), 0.0)
    yield Sighting(
        kind=Manoeuvre.WEAVING,
        needs="逐轴横向位置",
        observable=several,
        seen=several & (apart >= scene.rules.track.weave_mm),
        say=lambda at: f"各轴横向位置相差{apart[at] / 10:.0f}厘米，车辆斜行或蛇行",
    )
