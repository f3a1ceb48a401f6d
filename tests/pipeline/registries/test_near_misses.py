from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates.grammar import pattern_of
from pipeline.registries.near_misses import TRIES, near_misses, one_apart

SURE = [0.999] * 7
PLATE = st.from_regex(r"[浙沪苏皖][A-HJ-NP-Z][0-9A-HJ-NP-Z]{5}", fullmatch=True)


def test_what_looks_alike_comes_first_and_only_where_the_reading_is_in_doubt() -> None:
    doubted = [*SURE[:3], 0.6, *SURE[4:]]
    found = near_misses("浙Z18345", doubted, [])
    assert found[0] == "浙Z1B345"
    assert all(one_apart(one, "浙Z18345") and one[3] != "8" for one in found)
    assert near_misses("浙Z18345", SURE, []) == []


def test_other_readings_come_before_all() -> None:
    found = near_misses("浙Z12345", [0.5, *SURE[1:]], ["浙Z12346", "无车牌", "浙Z12345"])
    assert found[:2] == ["浙Z12346", "沪Z12345"]


@given(
    text=PLATE,
    sure=st.lists(st.floats(0, 1), min_size=7, max_size=7),
    others=st.lists(PLATE, max_size=20),
)
def test_near_misses_are_plates_few_and_different(text: str, sure: list[float], others: list[str]) -> None:
    found = near_misses(text, sure, others)
    assert len(found) == len(set(found)) <= TRIES
    assert text not in found
    assert all(pattern_of(one) for one in found)
