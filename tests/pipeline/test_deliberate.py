"""Hidden on purpose or not: what the night says beyond the frame, and when nothing may be said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.legibility import Legibility
from models.values.passages import FrameKind
from pipeline.deliberate import FrameSeen, PassageSeen, judge_obscuring

NOON_MS = 1_781_668_800_000
CLEAR, COVERED, CAMERA, DIRTY = (
    Legibility.CLEAR,
    Legibility.COVERED,
    Legibility.CAMERA,
    Legibility.DIRTY,
)
MISSING = Legibility.MISSING


def frame(
    legibility: Legibility,
    kind: FrameKind = FrameKind.FRONT,
    after_ms: int | None = 1000,
    text: str = "",
    probability: float = 0.9,
) -> FrameSeen:
    return FrameSeen(
        frame_id=1,
        kind=kind,
        taken_at_ms=None if after_ms is None else NOON_MS + after_ms,
        legibility=legibility,
        probability=probability,
        text=text,
    )


def passage(
    number: int,
    *frames: FrameSeen,
    vehicle: str = "",
    station: str = "a",
    minutes: int = 0,
    lane: int = 1,
) -> PassageSeen:
    return PassageSeen(
        passage_id=number,
        station_id=station,
        lane=lane,
        passed_at_ms=NOON_MS + 60_000 * minutes,
        vehicle=vehicle,
        frames=frames,
    )


def others(word: Legibility, count: int = 10) -> list[PassageSeen]:
    return [passage(100 + n, frame(word), frame(word, FrameKind.REAR), minutes=n - 5) for n in range(count)]


BOTH = (frame(COVERED), frame(COVERED, FrameKind.REAR))


def test_both_ends_hidden_among_clear_vehicles_is_flagged_with_its_reasons() -> None:
    said = judge_obscuring(passage(1, *BOTH), others(CLEAR))
    assert said is not None
    assert said.flagged
    assert any("其他车辆10辆，号牌清晰10辆" in reason for reason in said.reasons)
    assert "车头、车尾号牌均看不到。" in said.reasons


def test_a_camera_that_shows_nobody_accuses_nobody() -> None:
    said = judge_obscuring(passage(1, *BOTH), others(CAMERA))
    assert said is not None
    assert not said.flagged
    assert said.probability < 0.5


def test_a_vehicle_without_others_to_compare_is_told_and_not_flagged() -> None:
    said = judge_obscuring(passage(1, *BOTH), others(CLEAR, 3))
    assert said is not None
    assert not said.flagged
    assert "不足4辆" in said.problem


def test_what_another_lane_s_camera_shows_does_not_count() -> None:
    beside = [passage(200 + n, frame(CLEAR), frame(CLEAR, FrameKind.REAR), lane=2) for n in range(20)]
    said = judge_obscuring(passage(1, *BOTH), beside)
    assert said is not None
    assert not said.flagged
    assert "只有0辆" in said.problem


def test_vehicles_are_counted_not_their_frames() -> None:
    twice = [passage(200 + n, *[frame(CLEAR), frame(CLEAR, FrameKind.REAR)] * 3) for n in range(2)]
    said = judge_obscuring(passage(1, *BOTH), twice)
    assert said is not None
    assert "只有2辆" in said.problem


def test_others_of_another_hour_do_not_count() -> None:
    late = [passage(200 + n, frame(CLEAR), minutes=45 + n) for n in range(20)]
    said = judge_obscuring(passage(1, *BOTH), late)
    assert said is not None
    assert "只有0辆" in said.problem


def test_the_vehicle_itself_is_none_of_the_others() -> None:
    own = passage(1, *BOTH)
    said = judge_obscuring(own, [own] * 10)
    assert said is not None
    assert said.problem


def test_what_is_called_covered_unsurely_at_both_ends_accuses_nobody() -> None:
    bent = passage(1, frame(COVERED, probability=0.66), frame(COVERED, FrameKind.REAR, probability=0.64))
    said = judge_obscuring(bent, others(CLEAR, 60))
    assert said is not None
    assert not said.flagged


def test_what_is_surely_covered_at_one_end_is_flagged_though_the_other_end_tells_nothing() -> None:
    frames = frame(COVERED, probability=0.83), frame(Legibility.DOUBTFUL, FrameKind.REAR)
    said = judge_obscuring(passage(1, *frames), [*others(CLEAR, 12), *others(Legibility.DOUBTFUL, 4)])
    assert said is not None
    assert said.flagged


@pytest.mark.parametrize("rear", [CLEAR, DIRTY])
def test_mud_is_not_taken_for_intent(rear: Legibility) -> None:
    muddy = passage(1, frame(DIRTY, probability=0.99), frame(rear, FrameKind.REAR), vehicle="浙Z00001")
    clear = passage(2, frame(CLEAR), vehicle="浙Z00001", station="b", minutes=20)
    said = judge_obscuring(muddy, others(CLEAR, 60), [clear])
    assert said is not None
    assert not said.flagged
    assert "泥污" in said.problem


def test_a_clear_vehicle_is_not_judged_at_all() -> None:
    assert judge_obscuring(passage(1, frame(CLEAR)), others(CLEAR)) is None


def test_a_plate_that_comes_and_goes_raises_the_probability() -> None:
    still = judge_obscuring(
        passage(1, frame(COVERED, after_ms=0), frame(COVERED, after_ms=1400)), others(CLEAR)
    )
    flips = judge_obscuring(
        passage(1, frame(CLEAR, after_ms=0), frame(COVERED, after_ms=1400)), others(CLEAR)
    )
    assert still is not None
    assert flips is not None
    assert flips.probability > still.probability
    # A device isn't the only thing that does it, and both are said.
    (told,) = (reason for reason in flips.reasons if "时隐时现" in reason)
    assert "也可能是有物体从镜头前经过" in told


@pytest.mark.parametrize("order", [(None, None), (0, None), (0, 0), (0, 300), (499, 0)])
@pytest.mark.parametrize("rear", [(), (frame(COVERED, FrameKind.REAR),)])
def test_an_end_seen_clear_and_hidden_in_one_moment_is_not_judged(
    order: tuple[int | None, int | None], rear: tuple[FrameSeen, ...]
) -> None:
    first, second = frame(CLEAR, after_ms=order[0]), frame(COVERED, after_ms=order[1])
    said = judge_obscuring(passage(1, first, second, *rear), others(CLEAR))
    assert said is not None
    assert "拍摄时机" in said.problem
    assert not said.flagged


def test_frames_given_in_the_wrong_order_are_put_right() -> None:
    frames = (frame(CLEAR, after_ms=600), frame(COVERED, after_ms=0), frame(CLEAR, after_ms=300))
    forwards = judge_obscuring(passage(1, *frames), others(CLEAR))
    backwards = judge_obscuring(passage(1, *frames[::-1]), others(CLEAR))
    assert forwards is not None
    assert backwards is not None
    assert forwards.reasons == backwards.reasons


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        pytest.param((), "没有抓拍图片", id="no frame"),
        pytest.param(
            (frame(COVERED, after_ms=5 * 60_000),),
            "相机时钟与称重时间相差约5.0分钟",
            id="a clock that is off by minutes",
        ),
        pytest.param(
            (frame(COVERED), frame(CLEAR, text="浙Z00001"), frame(CLEAR, text="浙Z00002")),
            "与本车不同的号牌",
            id="frames of two vehicles",
        ),
        pytest.param(
            (frame(COVERED), frame(COVERED, FrameKind.UNKNOWN)),
            "一张图片不足以判断",
            id="another frame of nobody knows which end",
        ),
        pytest.param(
            (frame(COVERED, FrameKind.PANORAMA), frame(CLEAR)),
            "不是车头或车尾的图片",
            id="a panorama that shows no plate",
        ),
    ],
)
def test_what_can_not_be_judged_says_why(frames: tuple[FrameSeen, ...], words: str) -> None:
    said = judge_obscuring(passage(1, *frames), others(CLEAR))
    assert said is not None
    assert words in said.problem
    assert (said.probability, said.flagged) == (0.0, False)


@pytest.mark.parametrize("word", [COVERED, MISSING])
@pytest.mark.parametrize("end", [FrameKind.FRONT, FrameKind.REAR])
@pytest.mark.parametrize("again", [(), (None,), (1000,), (1001,), (1499,)])
def test_one_moment_of_one_end_accuses_nobody(
    word: Legibility, end: FrameKind, again: tuple[int | None, ...]
) -> None:
    sure = [frame(word, end, at, probability=0.99) for at in (1000, *again)]
    said = judge_obscuring(passage(1, *sure), others(CLEAR, 60))
    assert said is not None
    assert "一张图片不足以判断" in said.problem


def test_frames_without_times_are_one_moment() -> None:
    undated = frame(MISSING, after_ms=None)
    said = judge_obscuring(passage(1, undated, undated), others(CLEAR))
    assert said is not None
    assert "一张图片不足以判断" in said.problem


@pytest.mark.parametrize("rear", [DIRTY, CAMERA, Legibility.DAMAGED])
def test_a_covering_that_the_other_end_explains_or_can_not_show_accuses_nobody(rear: Legibility) -> None:
    # Mud, too, is called covered now and then.
    said = judge_obscuring(
        passage(1, frame(COVERED, probability=0.87), frame(rear, FrameKind.REAR)), others(CLEAR, 60)
    )
    assert said is not None
    assert "没有另一张可以印证" in said.problem


def test_one_end_twice_covered_is_flagged_though_no_frame_shows_the_other() -> None:
    said = judge_obscuring(passage(1, frame(COVERED), frame(COVERED, after_ms=1500)), others(CLEAR))
    assert said is not None
    assert said.flagged
    assert "只有一端的图片，不能前后对照。" in said.reasons


@pytest.mark.parametrize("end", [FrameKind.FRONT, FrameKind.REAR])
def test_another_vehicle_s_plate_among_the_frames_is_no_evidence(end: FrameKind) -> None:
    frames = frame(COVERED), frame(CLEAR, end, 2500, text="浙Z00001")
    own, other = (
        judge_obscuring(passage(1, *frames, vehicle=plate), others(CLEAR))
        for plate in ("浙Z00001", "浙Z00002")
    )
    assert own is not None
    assert other is not None
    assert own.flagged
    assert "与本车不同的号牌" in other.problem


def test_a_trailer_s_own_plate_contradicts_nothing() -> None:
    frames = frame(COVERED), frame(CLEAR, FrameKind.REAR, text="浙Z001挂")
    said = judge_obscuring(passage(1, *frames, vehicle="浙Z00001"), others(CLEAR))
    assert said is not None
    assert said.flagged


@pytest.mark.parametrize("kind", [FrameKind.UNKNOWN, FrameKind.PANORAMA, FrameKind.SIDE, FrameKind.VIDEO])
def test_only_front_and_rear_are_ends(kind: FrameKind) -> None:
    twice = frame(COVERED), frame(COVERED, after_ms=2500)
    alone, joined = (
        judge_obscuring(passage(1, *twice, *more), others(CLEAR)) for more in ((), (frame(CLEAR, kind),))
    )
    assert joined == alone


def test_a_clear_other_end_speaks_for_mud_at_one_end_until_nearly_all_others_are_clear() -> None:
    own = passage(1, frame(COVERED, probability=0.97), frame(CLEAR, FrameKind.REAR))
    usual, spoiled = (
        judge_obscuring(own, [*others(CLEAR, 12), *others(Legibility.DOUBTFUL, count)]) for count in (1, 7)
    )
    assert usual is not None
    assert spoiled is not None
    assert (usual.flagged, spoiled.flagged) == (True, False)
    assert any("泥污、弯折也可能只在一端" in reason for reason in usual.reasons)


def test_what_other_stations_saw_counts_for_the_same_vehicle_alone() -> None:
    here = passage(1, frame(COVERED), frame(CLEAR, FrameKind.REAR), vehicle="浙Z00001")
    clear = passage(2, frame(CLEAR), vehicle="浙Z00001", station="b", minutes=20)
    stranger = passage(3, frame(CLEAR), vehicle="浙Z00002", station="b", minutes=20)
    alone, joined, apart = (judge_obscuring(here, others(CLEAR), e) for e in ([], [clear], [stranger]))
    assert alone is not None
    assert joined is not None
    assert joined.probability > alone.probability
    assert apart == alone


@given(
    words=st.lists(st.sampled_from(list(Legibility)), min_size=4, max_size=12),
    own=st.lists(st.sampled_from(list(Legibility)), min_size=1, max_size=3),
)
def test_no_night_in_which_the_camera_shows_few_flags_anybody(
    words: list[Legibility], own: list[Legibility]
) -> None:
    faulty = [passage(100 + n, frame(CAMERA)) for n in range(2 * len(words))]
    shown = [passage(200 + n, frame(word)) for n, word in enumerate(words)]
    said = judge_obscuring(passage(1, *(frame(one, probability=0.8) for one in own)), [*faulty, *shown])
    assert said is None or not said.flagged


def test_a_plate_missing_in_two_frames_is_flagged_and_in_one_alone_is_not() -> None:
    both = judge_obscuring(passage(1, frame(MISSING), frame(MISSING, FrameKind.REAR)), others(CLEAR))
    assert both is not None
    assert both.flagged
    twice = judge_obscuring(passage(1, frame(MISSING), frame(MISSING, after_ms=2400)), others(CLEAR))
    assert twice is not None
    assert twice.flagged
    for rear in (CLEAR, CAMERA, DIRTY):
        alone = judge_obscuring(passage(1, frame(MISSING), frame(rear, FrameKind.REAR)), others(CLEAR))
        assert alone is not None
        assert not alone.flagged
        assert "只有一张图片未见号牌" in alone.problem


@pytest.mark.parametrize(("usual", "flagged"), [(CLEAR, True), (Legibility.DOUBTFUL, False), (CAMERA, False)])
def test_one_end_missing_is_borne_out_by_the_other_where_that_camera_shows_most(
    usual: Legibility, flagged: bool
) -> None:
    near = [passage(100 + n, frame(CLEAR), frame(usual, FrameKind.REAR), minutes=n - 5) for n in range(10)]
    unread = frame(Legibility.DOUBTFUL, FrameKind.REAR)
    said = judge_obscuring(passage(1, frame(MISSING, probability=0.75), unread), near)
    assert said is not None
    assert said.flagged is flagged
    assert ("另一端号牌也辨认不出，而同一相机其他车辆多数清晰。" in said.reasons) is flagged
    assert bool(said.problem) is not flagged


def test_a_vehicle_photographed_often_is_one_that_the_other_end_shows() -> None:
    often = passage(100, frame(CLEAR), *(frame(CLEAR, FrameKind.REAR, after_ms=n * 600) for n in range(6)))
    rest = [
        passage(101 + n, frame(CLEAR), frame(Legibility.DOUBTFUL, FrameKind.REAR), minutes=n)
        for n in range(4)
    ]
    unread = frame(Legibility.DOUBTFUL, FrameKind.REAR)
    said = judge_obscuring(passage(1, frame(MISSING, probability=0.75), unread), [often, *rest])
    assert said is not None
    assert "只有一张图片未见号牌" in said.problem


def test_a_plate_missing_in_one_frame_and_clear_in_the_next_of_the_same_end_is_no_flipping_plate() -> None:
    frames = frame(MISSING), frame(CLEAR, after_ms=2400, text="浙Z00001"), frame(MISSING, FrameKind.REAR)
    said = judge_obscuring(passage(1, *frames), others(CLEAR))
    assert said is not None
    assert not said.flagged
    assert "拍摄时机" in said.problem


def test_missing_plates_of_a_camera_that_shows_few_accuse_nobody() -> None:
    both = passage(1, frame(MISSING), frame(MISSING, FrameKind.REAR))
    for word in (MISSING, Legibility.DOUBTFUL, CAMERA):
        said = judge_obscuring(both, others(word))
        assert said is not None
        assert not said.flagged
