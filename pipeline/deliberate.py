"""Whether a plate that can't be read was hidden on purpose: what the night says beyond the one frame.

A probability with its reasons, for a person. Covering a plate is the police's to punish (道路交通安全法
arts 90, 95): what comes of it is a transfer, never a fine of ours.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.values.legibility import Legibility
from models.values.passages import FrameKind

# The same camera's other vehicles count within half an hour before and after.
NEAR_MS = 30 * 60_000
LEAST_OTHERS = 4
# A frame taken further from its weighing may belong to another vehicle: the camera's clock is wrong.
MOST_APART_MS = 60_000
# Below this nothing is flagged.
FLAGGED_FROM = 0.8
# Of overloaded trucks that aren't read, few hide on purpose; what a camera does not show is no guilt.
_PRIOR = -1.5
_MOST_BASELINE = 2.5
_BOTH_ENDS, _OTHER_END_CLEAR, _FLIPPED, _CLEAR_ELSEWHERE, _HIDDEN_ELSEWHERE = 2.0, 1.0, 2.5, 1.5, 1.0
_DIRTY = -3.0
# Blur, shadow and bent plates are called covered too, but never surely: what is unsure counts for less than
# it says, what is sure for more (drawn nights, docs/legibility.md).
_STEEP, _UNSURE = 2.5, -1.5
_SURE = 0.7
_BAD_CAMERA = 0.25
HIDING = frozenset({Legibility.COVERED, Legibility.MISSING})
_SHOWING = frozenset({Legibility.CLEAR})


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSeen:
    """What one frame of a passage shows of its plate.

    `taken_at_ms` is on the scale's clock, None where the camera dates none.
    """

    frame_id: int
    kind: FrameKind
    taken_at_ms: int | None
    legibility: Legibility
    probability: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageSeen:
    """A passage with what its frames show; `vehicle` is its own plate as far as any frame reads it."""

    passage_id: int
    station_id: str
    lane: int
    passed_at_ms: int
    vehicle: str
    frames: tuple[FrameSeen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Obscuring:
    """How probable it is that a plate was hidden on purpose, and why; `problem` if nothing can be said."""

    probability: float
    reasons: tuple[str, ...]
    problem: str = ""

    @property
    def flagged(self) -> bool:
        """Whether a person is to look at it."""
        return not self.problem and self.probability >= FLAGGED_FROM


def judge_obscuring(
    passage: PassageSeen, others: Iterable[PassageSeen], elsewhere: Iterable[PassageSeen] = ()
) -> Obscuring | None:
    """Return what the night says of a passage's hidden plate; None where no frame shows a hidden one.

    `others` are the same station's passages, `elsewhere` those of other stations; both may hold any, near
    or far in time, this one too.
    """
    if not passage.frames:
        return Obscuring(probability=0.0, reasons=(), problem="没有抓拍图片，无法判断号牌是否被遮挡。")
    hidden = [one for one in passage.frames if one.legibility in HIDING or one.legibility is Legibility.DIRTY]
    if not hidden:
        return None
    problem = _problem(passage) or _unproved(passage, hidden)
    if problem:
        return Obscuring(probability=0.0, reasons=(), problem=problem)
    near = [
        one
        for one in others
        if one.passage_id != passage.passage_id
        # Each lane has cameras of its own: what its neighbour's show says nothing of them.
        and one.lane == passage.lane
        and abs(one.passed_at_ms - passage.passed_at_ms) <= NEAR_MS
    ]
    best = max(hidden, key=lambda one: (one.legibility in HIDING, one.probability))
    compared = _baseline(best.kind, near)
    if isinstance(compared, str):
        return Obscuring(probability=0.0, reasons=(), problem=compared)
    parts = [
        (
            _PRIOR + _of_word(best),
            f"{_END[best.kind]}图片：{best.legibility.label}，概率{best.probability:.2f}。",
        )
    ]
    parts += [compared, *_ends(passage, hidden), *_sequence(passage), *_elsewhere(passage, elsewhere)]
    if best.legibility is Legibility.DIRTY:
        parts.append((_DIRTY, "泥污可能是行驶中沾上的，不能据此认定故意。"))
    odds = sum(value for value, _ in parts)
    return Obscuring(probability=1 / (1 + math.exp(-odds)), reasons=tuple(words for _, words in parts))


_END = {
    FrameKind.FRONT: "车头",
    FrameKind.REAR: "车尾",
    FrameKind.SIDE: "侧面",
    FrameKind.PANORAMA: "全景",
    FrameKind.VIDEO: "录像",
    FrameKind.UNKNOWN: "未注明方位的",
}


def _unproved(passage: PassageSeen, hidden: Sequence[FrameSeen]) -> str:
    """Return why frames in which no plate was found prove nothing, "" where they do or more was seen."""
    hiding = [one for one in hidden if one.legibility in HIDING]
    if not hiding or any(one.legibility is not Legibility.MISSING for one in hiding):
        return ""
    ends = {one.kind for one in hiding}
    if any(one.kind in ends and one.legibility in _SHOWING for one in passage.frames):
        return "一张图片未见号牌，而同一端另一张图片号牌清晰，可能是拍摄时机所致，不作判断，须人工查看。"
    if len(hiding) == 1:
        return "只有一张图片未见号牌，一张图片不足以判断，须人工查看。"
    return ""


def _of_word(seen: FrameSeen) -> float:
    odds = math.log(max(seen.probability, 1e-3) / max(1 - seen.probability, 1e-3))
    if seen.legibility is Legibility.COVERED:
        odds = _STEEP * odds + _UNSURE
    return max(min(odds, 3.0), -3.0)


def _problem(passage: PassageSeen) -> str:
    """Return why the frames can't be used for a conclusion, "" if they can."""
    apart = [
        abs(one.taken_at_ms - passage.passed_at_ms) for one in passage.frames if one.taken_at_ms is not None
    ]
    if apart and max(apart) > MOST_APART_MS:
        return f"相机时钟与称重时间相差约{max(apart) / 60_000:.1f}分钟，图片可能属于其他车辆，不作判断。"
    # What is half hidden reads as many things; only what is clear can contradict.
    fronts = [one for one in passage.frames if one.kind is FrameKind.FRONT and one.legibility in _SHOWING]
    read = {one.text for one in fronts if one.text}
    if len(read) > 1:
        return "同一次过车的车头图片识别出不同号牌，图片可能属于不同车辆，不作判断。"
    return ""


