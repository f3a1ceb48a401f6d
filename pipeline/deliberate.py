"""Whether a plate that can't be read was hidden on purpose: what the night says beyond the one frame.

A probability with its reasons, for a person. Covering a plate is the police's to punish (道路交通安全法
arts 90, 95): what comes of it is a transfer, never a fine of ours.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from models.values.legibility import Legibility
from models.values.passages import FrameKind
from pipeline.plates.fuse import TRAILER

# The same camera's other vehicles count within half an hour before and after.
NEAR_MS = 30 * 60_000
LEAST_OTHERS = 4
# A frame taken further from its weighing may belong to another vehicle: the camera's clock is wrong.
MOST_APART_MS = 60_000
# Frames of one camera nearer in time than this show one moment: what passes before it hides a plate in both.
APART_MS = 500
# Below this nothing is flagged.
FLAGGED_FROM = 0.8
# Of overloaded trucks that aren't read, few hide on purpose; what a camera does not show is no guilt.
_PRIOR = -1.5
_MOST_BASELINE = 2.5
_BOTH_ENDS, _ONE_END, _CLEAR_ELSEWHERE, _HIDDEN_ELSEWHERE = 2.0, -0.5, 1.5, 1.0
# Who hides one end alone is common, but so are mud and bends at one end (drawn nights, docs/evasion.md).
_OTHER_END_CLEAR, _OTHER_END_UNREAD, _OTHER_END_SPOILED = -1.0, 1.5, -1.5
# A device that turns the plate, or only a person or a leaf that passed before the camera.
_COMES_AND_GOES = 1.0
# Blur, shadow and bent plates are called covered too, but never surely: what is unsure counts for less than
# it says, what is sure for more (drawn nights, docs/legibility.md).
_STEEP, _UNSURE = 2.5, -1.5
_SURE = 0.7
_BAD_CAMERA = 0.25
HIDING = frozenset({Legibility.COVERED, Legibility.MISSING})
_SHOWING = frozenset({Legibility.CLEAR})
# Such a picture bears out no other: what spoils, soils or bends one end explains the other end as well.
_EXPLAINED = frozenset({Legibility.CAMERA, Legibility.DIRTY, Legibility.DAMAGED})
_END = {FrameKind.FRONT: "车头", FrameKind.REAR: "车尾"}


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
    suspect = [
        one for one in passage.frames if one.legibility in HIDING or one.legibility is Legibility.DIRTY
    ]
    if not suspect:
        return None
    near = [
        one
        for one in others
        if one.passage_id != passage.passage_id
        # Each lane has cameras of its own: what its neighbour's show says nothing of them.
        and one.lane == passage.lane
        and abs(one.passed_at_ms - passage.passed_at_ms) <= NEAR_MS
    ]
    # Of other pictures nobody knows which end they show.
    frames = [one for one in passage.frames if one.kind in _END]
    hidden = [one for one in frames if one.legibility in HIDING]
    unread = [
        one for one in frames if one.legibility is Legibility.DOUBTFUL and _mostly_clear(one.kind, near)
    ]
    problem = _problem(passage) or _unproved(suspect, frames, hidden, unread)
    if problem:
        return Obscuring(probability=0.0, reasons=(), problem=problem)
    best = max(hidden, key=lambda one: one.probability)
    compared = _baseline(best.kind, near)
    if isinstance(compared, str):
        return Obscuring(probability=0.0, reasons=(), problem=compared)
    parts = [
        (
            _PRIOR + _of_word(best),
            f"{_END[best.kind]}图片：{best.legibility.label}，概率{best.probability:.2f}。",
        )
    ]
    parts += [compared, *_ends(frames, hidden, unread), *_sequence(frames), *_elsewhere(passage, elsewhere)]
    odds = sum(value for value, _ in parts)
    return Obscuring(probability=1 / (1 + math.exp(-odds)), reasons=tuple(words for _, words in parts))


def _unproved(
    suspect: Sequence[FrameSeen],
    frames: Sequence[FrameSeen],
    hidden: Sequence[FrameSeen],
    unread: Sequence[FrameSeen],
) -> str:
    """Return why the pictures of a plate that can't be seen prove nothing, "" where they may.

    A single picture never does: a second one must bear it out.
    """
    if all(one.legibility is Legibility.DIRTY for one in suspect):
        return "号牌被泥污掩盖，可能是行驶中沾上的，不能据此认定故意，须人工查看。"
    if not hidden:
        return "看不到号牌的图片不是车头或车尾的图片，不能前后对照，须人工查看。"
    for kind in {one.kind for one in hidden}:
        shown = any(one.kind is kind and one.legibility in _SHOWING for one in frames)
        if shown and not _comes_and_goes([one for one in frames if one.kind is kind]):
            return (
                "一张图片看不到号牌，而同一端另一张图片号牌清晰，可能是拍摄时机所致，不作判断，须人工查看。"
            )
    if all(one.legibility is Legibility.MISSING for one in hidden):
        # A plate that its camera would show and nobody can make out bears out one that is missing.
        moments = _moments([*hidden, *unread])
        return "" if moments > 1 else "只有一张图片未见号牌，一张图片不足以判断，须人工查看。"
    if _moments([one for one in frames if one.legibility not in _EXPLAINED]) > 1:
        return ""
    return "只有一张图片显示号牌被遮挡，没有另一张可以印证，一张图片不足以判断，须人工查看。"


def _moments(frames: Iterable[FrameSeen]) -> int:
    """Count the moments that frames show, end by end; an end's frames without times show one."""
    count = 0
    for kind in _END:
        of_end = [one.taken_at_ms for one in frames if one.kind is kind]
        latest = None
        for taken in sorted(one for one in of_end if one is not None):
            if latest is None or taken - latest >= APART_MS:
                count, latest = count + 1, taken
        count += bool(of_end and latest is None)
    return count


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
    # What is half hidden reads as many things; only what is clear can contradict. Trailers have plates of
    # their own.
    read = {passage.vehicle, *(one.text for one in passage.frames if one.legibility in _SHOWING)}
    if len([plate for plate in read if plate and not plate.endswith(TRAILER)]) > 1:
        return "同一次过车的图片中有与本车不同的号牌，图片可能属于不同车辆，不作判断。"
    return ""


