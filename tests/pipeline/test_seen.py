import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.seen import SeenKeys

# Few instants and keys, so that many records of different blocks meet.
RECORD = st.tuples(st.integers(0, 6), st.integers(0, 4))


@given(st.lists(st.lists(RECORD, min_size=1, max_size=12), max_size=8))
def test_repeats_are_those_of_one_set_over_all_blocks(blocks: list[list[tuple[int, int]]]) -> None:
    seen, known = SeenKeys(), set()
    for block in blocks:
        expected = []
        for record in block:
            expected.append(record in known)
            known.add(record)
        times = np.array([time for time, _ in block], dtype=np.int64)
        keys = np.array([100 * time + key for time, key in block], dtype=np.uint64)
        assert seen.repeated(times, keys).tolist() == expected