def _baseline(kind: FrameKind, near: Sequence[PassageSeen]) -> tuple[float, str] | str:
    """Return what the same camera's other vehicles say, or why they say nothing."""
    of_kind = ({one.legibility for one in other.frames if one.kind is kind} for other in near)
    # Vehicles are counted, however often each was photographed.
    seen = [words for words in of_kind if words]
    if len(seen) < LEAST_OTHERS:
        return (
            f"前后半小时内同一相机可比的其他车辆只有{len(seen)}辆，不足{LEAST_OTHERS}辆，无法排除拍摄原因。"
        )
    clear = sum(words <= _SHOWING for words in seen)
    faults = sum(Legibility.CAMERA in words for words in seen)
    words = f"前后半小时内同一相机其他车辆{len(seen)}辆，号牌清晰{clear}辆，拍摄原因不清{faults}辆。"
    odds = math.log((clear + 1) / (len(seen) - clear + 1))
    if faults > _BAD_CAMERA * len(seen):
        odds = min(odds, 0.0) - 2.0
    return max(min(odds, _MOST_BASELINE), -_MOST_BASELINE - 2), words


def _ends(passage: PassageSeen, hidden: Sequence[FrameSeen]) -> list[tuple[float, str]]:
    """Return what front and rear say beside each other."""
    kinds = {one.kind for one in hidden if one.legibility in HIDING}
    ends = {FrameKind.FRONT, FrameKind.REAR}
    if ends <= kinds:
        # What bends or blurs one end of a vehicle often does so to the other: unsure ends add nothing.
        sure = ends & {one.kind for one in hidden if one.legibility in HIDING and one.probability >= _SURE}
        return [(_BOTH_ENDS * len(sure) / len(ends), "车头、车尾号牌均看不到。")]
    others = [one for one in passage.frames if one.kind not in kinds]
    if not others:
        return [(-0.5, "只有一端的图片，不能前后对照。")]
    if any(one.legibility is Legibility.CLEAR for one in others):
        return [(_OTHER_END_CLEAR, "另一端号牌清晰，可排除天气和整体光线的影响。")]
    if any(one.legibility is Legibility.CAMERA for one in others):
        return [(-1.5, "另一端图片因拍摄原因不清。")]
    return []


def _sequence(passage: PassageSeen) -> list[tuple[float, str]]:
    """Return what a camera's frames say in order of time: a flipping plate shows and hides."""
    for kind in (FrameKind.FRONT, FrameKind.REAR):
        frames = [one for one in passage.frames if one.kind is kind]
        dated = sorted((one.taken_at_ms, one.legibility) for one in frames if one.taken_at_ms is not None)
        if len(frames) > 1 and len({taken for taken, _ in dated}) < len(frames):
            return [(0.0, "图片没有拍摄时间或时间相同，先后顺序不明，未作前后比较。")]
        pairs = (set(pair) for pair in pairwise(word for _, word in dated))
        if any(pair & HIDING and pair & _SHOWING for pair in pairs):
            return [(_FLIPPED, "同一相机先后图片中号牌时隐时现，疑似翻牌装置。")]
    return []


def _elsewhere(passage: PassageSeen, elsewhere: Iterable[PassageSeen]) -> list[tuple[float, str]]:
    """Return what other stations saw of the same vehicle that day."""
    if not passage.vehicle:
        return []
    same = [one for one in elsewhere if one.vehicle == passage.vehicle]
    words = [frame.legibility for one in same for frame in one.frames if frame.kind is FrameKind.FRONT]
    if any(word in HIDING for word in words):
        return [(_HIDDEN_ELSEWHERE, "同一车辆在其他检测点也看不到号牌。")]
    if any(word in _SHOWING for word in words):
        return [(_CLEAR_ELSEWHERE, "同一车辆在其他检测点号牌清晰。")]
    return []