def _shown_at(kind: FrameKind, near: Sequence[PassageSeen]) -> list[set[Legibility]]:
    """Return the words on each vehicle that an end's camera shows, however often it was photographed."""
    of_end = ({one.legibility for one in other.frames if one.kind is kind} for other in near)
    return [words for words in of_end if words]


def _mostly_clear(kind: FrameKind, near: Sequence[PassageSeen]) -> bool:
    """Tell whether the camera of an end shows most other vehicles' plates clearly."""
    seen = _shown_at(kind, near)
    return len(seen) >= LEAST_OTHERS and sum(words <= _SHOWING for words in seen) * 2 > len(seen)


def _baseline(kind: FrameKind, near: Sequence[PassageSeen]) -> tuple[float, str] | str:
    """Return what the same camera's other vehicles say, or why they say nothing."""
    seen = _shown_at(kind, near)
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


def _ends(
    frames: Sequence[FrameSeen], hidden: Sequence[FrameSeen], unread: Sequence[FrameSeen]
) -> list[tuple[float, str]]:
    """Return what front and rear say beside each other."""
    kinds = {one.kind for one in hidden}
    if kinds == set(_END):
        # What bends or blurs one end of a vehicle often does so to the other: unsure ends add nothing.
        sure = {one.kind for one in hidden if one.probability >= _SURE}
        return [(_BOTH_ENDS * len(sure) / len(_END), "车头、车尾号牌均看不到。")]
    others = {one.legibility for one in frames if one.kind not in kinds}
    if not others:
        return [(_ONE_END, "只有一端的图片，不能前后对照。")]
    if others & _SHOWING:
        return [(_OTHER_END_CLEAR, "另一端号牌清晰，可排除天气和整体光线的影响；泥污、弯折也可能只在一端。")]
    if Legibility.CAMERA in others:
        return [(_OTHER_END_SPOILED, "另一端图片因拍摄原因不清。")]
    if unread and others == {Legibility.DOUBTFUL}:
        return [(_OTHER_END_UNREAD, "另一端号牌也辨认不出，而同一相机其他车辆多数清晰。")]
    return []


def _sequence(frames: Sequence[FrameSeen]) -> list[tuple[float, str]]:
    """Return what a camera's frames say in order of time: a flipping plate shows and hides."""
    if any(_comes_and_goes([one for one in frames if one.kind is kind]) for kind in _END):
        return [
            (_COMES_AND_GOES, "同一相机先后图片中号牌时隐时现，疑似翻牌装置；也可能是有物体从镜头前经过。")
        ]
    return []


def _comes_and_goes(of_end: Sequence[FrameSeen]) -> bool:
    """Return whether one end's plate is covered in one frame and clear in another, apart in time."""
    covered = [one.taken_at_ms for one in of_end if one.legibility is Legibility.COVERED]
    clear = [one.taken_at_ms for one in of_end if one.legibility in _SHOWING]
    return any(a is not None and b is not None and abs(a - b) >= APART_MS for a, b in product(covered, clear))


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
