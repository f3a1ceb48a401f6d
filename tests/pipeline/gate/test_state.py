"""The state machine: no flapping, allowed moves only, a person's word until it ends."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.states import Standing
from pipeline.gate.conditions import Obstacle, hindrances, obstacles
from pipeline.gate.state import GateState, Override, reverified, step
from pipeline.gate.values import Kind, Statistic, Thresholds
from pipeline.gate.windows import Window
from stations.station import Station

START = date(2026, 3, 1)
SCORES = st.lists(st.tuples(st.floats(0, 2), st.one_of(st.none(), st.floats(0, 2))), min_size=1, max_size=60)


def seen(number: int, bar: float, watch: float | None) -> Window:
    one = Statistic(
        kind=Kind.FIRST_AXLE,
        n=100,
        value=1.0,
        reference=0.0,
        ground=0.0,
        watch=1.5,
        bar=3.5,
        watch_score=watch,
        bar_score=None if watch is None else min(bar, watch),
        sentence="句",
    )
    return Window(lane=1, day=START + timedelta(days=number), statistics=(one,))


def walk(scores: list[tuple[float, float | None]], thresholds: Thresholds) -> list[GateState]:
    states = [GateState()]
    for number, (bar, watch) in enumerate(scores):
        states.append(step(states[-1], seen(number, bar, watch), thresholds))
    return states


@given(SCORES, st.integers(1, 3), st.integers(1, 6))
def test_only_allowed_moves_each_with_its_statistic(
    scores: list[tuple[float, float | None]], enter: int, leave: int
) -> None:
    states = walk(scores, Thresholds(enter_windows=enter, leave_windows=leave))
    for before, after in pairwise(states):
        if after.standing is not before.standing:
            assert after.standing in before.standing.next_standings
            assert after.decided_by is not None
            assert after.since == after.day


@given(SCORES, st.integers(1, 6))
def test_trust_comes_back_only_after_its_calm_windows(
    scores: list[tuple[float, float | None]], leave: int
) -> None:
    thresholds = Thresholds(leave_windows=leave)
    states = walk(scores, thresholds)
    order = list(Standing)
    last_worse = 0
    for number, (before, after) in enumerate(pairwise(states), 1):
        if order.index(after.standing) > order.index(before.standing):
            last_worse = number
        elif after.standing is not before.standing:
            assert number - last_worse >= leave
            calm = [score for score in scores[number - leave : number] if score[1] is not None]
            which = 0 if before.standing is Standing.BARRED else 1
            for pair in calm:
                bar, watch = min(pair[0], pair[1] or 0), pair[1] or 0
                assert (bar, watch)[which] <= thresholds.release


@given(SCORES)
def test_between_release_and_threshold_nothing_moves(scores: list[tuple[float, float | None]]) -> None:
    between = [(0.0, 0.61 + 0.38 * (watch or 0) / 2) for _, watch in scores]
    for start in Standing:
        state = GateState(standing=start)
        for number, (_, watch) in enumerate(between):
            state = step(state, seen(number, watch, watch), Thresholds())
        assert state.standing is start


@given(SCORES)
def test_silence_moves_nothing(scores: list[tuple[float, float | None]]) -> None:
    states = walk([(0.0, None) for _ in scores], Thresholds())
    assert {state.standing for state in states} == {Standing.WATCHED}


@given(SCORES, st.sampled_from(list(Standing)), st.integers(0, 40), st.integers(0, 40))
def test_a_person_wins_until_the_override_ends(
    scores: list[tuple[float, float | None]], standing: Standing, first: int, length: int
) -> None:
    override = Override(
        standing=standing,
        actor="张三",
        reason="已用检衡车复核",
        first_day=START + timedelta(days=first),
        last_day=START + timedelta(days=first + length),
    )
    plain, spoken = GateState(), GateState(override=override)
    for number, (bar, watch) in enumerate(scores):
        plain = step(plain, seen(number, bar, watch), Thresholds())
        spoken = step(spoken, seen(number, bar, watch), Thresholds())
        day = START + timedelta(days=number)
        held = override.first_day <= day <= override.last_day
        assert spoken.standing is plain.standing
        assert spoken.standing_on(day) is (standing if held else plain.standing)


@given(SCORES)
def test_a_rerun_of_a_night_changes_nothing(scores: list[tuple[float, float | None]]) -> None:
    once = walk(scores, Thresholds())[-1]
    assert step(once, seen(len(scores) - 1, 2, 2), Thresholds()) == once


def test_a_bad_day_bars_and_the_way_back_leads_over_watched() -> None:
    good, bad = (0.0, 0.0), (1.5, 2.0)
    states = walk([good] * 5 + [bad] + [good] * 10, Thresholds())
    words = [state.standing for state in states[1:]]
    assert words == (
        [Standing.WATCHED] * 4
        + [Standing.TRUSTED]
        + [Standing.BARRED] * 5
        + [Standing.WATCHED] * 5
        + [Standing.TRUSTED]
    )


def test_a_new_verification_starts_anew_and_keeps_the_persons_word() -> None:
    day = START + timedelta(days=9)
    word = Override(standing=Standing.BARRED, actor="张三", reason="施工", first_day=START, last_day=day)
    anew = reverified(GateState(standing=Standing.TRUSTED, day=START, override=word), day)
    assert (anew.standing, anew.override, anew.decided_by) == (Standing.WATCHED, word, None)


@pytest.mark.parametrize("changes", [{"reason": " "}, {"actor": ""}, {"last_day": date(2026, 2, 1)}])
def test_an_override_without_reason_actor_or_end_is_refused(changes: dict[str, object]) -> None:
    whole: dict[str, object] = {
        "standing": Standing.TRUSTED,
        "actor": "张三",
        "reason": "复核",
        "first_day": START,
        "last_day": START,
    }
    with pytest.raises(ValueError, match=r"expected|before"):
        Override(**{**whole, **changes})  # type: ignore[arg-type]


def test_every_standing_has_a_label_and_only_the_barred_opens_no_case() -> None:
    assert [one.label for one in Standing] == ["可信", "关注", "停用"]
    assert [one for one in Standing if not one.opens_cases] == [Standing.BARRED]


def test_the_law_stands_whatever_a_person_says(make_station: Callable[..., Station]) -> None:
    station = make_station(
        announced_on=START, legal_review_on=None, technical_review_on=START + timedelta(days=20)
    )
    day = START + timedelta(days=14)
    assert obstacles(station, day, 15)[:1] == (Obstacle.NOT_ANNOUNCED,)
    assert Obstacle.NOT_ANNOUNCED not in obstacles(station, day + timedelta(days=1), 15)
    assert {Obstacle.NO_LEGAL_REVIEW, Obstacle.NO_TECHNICAL_REVIEW} <= set(obstacles(station, day, 15))
    assert obstacles(station, date(1999, 1, 1), 15)[1] is Obstacle.NO_CERTIFICATE
    word = Override(standing=Standing.TRUSTED, actor="张三", reason="复核", first_day=START, last_day=day)
    assert hindrances(station, day, GateState(override=word).standing_on(day), 15) == obstacles(
        station, day, 15
    )


def test_a_station_that_lacks_nothing_opens_cases_unless_barred(make_station: Callable[..., Station]) -> None:
    station = make_station(legal_review_on=date(2020, 1, 1), technical_review_on=date(2020, 1, 1))
    certificate = station.certificates[0]
    day = max(certificate.valid_from, station.announced_on + timedelta(days=15))
    assert obstacles(station, day, 15) == ()
    assert [hindrances(station, day, standing, 15) for standing in Standing] == [
        (),
        (),
        (Obstacle.LANE_BARRED,),
    ]
    assert hindrances(station, day, None, 15) == (Obstacle.LANE_UNMEASURED,)
